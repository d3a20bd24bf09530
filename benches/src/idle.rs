//! `idle`, a game that only looks at the clock, and a server full of its rooms: how late ticks begin.
//!
//! In: number of rooms. Out: the lateness of every tick in a span of time, by the game's own clock. Each room has one
//! seat, whose client has left without a goodbye. So the room keeps ticking, and no socket takes part.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Room};
use tickwire_server::{Limits, Server};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::PlayerId;
use tickwire_shared::rules::{ComponentVisitor, Rules};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::load::{hello_frame, roomy, upgraded, value};
use crate::websocket::BINARY;

/// Rooms that are opened in parallel.
const OPENERS: usize = 32;
/// Long enough for seats to outlive every measurement.
const GRACE: Duration = Duration::from_secs(3600);

/// Rules of an empty game with this many ticks per second.
#[derive(Debug)]
pub struct Idle<const HZ: u32>;

impl<const HZ: u32> Rules for Idle<HZ> {
    const GAME: &'static str = "idle";
    const REVISION: u32 = 1;
    const TICK_RATE_HZ: u32 = HZ;
    type Input = ();
    type Avatar = ();
    type Setup = ();
    type Map = ();
    type Command = ();
    type Event = ();
    type Action = ();
    type Ghost = ();

    fn components(_: &mut impl ComponentVisitor) {}
    fn map((): &()) {}
    fn step((): &mut (), (): &(), (): &(), _: f32) {}
}

/// The server's side of the game: notes when it is called.
#[derive(Debug, Serialize, Deserialize)]
pub struct IdleGame<const HZ: u32> {
    room: usize,
}

/// Number of rooms in this process so far, to number them.
static ROOMS: AtomicUsize = AtomicUsize::new(0);
/// Which room began a tick when, while a measurement is running. It is static because a game can be saved and restored,
/// so it cannot hold the end of a channel. All rooms of a server are on one thread, so nothing waits for this lock.
static TICKS: Mutex<Option<Vec<(usize, Instant)>>> = Mutex::new(None);

fn ticks() -> MutexGuard<'static, Option<Vec<(usize, Instant)>>> {
    TICKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<const HZ: u32> Game for IdleGame<HZ> {
    type Rules = Idle<HZ>;
    type Options = ();

    fn seats((): &()) -> usize {
        1
    }
    fn setup((): &()) {}
    fn create((): &(), _: &mut Room<Idle<HZ>>) -> IdleGame<HZ> {
        IdleGame {
            room: ROOMS.fetch_add(1, Ordering::Relaxed),
        }
    }
    fn join(&mut self, _: &mut Room<Idle<HZ>>, _: PlayerId) -> Result<(), Refusal> {
        Ok(())
    }
    fn leave(&mut self, _: &mut Room<Idle<HZ>>, _: PlayerId) {}
    fn tick(&mut self, _: &mut Room<Idle<HZ>>) {
        if let Some(ticks) = ticks().as_mut() {
            ticks.push((self.room, Instant::now()));
        }
    }
}

/// A server with idle rooms on one simulation thread. Dropping it ends it.
pub struct IdleRooms<const HZ: u32> {
    rooms: usize,
    metrics: std::sync::Arc<tickwire_server::Metrics>,
    shutdown: Option<oneshot::Sender<()>>,
    // Dropped last: it waits for the server.
    _runtime: Runtime,
}

/// What was measured in a span of time.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    /// For every tick, the time from when it was due to when its room's game was called, microseconds.
    pub late_us: Vec<f64>,
    /// Number of rooms that ticked.
    pub rooms: usize,
    /// Ticks that the scheduler skipped because it was too late.
    pub skipped: u64,
}

impl<const HZ: u32> IdleRooms<HZ> {
    /// Opens this many rooms.
    ///
    /// # Errors
    /// The system gives no port, or a room refuses its player.
    pub fn open(rooms: usize) -> Result<IdleRooms<HZ>> {
        let runtime = tickwire_server::runtime(Some(1))?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?.to_string();
        let server = Server::builder()
            .game::<IdleGame<HZ>>()
            .limits(limits())
            .threads(1)
            .build()?;
        let metrics = server.metrics();
        let (shutdown, ended) = oneshot::channel::<()>();
        runtime.spawn(server.serve(listener, async {
            // If the other end was dropped, this is over as well.
            let _ = ended.await;
        }));
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let open = || {
                while let room = next.fetch_add(1, Ordering::Relaxed)
                    && room < rooms
                {
                    visit::<HZ>(&address, room).with_context(|| format!("room {room}"))?;
                }
                Ok(())
            };
            let openers = (0..OPENERS).map(|_| scope.spawn(open)).collect::<Vec<_>>();
            openers.into_iter().try_for_each(|opener| {
                opener
                    .join()
                    .map_err(|_| anyhow!("an opener panicked"))
                    .flatten()
            })
        })?;
        Ok(IdleRooms {
            rooms,
            metrics,
            shutdown: Some(shutdown),
            _runtime: runtime,
        })
    }

    /// Watches all ticks for a span of time.
    ///
    /// # Errors
    /// A room did not tick.
    pub fn watch(&self, span: Duration) -> Result<Wakes> {
        let dropped = || value(&self.metrics.text(), "tickwire_ticks_dropped_total");
        let skipped = || dropped().unwrap_or_default() as u64;
        let before = skipped();
        let expected = (span.as_secs_f64() * f64::from(HZ)) as usize * self.rooms;
        *ticks() = Some(Vec::with_capacity(expected + expected / 8 + self.rooms));
        std::thread::sleep(span);
        let seen = ticks().take().context("another measurement is running")?;
        let skipped = skipped() - before;
        let wakes = lateness(seen, Duration::from_secs(1) / HZ, skipped);
        ensure!(
            wakes.rooms == self.rooms,
            "{} of {} rooms ticked",
            wakes.rooms,
            self.rooms
        );
        Ok(wakes)
    }
}

impl<const HZ: u32> Drop for IdleRooms<HZ> {
    fn drop(&mut self) {
        self.shutdown.take();
    }
}

fn limits() -> Limits {
    Limits {
        reconnect_grace: GRACE,
        ..roomy()
    }
}

/// Takes a seat in a room of its own, and leaves without a goodbye.
fn visit<const HZ: u32>(address: &str, room: usize) -> Result<()> {
    let frame = hello_frame::<Idle<HZ>>(format!("idle-{room}"))?;
    let (mut stream, early) = upgraded(address, "/ws")?;
    stream.write_all(&frame)?;
    // A binary frame is the welcome, so the player has the seat.
    let mut first = early.first().copied().map_or([0], |byte| [byte]);
    if early.is_empty() {
        stream.read_exact(&mut first)?;
    }
    ensure!(first[0] & 15 == BINARY, "no welcome");
    Ok(())
}

/// Games are not told when a tick was due. But the ticks of a room are due one period apart, so the earliest one, by
/// that measure, counts as on time.
fn lateness(seen: Vec<(usize, Instant)>, period: Duration, skipped: u64) -> Wakes {
    let mut by_room = std::collections::BTreeMap::<usize, Vec<Instant>>::new();
    for (room, at) in seen {
        by_room.entry(room).or_default().push(at);
    }
    let mut wakes = Wakes {
        rooms: by_room.len(),
        skipped,
        ..Wakes::default()
    };
    for ticks in by_room.into_values() {
        let Some(first) = ticks.first() else { continue };
        let off = |(number, at): (usize, &Instant)| {
            (*at - *first).as_secs_f64() - period.as_secs_f64() * number as f64
        };
        let earliest = ticks.iter().enumerate().map(off).fold(0.0, f64::min);
        let late = ticks.iter().enumerate().map(off);
        wakes.late_us.extend(late.map(|off| (off - earliest) * 1e6));
    }
    wakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_late_by_what_it_comes_after_the_most_punctual_one() {
        let start = Instant::now();
        let at = |us| start + Duration::from_micros(us);
        let seen = vec![(3, at(300)), (9, at(0)), (3, at(1100)), (3, at(2700))];
        let mut late_us = lateness(seen, Duration::from_millis(1), 0).late_us;
        late_us.iter_mut().for_each(|us| *us = us.round());
        assert_eq!(late_us, [200.0, 0.0, 600.0, 0.0]);
    }

    #[test]
    fn rooms_tick_on_for_those_who_left_without_a_goodbye() {
        let rooms = IdleRooms::<60>::open(3).unwrap();
        let wakes = rooms.watch(Duration::from_millis(300)).unwrap();
        assert!(wakes.rooms == 3 && wakes.late_us.len() >= 3, "{wakes:?}");
        assert!(wakes.late_us.iter().all(|us| *us >= 0.0));
    }
}
