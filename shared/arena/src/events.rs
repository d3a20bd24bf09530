//! What the arena tells its clients besides state: things to flash, to sound and to list once.
//!
//! In: what the server's arena decides in a tick. Out: events on the wire; the page draws and plays them. Must not:
//! carry state that a client which joins later would miss.

use tickwire_shared::prelude::message;

/// What a room of the arena tells each client that joins.
#[message]
#[derive(Default)]
pub struct ArenaSetup {
    /// The name of the map.
    pub map: String,
}

/// Something that happened in one tick. Positions are in metres.
#[message]
pub enum ArenaEvent {
    /// A fighter shot: flash its muzzle.
    Shot {
        /// The fighter's player.
        player: u32,
    },
    /// A fighter's rail fired: draw its beam.
    Rail {
        /// The fighter's player.
        player: u32,
        /// From here...
        x: f32,
        /// From here...
        y: f32,
        /// ...to here.
        to_x: f32,
        /// ...to here.
        to_y: f32,
    },
    /// How the server judged a shot of the rail; sent to the shooter alone. Metres.
    Rewound {
        /// The fighter that the beam came nearest to.
        victim: u32,
        /// Where the server saw it, rewound to what the shooter saw.
        x: f32,
        /// Where the server saw it, rewound to what the shooter saw.
        y: f32,
        /// Where it is now.
        now_x: f32,
        /// Where it is now.
        now_y: f32,
        /// How far back that was, milliseconds.
        rewound_ms: f32,
        /// Whether the beam hit it.
        hit: bool,
    },
    /// A shot hit a fighter.
    Hit {
        /// The player who shot.
        shooter: u32,
        /// The player who was hit.
        victim: u32,
        /// Health lost; 0 if a shield took the shot.
        damage: u8,
        /// The place of the hit.
        x: f32,
        /// The place of the hit.
        y: f32,
    },
    /// A shot hit a wall.
    Spark {
        /// The place of the hit.
        x: f32,
        /// The place of the hit.
        y: f32,
    },
    /// A fighter died.
    Kill {
        /// The player who shot.
        killer: u32,
        /// The player who died.
        victim: u32,
        /// The place of the death.
        x: f32,
        /// The place of the death.
        y: f32,
    },
    /// A fighter is (back) in the arena.
    Spawned {
        /// The fighter's player.
        player: u32,
    },
    /// A new round begins; scores are 0.
    RoundStarted,
    /// The round is over.
    RoundOver {
        /// The player who won; 0 is nobody.
        winner: u32,
    },
}
