//! Avatars, which players' inputs move, and what an input does besides moving one.
//!
//! In: each player's input for this tick. Out: avatars one step on, and actions for the game to carry out and confirm.

use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::{Act, Rules};

use crate::room::Room;

impl<R: Rules> Room<R> {
    /// Gives a player the entity that its input moves. The entity must have a component of type `R::Avatar`.
    pub fn give_avatar(&mut self, player: PlayerId, entity: EntityId) {
        let handle = self.entities.get(entity);
        if let Some(player) = self.players.get_mut(player) {
            (player.avatar, player.handle) = (Some(entity), handle);
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
