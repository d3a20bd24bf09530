//! What reaches a room from outside, in the order it came: the whole input of a deterministic re-run.

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tickwire_shared::message::Inputs;
use tickwire_shared::rules::Rules;

/// One connection, numbered by the server. A seat may see several in its life.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ClientId(pub u64);

/// A player, and the connection that speaks for it. What an earlier connection still says does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The seat.
    pub player: PlayerId,
    /// The connection.
    pub client: ClientId,
}

/// One message to a room. Recorded with its tick, it is what a re-run needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Inbound<R: Rules> {
    /// A client asks for a seat, or for its old one.
    Join {
        /// The connection that asks.
        client: ClientId,
        /// The cleaned name.
        name: String,
        /// The token of the seat from now on.
        token: ResumeToken,
        /// The token of the seat to take back.
        resume: Option<ResumeToken>,
    },
    /// Intents of a player.
    Inputs(Sender, Inputs<R::Input>),
    /// A reliable message of a player.
    Command(Sender, R::Command),
    /// A player's round trip as the server measured it, microseconds.
    RoundTrip(Sender, u32),
    /// A line of chat, cleaned; empty when nothing was left of it.
    Chat(Sender, String),
    /// The client has its welcome: it has said something that it can only say after it.
    Arrived(Sender),
    /// This connection of a player is gone; the seat is kept for the grace time if the client can come back to it.
    Lost(Sender),
    /// The player gives up its seat.
    Left(Sender),
    /// The host could not keep up: so many ticks are left out. Time goes on, the world does not.
    Skipped(u32),
}
