//! What the arena tells its clients beside state: things to flash, sound and list once.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a room of the arena tells each client on joining.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArenaSetup {
    /// The name of the map.
    pub map: String,
}

/// Something that happened at one tick. Positions in metres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub enum ArenaEvent {
    /// A fighter shot: flash its muzzle.
    Shot {
        /// Who.
        player: u32,
    },
    /// A fighter's rail fired: draw its beam.
    Rail {
        /// Who.
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
    /// For the shooter alone: what the server made of its rail's shot. Metres.
    Rewound {
        /// The fighter whom the beam came nearest to.
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
        /// The beam hit it.
        hit: bool,
    },
    /// A shot hit a fighter.
    Hit {
        /// Who shot.
        shooter: u32,
        /// Who was hit.
        victim: u32,
        /// Health lost; 0 when a shield took the shot.
        damage: u8,
        /// Where.
        x: f32,
        /// Where.
        y: f32,
    },
    /// A shot hit a wall.
    Spark {
        /// Where.
        x: f32,
        /// Where.
        y: f32,
    },
    /// A fighter died.
    Kill {
        /// Who shot.
        killer: u32,
        /// Who died.
        victim: u32,
        /// Where.
        x: f32,
        /// Where.
        y: f32,
    },
    /// A fighter is (back) in the arena.
    Spawned {
        /// Who.
        player: u32,
    },
    /// A new round begins; scores are 0.
    RoundStarted,
    /// The round is over.
    RoundOver {
        /// Who won; 0 is nobody.
        winner: u32,
    },
}
