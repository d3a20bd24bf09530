//! What a client's owner says and hears beside bytes: where to go, and what happened.
//!
//! In: a [`Destination`]. Out: [`ClientEvent`]s.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::message::{LinkReport, PlayerInfo, RoomEvent};

/// Where the client wants to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The room's name; empty asks for any room with a free seat.
    pub room: String,
    /// Open the room if it is not there.
    pub create: bool,
    /// The name to be shown under.
    pub name: String,
}

/// What the client core tells its owner.
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
        /// The player's own name after cleaning.
        name: String,
        /// This client's movement step computes something else than the server's, as after an update of the game: what it
        /// predicts is wrong, and is corrected again and again.
        stale: bool,
    },
    /// The server is about to close the connection, and why.
    Goodbye {
        /// The close code.
        code: u16,
        /// For a person to read.
        words: String,
    },
    /// The server sent bytes that this client cannot read: close the connection and come back. The client keeps its token for
    /// one such return, since what is sent then is whole. If that cannot be read either, it comes back as a newcomer.
    Broken(String),
    /// All who are in the room. It comes after each welcome, and again if events were lost to this client: forget
    /// everybody from before.
    Roster(Vec<PlayerInfo>),
    /// Something happened in the room.
    Room(RoomEvent<E>),
    /// An input of the client's own does this: show it now.
    Predicted {
        /// The input.
        sequence: u32,
        /// What it does.
        action: A,
    },
    /// The server carried out the action of this input.
    Confirmed {
        /// The input.
        sequence: u32,
    },
    /// The server did not carry it out: take back what was shown.
    Withdrawn {
        /// The input.
        sequence: u32,
    },
    /// The server is in dev mode, and this is how it conditions the client's link: see [`super::Client::condition_link`].
    Link(LinkReport),
}
