//! Starts servers: ours, the limit and the peers alike, pinned to one core while the load is on the other.
//!
//! In: the contestant, and the flags that all servers take. Out: a running process that has printed its address; it
//! ends with its owner. Pinning uses `taskset` where it exists; elsewhere the figures are those of an unpinned run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Contestant, Game, peers};

/// The core of the servers.
const SERVER_CORE: &str = "0";
/// The core of this process, the load.
const LOAD_CORE: &str = "1";

/// A running server.
pub struct Server {
    child: Child,
    /// `host:port`.
    pub address: String,
}

impl Server {
    pub(super) fn start(
        root: &Path,
        game: Game,
        contestant: Contestant,
        players: usize,
        frame_bytes: usize,
    ) -> Result<Server> {
        let players = players.to_string();
        let mut words: Vec<String> = Vec::new();
        match contestant {
            Contestant::Tickwire => {
                words.push(own("field-server")?);
                match game {
                    // It has the arena beside it, with as many seats.
                    Game::Field | Game::Arena => {}
                    Game::Interest => words.push("--interest".to_owned()),
                    Game::Rooms => words.push("--rooms".to_owned()),
                }
            }
            Contestant::Limit | Contestant::Floor => {
                words.extend([
                    own("limit")?,
                    "--frame-bytes".to_owned(),
                    frame_bytes.to_string(),
                ]);
                if contestant == Contestant::Floor {
                    words.push("--by-tick".to_owned());
                }
            }
            _ => words.extend(peers::words(root, contestant)?),
        }
        if contestant != Contestant::Tickwire {
            words.extend(["--game".to_owned(), game.label().to_owned()]);
            words.extend(["--hz".to_owned(), game.snapshot_hz().to_string()]);
        }
        words.extend(["--players", &players].map(str::to_owned));
        Server::spawn(words)
    }

    /// Starts ours with these flags.
    pub(super) fn ours(flags: &[&str]) -> Result<Server> {
        let mut words = vec![own("field-server")?];
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        Server::spawn(words)
    }

    fn spawn(mut words: Vec<String>) -> Result<Server> {
        words.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
        let words = on_server_core(words);
        let (program, flags) = words.split_first().context("a server has a program")?;
        let mut child = Command::new(program)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", words.join(" ")))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        // From here on, dropping `server` ends the process.
        let mut server = Server {
            child,
            address: String::new(),
        };
        let Some(address) = line.trim().strip_prefix("http://") else {
            bail!(
                "a server did not print the address where it listens: `{}`",
                words.join(" ")
            );
        };
        address.clone_into(&mut server.address);
        Ok(server)
    }

    pub(super) fn id(&self) -> u32 {
        // `taskset` turns into the program that it starts.
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command, so that it runs on the servers' core.
pub(super) fn on_server_core(mut words: Vec<String>) -> Vec<String> {
    if has_taskset() {
        words.splice(0..0, ["taskset", "-c", SERVER_CORE].map(str::to_owned));
    }
    words
}

/// The path of a program in the same folder as this one.
fn own(name: &str) -> Result<String> {
    let folder = std::env::current_exe()?;
    Ok(folder.with_file_name(name).to_string_lossy().into_owned())
}

fn has_taskset() -> bool {
    let asked = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Moves this process, the load, away from the servers' core. Returns false if that failed.
pub fn pin() -> bool {
    let process = std::process::id().to_string();
    let asked = Command::new("taskset")
        .args(["-c", "-p", LOAD_CORE, &process])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Builds our servers.
///
/// # Errors
/// That fails.
pub(super) fn build(root: &Path) -> Result<()> {
    // `cargo run` sets this. A person who starts the program directly has already built what they want to measure.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args([
            "build",
            "-p",
            "tickwire-benches",
            "--bin",
            "field-server",
            "--bin",
            "limit",
        ]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.current_dir(root).stdout(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            bail!("building our servers failed: {build:?}");
        }
    }
    Ok(())
}
