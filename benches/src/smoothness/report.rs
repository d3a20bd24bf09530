//! The figures as a table for a person, with the targets next to them, and as JSON for a program.
//!
//! In: figures by preset. Out: text, or one JSON object. Every head and every key has its unit.

use std::fmt::{Display, Formatter};

use serde_json::{Map, Value, json};

use super::freeze::Aftermath;
use super::measure::Figures;
use super::preset::Preset;
use super::record::Record;
use super::shots::Agreement;
use crate::spread::quantile;

/// The results of one preset.
#[derive(Clone, Debug)]
pub struct Row {
    preset: Preset,
    figures: Figures,
    stalls: u32,
    /// Key presses, and the animation frames from a press to drawn movement.
    presses: usize,
    frames_to_move: f64,
    frames_to_move_max: f64,
    /// Per player and minute.
    corrections_per_min: f64,
    /// The part of them that stalls caused.
    corrections_by_stalls_per_min: f64,
    /// Per player and minute, those of stalls included.
    inputs_dropped_per_min: f64,
    link: Aftermath,
    tab: Aftermath,
}

impl Row {
    /// One preset's figures.
    pub fn new(preset: &Preset, record: &Record, link: Aftermath, tab: Aftermath) -> Row {
        let frames = record.own.iter().flat_map(|own| &own.frames_to_move);
        let mut frames = frames.map(|frames| f64::from(*frames)).collect::<Vec<_>>();
        let minutes = record.span_s / 60.0 * record.own.len() as f64;
        let sum = |of: fn(&super::record::Own) -> u32| {
            f64::from(record.own.iter().map(of).sum::<u32>()) / minutes
        };
        Row {
            preset: *preset,
            figures: Figures::of(record, super::play::TICK_S),
            stalls: record.stalls,
            presses: frames.len(),
            frames_to_move: quantile(&mut frames, 0.5),
            frames_to_move_max: quantile(&mut frames, 1.0),
            corrections_per_min: sum(|own| own.corrections),
            corrections_by_stalls_per_min: sum(|own| own.corrections_by_stalls),
            inputs_dropped_per_min: record.inputs_dropped as f64 / minutes,
            link,
            tab,
        }
    }

    fn beyond_link_ms(&self) -> f64 {
        self.figures.delay_ms - self.preset.latency_ms as f64
    }

    fn judged_delay_ms(&self) -> f64 {
        match self.preset.target.beyond_link {
            true => self.beyond_link_ms(),
            false => self.figures.delay_ms,
        }
    }

    /// Jumps caused by one stall, or by the whole run on a link without stalls. One stall holds up everything that its
    /// screen draws, so the worst case counts: all jumps of one stall, over everything it drew.
    fn jumps_per_stall(&self) -> f64 {
        let others = (super::play::PLAYERS - 1) as f64;
        f64::from(self.figures.jumps)
            / f64::from(self.stalls.max(1))
            / if self.stalls > 0 { others } else { 1.0 }
    }

    /// The figures that miss their targets.
    fn misses(&self) -> Vec<&'static str> {
        let (figures, target) = (&self.figures, &self.preset.target);
        let wants = [
            (
                "velocity jitter",
                figures.velocity_jitter <= target.velocity_jitter,
            ),
            ("jumps", self.jumps_per_stall() <= target.jumps),
            ("frozen", figures.frozen_ratio() <= target.frozen_ratio),
            ("delay", self.judged_delay_ms() <= target.delay_ms),
            ("key to picture", self.frames_to_move_max <= 1.0),
            ("freeze", self.link.error_m.max(self.tab.error_m) <= 0.25),
            (
                "keyframes",
                self.link.keyframes.max(self.tab.keyframes) <= 1,
            ),
            (
                "fast-forward",
                self.link.fastest.max(self.tab.fastest) <= 1.05,
            ),
            (
                "inputs dropped",
                self.inputs_dropped_per_min <= target.inputs_dropped_per_min,
            ),
            (
                "corrections",
                self.corrections_per_min <= self.corrections_by_stalls_per_min,
            ),
        ];
        wants
            .iter()
            .filter(|(_, met)| !met)
            .map(|(what, _)| *what)
            .collect()
    }

    fn json(&self) -> Value {
        let aftermath = |after: &Aftermath| {
            json!({
                "error_m": after.error_m,
                "fastest": after.fastest,
                "keyframes": after.keyframes,
            })
        };
        json!({
            "velocity_jitter": self.figures.velocity_jitter,
            "jumps": self.figures.jumps,
            "stalls": self.stalls,
            "frozen_ratio": self.figures.frozen_ratio(),
            "delay_ms": self.figures.delay_ms,
            "delay_max_ms": self.figures.delay_max_ms,
            "delay_beyond_link_ms": self.beyond_link_ms(),
            "error_rms_m": self.figures.error_rms_m,
            "error_p99_m": self.figures.error_p99_m,
            "time_jitter": self.figures.time_jitter,
            "frames": self.figures.frames,
            "frames_to_move": self.frames_to_move,
            "frames_to_move_max": self.frames_to_move_max,
            "presses": self.presses,
            "corrections_per_min": self.corrections_per_min,
            "corrections_by_stalls_per_min": self.corrections_by_stalls_per_min,
            "inputs_dropped_per_min": self.inputs_dropped_per_min,
            "after_link_freeze": aftermath(&self.link),
            "after_tab_freeze": aftermath(&self.tab),
            "misses": self.misses(),
        })
    }
}

/// The results of all presets.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of presets.
    pub rows: Vec<Row>,
    /// The result of the shots.
    pub shots: Agreement,
}

impl Report {
    /// The results as one JSON object.
    pub fn json(&self) -> Value {
        let most = |of: fn(&Row) -> f64| self.rows.iter().map(of).fold(0.0, f64::max);
        let presets = self
            .rows
            .iter()
            .map(|row| (row.preset.name.to_owned(), row.json()));
        json!({
            "presets": presets.collect::<Map<_, _>>(),
            "own": {
                "frames_to_move": most(|row| row.frames_to_move_max),
                "corrections_per_min": most(|row| {
                    row.corrections_per_min - row.corrections_by_stalls_per_min
                }),
                "corrections_by_stalls_per_min": most(|row| row.corrections_by_stalls_per_min),
            },
            "shots": {
                "agreement": self.shots.rewound,
                "agreement_without_rewind": self.shots.without,
                "shots": self.shots.shots,
            },
        })
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.write_motion(f)?;
        self.write_own(f)?;
        let shots = &self.shots;
        writeln!(
            f,
            "\nShots that hit on the screen and on the server, at 150 ms: {:.1} % of {} (98); without rewind {:.1} %",
            shots.rewound * 100.0,
            shots.shots,
            shots.without * 100.0
        )?;
        for row in &self.rows {
            for missed in row.misses() {
                writeln!(f, "\n{}: {missed} misses its target", row.preset.name)?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn write_motion(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "Other players' motion, as drawn (target in brackets)\n")?;
        writeln!(
            f,
            "{:<18}{:>16}{:>16}{:>17}{:>18}{:>10}{:>10}{:>10}",
            "preset", "vel. jitter %", "jumps", "frozen %", "delay ms", "rms m", "p99 m", "time %"
        )?;
        for row in &self.rows {
            let (figures, target) = (&row.figures, &row.preset.target);
            let beyond = if target.beyond_link { "+link" } else { "" };
            let of = |value: f64, target: f64, digits: usize| {
                format!("{value:.digits$} ({target:.digits$})")
            };
            writeln!(
                f,
                "{:<18}{:>16}{:>16}{:>17}{:>18}{:>10.3}{:>10.3}{:>10.2}",
                row.preset.name,
                of(
                    figures.velocity_jitter * 100.0,
                    target.velocity_jitter * 100.0,
                    1
                ),
                format!("{} ({}/stall)", figures.jumps, target.jumps),
                of(
                    figures.frozen_ratio() * 100.0,
                    target.frozen_ratio * 100.0,
                    2
                ),
                format!("{}{beyond}", of(row.judged_delay_ms(), target.delay_ms, 1)),
                figures.error_rms_m,
                figures.error_p99_m,
                figures.time_jitter * 100.0,
            )?;
        }
        Ok(())
    }

    fn write_own(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\nOwn avatar, and after a freeze of 3 s (link / tab)\n")?;
        writeln!(
            f,
            "{:<18}{:>16}{:>14}{:>16}{:>14}{:>18}{:>12}{:>16}",
            "preset",
            "frames to move",
            "corr./min",
            "by stalls/min",
            "dropped/min",
            "m off at 250 ms",
            "keyframes",
            "fastest"
        )?;
        for row in &self.rows {
            writeln!(
                f,
                "{:<18}{:>16}{:>14.2}{:>16.2}{:>14}{:>18}{:>12}{:>16}",
                row.preset.name,
                format!("{} ({})", row.frames_to_move, row.frames_to_move_max),
                row.corrections_per_min - row.corrections_by_stalls_per_min,
                row.corrections_by_stalls_per_min,
                format!(
                    "{:.1} ({})",
                    row.inputs_dropped_per_min, row.preset.target.inputs_dropped_per_min
                ),
                format!("{:.3} / {:.3}", row.link.error_m, row.tab.error_m),
                format!("{} / {}", row.link.keyframes, row.tab.keyframes),
                format!("{:.3} / {:.3}", row.link.fastest, row.tab.fastest),
            )?;
        }
        Ok(())
    }
}
