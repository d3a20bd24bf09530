//! What a machine must have to build a game: Node.js, npm, and Rust's library for browsers.
//!
//! In: nothing. Out: what was found; one line that says what to install if something is missing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::{npm, on_path, run, version};
use crate::steps::{Live, Outcome};

/// The oldest Node.js that vite runs on.
const NODE_MIN: (u32, u32) = (20, 19);
/// What a Chromium is called.
pub const CHROMIUM: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// The target that browsers run.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Node.js and npm, with a version that the page's tools run on.
pub fn check_node(folder: &Path) -> Result<Outcome> {
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
    let npm = version(npm(folder).arg("--version"));
    let npm =
        npm.context("npm is missing: install it beside Node.js (some systems package it apart)")?;
    Ok(Outcome::Note(format!("node {node}, npm {npm}")))
}

/// A Chromium or Chrome: the one that CHROMIUM_PATH names, or the first on PATH.
pub fn chromium() -> Option<PathBuf> {
    let told = env::var_os("CHROMIUM_PATH").map(PathBuf::from);
    told.or_else(|| CHROMIUM.iter().find_map(|name| on_path(name)))
}

/// Rust's library for browsers, added through rustup when it is not there.
pub fn ensure_wasm_target(folder: &Path, live: &Live) -> Result<Outcome> {
    let query = ["--print", "target-libdir", "--target", WASM_TARGET];
    let libraries = version(Command::new("rustc").args(query).current_dir(folder));
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(Outcome::Unchanged);
    }
    ensure!(
        on_path("rustup").is_some(),
        "Rust's {WASM_TARGET} target is missing, and rustup to add it: install rustup (rustup.rs)"
    );
    let mut add = Command::new("rustup");
    run(
        add.args(["target", "add", WASM_TARGET]).current_dir(folder),
        live,
    )?;
    Ok(Outcome::Done)
}
