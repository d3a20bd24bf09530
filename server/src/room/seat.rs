//! A client's place in a room as the net layer gets it, and the [`Port`] that its reader delivers to.
//!
//! In at the port: whole client messages; they are decoded and checked here, and only what is right reaches the room.
//! What a client says about its own snapshots goes to its slot. The other end, for the writer, is the feed.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tickwire_shared::close::CloseReason;
use tickwire_shared::ids::PlayerId;

use super::feed::Feed;
use super::inbox::ClientId;
use super::mailbox::{Delivered, RoomPort};
use super::slot::Slot;

/// A client's place in a room, as the net layer gets it.
pub struct Seat {
    /// The welcome, a whole message: to be sent first.
    pub welcome: Vec<u8>,
    /// Messages per second that the room's tick rate justifies are counted from this, Hz.
    pub tick_rate_hz: u32,
    /// The writer's end.
    pub feed: Feed,
    /// The reader's end.
    pub port: Port,
}

/// What became of a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The room has it.
    Taken,
    /// Send this whole message back.
    Reply(Vec<u8>),
    /// The client leaves: close with [`CloseReason::Left`].
    Goodbye,
}

/// The reader's end of a seat. Dropping it tells the room that the connection is lost.
pub struct Port {
    room: Arc<dyn RoomPort>,
    slot: Arc<Slot>,
    player: PlayerId,
    client: ClientId,
    last_sequence: Mutex<u32>,
}

impl Port {
    pub(super) fn new(
        room: Arc<dyn RoomPort>,
        slot: Arc<Slot>,
        player: PlayerId,
        client: ClientId,
    ) -> Port {
        Port {
            room,
            slot,
            player,
            client,
            last_sequence: Mutex::new(0),
        }
    }

    /// One whole client message after the hello. Never waits.
    ///
    /// # Errors
    /// The client broke a rule: close with this.
    pub fn deliver(&self, message: &[u8]) -> Result<Delivery, CloseReason> {
        self.deliver_at(Instant::now(), message)
    }

    /// The same, at a time of the caller's: how tests and benches play in virtual time.
    ///
    /// # Errors
    /// The client broke a rule: close with this.
    pub fn deliver_at(&self, now: Instant, message: &[u8]) -> Result<Delivery, CloseReason> {
        let delivered = self.room.deliver(
            self.player,
            self.client,
            &mut self.last_sequence.lock(),
            (now, message),
        )?;
        match delivered {
            Delivered::Done(delivery) => return Ok(delivery),
            Delivered::Hidden(hidden) => self.slot.wish_hidden(hidden),
            // What was wrong, once it is right again, is for the log: the room has written it.
            Delivered::Desync(desync) if desync.found.is_none() => {
                self.slot.wish_healing(desync.channel);
            }
            Delivered::Desync(_) => {}
        }
        Ok(Delivery::Taken)
    }

    /// The seat.
    pub fn player(&self) -> PlayerId {
        self.player
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.room.lost(self.player, self.client);
    }
}
