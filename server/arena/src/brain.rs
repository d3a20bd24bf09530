//! What one bot wants: which enemies it sees, which one it fights, where it walks. Its `hands` aim and shoot.
//!
//! In: the fighters as they stand, the ground, the room's generator. Out: an input like a person's, through the same
//! keys and the same trigger. A bot looks and decides ten times a second; its hands move at every tick.
//! Must not: know what a person could not see, or reach into the room.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use tickwire_arena::{ArenaInput, wrap_angle};
use tickwire_shared::ids::EntityId;

use crate::components::Seen;
use crate::ground::Ground;

// Tunables. Where there are two, the first is for the clumsiest bot and the second for the best one.

/// From one decision to the next, seconds.
const DECIDE_EVERY_S: f32 = 0.1;
/// Enemies further away are not noticed, metres.
const SIGHT_M: f32 = 19.0;
/// From seeing an enemy to shooting at it, seconds.
const REACTION_S: [f32; 2] = [0.45, 0.2];
/// How far the aim strays, radians either way.
const AIM_ERROR_RAD: [f32; 2] = [0.17, 0.06];
/// Bots keep to distances between these in a fight, metres.
const FIGHT_M: [f32; 2] = [4.5, 9.0];
/// At this health or below, a bot that is weaker than its enemy runs, for this long in seconds.
const RETREAT_HEALTH: u8 = 35;
const RETREAT_S: f32 = 2.5;
/// For how long a bot looks for a target that is out of sight, seconds.
const SEARCH_S: f32 = 4.0;
/// A corner of the way counts as reached within this distance, metres.
const CORNER_M: f32 = 0.7;
/// After keys were held this long without getting anywhere, a bot takes another way, seconds.
const STUCK_S: f32 = 0.5;
/// A bot uses a pause to reload when it has this many shots left or fewer.
const RELOAD_AT: u8 = 6;

/// One bot's mind, and the state of its hands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Brain {
    /// 0 is clumsy, 1 is as good as bots get.
    pub(crate) skill: f32,
    pub(crate) target: Option<EntityId>,
    pub(crate) target_in_sight: bool,
    pub(crate) last_seen: (f32, f32),
    pub(crate) unseen_s: f32,
    pub(crate) reaction_left_s: f32,
    /// Corners of the way, the next one last.
    pub(crate) way: Vec<(f32, f32)>,
    pub(crate) retreat_left_s: f32,
    pub(crate) decide_left_s: f32,
    pub(crate) keys: (i8, i8),
    pub(crate) dash: bool,
    pub(crate) reload: bool,
    /// 1 or -1: which way it goes round the enemy.
    pub(crate) strafe: f32,
    pub(crate) strafe_left_s: f32,
    pub(crate) turn_rad_s: f32,
    pub(crate) aim_error_rad: f32,
    pub(crate) aim_error_goal_rad: f32,
    pub(crate) trigger_held: bool,
    pub(crate) trigger_left_s: f32,
    /// Its health at the last decision.
    pub(crate) health: u8,
    pub(crate) stuck_s: f32,
}

/// What a bot can think about in one tick.
pub(crate) struct Scene<'a> {
    pub me: &'a Seen,
    pub fighters: &'a [Seen],
    pub ground: &'a mut Ground,
    pub rng: &'a mut Pcg64Mcg,
    pub dt_s: f32,
}

impl Brain {
    pub(crate) fn new(rng: &mut Pcg64Mcg) -> Brain {
        Brain {
            skill: rng.random_range(0.15..0.85),
            // Bots take turns to decide.
            decide_left_s: rng.random_range(0.0..DECIDE_EVERY_S),
            strafe: 1.0,
            ..Brain::default()
        }
    }

    /// The input for one tick.
    pub(crate) fn think(&mut self, scene: &mut Scene) -> ArenaInput {
        if !scene.me.alive {
            self.forget();
            return ArenaInput {
                aim: wrap_angle(scene.me.aim),
                ..ArenaInput::default()
            };
        }
        self.decide_left_s -= scene.dt_s;
        if self.decide_left_s <= 0.0 {
            self.decide_left_s += DECIDE_EVERY_S;
            self.decide(scene);
        }
        let goal_rad = self.aim_goal(scene);
        let aim = self.turn(scene, goal_rad);
        ArenaInput {
            right: self.keys.0,
            down: self.keys.1,
            aim,
            fire: self.pull_trigger(scene, wrap_angle(goal_rad - aim)),
            rail: false,
            dash: std::mem::take(&mut self.dash),
            reload: self.reload,
        }
    }

    /// Forgets everything on its mind: it is dead.
    fn forget(&mut self) {
        *self = Brain {
            skill: self.skill,
            decide_left_s: self.decide_left_s,
            strafe: self.strafe,
            way: std::mem::take(&mut self.way),
            ..Brain::default()
        };
        self.way.clear();
    }

    fn decide(&mut self, scene: &mut Scene) {
        self.look(scene);
        self.notice_being_stuck(scene);
        let me = scene.me;
        let was_hurt = me.health < self.health;
        self.health = me.health;
        // It falls as far below 0 after a retreat as the retreat lasted. Until then the bot fights.
        self.retreat_left_s = (self.retreat_left_s - DECIDE_EVERY_S).max(-RETREAT_S);
        let want = match self.seen_target(scene) {
            Some(enemy) if self.wants_to_retreat(me, &enemy) => {
                self.retreat_left_s = RETREAT_S;
                self.go_far_from(scene, &enemy);
                self.travel(scene)
            }
            Some(_) if self.retreat_left_s > 0.0 => self.travel(scene),
            Some(enemy) => self.circle(scene, &enemy),
            None => self.travel(scene),
        };
        self.keys = eight_ways(want);

        let dash_chance = match (was_hurt, self.retreat_left_s > 0.0, self.target_in_sight) {
            (true, ..) => 0.3,
            (_, true, _) => 0.2,
            (_, _, true) => 0.03,
            _ => 0.015,
        };
        self.dash = me.can_dash && self.keys != (0, 0) && scene.rng.random_bool(dash_chance);
        self.reload = !self.target_in_sight && self.unseen_s > 0.4 && me.ammo <= RELOAD_AT;
        if scene.rng.random_bool(0.3) {
            let stray_rad = self.between(AIM_ERROR_RAD);
            self.aim_error_goal_rad = scene.rng.random_range(-stray_rad..stray_rad);
        }
    }

    /// Finds the nearest enemy in sight, and prefers the one that it already fights.
    fn look(&mut self, scene: &mut Scene) {
        let me = scene.me;
        let mut best = None;
        let mut best_score_m = SIGHT_M;
        for other in scene
            .fighters
            .iter()
            .filter(|other| other.id != me.id && other.alive)
        {
            let loyalty = if Some(other.id) == self.target {
                0.7
            } else {
                1.0
            };
            let shield_m = if other.shielded { 5.0 } else { 0.0 };
            let score_m = distance_m((me.x, me.y), (other.x, other.y)) * loyalty + shield_m;
            if score_m < best_score_m
                && scene
                    .ground
                    .map
                    .line_of_sight((me.x, me.y), (other.x, other.y))
            {
                (best, best_score_m) = (Some(other), score_m);
            }
        }
        if let Some(enemy) = best {
            if self.target != Some(enemy.id) || !self.target_in_sight {
                self.reaction_left_s = self.between(REACTION_S) + scene.rng.random_range(0.0..0.15);
                // At first sight the aim is not good yet.
                let stray_rad = 2.0 * self.between(AIM_ERROR_RAD);
                self.aim_error_rad = scene.rng.random_range(-stray_rad..stray_rad);
            }
            self.target = Some(enemy.id);
            self.last_seen = (enemy.x, enemy.y);
            self.unseen_s = 0.0;
        } else {
            if self.target_in_sight {
                let from = (me.x, me.y);
                scene.ground.way(from, self.last_seen, &mut self.way);
            }
            self.unseen_s += DECIDE_EVERY_S;
            if self.unseen_s > SEARCH_S {
                self.target = None;
            }
        }
        self.target_in_sight = best.is_some();
    }

    pub(crate) fn seen_target(&self, scene: &Scene) -> Option<Seen> {
        let target = self.target.filter(|_| self.target_in_sight)?;
        scene
            .fighters
            .iter()
            .find(|other| other.id == target && other.alive)
            .copied()
    }

    fn wants_to_retreat(&self, me: &Seen, enemy: &Seen) -> bool {
        self.retreat_left_s <= -RETREAT_S && me.health <= RETREAT_HEALTH && enemy.health > me.health
    }

    /// Takes the way to a spawn point that is far from an enemy.
    fn go_far_from(&mut self, scene: &mut Scene, enemy: &Seen) {
        let mut best = (enemy.x, enemy.y);
        let mut best_m = 0.0;
        for &spawn in &scene.ground.map.spawns {
            let mine_m = distance_m(spawn, (scene.me.x, scene.me.y));
            let score_m = distance_m(spawn, (enemy.x, enemy.y)) - 0.7 * mine_m;
            if score_m > best_m {
                (best, best_m) = (spawn, score_m);
            }
        }
        scene
            .ground
            .way((scene.me.x, scene.me.y), best, &mut self.way);
    }

    /// Fights: moves sideways around the enemy, at a distance that suits.
    fn circle(&mut self, scene: &mut Scene, enemy: &Seen) -> (f32, f32) {
        self.way.clear();
        let here = (scene.me.x, scene.me.y);
        let (dx, dy) = (enemy.x - here.0, enemy.y - here.1);
        let away_m = distance_m(here, (enemy.x, enemy.y)) + 1e-3;
        let (dx, dy) = (dx / away_m, dy / away_m);
        let closer = match away_m {
            m if m < FIGHT_M[0] => -0.7,
            m if m > FIGHT_M[1] => 0.9,
            _ => 0.0,
        };
        self.strafe_left_s -= DECIDE_EVERY_S;
        if self.strafe_left_s <= 0.0 {
            self.strafe_left_s = scene.rng.random_range(0.35..1.3);
            self.strafe = -self.strafe;
        }
        let side = |strafe: f32| (dx * closer - dy * strafe, dy * closer + dx * strafe);
        let ahead = |(x, y): (f32, f32)| (here.0 + x * 0.9, here.1 + y * 0.9);
        if !scene.ground.is_clear(here, ahead(side(self.strafe))) {
            self.strafe = -self.strafe;
        }
        side(self.strafe)
    }

    /// Walks along the way, and to a new goal when the way has ended.
    fn travel(&mut self, scene: &mut Scene) -> (f32, f32) {
        let here = (scene.me.x, scene.me.y);
        while let Some(&corner) = self.way.last() {
            if distance_m(here, corner) > CORNER_M {
                break;
            }
            self.way.pop();
        }
        if self.way.is_empty() {
            let goal = self.new_goal(scene);
            scene.ground.way(here, goal, &mut self.way);
        } else if self
            .way
            .last()
            .is_some_and(|corner| !scene.ground.is_clear(here, *corner))
        {
            // It strayed from the way: from here to the same goal.
            let goal = self.way.first().copied().unwrap_or(here);
            scene.ground.way(here, goal, &mut self.way);
        }
        let (x, y) = self.way.last().copied().unwrap_or(here);
        (x - here.0, y - here.1)
    }

    /// Chooses a new goal: mostly near the noise of the others, else anywhere.
    fn new_goal(&mut self, scene: &mut Scene) -> (f32, f32) {
        if scene.rng.random_bool(0.6) && !scene.fighters.is_empty() {
            let other = scene.fighters[scene.rng.random_range(0..scene.fighters.len())];
            if other.alive && other.id != scene.me.id {
                return (other.x, other.y);
            }
        }
        let spawns = &scene.ground.map.spawns;
        spawns[scene.rng.random_range(0..spawns.len())]
    }

    fn notice_being_stuck(&mut self, scene: &Scene) {
        let moving = scene.me.vx.abs() + scene.me.vy.abs() > 1.0;
        self.stuck_s = if moving || self.keys == (0, 0) {
            0.0
        } else {
            self.stuck_s + DECIDE_EVERY_S
        };
        if self.stuck_s > STUCK_S {
            self.stuck_s = 0.0;
            self.way.clear();
            self.retreat_left_s = 0.0;
        }
    }

    /// A value between the clumsiest bot's and the best one's.
    pub(crate) fn between(&self, [clumsy, best]: [f32; 2]) -> f32 {
        clumsy + (best - clumsy) * self.skill
    }
}

/// The keys that come nearest to a direction.
fn eight_ways((dx, dy): (f32, f32)) -> (i8, i8) {
    // A key is held when the direction is within 67.5 degrees of it.
    let least = 0.382_7 * distance_m((0.0, 0.0), (dx, dy));
    let key = |along: f32| i8::from(along > least) - i8::from(along < -least);
    (key(dx), key(dy))
}

pub(crate) fn distance_m(a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    (dx * dx + dy * dy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_nearest_of_eight_directions() {
        assert_eq!(eight_ways((0.0, 0.0)), (0, 0));
        assert_eq!(eight_ways((5.0, 0.1)), (1, 0));
        assert_eq!(eight_ways((-0.3, 0.3)), (-1, 1));
        assert_eq!(eight_ways((0.1, -2.0)), (0, -1));
        assert_eq!(eight_ways((2.0, -1.0)), (1, -1));
    }
}
