//! `cargo xtask fuzz` throws bytes at everything that is decodable, for as long as you like. A short run of the same is
//! a part of `cargo xtask test`.
//!
//! The targets are in fuzz/, a workspace of its own, since they need a nightly compiler. Their seeds are the examples
//! of docs/protocol.md. What a run learns stays in fuzz/corpus, and what it finds stays in fuzz/artifacts.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::steps::{Live, Outcome, Steps};
use crate::tools::{self, Workspace};

/// The targets, by their names in fuzz/fuzz_targets.
const TARGETS: [&str; 5] = [
    "client_message",
    "server_message",
    "keyframe",
    "delta",
    "snapshot",
];
/// The version of cargo-fuzz that is installed if there is none.
const CARGO_FUZZ: &str = "0.13.2";
/// Seconds for each target in `cargo xtask test`.
const SHORT_S: u64 = 5;
/// An input that takes longer than this is a finding, seconds.
const TIMEOUT_S: u64 = 5;
/// The longest input, bytes: a client's longest message.
const INPUT_BYTES: usize = 4096;
/// An input that takes more memory than this is a finding, MiB.
const MEMORY_MIB: usize = 1024;

/// `cargo xtask fuzz`: runs each target, or one of them, for `seconds`.
pub(crate) fn fuzz(workspace: &Workspace, target: Option<&str>, seconds: u64) -> Result<()> {
    ensure!(
        target.is_none_or(|target| TARGETS.contains(&target)),
        "the targets are {}",
        TARGETS.join(", ")
    );
    ensure!(
        has_nightly(),
        "fuzzing needs a nightly compiler: rustup toolchain install nightly"
    );
    let chosen = TARGETS
        .into_iter()
        .filter(|name| target.is_none_or(|target| target == *name));
    let mut steps = Steps::new(1 + chosen.clone().count());
    steps.need("seeds", "writing", |live| prepare(workspace, live))?;
    for name in chosen {
        steps.loud_part(name, || tools::run_loud(&mut run(workspace, name, seconds)));
    }
    steps.verdict()
}

/// Runs all targets for a short time.
pub(crate) fn short(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    if !has_nightly() {
        return Ok(Outcome::Note("skipped: no nightly toolchain".to_owned()));
    }
    prepare(workspace, live)?;
    tools::run(
        cargo_fuzz(workspace)
            .arg("build")
            .args(build_options(workspace)),
        live,
    )?;
    for name in TARGETS {
        tools::run(&mut run(workspace, name, SHORT_S), live)?;
    }
    Ok(Outcome::Done)
}

fn has_nightly() -> bool {
    let mut rustc = Command::new("rustup");
    tools::version(rustc.args(["run", "nightly", "rustc", "--version"])).is_some()
}

/// Prepares cargo-fuzz, and the seeds in their folders.
fn prepare(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    tools::ensure_cargo_tool(workspace, live, "cargo-fuzz", CARGO_FUZZ)?;
    let page = fs::read_to_string(workspace.at("docs/protocol.md"))?;
    for (number, (target, bytes)) in seeds(&page).into_iter().enumerate() {
        let folder = workspace.at("fuzz/corpus").join(target);
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("example-{number}"));
        fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(Outcome::Done)
}

/// cargo-fuzz under the nightly toolchain, whichever toolchain runs this.
fn cargo_fuzz(workspace: &Workspace) -> Command {
    let mut command = tools::as_from_a_shell(Command::new("rustup"));
    command.args(["run", "nightly", "cargo", "fuzz"]);
    command.current_dir(workspace.at("fuzz"));
    command
}

fn build_options(workspace: &Workspace) -> [String; 2] {
    let target = workspace.target.join("fuzz");
    ["--target-dir".to_owned(), target.display().to_string()]
}

fn run(workspace: &Workspace, target: &str, seconds: u64) -> Command {
    let mut command = cargo_fuzz(workspace);
    command.arg("run").args(build_options(workspace));
    command.args([target, "--"]);
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={TIMEOUT_S}"),
        format!("-max_len={INPUT_BYTES}"),
        format!("-rss_limit_mb={MEMORY_MIB}"),
    ]);
    command
}

/// The examples on the protocol's page as seeds: each with its target.
fn seeds(page: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (mut seeds, mut messages, mut sections) = (Vec::new(), Vec::new(), Vec::new());
    for (chapter, bytes) in examples(page) {
        match chapter {
            "6." => seeds.push(("client_message", bytes)),
            "7." => seeds.push(("server_message", bytes)),
            // A message has 0x80 or 0xa0 or the like in front. The keyframe that is shown beside the messages has not.
            "8.5" if bytes.first().is_some_and(|first| first >> 6 == 0b10) => {
                messages.extend(part(&bytes));
            }
            // The deltas go on from the first keyframe.
            "9.4" => {
                if sections.is_empty() {
                    sections.extend(part(&bytes));
                }
                seeds.push(("keyframe", bytes));
            }
            "9.5" => sections.extend(part(&bytes)),
            _ => {}
        }
    }
    seeds.push(("snapshot", messages));
    seeds.push(("delta", sections));
    seeds
}

/// One of several parts of a seed: its length in 2 bytes, then the part itself.
fn part(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u16).to_le_bytes();
    length.into_iter().chain(bytes.iter().copied()).collect()
}

/// The code blocks that show bytes and the tables that show bits, each with the number of its chapter.
fn examples(page: &str) -> Vec<(&str, Vec<u8>)> {
    let (mut examples, mut chapter) = (Vec::new(), "");
    let (mut is_block, mut bytes, mut bits) = (false, Vec::new(), Vec::new());
    for line in page.lines() {
        if let Some(row) = line.strip_prefix("| `") {
            let column = row.split('|').next().unwrap_or_default();
            bits.extend(column.chars().filter_map(|c| c.to_digit(2)));
        } else if !bits.is_empty() {
            let byte = |bits: &[u32]| {
                bits.iter()
                    .rev()
                    .fold(0, |byte, bit| byte << 1 | *bit as u8)
            };
            examples.push((chapter, bits.chunks(8).map(byte).collect()));
            bits.clear();
        }
        if line.starts_with("```") {
            is_block = !is_block;
            if !bytes.is_empty() {
                examples.push((chapter, std::mem::take(&mut bytes)));
            }
        } else if is_block {
            bytes.extend(shown_bytes(line));
        } else if line.starts_with("##") {
            // Some headings are only names: they belong to the chapter before.
            let number = line.split(' ').nth(1).unwrap_or_default();
            let is_number = number.contains('.');
            chapter = if is_number { number } else { chapter };
        }
    }
    examples
}

/// The bytes at the beginning of a line. Words follow them after two spaces.
fn shown_bytes(line: &str) -> Vec<u8> {
    let shown = line.split("  ").next().unwrap_or_default().split(' ');
    let bytes = shown.map(|word| {
        u8::from_str_radix(word, 16)
            .ok()
            .filter(|_| word.len() == 2)
    });
    bytes.collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_seed_on_the_page() {
        let seeds = seeds(include_str!("../../docs/protocol.md"));
        for target in TARGETS {
            let mut own = seeds.iter().filter(|seed| seed.0 == target);
            assert!(own.any(|seed| !seed.1.is_empty()), "{target}");
        }
        assert!(seeds.contains(&("client_message", vec![3, 7])), "the ping");
        let (_, snapshots) = seeds.iter().find(|seed| seed.0 == "snapshot").unwrap();
        assert_eq!(snapshots[..3], [0x7c, 0, 0x85], "{snapshots:02x?}");
        let (_, deltas) = seeds.iter().find(|seed| seed.0 == "delta").unwrap();
        let first = deltas.iter().position(|byte| *byte == 0x93);
        assert_eq!(first, Some(2 + 37 + 2), "{deltas:02x?}");
    }

    #[test]
    fn every_target_has_a_file() {
        let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/fuzz_targets"));
        let names = files.unwrap().map(|file| file.unwrap().file_name());
        let mut names = names
            .map(|name| name.into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        let mut targets = TARGETS.map(|target| format!("{target}.rs"));
        targets.sort();
        assert_eq!(names, targets);
    }
}
