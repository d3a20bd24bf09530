//! `cargo xtask check`: what can be said about the code without its tests.
//!
//! Every part runs even if one before it failed. Cheap parts run first.

use std::fs;

use anyhow::{Result, ensure};

use crate::steps::{Live, Outcome, Steps};
use crate::tools::{self, Workspace};
use crate::{guards, play, sdk, wasm};

/// Licences that a package may have if the page ships its code or fonts. deny.toml has the list for crates. Tools that
/// only build the page may have others.
const PAGE_LICENCES: [&str; 9] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT OR Apache-2.0",
    "OFL-1.1",
    "Zlib",
];
/// The version of cargo-deny that is installed if there is none.
const CARGO_DENY: &str = "0.20.2";

/// `cargo xtask check`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(18);
    play::first_steps(workspace, &mut steps)?;

    steps.part("rustfmt", "checking", |live| {
        cargo(workspace, live, &["fmt", "--all", "--", "--check"])?;
        // The fuzzers are a workspace of their own.
        let fuzz = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--", "--check"];
        cargo(workspace, live, &fuzz)
    });
    steps.part("biome", "checking", |live| npm(workspace, live, "lint"));
    // This comes before the types of the page, some of which it makes.
    steps.part("wasm", "building", |live| wasm::module(workspace, live));
    steps.part("types", "writing", |live| wasm::types(workspace, live));
    steps.part("tsc", "checking", |live| npm(workspace, live, "typecheck"));
    steps.part("npm package", "checking", |live| {
        sdk::package(workspace, live)
    });
    steps.part("clippy", "checking", |live| {
        let mut cargo = workspace.cargo();
        cargo.args(["clippy", "--workspace", "--all-targets"]);
        tools::run(cargo.args(["--", "--deny", "warnings"]), live)?;
        Ok(Outcome::Done)
    });
    steps.part("rustdoc", "writing", |live| {
        let mut cargo = workspace.cargo();
        cargo
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        tools::run(&mut cargo, live)?;
        Ok(Outcome::Done)
    });
    steps.part("cargo-deny", "checking", |live| cargo_deny(workspace, live));
    steps.part("page licences", "checking", |_| {
        let lock = fs::read(workspace.at("demo-client/package-lock.json"))?;
        let refused = refused_packages(&serde_json::from_slice(&lock)?);
        let refused = refused.join(", ");
        ensure!(refused.is_empty(), "not allowed in what we ship: {refused}");
        Ok(Outcome::Done)
    });

    steps.part("packages", "packing", |live| {
        guards::packages(workspace, live).map(Outcome::Note)
    });

    let root = &workspace.root;
    steps.part("dependencies", "checking", |_| {
        guards::dependencies(workspace)?;
        Ok(Outcome::Done)
    });
    steps.part("pure crates", "checking", |_| {
        guards::pure(root).map(Outcome::Note)
    });
    steps.part("circles", "searching", |_| {
        guards::circles(root).map(Outcome::Note)
    });
    steps.part("lengths", "measuring", |_| {
        guards::lengths(root).map(Outcome::Note)
    });
    steps.verdict()
}

fn cargo(workspace: &Workspace, live: &Live, words: &[&str]) -> Result<Outcome> {
    tools::run(workspace.cargo().args(words), live)?;
    Ok(Outcome::Done)
}

fn npm(workspace: &Workspace, live: &Live, script: &str) -> Result<Outcome> {
    tools::run(workspace.npm().args(["run", script]), live)?;
    Ok(Outcome::Done)
}

/// The packages that the page ships, by its package-lock.json, under a licence that we do not know as free of
/// conditions for users.
fn refused_packages(lock: &serde_json::Value) -> Vec<String> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    let installed = packages.filter(|(path, _)| path.starts_with("node_modules/"));
    // Links are our own packages, and "dev" packages are tools.
    let shipped = installed.filter(|(_, package)| {
        ["link", "dev", "devOptional"]
            .iter()
            .all(|mark| package[mark] != true)
    });
    let refused = shipped.filter_map(|(path, package)| {
        let licence = package["license"].as_str().unwrap_or("no licence");
        let allowed = PAGE_LICENCES.contains(&licence);
        (!allowed).then(|| format!("{} ({licence})", path.trim_start_matches("node_modules/")))
    });
    refused.collect()
}

/// Licences, bans and sources, by the rules in deny.toml.
fn cargo_deny(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    tools::ensure_cargo_tool(workspace, live, "cargo-deny", CARGO_DENY)?;
    cargo(
        workspace,
        live,
        &[
            "deny",
            "--log-level",
            "error",
            "check",
            "licenses",
            "bans",
            "sources",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_page_ships_needs_a_known_licence_and_tools_do_not() {
        let lock = json!({ "packages": {
            "": { "license": "Ours" },
            "node_modules/arena": { "link": true },
            "node_modules/good": { "license": "MIT" },
            "node_modules/tool": { "license": "GPL-3.0", "dev": true },
            "node_modules/bad": { "license": "GPL-3.0" },
            "node_modules/@none/said": {},
        }});
        let refused = refused_packages(&lock);
        assert_eq!(refused, ["@none/said (no licence)", "bad (GPL-3.0)"]);
    }
}
