//! `cargo xtask test` builds what players get, then tests it from the inside out: Rust, its documentation, TypeScript,
//! the decoders against any bytes, the cost of it all in instructions, and the arena in a real browser.
//!
//! Every part runs even if one before it failed. The runners print to the terminal themselves: a person or a CI reads
//! their summaries.

use std::process::Command;

use anyhow::Result;
use cargo_tickwire::game::Profile;

use crate::play::{BUILD_STEPS, build_steps};
use crate::steps::{Outcome, Steps};
use crate::tools::{self, PRODUCT, Workspace};
use crate::{examples, fuzz, instructions, own_game};

/// `cargo xtask test`.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(BUILD_STEPS + 11);
    let mut chromium = None;
    steps.need("chromium", "checking", |live| {
        let (path, outcome) = tools::ensure_chromium(live)?;
        chromium = Some(path);
        Ok(outcome)
    })?;
    let mut nginx = None;
    steps.need("nginx", "checking", |live| {
        let (path, outcome) = tools::ensure_nginx(live)?;
        nginx = Some(path);
        Ok(outcome)
    })?;
    let binary = build_steps(workspace, Profile::Dev, &mut steps)?;

    steps.part("documentation", "testing", |live| {
        let mut cargo = workspace.cargo();
        tools::run(cargo.arg("test").args(PRODUCT).arg("--doc"), live)?;
        Ok(Outcome::Done)
    });
    steps.part("xtask", "testing", |live| {
        let own = ["--package", "xtask", "--package", "cargo-tickwire"];
        tools::run(rust_tests(workspace).args(own), live)?;
        Ok(Outcome::Done)
    });
    steps.loud_part("rust", || {
        tools::run_loud(rust_tests(workspace).args(PRODUCT))
    });
    steps.loud_part("typescript", || {
        tools::run_loud(workspace.npm().arg("test"))
    });
    steps.part("fuzz", "fuzzing", |live| fuzz::short(workspace, live));
    steps.part("instructions", "counting", |live| {
        instructions::compared(workspace, live)
    });
    steps.part("own game", "testing", |live| {
        own_game::prepare(workspace, chromium.as_deref(), live)
    });
    steps.part("examples", "playing", |live| {
        examples::test(workspace, &binary, chromium.as_deref(), live)
    });
    steps.loud_part("browser", || {
        let mut npm = workspace.npm();
        npm.args(["run", "e2e", "-w", "arena"])
            .env("TICKWIRE_BIN", &binary)
            .env("OWN_GAME", own_game::folder(workspace))
            .env("CARGO_TICKWIRE", own_game::tool(workspace))
            .env("CARGO_TARGET_DIR", &workspace.target);
        npm.envs(chromium.iter().map(|path| ("CHROMIUM_PATH", path)));
        npm.envs(nginx.iter().map(|path| ("NGINX_PATH", path)));
        tools::run_loud(&mut npm)
    });
    steps.verdict()
}

/// The runner of Rust tests, without the crates to test. Benches are left out: they are measured, not tested.
fn rust_tests(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    if tools::on_path("cargo-nextest").is_some() {
        cargo.args(["nextest", "run"]);
    } else {
        cargo.args(["test", "--lib", "--bins", "--tests"]);
    }
    cargo
}
