//! The movement step of the arena: one avatar, one input, one tick. The server runs it to decide, the browser (as WASM)
//! to predict the player's own avatar.
//!
//! In: a body, a valid input, the map. Out: the moved body. Both ends must agree bit for bit. So only `+ - * /`,
//! `sqrt`, comparisons and `libm` are used. Not even `min` or `max` of floats: it is not specified which zero they
//! return.

use crate::angle::direction;
use crate::components::Body;
use crate::guns;
use crate::input::ArenaInput;
use crate::map::ArenaMap;
use crate::measures::{DASH_SPEED_M_S, RUN_SPEED_M_S};
use crate::slide::slide;

/// Acceleration: full speed is reached after 0.12 s.
const ACCELERATION_M_S2: f32 = 50.0;
/// Braking, with no key held or against the motion: from full speed to a stop in 0.08 s.
const BRAKE_M_S2: f32 = 75.0;
/// Duration of a dash: it covers 2.2 m.
const DASH_S: f32 = 0.14;
/// Time from the start of a dash to the next.
pub const DASH_WAIT_S: f32 = 1.6;
/// A longer step is cut to this. No caller has one, and the work per call stays bounded.
const STEP_MAX_S: f32 = 0.1;
/// One over the square root of two.
const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Moves `body` by `input` over `dt_s` seconds.
pub(crate) fn step(body: &mut Body, input: &ArenaInput, map: &ArenaMap, dt_s: f32) {
    if !body.alive {
        (body.vx, body.vy, body.dash_left_s) = (0.0, 0.0, 0.0);
        return;
    }
    body.aim = input.aim;
    let mut left_s = bounded(dt_s);
    if left_s == 0.0 {
        return;
    }
    guns::work(&mut body.hands, input, left_s);
    if input.dash && body.dash_wait_s <= 0.0 {
        start_dash(body, input);
    }
    body.dash_wait_s = if body.dash_wait_s > left_s {
        body.dash_wait_s - left_s
    } else {
        0.0
    };
    if body.dash_left_s > 0.0 {
        let dash_s = if body.dash_left_s < left_s {
            body.dash_left_s
        } else {
            left_s
        };
        slide(body, map, dash_s);
        body.dash_left_s -= dash_s;
        left_s -= dash_s;
        if body.dash_left_s <= 0.0 {
            end_dash(body);
        }
    }
    if left_s > 0.0 {
        accelerate(body, input, left_s);
        slide(body, map, left_s);
    }
}

/// The length of a step, limited to 0..=`STEP_MAX_S`; 0 for a NaN.
fn bounded(dt_s: f32) -> f32 {
    if dt_s > STEP_MAX_S {
        STEP_MAX_S
    } else if dt_s > 0.0 {
        dt_s
    } else {
        0.0
    }
}

/// The direction of the keys: a vector of length 0 or 1.
fn run_direction(input: &ArenaInput) -> (f32, f32) {
    let (right, down) = (f32::from(input.right), f32::from(input.down));
    if input.right != 0 && input.down != 0 {
        (right * DIAGONAL, down * DIAGONAL)
    } else {
        (right, down)
    }
}

/// Starts a burst along the keys, or along the aim with no key held.
fn start_dash(body: &mut Body, input: &ArenaInput) {
    let keys_held = input.right != 0 || input.down != 0;
    let (dx, dy) = if keys_held {
        run_direction(input)
    } else {
        direction(input.aim)
    };
    (body.vx, body.vy) = (dx * DASH_SPEED_M_S, dy * DASH_SPEED_M_S);
    body.dash_left_s = DASH_S;
    body.dash_wait_s = DASH_WAIT_S;
}

/// Ends a dash in a run, not in a skid.
fn end_dash(body: &mut Body) {
    body.dash_left_s = 0.0;
    let speed = (body.vx * body.vx + body.vy * body.vy).sqrt();
    if speed > RUN_SPEED_M_S {
        body.vx *= RUN_SPEED_M_S / speed;
        body.vy *= RUN_SPEED_M_S / speed;
    }
}

/// Brings the velocity closer to what the keys ask for.
fn accelerate(body: &mut Body, input: &ArenaInput, dt_s: f32) {
    let (dx, dy) = run_direction(input);
    let speeding_up = body.vx * dx + body.vy * dy >= 0.0 && (input.right != 0 || input.down != 0);
    let change = if speeding_up {
        ACCELERATION_M_S2
    } else {
        BRAKE_M_S2
    } * dt_s;
    let (want_x, want_y) = (dx * RUN_SPEED_M_S, dy * RUN_SPEED_M_S);
    let (gap_x, gap_y) = (want_x - body.vx, want_y - body.vy);
    let gap = (gap_x * gap_x + gap_y * gap_y).sqrt();
    if gap <= change {
        (body.vx, body.vy) = (want_x, want_y);
    } else {
        body.vx += gap_x * (change / gap);
        body.vy += gap_y * (change / gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{ARENA_HALF_HEIGHT_M, ARENA_HALF_WIDTH_M, BODY_RADIUS_M};
    use proptest::prelude::*;

    const DT_S: f32 = 1.0 / 60.0;
    /// Allowance for rounding, metres.
    const SLACK_M: f32 = 1e-3;

    fn body(x: f32, y: f32) -> Body {
        Body {
            x,
            y,
            alive: true,
            ..Body::default()
        }
    }

    fn speed(body: &Body) -> f32 {
        body.vx.hypot(body.vy)
    }

    fn run(body: &mut Body, input: &ArenaInput, map: &ArenaMap, ticks: u32) {
        for _ in 0..ticks {
            step(body, input, map, DT_S);
        }
    }

    #[test]
    fn full_speed_after_an_eighth_of_a_second_and_a_quick_stop() {
        let map = ArenaMap::named("foundry");
        let mut fighter = body(-18.0, -11.0);
        run(
            &mut fighter,
            &ArenaInput {
                right: 1,
                ..ArenaInput::default()
            },
            &map,
            8,
        );
        assert!((speed(&fighter) - RUN_SPEED_M_S).abs() < 1e-4);
        run(&mut fighter, &ArenaInput::default(), &map, 5);
        assert_eq!(speed(&fighter), 0.0);
    }

    #[test]
    fn a_diagonal_is_not_faster() {
        let map = ArenaMap::named("courtyard");
        let mut fighter = body(9.0, -1.5);
        run(
            &mut fighter,
            &ArenaInput {
                right: 1,
                down: 1,
                ..ArenaInput::default()
            },
            &map,
            20,
        );
        assert!(
            (speed(&fighter) - RUN_SPEED_M_S).abs() < 1e-3,
            "{}",
            speed(&fighter)
        );
    }

    #[test]
    fn a_dash_goes_over_two_metres_and_then_waits() {
        let map = ArenaMap::named("courtyard");
        let mut fighter = body(-3.0, -11.5);
        let dash = ArenaInput {
            dash: true,
            ..ArenaInput::default()
        };
        run(&mut fighter, &dash, &map, 9);
        assert!((2.1..2.6).contains(&(fighter.x + 3.0)), "{}", fighter.x);
        let x = fighter.x;
        run(&mut fighter, &dash, &map, 60);
        assert!(fighter.x - x < 0.5, "no second dash after one second");
        run(&mut fighter, &dash, &map, 40);
        assert!(fighter.x - x > 2.0, "a second dash after 1.6 seconds");
    }

    #[test]
    fn a_body_slides_along_a_wall() {
        let map = ArenaMap::named("foundry");
        let mut fighter = body(-18.0, -12.0);
        run(
            &mut fighter,
            &ArenaInput {
                right: 1,
                down: -1,
                ..ArenaInput::default()
            },
            &map,
            60,
        );
        assert!(
            (fighter.y + ARENA_HALF_HEIGHT_M - BODY_RADIUS_M).abs() < SLACK_M,
            "{fighter:?}"
        );
        assert!(fighter.x > -14.5, "{fighter:?}");
    }

    #[test]
    fn a_body_that_cannot_be_is_stepped_without_a_panic() {
        let map = ArenaMap::named("foundry");
        for odd in [f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            for (vx, dash_left_s) in [(odd, 0.0), (odd, odd), (1.0, odd)] {
                let mut fighter = Body {
                    vx,
                    dash_left_s,
                    ..body(odd, 0.0)
                };
                run(&mut fighter, &ArenaInput::default(), &map, 3);
            }
        }
    }

    #[test]
    fn a_body_that_starts_in_a_wall_gets_out() {
        let map = ArenaMap::named("foundry");
        let mut fighter = body(0.3, 0.2);
        run(&mut fighter, &ArenaInput::default(), &map, 10);
        assert!(
            map.is_free(fighter.x, fighter.y, BODY_RADIUS_M - SLACK_M),
            "{fighter:?}"
        );
    }

    #[test]
    fn a_step_of_no_time_or_of_nonsense_stands_still() {
        let map = ArenaMap::named("foundry");
        for dt_s in [0.0, -1.0, f32::NAN, f32::NEG_INFINITY] {
            let mut fighter = body(-18.0, -11.0);
            step(
                &mut fighter,
                &ArenaInput {
                    right: 1,
                    dash: true,
                    ..ArenaInput::default()
                },
                &map,
                dt_s,
            );
            assert_eq!(fighter, body(-18.0, -11.0));
        }
    }

    prop_compose! {
        fn any_input()(
            right in -1..=1_i8, down in -1..=1_i8, aim in -std::f32::consts::PI..=std::f32::consts::PI,
            fire in any::<bool>(), rail in any::<bool>(), dash in prop::bool::weighted(0.3), reload in any::<bool>(),
        ) -> ArenaInput {
            ArenaInput { right, down, aim, fire, rail, dash, reload }
        }
    }

    fn any_free_place() -> impl Strategy<Value = (&'static str, f32, f32)> {
        let name = prop::sample::select(ArenaMap::NAMES.to_vec());
        (name, -19.5..19.5_f32, -12.5..12.5_f32).prop_filter("in a wall", |&(name, x, y)| {
            ArenaMap::named(name).is_free(x, y, BODY_RADIUS_M)
        })
    }

    fn any_dt_s() -> impl Strategy<Value = f32> {
        prop_oneof![4 => Just(DT_S), 1 => 0.0..DT_S, 1 => DT_S..0.2_f32]
    }

    proptest! {
        #[test]
        fn a_body_is_never_in_a_wall_outside_or_too_fast(
            (name, x, y) in any_free_place(),
            moves in prop::collection::vec((any_input(), 1..30_u32, any_dt_s()), 1..20),
        ) {
            let map = ArenaMap::named(name);
            let mut fighter = body(x, y);
            for (input, ticks, dt_s) in moves {
                for _ in 0..ticks {
                    let before = fighter.clone();
                    step(&mut fighter, &input, &map, dt_s);
                    prop_assert!(map.is_free(fighter.x, fighter.y, BODY_RADIUS_M - SLACK_M), "{before:?} -> {fighter:?}");
                    prop_assert!(fighter.x.abs() <= ARENA_HALF_WIDTH_M - BODY_RADIUS_M + SLACK_M);
                    prop_assert!(fighter.y.abs() <= ARENA_HALF_HEIGHT_M - BODY_RADIUS_M + SLACK_M);
                    prop_assert!(speed(&fighter) <= DASH_SPEED_M_S + 1e-3, "{fighter:?}");
                    let limit_m = DASH_SPEED_M_S * dt_s.min(STEP_MAX_S) + SLACK_M;
                    let moved_m = (fighter.x - before.x).hypot(fighter.y - before.y);
                    prop_assert!(moved_m <= limit_m * 1.5 + SLACK_M, "{moved_m} m in {dt_s} s");
                    prop_assert!(map.line_of_sight((before.x, before.y), (fighter.x, fighter.y)), "tunnelled");
                    prop_assert!((0.0..=DASH_S).contains(&fighter.dash_left_s));
                    prop_assert!((0.0..=DASH_WAIT_S).contains(&fighter.dash_wait_s));
                }
            }
        }

        #[test]
        fn a_dead_body_stays_put(
            inputs in prop::collection::vec(any_input(), 1..50),
            (vx, vy) in (-16.0..16.0_f32, -16.0..16.0_f32),
        ) {
            let map = ArenaMap::named("foundry");
            let mut fighter = Body { vx, vy, dash_left_s: 0.1, alive: false, ..body(-18.0, -11.0) };
            for input in &inputs {
                step(&mut fighter, input, &map, DT_S);
                prop_assert_eq!((fighter.x, fighter.y, fighter.vx, fighter.vy), (-18.0, -11.0, 0.0, 0.0));
            }
        }

        #[test]
        fn two_half_steps_end_near_a_whole_one(input in any_input(), (vx, vy) in (-4.0..4.0_f32, -4.0..4.0_f32)) {
            let map = ArenaMap::named("courtyard");
            let mut whole = Body { vx, vy, ..body(3.0, 2.6) };
            let mut halves = whole.clone();
            step(&mut whole, &input, &map, DT_S);
            step(&mut halves, &input, &map, DT_S / 2.0);
            step(&mut halves, &input, &map, DT_S / 2.0);
            prop_assert!((whole.x - halves.x).hypot(whole.y - halves.y) < 0.02, "{whole:?} {halves:?}");
        }
    }
}
