//! How busy a room is, and what it does about it: if it is near its budget for long, it makes snapshots less often, but
//! ticks as fast as before.
//!
//! In: the time that each tick took. Out: the ticks from one snapshot to the next.

use std::time::Duration;

/// A room that is over this part of its budget for [`LOAD_SPAN`] halves its snapshot rate. Under [`LOAD_LOW`] for as
/// long, it goes back.
const LOAD_HIGH: f64 = 0.8;
const LOAD_LOW: f64 = 0.4;
const LOAD_SPAN: Duration = Duration::from_secs(5);
/// Weight of one tick in the average.
const LOAD_WEIGHT: f64 = 0.05;

/// How busy the room is, and the snapshot rate that follows from it.
#[derive(Debug)]
pub(super) struct Load {
    average: f64,
    over_ticks: u32,
    pub(super) ticks_per_snapshot: u32,
}

impl Load {
    pub(super) fn new(ticks_per_snapshot: u32) -> Load {
        Load {
            average: 0.0,
            over_ticks: 0,
            ticks_per_snapshot,
        }
    }

    /// Counts a tick that took `spent` out of `budget`. `ticks_per_snapshot` is the rules' own. True if the snapshot
    /// rate changed.
    pub(super) fn note(
        &mut self,
        spent: Duration,
        budget: Duration,
        ticks_per_snapshot: u32,
    ) -> bool {
        let load = spent.as_secs_f64() / budget.as_secs_f64();
        self.average += (load - self.average) * LOAD_WEIGHT;
        let span_ticks = (LOAD_SPAN.as_secs_f64() / budget.as_secs_f64()) as u32;
        let halved = self.ticks_per_snapshot > ticks_per_snapshot;
        let out_of_line = if halved {
            self.average < LOAD_LOW
        } else {
            self.average > LOAD_HIGH
        };
        self.over_ticks = if out_of_line { self.over_ticks + 1 } else { 0 };
        if self.over_ticks < span_ticks {
            return false;
        }
        self.over_ticks = 0;
        self.ticks_per_snapshot = if halved {
            ticks_per_snapshot
        } else {
            ticks_per_snapshot * 2
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_is_too_busy_halves_its_snapshot_rate_and_recovers() {
        let budget = Duration::from_millis(16);
        let mut load = Load::new(2);
        let play = |load: &mut Load, spent_ms: u64| {
            (0..600)
                .filter(|_| load.note(Duration::from_millis(spent_ms), budget, 2))
                .count()
        };
        assert_eq!(
            (play(&mut load, 8), load.ticks_per_snapshot),
            (0, 2),
            "half of the budget is fine"
        );
        assert_eq!((play(&mut load, 15), load.ticks_per_snapshot), (1, 4));
        assert_eq!(
            (play(&mut load, 10), load.ticks_per_snapshot),
            (0, 4),
            "not yet"
        );
        assert_eq!((play(&mut load, 2), load.ticks_per_snapshot), (1, 2));
    }
}
