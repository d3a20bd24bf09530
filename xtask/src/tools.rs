//! The programs that the other stages run: finding them, saying what to install when one is
//! missing, installing what can be installed without asking, and running them with their output
//! kept for the case of a failure.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::steps::{Live, Outcome};

/// The oldest Node.js that vite runs on.
const NODE_MIN: (u32, u32) = (20, 19);
/// Lines of a failed tool's output that are shown: a compiler's first error and its frame fit.
const TAIL_LINES: usize = 200;
/// The target that browsers run.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Arguments that pick every crate but xtask. The crates that are picked together decide the features of what they
/// share. So steps that pick the same crates build it once, and xtask's own heavy dependencies stay what `cargo run`
/// has built already.
pub(crate) const PRODUCT: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// Where this repository and cargo's outputs are.
pub(crate) struct Workspace {
    /// The repository's top folder.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the user's configuration puts it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo for both.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(Path::new("."))?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from);
        let root = path("workspace_root").context("cargo metadata names no workspace_root")?;
        let target =
            path("target_directory").context("cargo metadata names no target_directory")?;
        Ok(Self { root, target })
    }

    /// What cargo knows of our own packages.
    pub(crate) fn metadata(&self) -> Result<serde_json::Value> {
        metadata(&self.root)
    }

    /// A path inside the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// `cargo` in the repository's top folder.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// `npm` in the npm workspace's top folder.
    pub(crate) fn npm(&self) -> Command {
        let name = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let mut command = Command::new(name);
        command.current_dir(self.at("demo-client"));
        // It is not ours to say, and it is noise in a log.
        command.env("npm_config_update_notifier", "false");
        command.env("npm_config_fund", "false");
        command
    }
}

fn metadata(folder: &Path) -> Result<serde_json::Value> {
    let query = ["metadata", "--no-deps", "--format-version", "1", "--quiet"];
    let output = output(cargo(folder).args(query))?;
    Ok(serde_json::from_str(&output)?)
}

/// Everything that `command` prints. If it fails, the error has what it said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = described(command);
    let output = command.output();
    let output = output.with_context(|| format!("{name} could not be started"))?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{name} ended with {}\n{}",
        output.status,
        problem.trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn cargo(folder: &Path) -> Command {
    let command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut command = as_from_a_shell(command);
    command.current_dir(folder);
    command
}

/// `command` without what `cargo run` tells xtask about itself.
pub(crate) fn as_from_a_shell(mut command: Command) -> Command {
    // `cargo run` describes xtask in these. A build script that watches one would run again each
    // time a person builds once through xtask and once without it.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs `command`. Its output is shown as progress, and is kept back unless the command fails.
pub(crate) fn run(command: &mut Command, live: &Live) -> Result<()> {
    let name = described(command);
    let (reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let spawned = command.spawn();
    // The command holds our copies of the pipe's writing end. While they live, the pipe has no end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = spawned.with_context(|| format!("{name} could not be started"))?;

    let mut tail = VecDeque::with_capacity(TAIL_LINES);
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = plain(&String::from_utf8_lossy(&line));
        line.clear();
        live.doing(&text);
        if tail.len() == TAIL_LINES {
            tail.pop_front();
        }
        tail.push_back(text);
    }
    let status = child.wait()?;
    if !status.success() {
        let tail: Vec<_> = tail.into();
        bail!("{name} ended with {status}\n{}", tail.join("\n"));
    }
    Ok(())
}

/// `line` without colours, cursor moves and other control characters, which some tools print even into a pipe. In a log
/// they are noise, and they break a line that we redraw.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.trim_end().chars();
    while let Some(c) = rest.next() {
        match c {
            // "ESC [ parameters letter", or ESC and one or two other characters.
            '\x1b' => match rest.next() {
                Some('[') => _ = rest.find(char::is_ascii_alphabetic),
                Some('(') => _ = rest.next(),
                _ => {}
            },
            c if c.is_control() && c != '\t' => {}
            c => text.push(c),
        }
    }
    text
}

/// Runs `command` with the terminal as its own.
pub(crate) fn run_loud(command: &mut Command) -> Result<()> {
    let name = described(command);
    let status = command
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    ensure!(status.success(), "{name} ended with {status}");
    Ok(())
}

fn described(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default();
    let mut words = vec![program.to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}

/// Node.js and npm, with a version that the page's tools run on.
pub(crate) fn check_node(workspace: &Workspace) -> Result<Outcome> {
    let (major, minor) = NODE_MIN;
    let install = format!("install Node.js {major}.{minor} or newer (npm comes with it)");
    let node = version(Command::new("node").arg("--version"));
    let node = node.with_context(|| format!("Node.js is missing: {install}"))?;
    let numbers: Vec<u32> = node
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    ensure!(
        numbers.as_slice() >= [major, minor].as_slice(),
        "Node.js {node} is too old: {install}"
    );
    let npm = version(workspace.npm().arg("--version"));
    let npm =
        npm.context("npm is missing: install it beside Node.js (some systems package it apart)")?;
    Ok(Outcome::Note(format!("node {node}, npm {npm}")))
}

/// The first line that `command` prints, without a leading "v"; nothing if it does not run.
pub(crate) fn version(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim().trim_start_matches('v');
    output.status.success().then(|| line.to_owned())
}

/// Rust's library for browsers, added through rustup when it is not there.
pub(crate) fn ensure_wasm_target(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let query = ["--print", "target-libdir", "--target", WASM_TARGET];
    let libraries = version(
        Command::new("rustc")
            .args(query)
            .current_dir(&workspace.root),
    );
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(Outcome::Unchanged);
    }
    ensure!(
        on_path("rustup").is_some(),
        "Rust's {WASM_TARGET} target is missing, and rustup to add it: install rustup (rustup.rs)"
    );
    let mut add = Command::new("rustup");
    run(
        add.args(["target", "add", WASM_TARGET])
            .current_dir(&workspace.root),
        live,
    )?;
    Ok(Outcome::Done)
}

/// A tool of cargo's, such as cargo-deny. This version is installed if there is none.
pub(crate) fn ensure_cargo_tool(
    workspace: &Workspace,
    live: &Live,
    name: &str,
    version: &str,
) -> Result<()> {
    if on_path(name).is_some() {
        return Ok(());
    }
    let mut install = workspace.cargo();
    install.args(["install", name, "--locked", "--version", version]);
    // Its own release profile would spend minutes to make a check of a second a little quicker.
    install.args(["--config", "profile.release.opt-level=0"]);
    install.args(["--config", "profile.release.lto=\"off\""]);
    install.args(["--config", "profile.release.codegen-units=16"]);
    run(&mut install, live).with_context(|| format!("{name} could not be installed"))
}

/// A Chromium for the browser test, installed if this is Debian and we may.
pub(crate) fn ensure_chromium(live: &Live) -> Result<(PathBuf, Outcome)> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    // The fonts are for the pictures that the test takes: without any, text is empty boxes.
    let packages = ["chromium", "fonts-noto-core"];
    ensure_program(live, "CHROMIUM_PATH", &names, &packages)
}

/// An nginx for the browser test, installed if this is Debian and we may.
pub(crate) fn ensure_nginx(live: &Live) -> Result<(PathBuf, Outcome)> {
    ensure_program(live, "NGINX_PATH", &["nginx"], &["nginx-light"])
}

/// The program that this variable names, or the first of these that is on PATH; otherwise it is installed.
fn ensure_program(
    live: &Live,
    variable: &str,
    names: &[&str],
    packages: &[&str],
) -> Result<(PathBuf, Outcome)> {
    let find = || {
        let told = env::var_os(variable).map(PathBuf::from);
        told.or_else(|| names.iter().find_map(|name| on_path(name)))
    };
    if let Some(path) = find() {
        let note = Outcome::Note(path.display().to_string());
        return Ok((path, note));
    }
    let name = names.first().copied().unwrap_or_default();
    apt_install(live, packages)
        .with_context(|| format!("{name} is missing: install it, or set {variable} to one"))?;
    let path = find().with_context(|| format!("{name} was installed, but is not on PATH"))?;
    Ok((path, Outcome::Done))
}

/// Installs packages of Debian's, if this is Debian and we may.
fn apt_install(live: &Live, packages: &[&str]) -> Result<()> {
    let debian = std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    let root = version(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    ensure!(debian && root, "only root on Debian can install it here");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        run(
            command.args(words).env("DEBIAN_FRONTEND", "noninteractive"),
            live,
        )
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}

/// Where `program` is, searched the way a shell does.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failed_tool_is_reported_with_what_it_said_on_both_streams() {
        let live = Live::default();
        let failed = run(&mut shell("echo one; echo two >&2; exit 3"), &live);
        let told = failed.unwrap_err().to_string();
        assert!(told.contains("one\ntwo"), "{told}");
        assert!(told.contains("exit status: 3"), "{told}");
    }

    #[test]
    fn only_the_end_of_a_long_output_is_kept() {
        let live = Live::default();
        let failed = run(&mut shell("seq 1 5000; exit 1"), &live);
        let told = failed.unwrap_err().to_string();
        assert!(told.ends_with("\n5000") && told.lines().count() == TAIL_LINES + 1);
    }

    #[test]
    fn colours_and_carriage_returns_of_a_tool_are_taken_out() {
        assert_eq!(
            plain("\x1b[1m\x1b[38;5;9merror\x1b(B\x1b[m: no\tway\r\n"),
            "error: no\tway"
        );
        assert_eq!(plain("cut short \x1b[38;5"), "cut short ");
    }

    #[test]
    fn a_missing_program_is_one_line() {
        let live = Live::default();
        let failed = run(&mut Command::new("tickwire-no-such-program"), &live);
        assert_eq!(
            failed.unwrap_err().to_string(),
            "tickwire-no-such-program could not be started"
        );
    }

    #[test]
    fn versions_come_without_their_leading_letter() {
        assert_eq!(
            version(&mut shell("echo v20.1.2")),
            Some("20.1.2".to_owned())
        );
        assert_eq!(version(&mut shell("echo v20.1.2; exit 1")), None);
    }
}
