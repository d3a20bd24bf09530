//! The browser's half of the Rust code: crate `tickwire-arena-wasm` -> .wasm -> JavaScript bindings and
//! TypeScript types in `demo-client/arena/wasm/pkg`, and the SDK's own types in its `src/types.ts`.

use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_tickwire::bind::bind;

use crate::needs;
use crate::stamp::Stamp;
use crate::steps::{Live, Outcome, Steps};
use crate::tools::{self, PRODUCT, WASM_TARGET, Workspace};

/// Name of the JavaScript module, and stem of every file of it.
const MODULE: &str = "tickwire_arena_wasm";
/// The types of the framework. This file is in git: the SDK is whole without Rust.
const SDK_TYPES: &str = "demo-client/sdk/src/types.ts";

/// `cargo xtask wasm`.
pub(crate) fn wasm(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.need("wasm target", "checking", |live| {
        needs::ensure_wasm_target(&workspace.root, live)
    })?;
    steps.need("wasm", "building", |live| module(workspace, live))?;
    steps.need("types", "writing", |live| types(workspace, live))
}

/// Where the bindings and types of the arena go.
pub(crate) fn package(workspace: &Workspace) -> PathBuf {
    workspace.at("demo-client/arena/wasm/pkg")
}

/// Compiles the crate for browsers and binds it to JavaScript.
pub(crate) fn module(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "tickwire-arena-wasm", "--lib"]);
    cargo.args(["--target", WASM_TARGET, "--profile", "wasm"]);
    tools::run(&mut cargo, live)?;

    let built = workspace
        .target
        .join(WASM_TARGET)
        .join("wasm")
        .join(MODULE)
        .with_extension("wasm");
    let package = package(workspace);
    // The module carries the version of wasm-bindgen that it was built for, so its bindings depend only on these two.
    let inputs = [
        built.clone(),
        workspace.at("xtask/cargo-tickwire/src/bind.rs"),
    ];
    let stamp = Stamp::over(package.join(".stamp"), &inputs)?;
    let bound = package.join(format!("{MODULE}_bg.wasm"));
    stamp.renew(&bound, || {
        live.doing("binding to JavaScript");
        bind(&built, &package, MODULE)
    })
}

/// Writes the TypeScript types of what crosses the border, generated from the Rust types: the arena's and the SDK's.
pub(crate) fn types(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.arg("build").args(PRODUCT);
    cargo.args(["--bin", "types", "--example", "sdk_types"]);
    tools::run(&mut cargo, live)?;

    let package = package(workspace);
    fs::create_dir_all(&package)?;
    let files = [
        ("types", package.join("types.ts")),
        ("examples/sdk_types", workspace.at(SDK_TYPES)),
    ];
    let mut outcome = Outcome::Unchanged;
    for (writer, path) in files {
        let before = fs::read(&path).ok();
        let writer = workspace.target.join("debug").join(writer);
        let writer = writer.with_extension(EXE_EXTENSION);
        tools::run(Command::new(writer).arg(&path), live)?;
        let after = fs::read(&path).with_context(|| format!("no types in {}", path.display()))?;
        if before != Some(after) {
            outcome = Outcome::Done;
        }
    }
    Ok(outcome)
}
