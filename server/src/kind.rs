//! How rooms of one kind are opened, and what is left of a room when the server ends.
//!
//! In: a room's name, and what was kept of it. Out: the room, as the scheduler ticks it and as all others reach it.

use std::sync::Arc;

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
    /// Called once, when the room is gone, with what it should be opened from if the server ends and starts again.
    pub on_close: OnClose,
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

/// Rooms as bytes, for a file.
///
/// # Errors
/// Never in practice, since names and bytes can be encoded.
pub fn write_rooms(rooms: &[KeptRoom]) -> Result<Vec<u8>, CodecError> {
    codec::encode(&rooms)
}

/// Rooms from bytes that [`write_rooms`] made.
///
/// # Errors
/// They are not.
pub fn read_rooms(bytes: &[u8]) -> Result<Vec<KeptRoom>, CodecError> {
    codec::decode::<Vec<KeptRoom>, KEPT_BYTES>(bytes)
}
