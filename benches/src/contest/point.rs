//! What a contest finds: points, and the run that they make.
//!
//! In: the outcome of one load. Out: whether that number of players held, and what it cost; as JSON too. `search` and
//! `compete` gather points into a run.

use serde::Serialize;

use super::{Contestant, Game};
use crate::load::{Outcome, ServerFigures};

/// The result of one try.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Point {
    /// Number of players.
    pub players: usize,
    /// Everybody was in and got their snapshots in time.
    pub holds: bool,
    /// Share of its core that the server took.
    pub cpu: f64,
    /// CPU per player and second, ms.
    pub ms_per_player_s: f64,
    /// CPU per player and tick of its room, us: 60 ticks a second in the arena, 20 elsewhere.
    pub us_per_player_tick: f64,
    /// The part of it that the server spent in the kernel, us.
    pub kernel_us_per_player_tick: f64,
    /// Resident memory, bytes.
    pub resident_bytes: f64,
    /// Bytes on the socket per client and snapshot.
    pub bytes_per_snapshot: f64,
    /// Snapshots per second of the client that got the fewest.
    pub snapshots_per_s_min: f64,
    /// 99 % of all gaps are at most this, ms.
    pub gap_ms_p99: f64,
    /// 99 % of the load's own inputs left at most this late, ms. Much more than 1 means that the machine was not ours
    /// alone.
    pub load_late_ms_p99: f64,
    /// Clients that were not let in, or were lost.
    pub refused: usize,
    /// What the server reports about itself; only ours does.
    pub server: Option<ServerFigures>,
}

impl Point {
    pub(super) fn new(game: Game, players: usize, outcome: &Outcome) -> Point {
        let process = outcome.process.unwrap_or_default();
        let snapshots = outcome.snapshots_per_s_mean.max(f64::MIN_POSITIVE);
        let per_player_tick = 1e6 / game.tick_hz() / players as f64;
        Point {
            players,
            holds: outcome.holds(),
            cpu: process.cpu,
            ms_per_player_s: process.cpu * 1e3 / players as f64,
            us_per_player_tick: process.cpu * per_player_tick,
            kernel_us_per_player_tick: process.kernel_cpu * per_player_tick,
            resident_bytes: process.resident_bytes,
            bytes_per_snapshot: outcome.bytes_down_per_client_per_s / snapshots,
            snapshots_per_s_min: outcome.snapshots_per_s_min,
            gap_ms_p99: outcome.gap_ms.p99,
            load_late_ms_p99: outcome.load_late_ms.p99,
            refused: outcome.refused,
            server: outcome.server,
        }
    }
}

/// All tries of one contestant at one game.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The game.
    pub game: Game,
    /// The contestant.
    pub contestant: Contestant,
    /// The tries, by ascending number of players.
    pub points: Vec<Point>,
    /// The largest number of players that held; 0 if none did.
    pub largest: usize,
}
