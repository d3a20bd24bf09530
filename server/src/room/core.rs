//! The room as a pure state machine: one tick is one call, and the order of a tick is on one screen of code.
//!
//! In: what came since the last tick ([`Inbound`]). Out: who was let in or sent away, and every few ticks a
//! [`Snapshot`]. Same start, same seed and same inbox give the same state at every tick.
//! Must not: know the time, sockets or locks.

use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{ChannelId, PlayerId, ResumeToken, Tick};
use tickwire_shared::replicate::{Replicate, Schema};
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::{ChannelState, Tally};

use super::Room;
use super::capture::{Capture, Captured};
use super::channels::Channels;
use super::inbox::{ClientId, Inbound};
use super::own::{OwnChannel, OwnChannels};
use super::player::Dropped;
use super::ring::Entry;
use super::slot::Own;
use super::stream::{CHECK_TICKS, STRIDES, Stream};
use super::viewer::{Viewer, Viewers};
use crate::game::Game;

/// What a room's host decides for it. Part of a re-run's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomConfig {
    /// Where the room's generator starts.
    pub seed: u64,
    /// How long a lost player's seat is kept, ticks.
    pub grace_ticks: u32,
    /// Lines of chat per player within `chat_span_ticks`.
    pub chat_lines: usize,
    /// The span of the chat limit, ticks.
    pub chat_span_ticks: u32,
}

/// How a join ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinOutcome {
    /// The client has a seat.
    Seated {
        /// The connection that asked.
        client: ClientId,
        /// Its seat.
        player: PlayerId,
        /// The token that takes it back.
        token: ResumeToken,
        /// The seat was the client's before.
        resumed: bool,
    },
    /// The client was not let in.
    Refused(ClientId, Refusal),
}

/// A game's room, run tick by tick.
pub struct RoomCore<G: Game> {
    pub(super) game: G,
    pub(super) room: Room<G::Rules>,
    pub(super) options: G::Options,
    pub(super) config: RoomConfig,
    schema: Schema,
    capture: Capture,
    captured: Captured,
    channels: Channels,
    streams: [Stream; STRIDES.len()],
    own: OwnChannels,
    viewers: Viewers,
    /// Snapshots so far.
    snapshots: u32,
    eye: Vec<f64>,
    pub(super) outcomes: Vec<JoinOutcome>,
    pub(super) sent_away: Vec<(ClientId, Refusal)>,
    dropped: Dropped,
}

impl<G: Game> RoomCore<G> {
    /// Opens a room.
    pub fn open(options: G::Options, config: RoomConfig) -> RoomCore<G> {
        let rng = Pcg64Mcg::seed_from_u64(config.seed);
        let mut room = Room::new(G::setup(&options), G::interest(&options), rng);
        let game = G::create(&options, &mut room);
        RoomCore::assemble(game, room, options, config)
    }

    pub(super) fn assemble(
        game: G,
        room: Room<G::Rules>,
        options: G::Options,
        config: RoomConfig,
    ) -> RoomCore<G> {
        let schema = G::Rules::schema();
        let mut room = room;
        G::rewinds(&mut room.history);
        RoomCore {
            game,
            room,
            options,
            config,
            capture: Capture::new::<G::Rules>(&schema),
            captured: Captured::default(),
            channels: Channels::default(),
            streams: STRIDES.map(Stream::new),
            own: OwnChannels::default(),
            viewers: Viewers::default(),
            snapshots: 0,
            eye: vec![0.0; <G::Rules as Rules>::Avatar::FIELDS.len()],
            schema,
            outcomes: Vec::new(),
            sent_away: Vec::new(),
            dropped: Dropped::default(),
        }
    }

    /// One whole tick of a room without connections: what is for one player alone is let go. `inbox` is emptied. True when
    /// the tick has a snapshot.
    pub fn tick(&mut self, inbox: &mut Vec<Inbound<G::Rules>>) -> bool {
        self.receive(inbox);
        self.simulate();
        let due = self.snapshot_due(G::Rules::TICKS_PER_SNAPSHOT);
        if due {
            self.capture();
            self.look();
            self.encode(&mut ());
            let players = self.room.players.iter_mut();
            players.for_each(|player| player.own_events.clear());
        }
        self.finish();
        due
    }

    /// Stage 1: joins, leaves, inputs, commands, chat, in the order they came; then seats whose grace is over.
    pub fn receive(&mut self, inbox: &mut Vec<Inbound<G::Rules>>) {
        for inbound in inbox.drain(..) {
            match inbound {
                Inbound::Join {
                    client,
                    name,
                    token,
                    resume,
                } => {
                    let outcome = self.join(client, name, token, resume);
                    self.outcomes.push(outcome);
                }
                Inbound::Inputs(player, batch) => {
                    let now = self.room.tick;
                    if let Some(player) = self.room.players.get_mut(player) {
                        let dropped = player.take_inputs(now, batch);
                        self.dropped.late += dropped.late;
                        self.dropped.early += dropped.early;
                    }
                }
                Inbound::Command(player, command) => {
                    if self.room.players.contains(player) {
                        self.game.command(&mut self.room, player, command);
                    }
                }
                Inbound::RoundTrip(player, round_trip_us) => {
                    if let Some(player) = self.room.players.get_mut(player) {
                        player.round_trip_s = Some(round_trip_us as f32 / 1e6);
                    }
                }
                Inbound::Chat(player, text) => self.chat(player, text),
                Inbound::Lost(player, client) => self.lose(player, client),
                Inbound::Left(player, client) => {
                    if self.holds(player, client) {
                        self.remove(player);
                    }
                }
            }
        }
        self.remove_overdue();
    }

    /// Stage 2: one input per player, the game's tick, and the end of those it sent away.
    pub fn simulate(&mut self) {
        let tick = self.room.tick;
        for player in self.room.players.iter_mut() {
            player.resolve_input(tick);
        }
        self.game.tick(&mut self.room);
        self.room.history.record(&self.room.world, tick);
        for (player, refusal) in std::mem::take(&mut self.room.kicks) {
            if let Some(seat) = self.room.players.get(player) {
                self.sent_away.push((seat.client, refusal));
                self.remove(player);
            }
        }
    }

    /// True when the tick being simulated is one whose result clients are told.
    pub fn snapshot_due(&self, ticks_per_snapshot: u32) -> bool {
        self.room.tick.0.is_multiple_of(ticks_per_snapshot.max(1))
    }

    /// Stage 3: the world to columns of integers, channel by channel.
    pub fn capture(&mut self) {
        let place = (self.room.grid.as_ref(), &mut self.channels);
        self.capture
            .run(&self.room.world, &self.schema, place, &mut self.captured);
        let people = self.room.players.iter().filter(|player| !player.bot);
        let people = people.map(|player| player.id);
        self.own.update(&self.schema, &self.captured, people);
    }

    /// Stage 4: what each player sees from where it now is.
    pub fn look(&mut self) {
        let room = &self.room;
        let people = room.players.iter().filter(|player| !player.bot);
        self.viewers.keep(people.clone().map(|player| player.id));
        let map = room.grid.as_ref();
        let (viewers, scratch) = self.viewers.iter_mut();
        for (player, viewer) in people.zip(viewers) {
            let eye = map.and_then(|_| room.eye(player, &mut self.eye));
            viewer.look(map, eye, &player.subscribed, scratch);
        }
    }

    /// Stage 5: each channel's change to bits, once for everybody who sees it; whole channels, for who needs them.
    pub fn encode(&mut self, tally: &mut impl Tally) {
        let global = (ChannelId::GLOBAL, std::mem::take(&mut self.room.events));
        let mut events = std::mem::take(&mut self.room.channel_events);
        for (channel, events) in events.iter().chain([(&global.0, &global.1)]) {
            if events.is_empty() {
                continue;
            }
            let slot = self.channels.slot(*channel);
            for stream in self.streams.iter_mut().filter(|stream| stream.is_active()) {
                stream.take_events(slot, events);
            }
        }
        // Their memory is for the next ones.
        self.room.events = global.1;
        self.room.events.clear();
        events.values_mut().for_each(Vec::clear);
        self.room.channel_events = events;
        let tick = self.room.tick;
        let checked = STRIDES.map(|stride| self.is_checked(stride));
        for (stream, is_checked) in self.streams.iter_mut().zip(checked) {
            if stream.is_due(self.snapshots) {
                stream.encode(
                    (&self.schema, &self.channels),
                    &self.captured,
                    (tick, is_checked),
                    tally,
                );
            }
        }
        self.snapshots = self.snapshots.wrapping_add(1);
    }

    /// Stage 6: on to the next tick.
    pub fn finish(&mut self) {
        self.room.tick = self.room.tick.plus(1);
    }

    /// True when the next `encode` tells hashes to who gets every `stride`th snapshot.
    pub(super) fn is_checked(&self, stride: u32) -> bool {
        let entries = CHECK_TICKS / (G::Rules::TICKS_PER_SNAPSHOT * stride).max(1);
        (self.snapshots / stride).is_multiple_of(entries.max(1))
    }

    /// True when the next `encode` makes an entry for this stream.
    pub(super) fn stream_is_due(&self, stream: usize) -> bool {
        self.streams[stream].is_due(self.snapshots)
    }

    /// True when the next `encode` would make an entry for this stream, if anybody were on it.
    pub(super) fn stream_is_next(&self, stream: usize) -> bool {
        self.snapshots.is_multiple_of(STRIDES[stream])
    }

    pub(super) fn set_stream_active(&mut self, stream: usize, active: bool) {
        self.streams[stream].set_active(active);
    }

    /// The entry that the last `encode` made for this stream, for its ring; `spare` takes its place.
    pub(super) fn swap_entry(&mut self, stream: usize, spare: Arc<Entry>) -> Arc<Entry> {
        self.streams[stream].swap_entry(spare)
    }

    /// The next entry of this stream carries the whole state of these channels.
    pub(super) fn want(&mut self, stream: usize, channels: impl Iterator<Item = ChannelId>) {
        for channel in channels {
            if channel != ChannelId::OWN {
                let slot = self.channels.slot(channel);
                self.streams[stream].want(slot);
            }
        }
    }

    /// What a player sees, as of the last `look`.
    pub(super) fn viewer(&self, player: PlayerId) -> Option<&Viewer> {
        self.viewers.get(player)
    }

    /// How much of the game's interest a player gets, 0..=1, from the next `look` on.
    pub(super) fn set_sight(&mut self, player: PlayerId, scale: f64) {
        if let Some(viewer) = self.viewers.get_mut(player) {
            viewer.scale = scale;
        }
    }

    pub(super) fn own_channel(&self, player: PlayerId) -> Option<&OwnChannel> {
        self.own.channel(player)
    }

    /// Fills in a player's own part of the snapshot of the tick that was just finished.
    pub(super) fn fill_own(&mut self, player: PlayerId, own: &mut Own) {
        let tick = self.room.tick.minus(1);
        self.room.fill_own(player, tick, own);
    }

    /// The tick of the last snapshot.
    pub fn last_snapshot(&self) -> Option<Tick> {
        (self.snapshots > 0).then(|| self.streams[0].told())
    }

    /// Bytes of the last snapshot's shared part: every channel's update, whoever sees it.
    pub fn shared_bytes(&self) -> usize {
        self.streams[0].entry().len_bytes()
    }

    /// The channels that have come up so far, ascending.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        self.channels.iter().map(|(channel, _)| channel)
    }

    /// What a player sees, ascending, as of the last snapshot.
    pub fn seen_by(&self, player: PlayerId) -> &[ChannelId] {
        self.viewer(player).map_or(&[], |viewer| &viewer.channels)
    }

    /// What those hold who follow a channel, quantised: what tests compare with a client's. `stride`: 1, or that of a
    /// slower client.
    pub fn channel_state(&self, channel: ChannelId, stride: u32) -> Option<&ChannelState> {
        let stream = STRIDES.iter().position(|of| *of == stride)?;
        self.streams[stream].state(self.channels.find(channel)?)
    }

    /// Every row that clients may see, as of the last snapshot.
    pub fn row_count(&self) -> usize {
        let states =
            (0..self.channels.count() as u32).filter_map(|slot| self.streams[0].state(slot));
        states.map(ChannelState::row_count).sum()
    }

    /// The schema of the game's rules.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Joins that were answered since the last call.
    pub fn take_outcomes(&mut self) -> Vec<JoinOutcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// Connections that the room ends, since the last call.
    pub fn take_sent_away(&mut self) -> Vec<(ClientId, Refusal)> {
        std::mem::take(&mut self.sent_away)
    }

    /// Inputs that were dropped, since the last call.
    pub fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// The room as its game sees it.
    pub fn room(&self) -> &Room<G::Rules> {
        &self.room
    }
}
