//! Explains where a client's bytes go: plays an arena, takes its messages apart, and computes what other formats would
//! cost.
//!
//! In: flags. Out: tables on stdout, or one JSON object; progress on stderr.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool speaks to its terminal"
)]

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use tickwire_benches::bandwidth::play::{Played, Script, play};
use tickwire_benches::bandwidth::report::Report;

/// Shows where a client's bytes go: an arena full of scripted people, played in virtual time.
#[derive(Parser)]
struct Flags {
    /// People in the arena.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=128))]
    players: u8,
    /// Seconds of play to count.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let script = Script {
        players: usize::from(flags.players),
        span: Duration::from_secs(flags.seconds),
        seed: flags.seed,
        idle: false,
    };
    let moving = with_progress("playing", script)?;
    let idle = Script {
        idle: true,
        ..script
    };
    let idle = with_progress("idling", idle)?;
    eprintln!("encoding it in other ways");
    let report = Report::new(&moving, &idle)?;
    if flags.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{report}");
    }
    Ok(())
}

fn with_progress(what: &str, script: Script) -> Result<Played> {
    let played = play(script, |part| {
        eprint!("\r{what} {:3.0} %", part * 100.0);
        // A closed terminal must not end the run.
        let _ = std::io::stderr().flush();
    });
    eprintln!();
    played
}
