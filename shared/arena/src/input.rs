//! What a player of the arena wants to do in one tick.
//!
//! In: keyboard and mouse, read by the page; bots make inputs too. Out: what the step takes. An input from the wire is
//! checked by what is declared here, because the step may rely on its ranges.

use tickwire_shared::prelude::input;

/// The state of keyboard and mouse in one tick.
#[input]
pub struct ArenaInput {
    /// -1 (west) ..= 1 (east).
    #[net(range = -1..=1)]
    pub right: i8,
    /// -1 (north) ..= 1 (south).
    #[net(range = -1..=1)]
    pub down: i8,
    /// Radians in -pi..=pi; 0 looks east, a quarter turn looks south.
    #[net(angle, bits = 16, held)]
    pub aim: f32,
    /// The rifle's trigger is held.
    pub fire: bool,
    /// The rail's trigger is held.
    pub rail: bool,
    /// The player asks for a dash.
    pub dash: bool,
    /// The player asks for a reload.
    pub reload: bool,
}
