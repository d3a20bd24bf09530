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
    /// The client says what it saw when it made inputs up to the one for `tick`.
    pub(crate) fn follow(&mut self, tick: Tick, viewed: Moment, tick_rate_hz: f32) -> Moment {
        let window_ticks = REWIND_MAX_S as f32 * tick_rate_hz;
        let age_ticks = viewed.age_ticks(tick);
        // Older pictures, and those of the future, are judged by the bounds alone.
        if !(0.0..=window_ticks).contains(&age_ticks) {
            return viewed;
        }
        let mut state = self.0.unwrap_or(State {
            tick,
            age_ticks,
            jump_ticks: window_ticks,
        });
        let passed_ticks = tick.since(state.tick).max(0) as f32;
        state.tick = tick;
        // The tick rate is in the window and in the time, so it falls out.
        let refilled = passed_ticks * (REWIND_MAX_S as f32 / VIEW_JUMP_EVERY_S);
        state.jump_ticks = (state.jump_ticks + refilled).min(window_ticks);
        let drift_ticks = passed_ticks * VIEW_DRIFT;
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
        if (least..=most).contains(&age_ticks) {
            return viewed;
        }
        Moment::aged(tick, age_ticks.clamp(least, most).max(0.0))
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

    #[test]
    fn a_client_cannot_choose_the_moment_of_each_shot() {
        let mut gaze = Gaze::default();
        let mut far = 0;
        for shot in 0..100_u32 {
            let tick = 1000 + shot * 20;
            let age = [2.0, 14.0][shot as usize % 2];
            let got = gaze
                .follow(Tick(tick), seen(tick, age), HZ)
                .age_ticks(Tick(tick));
            far += u32::from((got - age).abs() > 2.0);
        }
        // It stays near one of the two.
        assert!(far >= 45, "{far} of 100 were not let through");
    }

    #[test]
    fn what_lies_outside_of_the_window_changes_nothing() {
        let mut gaze = Gaze::default();
        for (tick, viewed) in [(50, seen(50, 6.0)), (51, Moment::aged(Tick(51), 900.0))] {
            assert_eq!(gaze.follow(Tick(tick), viewed, HZ), viewed);
        }
        let future = Moment {
            tick: Tick(90),
            part: 0.5,
        };
        assert_eq!(gaze.follow(Tick(52), future, HZ), future);
        let viewed = seen(53, 6.5);
        assert_eq!(gaze.follow(Tick(53), viewed, HZ), viewed);
    }
}
