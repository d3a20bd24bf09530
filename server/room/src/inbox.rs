//! What reaches a room from outside, in the order in which it came.
//!
//! In: messages of clients that the host has decoded and checked. Out: one list for each tick. These lists and a room's
//! start are all that a deterministic re-run needs.

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::SLACK_PARTS;

/// One connection, numbered by the server. A seat may see several in its life.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ClientId(pub u64);

/// A player, and the connection that speaks for it. Messages of an earlier connection no longer count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The seat.
    pub player: PlayerId,
    /// The connection.
    pub client: ClientId,
}

/// When inputs came, by the room's time. A room may learn of them later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The last tick that was due.
    pub tick: Tick,
    /// How much of the time to the next one had passed, in [`SLACK_PARTS`].
    pub part: u8,
}

impl Arrival {
    /// When this tick was due.
    pub fn at(tick: Tick) -> Arrival {
        Arrival { tick, part: 0 }
    }

    /// How early an input for `tick` came, in [`SLACK_PARTS`] of a tick; negative if it was late.
    pub(crate) fn slack_parts(self, tick: Tick) -> i32 {
        let whole = tick.since(self.tick).saturating_mul(SLACK_PARTS);
        whole.saturating_sub(i32::from(self.part))
    }
}

/// One message to a room. A re-run needs all of them, each recorded with its tick.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Inbound<R: Rules> {
    /// A client asks for a seat, or for its old one.
    Join {
        /// The connection that asks.
        client: ClientId,
        /// The cleaned name.
        name: String,
        /// The seat's token from now on.
        token: ResumeToken,
        /// The token of the seat to take back, if the client had one before.
        resume: Option<ResumeToken>,
    },
    /// Inputs of a player, for one tick or several, and when they came.
    Inputs(Sender, Arrival, Inputs<R::Input>),
    /// A reliable message from a player.
    Command(Sender, R::Command),
    /// The least of a player's last round trips, as the server measured them, microseconds.
    RoundTrip(Sender, u32),
    /// A line of chat. It has been cleaned, and is empty if nothing was left of it.
    Chat(Sender, String),
    /// The client has its welcome: it has sent something that it can only send after it.
    Arrived(Sender),
    /// This connection of a player is gone. The seat is kept for the grace time if the client can come back to it.
    Lost(Sender),
    /// The player gives up its seat.
    Left(Sender),
    /// The host could not keep up and leaves out this many ticks. Time goes on; the world does not.
    Skipped(u32),
}
