//! Other programs: how they are started, what they print while they run, and what is left of it when they fail.
//!
//! In: a command. Out: its output, or an error with the end of what it said.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::steps::Live;

/// Lines of a failed tool's output that are shown: a compiler's first error and its frame fit.
const TAIL_LINES: usize = 200;

/// Everything that `command` prints. If it fails, the error has what it said.
pub fn output(command: &mut Command) -> Result<String> {
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

/// `cargo` in a folder.
pub fn cargo(folder: &Path) -> Command {
    let command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut command = as_from_a_shell(command);
    command.current_dir(folder);
    command
}

/// `command` without what `cargo run` tells xtask about itself.
pub fn as_from_a_shell(mut command: Command) -> Command {
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
pub fn run(command: &mut Command, live: &Live) -> Result<()> {
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
pub fn run_loud(command: &mut Command) -> Result<()> {
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

/// `npm` in a folder.
pub fn npm(folder: &Path) -> Command {
    let name = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(name);
    command.current_dir(folder);
    // It is not ours to say, and it is noise in a log.
    command.env("npm_config_update_notifier", "false");
    command.env("npm_config_fund", "false");
    command
}

/// The first line that `command` prints, without a leading "v"; nothing if it does not run.
pub fn version(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim().trim_start_matches('v');
    output.status.success().then(|| line.to_owned())
}

/// Where `program` is, searched the way a shell does.
pub fn on_path(program: &str) -> Option<PathBuf> {
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
