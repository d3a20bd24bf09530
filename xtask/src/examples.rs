//! The examples: small whole games, each in a project as the authors' tool builds it -> `examples/*/page/dist`, from where
//! the server's build takes the pages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_tickwire::game::{Profile, Project};
use cargo_tickwire::run::run;
use cargo_tickwire::running::serve_tests;
use cargo_tickwire::stages;
use cargo_tickwire::test::page_tests;

use crate::steps::{Live, Outcome};
use crate::tools::Workspace;

/// The examples' folders, in the order of their names.
pub(crate) fn folders(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(workspace.at("examples"))? {
        let folder = entry?.path();
        if folder.join("page/package.json").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Builds the pages of all examples.
pub(crate) fn pages(workspace: &Workspace, profile: Profile, live: &Live) -> Result<Outcome> {
    let mut outcome = Outcome::Unchanged;
    for folder in folders(workspace)? {
        let project = Project::find(&folder)?;
        for done in [
            stages::module(&project, profile, live)?,
            stages::types(&project, live)?,
            stages::packages(&project, live)?,
            stages::page(&project, live)?,
        ] {
            if matches!(done, Outcome::Done) {
                outcome = Outcome::Done;
            }
        }
    }
    Ok(outcome)
}

/// Plays each example in Chromium, on the server that has them all. Their modules are those of the dev profile: so each
/// step is traced, too.
pub(crate) fn test(
    workspace: &Workspace,
    binary: &Path,
    chromium: Option<&Path>,
    live: &Live,
) -> Result<Outcome> {
    let (_server, url) = serve_tests(binary)?;
    for folder in folders(workspace)? {
        let project = Project::find(&folder)?;
        let name = folder.file_name().unwrap_or_default().display().to_string();
        if let Some(words) = stages::trace(&project, live)? {
            bail!("{name}: {words}");
        }
        let mut tests = page_tests(&project, &format!("{url}{name}/"));
        tests.envs(chromium.map(|path| ("CHROMIUM_PATH", path)));
        run(&mut tests, live).with_context(|| name)?;
    }
    Ok(Outcome::Done)
}
