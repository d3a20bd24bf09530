//! `cargo xtask kills` and `cargo xtask restarts`: players on a server that is killed, replaced or restarted again and again
//! must have their seats again each time. It takes some ten seconds a time.

use anyhow::Result;
use cargo_tickwire::game::Profile;

use crate::play::{BUILD_STEPS, build_steps};
use crate::steps::Steps;
use crate::tools::{self, Workspace};

/// Builds the server, and ends it so many times as the soak test of this name does.
pub(crate) fn soak(workspace: &Workspace, name: &'static str, times: u32) -> Result<()> {
    let mut steps = Steps::new(BUILD_STEPS + 1);
    let binary = build_steps(workspace, Profile::Dev, &mut steps)?;
    steps.loud_part(name, || {
        let mut npm = workspace.npm();
        npm.args(["run", "soak", "-w", "arena", "--", name]);
        npm.env("TICKWIRE_BIN", &binary)
            .env("TIMES", times.to_string());
        tools::run_loud(&mut npm)
    });
    steps.verdict()
}
