//! `counted`: does one fixed piece of work, so that callgrind can count its instructions. See `cargo xtask
//! instructions`.

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks to its user on stdout"
)]

use anyhow::{Result, ensure};
use clap::Parser;
use tickwire_benches::counted::{CASES, ROUNDS, run};

/// Does one fixed piece of work, so that callgrind can count its instructions
#[derive(Parser)]
struct Flags {
    /// The case to run; without it, the names of all cases are printed
    case: Option<String>,
}

fn main() -> Result<()> {
    let Some(case) = Flags::parse().case else {
        println!("{ROUNDS} rounds");
        CASES.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    ensure!(run(&case), "there is no case `{case}`");
    Ok(())
}
