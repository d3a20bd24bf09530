//! A game of one's own: what `cargo tickwire new` writes builds outside of this repository, passes its own test, and plays.
//!
//! In: the authors' tool, as it is now. Out: a project in cargo's target folder, for the browser test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::steps::{Live, Outcome};
use crate::tools::{self, Workspace};

/// The project's name.
const NAME: &str = "my-dots";

/// Where the project is.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("own-game").join(NAME)
}

/// The authors' tool.
pub(crate) fn tool(workspace: &Workspace) -> PathBuf {
    let name = format!("cargo-tickwire{}", std::env::consts::EXE_SUFFIX);
    workspace.target.join("debug").join(name)
}

/// A new project, and its own tests. What cargo builds for it lies with what it builds for us: most of that is the same.
pub(crate) fn prepare(
    workspace: &Workspace,
    chromium: Option<&Path>,
    live: &Live,
) -> Result<Outcome> {
    let mut build = workspace.cargo();
    tools::run(build.args(["build", "--package", "cargo-tickwire"]), live)?;
    let folder = folder(workspace);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut new = Command::new(tool(workspace));
    tools::run(new.args(["tickwire", "new"]).arg(&folder), live)?;
    let mut test = Command::new(tool(workspace));
    test.args(["tickwire", "test"]).current_dir(&folder);
    test.env("CARGO_TARGET_DIR", &workspace.target);
    test.envs(chromium.map(|path| ("CHROMIUM_PATH", path)));
    tools::run(&mut test, live)?;
    Ok(Outcome::Done)
}
