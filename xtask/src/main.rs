//! `cargo xtask ...`: each thing that a person does with this repository is one command.
//!
//! This file is the command line. The other files are stages, in the order in which a build goes through them: tools ->
//! wasm -> sdk -> page -> play, then test and check. No stage knows the command line, and none runs again while its
//! inputs have not changed.

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks to its user on stdout"
)]

mod check;
mod examples;
mod fuzz;
mod guards;
mod instructions;
mod own_game;
mod page;
mod play;
mod sdk;
mod soak;
mod test;
mod tools;
mod wasm;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use cargo_tickwire::{needs, new, stamp, steps};
use clap::{Parser, Subcommand};

use crate::tools::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and start the arena: open the printed address in two tabs
    Play {
        /// Address and port to serve on
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4000")]
        listen: SocketAddr,
    },
    /// Write a new game that builds on this checkout, as `cargo tickwire new` does
    New {
        /// The folder to write, such as ../my-game; its last part is the game's name
        folder: PathBuf,
    },
    /// Build everything up to the server binary, without starting it
    Build,
    /// Build the browser's half of the Rust code and its TypeScript types
    Wasm,
    /// Run every test: Rust, documentation, TypeScript and the arena in a real browser
    Test,
    /// Throw bytes at everything that is decodable: the long run of what `test` does for some seconds
    Fuzz {
        /// For each target, seconds
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// One target only
        target: Option<String>,
    },
    /// Let a server be replaced, or end and start again, in turns under five hundred players, who must be back at once
    Restarts {
        /// How often
        #[arg(long, default_value_t = 10)]
        times: u32,
    },
    /// Kill a server again and again under fifty players, who must go on where they were
    Kills {
        /// How often
        #[arg(long, default_value_t = 100)]
        times: u32,
    },
    /// Count the machine instructions of fixed pieces of work and compare them with the baseline
    Instructions {
        /// Make what they take now the baseline
        #[arg(long)]
        bless: bool,
    },
    /// Formatting, lints, documentation, types, packages, licences, dependencies, circles of files and lengths
    Check,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let workspace = Workspace::find()?;
    match &cli.command {
        Command::Play { listen } => play::play(&workspace, *listen),
        Command::New { folder } => {
            let folder = new::new(folder, Some(&workspace.root))?;
            println!("{}", new::what_now(&folder));
            Ok(())
        }
        Command::Build => play::build(&workspace),
        Command::Wasm => wasm::wasm(&workspace),
        Command::Test => test::test(&workspace),
        Command::Fuzz { seconds, target } => fuzz::fuzz(&workspace, target.as_deref(), *seconds),
        Command::Kills { times } => soak::soak(&workspace, "kills", *times),
        Command::Restarts { times } => soak::soak(&workspace, "restarts", *times),
        Command::Instructions { bless } => instructions::instructions(&workspace, *bless),
        Command::Check => check::check(&workspace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn play_listens_on_this_machine_only_unless_told() {
        let cli = Cli::try_parse_from(["xtask", "play"]).map(|cli| cli.command);
        assert!(matches!(
            cli,
            Ok(Command::Play { listen }) if listen == SocketAddr::from(([127, 0, 0, 1], 4000))
        ));
    }

    #[test]
    fn an_address_without_a_port_is_refused() {
        assert!(Cli::try_parse_from(["xtask", "play", "--listen", "127.0.0.1"]).is_err());
    }
}
