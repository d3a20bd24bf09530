//! The games of a contest, which every server plays alike.
//!
//! In: a flag. Out: the game, its name in the servers' flags, and how often everybody sends and is sent something.

use serde::Serialize;

/// Snapshots and inputs per second, in every game.
pub const HZ: f64 = 20.0;

/// The game to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Game {
    /// One room; everybody sees everybody.
    Field,
    /// One room; everybody sees about forty others.
    Interest,
    /// Rooms of eight.
    Rooms,
}

impl Game {
    /// The name in the servers' flag.
    pub fn label(self) -> &'static str {
        match self {
            Game::Field => "field",
            Game::Interest => "interest",
            Game::Rooms => "rooms",
        }
    }
}
