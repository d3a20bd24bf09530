//! Which room a client goes to: the kinds of rooms that this server has, and its open rooms by name.
//!
//! In: the name of a kind and of a room. Out: seats, or refusals. A room that is not open yet is opened here; it takes
//! itself out when it is empty. The lock is held for look-ups only, never while a room answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use tickwire_room::ClientId;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::ResumeToken;

use crate::kind::{self, Checkpoints, KeptRoom, RoomKind, RoomOrder};
use crate::limits::{JOIN_TRIES, Limits};
use crate::metrics::Metrics;
use crate::random;
use crate::scheduler::Scheduler;
use crate::seat::{JoinRequest, RoomHandle, Seat, SeatReply};

/// The room that a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The kind of the room.
    pub kind: String,
    /// The room's name. If it is empty: any room with a free seat that nobody opened by name, or else a new one.
    pub room: String,
    /// True to open the room if it is not there.
    pub create: bool,
}

/// A client was let in.
pub struct Joined {
    /// The room's name.
    pub room: String,
    /// Its seat there.
    pub seat: Seat,
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

/// The rooms of a server, as one client reaches them.
#[derive(Clone, Copy)]
pub struct Entrance<'a> {
    directory: &'a Directory,
    may_open: MayOpen<'a>,
}

/// Lets the client's address open one more room, which counts for it until the lease is dropped. `None` if it opens rooms
/// too often, or has too many.
pub(crate) type MayOpen<'a> = &'a (dyn Fn() -> Option<OpenerLease> + Send + Sync);

pub(crate) type OpenerLease = Box<dyn Send + Sync>;

impl<'a> Entrance<'a> {
    pub(crate) fn new(directory: &'a Directory, may_open: MayOpen<'a>) -> Entrance<'a> {
        Entrance {
            directory,
            may_open,
        }
    }

    /// Finds or opens the room and asks it for a seat: under a cleaned `name`, or for the seat of the token `resume`.
    /// Then waits for the room's tick to answer.
    ///
    /// # Errors
    /// There is no such room, it refuses the client, or the client's address has opened too many.
    pub async fn join(
        &self,
        wanted: &Wanted,
        name: String,
        resume: Option<ResumeToken>,
    ) -> Result<Joined, Refusal> {
        self.directory
            .join(wanted, name, resume, self.may_open)
            .await
    }
}

/// The kinds and rooms of one server.
pub(crate) struct Directory {
    kinds: BTreeMap<String, RoomKind>,
    rooms: Arc<Mutex<Rooms>>,
    scheduler: Mutex<Scheduler>,
    limits: Arc<Limits>,
    metrics: Arc<Metrics>,
    next_client: AtomicU64,
    /// What was left of rooms when they ended with the server.
    kept: Arc<Mutex<Vec<KeptRoom>>>,
    checkpoints: Option<Checkpoints>,
    /// The list of rooms as JSON, and when it was made.
    listed: Mutex<Option<(Instant, Bytes)>>,
}

#[derive(Default)]
struct Rooms {
    open: BTreeMap<RoomKey, OpenRoom>,
    next_number: u64,
    /// By kind: the fullest room that had a free seat, and when it was that.
    fullest: BTreeMap<String, (RoomKey, Instant)>,
    /// The server is going down: no room is opened any more.
    closing: bool,
}

/// For how long the fullest room with a free seat is not looked for again: about a tick.
const FULLEST_FOR: Duration = Duration::from_millis(50);

/// How old the list of rooms may be.
const LISTED_FOR: Duration = Duration::from_millis(100);

/// (kind, room)
type RoomKey = (String, String);

struct OpenRoom {
    /// Tells this room from a later one of the same name.
    number: u64,
    /// A client has named it, so it is for those who know the name: it is in no list, and nobody is led there who asks for
    /// any room. A name that a server gives is none of these, also when a client asks for it again after a restart.
    by_name: bool,
    _opener: OpenerLease,
    handle: Arc<dyn RoomHandle>,
}

impl Directory {
    /// A directory without rooms, on `threads` simulation threads.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn new(
        kinds: BTreeMap<String, RoomKind>,
        limits: Arc<Limits>,
        metrics: Arc<Metrics>,
        threads: usize,
        checkpoints: Option<Checkpoints>,
    ) -> std::io::Result<Directory> {
        let scheduler = Mutex::new(Scheduler::start(threads)?);
        Ok(Directory {
            kinds,
            rooms: Arc::default(),
            scheduler,
            limits,
            metrics,
            next_client: AtomicU64::new(1),
            kept: Arc::default(),
            checkpoints,
            listed: Mutex::default(),
        })
    }

    /// See [`Entrance::join`].
    async fn join(
        &self,
        wanted: &Wanted,
        name: String,
        resume: Option<ResumeToken>,
        may_open: MayOpen<'_>,
    ) -> Result<Joined, Refusal> {
        for _ in 0..JOIN_TRIES {
            let request = JoinRequest {
                client: ClientId(self.next_client.fetch_add(1, Ordering::Relaxed)),
                name: name.clone(),
                resume,
            };
            // The request came back: the room has closed meanwhile.
            let Some((room, answer)) = self.ask(wanted, request, may_open)? else {
                continue;
            };
            match answer
                .await
                .unwrap_or_else(|_| Err(CloseReason::RoomClosed.into()))
            {
                // Somebody else took the last seat. Without a room asked for by name, look for another.
                Err(full) if wanted.room.is_empty() && full.reason == CloseReason::RoomFull => {}
                answer => return answer.map(|seat| Joined { room, seat }),
            }
        }
        Err(CloseReason::RoomClosed.into())
    }

    /// Finds or opens the room and asks it for a seat, all under one lock: a room that is found because it has a free seat
    /// counts the request before anybody else looks. `None` if the room has closed meanwhile.
    fn ask(
        &self,
        wanted: &Wanted,
        request: JoinRequest,
        may_open: MayOpen<'_>,
    ) -> Result<Option<(String, SeatReply)>, Refusal> {
        let kind = self.kinds.get(&wanted.kind);
        let kind = kind.ok_or(CloseReason::UnknownGame)?;
        let mut rooms = self.rooms.lock();
        if rooms.closing {
            return Err(CloseReason::ShuttingDown.into());
        }
        let key = (wanted.kind.clone(), wanted.room.clone());
        if wanted.room.is_empty() {
            if let Some((room, handle)) = rooms.with_free_seat(&wanted.kind, Instant::now()) {
                return Ok(rooms.joined((key.0, room), handle.join(request)));
            }
        } else if let Some(room) = rooms.open.get(&key) {
            let answer = room.handle.join(request);
            return Ok(rooms.joined(key, answer));
        } else if request.resume.is_some() {
            // The seat is gone with its room. A new client may open the room again.
            return Err(CloseReason::ResumeRefused.into());
        } else if !wanted.create {
            return Err(CloseReason::UnknownRoom.into());
        }
        if rooms.open.len() >= self.limits.rooms_max {
            return Err(CloseReason::ServerFull.into());
        }
        let words = "your address has opened many rooms: wait until some of them are over";
        let opener = may_open().ok_or_else(|| Refusal::new(CloseReason::ServerFull, words))?;
        let name = if wanted.room.is_empty() {
            rooms.unused_name(&wanted.kind)
        } else {
            key.1
        };
        let key = (key.0, name.clone());
        let handle = self.open(&mut rooms, key.clone(), (opener, None), kind);
        let joined = rooms.joined(key, handle.join(request));
        // Whoever writes the log takes a lock of its own.
        drop(rooms);
        tracing::info!(game = wanted.kind, room = name, "room opened");
        Ok(joined)
    }

    fn open(
        &self,
        rooms: &mut Rooms,
        key: RoomKey,
        (opener, kept): (OpenerLease, Option<Vec<u8>>),
        opens: &RoomKind,
    ) -> Arc<dyn RoomHandle> {
        rooms.next_number += 1;
        let number = rooms.next_number;
        let (table, closing_key) = (self.rooms.clone(), key.clone());
        let left = self.kept.clone();
        let checkpoints = self.checkpoints.clone();
        let on_close = Box::new(move |state: Option<Vec<u8>>| {
            kind::keep(&left, checkpoints.as_ref(), closing_key.clone(), state);
            let mut rooms = table.lock();
            let is_it = |room: &OpenRoom| room.number == number;
            let is_there = rooms.open.get(&closing_key).is_some_and(is_it);
            let gone = is_there.then(|| rooms.open.remove(&closing_key));
            drop(rooms);
            drop(gone);
            tracing::info!(game = closing_key.0, room = closing_key.1, "room closed");
        });
        let order = RoomOrder {
            name: key.1.clone(),
            kept,
            limits: self.limits.clone(),
            metrics: self.metrics.clone(),
            on_checkpoint: self
                .checkpoints
                .as_ref()
                .map(|all| kind::of_room(all, &key)),
            on_close,
        };
        let by_name = !random::is_fresh_room_name(&key.1);
        let (room, handle) = opens.open(order);
        rooms.open.insert(
            key,
            OpenRoom {
                number,
                by_name,
                _opener: opener,
                handle: handle.clone(),
            },
        );
        self.scheduler.lock().add(room);
        handle
    }

    /// The open rooms that are for everybody, as a JSON list, at most [`LISTED_FOR`] old: whoever asks often does not keep those waiting who join.
    pub(crate) fn listed(&self) -> Bytes {
        let now = Instant::now();
        let mut listed = self.listed.lock();
        if let Some((made, list)) = &*listed
            && now.saturating_duration_since(*made) < LISTED_FOR
        {
            return list.clone();
        }
        // Text and numbers always become JSON.
        let list = Bytes::from(serde_json::to_vec(&self.rooms()).unwrap_or_default());
        *listed = Some((now, list.clone()));
        list
    }

    /// The open rooms that are for everybody, by game and name.
    fn rooms(&self) -> Vec<RoomInfo> {
        let rooms = self.rooms.lock();
        let info = |((game, room), open): (&RoomKey, &OpenRoom)| {
            let (players, seats) = open.handle.occupancy();
            RoomInfo {
                game: game.clone(),
                room: room.clone(),
                players,
                seats,
            }
        };
        let listed = rooms.open.iter().filter(|(_, room)| !room.by_name);
        listed.map(info).collect()
    }

    /// Opens no more rooms and ends every room at its next tick. Every feed then gives this refusal.
    pub(crate) fn close_all(&self, refusal: &Refusal) {
        let mut rooms = self.rooms.lock();
        rooms.closing = true;
        for room in rooms.open.values() {
            room.handle.close(refusal.clone());
        }
    }

    /// Waits for the simulation threads to end. Call after [`Directory::close_all`]; it blocks for up to a tick. Gives what
    /// is left of the rooms.
    pub(crate) fn stop(&self) -> Vec<KeptRoom> {
        self.scheduler.lock().stop();
        std::mem::take(&mut *self.kept.lock())
    }

    /// Opens rooms that an earlier server kept. Those of kinds that this one does not have are gone.
    pub(crate) fn reopen(&self, kept: Vec<KeptRoom>) {
        let mut rooms = self.rooms.lock();
        for KeptRoom { kind, name, state } in kept {
            let Some(of) = self.kinds.get(&kind) else {
                tracing::warn!(game = kind, room = name, "a kept room is of no game here");
                continue;
            };
            self.open(&mut rooms, (kind, name), (Box::new(()), Some(state)), of);
        }
    }
}

impl Rooms {
    /// What became of a request. A room that takes none is closing: it is gone from now on, and whoever asks again finds or
    /// opens another.
    fn joined(
        &mut self,
        key: RoomKey,
        answer: Result<SeatReply, JoinRequest>,
    ) -> Option<(String, SeatReply)> {
        match answer {
            Ok(reply) => Some((key.1, reply)),
            Err(_) => {
                self.open.remove(&key);
                None
            }
        }
    }

    /// The fullest room of a kind that still has a free seat: people want company. For a while it stays the one, so that
    /// not everybody who comes makes us look at all rooms.
    fn with_free_seat(
        &mut self,
        kind: &str,
        now: Instant,
    ) -> Option<(String, Arc<dyn RoomHandle>)> {
        let is_free = |room: &OpenRoom| {
            let (players, seats) = room.handle.occupancy();
            !room.by_name && players < seats
        };
        if let Some((key, found)) = self.fullest.get(kind)
            && now.saturating_duration_since(*found) < FULLEST_FOR
            && let Some(room) = self.open.get(key).filter(|room| is_free(room))
        {
            return Some((key.1.clone(), room.handle.clone()));
        }
        let of_kind = self.open.iter().filter(|((of, _), _)| of == kind);
        let free = of_kind.filter(|(_, room)| is_free(room));
        let (key, room) = free.max_by_key(|(_, room)| room.handle.occupancy().0)?;
        self.fullest.insert(kind.to_owned(), (key.clone(), now));
        Some((key.1.clone(), room.handle.clone()))
    }

    fn unused_name(&self, kind: &str) -> String {
        loop {
            let name = random::fresh_room_name();
            if !self.open.contains_key(&(kind.to_owned(), name.clone())) {
                return name;
            }
        }
    }
}
