//! The part of the arena's world that clients see: components with their ranges, steps and units.
//!
//! In: what the step and the server's arena write. Out: rows on the wire, in the order in which `Arena` lists them. If
//! what is replicated changes, the bytes change: raise the arena's [`REVISION`](tickwire_shared::rules::Rules::REVISION).

use tickwire_shared::prelude::{component, message};

use crate::measures::MAGAZINE;

/// Where a fighter is and where it looks: the avatar that its player predicts. Metres, radians.
#[component]
pub struct Body {
    /// Metres east of the centre.
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, snap_over = 2.0, position)]
    pub x: f32,
    /// Metres south of the centre (down the screen).
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, snap_over = 2.0, position)]
    pub y: f32,
    /// Radians; 0 looks east, a quarter turn looks south.
    #[net(angle, bits = 8, interpolate)]
    pub aim: f32,
    /// Metres per second. Other screens see it through the row's motion.
    #[net(skip)]
    pub vx: f32,
    /// Metres per second.
    #[net(skip)]
    pub vy: f32,
    /// Seconds for which a dash still lasts.
    #[net(skip)]
    pub dash_left_s: f32,
    /// Seconds until the next dash.
    #[net(skip)]
    pub dash_wait_s: f32,
    /// False for a dead body, which does not move.
    pub alive: bool,
    /// The state of its guns.
    #[net(skip)]
    pub hands: Hands,
}

/// A fighter's guns, as its own player predicts them. Other screens see only their effects.
#[message]
pub struct Hands {
    /// Shots left before a reload.
    pub ammo: u8,
    /// Seconds until the rifle can fire again; slightly below 0 if it became ready between two ticks.
    pub rifle_wait_s: f32,
    /// Seconds until the rifle is loaded; 0 when no reload is under way.
    pub reload_left_s: f32,
    /// Seconds until the rail can fire again.
    pub rail_wait_s: f32,
    /// Number of shots of the rifle so far, wrapping.
    pub rifle_shots: u8,
    /// Number of shots of the rail so far, wrapping.
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

/// A player's or a bot's fighter: its player and its state.
#[component]
pub struct Fighter {
    /// The player's id, as in the roster.
    #[net(range = 0..=1_048_575)]
    pub player: u32,
    /// 0..=100.
    #[net(range = 0..=100)]
    pub health: u8,
    /// It has just (re)spawned and cannot be hurt yet.
    pub shielded: bool,
    /// Kills in this round; they decide it.
    #[net(range = 0..=255)]
    pub kills: u8,
    /// Deaths in this round.
    #[net(range = 0..=255)]
    pub deaths: u8,
    /// Rounds won since the player joined.
    #[net(range = 0..=255)]
    pub wins: u8,
    /// Shots left before a reload. Only its owner gets this.
    #[net(range = 0..=63, owner_only)]
    pub ammo: u8,
    /// A reload is under way.
    #[net(owner_only)]
    pub reloading: bool,
}

/// A shot in flight.
#[component]
pub struct Projectile {
    /// Metres east of the centre.
    #[net(range = -32.0..=32.0, step = 0.02, interpolate, position)]
    pub x: f32,
    /// Metres south of the centre.
    #[net(range = -32.0..=32.0, step = 0.02, interpolate, position)]
    pub y: f32,
    /// Radians, the direction of flight.
    #[net(angle, bits = 8, interpolate, heading)]
    pub angle: f32,
    /// The player who shot.
    #[net(range = 0..=1_048_575)]
    pub shooter: u32,
    /// Low bits of the sequence of the input that shot: the shooter's own screen uses them to match this shot with its
    /// ghost.
    #[net(range = 0..=4095)]
    pub sequence: u16,
}

/// The phase of the match.
#[component]
pub enum Phase {
    /// The round is running.
    #[default]
    Fight,
    /// The round is over, and the winner is shown.
    Over,
}

/// The match; exactly one entity of the room has it.
#[component]
pub struct Round {
    /// The current phase.
    pub phase: Phase,
    /// Seconds until the phase ends.
    #[net(range = 0..=1023)]
    pub seconds_left: u16,
    /// Kills that win the round.
    #[net(range = 0..=255)]
    pub kills_to_win: u8,
    /// The player who won, while the phase is `Over`; 0 is nobody.
    #[net(range = 0..=1_048_575)]
    pub winner: u32,
}
