//! The games of a contest, which every server plays alike.
//!
//! In: a flag. Out: the game, its name in the servers' flags, and how often it ticks and everybody sends and is sent
//! something.

use serde::Serialize;
use tickwire_arena::Arena;
use tickwire_shared::rules::Rules;

/// Ticks, snapshots and inputs per second, in every game but the arena.
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
    /// Rooms of eight in the arena, as browsers play it. It is ours alone: there are no peers.
    Arena,
}

impl Game {
    /// The name in the servers' flag.
    pub fn label(self) -> &'static str {
        match self {
            Game::Field => "field",
            Game::Interest => "interest",
            Game::Rooms => "rooms",
            Game::Arena => "arena",
        }
    }

    /// True if players are in rooms of eight, and not all in one.
    pub fn has_rooms(self) -> bool {
        matches!(self, Game::Rooms | Game::Arena)
    }

    /// Ticks of a room per second; each player sends an input for each.
    pub fn tick_hz(self) -> f64 {
        match self {
            Game::Field | Game::Interest | Game::Rooms => HZ,
            Game::Arena => f64::from(Arena::TICK_RATE_HZ),
        }
    }

    /// Every how manieth tick has a snapshot.
    pub fn ticks_per_snapshot(self) -> u32 {
        match self {
            Game::Field | Game::Interest | Game::Rooms => 1,
            Game::Arena => Arena::TICKS_PER_SNAPSHOT,
        }
    }

    /// Snapshots per second for each player.
    pub fn snapshot_hz(self) -> f64 {
        self.tick_hz() / f64::from(self.ticks_per_snapshot())
    }
}
