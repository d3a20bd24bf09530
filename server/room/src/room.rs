//! A room as its game sees it: the world, its players, its channels, and what they are told.
//!
//! In: calls of the game, within a tick. Out: a changed world, events that wait for the next snapshot (`events`).
//! `avatars`, `subscriptions` and `rewind` have the rest of what a game can do with a room.

use std::collections::VecDeque;

use rand_pcg::Pcg64Mcg;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, EntityId, PlayerId, Tick};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::{Act, Rules};

use crate::channels::NO_CHANNEL;
use crate::entities::{Entities, Home, Replicated};
use crate::events::{Events, Listeners};
use crate::grid::{GridMap, Interest};
use crate::history::History;
use crate::inbox::ClientId;
use crate::limits::FIRST_GAME_CHANNEL;
use crate::player::Player;
use crate::players::Players;

/// A room as its game sees it.
pub struct Room<R: Rules> {
    pub(crate) tick: Tick,
    pub(crate) rng: Pcg64Mcg,
    pub(crate) world: hecs::World,
    /// Ordered, so that iterating is deterministic.
    pub(crate) entities: Entities,
    pub(crate) next_entity: u32,
    pub(crate) players: Players<R>,
    pub(crate) next_player: u32,
    setup: R::Setup,
    pub(crate) map: R::Map,
    /// What waits for the next snapshot.
    pub(crate) events: Events,
    /// The next channel that the game opens.
    pub(crate) next_channel: u32,
    pub(crate) grid: Option<GridMap>,
    pub(crate) kicks: Vec<(PlayerId, Refusal)>,
    /// What the avatars' steps of this tick did beside moving them.
    pub(crate) actions: VecDeque<Act<R::Action>>,
    pub(crate) history: History,
}

impl<R: Rules> Room<R> {
    /// # Panics
    /// When no room can have this interest. [`Interest::check`] says so before a room is opened.
    pub(crate) fn new(setup: R::Setup, interest: Interest, rng: Pcg64Mcg) -> Room<R> {
        let grid = GridMap::new::<R>(interest).unwrap_or_else(|bad| panic!("{bad}"));
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
            events: Events::default(),
            next_channel: FIRST_GAME_CHANNEL,
            grid,
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

    pub(crate) fn spawn_owned(
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
            channel: NO_CHANNEL,
            placed_in: 0,
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

    /// Tells everybody, with the next snapshot.
    pub fn broadcast(&mut self, event: R::Event) {
        self.announce(&RoomEvent::Game(event));
    }

    /// Tells one player, with the next snapshot.
    pub fn send(&mut self, player: PlayerId, event: R::Event) {
        self.tell(player, &RoomEvent::Game(event));
    }

    /// Sends a player away at the end of this tick; [`crate::Game::leave`] is called then.
    pub fn kick(&mut self, player: PlayerId, words: &str) {
        self.kicks
            .push((player, Refusal::new(CloseReason::Kicked, words)));
    }

    /// Tells those who see this channel, with the next snapshot.
    pub fn broadcast_in(&mut self, channel: ChannelId, event: R::Event) {
        let listeners = if channel == ChannelId::GLOBAL {
            Listeners::Everybody
        } else {
            Listeners::Channel(channel)
        };
        self.events.push(listeners, &RoomEvent::Game(event));
    }

    /// Tells those who see this place, with the next snapshot: everybody, in a room without a grid.
    pub fn broadcast_at(&mut self, (x, y): (f32, f32), event: R::Event) {
        let map = self.grid.as_ref();
        let channel = map.map_or(ChannelId::GLOBAL, |map| {
            map.channel_at(f64::from(x), f64::from(y))
        });
        self.broadcast_in(channel, event);
    }

    pub(crate) fn announce(&mut self, event: &RoomEvent<R::Event>) {
        self.events.push(Listeners::Everybody, event);
    }

    pub(crate) fn tell(&mut self, player: PlayerId, event: &RoomEvent<R::Event>) {
        // Who is away may be back before the snapshot, and then hears it like everything else that it tells.
        if self.players.get(player).is_some_and(|player| !player.bot) {
            self.events.push(Listeners::Player(player), event);
        }
    }

    pub(crate) fn next_player_id(&mut self) -> PlayerId {
        let id = PlayerId(self.next_player);
        self.next_player += 1;
        id
    }

    pub(crate) fn remove_player(&mut self, id: PlayerId) {
        if self.players.remove(id) {
            self.announce(&RoomEvent::Left(id));
        }
    }

    /// True when this connection holds the player's seat: an earlier one may still be about to end.
    pub fn is_held_by(&self, player: PlayerId, client: ClientId) -> bool {
        let player = self.players.get(player);
        player.is_some_and(|player| player.client == client)
    }

    /// People with a seat, those included who may still come back.
    pub fn people(&self) -> usize {
        self.players.iter().filter(|player| !player.bot).count()
    }
}
