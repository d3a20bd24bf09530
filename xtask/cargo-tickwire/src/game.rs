//! A game's project: where its parts are, and how they are called.
//!
//! In: a folder at or below the project's top. Out: paths and names; an error that says what is missing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{cargo, output};

/// A game's project on this machine.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its top folder.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    /// The name of the package of the server, which is also the program's.
    pub server: String,
    /// The name of the package of the rules.
    pub rules: String,
    /// The name of the package of the WASM module.
    pub module: String,
}

impl Project {
    /// Finds the project that `folder` is in.
    ///
    /// # Errors
    /// There is none, or it has other parts than `cargo tickwire new` writes.
    pub fn find(folder: &Path) -> Result<Project> {
        let root = top(folder)?;
        let query = ["metadata", "--no-deps", "--format-version", "1", "--quiet"];
        let metadata = output(cargo(&root).args(query))?;
        let metadata = serde_json::from_str::<Value>(&metadata)?;
        let target = metadata["target_directory"].as_str().map(PathBuf::from);
        let target = target.context("cargo names no target_directory")?;
        let package = |folder: &str| {
            let manifest = root.join(folder).join("Cargo.toml");
            let packages = metadata["packages"].as_array().into_iter().flatten();
            let is_it = |package: &&Value| {
                package["manifest_path"].as_str().map(Path::new) == Some(&manifest)
            };
            let name = packages
                .clone()
                .find(is_it)
                .and_then(|package| package["name"].as_str());
            name.map(str::to_owned).with_context(|| {
                format!("{} has no package in `{folder}/`: a game has `rules/`, `server/`, `wasm/` and `page/`", root.display())
            })
        };
        let (rules, server, module) = (package("rules")?, package("server")?, package("wasm")?);
        Ok(Project {
            rules,
            server,
            module,
            target,
            root,
        })
    }

    /// The stem of the module's files.
    pub fn module_stem(&self) -> String {
        self.module.replace('-', "_")
    }

    /// The folder of the page.
    pub fn page(&self) -> PathBuf {
        self.root.join("page")
    }

    /// The folder that npm installs for: the page's own, or the one above the project that is a workspace with the pages of
    /// several games. Another project's, in which the game happens to lie, is none of our business.
    pub fn npm_root(&self) -> PathBuf {
        let page = self.page();
        let is_workspace = |folder: &&Path| {
            let text = fs::read_to_string(folder.join("package.json")).unwrap_or_default();
            let manifest = serde_json::from_str::<Value>(&text).unwrap_or_default();
            let patterns = manifest["workspaces"].as_array().into_iter().flatten();
            patterns
                .filter_map(Value::as_str)
                .any(|pattern| pattern == "*/page")
        };
        let above = self.root.parent().filter(is_workspace);
        above.map_or(page, Path::to_owned)
    }

    /// Where the TypeScript half of the rules goes.
    pub fn generated(&self) -> PathBuf {
        self.root.join("page/generated")
    }

    /// The module that pages load.
    pub fn bound_module(&self) -> PathBuf {
        self.generated()
            .join(format!("{}_bg.wasm", self.module_stem()))
    }

    /// A file of ours in cargo's target folder, which other games may build in, too.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.target.join("tickwire").join(&self.server).join(name)
    }

    /// One of the programs that npm installed for the page.
    pub fn npm_program(&self, path: &str) -> PathBuf {
        let folders = [self.page(), self.npm_root()];
        let [own, shared] = folders.map(|folder| folder.join("node_modules").join(path));
        if own.exists() { own } else { shared }
    }

    /// The server's program.
    pub fn program(&self, profile: Profile) -> PathBuf {
        let folder = match profile {
            Profile::Dev => "debug",
            Profile::Release => "release",
        };
        let name = format!("{}{}", self.server, std::env::consts::EXE_SUFFIX);
        self.target.join(folder).join(name)
    }
}

/// The project's top: `folder`, or the nearest above it that has a game's page and server. Cargo's workspace may be larger.
fn top(folder: &Path) -> Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let has_both = |top: &&Path| {
        ["page/package.json", "server/Cargo.toml"]
            .iter()
            .all(|part| top.join(part).is_file())
    };
    let top = folder.ancestors().find(has_both).map(Path::to_owned);
    top.context(
        "there is no game here: begin one with `cargo tickwire new NAME`, and go into its folder",
    )
}

/// How to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quickly.
    Dev,
    /// So that it runs quickly.
    Release,
}

/// An error unless `name` can be a package's, a folder's and a room's.
///
/// # Errors
/// It cannot.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(is_plain) {
        let like = name.to_lowercase().replace([' ', '_'], "-");
        let like = match like != name && check_name(&like).is_ok() {
            true => format!(", such as `{like}`"),
            false => String::new(),
        };
        bail!("`{name}` is no name for a game: 1 to 32 small letters, digits or `-`{like}");
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || name.ends_with('-')
        || name.contains("--")
    {
        bail!(
            "`{name}` is no name for a game: it begins with a letter, and a `-` stands between two others"
        );
    }
    if TAKEN.contains(&name) {
        bail!("`{name}` is a word of Rust or of Tickwire: take another name");
    }
    Ok(())
}

/// Names that would clash in Rust, in TypeScript, with a package that the game uses, or with what the template says.
const TAKEN: &[&str] = &[
    "rules",
    "server",
    "wasm",
    "page",
    "tickwire",
    "test",
    "core",
    "std",
    "self",
    "game",
    "room",
    "connect",
    "dot",
    "push",
    "main",
    "dist",
    "memory",
    "client",
    "init",
    "canvas",
    "document",
    "location",
    "overlay",
    "pen",
    "status",
    "keys",
    "held",
    "asked",
    "name",
    "build",
    "deps",
    "examples",
    "incremental",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "crate",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "fn",
    "for",
    "function",
    "if",
    "impl",
    "import",
    "in",
    "instanceof",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "new",
    "null",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "super",
    "switch",
    "this",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "use",
    "var",
    "void",
    "where",
    "while",
    "with",
    "yield",
    "async",
    "await",
    "dyn",
    "package",
    "private",
    "public",
    "interface",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_packages_and_folders_can_have() {
        for name in ["dots", "my-game", "a1"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "", "My", "1a", "-a", "a-", "a--b", "a_b", "a b", "../a", "tickwire", "é",
        ] {
            let error = check_name(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{name}` is")), "{error}");
        }
        assert!(check_name(&"a".repeat(33)).is_err());
    }
}
