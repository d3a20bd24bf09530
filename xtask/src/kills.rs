//! `cargo xtask kills`: fifty players on a server that is killed again and again must have their seats and scores again each
//! time. It takes some eight seconds a kill.

use anyhow::Result;
use cargo_tickwire::game::Profile;

use crate::play::{BUILD_STEPS, build_steps};
use crate::steps::Steps;
use crate::tools::{self, Workspace};

/// Builds the server, and kills it so many times.
pub(crate) fn kills(workspace: &Workspace, times: u32) -> Result<()> {
    let mut steps = Steps::new(BUILD_STEPS + 1);
    let binary = build_steps(workspace, Profile::Dev, &mut steps)?;
    steps.loud_part("kills", || {
        let mut npm = workspace.npm();
        npm.args(["run", "soak", "-w", "arena", "--", "kills"]);
        npm.env("TICKWIRE_BIN", &binary)
            .env("KILLS", times.to_string());
        tools::run_loud(&mut npm)
    });
    steps.verdict()
}
