//! The picture of a contest: the share of its core that each contestant takes, against players, up to where it breaks.
//!
//! In: runs of one game. Out: one SVG. A filled dot is a number that held.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::{Contestant, Game, Point, Run};

const SIZE: (u32, u32) = (900, 520);

fn colour(contestant: Contestant) -> RGBColor {
    match contestant {
        Contestant::Tickwire => RGBColor(214, 73, 51),
        Contestant::Limit => RGBColor(90, 90, 90),
        Contestant::Floor => RGBColor(170, 170, 170),
        Contestant::Ws => RGBColor(33, 119, 181),
        Contestant::Socketio => RGBColor(46, 139, 87),
        Contestant::Colyseus => RGBColor(128, 88, 170),
        Contestant::Bun => RGBColor(214, 150, 40),
        Contestant::Nengi => RGBColor(20, 150, 160),
        Contestant::ColyseusBun => RGBColor(200, 90, 160),
    }
}

/// Draws the runs of `game` into `file`.
///
/// # Errors
/// The file cannot be written.
pub fn draw(file: &Path, game: Game, runs: &[Run]) -> Result<()> {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.game == game).collect();
    let most = runs
        .iter()
        .flat_map(|run| run.points.iter().map(|point| point.players))
        .max()
        .unwrap_or(1);
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| anyhow!("{}: {error}", file.display());
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&root)
        .caption(
            format!("{}: share of one core against players", game.label()),
            ("sans-serif", 22),
        )
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..most as f64 * 1.05, 0.0..110.0)
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc("players")
        .x_label_formatter(&|players| format!("{players:.0}"))
        .y_label_formatter(&|percent| format!("{percent:.0}"))
        .y_desc("% of one core")
        .light_line_style(RGBColor(240, 240, 240))
        .draw()
        .map_err(|error| failed(&error))?;
    for run in runs {
        let colour = colour(run.contestant);
        let at = |point: &Point| (point.players as f64, point.cpu * 100.0);
        chart
            .draw_series(LineSeries::new(
                run.points.iter().map(at),
                colour.stroke_width(2),
            ))
            .map_err(|error| failed(&error))?
            .label(format!("{}: {}", run.contestant.label(), run.largest))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = run.points.iter().map(|point| {
            let style = if point.holds {
                colour.filled()
            } else {
                colour.stroke_width(1)
            };
            Circle::new(at(point), 3, style)
        });
        chart.draw_series(dots).map_err(|error| failed(&error))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .draw()
        .map_err(|error| failed(&error))?;
    root.present().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_names_everybody_with_its_number() {
        let file = std::env::temp_dir().join(format!("tickwire-plot-{}.svg", std::process::id()));
        let point = Point {
            players: 100,
            holds: true,
            cpu: 0.5,
            ..Point::default()
        };
        let run = Run {
            game: Game::Field,
            contestant: Contestant::Ws,
            points: vec![point],
            largest: 100,
        };
        draw(&file, Game::Field, &[run]).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(svg.contains("ws: 100"), "{svg}");
    }
}
