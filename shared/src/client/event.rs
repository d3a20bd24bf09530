//! What goes in and comes out of a client core beside bytes: where to go, and what happened.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::message::{LinkReport, RoomEvent};

/// Where the client wants to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The room's name; empty asks for any with a free seat.
    pub room: String,
    /// Open the room if it is not there.
    pub create: bool,
    /// The name to be seen under.
    pub name: String,
}

/// What the core tells its owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub enum ClientEvent<E, A = ()> {
    /// The room let the client in.
    Welcome {
        /// The seat.
        player: u32,
        /// The same seat as before the connection was lost.
        resumed: bool,
        /// The room's name.
        room: String,
        /// The own name after cleaning.
        name: String,
    },
    /// The server is about to close, and why.
    Goodbye {
        /// The close code.
        code: u16,
        /// For a person to read.
        words: String,
    },
    /// The server sent what this client cannot read: close the socket and come back fresh.
    Broken(String),
    /// Something happened in the room.
    Room(RoomEvent<E>),
    /// An input of our own does this: show it now.
    Predicted {
        /// By which input.
        sequence: u32,
        /// What.
        action: A,
    },
    /// The server carried it out.
    Confirmed {
        /// By which input.
        sequence: u32,
    },
    /// The server did not: take back what was shown.
    Withdrawn {
        /// By which input.
        sequence: u32,
    },
    /// The server is in dev mode, and this is what it does to the own link: see [`super::Client::condition_link`].
    Link(LinkReport),
}
