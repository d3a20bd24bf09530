//! What a game is built in: the module for browsers, the TypeScript half of its rules, the page, the server.
//!
//! In: a project. Out: files in its `page/generated`, `page/dist` and cargo's target folder. A stage whose inputs have not
//! changed does nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rust_embed::RustEmbed;

use crate::bind::bind;
use crate::game::{Profile, Project};
use crate::needs::{WASM_TARGET, check_node, ensure_wasm_target};
use crate::run::{cargo, npm, output, run};
use crate::stamp::Stamp;
use crate::steps::{Live, Outcome, Steps};

/// The SDK, which goes with each page: so it is always the one that this server speaks to.
#[derive(RustEmbed)]
#[folder = "../../demo-client/sdk/src"]
struct Sdk;

/// What a page's vite.config.ts takes from us.
const VITE: &str = include_str!("../page/vite.ts");

/// What a page's own tests take from us.
const TESTING: &str = include_str!("../page/testing.mjs");

/// How many steps [`before_page`] takes.
pub const STEPS_BEFORE_PAGE: usize = 5;
/// How many steps of the avatar are compared between this machine and a browser's engine.
const TRACE_STEPS: u32 = 2_000;
/// Runs the module as a page does, in the engine that Chromium has, and writes its trace.
const TRACE: &str = r#"
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const [script, module, steps, out] = process.argv.slice(1);
const { default: init, trace } = await import(pathToFileURL(script).href);
await init({ module_or_path: readFileSync(module) });
writeFileSync(out, trace(Number(steps)));
"#;

/// All that the page needs: what the machine must have, the module, the types and the SDK, and npm's packages.
///
/// # Errors
/// A step fails; it says why.
pub fn before_page(project: &Project, profile: Profile, steps: &mut Steps) -> Result<()> {
    steps.need("tools", "checking", |_| check_node(&project.root))?;
    steps.need("wasm target", "checking", |live| {
        ensure_wasm_target(&project.root, live)
    })?;
    steps.need("wasm", "building", |live| module(project, profile, live))?;
    steps.need("types", "writing", |live| types(project, live))?;
    steps.need("npm packages", "installing", |live| packages(project, live))
}

/// Compiles the module and binds it to JavaScript.
///
/// # Errors
/// It does not compile.
pub fn module(project: &Project, profile: Profile, live: &Live) -> Result<Outcome> {
    let mut build = cargo(&project.root);
    build.args([
        "build",
        "--package",
        &project.module,
        "--lib",
        "--target",
        WASM_TARGET,
    ]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "wasm",
    };
    if profile == Profile::Release {
        build.args(["--profile", "wasm"]);
    }
    run(&mut build, live)?;
    let stem = project.module_stem();
    let built = project.target.join(WASM_TARGET).join(folder).join(&stem);
    let built = built.with_extension("wasm");
    let package = project.generated();
    let stamp = Stamp::over(package.join(".module"), std::slice::from_ref(&built))?;
    stamp.renew(&project.bound_module(), || {
        live.doing("binding to JavaScript");
        bind(&built, &package, &stem)
    })
}

/// Writes the TypeScript half of the rules, and the SDK beside it.
///
/// # Errors
/// The program that writes it does not compile.
pub fn types(project: &Project, live: &Live) -> Result<Outcome> {
    // Not the file itself: what watches that one must see it change once, and whole.
    let written = project.scratch("types.ts");
    if let Some(folder) = written.parent() {
        fs::create_dir_all(folder)?;
    }
    run(types_program(project).arg(&written), live)?;
    let mut text = fs::read_to_string(&written)?;
    text.push_str(&module_line(project)?);
    let mut changed = put(&project.generated().join("index.ts"), text.as_bytes())?;
    for (file, text) in [("vite.ts", VITE), ("testing.mjs", TESTING)] {
        changed |= put(&project.generated().join(file), text.as_bytes())?;
    }
    for path in Sdk::iter() {
        let source = Sdk::get(&path).context("the SDK has no such file")?;
        changed |= put(
            &project.generated().join("tickwire").join(&*path),
            &source.data,
        )?;
    }
    Ok(if changed {
        Outcome::Done
    } else {
        Outcome::Unchanged
    })
}

/// The program that writes the types, which takes traces, too.
fn types_program(project: &Project) -> Command {
    let mut program = cargo(&project.root);
    program.args(["run", "--quiet", "--package", &project.module]);
    program.args(["--bin", &project.module, "--"]);
    program
}

/// Moves an avatar by random inputs, here and in a browser's engine. Where the two first differ, in words; `None` if each
/// step gives the same bits. The module must be one of the dev profile.
///
/// # Errors
/// The step panics, or the setup or the avatar cannot be made of zeros.
pub fn trace(project: &Project, live: &Live) -> Result<Option<String>> {
    let script = project
        .bound_module()
        .with_file_name(format!("{}.js", project.module_stem()));
    let traced = project.scratch("trace");
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", TRACE]);
    node.arg(script)
        .arg(project.bound_module())
        .arg(TRACE_STEPS.to_string());
    run(node.arg(&traced), live)?;
    let words = output(types_program(project).arg("--trace").arg(&traced))?;
    let words = words.trim();
    Ok((!words.is_empty()).then(|| words.to_owned()))
}

/// Names the module's bytes in the file that imports it: a page that is open loads anew when only a step has changed.
fn module_line(project: &Project) -> Result<String> {
    let bound = project.bound_module();
    let stamp = Stamp::over(bound.clone(), &[bound])?;
    Ok(format!("// With the module {}.\n", stamp.hash()))
}

/// Writes a file unless it is so already: what watches it would start anew.
fn put(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Installs the page's npm packages.
///
/// # Errors
/// npm fails.
pub fn packages(project: &Project, live: &Live) -> Result<Outcome> {
    let root = project.npm_root();
    let lock = root.join("package-lock.json");
    let inputs = [root.join("package.json"), lock.clone()];
    let stamp = || Stamp::over(root.join("node_modules/.tickwire-packages"), &inputs);
    if stamp()?.is_fresh() {
        return Ok(Outcome::Unchanged);
    }
    let word = if lock.is_file() { "ci" } else { "install" };
    run(npm(&root).args([word, "--no-audit"]), live)?;
    // npm may just have written the lock file.
    stamp()?.write()?;
    Ok(Outcome::Done)
}

/// Builds the page.
///
/// # Errors
/// It has errors of types, or vite fails.
pub fn page(project: &Project, live: &Live) -> Result<Outcome> {
    let page = project.page();
    // Not in dist: the server would ship it.
    let stamp = Stamp::over(
        project.generated().join(".page"),
        std::slice::from_ref(&page),
    )?;
    let index = page.join("dist/index.html");
    stamp.renew(&index, || run(npm(&page).args(["run", "build"]), live))
}

/// Builds the server.
///
/// # Errors
/// It does not compile.
pub fn server(project: &Project, profile: Profile, live: &Live) -> Result<Outcome> {
    let mut build = cargo(&project.root);
    build.args(["build", "--package", &project.server]);
    if profile == Profile::Release {
        build.arg("--release");
    }
    run(&mut build, live)?;
    Ok(Outcome::Done)
}
