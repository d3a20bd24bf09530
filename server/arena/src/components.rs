//! What only the server knows about the arena's entities. It is saved with the room and never sent.
//!
//! In: nothing. Out: the components that `combat`, `life` and `bots` keep beside the shared ones.

use serde::{Deserialize, Serialize};
use tickwire_arena::{Arena, Body, Fighter};
use tickwire_room::Room;
use tickwire_shared::ids::{EntityId, PlayerId};

/// A room of the arena.
pub(crate) type ArenaRoom = Room<Arena>;

/// A fighter's timers for healing, shield and death.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vitals {
    /// Seconds since the last hit.
    pub unhurt_s: f32,
    /// Health that has grown, but not yet by a whole point.
    pub healing: f32,
    /// Seconds for which the shield still lasts.
    pub shield_left_s: f32,
    /// Seconds until a dead fighter is back.
    pub respawn_left_s: f32,
}

/// The flight of a projectile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flight {
    /// Metres per second.
    pub vx: f32,
    /// Metres per second.
    pub vy: f32,
    /// Seconds until it vanishes.
    pub life_left_s: f32,
    /// The fighter that shot.
    pub shooter: EntityId,
}

/// A fighter as the rest of a tick sees it: one copy of what many stages ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub id: EntityId,
    pub player: PlayerId,
    pub bot: bool,
    pub x: f32,
    pub y: f32,
    pub vx: f32,
    pub vy: f32,
    pub aim: f32,
    pub can_dash: bool,
    pub alive: bool,
    pub shielded: bool,
    pub health: u8,
    pub ammo: u8,
    pub kills: u8,
    pub deaths: u8,
}

/// Fills `fighters` with everybody that has a fighter, in the order of their players.
pub(crate) fn look(room: &ArenaRoom, fighters: &mut Vec<Seen>) {
    fighters.clear();
    for player in room.players() {
        let Some((id, entity)) = player.avatar.and_then(|id| Some((id, room.entity(id)?))) else {
            continue;
        };
        let (Ok(body), Ok(fighter)) = (
            room.world().get::<&Body>(entity),
            room.world().get::<&Fighter>(entity),
        ) else {
            continue;
        };
        fighters.push(Seen {
            id,
            player: player.id,
            bot: player.bot,
            x: body.x,
            y: body.y,
            vx: body.vx,
            vy: body.vy,
            aim: body.aim,
            can_dash: body.dash_wait_s <= 0.0,
            alive: body.alive,
            shielded: fighter.shielded,
            health: fighter.health,
            ammo: body.hands.ammo,
            kills: fighter.kills,
            deaths: fighter.deaths,
        });
    }
}
