//! How rooms of one kind are opened, and what is left of a room when the server ends.
//!
//! In: a room's name, and what was kept of it. Out: the room, as the scheduler ticks it and as all others reach it.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tickwire_shared::codec::{self, CodecError};

use crate::limits::{KEPT_BYTES, Limits};
use crate::metrics::Metrics;
use crate::scheduler::Tickable;
use crate::seat::RoomHandle;

/// How to open rooms of one kind, such as a game.
pub struct RoomKind(Opener);

type Opener = Box<dyn Fn(RoomOrder) -> (Box<dyn Tickable>, Arc<dyn RoomHandle>) + Send + Sync>;

impl RoomKind {
    /// Rooms that `open` opens. It gives each room twice: as the scheduler ticks it, and as all others reach it.
    pub fn new(
        open: impl Fn(RoomOrder) -> (Box<dyn Tickable>, Arc<dyn RoomHandle>) + Send + Sync + 'static,
    ) -> RoomKind {
        RoomKind(Box::new(open))
    }

    pub(crate) fn open(&self, order: RoomOrder) -> (Box<dyn Tickable>, Arc<dyn RoomHandle>) {
        (self.0)(order)
    }
}

/// What a room is opened with.
pub struct RoomOrder {
    /// Its name, unique among rooms of its kind.
    pub name: String,
    /// What an earlier server kept of it.
    pub kept: Option<Vec<u8>>,
    /// The server's limits.
    pub limits: Arc<Limits>,
    /// The metrics that it is counted in.
    pub metrics: Arc<Metrics>,
    /// Called now and then with what the room could be opened from if the server ended now, by rooms that ask for it; with
    /// nothing by one that goes on and from now on leaves nothing.
    pub on_checkpoint: OnCheckpoint,
    /// Called once, when the room is gone, with what it should be opened from if the server ends and starts again.
    pub on_close: OnClose,
}

/// See [`RoomOrder::on_checkpoint`]. `None` on a server that keeps no checkpoints.
pub type OnCheckpoint = Option<Box<dyn Fn(Option<Vec<u8>>) + Send>>;

/// Where one room's checkpoints go.
pub(crate) fn of_room(
    checkpoints: &Checkpoints,
    (kind, name): &(String, String),
) -> Box<dyn Fn(Option<Vec<u8>>) + Send> {
    let (checkpoints, kind, name) = (checkpoints.clone(), kind.clone(), name.clone());
    Box::new(move |state| {
        let (kind, name) = (kind.clone(), name.clone());
        checkpoints(match state {
            Some(state) => Checkpoint::Room(KeptRoom { kind, name, state }),
            None => Checkpoint::Over { kind, name },
        });
    })
}

/// Keeps what is left of a room that has closed, or says that it is over.
pub(crate) fn keep(
    left: &Mutex<Vec<KeptRoom>>,
    checkpoints: Option<&Checkpoints>,
    (kind, name): (String, String),
    state: Option<Vec<u8>>,
) {
    match (state, checkpoints) {
        (Some(state), _) => left.lock().push(KeptRoom { kind, name, state }),
        (None, Some(checkpoints)) => checkpoints(Checkpoint::Over { kind, name }),
        (None, None) => {}
    }
}

/// Takes checkpoints of a server's rooms, from its simulation threads: it must not wait.
pub type Checkpoints = Arc<dyn Fn(Checkpoint) + Send + Sync>;

/// What is left of a room if the server ends now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// The room, as it was a moment ago.
    Room(KeptRoom),
    /// Nothing: the room of this kind and name is over, or leaves nothing until it ends.
    Over {
        /// The name of its kind.
        kind: String,
        /// Its own name.
        name: String,
    },
}

/// See [`RoomOrder::on_close`].
pub type OnClose = Box<dyn FnOnce(Option<Vec<u8>>) + Send>;

/// A room of a server that has ended, to go on with on the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRoom {
    /// The name of its kind, such as its game's.
    pub kind: String,
    /// Its own name.
    pub name: String,
    /// Its state, as its kind writes it.
    pub state: Vec<u8>,
}

/// A room as bytes, for a file.
///
/// # Errors
/// Never in practice, since names and bytes can be encoded.
pub fn write_room(room: &KeptRoom) -> Result<Vec<u8>, CodecError> {
    codec::encode(room)
}

/// A room from bytes that [`write_room`] made.
///
/// # Errors
/// They are not.
pub fn read_room(bytes: &[u8]) -> Result<KeptRoom, CodecError> {
    codec::decode::<KeptRoom, KEPT_BYTES>(bytes)
}
