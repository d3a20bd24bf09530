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
use tickwire_shared::ids::{ChannelId, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::{ServerMessage, Welcome};
use tickwire_shared::rules::Rules;

use super::core::{JoinOutcome, RoomConfig, RoomCore};
use super::feed::Feed;
use super::inbox::{ClientId, Inbound};
use super::load::Load;
use super::mailbox::{Joins, RoomPort, Shared, SharedRoom};
use super::ring::Rings;
use super::seat::{Port, Seat};
use super::slot::{Left, Own, Slot};
use super::stream::STRIDES;
use super::viewer::Sight;
use super::wishes::Wished;
use crate::game::Game;
use crate::metrics::{Counted, Metrics};
use crate::scheduler::{Tickable, Verdict};

/// A room without people closes after this long.
const EMPTY_CLOSE: Duration = Duration::from_secs(10);
/// A client is healed at most this often, ticks: keyframes cost everybody's tick.
const HEAL_TICKS: u32 = 30;

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
    rings: Arc<Rings>,
    clients: BTreeMap<ClientId, Client>,
    inbox: Vec<Inbound<G::Rules>>,
    /// Used within a tick; kept for its memory.
    own: Own,
    healing: Vec<ChannelId>,
    nothing_seen: Sight,
    /// The tick of the last snapshot.
    told: Tick,
    /// Ticks since the room opened; the room's time is this over the tick rate.
    ticks: u64,
    empty_ticks: u32,
    load: Load,
    on_close: Option<Box<dyn FnOnce() + Send>>,
    counted_people: Vec<Counted>,
    _counted: Counted,
}

/// One connection that gets snapshots.
struct Client {
    player: PlayerId,
    slot: Arc<Slot>,
    stream: usize,
    /// With the next entry of its stream come keyframes of all that it sees.
    starts: bool,
    healed: Tick,
    /// The part of its interest that it was granted.
    scale: Option<f64>,
}

impl<G: Game> HostedRoom<G> {
    /// Opens a room: its ticking half, for the scheduler, and the half that everybody else holds.
    pub(crate) fn open(setup: RoomSetup<G>) -> (HostedRoom<G>, Arc<dyn RoomPort>) {
        let shared = Arc::new(Shared {
            mailbox: Mutex::default(),
            people: AtomicUsize::new(0),
            seats: G::seats(&setup.options),
            tick: AtomicU32::new(0),
            room_time_offset_us: AtomicI64::new(0),
            epoch: Instant::now(),
            metrics: setup.metrics,
        });
        let port = Arc::new(SharedRoom(shared.clone()));
        let room = HostedRoom {
            name: setup.name,
            core: RoomCore::open(setup.options, setup.config),
            rings: Arc::default(),
            clients: BTreeMap::new(),
            inbox: Vec::new(),
            own: Own::default(),
            healing: Vec::new(),
            nothing_seen: Sight::default(),
            told: Tick(0),
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

    /// The pure room.
    pub(crate) fn core(&self) -> &RoomCore<G> {
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
                    let healed = self.core.room().tick();
                    self.clients.insert(
                        client,
                        Client {
                            player,
                            slot: slot.clone(),
                            stream: 0,
                            starts: false,
                            healed,
                            scale: None,
                        },
                    );
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
        let shared = Arc::new(SharedRoom(self.shared.clone()));
        let port = Port::new(shared, slot.clone(), player, client);
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
                self.rings.clone(),
                slot,
                self.shared.metrics.clone(),
                (room.tick(), G::Rules::TICK_RATE_HZ),
            ),
            port,
        })
    }

    fn send_away(&mut self) {
        for (client, refusal) in self.core.take_sent_away() {
            if let Some(client) = self.clients.remove(&client) {
                client.slot.close(refusal);
            }
        }
    }

    /// What clients wish of this snapshot: another stream, whole channels, more or less sight.
    fn grant_wishes(&mut self) {
        let core = &mut self.core;
        let room = core.room();
        // What is a player's own goes to the connection that holds its seat, and to no earlier one that still ends.
        self.clients.retain(|id, client| {
            let seat = room.player(client.player);
            !client.slot.wished().has(Wished::GONE) && seat.is_some_and(|seat| seat.client == *id)
        });
        let tick = room.tick();
        let mut used = [false; STRIDES.len()];
        for client in self.clients.values_mut() {
            let wished = client.slot.wished();
            if wished.stream() != client.stream && core.stream_is_next(wished.stream()) {
                core.set_stream_active(wished.stream(), true);
                (client.stream, client.starts) = (wished.stream(), true);
            }
            used[client.stream] = true;
            if client.scale != Some(wished.scale()) {
                core.set_sight(client.player, wished.scale());
                client.scale = Some(wished.scale());
            }
        }
        for (stream, used) in used.into_iter().enumerate().skip(1) {
            core.set_stream_active(stream, used);
        }
        core.look();
        for client in self.clients.values_mut() {
            let Some(viewer) = core.viewer(client.player) else {
                continue;
            };
            let wished = client.slot.wished();
            if wished.has(Wished::RESTART) {
                client.slot.grant_restart();
                client.starts = true;
            }
            let heals =
                wished.has(Wished::HEALING) && tick.since(client.healed) >= HEAL_TICKS as i32;
            let enters = !viewer.entered.is_empty();
            if !(client.starts || heals || enters) {
                continue;
            }
            let channels = viewer.channels.clone();
            if client.starts {
                core.want(client.stream, channels.iter().copied());
            } else if enters {
                let entered = viewer.entered.clone();
                core.want(client.stream, entered.into_iter());
            }
            if heals {
                let is_seen = |channel| channels.binary_search(&channel).is_ok();
                client.slot.healing(is_seen, &mut self.healing);
                if !self.healing.is_empty() {
                    client.healed = tick;
                    core.want(client.stream, self.healing.iter().copied());
                }
            }
        }
    }

    /// Leaves each client its own part, then pushes the shared entries and starts the pumps.
    fn publish(&mut self, due: [bool; STRIDES.len()], checked: [bool; STRIDES.len()]) {
        let tick = self.core.room().tick().minus(1);
        let ticks = tick.since(self.told).max(0) as u32;
        self.told = tick;
        let numbers: [u64; STRIDES.len()] =
            std::array::from_fn(|stream| self.rings.ring(stream).next());
        for client in self
            .clients
            .values_mut()
            .filter(|client| due[client.stream])
        {
            self.core.fill_own(client.player, &mut self.own);
            let own_channel = self.core.own_channel(client.player);
            let viewer = self.core.viewer(client.player);
            client.slot.leave(&Left {
                stream: client.stream,
                number: numbers[client.stream],
                starts: std::mem::take(&mut client.starts),
                ticks: ticks * STRIDES[client.stream],
                own: &self.own,
                own_channel: own_channel.map_or((&[], 0), |own| own.bytes()),
                own_check: own_channel
                    .filter(|_| checked[client.stream])
                    .and_then(|own| own.check()),
                interest: viewer.map_or(&self.nothing_seen, |viewer| &viewer.channels),
            });
        }
        for stream in (0..STRIDES.len()).filter(|stream| due[*stream]) {
            let spare = self.rings.ring(stream).spare();
            let entry = self.core.swap_entry(stream, spare);
            self.rings.push(stream, entry);
        }
        self.rings.pumps().start();
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
        for client in std::mem::take(&mut self.clients).into_values() {
            client.slot.close(refusal.clone());
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
        self.shared
            .metrics
            .tick_late(started.saturating_duration_since(due));
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
        let snapshot = self.core.snapshot_due(self.load.ticks_per_snapshot);
        let mut due = [false; STRIDES.len()];
        let checked = STRIDES.map(|stride| self.core.is_checked(stride));
        if snapshot {
            self.core.capture();
            self.grant_wishes();
            due = std::array::from_fn(|stream| self.core.stream_is_due(stream));
            self.core.encode(&mut ());
        }
        self.core.finish();
        if snapshot {
            self.publish(due, checked);
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
