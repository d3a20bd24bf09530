//! What the net layer and a room agree on, whatever the room speaks: how to ask for a seat, and a seat's two ends.
//!
//! In, at the [`Port`]: whole messages of one client. Out, at the [`Feed`]: whole messages to it. The net layer knows no
//! more of a room than this: neither what its messages say nor that they are snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_room::ClientId;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tokio::sync::{Notify, oneshot};

use crate::pump::Pumps;

/// How the rest of the server reaches a room, whatever its kind.
pub trait RoomHandle: Send + Sync {
    /// Asks for a seat; the room's tick answers.
    ///
    /// # Errors
    /// Gives the request back: the room has closed meanwhile.
    fn join(&self, request: JoinRequest) -> Result<SeatReply, JoinRequest>;
    /// Ends the room: everybody in it is told.
    fn close(&self, refusal: Refusal);
    /// People with a seat, and seats for people.
    fn occupancy(&self) -> (usize, usize);
}

/// A client asks a room for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// The connection.
    pub client: ClientId,
    /// The name to show, cleaned.
    pub name: String,
    /// The token of the seat to take back.
    pub resume: Option<ResumeToken>,
}

/// Brings a room's answer to a [`JoinRequest`].
pub type SeatReply = oneshot::Receiver<Result<Seat, Refusal>>;

/// A client's place in a room.
pub struct Seat {
    /// The player whose seat it is.
    pub player: PlayerId,
    /// A whole message to be sent first.
    pub welcome: Vec<u8>,
    /// Messages per second that a client may send are counted from this, Hz.
    pub tick_rate_hz: u32,
    /// The writer's end.
    pub feed: Box<dyn Feed>,
    /// The reader's end.
    pub port: Box<dyn Port>,
}

/// The writer's end of a seat. Dropping it tells the room that nobody takes anything any more.
pub trait Feed: Send {
    /// Appends one whole message with all that the client has not had yet. False: there is nothing to say now.
    ///
    /// # Errors
    /// The room ends this connection: close with this.
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal>;
    /// Says when the room ends this connection.
    fn ending(&self) -> Arc<Ending>;
    /// Where to enlist an outlet, to be pumped whenever the room has something new.
    fn pumps(&self) -> &Pumps;
}

/// The reader's end of a seat. Dropping it tells the room that the connection is lost.
pub trait Port: Send + Sync {
    /// One whole message of the client, and when it was read. Never waits.
    ///
    /// # Errors
    /// The client broke a rule: close with this.
    fn deliver(&self, now: Instant, message: &[u8]) -> Result<Delivery, CloseReason>;
    /// The server has measured how long its question and the client's answer were on their way.
    fn note_round_trip(&self, round_trip: Duration);
    /// A whole message that tells the client what its conditioned link is, and what was wrong with the link that it asked
    /// for; `None` when the protocol has no such message.
    fn link_report(&self, link: String, error: String) -> Option<Vec<u8>>;
}

/// What became of a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The room has it.
    Taken,
    /// Send this whole message back.
    Reply(Vec<u8>),
    /// The client asks for another conditioned link, in words: a matter of the connection.
    Link(String),
    /// The client leaves: close with [`CloseReason::Left`].
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
    /// Ends the connection. The first reason counts.
    pub fn end(&self, refusal: Refusal) {
        self.refusal.lock().get_or_insert(refusal);
        self.ended.store(true, Ordering::Release);
        self.news.notify_one();
    }

    /// Why the connection ends, if it does.
    #[inline]
    pub fn refusal(&self) -> Option<Refusal> {
        // Asked for at every message, and as a rule there is none: then no lock is taken.
        if !self.ended.load(Ordering::Acquire) {
            return None;
        }
        self.refusal.lock().clone()
    }

    /// Waits for the end. Cancel-safe; an end that came before is not missed. For one waiter.
    pub async fn ended(&self) -> Refusal {
        loop {
            if let Some(refusal) = self.refusal() {
                return refusal;
            }
            self.news.notified().await;
        }
    }
}
