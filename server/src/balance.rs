//! How busy the simulation threads are, and which of them should have a room.
//!
//! In: what each thread measures of itself. Out: the thread for a new room, and the room that should go to another
//! thread.
//! Must not: move a room that would make the other thread the busier one: rooms would go back and forth.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often a thread looks at what it has to do.
const REVIEW_EVERY: Duration = Duration::from_secs(1);
/// A thread that is busy for this much more of the time than another one gives it a room.
const MUCH_MORE: f64 = 0.15;
/// What a room takes of a thread, as long as nothing better is known: a small room does.
const NEW_ROOM: f64 = 0.002;

/// What everybody knows of a thread.
#[derive(Debug, Default)]
pub(crate) struct Busy {
    /// The bits of the part of the time for which it was busy when it last looked, 0 to 1.
    measured: AtomicU64,
    /// How many rooms it had then.
    rooms_measured: AtomicUsize,
    /// How many rooms it has.
    rooms: AtomicUsize,
}

impl Busy {
    /// A room comes.
    pub(crate) fn came(&self) {
        self.rooms.fetch_add(1, Ordering::Relaxed);
    }

    /// A room has gone.
    pub(crate) fn went(&self) {
        self.rooms.fetch_sub(1, Ordering::Relaxed);
    }

    /// The thread was busy for this part of the time, with so many rooms.
    pub(crate) fn measured(&self, part: f64, rooms: usize) {
        self.measured.store(part.to_bits(), Ordering::Relaxed);
        self.rooms_measured.store(rooms, Ordering::Relaxed);
    }

    /// The part of the time for which the thread should be busy with the rooms that it has. Rooms that have come since it
    /// was measured count as much as the others.
    pub(crate) fn expected(&self) -> f64 {
        let measured = f64::from_bits(self.measured.load(Ordering::Relaxed));
        let rooms_measured = self.rooms_measured.load(Ordering::Relaxed) as f64;
        let rooms = self.rooms.load(Ordering::Relaxed) as f64;
        let each = (measured / rooms_measured.max(1.0)).max(NEW_ROOM);
        (measured + (rooms - rooms_measured) * each).max(0.0)
    }
}

/// The least busy of several threads; of equals the first. `None` if there are none.
pub(crate) fn least(busy: impl Iterator<Item = f64>) -> Option<usize> {
    let least = busy
        .enumerate()
        .min_by(|one, other| one.1.total_cmp(&other.1));
    least.map(|(at, _)| at)
}

/// Which of a thread's rooms should go to another thread, if it has much more to do: the one that comes nearest to making
/// both equal.
pub(crate) fn too_much(
    own: f64,
    other: f64,
    rooms: impl Iterator<Item = (u64, f64)>,
) -> Option<u64> {
    let more = own - other;
    if more < MUCH_MORE {
        return None;
    }
    let off = |part: f64| (more / 2.0 - part).abs();
    let fits = rooms.filter(|(_, part)| *part > 0.0 && *part < more);
    let best = fits.min_by(|one, other| off(one.1).total_cmp(&off(other.1)));
    best.map(|(number, _)| number)
}

/// When a thread last looked.
#[derive(Debug)]
pub(crate) struct Review {
    last: Instant,
    span: Duration,
}

impl Default for Review {
    fn default() -> Review {
        Review {
            last: Instant::now(),
            span: REVIEW_EVERY,
        }
    }
}

impl Review {
    /// The time since the last look, if it is time for another.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Duration> {
        let span = now.saturating_duration_since(self.last);
        (span >= REVIEW_EVERY).then(|| {
            (self.last, self.span) = (now, span);
            span
        })
    }

    /// How long the time before the last look was.
    pub(crate) fn span(&self) -> Duration {
        self.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_room_goes_to_the_least_busy_thread_and_many_that_come_together_spread() {
        let threads = [(); 3].map(|()| Busy::default());
        for (thread, (part, rooms)) in threads.iter().zip([(0.5, 1), (0.1, 20), (0.2, 10)]) {
            (0..rooms).for_each(|_| thread.came());
            thread.measured(part, rooms);
        }
        let mut came = [0; 3];
        for _ in 0..40 {
            let at = least(threads.iter().map(Busy::expected)).unwrap();
            threads[at].came();
            came[at] += 1;
        }
        // 0.1 + 0.005 n = 0.2 + 0.02 m, where n + m = 40.
        assert_eq!(came, [0, 36, 4]);
    }

    #[test]
    fn a_room_goes_where_it_evens_things_out_and_never_back() {
        let rooms = [(1, 0.4), (2, 0.1), (3, 0.05), (4, 0.0)];
        assert_eq!(too_much(0.55, 0.45, rooms.into_iter()), None, "near enough");
        assert_eq!(too_much(0.55, 0.35, rooms.into_iter()), Some(2));
        // One room that is all that there is to do stays where it is.
        assert_eq!(too_much(0.4, 0.0, [(1, 0.4)].into_iter()), None);
        assert_eq!(too_much(0.9, 0.1, rooms.into_iter()), Some(1));
    }
}
