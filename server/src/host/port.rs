//! The reader's end of a seat. A client's messages are decoded and checked here, so that only valid ones reach the
//! room.
//!
//! In: whole client messages. Out: messages for the tick, into the mailbox; requests about the client's own snapshots,
//! into its handoff; pongs, straight back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_room::{Game, Inbound, Sender};
use tickwire_shared::close::CloseReason;
use tickwire_shared::codec;
use tickwire_shared::ids::Tick;
use tickwire_shared::limits::INPUT_NONSENSE_S;
use tickwire_shared::message::{
    ClientMessage, Desync, HELLO, Inputs, LinkReport, Pong, ServerMessage,
};
use tickwire_shared::rules::{InputField, Rules};

use super::handoff::Handoff;
use super::mailbox::Shared;
use crate::seat::{Delivery, Port};
use crate::text;

/// The reader's end of a seat in a game's room.
pub(super) struct GamePort<G: Game> {
    shared: Arc<Shared<G>>,
    handoff: Arc<Handoff>,
    sender: Sender,
    /// True if the client has sent something, so it has its welcome.
    arrived: AtomicBool,
    newest: Mutex<Newest>,
}

/// The newest input so far.
#[derive(Default)]
struct Newest {
    /// Its number.
    sequence: u32,
    /// Its tick. `None` before the first.
    tick: Option<Tick>,
}

impl<G: Game> GamePort<G> {
    pub(super) fn new(
        shared: Arc<Shared<G>>,
        handoff: Arc<Handoff>,
        sender: Sender,
    ) -> GamePort<G> {
        GamePort {
            shared,
            handoff,
            sender,
            arrived: AtomicBool::new(false),
            newest: Mutex::default(),
        }
    }

    fn post(&self, inbound: Inbound<G::Rules>) -> Result<Delivery, CloseReason> {
        self.shared.post(inbound).map(|()| Delivery::Taken)
    }

    /// `now` is the room's tick when they came.
    fn check_inputs(
        &self,
        batch: &Inputs<<G::Rules as Rules>::Input>,
        now: Tick,
    ) -> Result<(), CloseReason> {
        let mut newest = self.newest.lock();
        let last = batch.inputs.len() as u32 - 1;
        // The numbers wrap: one is above another while it is less than 2^31 further on.
        let on = batch.first_sequence.0.wrapping_sub(newest.sequence) as i32;
        if on <= 0 {
            return Err(CloseReason::InputSequence);
        }
        let span = (INPUT_NONSENSE_S * G::Rules::TICK_RATE_HZ) as i32;
        let off = batch.first_tick.since(now);
        // Those that waited while the server stood still are old by then, but follow on what came before.
        let follows = |tick| (-span..=span).contains(&batch.first_tick.since(tick));
        if off > span || (off < -span && !newest.tick.is_some_and(follows)) {
            return Err(CloseReason::InputTick);
        }
        if !batch.inputs.iter().all(InputField::is_valid) {
            return Err(CloseReason::InvalidInput);
        }
        newest.sequence = batch.first_sequence.0.wrapping_add(last);
        newest.tick = Some(batch.first_tick.plus(last));
        Ok(())
    }

    /// The client holds something wrong in a channel, or did until it was healed.
    fn note_desync(&self, desync: Desync) {
        match desync.found {
            None => {
                self.shared.metrics.desync();
                self.handoff.request_healing(desync.channel);
            }
            Some(entity) => {
                let Some(left_out) = self.shared.seldom.may_say("healed", Instant::now()) else {
                    return;
                };
                tracing::warn!(
                    player = self.sender.player.0,
                    channel = desync.channel.0,
                    entity = entity.0,
                    left_out,
                    "a client held something else and was healed"
                );
            }
        }
    }
}

impl<G: Game> Port for GamePort<G> {
    fn deliver(
        &self,
        came: Instant,
        now: Instant,
        message: &[u8],
    ) -> Result<Delivery, CloseReason> {
        // Whatever follows: a second hello is one.
        if message.first() == Some(&HELLO) {
            return Err(CloseReason::HelloExpected);
        }
        type Message<R> = ClientMessage<<R as Rules>::Input, <R as Rules>::Command>;
        let message = Message::<G::Rules>::decode(message).map_err(|_| CloseReason::Malformed)?;
        if !self.arrived.swap(true, Ordering::Relaxed) {
            self.shared.post(Inbound::Arrived(self.sender))?;
        }
        match message {
            ClientMessage::Hello(_) => Err(CloseReason::HelloExpected),
            ClientMessage::Inputs(batch) => {
                let arrival = self.shared.arrival(came);
                self.check_inputs(&batch, arrival.tick)?;
                self.post(Inbound::Inputs(self.sender, arrival, batch))
            }
            ClientMessage::Command(command) => self.post(Inbound::Command(self.sender, command)),
            ClientMessage::Ping(ping) => {
                // Its sender takes an answer for the time half-way between when it asked and when it heard.
                let middle = came + now.saturating_duration_since(came) / 2;
                let pong = Pong {
                    nonce: ping.nonce,
                    room_time_us: self.shared.room_time_us(middle),
                };
                codec::encode(&ServerMessage::<()>::Pong(pong))
                    .map(Delivery::Reply)
                    .map_err(|_| CloseReason::Internal)
            }
            ClientMessage::Goodbye => {
                self.post(Inbound::Left(self.sender))?;
                Ok(Delivery::Goodbye)
            }
            ClientMessage::Chat(line) => {
                let line = text::clean_chat(&line).ok_or(CloseReason::Malformed)?;
                Ok(Delivery::Chat(line))
            }
            ClientMessage::Link(request) => Ok(Delivery::Link(request)),
            ClientMessage::Hidden(hidden) => {
                self.handoff.request_hidden(hidden);
                Ok(Delivery::Taken)
            }
            ClientMessage::Desync(desync) => {
                self.note_desync(desync);
                Ok(Delivery::Taken)
            }
        }
    }

    fn chat(&self, line: String) -> Result<(), CloseReason> {
        self.shared.post(Inbound::Chat(self.sender, line))
    }

    fn note_round_trip(&self, round_trip: Duration) {
        let us = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX);
        // A full mailbox loses it, but another one follows soon.
        let _ = self.shared.post(Inbound::RoundTrip(self.sender, us));
    }

    fn link_report(&self, link: String, error: String) -> Option<Vec<u8>> {
        let report = LinkReport { link, error };
        codec::encode(&ServerMessage::<()>::Link(report)).ok()
    }
}

impl<G: Game> Drop for GamePort<G> {
    fn drop(&mut self) {
        self.shared.post_lost(self.sender);
    }
}
