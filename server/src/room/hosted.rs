//! A room in its place: between the scheduler that ticks it, the readers that deliver to it and the writers that
//! take from it.
//!
//! In: the mailbox that readers fill, swapped out whole once a tick. Out: ring entries and own parts, once a
//! snapshot. Here the pure room meets locks and the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tickwire_shared::message::{ServerMessage, Welcome};
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::{NO_SLACK, OwnPart};
use tokio::sync::watch;

use super::core::{JoinOutcome, RoomConfig, RoomCore};
use super::inbox::{ClientId, Inbound};
use super::load::Load;
use super::mailbox::{Joins, RoomPort, Shared, SharedRoom};
use super::ring::{Entry, Ring};
use super::seat::{Feed, Port, Seat};
use super::slot::Slot;
use crate::game::Game;
use crate::metrics::{Counted, Metrics};
use crate::scheduler::{Tickable, Verdict};

/// A room without people closes after this long.
const EMPTY_CLOSE: Duration = Duration::from_secs(10);
/// What a room is opened with.
pub(crate) struct RoomSetup<G: Game> {
    pub(crate) name: String,
    pub(crate) options: G::Options,
    pub(crate) config: RoomConfig,
    pub(crate) metrics: Arc<Metrics>,
    /// Called once, when the room is gone.
    pub(crate) on_close: Box<dyn FnOnce() + Send>,
}

/// The ticking half.
pub(crate) struct HostedRoom<G: Game> {
    name: String,
    core: RoomCore<G>,
    shared: Arc<Shared<G>>,
    ring: Arc<Ring>,
    head: watch::Sender<u64>,
    slots: BTreeMap<ClientId, (PlayerId, Arc<Slot>)>,
    inbox: Vec<Inbound<G::Rules>>,
    avatar: Vec<u8>,
    own_channel: Vec<u8>,
    /// Ticks since the room opened; the room's time is this over the tick rate.
    ticks: u64,
    empty_ticks: u32,
    load: Load,
    on_close: Option<Box<dyn FnOnce() + Send>>,
    counted_people: Vec<Counted>,
    _counted: Counted,
}

impl<G: Game> HostedRoom<G> {
    /// Opens a room: its ticking half, for the scheduler, and the half that everybody else holds.
    pub(crate) fn open(setup: RoomSetup<G>) -> (HostedRoom<G>, Arc<dyn RoomPort>) {
        let shared = Arc::new(Shared {
            mailbox: Mutex::default(),
            people: AtomicUsize::new(0),
            tick: AtomicU32::new(0),
            room_time_offset_us: AtomicI64::new(0),
            epoch: Instant::now(),
            metrics: setup.metrics,
        });
        let port = Arc::new(SharedRoom(shared.clone()));
        let room = HostedRoom {
            name: setup.name,
            core: RoomCore::open(setup.options, setup.config),
            ring: Arc::default(),
            head: watch::Sender::new(0),
            slots: BTreeMap::new(),
            inbox: Vec::new(),
            avatar: Vec::new(),
            own_channel: Vec::new(),
            ticks: 0,
            empty_ticks: 0,
            load: Load::new(G::Rules::TICKS_PER_SNAPSHOT),
            on_close: Some(setup.on_close),
            counted_people: Vec::new(),
            _counted: shared.metrics.room(),
            shared,
        };
        (room, port)
    }

    #[cfg(test)]
    pub(super) fn core_for_tests(&self) -> &RoomCore<G> {
        &self.core
    }

    /// Swaps the mailbox out. Some: the room is to close.
    fn collect(&mut self, joins: &mut Joins) -> Option<Refusal> {
        let mut mailbox = self.shared.mailbox.lock();
        std::mem::swap(&mut mailbox.letters, &mut self.inbox);
        std::mem::swap(&mut mailbox.joins, joins);
        mailbox.close.clone()
    }

    fn answer_joins(&mut self, due: Instant, mut joins: Joins) {
        for outcome in self.core.take_outcomes() {
            match outcome {
                JoinOutcome::Seated {
                    client,
                    player,
                    token,
                    resumed,
                } => {
                    let Some(reply) = joins.remove(&client) else {
                        continue;
                    };
                    let slot = Arc::new(Slot::new());
                    self.slots.insert(client, (player, slot.clone()));
                    let answer = self.seat(client, player, token, resumed, (due, slot));
                    if reply.send(answer).is_err() {
                        // Dropping the seat has told the room already.
                        tracing::debug!(room = self.name, "a client went away while it was let in");
                    }
                }
                JoinOutcome::Refused(client, refusal) => {
                    if let Some(reply) = joins.remove(&client) {
                        let _ = reply.send(Err(refusal));
                    }
                }
            }
        }
    }

    fn seat(
        &self,
        client: ClientId,
        player: PlayerId,
        token: ResumeToken,
        resumed: bool,
        (due, slot): (Instant, Arc<Slot>),
    ) -> Result<Seat, Refusal> {
        let room = self.core.room();
        let port = Port::new(Arc::new(SharedRoom(self.shared.clone())), player, client);
        let welcome = ServerMessage::Welcome(Welcome {
            player,
            resume: token,
            resumed,
            room: self.name.clone(),
            name: room
                .player(player)
                .map(|player| player.name.clone())
                .unwrap_or_default(),
            tick: room.tick(),
            room_time_us: self.shared.room_time_us(due),
            setup: room.setup().clone(),
        });
        Ok(Seat {
            welcome: codec::encode(&welcome).map_err(|_| Refusal::from(CloseReason::Internal))?,
            tick_rate_hz: G::Rules::TICK_RATE_HZ,
            feed: Feed::new(
                self.ring.clone(),
                slot,
                self.head.subscribe(),
                self.shared.metrics.clone(),
            ),
            port,
        })
    }

    fn send_away(&mut self) {
        for (client, refusal) in self.core.take_sent_away() {
            if let Some((_, slot)) = self.slots.remove(&client) {
                slot.close(refusal);
            }
        }
    }

    /// Leaves each client its own part, then pushes the shared entry and wakes the writers.
    fn publish(&mut self) {
        let next = *self.head.borrow() + 1;
        // What is a player's own goes to the connection that holds its seat, and to no earlier one that still ends.
        let room = self.core.room();
        self.slots.retain(|client, (player, slot)| {
            Arc::strong_count(slot) > 1
                && room
                    .player(*player)
                    .is_some_and(|seat| seat.client == *client)
        });
        let slots = std::mem::take(&mut self.slots);
        for (player, slot) in slots.values() {
            let own = self.own_part(*player);
            self.own_channel.clear();
            self.core.encode_own(*player, &mut self.own_channel);
            slot.leave(next, own, &self.own_channel);
        }
        self.slots = slots;
        self.ring.push(Entry::new(&self.core.snapshot()));
        self.head.send_replace(next);
    }

    fn own_part(&mut self, id: PlayerId) -> OwnPart {
        let room = self.core.room_mut();
        let events = room.own_events.remove(&id).unwrap_or_default();
        let Some(player) = room.players.get_mut(&id) else {
            return OwnPart::default();
        };
        let slack_ticks = player.slack_ticks.take();
        let (applied_low, avatar) = (player.input_sequence.0 as u16, player.avatar);
        let avatar = avatar.and_then(|entity| {
            let hecs_entity = room.entity(entity)?;
            let avatar = room
                .world()
                .get::<&<G::Rules as Rules>::Avatar>(hecs_entity)
                .ok()?;
            self.avatar.clear();
            codec::encode_into(&*avatar, &mut self.avatar).ok()?;
            Some((entity, self.avatar.clone()))
        });
        // 127 is taken: it says that no input came.
        let slack_ticks = slack_ticks.map_or(NO_SLACK, |slack| slack.clamp(-128, 126) as i8);
        OwnPart {
            applied_low,
            slack_ticks,
            avatar,
            events,
        }
    }

    fn close_when_empty(&mut self) -> Verdict {
        let people = self.core.room().people();
        self.empty_ticks = if people == 0 { self.empty_ticks + 1 } else { 0 };
        let patience = EMPTY_CLOSE.as_secs() as u32 * G::Rules::TICK_RATE_HZ;
        if self.empty_ticks < patience {
            return Verdict::Continue;
        }
        // Nobody may slip in between this look and the close.
        let mut mailbox = self.shared.mailbox.lock();
        if mailbox.letters.is_empty() {
            mailbox.closed = true;
            drop(mailbox);
            self.end(&CloseReason::RoomClosed.into());
            return Verdict::Close;
        }
        Verdict::Continue
    }

    fn end(&mut self, refusal: &Refusal) {
        let joins = {
            let mut mailbox = self.shared.mailbox.lock();
            mailbox.closed = true;
            mailbox.letters.clear();
            std::mem::take(&mut mailbox.joins)
        };
        for reply in joins.into_values() {
            let _ = reply.send(Err(refusal.clone()));
        }
        for (_, slot) in std::mem::take(&mut self.slots).into_values() {
            slot.close(refusal.clone());
        }
        if let Some(on_close) = self.on_close.take() {
            on_close();
        }
    }
}

impl<G: Game> Tickable for HostedRoom<G> {
    fn period(&self) -> Duration {
        Duration::from_secs(1) / G::Rules::TICK_RATE_HZ
    }

    fn tick(&mut self, due: Instant) -> Verdict {
        let started = Instant::now();
        let room_time_us = (self.ticks * 1_000_000 / u64::from(G::Rules::TICK_RATE_HZ)) as i64;
        let due_us = due.saturating_duration_since(self.shared.epoch).as_micros() as i64;
        self.shared
            .room_time_offset_us
            .store(room_time_us - due_us, Ordering::Relaxed);
        self.shared
            .tick
            .store(self.core.room().tick().0, Ordering::Relaxed);

        let mut joins = BTreeMap::new();
        let close = self.collect(&mut joins);
        let mut inbox = std::mem::take(&mut self.inbox);
        self.core.receive(&mut inbox);
        self.inbox = inbox;
        // Before the answers, so that who is refused a seat here is not sent here again.
        let people = self.core.room().people();
        self.shared.people.store(people, Ordering::Relaxed);
        self.counted_people
            .resize_with(people, || self.shared.metrics.player());
        self.answer_joins(due, joins);
        if let Some(refusal) = close {
            self.end(&refusal);
            return Verdict::Close;
        }
        self.core.simulate();
        self.send_away();
        let due_snapshot = self.core.snapshot_due(self.load.ticks_per_snapshot);
        if due_snapshot {
            let keyframe = self.slots.values().any(|(_, slot)| slot.wants_keyframe());
            self.core.capture();
            self.core.encode(keyframe);
        }
        self.core.finish();
        if due_snapshot {
            self.publish();
        }
        self.ticks += 1;
        let dropped = self.core.take_dropped();
        self.shared.metrics.inputs_dropped("late", dropped.late);
        self.shared.metrics.inputs_dropped("early", dropped.early);
        let spent = started.elapsed();
        self.shared.metrics.tick(spent, self.period());
        if self
            .load
            .note(spent, self.period(), G::Rules::TICKS_PER_SNAPSHOT)
        {
            tracing::warn!(
                room = self.name,
                ticks_per_snapshot = self.load.ticks_per_snapshot,
                "snapshot rate changed"
            );
        }
        self.close_when_empty()
    }

    fn skipped(&mut self, ticks: u64) {
        self.shared.metrics.ticks_dropped(ticks);
        tracing::warn!(
            room = self.name,
            ticks,
            "the room fell behind: ticks were skipped"
        );
    }

    fn end(&mut self, refusal: Refusal) {
        if refusal.reason == CloseReason::RoomPanicked {
            self.shared.metrics.room_panicked();
        }
        HostedRoom::end(self, &refusal);
    }
}
