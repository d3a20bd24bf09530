//! A game of one's own: what `cargo tickwire new` writes builds outside of this repository, passes its own tests, and plays.
//! It gets a message of every shape besides, which must come back from the server as the generated types say.
//!
//! In: the authors' tool, as it is now. Out: a project in cargo's target folder, for the browser test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

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
    add_shapes(&folder)?;
    let mut test = Command::new(tool(workspace));
    test.args(["tickwire", "test"]).current_dir(&folder);
    test.env("CARGO_TARGET_DIR", &workspace.target);
    test.envs(chromium.map(|path| ("CHROMIUM_PATH", path)));
    tools::run(&mut test, live)?;
    Ok(Outcome::Done)
}

/// Gives the game commands and events of every shape.
fn add_shapes(folder: &Path) -> Result<()> {
    for (path, text) in [
        ("rules/src/shapes.rs", include_str!("../own-game/shapes.rs")),
        ("page/src/shapes.ts", include_str!("../own-game/shapes.ts")),
        (
            "page/test/shapes.test.mjs",
            include_str!("../own-game/shapes.test.mjs"),
        ),
    ] {
        fs::write(folder.join(path), text)?;
    }
    let change = |path: &str, from: &str, to: &str| -> Result<()> {
        let path = folder.join(path);
        let text = fs::read_to_string(&path)?;
        ensure!(text.contains(from), "{} has no `{from}`", path.display());
        Ok(fs::write(path, text.replacen(from, to, 1))?)
    };
    change(
        "rules/src/lib.rs",
        "use tickwire_shared::prelude::*;\n",
        "mod shapes;\n\npub use shapes::*;\nuse tickwire_shared::prelude::*;\n",
    )?;
    change(
        "rules/src/lib.rs",
        "    type Avatar = Dot;\n",
        "    type Avatar = Dot;\n    type Command = Shapes;\n    type Event = Shapes;\n",
    )?;
    change(
        "server/src/lib.rs",
        "    type Rules = MyDots;\n",
        "    type Rules = MyDots;\n\n    fn command(&mut self, room: &mut Room<MyDots>, player: PlayerId, shapes: my_dots_rules::Shapes) {\n        \
         room.send(player, shapes);\n    }\n",
    )?;
    change(
        "page/src/main.ts",
        "overlay(room);",
        "import { echo } from \"./shapes\";\necho(room);\noverlay(room);",
    )
}
