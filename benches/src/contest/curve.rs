//! How the cost of a player grows with the number of players, from our server's run at one game.
//!
//! In: a run. Out: the run, two exponents, and how much more a player costs among many than among few; as text or as a
//! table.

use serde::Serialize;

use super::{Game, Point, Run};
use crate::growth::growth_exponent;

/// A run and how its cost grows, over the numbers of players that held.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// The game.
    pub game: Game,
    /// The largest number of players that held; 0 if none did.
    pub largest: usize,
    /// All tries, by ascending players.
    pub points: Vec<Point>,
    /// CPU grows as the number of players to this power. None if fewer than two numbers held.
    pub cpu_exponent: Option<f64>,
    /// CPU per player and tick grows as the number of players to this power. 0 means a player always costs the same.
    pub player_tick_exponent: Option<f64>,
    /// From this many players to this many, CPU per player and tick grew by this factor.
    pub player_tick_growth: Option<(usize, usize, f64)>,
}

impl Curve {
    /// Fits the curve to `run`.
    pub fn of(run: Run) -> Curve {
        let held: Vec<&Point> = run.points.iter().filter(|point| point.holds).collect();
        let exponent = |figure: fn(&Point) -> f64| {
            let points: Vec<(f64, f64)> = held
                .iter()
                .map(|point| (point.players as f64, figure(point)))
                // A figure that was too small to count has no logarithm.
                .filter(|(_, figure)| *figure > 0.0)
                .collect();
            (points.len() > 1).then(|| growth_exponent(&points))
        };
        let cpu_exponent = exponent(|point| point.cpu);
        let player_tick_exponent = exponent(|point| point.us_per_player_tick);
        let player_tick_growth = match (held.first(), held.last()) {
            (Some(few), Some(many))
                if many.players > few.players && few.us_per_player_tick > 0.0 =>
            {
                let factor = many.us_per_player_tick / few.us_per_player_tick;
                Some((few.players, many.players, factor))
            }
            _ => None,
        };
        Curve {
            game: run.game,
            largest: run.largest,
            cpu_exponent,
            player_tick_exponent,
            player_tick_growth,
            points: run.points,
        }
    }

    fn growth_words(&self) -> String {
        let mut words = format!("{}: holds {} players", self.game.label(), self.largest);
        if let (Some(cpu), Some(player)) = (self.cpu_exponent, self.player_tick_exponent) {
            words += &format!("; CPU grows as N^{cpu:.2}, CPU per player-tick as N^{player:.2}");
        }
        if let Some((few, many, factor)) = self.player_tick_growth {
            words += &format!(", by a factor of {factor:.2} from {few} to {many}");
        }
        words
    }
}

/// What the tables mean by a player-tick.
pub const PLAYER_TICK: &str = "A player-tick is one player at one tick of its room: 60 a second in arena, of which 30 have a snapshot; 20 a second \
     elsewhere, all with a snapshot.";

/// The curves as a table, with a line for each about how it grows.
pub fn curve_table(curves: &[Curve]) -> String {
    let mut out = String::from(
        "| game | players | holds | CPU, % of a core | CPU per player and second, ms | CPU per player-tick, us | of it kernel, us | bytes per snapshot \
         | gap p99, ms | tick late p50, p99, max, ms | RSS, MiB | RSS per player, KiB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for curve in curves {
        for point in &curve.points {
            let late = point.server.map_or("-".to_owned(), |server| {
                format!(
                    "{:.2}, {:.2}, {:.2}",
                    server.tick_late_ms_p50, server.tick_late_ms_p99, server.tick_late_ms_max
                )
            });
            out += &format!(
                "| {} | {} | {} | {:.1} | {:.2} | {:.1} | {:.1} | {:.0} | {:.1} | {late} | {:.1} | {:.1} |\n",
                curve.game.label(),
                point.players,
                if point.holds { "yes" } else { "no" },
                point.cpu * 100.0,
                point.ms_per_player_s,
                point.us_per_player_tick,
                point.kernel_us_per_player_tick,
                point.bytes_per_snapshot,
                point.gap_ms_p99,
                point.resident_bytes / f64::from(1 << 20),
                point.resident_bytes / 1024.0 / point.players.max(1) as f64,
            );
        }
    }
    out += "\n";
    out += PLAYER_TICK;
    out += "\n\n";
    for curve in curves {
        out += &curve.growth_words();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::Contestant;

    /// The cost per player grows as the fourth root of their number; 1,600 do not hold, whatever they cost.
    fn run() -> Run {
        let point = |players: usize| {
            let us_per_player_tick = 5.0 * (players as f64 / 100.0).powf(0.25);
            let holds = players <= 800;
            Point {
                players,
                holds,
                cpu: us_per_player_tick * players as f64 * if holds { 1e-5 } else { 1.0 },
                us_per_player_tick,
                bytes_per_snapshot: 90.0,
                ..Point::default()
            }
        };
        Run {
            game: Game::Interest,
            contestant: Contestant::Tickwire,
            points: [100, 200, 400, 800, 1600].map(point).to_vec(),
            largest: 800,
        }
    }

    #[test]
    fn growth_is_that_of_the_numbers_that_held() {
        let curve = Curve::of(run());
        assert!((curve.cpu_exponent.unwrap() - 1.25).abs() < 1e-9);
        assert!((curve.player_tick_exponent.unwrap() - 0.25).abs() < 1e-9);
        let (few, many, factor) = curve.player_tick_growth.unwrap();
        assert_eq!((few, many), (100, 800));
        assert!((factor - 8.0_f64.powf(0.25)).abs() < 1e-9);
        let table = curve_table(&[curve]);
        let last = "interest: holds 800 players; CPU grows as N^1.25, CPU per player-tick as N^0.25, \
                    by a factor of 1.68 from 100 to 800\n";
        assert!(table.ends_with(last), "{table}");
    }

    #[test]
    fn one_number_does_not_grow() {
        let mut run = run();
        run.points.truncate(1);
        let curve = Curve::of(run);
        assert!(curve.cpu_exponent.is_none() && curve.player_tick_growth.is_none());
        assert!(curve_table(&[curve]).ends_with("interest: holds 800 players\n"));
    }
}
