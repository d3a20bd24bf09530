//! What of the arena's world clients see: components with their ranges, steps and units.

use serde::{Deserialize, Serialize};
use tickwire_shared::replicate::Replicate;

use crate::guns::MAGAZINE;

/// Where a fighter is and where it looks: the avatar that its player predicts. Metres, radians.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Replicate)]
pub struct Body {
    /// Metres east of the middle.
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, snap_over = 2.0, position)]
    pub x: f32,
    /// Metres south of the middle (the screen's down).
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, snap_over = 2.0, position)]
    pub y: f32,
    /// Radians; 0 looks east, a quarter turn looks south.
    #[net(angle, bits = 8, interpolate)]
    pub aim: f32,
    /// Metres per second. Other screens see it in the motion.
    #[net(skip)]
    pub vx: f32,
    /// Metres per second.
    #[net(skip)]
    pub vy: f32,
    /// Seconds that a dash still lasts.
    #[net(skip)]
    pub dash_left_s: f32,
    /// Seconds until the next dash.
    #[net(skip)]
    pub dash_wait_s: f32,
    /// A dead body does not move.
    pub alive: bool,
    /// What it has in its hands.
    #[net(skip)]
    pub hands: Hands,
}

/// A fighter's guns, as its own player predicts them. Other screens see what they do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hands {
    /// Shots left before a reload.
    pub ammo: u8,
    /// Seconds until the rifle can fire again; a little under 0 when it was ready between two ticks.
    pub rifle_wait_s: f32,
    /// Seconds until the rifle is loaded; 0 when it is not being reloaded.
    pub reload_left_s: f32,
    /// Seconds until the rail can fire again.
    pub rail_wait_s: f32,
    /// Shots of the rifle so far, wrapping.
    pub rifle_shots: u8,
    /// Shots of the rail so far, wrapping.
    pub rail_shots: u8,
}

impl Default for Hands {
    fn default() -> Hands {
        Hands {
            ammo: MAGAZINE,
            rifle_wait_s: 0.0,
            reload_left_s: 0.0,
            rail_wait_s: 0.0,
            rifle_shots: 0,
            rail_shots: 0,
        }
    }
}

/// A player's or a bot's fighter: whose it is and how it fares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Replicate)]
pub struct Fighter {
    /// The player, as in the roster.
    #[net(range = 0..=1_048_575)]
    pub player: u32,
    /// 0..=100.
    #[net(range = 0..=100)]
    pub health: u8,
    /// Just (re)spawned: cannot be hurt yet.
    pub shielded: bool,
    /// Kills in this round, which decide it.
    #[net(range = 0..=255)]
    pub kills: u8,
    /// Deaths in this round.
    #[net(range = 0..=255)]
    pub deaths: u8,
    /// Rounds won since the player came.
    #[net(range = 0..=255)]
    pub wins: u8,
    /// Shots left before a reload. Nobody else's business.
    #[net(range = 0..=63, owner_only)]
    pub ammo: u8,
    /// Reloading now.
    #[net(owner_only)]
    pub reloading: bool,
}

/// A shot in flight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Replicate)]
pub struct Projectile {
    /// Metres east of the middle.
    #[net(range = -32.0..=32.0, step = 0.02, interpolate, position)]
    pub x: f32,
    /// Metres south of the middle.
    #[net(range = -32.0..=32.0, step = 0.02, interpolate, position)]
    pub y: f32,
    /// Radians, the direction of flight.
    #[net(angle, bits = 8, interpolate, heading)]
    pub angle: f32,
    /// The player who shot.
    #[net(range = 0..=1_048_575)]
    pub shooter: u32,
    /// By which input, low bits: how the shooter's own screen knows it for the one that it shows already.
    #[net(range = 0..=4095)]
    pub sequence: u16,
}

/// What the match is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Replicate)]
pub enum Phase {
    /// The round runs.
    #[default]
    Fight,
    /// The round is over; the winner is shown.
    Over,
}

/// The match: one entity of the room has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Replicate)]
pub struct Round {
    /// What the match is doing.
    pub phase: Phase,
    /// Seconds until the phase ends.
    #[net(range = 0..=1023)]
    pub seconds_left: u16,
    /// Kills that win the round.
    #[net(range = 0..=255)]
    pub kills_to_win: u8,
    /// The player who won, while the phase is `Over`. 0: nobody.
    #[net(range = 0..=1_048_575)]
    pub winner: u32,
}
