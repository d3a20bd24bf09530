//! Makes one run out of several, so that what a shared machine did to one of them does not count.
//!
//! In: runs of the same contestant at the same game. Out: for each number of players the median of each figure, and the
//! median of the largest numbers that held.

use std::collections::BTreeMap;

use super::{Point, Run};
use crate::load::ServerFigures;

/// The middle value; the lower of the two middle ones if there is an even number of values. 0 for no values.
/// [`quantile`](crate::spread::quantile) takes the upper one, so neither can stand for the other.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}

/// Makes one run of several. None for no runs.
pub fn median_run(runs: &[Run]) -> Option<Run> {
    let first = runs.first()?;
    let mut by_players: BTreeMap<usize, Vec<&Point>> = BTreeMap::new();
    for point in runs.iter().flat_map(|run| &run.points) {
        by_players.entry(point.players).or_default().push(point);
    }
    Some(Run {
        game: first.game,
        contestant: first.contestant,
        points: by_players.values().map(|points| middle(points)).collect(),
        largest: median(runs.iter().map(|run| run.largest as f64)) as usize,
    })
}

/// Merges points with the same number of players.
fn middle(points: &[&Point]) -> Point {
    let of = |figure: fn(&Point) -> f64| median(points.iter().map(|point| figure(point)));
    let held = points.iter().filter(|point| point.holds).count();
    Point {
        players: of(|point| point.players as f64) as usize,
        holds: held * 2 > points.len(),
        cpu: of(|point| point.cpu),
        ms_per_player_s: of(|point| point.ms_per_player_s),
        us_per_player_tick: of(|point| point.us_per_player_tick),
        kernel_us_per_player_tick: of(|point| point.kernel_us_per_player_tick),
        resident_bytes: of(|point| point.resident_bytes),
        bytes_per_snapshot: of(|point| point.bytes_per_snapshot),
        snapshots_per_s_min: of(|point| point.snapshots_per_s_min),
        gap_ms_p99: of(|point| point.gap_ms_p99),
        load_late_ms_p99: of(|point| point.load_late_ms_p99),
        refused: of(|point| point.refused as f64) as usize,
        server: middle_server(points.iter().filter_map(|point| point.server)),
    }
}

/// Merges what a server reported about itself in several runs.
pub(super) fn middle_server(
    figures: impl IntoIterator<Item = ServerFigures>,
) -> Option<ServerFigures> {
    let figures: Vec<ServerFigures> = figures.into_iter().collect();
    let of = |figure: fn(&ServerFigures) -> f64| median(figures.iter().map(figure));
    (!figures.is_empty()).then(|| ServerFigures {
        cpu: of(|server| server.cpu),
        resident_bytes: of(|server| server.resident_bytes),
        tick_late_ms_p50: of(|server| server.tick_late_ms_p50),
        tick_late_ms_p99: of(|server| server.tick_late_ms_p99),
        tick_late_ms_p999: of(|server| server.tick_late_ms_p999),
        tick_late_ms_max: of(|server| server.tick_late_ms_max),
        ticks_per_s: of(|server| server.ticks_per_s),
        tick_us_mean: of(|server| server.tick_us_mean),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::{Contestant, Game};

    fn run(largest: usize, points: &[(usize, bool, f64)]) -> Run {
        let point = |&(players, holds, cpu): &(usize, bool, f64)| Point {
            players,
            holds,
            cpu,
            ..Point::default()
        };
        Run {
            game: Game::Field,
            contestant: Contestant::Tickwire,
            points: points.iter().map(point).collect(),
            largest,
        }
    }

    #[test]
    fn the_middle_of_an_even_number_is_the_lower_one() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn one_bad_run_of_three_changes_little() {
        let runs = [
            run(200, &[(100, true, 0.2), (200, true, 0.4)]),
            run(100, &[(100, true, 0.9), (200, false, 1.0)]),
            run(220, &[(100, true, 0.3), (200, true, 0.5), (220, true, 0.6)]),
        ];
        let middle = median_run(&runs).unwrap();
        let points: Vec<_> = middle
            .points
            .iter()
            .map(|point| (point.players, point.holds, point.cpu))
            .collect();
        assert_eq!(middle.largest, 200);
        assert_eq!(
            points,
            [(100, true, 0.3), (200, true, 0.5), (220, true, 0.6)]
        );
    }
}
