//! Avatars, which players' inputs move, and what an input does besides moving one.
//!
//! In: each player's input for this tick. Out: avatars one step on, and actions for the game to carry out and confirm.

use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rules::{Act, Rules};

use crate::entities::Replicated;
use crate::room::Room;

impl<R: Rules> Room<R> {
    /// Gives a player the entity that its input moves. The entity must have a component of type `R::Avatar`.
    pub fn give_avatar(&mut self, player: PlayerId, entity: EntityId) {
        let handle = self.entities.get(entity);
        if let Some(player) = self.players.get_mut(player) {
            (player.avatar, player.handle) = (Some(entity), handle);
            let id = player.id;
            self.announce(&RoomEvent::Avatar(id, entity));
        }
    }

    /// Spawns an avatar for a player and hands it over. Does nothing in a game without avatars.
    pub fn spawn_avatar(&mut self, player: PlayerId, avatar: R::Avatar) {
        if R::Avatar::NAME != <() as Replicate>::NAME {
            let entity = self.spawn_for(player, (avatar,));
            self.give_avatar(player, entity);
        }
    }

    /// The same, with more components on the entity: `room.spawn_avatar_with(player, avatar, (Score::default(),))`. In a game
    /// without avatars the entity has these alone, and is nobody's avatar.
    pub fn spawn_avatar_with(
        &mut self,
        player: PlayerId,
        avatar: R::Avatar,
        more: impl hecs::DynamicBundle,
    ) -> EntityId {
        let entity = self.spawn_for(player, more);
        if let Some(handle) = self.entities.get(entity)
            && R::Avatar::NAME != <() as Replicate>::NAME
        {
            // The entity was spawned just above, so it exists.
            let _ = self.world.insert_one(handle, avatar);
            self.give_avatar(player, entity);
        }
        entity
    }

    /// A player's avatar as it is now. `None` if it has none.
    pub fn avatar(&self, player: PlayerId) -> Option<R::Avatar> {
        let handle = self.players.get(player)?.handle?;
        let avatar = self.world.get::<&R::Avatar>(handle).ok()?;
        Some((*avatar).clone())
    }

    /// Changes a player's avatar. `None`, and nothing done, if it has none.
    pub fn with_avatar<T>(
        &mut self,
        player: PlayerId,
        change: impl FnOnce(&mut R::Avatar) -> T,
    ) -> Option<T> {
        let entity = self.players.get(player)?.avatar?;
        self.with(entity, change)
    }

    /// A copy of a component of what belongs to a player: of its avatar, or else of the oldest entity that was spawned for
    /// it and has one. `None` if nothing has. What is not on the avatar is searched among all entities.
    pub fn get_of<C: hecs::Component + Clone>(&self, player: PlayerId) -> Option<C> {
        self.get(self.with_component::<C>(player)?)
    }

    /// Changes that component. `None`, and nothing done, if there is none.
    pub fn with_of<C: hecs::Component, T>(
        &mut self,
        player: PlayerId,
        change: impl FnOnce(&mut C) -> T,
    ) -> Option<T> {
        self.with(self.with_component::<C>(player)?, change)
    }

    fn with_component<C: hecs::Component>(&self, player: PlayerId) -> Option<EntityId> {
        let has = |id: &EntityId| {
            let handle = self.entities.get(*id);
            handle.is_some_and(|handle| self.world.get::<&C>(handle).is_ok())
        };
        let avatar = self.players.get(player).and_then(|player| player.avatar);
        avatar.filter(has).or_else(|| {
            let mut ids = self.entities().map(|(id, _)| id);
            ids.find(|id| self.owner(*id) == Some(player) && has(id))
        })
    }

    /// The player that an entity belongs to. `None` if it belongs to nobody, or is gone.
    pub fn owner(&self, entity: EntityId) -> Option<PlayerId> {
        let handle = self.entities.get(entity)?;
        self.world.get::<&Replicated>(handle).ok()?.owner
    }

    /// Removes all that belongs to a player: its avatar, and what was spawned for it. What has become another player's
    /// avatar stays.
    pub fn despawn_all_of(&mut self, player: PlayerId) {
        self.despawn_since(player, EntityId(0));
    }

    /// The same, of those entities that are not older than `first`.
    pub(crate) fn despawn_since(&mut self, player: PlayerId, first: EntityId) {
        let avatar = self.players.get(player).and_then(|player| player.avatar);
        let is_others = |id| {
            let mut others = self.players.iter().filter(|other| other.id != player);
            others.any(|other| other.avatar == Some(id))
        };
        let of = |id: &EntityId| {
            let is_its = Some(*id) == avatar || self.owner(*id) == Some(player);
            id.0 >= first.0 && is_its && !is_others(*id)
        };
        let ids = self.entities().map(|(id, _)| id).filter(of);
        for id in ids.collect::<Vec<_>>() {
            self.despawn(id);
        }
    }

    /// Steps every avatar by its player's input for this tick, in the order of players.
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
            if let Some(action) = R::action(&before, avatar, &player.input) {
                self.actions.push_back(Act {
                    player: player.id,
                    sequence: player.input_sequence,
                    action,
                });
            }
        }
    }

    /// Takes the next action of this tick, in the order of players: something that an avatar's step did besides moving
    /// it. `None` when all are taken. Carry the action out, then call [`Room::confirm`]. The player's screen already
    /// shows it, and takes it back if it is not confirmed.
    pub fn next_action(&mut self) -> Option<Act<R::Action>> {
        self.actions.pop_front()
    }

    /// Tells a player that its action was carried out.
    pub fn confirm<A>(&mut self, act: &Act<A>) {
        self.tell(act.player, &RoomEvent::Acted(act.sequence));
    }
}
