//! What packages may depend on: the framework on no game, the pure crates on nothing that waits, locks or reads a
//! clock, the library on nothing that only a program needs.
//!
//! In: what cargo says of the workspace. Our own packages come from `cargo metadata --no-deps`, with all kinds of
//! dependencies. The closure of a pure crate comes from `cargo tree`: the resolve graph of the metadata holds every
//! feature that any package of the workspace asks for, so it would show a dev-dependency's features in the pure crates.

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use super::layout::{MEMBERS, Member, compare, name, packages};
use crate::tools::{self, Workspace};

/// What no pure crate may have in its closure; a `*` stands for any end.
///
/// What tickwire-room has there, and why it does no harm. hecs brings hashbrown, foldhash and spin; it takes spin's
/// lock when a world is made, to number it. rand and rand_pcg bring rand_core; the features that ask the system for
/// randomness are off. tracing brings tracing-core, once_cell and pin-project-lite; the clock and the file belong to
/// its subscriber, which a program installs. serde brings serde_core and derives, which run in the compiler.
/// xxhash-rust and libm bring nothing.
const IMPURE: &[&str] = &[
    "async-*",
    "axum",
    "crossbeam*",
    "fastwebsockets",
    "futures*",
    "getrandom",
    "hyper*",
    "mio",
    "parking_lot*",
    "rayon*",
    "socket2",
    "tokio*",
];

/// What a program brings and the library must not: logging, a command line, embedded pages, reports of errors.
const PROGRAMS_ONLY: &[&str] = &["anyhow", "clap", "rust-embed", "tracing-subscriber"];
/// The library.
const LIBRARY: &str = "tickwire-server";

/// An error if a package depends on what it must not.
pub(crate) fn dependencies(workspace: &Workspace) -> Result<()> {
    let metadata = workspace.metadata()?;
    compare(MEMBERS, &metadata)?;
    let mut wrong = games_in_the_framework(MEMBERS, &metadata);
    wrong.extend(programs_in_the_library(&metadata));
    for member in MEMBERS.iter().filter(|member| member.pure) {
        let mut cargo = workspace.cargo();
        cargo.args([
            "tree",
            "--package",
            member.name,
            "--edges",
            "normal",
            "--target",
            "all",
        ]);
        cargo.args(["--prefix", "depth", "--format", " {p}", "--locked"]);
        wrong.extend(impure(member.name, &tools::output(&mut cargo)?)?);
    }
    ensure!(
        wrong.is_empty(),
        "dependencies that must not be:\n  {}",
        wrong.join("\n  ")
    );
    Ok(())
}

/// One line for each path from a package to one of ours that it may not depend on.
fn games_in_the_framework(members: &[Member], metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for member in members {
        let Some(allowed) = member.own else {
            continue;
        };
        // What its own tests and build need counts. What the tests of its dependencies need is not built with it.
        let mut ways: Vec<Vec<&str>> = direct(metadata, member.name, true);
        let mut seen = vec![member.name];
        while let Some(way) = ways.pop() {
            let Some(last) = way.last().copied().filter(|last| !seen.contains(last)) else {
                continue;
            };
            seen.push(last);
            if allowed.contains(&last) {
                let further = direct(metadata, last, false).into_iter();
                ways.extend(
                    further
                        .map(|next| [way.as_slice(), next.get(1..).unwrap_or_default()].concat()),
                );
            } else {
                let allowed = if allowed.is_empty() {
                    "none"
                } else {
                    &allowed.join(", ")
                };
                wrong.push(format!(
                    "{}: of our own packages it may have {allowed}. Move what needs {last} to a package that is \
                        built on both, such as tickwire-arena-server or tickwire-demo.",
                    way.join(" -> ")
                ));
            }
        }
    }
    wrong
}

/// A package with each of its dependencies in the workspace: of all kinds, or without those for tests.
fn direct<'m>(metadata: &'m Value, package: &'m str, tests: bool) -> Vec<Vec<&'m str>> {
    let ours: Vec<_> = packages(metadata).map(name).collect();
    let all = packages(metadata)
        .filter(|found| name(found) == package)
        .flat_map(dependencies_of);
    let kinds = all.filter(|dependency| tests || dependency["kind"] != "dev");
    let names = kinds
        .map(name)
        .filter(|dependency| ours.contains(dependency));
    names.map(|dependency| vec![package, dependency]).collect()
}

fn dependencies_of(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().into_iter().flatten()
}

fn programs_in_the_library(metadata: &Value) -> Vec<String> {
    let library = packages(metadata).filter(|package| name(package) == LIBRARY);
    let normal = library
        .flat_map(dependencies_of)
        .filter(|dependency| dependency["kind"].is_null());
    let names = normal
        .map(name)
        .filter(|dependency| PROGRAMS_ONLY.contains(dependency));
    let lines = names.map(|dependency| {
        format!("{LIBRARY} -> {dependency}: a program's choice. Take it into tickwire-demo, or into dev-dependencies.")
    });
    lines.collect()
}

/// One line for each path from a pure crate to an impure package. `tree` is printed by cargo with `--prefix depth`.
fn impure(package: &str, tree: &str) -> Result<Vec<String>> {
    let mut way: Vec<&str> = Vec::new();
    let mut wrong = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let depth = words.next().and_then(|word| word.parse::<usize>().ok());
        let (Some(depth), Some(name)) = (depth, words.next()) else {
            bail!("cargo tree says {line:?}, which has no depth and name");
        };
        way.truncate(depth);
        way.push(name);
        if IMPURE.iter().any(|pattern| fits(pattern, name)) {
            wrong.push(format!(
                "{}: a pure crate has no clock, lock or I/O. Switch off the feature that brings it, or move what needs \
                    it to tickwire-server.",
                way.join(" -> ")
            ));
        }
    }
    ensure!(
        way.first() == Some(&package),
        "cargo tree does not begin with {package}"
    );
    wrong.dedup();
    Ok(wrong)
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| json!({ "name": name, "kind": kind }));
        json!({ "name": name, "dependencies": dependencies.collect::<Vec<_>>() })
    }

    fn member(name: &'static str, own: Option<&'static [&'static str]>) -> Member {
        Member {
            name,
            folder: "",
            pure: false,
            own,
            published: false,
        }
    }

    const WORKSPACE_TABLE: &[(&str, Option<&[&str]>)] = &[
        ("base", Some(&[])),
        ("room", Some(&["base"])),
        ("game", None),
    ];

    fn games(packages: &[Value]) -> Vec<String> {
        let table: Vec<_> = WORKSPACE_TABLE
            .iter()
            .map(|(name, own)| member(name, *own))
            .collect();
        let wrong = games_in_the_framework(&table, &json!({ "packages": packages })).into_iter();
        wrong
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn a_game_in_the_framework_is_found_in_tests_and_builds_and_at_a_distance() {
        let game = || package("game", &[("room", None), ("base", None)]);
        let good = [
            package("base", &[("serde", None)]),
            package("room", &[("base", None)]),
            game(),
        ];
        assert_eq!(games(&good), [""; 0]);
        for kind in [None, Some("dev"), Some("build")] {
            let bad = [
                package("base", &[]),
                package("room", &[("base", None), ("game", kind)]),
                game(),
            ];
            assert_eq!(games(&bad), ["room -> game"]);
        }
        let far = [
            package("base", &[("game", Some("build"))]),
            package("room", &[("base", None)]),
            game(),
        ];
        assert_eq!(games(&far), ["base -> game", "room -> base -> game"]);
        // What the tests of `base` need is reported for `base` alone.
        let tests = [
            package("base", &[("game", Some("dev"))]),
            package("room", &[("base", None)]),
            game(),
        ];
        assert_eq!(games(&tests), ["base -> game"]);
    }

    #[test]
    fn the_library_leaves_a_program_its_choices() {
        let library = |kind| {
            let library = package(
                LIBRARY,
                &[("tokio", None), ("clap", kind), ("anyhow", kind)],
            );
            programs_in_the_library(
                &json!({ "packages": [library, package("demo", &[("clap", None)])] }),
            )
        };
        assert_eq!(library(None).len(), 2);
        assert!(library(Some("dev")).is_empty());
    }

    #[test]
    fn what_waits_is_found_in_a_pure_crate_with_the_way_there() {
        let tree = "0 room v0.1.0 (/x)\n1 hecs v0.11.2\n2 spin v0.12.3\n1 rand v0.10.4\n2 getrandom v0.4.3\n1 b v1\n";
        let wrong = impure("room", tree).unwrap();
        assert_eq!(wrong.len(), 1);
        assert!(
            wrong[0].starts_with("room -> rand -> getrandom: "),
            "{wrong:?}"
        );
        for name in [
            "tokio",
            "tokio-util",
            "parking_lot_core",
            "crossbeam-channel",
            "futures-core",
            "async-io",
        ] {
            assert_eq!(
                impure("a", &format!("0 a v1\n1 {name} v1\n"))
                    .unwrap()
                    .len(),
                1,
                "{name}"
            );
        }
        assert!(
            impure("a", "0 a v1\n1 futurist v1\n1 mioco v1\n")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_tree_of_something_else_is_no_proof() {
        assert!(impure("a", "").is_err());
        assert!(impure("a", "0 b v1\n").is_err());
        assert!(impure("a", "a v1\n").is_err());
    }
}
