//! The guns. They are part of the step, so a player's own screen shows a shot in the next picture after the click.
//!
//! In: a body's hands, its input. Out: the hands after a tick; what was fired, as actions; where a shot is at any age.
//! Only the server decides what a shot does. Floats are treated as in `step`.

use tickwire_shared::ids::InputSequence;
use tickwire_shared::prelude::message;
use tickwire_shared::rules::Act;

use crate::angle::direction;
use crate::components::{Body, Hands, Projectile};
use crate::input::ArenaInput;
use crate::map::ArenaMap;
use crate::measures::{MAGAZINE, PROJECTILE_RADIUS_M, PROJECTILE_SPEED_M_S};

/// Time from one shot of the rifle to the next while the trigger is held, seconds: six shots a second.
const RIFLE_WAIT_S: f32 = 1.0 / 6.0;
/// Duration of a reload, seconds.
const RELOAD_S: f32 = 1.2;
/// Time from one shot of the rail to the next, seconds.
pub const RAIL_WAIT_S: f32 = 1.5;
/// How far the rail reaches, metres: from any corner to any other.
pub const RAIL_RANGE_M: f32 = 50.0;
/// Duration of a shot's flight, seconds: 39 m, from almost any corner to any other.
pub const SHOT_LIFE_S: f32 = 1.4;
/// Distance from a fighter's centre to where its shots appear, metres.
pub const MUZZLE_M: f32 = 0.7;

/// What an input of a fighter does immediately, besides moving it.
#[message]
pub enum ArenaAction {
    /// The rifle fires.
    Shot {
        /// The fighter's centre, metres.
        x: f32,
        /// The fighter's centre, metres.
        y: f32,
        /// Radians.
        angle: f32,
    },
    /// The rail fires: a beam that appears over its whole length without delay.
    Rail {
        /// The fighter's centre, metres.
        x: f32,
        /// The fighter's centre, metres.
        y: f32,
        /// Radians.
        angle: f32,
    },
}

/// One tick of the guns.
pub(crate) fn work(hands: &mut Hands, input: &ArenaInput, dt_s: f32) {
    // Half a tick early is as close as half a tick late, so this keeps the rate of fire exact.
    let due_s = dt_s / 2.0;
    if hands.rail_wait_s > due_s {
        hands.rail_wait_s -= dt_s;
    }
    let rail = input.rail && hands.rail_wait_s <= due_s;
    if rail {
        hands.rail_wait_s += RAIL_WAIT_S;
        hands.rail_shots = hands.rail_shots.wrapping_add(1);
    }
    if hands.rifle_wait_s > due_s {
        hands.rifle_wait_s -= dt_s;
    }
    if hands.reload_left_s > 0.0 {
        hands.reload_left_s -= dt_s;
        if hands.reload_left_s > due_s {
            return;
        }
        hands.reload_left_s = 0.0;
        hands.ammo = MAGAZINE;
    }
    if hands.ammo == 0 || (input.reload && hands.ammo < MAGAZINE) {
        hands.reload_left_s = RELOAD_S;
        return;
    }
    // One gun at a time, because an action is one shot. The rifle's shot follows in the next tick.
    if input.fire && !rail && hands.rifle_wait_s <= due_s {
        hands.rifle_wait_s += RIFLE_WAIT_S;
        hands.rifle_shots = hands.rifle_shots.wrapping_add(1);
        hands.ammo -= 1;
    }
}

/// What a tick fired: never both guns in one tick.
pub(crate) fn action(before: &Body, after: &Body) -> Option<ArenaAction> {
    let (x, y, angle) = (after.x, after.y, after.aim);
    if before.hands.rail_shots != after.hands.rail_shots {
        Some(ArenaAction::Rail { x, y, angle })
    } else if before.hands.rifle_shots != after.hands.rifle_shots {
        Some(ArenaAction::Shot { x, y, angle })
    } else {
        None
    }
}

/// A shot in flight, `age_s` after it was fired, until it meets a wall or its time is over.
pub(crate) fn ghost(act: &Act<ArenaAction>, age_s: f32, map: &ArenaMap) -> Option<Projectile> {
    let ArenaAction::Shot { x, y, angle } = act.action else {
        return None;
    };
    let (dx, dy) = direction(angle);
    let flown_m = MUZZLE_M + age_s * PROJECTILE_SPEED_M_S;
    let to = (x + dx * flown_m, y + dy * flown_m);
    let over = age_s > SHOT_LIFE_S || map.hit_fraction((x, y), to, PROJECTILE_RADIUS_M).is_some();
    (!over).then(|| Projectile {
        x: to.0,
        y: to.1,
        angle,
        shooter: act.player.0,
        sequence: sequence_low(act.sequence),
    })
}

/// The part of an input's sequence that a shot carries.
pub fn sequence_low(sequence: InputSequence) -> u16 {
    (sequence.0 & 4095) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT_S: f32 = 1.0 / 60.0;

    fn pull(hands: &mut Hands, input: &ArenaInput) -> bool {
        let before = hands.rifle_shots;
        work(hands, input, DT_S);
        hands.rifle_shots != before
    }

    #[test]
    fn a_held_trigger_fires_six_times_a_second_and_reloads_after_twelve() {
        let mut hands = Hands::default();
        let held = ArenaInput {
            fire: true,
            ..ArenaInput::default()
        };
        let fired: Vec<u32> = (0..300).filter(|_| pull(&mut hands, &held)).collect();
        let first: Vec<u32> = (0..12).map(|i| i * 10).collect();
        assert_eq!(fired[..12], first);
        assert!((182..=184).contains(&fired[12]), "{fired:?}");
    }

    #[test]
    fn a_reload_can_be_asked_for_but_not_of_a_full_magazine() {
        let mut hands = Hands::default();
        let reload = ArenaInput {
            reload: true,
            ..ArenaInput::default()
        };
        assert!(!pull(&mut hands, &reload) && hands.reload_left_s == 0.0);
        hands.ammo = 3;
        assert!(!pull(&mut hands, &reload));
        assert!(hands.reload_left_s > 0.0 && hands.ammo == 3);
    }

    #[test]
    fn the_rail_fires_at_once_and_then_waits() {
        let mut hands = Hands::default();
        let rail = ArenaInput {
            rail: true,
            ..ArenaInput::default()
        };
        let fired: Vec<u32> = (0..200)
            .filter(|_| {
                let before = hands.rail_shots;
                work(&mut hands, &rail, DT_S);
                hands.rail_shots != before
            })
            .collect();
        assert_eq!(fired, [0, 90, 180]);
    }

    #[test]
    fn a_ghost_flies_straight_until_a_wall() {
        let map = ArenaMap::named("foundry");
        let act = Act {
            player: tickwire_shared::ids::PlayerId(3),
            sequence: InputSequence(5000),
            action: ArenaAction::Shot {
                x: -18.0,
                y: -11.0,
                angle: 0.0,
            },
        };
        let at = |age_s| ghost(&act, age_s, &map);
        let start = at(0.0).unwrap();
        assert_eq!((start.shooter, start.sequence), (3, 904));
        let later = at(0.1).unwrap();
        assert!((later.x - start.x - 2.8).abs() < 1e-4 && later.y == start.y);
        assert_eq!(at(1.5), None, "its life is over");
    }
}
