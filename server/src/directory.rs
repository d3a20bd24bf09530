//! Which room a client goes to: the games of this server, and their open rooms by name.
//!
//! In: hellos. Out: seats, or refusals. Rooms are opened here when nobody has them open yet, and take themselves out
//! when they are empty. The lock is held for look-ups only, never while a room answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::message::{Hello, PROTOCOL_VERSION};
use tickwire_shared::rules::Rules;

use crate::game::Game;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::room::{ClientId, HostedRoom, RoomConfig, RoomPort, RoomSetup, Seat};
use crate::scheduler::{Scheduler, Tickable};
use crate::text;

/// How often a join is tried again when its room closes just then.
const JOIN_TRIES: usize = 4;

/// Opens rooms of one game.
type Opener = Box<dyn Fn(RoomOrder) -> (Box<dyn Tickable>, Arc<dyn RoomPort>) + Send + Sync>;

struct RoomOrder {
    name: String,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    on_close: Box<dyn FnOnce() + Send>,
}

/// One game of a server: its schema, and how to open a room of it.
pub(crate) struct HostedGame {
    schema: u64,
    open: Opener,
}

impl HostedGame {
    /// A game whose rooms are opened with `options`.
    pub(crate) fn new<G: Game>(options: G::Options) -> HostedGame {
        let open = move |order: RoomOrder| {
            let ticks = |span: Duration| {
                (span.as_secs_f64() * f64::from(G::Rules::TICK_RATE_HZ)).ceil() as u32
            };
            let config = RoomConfig {
                seed: text::fresh_seed(),
                grace_ticks: ticks(order.limits.reconnect_grace),
                chat_lines: order.limits.chat_lines as usize,
                chat_span_ticks: ticks(order.limits.chat_span),
            };
            let (room, port) = HostedRoom::<G>::open(RoomSetup {
                name: order.name,
                options: options.clone(),
                config,
                metrics: order.metrics,
                on_close: order.on_close,
            });
            (Box::new(room) as Box<dyn Tickable>, port)
        };
        HostedGame {
            schema: G::Rules::schema().hash,
            open: Box::new(open),
        }
    }
}

/// An open room, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomInfo {
    /// The game's name.
    pub game: String,
    /// The room's name.
    pub room: String,
    /// People with a seat.
    pub players: usize,
    /// Seats for people.
    pub seats: usize,
}

/// The games and rooms of one server.
pub(crate) struct Directory {
    games: BTreeMap<String, HostedGame>,
    rooms: Arc<Mutex<Rooms>>,
    scheduler: Mutex<Scheduler>,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    next_client: AtomicU64,
}

#[derive(Default)]
struct Rooms {
    open: BTreeMap<RoomKey, OpenRoom>,
    next_number: u64,
    /// The server is going down: nothing is opened any more.
    closing: bool,
}

/// (game, room)
type RoomKey = (String, String);

struct OpenRoom {
    /// Tells a room from a later one of the same name.
    number: u64,
    port: Arc<dyn RoomPort>,
}

impl Directory {
    /// A directory without rooms, on `threads` simulation threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn new(
        games: BTreeMap<String, HostedGame>,
        limits: Arc<Limits>,
        metrics: Arc<Metrics>,
        threads: usize,
    ) -> std::io::Result<Directory> {
        let scheduler = Mutex::new(Scheduler::start(threads)?);
        Ok(Directory {
            games,
            rooms: Arc::default(),
            scheduler,
            limits,
            metrics,
            next_client: AtomicU64::new(1),
        })
    }

    /// Checks the hello, finds or opens the room, and waits for its tick to answer: the room's name, and a seat in it.
    ///
    /// # Errors
    /// Whatever is wrong with the hello, or what the room says.
    pub(crate) async fn join(&self, hello: Hello) -> Result<(String, Seat), Refusal> {
        let game = self.check(&hello)?;
        let mut name = text::clean_name(&hello.name)?;
        for _ in 0..JOIN_TRIES {
            let (room, port) = self.find_or_open(&hello, game)?;
            let client = ClientId(self.next_client.fetch_add(1, Ordering::Relaxed));
            match port.join(name, hello.resume, client) {
                Ok(answer) => match answer
                    .await
                    .unwrap_or_else(|_| Err(CloseReason::RoomClosed.into()))
                {
                    // Somebody else took the last seat, and no room was asked for by name: look for another.
                    Err(full) if hello.room.is_empty() && full.reason == CloseReason::RoomFull => {
                        name = text::clean_name(&hello.name)?;
                    }
                    answer => return answer.map(|seat| (room, seat)),
                },
                Err(returned) => name = returned,
            }
        }
        Err(CloseReason::RoomClosed.into())
    }

    fn check(&self, hello: &Hello) -> Result<&HostedGame, Refusal> {
        if hello.protocol != PROTOCOL_VERSION {
            let words = format!(
                "this server speaks protocol {PROTOCOL_VERSION}, not {}",
                hello.protocol
            );
            return Err(Refusal::new(CloseReason::ProtocolVersion, words));
        }
        let game = self
            .games
            .get(&hello.game)
            .ok_or(CloseReason::UnknownGame)?;
        if hello.schema != game.schema {
            return Err(CloseReason::SchemaMismatch.into());
        }
        if !hello.room.is_empty() && !text::is_room_name(&hello.room) {
            return Err(CloseReason::BadRoomName.into());
        }
        Ok(game)
    }

    fn find_or_open(
        &self,
        hello: &Hello,
        game: &HostedGame,
    ) -> Result<(String, Arc<dyn RoomPort>), Refusal> {
        let mut rooms = self.rooms.lock();
        if rooms.closing {
            return Err(CloseReason::ShuttingDown.into());
        }
        if hello.room.is_empty() {
            if let Some(room) = rooms.with_free_seat(&hello.game) {
                return Ok(room);
            }
        } else if let Some(room) = rooms.open.get(&(hello.game.clone(), hello.room.clone())) {
            return Ok((hello.room.clone(), room.port.clone()));
        } else if hello.resume.is_some() {
            // The seat went with its room. A newcomer may open it again.
            return Err(CloseReason::ResumeRefused.into());
        } else if !hello.create {
            return Err(CloseReason::UnknownRoom.into());
        }
        if rooms.open.len() >= self.limits.rooms_max {
            return Err(CloseReason::ServerFull.into());
        }
        let name = if hello.room.is_empty() {
            rooms.unused_name(&hello.game)
        } else {
            hello.room.clone()
        };
        let port = self.open(&mut rooms, (hello.game.clone(), name.clone()), game);
        Ok((name, port))
    }

    fn open(&self, rooms: &mut Rooms, key: RoomKey, game: &HostedGame) -> Arc<dyn RoomPort> {
        rooms.next_number += 1;
        let number = rooms.next_number;
        let (table, closing_key) = (self.rooms.clone(), key.clone());
        let on_close = Box::new(move || {
            let mut rooms = table.lock();
            if rooms
                .open
                .get(&closing_key)
                .is_some_and(|room| room.number == number)
            {
                rooms.open.remove(&closing_key);
            }
            tracing::info!(game = closing_key.0, room = closing_key.1, "room closed");
        });
        let order = RoomOrder {
            name: key.1.clone(),
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
            on_close,
        };
        let (room, port) = (game.open)(order);
        tracing::info!(game = key.0, room = key.1, "room opened");
        rooms.open.insert(
            key,
            OpenRoom {
                number,
                port: port.clone(),
            },
        );
        self.scheduler.lock().add(room);
        port
    }

    /// Open rooms by game and name.
    pub(crate) fn rooms(&self) -> Vec<RoomInfo> {
        let rooms = self.rooms.lock();
        let info = |((game, room), open): (&RoomKey, &OpenRoom)| {
            let (players, seats) = open.port.occupancy();
            RoomInfo {
                game: game.clone(),
                room: room.clone(),
                players,
                seats,
            }
        };
        rooms.open.iter().map(info).collect()
    }

    /// Opens nothing any more and ends every room at its next tick: every feed then gives this refusal.
    pub(crate) fn close_all(&self, refusal: &Refusal) {
        let mut rooms = self.rooms.lock();
        rooms.closing = true;
        for room in rooms.open.values() {
            room.port.close(refusal.clone());
        }
    }

    /// Waits for the simulation threads to end. Call after [`Directory::close_all`]; it blocks for up to a tick.
    pub(crate) fn stop(&self) {
        self.scheduler.lock().stop();
    }
}

impl Rooms {
    /// The fullest room of a game that has a seat left: people want company.
    fn with_free_seat(&self, game: &str) -> Option<(String, Arc<dyn RoomPort>)> {
        let of_game = self.open.iter().filter(|((of, _), _)| of == game);
        let free = of_game.filter(|(_, room)| {
            let (players, seats) = room.port.occupancy();
            players < seats
        });
        free.max_by_key(|(_, room)| room.port.occupancy().0)
            .map(|((_, name), room)| (name.clone(), room.port.clone()))
    }

    fn unused_name(&self, game: &str) -> String {
        loop {
            let name = text::fresh_room_name();
            if !self.open.contains_key(&(game.to_owned(), name.clone())) {
                return name;
            }
        }
    }
}
