//! Side by side: our server, the peers and the limit do the same work, one after the other, each alone on one core.
//!
//! In: games, contestants, and the numbers of players to try. Out: points (number of players, whether it held, what it
//! cost), and for each contestant the largest number that holds. `servers` starts them, `search` finds the number,
//! `compete` does both as often as asked, `medians` makes one run of several, `plot` draws. For our server alone:
//! `curve`, `panels` (its picture), `footprint` (memory, and how late ticks are).

mod compete;
mod curve;
mod footprint;
mod medians;
mod panels;
mod plot;
mod search;
mod servers;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::field::ROOM_SEATS;
use crate::load::{
    self, Cast, Colyseus, Decode, Outcome, Plain, Plan, Progress, ServerFigures, SocketIo,
};
pub use compete::{Bout, compete};
pub use curve::{Curve, curve_table};
pub use footprint::{
    Footprint, Lateness, LatenessPlan, Memory, MemoryPlan, lateness, memory, memory_table,
};
pub use medians::{median, median_run};
pub use panels::draw_panels;
pub use plot::draw;
pub use search::{Effort, LADDER, largest};
pub use servers::{Server, pin, prepare};

/// Snapshots and inputs per second, in every game.
pub const HZ: f64 = 20.0;
/// Bytes per mover that the limit writes until we know how many ours writes.
const GUESS_BYTES: f64 = 2.5;

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

/// A server that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Contestant {
    /// Our server.
    Tickwire,
    /// A bare loop that writes frames of our size.
    Limit,
    /// The library `ws`, a bare shared buffer.
    Ws,
    /// Socket.IO, one binary broadcast.
    Socketio,
    /// Colyseus, its own schema.
    Colyseus,
}

impl Contestant {
    /// The name in tables, files and flags.
    pub fn label(self) -> &'static str {
        match self {
            Contestant::Tickwire => "tickwire",
            Contestant::Limit => "limit",
            Contestant::Ws => "ws",
            Contestant::Socketio => "socketio",
            Contestant::Colyseus => "colyseus",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Contestant::Tickwire => "/ws",
            Contestant::Socketio => "/socket.io/?EIO=4&transport=websocket",
            Contestant::Limit | Contestant::Ws | Contestant::Colyseus => "/",
        }
    }

    fn cast(self, game: Game) -> Cast {
        match self {
            Contestant::Tickwire => Box::new(move |client| {
                // In every peer, a new client gets a free seat. Naming the room has the same effect, but costs less.
                let room = match game {
                    Game::Rooms => format!("room-{}", client / ROOM_SEATS),
                    Game::Field | Game::Interest => String::new(),
                };
                load::field(client, room, Decode::None)
            }),
            Contestant::Limit | Contestant::Ws => Box::new(|client| Box::new(Plain::new(client))),
            Contestant::Socketio => Box::new(|client| Box::new(SocketIo::new(client))),
            Contestant::Colyseus => Box::new(|client| Box::new(Colyseus::new(client))),
        }
    }
}

/// The result of one try.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Point {
    /// Number of players.
    pub players: usize,
    /// Everybody was in and got their snapshots in time.
    pub holds: bool,
    /// Share of its core that the server took.
    pub cpu: f64,
    /// CPU per player and tick, us.
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
    fn new(players: usize, outcome: &Outcome) -> Point {
        let process = outcome.process.unwrap_or_default();
        let snapshots = outcome.snapshots_per_s_mean.max(f64::MIN_POSITIVE);
        Point {
            players,
            holds: outcome.holds(),
            cpu: process.cpu,
            us_per_player_tick: process.cpu * 1e6 / HZ / players as f64,
            kernel_us_per_player_tick: process.kernel_cpu * 1e6 / HZ / players as f64,
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

/// The size of our frames, so that the limit can write frames of the same size. It holds what we sent, as far as that
/// is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameSize {
    seen: Option<(f64, f64)>,
}

impl FrameSize {
    /// Takes the size from a run of ours: from its largest point that held, or from its smallest if none did.
    pub fn of(run: Option<&Run>) -> FrameSize {
        let best = run.and_then(|run| {
            let held = run.points.iter().rfind(|point| point.holds);
            held.or(run.points.first())
        });
        FrameSize {
            seen: best.map(|point| (point.players as f64, point.bytes_per_snapshot)),
        }
    }

    /// Payload for this many players, bytes. In `field` it grows with them; elsewhere everybody sees a fixed number.
    fn payload(self, game: Game, players: usize) -> usize {
        let bytes = match (game, self.seen) {
            (Game::Field, Some((then, bytes))) => bytes * players as f64 / then,
            (Game::Field, None) => GUESS_BYTES * players as f64,
            (_, Some((_, bytes))) => bytes,
            (Game::Interest, None) => GUESS_BYTES * 40.0,
            (Game::Rooms, None) => GUESS_BYTES * ROOM_SEATS as f64,
        };
        // The bytes on the socket include the frame's head, which the limit adds itself.
        (bytes as usize).saturating_sub(4).max(1)
    }
}

/// One try of one contestant: a fresh server, the given number of players, a few seconds.
///
/// # Errors
/// The server does not start.
pub fn try_out(
    root: &Path,
    game: Game,
    contestant: Contestant,
    players: usize,
    frame: FrameSize,
    effort: &Effort,
    progress: impl FnMut(&Progress),
) -> Result<Point> {
    let server = Server::start(
        root,
        game,
        contestant,
        players,
        frame.payload(game, players),
    )?;
    let mut plan = Plan {
        address: server.address.clone(),
        path: contestant.path().to_owned(),
        matchmake: contestant == Contestant::Colyseus,
        players,
        joins_per_s: effort.joins_per_s,
        input_hz: HZ,
        snapshot_hz: HZ,
        look: contestant == Contestant::Tickwire,
        process: Some(server.id()),
        measure: Duration::from_secs_f64(effort.seconds),
        cast: contestant.cast(game),
    };
    let outcome = load::run(&mut plan, progress)?;
    Ok(Point::new(players, &outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_writes_frames_of_our_size() {
        let point = |players, holds, bytes_per_snapshot| Point {
            players,
            holds,
            bytes_per_snapshot,
            ..Point::default()
        };
        let run = Run {
            game: Game::Field,
            contestant: Contestant::Tickwire,
            points: vec![
                point(100, true, 300.0),
                point(200, true, 504.0),
                point(400, false, 9.0),
            ],
            largest: 200,
        };
        let size = FrameSize::of(Some(&run));
        assert_eq!(size.payload(Game::Field, 400), 1004);
        assert_eq!(size.payload(Game::Rooms, 400), 500);
        assert_eq!(FrameSize::of(None).payload(Game::Field, 400), 996);
    }
}
