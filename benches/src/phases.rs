//! A room's tick, stage by stage, with a clock between the stages.
//!
//! In: a room and its inbox. Out: how long each stage took, and how that spreads over many ticks. The clock is the
//! room's audience, so the measured tick is the real one.

use std::time::Instant;

use tickwire_room::{Audience, Game, Inbound, RoomCore, Stage};
use tickwire_shared::rules::Rules;

use crate::spread::Spread;

/// The stages of a tick in order; `capture` to `encode` run only in ticks with a snapshot.
pub const PHASES: [&str; 6] = [
    "receive", "simulate", "capture", "interest", "encode", "finish",
];

/// The times of the stages of many ticks.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    spent_us: [Vec<f64>; PHASES.len()],
    whole_us: Vec<f64>,
}

/// An audience that looks at the clock when a stage is done.
struct Clock<'a> {
    spent_us: &'a mut [Vec<f64>; PHASES.len()],
    lap: Instant,
}

impl Clock<'_> {
    fn end_of(&mut self, phase: usize) {
        let now = Instant::now();
        self.spent_us[phase].push((now - self.lap).as_secs_f64() * 1e6);
        self.lap = now;
    }
}

impl<R: Rules> Audience<R> for Clock<'_> {
    fn stage_done(&mut self, stage: Stage) {
        self.end_of(match stage {
            Stage::Receive => 0,
            Stage::Simulate => 1,
            Stage::Capture => 2,
            Stage::Interest => 3,
            Stage::Encode => 4,
        });
    }
}

impl Phases {
    /// Runs one tick of `room` and records its times.
    pub fn tick<G: Game>(&mut self, room: &mut RoomCore<G>, inbox: &mut Vec<Inbound<G::Rules>>) {
        let started = Instant::now();
        let mut clock = Clock {
            spent_us: &mut self.spent_us,
            lap: started,
        };
        room.tick(inbox, &mut clock);
        clock.end_of(5);
        self.whole_us
            .push((clock.lap - started).as_secs_f64() * 1e6);
    }

    /// What the stage of this place in [`PHASES`] took in the last tick that had it, microseconds.
    pub fn last_us(&self, phase: usize) -> f64 {
        let spent = self.spent_us.get(phase);
        spent.and_then(|spent| spent.last().copied()).unwrap_or(0.0)
    }

    /// The spread of each stage, and of the whole tick at the end, microseconds.
    pub fn spreads(&mut self) -> [(&'static str, Spread); PHASES.len() + 1] {
        let mut spreads = [("whole", Spread::of(&mut self.whole_us)); PHASES.len() + 1];
        for ((spread, name), spent) in spreads.iter_mut().zip(PHASES).zip(&mut self.spent_us) {
            *spread = (name, Spread::of(spent));
        }
        spreads
    }

    /// Mean time of a whole tick, microseconds.
    pub fn mean_us(&self) -> f64 {
        self.whole_us.iter().sum::<f64>() / self.whole_us.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ScriptedRoom;

    #[test]
    fn stage_by_stage_a_tick_does_what_a_whole_one_does() {
        let (mut whole, mut staged) = (ScriptedRoom::arena(3, 1), ScriptedRoom::arena(3, 1));
        let (mut phases, mut inbox) = (Phases::default(), Vec::new());
        for _ in 0..20 {
            whole.fill_inbox(&mut inbox);
            whole.room.tick(&mut inbox, &mut ());
            staged.fill_inbox(&mut inbox);
            phases.tick(&mut staged.room, &mut inbox);
            assert_eq!(whole.room.hash(), staged.room.hash());
            assert_eq!(whole.room.last_snapshot(), staged.room.last_snapshot());
            assert_eq!(whole.room.shared_bytes(), staged.room.shared_bytes());
        }
        let [.., (name, all)] = phases.spreads();
        assert!(name == "whole" && all.p50 > 0.0 && phases.mean_us() > 0.0);
    }
}
