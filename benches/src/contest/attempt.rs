//! One try: a fresh server, a number of players, a few seconds.
//!
//! In: the contestant, the game, the number of players. Out: a point. The server ends with the try, so that no try finds
//! what another one left.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::{Contestant, Effort, FrameSize, Game, Point, Server};
use crate::load::{self, Plan, Progress};

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
        matchmake: contestant.has_matchmaking(),
        players,
        joins_per_s: effort.joins_per_s,
        input_hz: game.tick_hz(),
        snapshot_hz: game.snapshot_hz(),
        look: contestant == Contestant::Tickwire,
        process: Some(server.id()),
        measure: Duration::from_secs_f64(effort.seconds),
        cast: contestant.cast(game),
    };
    let outcome = load::run(&mut plan, progress)?;
    Ok(Point::new(game, players, &outcome))
}
