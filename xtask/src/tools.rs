//! This repository and the programs that its stages run: saying what to install when one is missing, and installing what
//! can be installed without asking.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_tickwire::needs::CHROMIUM;
pub(crate) use cargo_tickwire::needs::WASM_TARGET;
pub(crate) use cargo_tickwire::run::{
    as_from_a_shell, cargo, npm, on_path, output, run, run_loud, version,
};
use cargo_tickwire::steps::{Live, Outcome};

/// Arguments that pick every crate but xtask and the authors' tool. The crates that are picked together decide the features of what they
/// share. So steps that pick the same crates build it once, and xtask's own heavy dependencies stay what `cargo run`
/// has built already.
pub(crate) const PRODUCT: [&str; 5] = [
    "--workspace",
    "--exclude",
    "xtask",
    "--exclude",
    "cargo-tickwire",
];

/// Where this repository and cargo's outputs are.
pub(crate) struct Workspace {
    /// The repository's top folder.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the user's configuration puts it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo for both.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(Path::new("."))?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from);
        let root = path("workspace_root").context("cargo metadata names no workspace_root")?;
        let target =
            path("target_directory").context("cargo metadata names no target_directory")?;
        Ok(Self { root, target })
    }

    /// What cargo knows of our own packages.
    pub(crate) fn metadata(&self) -> Result<serde_json::Value> {
        metadata(&self.root)
    }

    /// A path inside the repository.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// `cargo` in the repository's top folder.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// `npm` in the npm workspace's top folder.
    pub(crate) fn npm(&self) -> Command {
        npm(&self.at("demo-client"))
    }
}

fn metadata(folder: &Path) -> Result<serde_json::Value> {
    let query = ["metadata", "--no-deps", "--format-version", "1", "--quiet"];
    let output = output(cargo(folder).args(query))?;
    Ok(serde_json::from_str(&output)?)
}

/// A tool of cargo's, such as cargo-deny. This version is installed if there is none.
pub(crate) fn ensure_cargo_tool(
    workspace: &Workspace,
    live: &Live,
    name: &str,
    version: &str,
) -> Result<()> {
    if on_path(name).is_some() {
        return Ok(());
    }
    let mut install = workspace.cargo();
    install.args(["install", name, "--locked", "--version", version]);
    // Its own release profile would spend minutes to make a check of a second a little quicker.
    install.args(["--config", "profile.release.opt-level=0"]);
    install.args(["--config", "profile.release.lto=\"off\""]);
    install.args(["--config", "profile.release.codegen-units=16"]);
    run(&mut install, live).with_context(|| format!("{name} could not be installed"))
}

/// A Chromium for the browser test, installed if this is Debian and we may.
pub(crate) fn ensure_chromium(live: &Live) -> Result<(PathBuf, Outcome)> {
    // The fonts are for the pictures that the test takes: without any, text is empty boxes.
    let packages = ["chromium", "fonts-noto-core"];
    ensure_program(live, "CHROMIUM_PATH", &CHROMIUM, &packages)
}

/// An nginx for the browser test, installed if this is Debian and we may.
pub(crate) fn ensure_nginx(live: &Live) -> Result<(PathBuf, Outcome)> {
    ensure_program(live, "NGINX_PATH", &["nginx"], &["nginx-light"])
}

/// The program that this variable names, or the first of these that is on PATH; otherwise it is installed.
fn ensure_program(
    live: &Live,
    variable: &str,
    names: &[&str],
    packages: &[&str],
) -> Result<(PathBuf, Outcome)> {
    let find = || {
        let told = env::var_os(variable).map(PathBuf::from);
        told.or_else(|| names.iter().find_map(|name| on_path(name)))
    };
    if let Some(path) = find() {
        let note = Outcome::Note(path.display().to_string());
        return Ok((path, note));
    }
    let name = names.first().copied().unwrap_or_default();
    apt_install(live, packages)
        .with_context(|| format!("{name} is missing: install it, or set {variable} to one"))?;
    let path = find().with_context(|| format!("{name} was installed, but is not on PATH"))?;
    Ok((path, Outcome::Done))
}

/// Installs packages of Debian's, if this is Debian and we may.
fn apt_install(live: &Live, packages: &[&str]) -> Result<()> {
    let debian = std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    let root = version(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
    ensure!(debian && root, "only root on Debian can install it here");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        run(
            command.args(words).env("DEBIAN_FRONTEND", "noninteractive"),
            live,
        )
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
