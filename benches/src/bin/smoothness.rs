//! Measures how smooth the picture is on five kinds of link, in virtual time.
//!
//! In: flags. Out: tables on stdout, or one JSON object; SVG plots in a directory; progress on stderr.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool speaks to its terminal"
)]

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use tickwire_benches::smoothness::freeze::{Frozen, interrupt};
use tickwire_benches::smoothness::play::{Script, play};
use tickwire_benches::smoothness::plot;
use tickwire_benches::smoothness::preset::PRESETS;
use tickwire_benches::smoothness::report::{Report, Row};
use tickwire_benches::smoothness::shots;

/// Measures how smooth the picture is: people run about an arena over five kinds of link, in virtual time.
#[derive(Parser)]
struct Flags {
    /// Seconds of play to measure, for each preset.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=900))]
    seconds: u64,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Animation frames per second of every screen.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=240))]
    screen_hz: u32,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Directory for plots of drawn against true motion, one SVG per preset.
    #[arg(long)]
    plot: Option<PathBuf>,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let script = Script {
        span: Duration::from_secs(flags.seconds),
        seed: flags.seed,
        screen_hz: flags.screen_hz,
    };
    let mut rows = Vec::new();
    for preset in &PRESETS {
        let record = play(preset, script, |part| {
            eprint!("\r{:<18}{:3.0} %", preset.name, part * 100.0);
            // A closed terminal must not end the run.
            let _ = std::io::stderr().flush();
        })?;
        eprintln!();
        if let Some(directory) = &flags.plot {
            eprintln!("{}", plot::draw(&record, preset, directory)?.display());
        }
        let link = interrupt(preset, script, Frozen::Link)?;
        let tab = interrupt(preset, script, Frozen::Tab)?;
        rows.push(Row::new(preset, &record, link, tab));
    }
    eprintln!("shots");
    let shots = shots::judge(flags.seed)?;
    let report = Report { rows, shots };
    if flags.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{report}");
    }
    Ok(())
}
