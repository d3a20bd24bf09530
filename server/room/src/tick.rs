//! The room as a state machine: one tick is one call, and the order of a tick is on one screen of code.
//!
//! In: what came since the last tick ([`Inbound`]). Out: the clients that were let in or sent away, and every few ticks
//! a snapshot. All of it goes to the room's [`Audience`]. The same start, the same seed and the same inbox give the
//! same state at every tick. Must not: know the time, sockets or locks.

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};
use tickwire_shared::replicate::{Replicate, Schema};
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::ChannelState;

use crate::audience::{Attendance, Audience, Made, Requests, Stage, Told};
use crate::capture::{Capture, Captured};
use crate::channels::Channels;
use crate::encode::{STREAMS, STRIDES, Stream};
use crate::game::Game;
use crate::inbox::{Inbound, Sender};
use crate::inputs::Dropped;
use crate::interest::Interests;
use crate::own::OwnChannels;
use crate::room::Room;
use crate::seating::{Authority, JoinOutcome, RoomConfig};
use crate::unused::Unused;

/// A game's room, run tick by tick.
pub struct RoomCore<G: Game> {
    pub(crate) authority: Authority<G>,
    schema: Schema,
    capture: Capture,
    captured: Captured,
    channels: Channels,
    streams: [Stream; STREAMS],
    own: OwnChannels,
    interests: Interests,
    unused: Unused,
    /// Snapshots so far.
    snapshots: u32,
    /// Holds one avatar's fields for a moment; kept for its memory.
    avatar_values: Vec<f64>,
    outcomes: Vec<JoinOutcome>,
    dropped: Dropped,
}

impl<G: Game> RoomCore<G> {
    /// Opens a room: the game creates its world in tick `config.first_tick`, which is also the first one to be
    /// simulated.
    pub fn open(options: G::Options, config: RoomConfig) -> RoomCore<G> {
        let rng = Pcg64Mcg::seed_from_u64(config.seed);
        let mut room = Room::new(G::setup(&options), G::interest(&options), rng);
        room.tick = config.first_tick;
        let game = G::create(&options, &mut room);
        RoomCore::of(game, room, options, config)
    }

    /// The core of a room that already exists, new or restored.
    pub(crate) fn of(
        game: G,
        room: Room<G::Rules>,
        options: G::Options,
        config: RoomConfig,
    ) -> RoomCore<G> {
        let schema = G::Rules::schema();
        let mut room = room;
        G::rewinds(&mut room.history);
        RoomCore {
            authority: Authority {
                game,
                room,
                options,
                config,
                sent_away: Vec::new(),
            },
            capture: Capture::new::<G::Rules>(&schema),
            captured: Captured::default(),
            channels: Channels::default(),
            streams: STRIDES.map(Stream::new),
            own: OwnChannels::default(),
            interests: Interests::default(),
            unused: Unused::default(),
            snapshots: 0,
            avatar_values: vec![0.0; <G::Rules as Rules>::Avatar::FIELDS.len()],
            schema,
            outcomes: Vec::new(),
            dropped: Dropped::default(),
        }
    }

    /// Runs one whole tick. Empties `inbox`, and hands what comes of it to `audience`. True if the tick has a snapshot.
    pub fn tick(
        &mut self,
        inbox: &mut Vec<Inbound<G::Rules>>,
        audience: &mut impl Audience<G::Rules>,
    ) -> bool {
        self.receive(inbox);
        audience.stage_done(Stage::Receive);
        audience.admit(&self.authority.room, &mut self.outcomes);
        self.simulate();
        audience.stage_done(Stage::Simulate);
        audience.dismiss(&mut self.authority.sent_away);
        let ticks_per_snapshot = audience.ticks_per_snapshot().max(1);
        let due = self.room().tick.0.is_multiple_of(ticks_per_snapshot);
        if due {
            self.snapshot(audience);
        }
        let room = &mut self.authority.room;
        room.tick = room.tick.plus(1);
        due
    }

    /// The second half of a tick that has a snapshot.
    fn snapshot(&mut self, audience: &mut impl Audience<G::Rules>) {
        self.capture();
        audience.stage_done(Stage::Capture);
        audience.attend(
            &self.authority.room,
            &mut Attendance {
                streams: &mut self.streams,
                interests: &mut self.interests,
                snapshots: self.snapshots,
            },
        );
        self.update_interests();
        audience.stage_done(Stage::Interest);
        audience.request(
            self.authority.room.tick,
            &mut Requests {
                streams: &mut self.streams,
                channels: &mut self.channels,
                interests: &self.interests,
            },
        );
        let made = self.encode();
        audience.stage_done(Stage::Encode);
        audience.publish(&mut Told {
            room: &mut self.authority.room,
            streams: &mut self.streams,
            own: &self.own,
            interests: &self.interests,
            made,
        });
        self.authority.room.events.clear();
    }

    /// Receives joins, leaves, inputs, commands and chat in the order in which they came. Then frees the seats whose
    /// grace time is over.
    fn receive(&mut self, inbox: &mut Vec<Inbound<G::Rules>>) {
        let authority = &mut self.authority;
        for inbound in inbox.drain(..) {
            match inbound {
                Inbound::Join {
                    client,
                    name,
                    token,
                    resume,
                } => {
                    let outcome = authority.join(client, name, token, resume);
                    self.outcomes.push(outcome);
                }
                Inbound::Inputs(sender, arrival, batch) => {
                    let now = authority.room.tick;
                    if let Some(player) = authority.held(sender) {
                        let dropped = player.inputs.take(now, arrival, batch);
                        self.dropped.late += dropped.late;
                        self.dropped.early += dropped.early;
                    }
                }
                Inbound::Command(sender, command) => authority.command(sender, command),
                Inbound::RoundTrip(sender, round_trip_us) => {
                    if let Some(player) = authority.held(sender) {
                        player.round_trip_s = Some(round_trip_us as f32 / 1e6);
                    }
                }
                Inbound::Chat(sender, text) => authority.chat(sender, text),
                Inbound::Arrived(sender) => {
                    if let Some(player) = authority.held(sender) {
                        player.note_arrival();
                    }
                }
                Inbound::Lost(sender) => authority.lose(sender),
                Inbound::Left(sender) => authority.leave(sender),
                Inbound::Skipped(ticks) => authority.skip(ticks),
            }
        }
        authority.remove_overdue();
    }

    /// Finds each player's input, plays the game's tick, and removes the players that the game kicked.
    fn simulate(&mut self) {
        let Authority { game, room, .. } = &mut self.authority;
        let tick = room.tick;
        for player in room.players.iter_mut() {
            player.resolve_input(tick);
        }
        game.tick(room);
        room.history.record(&room.world, tick);
        self.authority.kick();
    }

    /// Turns the world into columns of integers, channel by channel.
    fn capture(&mut self) {
        let room = &self.authority.room;
        let place = (room.grid.as_ref(), &mut self.channels);
        self.capture
            .run(&room.world, &self.schema, place, &mut self.captured);
        let people = room.players.iter().filter(|player| !player.bot);
        let people = people.map(|player| player.id);
        self.own.update(&self.schema, &self.captured, people);
    }

    /// Finds what each player sees from where it now is.
    fn update_interests(&mut self) {
        let room = &self.authority.room;
        let people = room.players.iter().filter(|player| !player.bot);
        self.interests.keep(people.clone().map(|player| player.id));
        let map = room.grid.as_ref();
        let (interests, scratch) = self.interests.iter_mut();
        for (player, interest) in people.zip(interests) {
            let place = map.and_then(|_| room.interest_place(player, &mut self.avatar_values));
            interest.update(map, place, &player.subscribed, scratch);
        }
    }

    /// Encodes each channel's change, once for all players that see it, and whole channels for those that need them.
    fn encode(&mut self) -> Made {
        let room = &mut self.authority.room;
        let tick = room.tick;
        let ticks_per_snapshot = f64::from(G::Rules::TICKS_PER_SNAPSHOT);
        let snapshot_s = ticks_per_snapshot / f64::from(G::Rules::TICK_RATE_HZ);
        let mut made = Made::default();
        for (place, stream) in self.streams.iter_mut().enumerate() {
            made.checked[place] = stream.is_checked(self.snapshots, snapshot_s);
            made.streams[place] = stream.is_due(self.snapshots);
            if made.streams[place] {
                stream.encode(
                    (&self.schema, &self.channels),
                    &self.captured,
                    (tick, made.checked[place]),
                );
            }
        }
        self.snapshots = self.snapshots.wrapping_add(1);
        if made.checked[0] {
            let held = (&mut self.channels, &mut self.streams);
            self.unused.forget(held, &self.interests, &mut room.world);
        }
        made
    }

    /// The tick of the last snapshot. `None` before the first.
    pub fn last_snapshot(&self) -> Option<Tick> {
        (self.snapshots > 0).then(|| self.streams[0].told())
    }

    /// True if the last snapshot belongs to the stream of this stride.
    pub fn has_entry(&self, stride: u32) -> bool {
        self.snapshots > 0 && (self.snapshots - 1).is_multiple_of(stride)
    }

    /// Bytes of the first stream's entry: every channel's update, and the keyframes that were asked for. It is the last
    /// snapshot's entry unless the audience has swapped that out.
    pub fn shared_bytes(&self) -> usize {
        self.streams[0].entry().len_bytes()
    }

    /// The channels that are in use, ascending: those that have rows or that somebody sees, and for a moment those that
    /// were.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        self.channels.iter().map(|(channel, _)| channel)
    }

    /// The channels that a player sees, ascending, as of the last snapshot.
    pub fn seen_by(&self, player: PlayerId) -> &[ChannelId] {
        let interest = self.interests.get(player);
        interest.map_or(&[], |interest| interest.channels())
    }

    /// The quantised state that a channel's followers hold, for tests to compare with a client's. `stride` is that of
    /// the client's stream: 1, 2 or 8. `None` if the channel has no state there.
    pub fn channel_state(&self, channel: ChannelId, stride: u32) -> Option<&ChannelState> {
        let stream = STRIDES.iter().position(|of| *of == stride)?;
        self.streams[stream].state(self.channels.find(channel)?)
    }

    /// The number of rows that clients may see, as of the last snapshot.
    pub fn row_count(&self) -> usize {
        let channels = 0..self.channels.count() as u32;
        let states = channels.filter_map(|channel| self.streams[0].state(channel));
        states.map(ChannelState::row_count).sum()
    }

    /// The schema of the game's rules.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The connections that hold a seat now. Bots and players that are away have none.
    pub fn connections(&self) -> impl Iterator<Item = Sender> + '_ {
        let players = self.authority.room.players.iter();
        let connected = players.filter(|player| !player.bot && !player.away);
        connected.map(|player| Sender {
            player: player.id,
            client: player.client,
        })
    }

    /// Takes the answers to joins since the last call that no audience took.
    pub fn take_outcomes(&mut self) -> Vec<JoinOutcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// How many inputs were dropped since the last call.
    pub fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// Seats for people.
    pub fn seats(&self) -> usize {
        G::seats(&self.authority.options)
    }

    /// The room as its game sees it.
    #[inline]
    pub fn room(&self) -> &Room<G::Rules> {
        &self.authority.room
    }

    /// The game's own state.
    pub fn game(&self) -> &G {
        &self.authority.game
    }
}
