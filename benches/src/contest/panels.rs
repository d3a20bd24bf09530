//! The picture of our own curves: CPU, bytes and lateness against players, in panels one above the other.
//!
//! In: a curve per game. Out: one SVG on white, which looks the same on light and dark pages. A filled dot is a number
//! that held.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::{Curve, Game, Point};

const SIZE: (u32, u32) = (900, 1020);

/// What a panel shows.
struct Show {
    title: &'static str,
    unit: &'static str,
    /// Use decades instead of even steps.
    logarithmic: bool,
    figure: fn(&Point) -> Option<f64>,
    range: Range<f64>,
}

impl Show {
    /// The place of a figure. None if it is not known or cannot be shown.
    fn place(&self, point: &Point) -> Option<f64> {
        let figure = (self.figure)(point)?;
        let place = if self.logarithmic {
            figure.log10()
        } else {
            figure
        };
        place
            .is_finite()
            .then(|| place.clamp(self.range.start, self.range.end))
    }
}

fn colour(game: Game) -> RGBColor {
    match game {
        Game::Field => RGBColor(214, 73, 51),
        Game::Interest => RGBColor(33, 119, 181),
        Game::Rooms => RGBColor(46, 139, 87),
        Game::Arena => RGBColor(128, 88, 170),
    }
}

/// Draws the curves into `file`.
///
/// # Errors
/// The file cannot be written.
pub fn draw_panels(file: &Path, curves: &[Curve]) -> Result<()> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let drawn = || -> Result<(), Box<dyn std::error::Error>> {
        root.fill(&WHITE)?;
        for (area, show) in root.split_evenly((3, 1)).iter().zip(shows(curves)) {
            panel(area, curves, &show)?;
        }
        root.present()?;
        Ok(())
    };
    drawn().map_err(|error| anyhow!("{}: {error}", file.display()))
}

fn shows(curves: &[Curve]) -> [Show; 3] {
    let bytes = |point: &Point| Some(point.bytes_per_snapshot);
    [
        Show {
            title: "CPU of the server",
            unit: "% of one core",
            logarithmic: false,
            figure: |point| Some(point.cpu * 100.0),
            range: 0.0..105.0,
        },
        Show {
            title: "One snapshot for one client, heads included",
            unit: "bytes",
            logarithmic: true,
            figure: bytes,
            range: decades(curves, bytes),
        },
        Show {
            title: "Room ticks begin late by at most (99 % of them)",
            unit: "ms",
            logarithmic: true,
            figure: |point| Some(point.server?.tick_late_ms_p99),
            range: -2.0..2.0,
        },
    ]
}

/// Whole decades that contain all figures.
fn decades(curves: &[Curve], figure: fn(&Point) -> Option<f64>) -> Range<f64> {
    let points = curves.iter().flat_map(|curve| &curve.points);
    let (low, high) = points
        .filter_map(figure)
        .map(f64::log10)
        .filter(|decade| decade.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), decade| {
            (low.min(decade.floor()), high.max(decade.ceil()))
        });
    if low.is_finite() {
        low..high.max(low + 1.0)
    } else {
        0.0..3.0
    }
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    curves: &[Curve],
    show: &Show,
) -> Result<(), Box<dyn std::error::Error>> {
    let points = curves.iter().flat_map(|curve| &curve.points);
    let most = points.map(|point| point.players).max().unwrap_or(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(show.title, ("sans-serif", 20))
        .margin(12)
        .margin_right(28)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..most * 1.05, show.range.clone())?;
    let value = |place: &f64| {
        if show.logarithmic {
            format!("{}", 10.0_f64.powf(*place))
        } else {
            format!("{place:.0}")
        }
    };
    let mut mesh = chart.configure_mesh();
    mesh.x_desc("players")
        .y_desc(show.unit)
        .x_label_formatter(&|players| format!("{players:.0}"))
        .y_label_formatter(&value)
        .label_style(("sans-serif", 14))
        .light_line_style(WHITE);
    if show.logarithmic {
        mesh.y_labels((show.range.end - show.range.start) as usize + 1);
    }
    mesh.draw()?;
    for curve in curves {
        let colour = colour(curve.game);
        let at = |point: &Point| Some((point.players as f64, show.place(point)?));
        let line = curve.points.iter().filter_map(at);
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
            .label(format!(
                "{}: {} players on one core",
                curve.game.label(),
                curve.largest
            ))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = curve.points.iter().filter_map(|point| {
            let style = if point.holds {
                colour.filled()
            } else {
                colour.stroke_width(1)
            };
            Some(Circle::new(at(point)?, 3, style))
        });
        chart.draw_series(dots)?;
    }
    // One legend is enough for all three.
    if !show.logarithmic {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .label_font(("sans-serif", 14))
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .draw()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ServerFigures;

    #[test]
    fn a_picture_has_three_panels_with_units_and_names_each_game_with_its_number() {
        let file = std::env::temp_dir().join(format!("tickwire-panels-{}.svg", std::process::id()));
        let point = |players: usize| Point {
            players,
            holds: players < 800,
            cpu: players as f64 / 800.0,
            bytes_per_snapshot: 2.0 * players as f64,
            server: Some(ServerFigures {
                tick_late_ms_p99: 0.3,
                ..ServerFigures::default()
            }),
            ..Point::default()
        };
        let curve = |game, largest| Curve {
            game,
            largest,
            points: [100, 400, 800].map(point).to_vec(),
            cpu_exponent: None,
            player_tick_exponent: None,
            player_tick_growth: None,
        };
        let curves = [curve(Game::Field, 400), curve(Game::Rooms, 416)];
        draw_panels(&file, &curves).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        for words in [
            "CPU of the server",
            "% of one core",
            "One snapshot for one client",
            "bytes",
            "Room ticks begin late",
            "field: 400 players on one core",
            "rooms: 416 players on one core",
        ] {
            assert!(svg.contains(words), "{words} is not in {svg}");
        }
        assert_eq!(svg.matches("\nplayers\n").count(), 3, "{svg}");
        assert!(svg.contains("#FFFFFF"), "a background of its own");
    }
}
