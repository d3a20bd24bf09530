//! The room as a pure state machine: one tick is one call, and the order of a tick is on one screen of code.
//!
//! In: what came since the last tick ([`Inbound`]). Out: who was let in or sent away, and every few ticks a
//! [`Snapshot`]. Same start, same seed and same inbox give the same state at every tick.
//! Must not: know the time, sockets or locks.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{PlayerId, ResumeToken, Tick};
use tickwire_shared::replicate::Schema;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::{
    BitWriter, ChannelState, DeltaEncoder, TableState, encode_keyframe,
};

use super::Room;
use super::capture::Capture;
use super::inbox::{ClientId, Inbound};
use super::player::Dropped;
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

/// What clients are told of one tick. Borrowed from the room until the next tick.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// The tick whose simulation made this state.
    pub tick: Tick,
    /// What changed of the shared channel; empty when nothing did that motion does not predict.
    pub delta: &'a [u8],
    /// The shared channel's whole state; empty unless asked for.
    pub keyframe: &'a [u8],
    /// Encoded room events for everybody.
    pub events: &'a [u8],
}

/// A game's room, run tick by tick.
pub struct RoomCore<G: Game> {
    pub(super) game: G,
    pub(super) room: Room<G::Rules>,
    pub(super) options: G::Options,
    pub(super) config: RoomConfig,
    schema: Schema,
    capture: Capture,
    captured: Vec<TableState>,
    /// What the shared channel's clients hold.
    state: ChannelState,
    encoder: DeltaEncoder,
    bits: BitWriter,
    delta: Vec<u8>,
    keyframe: Vec<u8>,
    events: Vec<u8>,
    /// Each player's owner-only rows as of the last snapshot.
    own: BTreeMap<PlayerId, ChannelState>,
    pub(super) outcomes: Vec<JoinOutcome>,
    pub(super) sent_away: Vec<(ClientId, Refusal)>,
    dropped: Dropped,
}

impl<G: Game> RoomCore<G> {
    /// Opens a room.
    pub fn open(options: G::Options, config: RoomConfig) -> RoomCore<G> {
        let mut room = Room::new(G::setup(&options), Pcg64Mcg::seed_from_u64(config.seed));
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
        RoomCore {
            game,
            room,
            options,
            config,
            capture: Capture::new::<G::Rules>(&schema),
            captured: vec![TableState::default(); schema.tables.len()],
            state: ChannelState::empty(&schema),
            schema,
            encoder: DeltaEncoder::default(),
            bits: BitWriter::default(),
            delta: Vec::new(),
            keyframe: Vec::new(),
            events: Vec::new(),
            own: BTreeMap::new(),
            outcomes: Vec::new(),
            sent_away: Vec::new(),
            dropped: Dropped::default(),
        }
    }

    /// One whole tick. `inbox` is emptied. Returns the snapshot when this tick has one, with a keyframe if wanted.
    pub fn tick(
        &mut self,
        inbox: &mut Vec<Inbound<G::Rules>>,
        keyframe: bool,
    ) -> Option<Snapshot<'_>> {
        self.receive(inbox);
        self.simulate();
        let due = self.snapshot_due(G::Rules::TICKS_PER_SNAPSHOT);
        if due {
            self.capture();
            self.encode(keyframe);
        }
        self.finish();
        due.then(|| self.snapshot())
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
                    if let Some(player) = self.room.players.get_mut(&player) {
                        let dropped = player.take_inputs(now, batch);
                        self.dropped.late += dropped.late;
                        self.dropped.early += dropped.early;
                    }
                }
                Inbound::Command(player, command) => {
                    if self.room.players.contains_key(&player) {
                        self.game.command(&mut self.room, player, command);
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
        for player in self.room.players.values_mut() {
            player.resolve_input(tick);
        }
        self.game.tick(&mut self.room);
        for (player, refusal) in std::mem::take(&mut self.room.kicks) {
            if let Some(seat) = self.room.players.get(&player) {
                self.sent_away.push((seat.client, refusal));
                self.remove(player);
            }
        }
    }

    /// True when the tick being simulated is one whose result clients are told.
    pub fn snapshot_due(&self, ticks_per_snapshot: u32) -> bool {
        self.room.tick.0.is_multiple_of(ticks_per_snapshot.max(1))
    }

    /// Stage 3: the world to columns of integers.
    pub fn capture(&mut self) {
        self.own.clear();
        self.capture.run(
            &self.room.world,
            &self.schema,
            &mut self.captured,
            &mut self.own,
        );
    }

    /// Stage 4: the change to bits, once for everybody; the whole state too, if somebody needs it.
    pub fn encode(&mut self, keyframe: bool) {
        self.delta.clear();
        self.keyframe.clear();
        self.encoder.encode(
            &self.schema,
            &mut self.state,
            &self.captured,
            &mut self.delta,
        );
        if keyframe {
            encode_keyframe(
                &self.schema,
                &self.state,
                &mut self.bits,
                &mut self.keyframe,
            );
        }
        std::mem::swap(&mut self.events, &mut self.room.events);
        self.room.events.clear();
    }

    /// Stage 5: on to the next tick.
    pub fn finish(&mut self) {
        self.room.tick = self.room.tick.plus(1);
    }

    /// What the last `capture` and `encode` made. Call after `finish`.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            tick: self.room.tick.minus(1),
            delta: &self.delta,
            keyframe: &self.keyframe,
            events: &self.events,
        }
    }

    /// The keyframe of a player's own channel as of the last snapshot.
    pub fn encode_own(&mut self, player: PlayerId, out: &mut Vec<u8>) {
        if let Some(own) = self.own.get(&player) {
            encode_keyframe(&self.schema, own, &mut self.bits, out);
        }
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

    pub(super) fn room_mut(&mut self) -> &mut Room<G::Rules> {
        &mut self.room
    }

    /// What the shared channel's clients hold, quantised: what tests compare with a client's.
    pub fn channel_state(&self) -> &ChannelState {
        &self.state
    }
}
