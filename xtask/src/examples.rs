//! The examples: small whole games, each in a project as the authors' tool builds it -> `examples/*/page/dist`, from where
//! the server's build takes the pages.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use cargo_tickwire::game::{Profile, Project};
use cargo_tickwire::stages;

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
pub(crate) fn pages(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let mut outcome = Outcome::Unchanged;
    for folder in folders(workspace)? {
        let project = Project::find(&folder)?;
        for done in [
            stages::module(&project, Profile::Release, live)?,
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
