//! What a player of the arena wants to do in one tick.
//!
//! In: keyboard and mouse, read by the page; bots make inputs too. Out: what the step takes. An input from the wire is
//! checked here, because the step may rely on its ranges.

use serde::{Deserialize, Serialize};
use tickwire_shared::rules::Input;
use ts_rs::TS;

/// The state of keyboard and mouse in one tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct ArenaInput {
    /// -1 (west) ..= 1 (east).
    pub right: i8,
    /// -1 (north) ..= 1 (south).
    pub down: i8,
    /// Radians in -pi..=pi; 0 looks east, a quarter turn looks south.
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

impl Input for ArenaInput {
    fn is_valid(&self) -> bool {
        // Comparisons with a NaN are false, so a NaN is not in range.
        (-1..=1).contains(&self.right)
            && (-1..=1).contains(&self.down)
            && (-std::f32::consts::PI..=std::f32::consts::PI).contains(&self.aim)
    }

    fn released(&self) -> ArenaInput {
        ArenaInput {
            aim: self.aim,
            ..ArenaInput::default()
        }
    }
}
