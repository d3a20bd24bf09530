//! `cargo xtask test`: builds what players get, then tests it from the inside out: Rust, its
//! documentation, TypeScript, and the arena in a real browser.
//!
//! Every part runs even if one before it failed. The runners print to the terminal themselves: their
//! summaries are what a person or a CI reads.

use anyhow::Result;

use crate::play::{BUILD_STEPS, build_steps};
use crate::steps::{Outcome, Steps};
use crate::tools::{self, Workspace};

/// `cargo xtask test`.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(BUILD_STEPS + 5);
    let mut chromium = None;
    steps.need("chromium", "checking", |live| {
        let (path, outcome) = tools::ensure_chromium(live)?;
        chromium = Some(path);
        Ok(outcome)
    })?;
    let binary = build_steps(workspace, &mut steps)?;

    steps.part("documentation", "testing", |live| {
        let mut cargo = workspace.cargo();
        tools::run(cargo.args(["test", "--workspace", "--doc"]), live)?;
        Ok(Outcome::Done)
    });
    steps.loud_part("rust", || {
        let mut cargo = workspace.cargo();
        let nextest = tools::on_path("cargo-nextest").is_some();
        // Without --all-targets: benches are measured, not tested. Documentation had its own part.
        let runner: &[&str] = if nextest {
            &["nextest", "run"]
        } else {
            &["test", "--tests"]
        };
        tools::run_loud(cargo.args(runner).arg("--workspace"))
    });
    steps.loud_part("typescript", || {
        tools::run_loud(workspace.npm().args(["test", "-w", "sdk"]))
    });
    steps.loud_part("browser", || {
        let mut npm = workspace.npm();
        npm.args(["run", "e2e", "-w", "arena"])
            .env("TICKWIRE_BIN", &binary);
        npm.envs(chromium.iter().map(|path| ("CHROMIUM_PATH", path)));
        tools::run_loud(&mut npm)
    });
    steps.verdict()
}
