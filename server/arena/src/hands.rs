//! A bot's hands: the aim and the trigger, at every tick.
//!
//! In: the mind's target and way. Out: an angle that strays, turns and lags as a person's does, and a trigger that is
//! pulled in bursts.

use rand::RngExt;
use tickwire_arena::{PROJECTILE_SPEED_M_S, angle_of, direction, wrap_angle};

use crate::brain::{Brain, Scene, distance_m};

// Tunables. Where there are two, the first is for the clumsiest bot and the second for the best one.

/// The fastest turn of the aim, radians per second.
const TURN_RAD_S: [f32; 2] = [5.0, 9.0];
/// How much of an enemy's motion the aim makes up for, 0..=1.
const LEAD: [f32; 2] = [0.3, 1.0];
/// How fast a turn gathers speed, radians per second per second.
const TURN_RAD_S2: f32 = 70.0;

impl Brain {
    /// Where the aim should be now, as far as this bot can tell.
    pub(crate) fn aim_goal(&mut self, scene: &Scene) -> f32 {
        let drift = (scene.dt_s * 6.0).min(1.0);
        self.aim_error_rad += (self.aim_error_goal_rad - self.aim_error_rad) * drift;
        let me = scene.me;
        if let Some(enemy) = self.seen_target(scene) {
            let away_m = distance_m((me.x, me.y), (enemy.x, enemy.y));
            let lead_s = away_m / PROJECTILE_SPEED_M_S * self.between(LEAD);
            let (x, y) = (enemy.x + enemy.vx * lead_s, enemy.y + enemy.vy * lead_s);
            return angle_of(x - me.x, y - me.y) + self.aim_error_rad;
        }
        let (x, y) = match self.way.last() {
            _ if self.target.is_some() && self.unseen_s < 1.5 => self.last_seen,
            Some(&corner) => corner,
            None => {
                let (dx, dy) = direction(me.aim);
                (me.x + dx, me.y + dy)
            }
        };
        angle_of(x - me.x, y - me.y) + 2.0 * self.aim_error_rad
    }

    /// Turns the aim towards a goal: it gathers speed and slows down, as a hand does.
    pub(crate) fn turn(&mut self, scene: &Scene, goal_rad: f32) -> f32 {
        let fastest = self.between(TURN_RAD_S);
        let want_rad_s = (wrap_angle(goal_rad - scene.me.aim) * 11.0).clamp(-fastest, fastest);
        let change = TURN_RAD_S2 * scene.dt_s;
        self.turn_rad_s += (want_rad_s - self.turn_rad_s).clamp(-change, change);
        wrap_angle(scene.me.aim + self.turn_rad_s * scene.dt_s)
    }

    /// Shoots in bursts, when the aim is where it should be.
    pub(crate) fn pull_trigger(&mut self, scene: &mut Scene, off_rad: f32) -> bool {
        self.reaction_left_s -= scene.dt_s;
        self.trigger_left_s -= scene.dt_s;
        if self.trigger_left_s <= 0.0 {
            self.trigger_held = !self.trigger_held;
            let span_s = if self.trigger_held {
                0.4..1.4
            } else {
                0.1..0.45
            };
            self.trigger_left_s = scene.rng.random_range(span_s);
        }
        let Some(enemy) = self.seen_target(scene) else {
            return false;
        };
        let away_m = distance_m((scene.me.x, scene.me.y), (enemy.x, enemy.y));
        self.trigger_held
            && self.reaction_left_s <= 0.0
            && !enemy.shielded
            && off_rad.abs() < 0.05 + 0.5 / (away_m + 0.1)
    }
}
