//! How the moment that a player looks at may move.
//!
//! In: with each batch of inputs, the moment whose picture its player saw, as the client says. Out: that moment, or the
//! nearest one that an honest client can have come to. A picture moves like time: it stays about as old as it was. Now and
//! then it may jump, as when a tab comes back. A client that could choose the moment anew for each shot would look for the
//! place where it hits.

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::Tick;

use crate::history::Moment;
use crate::limits::{REWIND_MAX_S, VIEW_DRIFT, VIEW_JUMP_EVERY_S, VIEW_LOOSE_TICKS};

/// What one player looks at.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gaze(Option<State>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct State {
    /// The newest tick for which the client has said what it looks at.
    tick: Tick,
    /// How old the picture is, about, in ticks.
    age_ticks: f32,
    /// How far it may still jump.
    jump_ticks: f32,
}

impl Gaze {
    /// The client says what it saw when it made its input for `tick`. Asked again for the same tick, the answer is the same.
    pub(crate) fn follow(&mut self, tick: Tick, viewed: Moment, tick_rate_hz: f32) -> Moment {
        let window_ticks = REWIND_MAX_S as f32 * tick_rate_hz;
        let said_ticks = viewed.age_ticks(tick);
        // Nothing is rewound further, whatever is said, and nobody has seen what is still to come.
        let age_ticks = said_ticks.clamp(0.0, window_ticks);
        let mut state = self.0.unwrap_or(State {
            tick,
            age_ticks,
            jump_ticks: window_ticks,
        });
        let passed_ticks = tick.since(state.tick).max(0) as f32;
        if tick.is_after(state.tick) {
            state.tick = tick;
        }
        // The tick rate is in the window and in the time, so it falls out.
        let refilled = passed_ticks * (REWIND_MAX_S as f32 / VIEW_JUMP_EVERY_S);
        state.jump_ticks = (state.jump_ticks + refilled).min(window_ticks);
        let drift_ticks = (passed_ticks * VIEW_DRIFT).min(VIEW_LOOSE_TICKS);
        let off_ticks = age_ticks - state.age_ticks;
        state.age_ticks += off_ticks.clamp(-drift_ticks, drift_ticks);
        let off_ticks = age_ticks - state.age_ticks;
        let jump_ticks = (off_ticks.abs() - VIEW_LOOSE_TICKS).clamp(0.0, state.jump_ticks);
        state.jump_ticks -= jump_ticks;
        state.age_ticks += jump_ticks.copysign(off_ticks);
        self.0 = Some(state);
        let (least, most) = (
            state.age_ticks - VIEW_LOOSE_TICKS,
            state.age_ticks + VIEW_LOOSE_TICKS,
        );
        if (least..=most).contains(&said_ticks) {
            return viewed;
        }
        Moment::aged(tick, age_ticks.clamp(least.max(0.0), most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: f32 = 60.0;

    fn seen(tick: u32, age_ticks: f32) -> Moment {
        Moment::aged(Tick(tick), age_ticks)
    }

    #[test]
    fn an_honest_picture_is_never_moved() {
        let mut gaze = Gaze::default();
        for tick in 100..4000 {
            // The phase between frames and ticks, drawn time that bends, and a tab that comes back each 20 s.
            let phase = (tick % 7) as f32 / 7.0;
            let bend = (tick as f32 / 200.0).sin() * 1.5;
            let gap = if tick % 1200 < 5 { 7.0 } else { 0.0 };
            let viewed = seen(tick, 6.0 + phase + bend + gap);
            assert_eq!(gaze.follow(Tick(tick), viewed, HZ), viewed, "{tick}");
        }
    }

    /// How many of `shots`, at ages that two moments take turns at, are let through as said.
    fn let_through(every_ticks: u32, ages: [f32; 2]) -> usize {
        let mut gaze = Gaze::default();
        let mut follow = |shot: u32| {
            let tick = 1000 + shot * every_ticks;
            let age = ages[shot as usize % 2].clamp(0.0, 15.0);
            let said = seen(tick, ages[shot as usize % 2]);
            let got = gaze.follow(Tick(tick), said, HZ).age_ticks(Tick(tick));
            (got - age).abs() <= 2.0
        };
        (0..100).filter(|shot| follow(*shot)).count()
    }

    #[test]
    fn a_client_cannot_choose_the_moment_of_each_shot() {
        // It stays near one of the two, whether it shoots at every tick or once in a second and a half, and also if one of
        // them lies outside of what is rewound.
        for every_ticks in [1, 20, 90] {
            for ages in [[2.0, 14.0], [0.0, 900.0], [-5.0, 14.0]] {
                let through = let_through(every_ticks, ages);
                assert!(through <= 60, "{through} of 100, {every_ticks}, {ages:?}");
            }
        }
    }

    #[test]
    fn nothing_is_gained_by_ticks_that_go_back() {
        let mut gaze = Gaze::default();
        let mut follow = |tick: u32, age: f32| {
            let got = gaze.follow(Tick(tick), seen(tick, age), HZ);
            usize::from((got.age_ticks(Tick(tick)) - age).abs() <= 2.0)
        };
        let turns = 0..100;
        let both = turns.map(|turn| follow(101 + turn, 2.0) + follow(116 + turn, 14.0));
        let through = both.sum::<usize>();
        assert!(through <= 120, "{through} of 200");
    }

    #[test]
    fn asked_again_in_a_tick_it_says_the_same() {
        let mut gaze = Gaze::default();
        gaze.follow(Tick(100), seen(100, 1.0), HZ);
        for (tick, age) in [(110, 14.0), (120, 1.0), (130, 900.0), (140, 3.0)] {
            let said = Moment::aged(Tick(tick), age);
            let first = gaze.follow(Tick(tick), said, HZ);
            assert_eq!(gaze.follow(Tick(tick), said, HZ), first);
        }
    }
}
