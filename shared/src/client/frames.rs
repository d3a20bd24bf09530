//! The last snapshots, and which of them an animation frame is drawn from.
//!
//! In: the tables of each snapshot. Out: the frames around the drawn moment. Past the newest snapshot that moment slows down
//! and holds, however far drawn time goes on.

use std::collections::VecDeque;
use std::time::Duration;

use super::tuning::{EXTRAPOLATE_FULL_S, EXTRAPOLATE_S, PICTURE_LOST_S};
use crate::snapshot::TableState;

/// Snapshots kept for drawing: 2 s at 30 a second, more than any interpolation delay.
const FRAMES: usize = 64;

/// All tables of one snapshot, merged over channels.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) tick: i64,
    pub(super) tables: Vec<TableState>,
}

/// The frames around a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// The one before `a`, `a`, `b`, and the one after `b`. With one frame only, `a` and `b` are the same.
    pub(super) before: Option<&'a Frame>,
    pub(super) a: &'a Frame,
    pub(super) b: &'a Frame,
    pub(super) after: Option<&'a Frame>,
    /// Ticks from `a` to the moment.
    pub(super) past_a: f64,
    /// How fast the moment moves on, 0..=1 of drawn time: less than 1 when it comes to a hold.
    pub(super) moment_speed: f64,
}

impl Around<'_> {
    /// True when the moment is before `b`: then the entities of `a` are drawn.
    pub(super) fn before_b(&self) -> bool {
        self.past_a < self.span()
    }

    fn span(&self) -> f64 {
        (self.b.tick - self.a.tick) as f64
    }
}

/// What one animation frame draws remote entities from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis<'a> {
    /// What is known now.
    pub(super) around: Around<'a>,
    /// What was known in the animation frame before, if that gives another picture of this moment.
    pub(super) guessed: Option<Around<'a>>,
    /// Since the animation frame before. None when there is no picture to go on from.
    pub(super) passed_s: Option<f64>,
    pub(super) tick_s: f64,
}

/// The last snapshots, oldest first.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: VecDeque<Frame>,
    /// Frames no longer needed, kept for their memory.
    spare: Vec<Frame>,
    /// When the last animation frame was, and the tick of the newest snapshot that it knew.
    drawn: Option<(Duration, i64)>,
}

impl Frames {
    /// A frame to fill and push. Its tables may still hold old rows.
    pub(super) fn lend(&mut self, tick: i64, tables: usize) -> Frame {
        let mut frame = self.spare.pop().unwrap_or_default();
        frame.tick = tick;
        frame.tables.resize_with(tables, TableState::default);
        frame
    }

    /// Takes in the newest frame. Drops those of its tick or later, and the oldest when there are too many.
    pub(super) fn push(&mut self, frame: Frame) {
        while self
            .frames
            .back()
            .is_some_and(|last| last.tick >= frame.tick)
        {
            self.spare.extend(self.frames.pop_back());
        }
        if self.frames.len() == FRAMES {
            self.spare.extend(self.frames.pop_front());
        }
        self.frames.push_back(frame);
    }

    /// What an animation frame at `now` draws from, when `drawn` is the tick to draw, with its fraction.
    pub(super) fn basis(&mut self, now: Duration, drawn: f64, tick_s: f64) -> Option<Basis<'_>> {
        let newest = self.newest()?.tick;
        let passed_s = |then: Duration| now.saturating_sub(then).as_secs_f64();
        let before = self.drawn.replace((now, newest));
        let before = before.filter(|(then, _)| passed_s(*then) <= PICTURE_LOST_S);
        // Only a moment past the newest snapshot was a guess. Between snapshots, a newer one changes a slope too little to
        // see.
        let guessed = before
            .filter(|(_, known)| *known < newest)
            .and_then(|(_, known)| self.around(drawn, known, tick_s))
            .filter(|guessed| !guessed.before_b());
        Some(Basis {
            around: self.around(drawn, newest, tick_s)?,
            guessed,
            passed_s: before.map(|(then, _)| passed_s(then)),
            tick_s,
        })
    }

    /// The frames around `tick`, as if `newest` were the newest of them. None when there is no such frame.
    fn around(&self, tick: f64, newest: i64, tick_s: f64) -> Option<Around<'_>> {
        let known = self.frames.partition_point(|frame| frame.tick <= newest);
        let past = self
            .frames
            .partition_point(|frame| frame.tick as f64 <= tick);
        let b = past.max(1).min(known.checked_sub(1)?);
        let a = b.saturating_sub(1);
        let around = Around {
            before: a.checked_sub(1).and_then(|before| self.frames.get(before)),
            a: self.frames.get(a)?,
            b: self.frames.get(b)?,
            after: self.frames.get(b + 1).filter(|_| b + 1 < known),
            past_a: 0.0,
            moment_speed: 1.0,
        };
        let past_b_s = (tick - around.b.tick as f64) * tick_s;
        let (reached_s, moment_speed) = reach(past_b_s);
        let moment = around.b.tick as f64 + reached_s / tick_s;
        Some(Around {
            past_a: moment - around.a.tick as f64,
            moment_speed,
            ..around
        })
    }

    /// The newest frame.
    pub(super) fn newest(&self) -> Option<&Frame> {
        self.frames.back()
    }
}

/// How far past the newest snapshot the drawn moment is when drawn time is `past_s` past it, and how fast the moment moves
/// on.
fn reach(past_s: f64) -> (f64, f64) {
    let slowing_s = EXTRAPOLATE_S - EXTRAPOLATE_FULL_S;
    let beyond_s = past_s - EXTRAPOLATE_FULL_S;
    if beyond_s <= 0.0 {
        (past_s, 1.0)
    } else if beyond_s < 2.0 * slowing_s {
        let reached_s = beyond_s - beyond_s * beyond_s / (4.0 * slowing_s);
        (
            EXTRAPOLATE_FULL_S + reached_s,
            1.0 - beyond_s / (2.0 * slowing_s),
        )
    } else {
        (EXTRAPOLATE_S, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extrapolation_slows_down_and_holds() {
        let mut last = (0.0, 1.0);
        for step in 0..300 {
            let (reached_s, speed) = reach(f64::from(step) / 1000.0);
            assert!(reached_s >= last.0 && reached_s <= EXTRAPOLATE_S + 1e-9);
            assert!(speed <= last.1 && last.1 - speed < 0.02, "a soft stop");
            last = (reached_s, speed);
        }
        assert_eq!(last, (EXTRAPOLATE_S, 0.0));
    }
}
