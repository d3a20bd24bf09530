//! What a game says about who sees what: channels of its own, who subscribes to them, and where a player looks from.
//!
//! In: the game's calls. Out: what `capture` and `interest` go by. Saved with the room.

use tickwire_shared::ids::{ChannelId, EntityId, PlayerId};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::replicate::{Replicate, Schema};
use tickwire_shared::rules::Rules;

use super::interest::FIRST_CELL;
use super::player::Player;
use super::{Home, Replicated, Room, push_event};

impl<R: Rules> Room<R> {
    /// Opens a channel of the game's own: a team's, a spectators' one. Nobody sees it until subscribed. There may be
    /// about a thousand in a room; from then on the last one is given again.
    pub fn open_channel(&mut self) -> ChannelId {
        let channel = ChannelId(self.next_channel);
        self.next_channel = (self.next_channel + 1).min(FIRST_CELL - 1);
        channel
    }

    /// From now on a player sees what is in this channel.
    pub fn subscribe(&mut self, player: PlayerId, channel: ChannelId) {
        if let Some(player) = self.players.get_mut(player)
            && channel > ChannelId::OWN
        {
            player.subscribed.insert(channel);
        }
    }

    /// From now on a player does not see what is in this channel.
    pub fn unsubscribe(&mut self, player: PlayerId, channel: ChannelId) {
        if let Some(player) = self.players.get_mut(player) {
            player.subscribed.remove(&channel);
        }
    }

    /// Puts an entity into a channel, [`ChannelId::GLOBAL`] or one of the game's own, wherever it is. `None`: its position
    /// decides again.
    pub fn put_in_channel(&mut self, entity: EntityId, channel: Option<ChannelId>) {
        self.with(entity, |replicated: &mut Replicated| {
            replicated.home = channel.map_or(Home::Position, Home::Channel);
        });
    }

    /// A player sees what is near this place instead of what is near its avatar: a spectator, a camera. `None`: its avatar
    /// again. Only of use in a room with a grid.
    pub fn look_from(&mut self, player: PlayerId, place: Option<(f32, f32)>) {
        if let Some(player) = self.players.get_mut(player) {
            player.looks_from = place;
        }
    }

    /// Tells who sees this channel, with the next snapshot.
    pub fn broadcast_in(&mut self, channel: ChannelId, event: R::Event) {
        let event = RoomEvent::Game(event);
        if channel == ChannelId::GLOBAL {
            self.announce(&event);
        } else {
            push_event(self.channel_events.entry(channel).or_default(), &event);
        }
    }

    /// Tells who sees this place, with the next snapshot: everybody, in a room without a grid.
    pub fn broadcast_at(&mut self, (x, y): (f32, f32), event: R::Event) {
        let map = self.grid.as_ref();
        let channel = map.map_or(ChannelId::GLOBAL, |map| {
            map.channel_at(f64::from(x), f64::from(y))
        });
        self.broadcast_in(channel, event);
    }

    /// Where a player looks from: where its game says, or its avatar.
    pub(super) fn eye(&self, player: &Player<R>, values: &mut [f64]) -> Option<(f64, f64)> {
        if let Some((x, y)) = player.looks_from {
            return Some((f64::from(x), f64::from(y)));
        }
        let (x, y) = Schema::position_places(R::Avatar::FIELDS)?;
        let avatar = self.world.get::<&R::Avatar>(player.handle?).ok()?;
        avatar.values(values);
        Some((*values.get(x)?, *values.get(y)?))
    }
}
