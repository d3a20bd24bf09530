//! The half of a room that readers hold: they post, the tick collects.
//!
//! In: client messages, decoded and checked here so that only what is right reaches the room. Out: a mailbox that the
//! tick swaps out whole; pongs at once. The lock is held for a push or a swap.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::ids::{PlayerId, ResumeToken, Tick};
use tickwire_shared::limits::INPUT_NONSENSE_TICKS;
use tickwire_shared::message::{ClientMessage, Desync, Inputs, Pong, ServerMessage};
use tickwire_shared::rules::{Input, Rules};
use tokio::sync::oneshot;

use super::inbox::{ClientId, Inbound};
use super::seat::{Delivery, Seat};
use crate::game::Game;
use crate::metrics::Metrics;
use crate::text;

/// Messages that may wait for one tick, over all clients of a room: 1,000 clients with 64 each.
const MAILBOX: usize = 65_536;
/// How the rest of the server reaches a room, whatever its game.
pub(crate) trait RoomPort: Send + Sync {
    /// Asks for a seat. `Err` gives the name back: the room has closed meanwhile.
    fn join(
        &self,
        name: String,
        resume: Option<ResumeToken>,
        client: ClientId,
    ) -> Result<SeatReply, String>;
    /// One client message after the hello, and when it was read.
    fn deliver(
        &self,
        player: PlayerId,
        client: ClientId,
        last_sequence: &mut u32,
        message: (Instant, &[u8]),
    ) -> Result<Delivered, CloseReason>;
    /// A client's round trip was measured.
    fn round_trip(&self, player: PlayerId, round_trip: Duration);
    /// A connection is gone.
    fn lost(&self, player: PlayerId, client: ClientId);
    /// Ends the room: everybody is told.
    fn close(&self, refusal: Refusal);
    /// People with a seat, and seats for people.
    fn occupancy(&self) -> (usize, usize);
}

/// What a message was, once it is right.
pub(crate) enum Delivered {
    /// It has been dealt with.
    Done(Delivery),
    /// Whether anybody looks at the client's picture.
    Hidden(bool),
    /// The client holds something wrong, or did.
    Desync(Desync),
}

pub(crate) type SeatReply = oneshot::Receiver<Result<Seat, Refusal>>;

/// Clients that wait for a seat.
pub(super) type Joins = BTreeMap<ClientId, oneshot::Sender<Result<Seat, Refusal>>>;

/// What readers and ticks share.
pub(super) struct Shared<G: Game> {
    pub(super) mailbox: Mutex<Mailbox<G::Rules>>,
    pub(super) people: AtomicUsize,
    /// Seats for people.
    pub(super) seats: usize,
    pub(super) tick: AtomicU32,
    /// Room time minus time since `epoch`, microseconds.
    pub(super) room_time_offset_us: AtomicI64,
    pub(super) epoch: Instant,
    pub(super) metrics: Arc<Metrics>,
}

pub(super) struct Mailbox<R: Rules> {
    pub(super) letters: Vec<Inbound<R>>,
    pub(super) joins: Joins,
    pub(super) close: Option<Refusal>,
    /// The room is gone: nobody reads what is put here.
    pub(super) closed: bool,
}

// Derived, it would ask the rules to be `Default` too.
impl<R: Rules> Default for Mailbox<R> {
    fn default() -> Mailbox<R> {
        Mailbox {
            letters: Vec::new(),
            joins: BTreeMap::new(),
            close: None,
            closed: false,
        }
    }
}

impl<G: Game> Shared<G> {
    fn post(&self, inbound: Inbound<G::Rules>) -> Result<Delivered, CloseReason> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.letters.len() >= MAILBOX {
            return Err(CloseReason::Internal);
        }
        if !mailbox.closed {
            mailbox.letters.push(inbound);
        }
        Ok(Delivered::Done(Delivery::Taken))
    }

    fn note(&self, player: PlayerId, desync: Desync) {
        let (channel, player) = (desync.channel.0, player.0);
        match desync.found {
            None => self.metrics.desync(),
            Some(entity) => {
                tracing::warn!(
                    player,
                    channel,
                    entity = entity.0,
                    "a client held something else and was healed"
                );
            }
        }
    }

    pub(super) fn room_time_us(&self, now: Instant) -> u64 {
        let since_us = now.saturating_duration_since(self.epoch).as_micros() as i64;
        (since_us + self.room_time_offset_us.load(Ordering::Relaxed)).max(0) as u64
    }

    fn check_inputs(
        &self,
        last_sequence: &mut u32,
        batch: &Inputs<<G::Rules as Rules>::Input>,
    ) -> Result<(), CloseReason> {
        let now = Tick(self.tick.load(Ordering::Relaxed));
        let count = batch.inputs.len() as u32;
        if batch.first_sequence.0 <= *last_sequence
            || batch.first_sequence.0.checked_add(count).is_none()
        {
            return Err(CloseReason::InputSequence);
        }
        if batch.first_tick.since(now).unsigned_abs() > INPUT_NONSENSE_TICKS {
            return Err(CloseReason::InputTick);
        }
        if !batch.inputs.iter().all(Input::is_valid) {
            return Err(CloseReason::InvalidInput);
        }
        *last_sequence = batch.first_sequence.0 + count - 1;
        Ok(())
    }
}

impl<G: Game> RoomPort for SharedRoom<G> {
    fn join(
        &self,
        name: String,
        resume: Option<ResumeToken>,
        client: ClientId,
    ) -> Result<SeatReply, String> {
        let (reply, answer) = oneshot::channel();
        let mut mailbox = self.0.mailbox.lock();
        if mailbox.closed || mailbox.close.is_some() {
            return Err(name);
        }
        mailbox.letters.push(Inbound::Join {
            client,
            name,
            token: text::fresh_token(),
            resume,
        });
        mailbox.joins.insert(client, reply);
        Ok(answer)
    }

    fn deliver(
        &self,
        player: PlayerId,
        client: ClientId,
        last_sequence: &mut u32,
        (now, message): (Instant, &[u8]),
    ) -> Result<Delivered, CloseReason> {
        type Message<R> = ClientMessage<<R as Rules>::Input, <R as Rules>::Command>;
        match Message::<G::Rules>::decode(message).map_err(|_| CloseReason::Malformed)? {
            ClientMessage::Hello(_) => Err(CloseReason::HelloExpected),
            ClientMessage::Inputs(batch) => {
                self.0.check_inputs(last_sequence, &batch)?;
                self.0.post(Inbound::Inputs(player, batch))
            }
            ClientMessage::Command(command) => self.0.post(Inbound::Command(player, command)),
            ClientMessage::Ping(ping) => {
                let pong = Pong {
                    nonce: ping.nonce,
                    room_time_us: self.0.room_time_us(now),
                };
                codec::encode(&ServerMessage::<()>::Pong(pong))
                    .map(|reply| Delivered::Done(Delivery::Reply(reply)))
                    .map_err(|_| CloseReason::Internal)
            }
            ClientMessage::Goodbye => {
                self.0.post(Inbound::Left(player, client))?;
                Ok(Delivered::Done(Delivery::Goodbye))
            }
            ClientMessage::Chat(line) => {
                let line = text::clean_chat(&line).ok_or(CloseReason::Malformed)?;
                self.0.post(Inbound::Chat(player, line))
            }
            // A matter of the connection: the net layer has answered it.
            ClientMessage::Link(_) => Err(CloseReason::Malformed),
            ClientMessage::Hidden(hidden) => Ok(Delivered::Hidden(hidden)),
            ClientMessage::Desync(desync) => {
                self.0.note(player, desync);
                Ok(Delivered::Desync(desync))
            }
        }
    }

    fn round_trip(&self, player: PlayerId, round_trip: Duration) {
        let us = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX);
        // A full mailbox loses it; there is another one soon.
        let _ = self.0.post(Inbound::RoundTrip(player, us));
    }

    fn lost(&self, player: PlayerId, client: ClientId) {
        // A full mailbox must not make a ghost: this one letter may exceed the bound, once per connection.
        let mut mailbox = self.0.mailbox.lock();
        if !mailbox.closed {
            mailbox.letters.push(Inbound::Lost(player, client));
        }
    }

    fn close(&self, refusal: Refusal) {
        self.0.mailbox.lock().close.get_or_insert(refusal);
    }

    fn occupancy(&self) -> (usize, usize) {
        (self.0.people.load(Ordering::Relaxed), self.0.seats)
    }
}

/// The shared half as a room port.
pub(super) struct SharedRoom<G: Game>(pub(super) Arc<Shared<G>>);
