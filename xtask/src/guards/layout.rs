//! The packages of this workspace: where each is, and what each may be. The other guards read this table.
//!
//! In: what `cargo metadata` says of the workspace. Out: an error unless table and workspace name the same packages in
//! the same folders: a guard would pass for ever if it looked at a folder that is not there.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A package of this workspace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) folder: &'static str,
    /// No clock, no lock, no I/O, no unordered iteration. `pure` and `dependencies` make sure of that.
    pub(super) pure: bool,
    /// The only packages of this workspace that it may depend on, in tests and builds too.
    pub(super) own: Option<&'static [&'static str]>,
    /// It goes to the registry, and `packages` packs it.
    pub(super) published: bool,
}

/// A package that may use all others and is not published.
const fn inner(name: &'static str, folder: &'static str) -> Member {
    Member {
        name,
        folder,
        pure: false,
        own: None,
        published: false,
    }
}

/// Every package. The framework, which has an `own` list, must do without the games that are built on it.
pub(super) const MEMBERS: &[Member] = &[
    Member {
        pure: true,
        own: Some(&["tickwire-derive"]),
        published: true,
        ..inner("tickwire-shared", "shared")
    },
    Member {
        own: Some(&[]),
        published: true,
        ..inner("tickwire-derive", "shared/derive")
    },
    Member {
        pure: true,
        own: Some(&["tickwire-shared", "tickwire-derive"]),
        published: true,
        ..inner("tickwire-room", "server/room")
    },
    Member {
        own: Some(&["tickwire-room", "tickwire-shared", "tickwire-derive"]),
        published: true,
        ..inner("tickwire-server", "server")
    },
    Member {
        own: Some(&[
            "tickwire-server",
            "tickwire-room",
            "tickwire-shared",
            "tickwire-derive",
        ]),
        published: true,
        ..inner("tickwire", "server/tickwire")
    },
    Member {
        own: Some(&["tickwire-shared", "tickwire-derive"]),
        published: true,
        ..inner("tickwire-bind", "demo-client/bind")
    },
    Member {
        pure: true,
        ..inner("tickwire-arena", "shared/arena")
    },
    inner("tickwire-arena-server", "server/arena"),
    inner("tickwire-arena-wasm", "demo-client/arena/wasm"),
    inner("tickwire-demo", "server/demo"),
    inner("tickwire-benches", "benches"),
    inner("cards-rules", "examples/cards/rules"),
    inner("cards", "examples/cards/server"),
    inner("cards-wasm", "examples/cards/wasm"),
    inner("dots-rules", "examples/dots/rules"),
    inner("dots", "examples/dots/server"),
    inner("dots-wasm", "examples/dots/wasm"),
    inner("swarm-rules", "examples/swarm/rules"),
    inner("swarm-game", "examples/swarm/server"),
    inner("swarm-wasm", "examples/swarm/wasm"),
    inner("tag-rules", "examples/tag/rules"),
    inner("tag", "examples/tag/server"),
    inner("tag-wasm", "examples/tag/wasm"),
    inner("xtask", "xtask"),
    inner("cargo-tickwire", "xtask/cargo-tickwire"),
];

/// An error unless `members` and the workspace that `metadata` describes are the same packages in the same folders.
pub(super) fn compare(members: &[Member], metadata: &Value) -> Result<()> {
    let root = metadata["workspace_root"]
        .as_str()
        .context("cargo metadata names no workspace_root")?;
    let mut found = BTreeMap::new();
    for package in packages(metadata) {
        let manifest = package["manifest_path"].as_str().map(Path::new);
        let folder = manifest
            .and_then(Path::parent)
            .and_then(|folder| folder.strip_prefix(root).ok());
        let folder = folder.map(|folder| folder.to_string_lossy().replace('\\', "/"));
        // `publish = false` is an empty list of registries.
        let published = package["publish"]
            .as_array()
            .is_none_or(|registries| !registries.is_empty());
        found.insert(name(package), (folder.unwrap_or_default(), published));
    }
    let mut wrong = Vec::new();
    for member in members {
        match found.remove(member.name) {
            None => wrong.push(format!("{} is not in the workspace", member.name)),
            Some((folder, _)) if folder != member.folder => {
                wrong.push(format!(
                    "{} is in {folder}, not in {}",
                    member.name, member.folder
                ));
            }
            Some((_, published)) if published != member.published => {
                let expected = if member.published { "true" } else { "false" };
                wrong.push(format!(
                    "{} has to say publish = {expected} in its Cargo.toml",
                    member.name
                ));
            }
            Some(_) => {}
        }
    }
    wrong.extend(
        found
            .keys()
            .map(|name| format!("{name} is not in the table")),
    );
    ensure!(
        wrong.is_empty(),
        "the workspace is not as its table in xtask/src/guards/layout.rs says; correct the one that is wrong:\n  {}",
        wrong.join("\n  ")
    );
    Ok(())
}

/// The packages of the workspace, as `cargo metadata --no-deps` lists them.
pub(super) fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

pub(super) fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &[Member] = &[
        Member {
            published: true,
            ..inner("one", "a")
        },
        inner("two", "a/b"),
    ];

    fn metadata(packages: &[(&str, &str, bool)]) -> Value {
        let packages = packages.iter().map(|(name, folder, published)| {
            let publish = if *published { Value::Null } else { json!([]) };
            json!({ "name": name, "manifest_path": format!("/x/{folder}/Cargo.toml"), "publish": publish })
        });
        json!({ "workspace_root": "/x", "packages": packages.collect::<Vec<_>>() })
    }

    fn refused(packages: &[(&str, &str, bool)]) -> String {
        let error = compare(TABLE, &metadata(packages)).unwrap_err().to_string();
        error
            .lines()
            .skip(1)
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn the_table_and_the_workspace_must_be_the_same() {
        assert!(
            compare(
                TABLE,
                &metadata(&[("one", "a", true), ("two", "a/b", false)])
            )
            .is_ok()
        );
        assert_eq!(
            refused(&[("one", "a", true)]),
            "two is not in the workspace"
        );
        assert_eq!(
            refused(&[("one", "a", true), ("two", "c", false)]),
            "two is in c, not in a/b"
        );
        assert_eq!(
            refused(&[("one", "a", false), ("two", "a/b", true)]),
            "one has to say publish = true in its Cargo.toml; two has to say publish = false in its Cargo.toml"
        );
        let three = [
            ("one", "a", true),
            ("two", "a/b", false),
            ("three", "c", false),
        ];
        assert_eq!(refused(&three), "three is not in the table");
    }

    #[test]
    fn no_package_of_the_framework_may_use_a_game() {
        for member in MEMBERS.iter().filter(|member| member.published) {
            assert!(member.own.is_some(), "{} may use anything", member.name);
        }
    }
}
