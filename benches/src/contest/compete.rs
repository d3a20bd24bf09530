//! One contestant at one game, as often as asked.
//!
//! In: how much to do. Out: one run, made of medians if there were several. Each try is reported when it ends.

use std::path::Path;

use anyhow::Result;

use super::servers::build;
use super::{
    Contestant, Effort, FrameSize, Game, Point, Run, largest, median_run, peers, pin, try_out,
};
use crate::load::Teller;

/// How a contestant is tried.
#[derive(Debug)]
pub struct Bout<'a> {
    /// The folder of the repository.
    pub root: &'a Path,
    /// How much to do for one number.
    pub effort: Effort,
    /// Find the largest number; otherwise try the whole ladder and nothing else.
    pub search: bool,
    /// How often to repeat all of it, at least once; the figures are medians.
    pub repeat: usize,
}

impl Bout<'_> {
    /// Builds and installs everything that will be measured, and moves this process, the load, to a core of its own.
    /// A peer that cannot be had here is taken off `contestants`, and one line says why.
    ///
    /// # Errors
    /// When something of ours does not build.
    pub fn prepare(
        root: &Path,
        contestants: &mut Vec<Contestant>,
        teller: &mut Teller,
    ) -> Result<()> {
        build(root)?;
        let peers = contestants.iter().any(|contestant| contestant.is_a_peer());
        let installed = if peers { peers::install(root) } else { Ok(()) };
        contestants.retain(|contestant| {
            let words = match &installed {
                _ if !contestant.is_a_peer() => return true,
                Ok(()) => peers::words(root, *contestant).map_err(|error| error.to_string()),
                Err(error) => Err(format!("{error:#}")),
            };
            if let Err(why) = &words {
                teller.say(&format!("{} is left out: {why}", contestant.label()));
            }
            words.is_ok()
        });
        if !pin() {
            teller
                .say("no taskset here: nothing is pinned, so servers and load disturb each other");
        }
        Ok(())
    }
}

/// Runs the contest.
///
/// # Errors
/// When a server does not start.
pub fn compete(
    bout: &Bout<'_>,
    game: Game,
    contestant: Contestant,
    frame: FrameSize,
    teller: &mut Teller,
) -> Result<Run> {
    let mut runs = Vec::new();
    for _ in 0..bout.repeat.max(1) {
        let (points, largest) = once(bout, game, contestant, frame, teller)?;
        runs.push(Run {
            game,
            contestant,
            points,
            largest,
        });
    }
    Ok(median_run(&runs).unwrap_or(Run {
        game,
        contestant,
        points: Vec::new(),
        largest: 0,
    }))
}

fn once(
    bout: &Bout<'_>,
    game: Game,
    contestant: Contestant,
    frame: FrameSize,
    teller: &mut Teller,
) -> Result<(Vec<Point>, usize)> {
    let effort = &bout.effort;
    let mut attempt = |players| {
        let point = try_out(
            bout.root,
            game,
            contestant,
            players,
            frame,
            effort,
            |progress| teller.progress(progress),
        )?;
        teller.say(&line(game, contestant, &point));
        Ok(point)
    };
    if bout.search {
        return largest(effort, attempt);
    }
    let points = effort
        .ladder
        .iter()
        .map(|players| attempt(*players))
        .collect::<Result<Vec<_>>>()?;
    let held = points.iter().rfind(|point| point.holds);
    let held = held.map_or(0, |point| point.players);
    Ok((points, held))
}

fn line(game: Game, contestant: Contestant, point: &Point) -> String {
    let late = point.server.map_or(String::new(), |server| {
        format!("  p99 tick late {:.2} ms", server.tick_late_ms_p99)
    });
    format!(
        "{:<9} {:<12} {:>5} players: {}  {:3.0} % of a core  {:5.2} ms a player and second  \
         {:5.1} us a player-tick ({} a second)  {:6.0} bytes a snapshot  \
         at least {:4.1} snapshots/s  p99 gap {:5.1} ms{late}  load late {:4.1} ms  {} refused",
        game.label(),
        contestant.label(),
        point.players,
        if point.holds { "holds " } else { "breaks" },
        point.cpu * 100.0,
        point.ms_per_player_s,
        point.us_per_player_tick,
        game.tick_hz(),
        point.bytes_per_snapshot,
        point.snapshots_per_s_min,
        point.gap_ms_p99,
        point.load_late_ms_p99,
        point.refused,
    )
}
