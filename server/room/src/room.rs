//! A room as its game sees it: the world, its players, its channels, and what the players are told.
//!
//! In: the game's calls, within a tick. Out: a changed world, and events that wait for the next snapshot (`events`).
//! `avatars`, `subscriptions` and `rewind` hold the rest of what a game can do with a room.

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
    /// Ordered by id, so that iteration is deterministic.
    pub(crate) entities: Entities,
    pub(crate) next_entity: u32,
    pub(crate) players: Players<R>,
    pub(crate) next_player: u32,
    setup: R::Setup,
    pub(crate) map: R::Map,
    /// The events that wait for the next snapshot.
    pub(crate) events: Events,
    /// The number of the next channel that the game opens.
    pub(crate) next_channel: u32,
    pub(crate) grid: Option<GridMap>,
    pub(crate) kicks: Vec<(PlayerId, Refusal)>,
    /// What the avatars' steps of this tick did besides moving them.
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
            // No entity and no player has the id 0, so a field can say "nobody" with it.
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

    /// The map, built from the setup.
    pub fn map(&self) -> &R::Map {
        &self.map
    }

    /// What clients are told on joining.
    pub fn setup(&self) -> &R::Setup {
        &self.setup
    }

    /// The room's random generator: the only randomness that a deterministic game may use.
    pub fn rng(&mut self) -> &mut Pcg64Mcg {
        &mut self.rng
    }

    /// The world, for reading.
    pub fn world(&self) -> &hecs::World {
        &self.world
    }

    /// The world, for changing components. Spawn with [`Room::spawn`] and despawn with [`Room::despawn`]: an entity
    /// that only the world knows is not seen by clients and not saved.
    pub fn world_mut(&mut self) -> &mut hecs::World {
        &mut self.world
    }

    /// Spawns an entity that clients see, and gives its id.
    pub fn spawn(&mut self, components: impl hecs::DynamicBundle) -> EntityId {
        self.spawn_owned(None, components)
    }

    /// Spawns an entity that clients see, and gives its id. Its owner-only fields are seen by `owner` alone.
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
        // The entity was spawned just above, so it exists.
        let _ = self.world.insert_one(entity, replicated);
        self.entities.push(id, entity);
        id
    }

    /// Removes an entity. Does nothing if it is already gone.
    pub fn despawn(&mut self, id: EntityId) {
        if let Some(entity) = self.entities.remove(id) {
            let _ = self.world.despawn(entity);
        }
    }

    /// The hecs handle of an entity. `None` if it is gone.
    pub fn entity(&self, id: EntityId) -> Option<hecs::Entity> {
        self.entities.get(id)
    }

    /// All entities by ascending id. Use this order wherever the order matters.
    pub fn entities(&self) -> impl Iterator<Item = (EntityId, hecs::Entity)> + '_ {
        self.entities.iter()
    }

    /// A copy of one component of an entity. `None` if the entity is gone or has no such component.
    pub fn get<C: hecs::Component + Clone>(&self, id: EntityId) -> Option<C> {
        self.world
            .get::<&C>(self.entity(id)?)
            .ok()
            .map(|component| (*component).clone())
    }

    /// Runs `change` on one component of an entity and gives its result. `None`, and no call, if the entity is gone or
    /// has no such component.
    pub fn with<C: hecs::Component, T>(
        &mut self,
        id: EntityId,
        change: impl FnOnce(&mut C) -> T,
    ) -> Option<T> {
        let entity = self.entity(id)?;
        self.world.query_one_mut::<&mut C>(entity).ok().map(change)
    }

    /// All players, people and bots, by ascending id.
    pub fn players(&self) -> impl Iterator<Item = &Player<R>> + '_ {
        self.players.iter()
    }

    /// One player. `None` if it has left.
    pub fn player(&self, id: PlayerId) -> Option<&Player<R>> {
        self.players.get(id)
    }

    /// Adds a player that the game itself plays, by [`Room::set_bot_input`]. A bot takes no seat.
    pub fn add_bot(&mut self, name: &str) -> PlayerId {
        let id = self.next_player_id();
        let player = Player::bot(id, name.to_owned());
        self.announce(&RoomEvent::Joined(player.info()));
        self.players.insert(player);
        id
    }

    /// Takes a bot out of the room, with all that belongs to it. Does nothing to a person.
    pub fn remove_bot(&mut self, id: PlayerId) {
        if self.players.get(id).is_some_and(|player| player.bot) {
            self.despawn_all_of(id);
            self.remove_player(id);
        }
    }

    /// Sets a bot's input. It holds until the next call.
    pub fn set_bot_input(&mut self, id: PlayerId, input: R::Input) {
        if let Some(player) = self.players.get_mut(id).filter(|player| player.bot) {
            player.input = input;
        }
    }

    /// Tells everybody of an event, with the next snapshot.
    pub fn broadcast(&mut self, event: R::Event) {
        let event: RoomEvent<R::Event> = RoomEvent::Game(event);
        self.events.push_game(Listeners::Everybody, &event);
    }

    /// Tells one player of an event, with the next snapshot. A bot hears nothing.
    pub fn send(&mut self, player: PlayerId, event: R::Event) {
        if self.is_person(player) {
            let event: RoomEvent<R::Event> = RoomEvent::Game(event);
            self.events.push_game(Listeners::Player(player), &event);
        }
    }

    /// Sends a player away at the end of this tick, with these words. [`crate::Game::leave`] is called then.
    pub fn kick(&mut self, player: PlayerId, words: &str) {
        self.kicks
            .push((player, Refusal::new(CloseReason::Kicked, words)));
    }

    /// Tells the players that see this channel of an event, with the next snapshot.
    pub fn broadcast_in(&mut self, channel: ChannelId, event: R::Event) {
        let listeners = if channel == ChannelId::GLOBAL {
            Listeners::Everybody
        } else {
            Listeners::Channel(channel)
        };
        self.events.push_game(listeners, &RoomEvent::Game(event));
    }

    /// Tells the players that see this place of an event, with the next snapshot. The place is in the unit of the
    /// positions. In a room without a grid everybody is told.
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
        if self.is_person(player) {
            self.events.push(Listeners::Player(player), event);
        }
    }

    /// True for a player that may hear events. One that is away may be back before the snapshot, and then hears all of it.
    fn is_person(&self, player: PlayerId) -> bool {
        self.players.get(player).is_some_and(|player| !player.bot)
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

    /// True if this connection holds the player's seat. An earlier connection of the player may not have ended yet.
    pub fn is_held_by(&self, player: PlayerId, client: ClientId) -> bool {
        let player = self.players.get(player);
        player.is_some_and(|player| player.client == client)
    }

    /// How many people have a seat. It counts people that are away and may still come back.
    pub fn people(&self) -> usize {
        self.players.people()
    }
}
