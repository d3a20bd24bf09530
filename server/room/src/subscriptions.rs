//! What a game says about interest: its own channels, which players subscribe to them, and the place that a player's
//! interest follows.
//!
//! In: the game's calls. Out: homes of entities, for `capture`; subscriptions and places, for `interest`. All of it is
//! saved with the room.

use tickwire_shared::ids::{ChannelId, EntityId, PlayerId};
use tickwire_shared::replicate::{Replicate, Schema};
use tickwire_shared::rules::Rules;

use crate::entities::{Home, Replicated};
use crate::limits::{FIRST_CELL, FIRST_GAME_CHANNEL};
use crate::player::Player;
use crate::room::Room;

impl<R: Rules> Room<R> {
    /// Opens a channel of the game's own, for a team or for spectators, say. Nobody sees it before subscribing. A room
    /// has about a thousand of them; after that, the last one is given again.
    pub fn open_channel(&mut self) -> ChannelId {
        let channel = ChannelId(self.next_channel);
        self.next_channel = (self.next_channel + 1).min(FIRST_CELL - 1);
        channel
    }

    /// From now on a player sees what is in this channel, which must be one that [`Room::open_channel`] gave.
    pub fn subscribe(&mut self, player: PlayerId, channel: ChannelId) {
        if let Some(player) = self.players.get_mut(player)
            && is_games_own(channel)
        {
            player.subscribed.insert(channel);
        }
    }

    /// From now on a player no longer sees what is in this channel.
    pub fn unsubscribe(&mut self, player: PlayerId, channel: ChannelId) {
        if let Some(player) = self.players.get_mut(player) {
            player.subscribed.remove(&channel);
        }
    }

    /// Puts an entity into a channel, [`ChannelId::GLOBAL`] or one of the game's own, wherever its position is. With
    /// `None` its position decides again. Other channels than these are ignored.
    pub fn put_in_channel(&mut self, entity: EntityId, channel: Option<ChannelId>) {
        if channel.is_some_and(|channel| channel != ChannelId::GLOBAL && !is_games_own(channel)) {
            return;
        }
        self.with(entity, |replicated: &mut Replicated| {
            replicated.home = channel.map_or(Home::Position, Home::Channel);
        });
    }

    /// From now on a player sees what is near this place, and not what is near its avatar, as a spectator or a camera
    /// does. The place is in the unit of the positions. With `None` the avatar counts again. Without a grid this does
    /// nothing.
    pub fn set_interest_place(&mut self, player: PlayerId, place: Option<(f32, f32)>) {
        if let Some(player) = self.players.get_mut(player) {
            player.interest_place = place;
        }
    }

    /// The place that a player's interest follows: the one that the game named, or its avatar's. `values` lends its
    /// memory and has the length of an avatar's fields.
    pub(crate) fn interest_place(
        &self,
        player: &Player<R>,
        values: &mut [f64],
    ) -> Option<(f64, f64)> {
        if let Some((x, y)) = player.interest_place {
            return Some((f64::from(x), f64::from(y)));
        }
        let (x, y) = Schema::position_places(R::Avatar::FIELDS)?;
        let avatar = self.world.get::<&R::Avatar>(player.handle?).ok()?;
        avatar.values(values);
        Some((*values.get(x)?, *values.get(y)?))
    }
}

/// True for the numbers that [`Room::open_channel`] gives. A player's interest relies on them being below the cells'.
fn is_games_own(channel: ChannelId) -> bool {
    (FIRST_GAME_CHANNEL..FIRST_CELL).contains(&channel.0)
}
