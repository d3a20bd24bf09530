//! Draws a few seconds: the drawn x of another player against the true one.
//!
//! In: a record. Out: one SVG file per preset, which any browser can show.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plotters::prelude::*;

use super::play::TICK_S;
use super::preset::Preset;
use super::record::Record;

/// Seconds to draw: enough for one stall.
const SPAN_S: f64 = 6.0;
const SIZE: (u32, u32) = (1100, 480);
/// Room above and below the motion, metres.
const MARGIN_M: f64 = 0.5;

/// Draws, into `directory`, how the first screen saw the first other player. Returns the file.
///
/// # Errors
/// The file cannot be written, or there is nothing to draw.
pub fn draw(record: &Record, preset: &Preset, directory: &Path) -> Result<PathBuf> {
    let track = record.tracks.iter().find(|track| !track.frames.is_empty());
    let track = track.context("nothing was drawn")?;
    let begin_s = track.frames.first().map_or(0.0, |frame| frame.at_s);
    let shown = |at_s: f64| at_s - begin_s <= SPAN_S;
    let path = record.truth.path(track.entity).context("no path")?;
    let drawn = track.frames.iter().filter(|frame| shown(frame.at_s));
    let (mut drawn_x, mut true_x) = (Vec::new(), Vec::new());
    for frame in drawn {
        let at_s = frame.at_s - begin_s;
        drawn_x.push((at_s, frame.place[0]));
        let now_tick = (frame.at_s - record.truth.time_s(0.0, TICK_S)) / TICK_S;
        true_x.extend(path.at(now_tick).map(|place| (at_s, place[0])));
    }
    let all = || drawn_x.iter().chain(&true_x).map(|(_, x)| *x);
    let low = all().fold(f64::INFINITY, f64::min) - MARGIN_M;
    let high = all().fold(f64::NEG_INFINITY, f64::max) + MARGIN_M;
    std::fs::create_dir_all(directory)?;
    let file = directory.join(format!("{}.svg", preset.name));
    render(&file, preset, (low, high), drawn_x, true_x)
        .map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    Ok(file)
}

type Line = Vec<(f64, f64)>;

fn render(
    file: &Path,
    preset: &Preset,
    (low, high): (f64, f64),
    drawn_x: Line,
    true_x: Line,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    let words = |error: DrawingAreaErrorKind<_>| error.to_string();
    root.fill(&WHITE).map_err(words)?;
    let caption = format!("{}: {}", preset.name, preset.words);
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..SPAN_S, low..high)
        .map_err(words)?;
    chart
        .configure_mesh()
        .x_desc("time, seconds")
        .y_desc("x of another player, metres")
        .light_line_style(WHITE)
        .draw()
        .map_err(words)?;
    for (line, colour, label) in [
        (true_x, RGBColor(150, 150, 150), "on the server"),
        (drawn_x, RGBColor(200, 60, 20), "on the screen"),
    ] {
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)))
            .map_err(words)?
            .label(label)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()
        .map_err(words)?;
    root.present().map_err(words)?;
    Ok(())
}
