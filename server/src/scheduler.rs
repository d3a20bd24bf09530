//! When rooms tick: a few threads do nothing else, each for its rooms.
//!
//! In: rooms ([`Tickable`]). Out: when a room is due, its clients are read, it ticks, and its clients are written to. A room
//! that ticks rarely reads its clients in between as well. A room that falls behind may catch up
//! [`CATCH_UP_TICKS`]; the rest is counted and dropped. A room that panics is closed alone. A new room goes to the least
//! busy thread, and a thread that has much more to do than another gives it a room.
//! Must not: await, or hold a lock while a room ticks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tickwire_shared::close::{CloseReason, Refusal};

use crate::balance::{Busy, Review, least, too_much};
use crate::limits::{CATCH_UP_TICKS, SILENT_READ_EVERY};
use crate::phases::{Phase, Phases};
use crate::pump::Pumps;

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
    workers: Arc<[Arc<Worker>]>,
    threads: Vec<JoinHandle<()>>,
}

struct Worker {
    orders: Mutex<Orders>,
    wake: Condvar,
    busy: Busy,
}

#[derive(Default)]
struct Orders {
    arrivals: Vec<Arrival>,
    stop: bool,
}

/// A room that comes to a thread. With a beat, it comes from another one and ticks on as before.
type Arrival = (Box<dyn Tickable>, Option<Beat>);

impl Scheduler {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Scheduler> {
        let workers = (0..threads.max(1)).map(|_| {
            Arc::new(Worker {
                orders: Mutex::new(Orders::default()),
                wake: Condvar::new(),
                busy: Busy::default(),
            })
        });
        let workers = workers.collect::<Arc<[_]>>();
        let threads = (0..workers.len()).map(|own| {
            let workers = workers.clone();
            std::thread::Builder::new()
                .name(format!("tickwire-sim-{own}"))
                .spawn(move || run(own, &workers))
        });
        let threads = threads.collect::<std::io::Result<_>>()?;
        Ok(Scheduler { workers, threads })
    }

    /// Gives a room to the least busy thread; its first tick is due now.
    pub(crate) fn add(&self, room: Box<dyn Tickable>) {
        let busy = self.workers.iter().map(|worker| worker.busy.expected());
        if let Some(worker) = least(busy).and_then(|at| self.workers.get(at)) {
            worker.receive((room, None));
        }
    }

    /// Ends every room and waits for the threads.
    pub(crate) fn stop(&mut self) {
        for worker in &*self.workers {
            worker.orders.lock().stop = true;
            worker.wake.notify_one();
        }
        for thread in self.threads.drain(..) {
            // A worker catches its rooms' panics. If it died all the same, nobody is left to tell.
            let _ = thread.join();
        }
        for worker in &*self.workers {
            // Rooms that came to a thread that had ended.
            for (mut room, _) in std::mem::take(&mut worker.orders.lock().arrivals) {
                end_guarded(room.as_mut(), CloseReason::ShuttingDown);
            }
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Worker {
    fn receive(&self, arrival: Arrival) {
        self.busy.came();
        self.orders.lock().arrivals.push(arrival);
        self.wake.notify_one();
    }
}

/// A room on its thread.
struct Hosted {
    room: Box<dyn Tickable>,
    phase: Phase,
    beat: Beat,
    /// What it took of the thread since that was last looked at.
    spent: Duration,
}

/// What one thread does, until it is stopped.
fn run(own: usize, workers: &[Arc<Worker>]) {
    let Some(worker) = workers.get(own) else {
        return;
    };
    let mut thread = Thread::default();
    while let Some(arrivals) = worker.wait(thread.queue.peek().map(|next| next.0.0)) {
        for arrival in arrivals {
            thread.receive(arrival);
        }
        thread.beat(&worker.busy);
        if let Some(spent) = thread.review(Instant::now()) {
            worker.busy.measured(spent, thread.rooms.len());
            let busy = workers.iter().map(|worker| worker.busy.expected());
            if let Some(other) = least(busy).and_then(|at| workers.get(at))
                && let Some(arrival) = thread.part_with(&worker.busy, &other.busy)
            {
                other.receive(arrival);
            }
        }
    }
    for hosted in thread.rooms.values_mut() {
        end_guarded(hosted.room.as_mut(), CloseReason::ShuttingDown);
    }
    for hosted in thread.rooms.into_values() {
        drop_guarded(hosted.room);
    }
}

impl Worker {
    /// Waits until something is due, or a room comes. `None` if the thread must stop.
    fn wait(&self, due: Option<Instant>) -> Option<Vec<Arrival>> {
        let mut orders = self.orders.lock();
        while orders.arrivals.is_empty() && !orders.stop {
            match due {
                Some(due) if due <= Instant::now() => break,
                Some(due) => {
                    self.wake.wait_until(&mut orders, due);
                }
                None => self.wake.wait(&mut orders),
            }
        }
        (!orders.stop).then(|| std::mem::take(&mut orders.arrivals))
    }
}

/// The rooms of one thread.
#[derive(Default)]
struct Thread {
    rooms: BTreeMap<u64, Hosted>,
    phases: Phases,
    queue: BinaryHeap<Reverse<(Instant, u64)>>,
    next_number: u64,
    review: Review,
}

impl Thread {
    fn receive(&mut self, (room, beat): Arrival) {
        let period = room.period();
        let (phase, beat) = match beat {
            Some(beat) => (self.phases.join(period, beat.tick), beat),
            None => {
                let (phase, due) = self.phases.take(period, Instant::now());
                (phase, Beat::new(due))
            }
        };
        self.queue.push(Reverse((beat.next(), self.next_number)));
        let hosted = Hosted {
            room,
            phase,
            beat,
            spent: Duration::ZERO,
        };
        self.rooms.insert(self.next_number, hosted);
        self.next_number += 1;
    }

    /// Does what is due first, if it is due.
    fn beat(&mut self, busy: &Busy) {
        let started = Instant::now();
        let due = self.queue.peek().filter(|next| next.0.0 <= started);
        let Some(Reverse((at, number))) = due.copied() else {
            return;
        };
        self.queue.pop();
        // A room that has gone to another thread has left its beat here.
        let Some(hosted) = self.rooms.get_mut(&number) else {
            return;
        };
        match run_guarded(&mut hosted.beat, hosted.room.as_mut(), at) {
            Verdict::Continue => {
                hosted.spent += started.elapsed();
                self.queue.push(Reverse((hosted.beat.next(), number)));
            }
            Verdict::Close => {
                if let Some(hosted) = self.remove(number) {
                    drop_guarded(hosted.room);
                }
                busy.went();
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Hosted> {
        let hosted = self.rooms.remove(&number)?;
        self.phases.give_back(hosted.phase);
        Some(hosted)
    }

    /// Now and then: the part of the time for which the thread was busy since the last look.
    fn review(&mut self, now: Instant) -> Option<f64> {
        let span = self.review.due(now)?;
        let spent = self.rooms.values().map(|hosted| hosted.spent);
        Some(spent.sum::<Duration>().as_secs_f64() / span.as_secs_f64())
    }

    /// The room that the other thread should have, if this one has much more to do.
    fn part_with(&mut self, own: &Busy, other: &Busy) -> Option<Arrival> {
        let span = self.review.span();
        let share = |hosted: &Hosted| hosted.spent.as_secs_f64() / span.as_secs_f64();
        let rooms = self.rooms.iter();
        let rooms = rooms.map(|(number, hosted)| (*number, share(hosted)));
        let leaving = too_much(own.expected(), other.expected(), rooms);
        for hosted in self.rooms.values_mut() {
            hosted.spent = Duration::ZERO;
        }
        let hosted = self.remove(leaving?)?;
        own.went();
        Some((hosted.room, Some(hosted.beat)))
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
    let run = AssertUnwindSafe(|| {
        let verdict = beat.run(room, at, Instant::now);
        if verdict == Verdict::Continue && at >= beat.tick {
            beat.tick = next_due(room, beat.tick, Instant::now());
        }
        verdict
    });
    catch_unwind(run).unwrap_or_else(|_| {
        tracing::error!("a room panicked and was closed");
        end_guarded(room, CloseReason::RoomPanicked);
        Verdict::Close
    })
}

/// A game may panic even when it is thrown away.
fn drop_guarded(room: Box<dyn Tickable>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(room)));
}

fn end_guarded(room: &mut dyn Tickable, reason: CloseReason) {
    let _ = catch_unwind(AssertUnwindSafe(|| room.end(reason.into())));
}

/// When a room that has just had the tick of `due` ticks again.
pub(crate) fn next_due(room: &mut dyn Tickable, due: Instant, now: Instant) -> Instant {
    let period = room.period();
    let next = due + period;
    let behind = now.saturating_duration_since(next);
    if behind <= period * CATCH_UP_TICKS {
        return next;
    }
    let skipped = (behind.as_nanos() / period.as_nanos().max(1)) as u64;
    room.skipped(skipped);
    next + Duration::from_nanos(period.as_nanos() as u64 * skipped)
}

#[cfg(test)]
mod tests;
