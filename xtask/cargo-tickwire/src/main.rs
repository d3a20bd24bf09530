//! `cargo tickwire`: the command line of the authors' tool.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its user on stdout"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use cargo_tickwire::game::{Profile, Project};
use cargo_tickwire::steps::Steps;
use cargo_tickwire::{dev, new, stages, test};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo")]
enum Cargo {
    /// Begin, build and serve multiplayer games for browsers
    #[command(version)]
    Tickwire {
        #[command(subcommand)]
        command: Command,
    },
}

#[derive(Subcommand)]
enum Command {
    /// Write a new game, which builds and plays at once
    New {
        /// The folder to write; its last part is the game's name
        folder: PathBuf,
        /// A folder with Tickwire's source, to build the game on
        #[arg(long, value_name = "FOLDER")]
        tickwire: Option<PathBuf>,
    },
    /// Build and serve the game here, and again whenever its files change: open the printed address in two tabs
    Dev {
        /// Address and port of the page
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5173")]
        listen: SocketAddr,
        /// Address and port of the server behind it
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4000")]
        server: SocketAddr,
    },
    /// Run the game's tests: rules, server, the step here and in a browser's engine, and two tabs of the page
    Test,
    /// Build one program with the page in it
    Build,
}

fn main() -> ExitCode {
    let Cargo::Tickwire { command } = Cargo::parse();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::New { folder, tickwire } => {
            let folder = new::new(&folder, tickwire.as_deref())?;
            println!("{}", new::what_now(&folder));
            Ok(())
        }
        Command::Dev { listen, server } => {
            dev::dev(&Project::find(Path::new("."))?, listen, server)
        }
        Command::Test => test::test(&Project::find(Path::new("."))?),
        Command::Build => {
            let project = Project::find(Path::new("."))?;
            let mut steps = Steps::new(stages::STEPS_BEFORE_PAGE + 2);
            stages::before_page(&project, Profile::Release, &mut steps)?;
            steps.need("page", "building", |live| stages::page(&project, live))?;
            steps.need("server", "building", |live| {
                stages::server(&project, Profile::Release, live)
            })?;
            println!("built {}", project.program(Profile::Release).display());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cargo::command().debug_assert();
    }
}
