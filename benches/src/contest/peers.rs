//! The peers: what npm installs for them, and the program that runs each.
//!
//! In: a contestant. Out: the words that start it, or the reason why this machine cannot have it, with what helps. A
//! peer that cannot be had is left out and stops nobody else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Contestant;

/// The folder of the peers in the repository.
const FOLDER: &str = "benches/peers";

/// Installs the peers' packages, unless what is installed is as new as the list of them.
///
/// # Errors
/// npm is missing or fails.
pub(super) fn install(root: &Path) -> Result<()> {
    let folder = root.join(FOLDER);
    let written = |file: &str| {
        folder
            .join(file)
            .metadata()
            .and_then(|file| file.modified())
    };
    let wanted = written("package-lock.json").context("the list of the peers' packages")?;
    // npm writes this file when it has installed everything.
    if written("node_modules/.package-lock.json").is_ok_and(|installed| installed >= wanted) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .stdout(Stdio::null());
    let status = npm.status().context("npm cannot be started")?;
    if !status.success() {
        bail!("`npm ci` in {FOLDER} failed");
    }
    Ok(())
}

/// The program and the script that serve as `contestant`.
///
/// # Errors
/// This machine does not have them: says what is missing and what to do.
pub(super) fn words(root: &Path, contestant: Contestant) -> Result<Vec<String>> {
    let folder = root.join(FOLDER);
    let (script, package, on_bun) = match contestant {
        Contestant::Ws => ("ws", "ws", false),
        Contestant::Socketio => ("socketio", "socket.io", false),
        Contestant::Colyseus => ("colyseus", "@colyseus/core", false),
        Contestant::Bun => ("bun", "bun", true),
        Contestant::Nengi => ("nengi", "nengi", true),
        Contestant::ColyseusBun => ("colyseus", "@colyseus/core", true),
        Contestant::Tickwire | Contestant::Limit | Contestant::Floor => {
            bail!("{} is no peer", contestant.label())
        }
    };
    if !folder.join("node_modules").join(package).exists() {
        bail!("the package {package} is not installed: run `npm ci` in {FOLDER}");
    }
    let program = if on_bun {
        bun(&folder.join("node_modules")).with_context(|| {
            format!(
                "npm brought no Bun that runs here: run `npm ci` in {FOLDER} without --omit=optional, on a system that \
                 Bun supports"
            )
        })?
    } else {
        PathBuf::from("node")
    };
    if !runs(&program) {
        bail!("{} does not run: install Node.js", program.display());
    }
    let script = folder.join(format!("src/{script}.js"));
    Ok([program, script]
        .map(|word| word.to_string_lossy().into_owned())
        .to_vec())
}

/// Bun's program. npm brings it in a package for this kind of machine. The script of the package `bun` moves it from
/// there to its own folder, where npm runs such scripts.
fn bun(modules: &Path) -> Option<PathBuf> {
    let packages = modules.join("@oven").read_dir().into_iter().flatten();
    let brought = packages
        .flatten()
        .flat_map(|package| ["bin/bun", "bin/bun.exe"].map(|program| package.path().join(program)));
    std::iter::once(modules.join("bun/bin/bun.exe"))
        .chain(brought)
        .find(|program| runs(program))
}

/// Whether this is a program that can tell its version here. What the package `bun` has before its script ran cannot.
fn runs(program: &Path) -> bool {
    let asked = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        let nowhere =
            std::env::temp_dir().join(format!("tickwire-no-peers-{}", std::process::id()));
        for contestant in [Contestant::Ws, Contestant::Bun, Contestant::Nengi] {
            let words = words(&nowhere, contestant).unwrap_err().to_string();
            assert!(words.ends_with("run `npm ci` in benches/peers"), "{words}");
        }
        let modules = nowhere.join(FOLDER).join("node_modules");
        std::fs::create_dir_all(modules.join("bun")).unwrap();
        let words = words(&nowhere, Contestant::Bun).unwrap_err().to_string();
        std::fs::remove_dir_all(&nowhere).unwrap();
        assert!(words.starts_with("npm brought no Bun"), "{words}");
    }

    #[cfg(unix)]
    #[test]
    fn bun_is_found_in_either_place_and_only_if_it_runs() {
        use std::os::unix::fs::PermissionsExt;
        let modules = std::env::temp_dir().join(format!("tickwire-bun-{}", std::process::id()));
        let write = |at: &str, ends: u8| {
            let file = modules.join(at);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, format!("#!/bin/sh\nexit {ends}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
            file
        };
        assert_eq!(bun(&modules), None);
        write("bun/bin/bun.exe", 1);
        write("@oven/bun-one/bin/bun", 1);
        assert_eq!(bun(&modules), None);
        let brought = write("@oven/bun-two/bin/bun", 0);
        assert_eq!(bun(&modules), Some(brought));
        let moved = write("bun/bin/bun.exe", 0);
        assert_eq!(bun(&modules), Some(moved));
        std::fs::remove_dir_all(&modules).unwrap();
    }
}
