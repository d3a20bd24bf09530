//! When rooms tick: a few threads do nothing else, each for the rooms that are pinned to it.
//!
//! In: rooms ([`Tickable`]). Out: when a room is due, its clients are read, it ticks, and its clients are written to. A room
//! that ticks rarely reads its clients in between as well. A room that falls behind may catch up
//! [`CATCH_UP_TICKS`]; the rest is counted and dropped. A room that panics is closed alone. Rooms are spread over a few
//! phases of their period: few rooms do not wait for each other, and many share their wake-ups.
//! Must not: await, or hold a lock while a room ticks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tickwire_shared::close::{CloseReason, Refusal};

use crate::limits::{CATCH_UP_TICKS, SILENT_READ_EVERY};
use crate::pump::Pumps;

/// About how far one phase is from the next.
const PHASE: Duration = Duration::from_millis(2);

/// What to do with a room after its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The room ticks on.
    Continue,
    /// The room is over and must not tick again.
    Close,
}

/// A room as the scheduler sees it: something that ticks.
pub trait Tickable: Send {
    /// The time from one tick to the next.
    fn period(&self) -> Duration;
    /// Runs one tick, which was due at `due`.
    fn tick(&mut self, due: Instant) -> Verdict;
    /// The room's clients. They are read before each tick and written to after it.
    fn pumps(&self) -> &Pumps;
    /// Says that this many ticks were dropped because the room is behind.
    fn skipped(&mut self, ticks: u64);
    /// Ends the room, which tells everybody.
    fn end(&mut self, refusal: Refusal);
}

/// The simulation threads. Dropping this ends every room as [`CloseReason::ShuttingDown`].
pub(crate) struct Scheduler {
    workers: Vec<(Arc<Worker>, Option<JoinHandle<()>>)>,
}

struct Worker {
    orders: Mutex<Orders>,
    wake: Condvar,
    rooms: AtomicUsize,
}

#[derive(Default)]
struct Orders {
    arrivals: Vec<Box<dyn Tickable>>,
    stop: bool,
}

impl Scheduler {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Scheduler> {
        let workers = (0..threads.max(1)).map(|number| {
            let worker = Arc::new(Worker {
                orders: Mutex::new(Orders::default()),
                wake: Condvar::new(),
                rooms: AtomicUsize::new(0),
            });
            let on_thread = worker.clone();
            let thread = std::thread::Builder::new()
                .name(format!("tickwire-sim-{number}"))
                .spawn(move || on_thread.run())?;
            Ok((worker, Some(thread)))
        });
        Ok(Scheduler {
            workers: workers.collect::<std::io::Result<_>>()?,
        })
    }

    /// Pins a room to the thread with the fewest rooms; its first tick is due now.
    pub(crate) fn add(&self, room: Box<dyn Tickable>) {
        let least = self
            .workers
            .iter()
            .min_by_key(|(worker, _)| worker.rooms.load(Ordering::Relaxed));
        if let Some((worker, _)) = least {
            worker.rooms.fetch_add(1, Ordering::Relaxed);
            worker.orders.lock().arrivals.push(room);
            worker.wake.notify_one();
        }
    }

    /// Ends every room and waits for the threads.
    pub(crate) fn stop(&mut self) {
        for (worker, _) in &self.workers {
            worker.orders.lock().stop = true;
            worker.wake.notify_one();
        }
        for thread in self
            .workers
            .iter_mut()
            .filter_map(|(_, thread)| thread.take())
        {
            // A worker catches its rooms' panics. If it died all the same, nobody is left to tell.
            let _ = thread.join();
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Worker {
    fn run(&self) {
        let mut rooms: BTreeMap<u64, (Box<dyn Tickable>, Phase, Beat)> = BTreeMap::new();
        let mut phases = Phases::default();
        let mut queue: BinaryHeap<Reverse<(Instant, u64)>> = BinaryHeap::new();
        let mut next_number = 0;
        loop {
            {
                let mut orders = self.orders.lock();
                while orders.arrivals.is_empty() && !orders.stop {
                    match queue.peek() {
                        Some(Reverse((due, _))) if *due <= Instant::now() => break,
                        Some(Reverse((due, _))) => {
                            self.wake.wait_until(&mut orders, *due);
                        }
                        None => self.wake.wait(&mut orders),
                    }
                }
                for room in orders.arrivals.drain(..) {
                    let (phase, due) = phases.take(room.period(), Instant::now());
                    queue.push(Reverse((due, next_number)));
                    rooms.insert(next_number, (room, phase, Beat::new(due)));
                    next_number += 1;
                }
                if orders.stop {
                    break;
                }
            }
            let Some(Reverse((at, number))) = queue.pop() else {
                continue;
            };
            let Some((room, phase, beat)) = rooms.get_mut(&number) else {
                continue;
            };
            match run_guarded(beat, room.as_mut(), at) {
                Verdict::Continue => {
                    if at >= beat.tick {
                        beat.tick = next_due(room.as_mut(), beat.tick);
                    }
                    queue.push(Reverse((beat.next(), number)));
                }
                Verdict::Close => {
                    phases.give_back(*phase);
                    rooms.remove(&number);
                    self.rooms.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
        for (room, ..) in rooms.values_mut() {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                room.end(CloseReason::ShuttingDown.into())
            }));
        }
    }
}

/// A period, and the number of a phase in it.
type Phase = (Duration, u32);

/// How many rooms of a thread tick in each phase.
struct Phases {
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
    fn take(&mut self, period: Duration, now: Instant) -> (Phase, Instant) {
        let count = (period.as_nanos() / PHASE.as_nanos()).clamp(1, 1000) as u32;
        let step = period / count;
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

    fn give_back(&mut self, phase: Phase) {
        if let Some(rooms) = self.rooms.get_mut(&phase) {
            *rooms = rooms.saturating_sub(1);
        }
    }
}

/// What a room does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    /// When the next tick is due.
    pub(crate) tick: Instant,
    /// When the clients were last read.
    read: Instant,
}

impl Beat {
    /// The first tick is due at `tick`.
    pub(crate) fn new(tick: Instant) -> Beat {
        Beat { tick, read: tick }
    }

    /// When the room must do something: tick, or only read.
    pub(crate) fn next(self) -> Instant {
        self.tick.min(self.read + SILENT_READ_EVERY)
    }

    /// Does what is due at `at`, which the clock has passed.
    pub(crate) fn run(
        &mut self,
        room: &mut dyn Tickable,
        at: Instant,
        clock: impl Fn() -> Instant,
    ) -> Verdict {
        self.read = at;
        room.pumps().read(clock());
        let verdict = if at >= self.tick {
            room.tick(self.tick)
        } else {
            Verdict::Continue
        };
        room.pumps().write(clock());
        verdict
    }
}

/// A panic closes the room that had it, and no other; its world is thrown away.
fn run_guarded(beat: &mut Beat, room: &mut dyn Tickable, at: Instant) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| beat.run(room, at, Instant::now))).unwrap_or_else(|_| {
        tracing::error!("a room panicked and was closed");
        let _ = catch_unwind(AssertUnwindSafe(|| {
            room.end(CloseReason::RoomPanicked.into())
        }));
        Verdict::Close
    })
}

fn next_due(room: &mut dyn Tickable, due: Instant) -> Instant {
    let period = room.period();
    let next = due + period;
    let behind = Instant::now().saturating_duration_since(next);
    if behind <= period * CATCH_UP_TICKS {
        return next;
    }
    let skipped = (behind.as_nanos() / period.as_nanos().max(1)) as u64;
    room.skipped(skipped);
    next + Duration::from_nanos(period.as_nanos() as u64 * skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    struct Fake {
        pumps: Pumps,
        ticks: u32,
        panic_at: u32,
        report: mpsc::Sender<String>,
    }

    impl Tickable for Fake {
        fn period(&self) -> Duration {
            Duration::from_millis(1)
        }
        fn tick(&mut self, _due: Instant) -> Verdict {
            self.ticks += 1;
            assert!(self.ticks != self.panic_at, "as the test wants it");
            let _ = self.report.send(format!("tick {}", self.ticks));
            Verdict::Continue
        }
        fn pumps(&self) -> &Pumps {
            &self.pumps
        }
        fn skipped(&mut self, _ticks: u64) {}
        fn end(&mut self, refusal: Refusal) {
            let _ = self.report.send(refusal.reason.label().to_owned());
        }
    }

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
    fn a_room_that_panics_is_closed_alone_and_the_others_go_on() {
        let mut scheduler = Scheduler::start(1).unwrap();
        let (bad, bad_says) = mpsc::channel();
        let (good, good_says) = mpsc::channel();
        scheduler.add(Box::new(Fake {
            pumps: Pumps::default(),
            ticks: 0,
            panic_at: 3,
            report: bad,
        }));
        scheduler.add(Box::new(Fake {
            pumps: Pumps::default(),
            ticks: 0,
            panic_at: 0,
            report: good,
        }));
        assert_eq!(
            bad_says.iter().collect::<Vec<_>>(),
            ["tick 1", "tick 2", "room_panicked"]
        );
        let after = good_says.try_iter().count();
        assert!(
            good_says.iter().take(5).count() == 5,
            "the good room ticks on after {after}"
        );
        scheduler.stop();
        assert_eq!(good_says.iter().last().as_deref(), Some("shutting_down"));
    }
}
