//! A room: the world, its players, and what they are told. This file is what a game sees of it.
//!
//! In: joins, leaves, inputs, commands (`inbox`), one tick at a time (`core`). Out: snapshots (`capture`, `interest`,
//! `stream`, `own`, `ring`) and events, to clients' seats (`slot`, `feed`). `save` turns a room into bytes and back.
//! `hosted` ties a room to the scheduler and the sockets; what comes before `ring` is pure: no clock, no lock, no I/O.

mod assemble;
mod capture;
mod channels;
mod core;
mod entities;
mod feed;
mod hosted;
mod inbox;
mod interest;
mod ladder;
mod load;
mod mailbox;
mod own;
mod place;
mod player;
mod players;
mod pump;
mod rewind;
mod ring;
mod save;
mod seat;
mod seating;
mod sight;
mod slot;
mod stream;
mod viewer;
mod wishes;

use std::collections::{BTreeMap, VecDeque};

use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, EntityId, PlayerId, Tick};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::{Act, Rules};

pub use self::core::{JoinOutcome, RoomConfig, RoomCore};
pub(crate) use feed::Ending;
pub use feed::Feed;
pub(crate) use hosted::{HostedRoom, RoomSetup};
pub use inbox::{ClientId, Inbound};
pub use interest::{Grid, Interest};
pub(crate) use mailbox::{RoomPort, SeatReply};
pub use player::Player;
pub(crate) use pump::Outlet;
pub use rewind::{Moment, REWIND_MAX_S, RewindVisitor};
pub use seat::{Delivery, Port, Seat};

/// Marks an entity that clients may see: as whom, to whom, and in which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Replicated {
    id: EntityId,
    /// The player who sees its owner-only fields.
    owner: Option<PlayerId>,
    home: Home,
    /// The slot of the channel that it was last captured in.
    slot: u32,
}

/// What decides an entity's channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Home {
    /// Its position, if it has one and the room has a grid; otherwise it is global.
    Position,
    /// The game.
    Channel(ChannelId),
}

use channels::NO_SLOT;
use entities::Entities;
use interest::{FIRST_GAME_CHANNEL, GridMap};
use players::Players;
use rewind::History;

/// Encoded events that wait for the next snapshot, bytes; a game that broadcasts more between two snapshots loses the
/// rest (and is told so in the log).
const EVENT_BYTES: usize = 64 << 10;

/// A room as its game sees it.
pub struct Room<R: Rules> {
    tick: Tick,
    rng: Pcg64Mcg,
    world: hecs::World,
    /// Ordered, so that iterating is deterministic.
    entities: Entities,
    next_entity: u32,
    players: Players<R>,
    next_player: u32,
    setup: R::Setup,
    map: R::Map,
    /// Encoded events for everybody since the last snapshot.
    events: Vec<u8>,
    /// The same for who sees a channel.
    channel_events: BTreeMap<ChannelId, Vec<u8>>,
    /// The next channel that the game opens.
    next_channel: u32,
    grid: Option<GridMap>,
    kicks: Vec<(PlayerId, Refusal)>,
    /// What the avatars' steps of this tick did beside moving them.
    actions: VecDeque<Act<R::Action>>,
    history: History,
}

impl<R: Rules> Room<R> {
    fn new(setup: R::Setup, interest: Interest, rng: Pcg64Mcg) -> Room<R> {
        Room {
            tick: Tick(0),
            rng,
            world: hecs::World::new(),
            entities: Entities::default(),
            // 0 is no entity and no player, so that a field can say "nobody".
            next_entity: 1,
            players: Players::default(),
            next_player: 1,
            map: R::map(&setup),
            setup,
            events: Vec::new(),
            channel_events: BTreeMap::new(),
            next_channel: FIRST_GAME_CHANNEL,
            grid: GridMap::new::<R>(interest),
            kicks: Vec::new(),
            actions: VecDeque::new(),
            history: History::new(R::TICK_RATE_HZ),
        }
    }

    /// The tick being simulated.
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Seconds per tick.
    pub fn dt_s(&self) -> f32 {
        R::dt_s()
    }

    /// The map that the setup names.
    pub fn map(&self) -> &R::Map {
        &self.map
    }

    /// What clients are told on joining.
    pub fn setup(&self) -> &R::Setup {
        &self.setup
    }

    /// The room's generator: the only randomness a deterministic game may use.
    pub fn rng(&mut self) -> &mut Pcg64Mcg {
        &mut self.rng
    }

    /// The world, to read.
    pub fn world(&self) -> &hecs::World {
        &self.world
    }

    /// The world, to change components. Spawn with [`Room::spawn`] and despawn with [`Room::despawn`]: an entity that
    /// the world alone knows is neither seen by clients nor saved.
    pub fn world_mut(&mut self) -> &mut hecs::World {
        &mut self.world
    }

    /// A new entity that clients see.
    pub fn spawn(&mut self, components: impl hecs::DynamicBundle) -> EntityId {
        self.spawn_owned(None, components)
    }

    /// A new entity whose owner-only fields `owner` sees.
    pub fn spawn_for(&mut self, owner: PlayerId, components: impl hecs::DynamicBundle) -> EntityId {
        self.spawn_owned(Some(owner), components)
    }

    fn spawn_owned(
        &mut self,
        owner: Option<PlayerId>,
        components: impl hecs::DynamicBundle,
    ) -> EntityId {
        let id = EntityId(self.next_entity);
        self.next_entity += 1;
        let entity = self.world.spawn(components);
        let replicated = Replicated {
            id,
            owner,
            home: Home::Position,
            slot: NO_SLOT,
        };
        // The entity was spawned on the line above, so it is there.
        let _ = self.world.insert_one(entity, replicated);
        self.entities.push(id, entity);
        id
    }

    /// Removes an entity. Does nothing when it is gone already.
    pub fn despawn(&mut self, id: EntityId) {
        if let Some(entity) = self.entities.remove(id) {
            let _ = self.world.despawn(entity);
        }
    }

    /// The hecs handle of an entity.
    pub fn entity(&self, id: EntityId) -> Option<hecs::Entity> {
        self.entities.get(id)
    }

    /// All entities by ascending id: the order to iterate in where order matters.
    pub fn entities(&self) -> impl Iterator<Item = (EntityId, hecs::Entity)> + '_ {
        self.entities.iter()
    }

    /// A copy of one component of an entity.
    pub fn get<C: hecs::Component + Clone>(&self, id: EntityId) -> Option<C> {
        self.world
            .get::<&C>(self.entity(id)?)
            .ok()
            .map(|component| (*component).clone())
    }

    /// Lets `change` at one component of an entity.
    pub fn with<C: hecs::Component, T>(
        &mut self,
        id: EntityId,
        change: impl FnOnce(&mut C) -> T,
    ) -> Option<T> {
        let entity = self.entity(id)?;
        self.world.query_one_mut::<&mut C>(entity).ok().map(change)
    }

    /// Players by ascending id, people and bots.
    pub fn players(&self) -> impl Iterator<Item = &Player<R>> + '_ {
        self.players.iter()
    }

    /// One player.
    pub fn player(&self, id: PlayerId) -> Option<&Player<R>> {
        self.players.get(id)
    }

    /// A player that the game itself plays, by [`Room::set_bot_input`].
    pub fn add_bot(&mut self, name: &str) -> PlayerId {
        let id = self.next_player_id();
        let player = Player::bot(id, name.to_owned());
        self.announce(&RoomEvent::Joined(player.info()));
        self.players.insert(player);
        id
    }

    /// Takes a bot out; its entities are the game's to remove. Does nothing for people.
    pub fn remove_bot(&mut self, id: PlayerId) {
        if self.players.get(id).is_some_and(|player| player.bot) {
            self.remove_player(id);
        }
    }

    /// What a bot intends, until the next call.
    pub fn set_bot_input(&mut self, id: PlayerId, input: R::Input) {
        if let Some(player) = self.players.get_mut(id).filter(|player| player.bot) {
            player.input = input;
        }
    }

    /// Gives a player the entity that its input moves. It must have a component of type `R::Avatar`.
    pub fn give_avatar(&mut self, player: PlayerId, entity: EntityId) {
        let handle = self.entities.get(entity);
        if let Some(player) = self.players.get_mut(player) {
            (player.avatar, player.handle) = (Some(entity), handle);
        }
    }

    /// The next of what the avatars' steps of this tick did beside moving them, in the order of players. If it is carried
    /// out call [`Room::confirm`]: its player has seen it already, and else it is taken back on its screen.
    pub fn next_action(&mut self) -> Option<Act<R::Action>> {
        self.actions.pop_front()
    }

    /// An action was carried out.
    pub fn confirm<A>(&mut self, act: &Act<A>) {
        self.tell(act.player, &RoomEvent::Acted(act.sequence));
    }

    /// Steps every avatar by its player's input of this tick, in the order of players.
    pub fn step_avatars(&mut self) {
        self.actions.clear();
        for player in self.players.iter_mut() {
            let Some(handle) = player.handle else {
                continue;
            };
            let Ok(avatar) = self.world.query_one_mut::<&mut R::Avatar>(handle) else {
                continue;
            };
            let before = avatar.clone();
            if player.bot {
                R::step(avatar, &player.input, &self.map, R::dt_s());
            } else {
                let tick = self.tick;
                player.trail.step(tick, avatar, |avatar| {
                    R::step(avatar, &player.input, &self.map, R::dt_s());
                });
            }
            let action = R::action(&before, avatar, &player.input);
            self.actions.extend(action.map(|action| Act {
                player: player.id,
                sequence: player.input_sequence,
                action,
            }));
        }
    }

    /// Tells everybody, with the next snapshot.
    pub fn broadcast(&mut self, event: R::Event) {
        self.announce(&RoomEvent::Game(event));
    }

    /// Tells one player, with the next snapshot.
    pub fn send(&mut self, player: PlayerId, event: R::Event) {
        self.tell(player, &RoomEvent::Game(event));
    }

    /// Sends a player away at the end of this tick; [`crate::game::Game::leave`] is called then.
    pub fn kick(&mut self, player: PlayerId, words: &str) {
        self.kicks
            .push((player, Refusal::new(CloseReason::Kicked, words)));
    }

    fn announce(&mut self, event: &RoomEvent<R::Event>) {
        push_event(&mut self.events, event);
    }

    fn tell(&mut self, player: PlayerId, event: &RoomEvent<R::Event>) {
        let player = self.players.get_mut(player);
        if let Some(player) = player.filter(|player| !player.bot && !player.away) {
            push_event(&mut player.own_events, event);
        }
    }

    fn next_player_id(&mut self) -> PlayerId {
        let id = PlayerId(self.next_player);
        self.next_player += 1;
        id
    }

    fn remove_player(&mut self, id: PlayerId) {
        if self.players.remove(id) {
            self.announce(&RoomEvent::Left(id));
        }
    }

    /// People with a seat, those included who may still come back.
    fn people(&self) -> usize {
        self.players.iter().filter(|player| !player.bot).count()
    }
}

/// Appends an encoded event, whole or not at all.
fn push_event<E: Serialize>(out: &mut Vec<u8>, event: &E) {
    let before = out.len();
    if out.len() > EVENT_BYTES || codec::encode_into(event, out).is_err() {
        out.truncate(before);
        tracing::warn!(
            "an event was dropped: too many since the last snapshot, or it cannot be encoded"
        );
    }
}
