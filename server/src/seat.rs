//! What the net layer and a room agree on, for every kind of room: how to ask for a seat, and a seat's two ends.
//!
//! In, at the [`Port`]: whole messages from one client. Out, at the [`Feed`]: whole messages to it. The net layer knows
//! nothing else about a room: neither what its messages say nor that they are snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_room::ClientId;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tokio::sync::{Notify, oneshot};

use crate::pump::Pumps;

/// How the rest of the server reaches a room of any kind.
pub trait RoomHandle: Send + Sync {
    /// Asks for a seat. The room's next tick answers.
    ///
    /// # Errors
    /// Gives the request back if the room has closed in the meantime.
    fn join(&self, request: JoinRequest) -> Result<SeatReply, JoinRequest>;
    /// Ends the room with its next tick. Every client in it is told why.
    fn close(&self, refusal: Refusal);
    /// How many people have a seat or have asked for one, and how many seats for people there are.
    fn occupancy(&self) -> (usize, usize);
}

/// A client asks a room for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// The connection that asks.
    pub client: ClientId,
    /// The name to show. It has been cleaned.
    pub name: String,
    /// The token of the seat to take back, if the client had one before.
    pub resume: Option<ResumeToken>,
}

/// Brings a room's answer to a [`JoinRequest`].
pub type SeatReply = oneshot::Receiver<Result<Seat, Refusal>>;

/// A client's place in a room.
pub struct Seat {
    /// The player whose seat it is.
    pub player: PlayerId,
    /// A whole message, to be sent before all others.
    pub welcome: Vec<u8>,
    /// The room's tick rate, Hz. The limit on the client's messages per second follows from it.
    pub tick_rate_hz: u32,
    /// The end that the net layer's writer has.
    pub feed: Box<dyn Feed>,
    /// The end that the net layer's reader has.
    pub port: Box<dyn Port>,
}

/// The writer's end of a seat. Dropping it tells the room that nobody takes messages any more.
pub trait Feed: Send {
    /// Appends to `out` one whole message with all that the client has not had yet. False, and nothing appended, if
    /// there is nothing to say now.
    ///
    /// # Errors
    /// The room ends this connection. Close it with this refusal.
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal>;
    /// Where to learn that the room ends this connection.
    fn ending(&self) -> Arc<Ending>;
    /// Where to enlist the client, which is then read and written to with the room's ticks.
    fn pumps(&self) -> &Pumps;
}

/// The reader's end of a seat. Dropping it tells the room that the connection is lost.
pub trait Port: Send + Sync {
    /// Takes one whole message from the client, which came at `came`. Never waits. An answer leaves at `now`.
    ///
    /// # Errors
    /// The client broke a rule, or the room cannot take more. Close the connection with this reason.
    fn deliver(&self, came: Instant, now: Instant, message: &[u8])
    -> Result<Delivery, CloseReason>;
    /// Passes on a line of chat ([`Delivery::Chat`]). It is empty if its sender's address has said too much.
    ///
    /// # Errors
    /// The room cannot take more.
    fn chat(&self, _line: String) -> Result<(), CloseReason> {
        Ok(())
    }
    /// Tells the room the least of the last round trips that the server has measured: the time from a ping to the client's
    /// answer.
    fn note_round_trip(&self, round_trip: Duration);
    /// A whole message that tells the client which conditioned link it has, and what was wrong with the one that it
    /// asked for (empty if nothing was). `None` if the protocol has no such message.
    fn link_report(&self, link: String, error: String) -> Option<Vec<u8>>;
}

/// What became of a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The room has it.
    Taken,
    /// Send this whole message back.
    Reply(Vec<u8>),
    /// The client asks for another conditioned link, in words. The net layer decides on this.
    Link(String),
    /// A line of chat, to be passed on with [`Port::chat`] if its sender's address may say more.
    Chat(String),
    /// The client leaves. Close the connection with [`CloseReason::Left`].
    Goodbye,
}

/// Where a room says that it ends one connection, and why.
#[derive(Debug, Default)]
pub struct Ending {
    ended: AtomicBool,
    refusal: Mutex<Option<Refusal>>,
    news: Notify,
}

impl Ending {
    /// Ends the connection. Of several calls, the first one's reason counts.
    pub fn end(&self, refusal: Refusal) {
        self.refusal.lock().get_or_insert(refusal);
        self.ended.store(true, Ordering::Release);
        self.news.notify_one();
    }

    /// Why the connection ends. `None` if it does not.
    #[inline]
    pub fn refusal(&self) -> Option<Refusal> {
        // Every message asks for this, and as a rule there is none. So no lock is taken then.
        if !self.ended.load(Ordering::Acquire) {
            return None;
        }
        self.refusal.lock().clone()
    }

    /// Waits until the connection ends, and says why. Cancel-safe. An end before the call is not missed. For one waiter
    /// only.
    pub async fn ended(&self) -> Refusal {
        loop {
            if let Some(refusal) = self.refusal() {
                return refusal;
            }
            self.news.notified().await;
        }
    }
}
