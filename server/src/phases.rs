//! The phases of a thread's rooms: when in their period they tick.
//!
//! In: rooms that come and go. Out: the phase that each ticks in. Few rooms do not wait for each other, and many share
//! their wake-ups.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One phase is about so far from the next at least. In a shorter time few rooms could tick.
const PHASE: Duration = Duration::from_millis(1);
/// Phases of a period at most. More would only make more wake-ups.
const PHASES: u128 = 25;

/// How many phases a period has, and how far one is from the next.
fn phases_of(period: Duration) -> (u32, Duration) {
    let count = (period.as_nanos() / PHASE.as_nanos()).clamp(1, PHASES) as u32;
    (count, period / count)
}

/// A period, and the number of a phase in it.
pub(crate) type Phase = (Duration, u32);

/// How many rooms of a thread tick in each phase.
pub(crate) struct Phases {
    epoch: Instant,
    rooms: BTreeMap<Phase, usize>,
}

impl Default for Phases {
    fn default() -> Phases {
        Phases {
            epoch: Instant::now(),
            rooms: BTreeMap::new(),
        }
    }
}

impl Phases {
    /// Takes the phase with the fewest rooms, and of equals the next one in time. Also gives when that is.
    pub(crate) fn take(&mut self, period: Duration, now: Instant) -> (Phase, Instant) {
        let (count, step) = phases_of(period);
        let passed = now.saturating_duration_since(self.epoch).as_nanos();
        let next = passed.div_ceil(step.as_nanos().max(1)) as u64;
        let of = |later: u32| {
            (
                period,
                ((next + u64::from(later)) % u64::from(count)) as u32,
            )
        };
        let rooms = |phase| self.rooms.get(&phase).copied().unwrap_or(0);
        let later = (0..count)
            .min_by_key(|later| rooms(of(*later)))
            .unwrap_or(0);
        *self.rooms.entry(of(later)).or_default() += 1;
        let due_ns = (next + u64::from(later)) * step.as_nanos() as u64;
        (of(later), self.epoch + Duration::from_nanos(due_ns))
    }

    /// Takes the phase that a room already has, whose next tick is due then. A room that comes from another thread ticks
    /// on as before.
    pub(crate) fn join(&mut self, period: Duration, due: Instant) -> Phase {
        let (count, step) = phases_of(period);
        let since = due.saturating_duration_since(self.epoch).as_nanos();
        let phase = (since / step.as_nanos().max(1)) as u64 % u64::from(count);
        let phase = (period, phase as u32);
        *self.rooms.entry(phase).or_default() += 1;
        phase
    }

    pub(crate) fn give_back(&mut self, phase: Phase) {
        if let Some(rooms) = self.rooms.get_mut(&phase) {
            *rooms = rooms.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_take_the_emptiest_phase_that_comes_next() {
        let (mut phases, ms) = (Phases::default(), Duration::from_millis);
        let (period, start) = (ms(50), phases.epoch);
        let mut taken = Vec::new();
        for _ in 0..25 {
            let (phase, due) = phases.take(period, start + ms(7));
            taken.push(phase);
            assert!(due >= start + ms(7) && due < start + ms(7) + period);
            assert_eq!((due - start).as_nanos() % ms(2).as_nanos(), 0);
        }
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), 25, "no phase is shared while one is free");
        // Of two phases that are free again, the next one in time.
        phases.give_back((period, 3));
        phases.give_back((period, 20));
        assert_eq!(
            phases.take(period, start + ms(107)),
            ((period, 20), start + ms(140))
        );
        let (phase, due) = phases.take(period, start + ms(107));
        assert_eq!((phase, due), ((period, 3), start + ms(156)));
        assert_eq!(phases.take(period, start + ms(107)).1, start + ms(108));
    }

    #[test]
    fn a_room_from_another_thread_keeps_its_phase() {
        let (mut phases, ms) = (Phases::default(), Duration::from_millis);
        let (period, start) = (ms(50), phases.epoch);
        let phase = phases.join(period, start + ms(50 + 7));
        assert_eq!(phase, (period, 3));
        let (next, _) = phases.take(period, start + ms(106));
        assert_ne!(next, phase, "its phase is taken");
    }
}
