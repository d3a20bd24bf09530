//! The clients of a room, as the audience of its tick: it lets them in or sends them away, and says what each needs of
//! a snapshot.
//!
//! In: the room's questions in the middle of a tick, each client's requests. Out: seats and refusals; streams, scales
//! of interest and whole channels; then the snapshot, for `publish`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tickwire_room::{
    Attendance, Audience, ClientId, Game, JoinOutcome, Requests, Room, STREAMS, Sender, Told,
};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::message::{ServerMessage, Welcome};
use tickwire_shared::rules::Rules;

use super::client::Client;
use super::feed::RingFeed;
use super::handoff::Handoff;
use super::mailbox::{Joins, Shared};
use super::port::GamePort;
use super::publish::Publisher;
use super::requests::Requested;
use crate::limits::{HEAL_EVERY, WHOLE_AVATAR, ticks};
use crate::metrics::Counted;
use crate::pump::Pumps;
use crate::seat::Seat;

/// The clients of one room.
pub(super) struct Clients<G: Game> {
    room: String,
    step: u64,
    shared: Arc<Shared<G>>,
    clients: BTreeMap<ClientId, Client>,
    publisher: Publisher,
    /// The clients that wait for this tick's answer.
    pub(super) joins: Joins,
    /// When the tick was due.
    pub(super) due: Instant,
    pub(super) ticks_per_snapshot: u32,
    /// Used within a tick; kept for its memory.
    healing: Vec<ChannelId>,
    counted_people: Vec<Counted>,
}

impl<G: Game> Clients<G> {
    pub(super) fn new(room: String, step: u64, shared: Arc<Shared<G>>) -> Clients<G> {
        Clients {
            room,
            step,
            shared,
            clients: BTreeMap::new(),
            publisher: Publisher::new(),
            joins: Joins::new(),
            due: Instant::now(),
            ticks_per_snapshot: G::Rules::TICKS_PER_SNAPSHOT,
            healing: Vec::new(),
            counted_people: Vec::new(),
        }
    }

    /// The clients as the room's thread reads and writes them.
    pub(super) fn pumps(&self) -> &Pumps {
        self.publisher.rings().pumps()
    }

    /// Ends every connection, and refuses the clients that wait for a seat.
    pub(super) fn end(&mut self, joins: Joins, refusal: &Refusal) {
        for reply in std::mem::take(&mut self.joins)
            .into_values()
            .chain(joins.into_values())
        {
            let _ = reply.send(Err(refusal.clone()));
        }
        for client in std::mem::take(&mut self.clients).into_values() {
            client.handoff.ending().end(refusal.clone());
        }
    }

    fn seat(&mut self, room: &Room<G::Rules>, outcome: JoinOutcome) {
        match outcome {
            JoinOutcome::Seated {
                client,
                player,
                token,
                resumed,
            } => {
                let Some(reply) = self.joins.remove(&client) else {
                    return;
                };
                let handoff = Arc::new(Handoff::new(ticks(WHOLE_AVATAR, G::Rules::TICK_RATE_HZ)));
                self.clients
                    .insert(client, Client::new(player, handoff.clone(), room.tick()));
                let port = GamePort::new(
                    self.shared.clone(),
                    handoff.clone(),
                    Sender { player, client },
                );
                let name = room.player(player).map(|player| player.name.clone());
                let welcome = ServerMessage::Welcome(Welcome {
                    player,
                    resume: token,
                    resumed,
                    room: self.room.clone(),
                    name: name.unwrap_or_default(),
                    tick: room.tick(),
                    room_time_us: self.shared.room_time_us(self.due),
                    step: self.step,
                    setup: room.setup().clone(),
                });
                let feed = RingFeed::new(
                    self.publisher.rings().clone(),
                    handoff,
                    self.shared.metrics.clone(),
                    player,
                    (room.tick(), G::Rules::TICK_RATE_HZ),
                );
                let seat = codec::encode(&welcome)
                    .map_err(|_| CloseReason::Internal.into())
                    .map(|welcome| Seat {
                        player,
                        welcome,
                        tick_rate_hz: G::Rules::TICK_RATE_HZ,
                        feed: Box::new(feed),
                        port: Box::new(port),
                    });
                if reply.send(seat).is_err() {
                    // The dropped seat has already told the room.
                    tracing::debug!(room = self.room, "a client went away while it was let in");
                }
            }
            JoinOutcome::Refused(client, refusal) => {
                if let Some(reply) = self.joins.remove(&client) {
                    let _ = reply.send(Err(refusal));
                }
            }
        }
    }
}

impl<G: Game> Audience<G::Rules> for Clients<G> {
    fn ticks_per_snapshot(&self) -> u32 {
        self.ticks_per_snapshot
    }

    fn admit(&mut self, room: &Room<G::Rules>, outcomes: &mut Vec<JoinOutcome>) {
        // This comes before the answers, so that a client that is refused a seat here is not sent here again.
        let people = room.people();
        self.shared.set_people(people);
        let metrics = &self.shared.metrics;
        self.counted_people.resize_with(people, || metrics.player());
        for outcome in outcomes.drain(..) {
            self.seat(room, outcome);
        }
        self.joins.clear();
    }

    fn dismiss(&mut self, sent_away: &mut Vec<(ClientId, Refusal)>) {
        for (client, refusal) in sent_away.drain(..) {
            if let Some(client) = self.clients.remove(&client) {
                client.handoff.ending().end(refusal);
            }
        }
    }

    fn attend(&mut self, room: &Room<G::Rules>, attendance: &mut Attendance<'_>) {
        // Own parts go to the connection that holds the player's seat, and not to an earlier one that has yet to end.
        self.clients.retain(|id, client| {
            !client.handoff.requested().has(Requested::GONE) && room.is_held_by(client.player, *id)
        });
        let mut followed = [false; STREAMS];
        let heal_ticks = ticks(HEAL_EVERY, G::Rules::TICK_RATE_HZ);
        for client in self.clients.values_mut() {
            let requested = client.handoff.requested();
            client.attend((room.tick(), heal_ticks), requested, attendance);
            followed[client.stream] = true;
        }
        for (stream, followed) in followed.into_iter().enumerate().skip(1) {
            attendance.set_active(stream, followed);
        }
    }

    fn request(&mut self, tick: Tick, requests: &mut Requests<'_>) {
        let heal_ticks = ticks(HEAL_EVERY, G::Rules::TICK_RATE_HZ);
        for client in self.clients.values_mut() {
            client.request((tick, heal_ticks), requests, &mut self.healing);
        }
    }

    fn publish(&mut self, told: &mut Told<'_, G::Rules>) {
        self.publisher.publish(told, self.clients.values_mut());
    }
}
