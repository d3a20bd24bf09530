//! A room's tick, stage by stage, with a clock between the stages.
//!
//! In: a room and its inbox. Out: how long each stage took, and how that spreads over many ticks. Must not: do anything
//! that [`RoomCore::tick`] does not.

use std::time::Instant;

use tickwire_server::game::Game;
use tickwire_server::room::{Inbound, RoomCore};
use tickwire_shared::rules::Rules;

use crate::spread::Spread;

/// The stages of a tick in order; `capture` to `encode` run only in ticks with a snapshot.
pub const PHASES: [&str; 6] = ["receive", "simulate", "capture", "look", "encode", "finish"];

/// The times of the stages of many ticks.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    spent_us: [Vec<f64>; PHASES.len()],
    whole_us: Vec<f64>,
}

impl Phases {
    /// Runs one tick of `room` and records its times.
    pub fn tick<G: Game>(&mut self, room: &mut RoomCore<G>, inbox: &mut Vec<Inbound<G::Rules>>) {
        let started = Instant::now();
        let mut lap = started;
        let mut end_of = |phase: usize| {
            let now = Instant::now();
            self.spent_us[phase].push((now - lap).as_secs_f64() * 1e6);
            lap = now;
        };
        room.receive(inbox);
        end_of(0);
        room.simulate();
        end_of(1);
        if room.snapshot_due(G::Rules::TICKS_PER_SNAPSHOT) {
            room.capture();
            end_of(2);
            room.look();
            end_of(3);
            room.encode(&mut ());
            end_of(4);
        }
        room.finish();
        end_of(5);
        self.whole_us.push((lap - started).as_secs_f64() * 1e6);
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
            whole.room.tick(&mut inbox);
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
