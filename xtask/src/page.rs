//! The page that people play: npm packages, the SDK and the WASM module -> vite -> `demo-client/arena/dist`,
//! from where the server's build takes it into the binary.
//!
//! npm installs exactly what package-lock.json says, and only if that has changed.

use anyhow::Result;

use crate::stamp::Stamp;
use crate::steps::{Live, Outcome};
use crate::tools::{self, Workspace};
use crate::{sdk, wasm};

/// Installs the npm packages that package-lock.json names.
pub(crate) fn packages(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let manifests = [
        "demo-client/package-lock.json",
        "demo-client/package.json",
        "demo-client/sdk/package.json",
        "demo-client/arena/package.json",
    ];
    // Inside the folder that it describes: to delete the packages is to delete it too.
    let path = workspace.at("demo-client/node_modules/.tickwire-packages");
    let stamp = Stamp::over(path, &manifests.map(|manifest| workspace.at(manifest)))?;
    if stamp.is_fresh() {
        return Ok(Outcome::Unchanged);
    }
    tools::run(workspace.npm().args(["ci", "--no-audit"]), live)?;
    stamp.write()?;
    Ok(Outcome::Done)
}

/// Builds the page.
pub(crate) fn page(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let inputs = [
        workspace.at("demo-client/arena"),
        sdk::built(workspace),
        workspace.at("demo-client/sdk/package.json"),
        workspace.at("demo-client/package-lock.json"),
        workspace.at("demo-client/tsconfig.base.json"),
        wasm::package(workspace),
    ];
    // Not in dist: the server would ship it.
    let path = workspace.at("demo-client/node_modules/.tickwire-page");
    let stamp = Stamp::over(path, &inputs)?;
    let index = workspace.at("demo-client/arena/dist/index.html");
    stamp.renew(&index, || {
        tools::run(workspace.npm().args(["run", "build", "-w", "arena"]), live)
    })
}
