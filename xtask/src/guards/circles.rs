//! No circles of files: in each package the files can be read and understood one after the other.
//!
//! In: the files below a package's `src`. Out: an error that names each circle, as `a.rs -> b.rs -> a.rs`, with the
//! names that are taken. `modules` finds which file imports from which.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use super::layout::MEMBERS;
use super::modules::{Imports, imports};
use crate::stamp::files_under;

/// An error if any package has a circle.
pub(crate) fn circles(root: &Path) -> Result<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for member in MEMBERS {
        let folder = format!("{}/src", member.folder);
        let files = texts(&root.join(&folder))?;
        count += files.len();
        let found = in_package(&files).into_iter();
        wrong.extend(found.map(|line| format!("{folder}: {line}")));
    }
    ensure!(
        wrong.is_empty(),
        "files that import from each other in a circle, or cannot be followed:\n  {}\nMove what both ends of a circle need \
            into a file below both, or hand it over as an argument.",
        wrong.join("\n  ")
    );
    Ok(format!("none in {count} files"))
}

/// One line for each circle among the files of a package, or one that says why circles cannot be seen.
fn in_package(files: &BTreeMap<String, String>) -> Vec<String> {
    if files.is_empty() {
        return vec!["no Rust files: correct the table in xtask/src/guards/layout.rs".to_owned()];
    }
    match imports(files) {
        Ok(imports) => circles_of(&imports)
            .iter()
            .map(|circle| shown(circle, &imports))
            .collect(),
        Err(problem) => vec![format!("cannot be followed: {problem:#}")],
    }
}

/// The Rust files below `folder` with their texts, by their paths from there.
fn texts(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for file in files_under(folder)? {
        let path = file.strip_prefix(folder)?;
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/");
        if name.ends_with(".rs") {
            texts.insert(name, fs::read_to_string(&file)?);
        }
    }
    Ok(texts)
}

/// Every two files that import from each other. For each file that is only in longer circles, one of the shortest.
fn circles_of(imports: &Imports) -> Vec<Vec<String>> {
    let mut circles = Vec::new();
    for (file, targets) in imports {
        let later = targets.keys().filter(|target| *target > file);
        let back = later.filter(|target| {
            imports
                .get(*target)
                .is_some_and(|back| back.contains_key(file))
        });
        circles.extend(back.map(|target| vec![file.clone(), target.clone()]));
    }
    let mut known: BTreeSet<String> = circles.iter().flatten().cloned().collect();
    for file in imports.keys() {
        if !known.contains(file)
            && let Some(circle) = circle_through(file, imports)
        {
            known.extend(circle.iter().cloned());
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from `file` back to itself, without its end.
fn circle_through(file: &str, imports: &Imports) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([file]);
    while let Some(at) = next.pop_front() {
        for target in imports.get(at).into_iter().flat_map(BTreeMap::keys) {
            if target == file {
                let mut way = vec![at.to_owned()];
                let mut back = at;
                while let Some(before) = came_from.get(back).filter(|_| back != file) {
                    way.push((*before).to_owned());
                    back = before;
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(target.as_str()) {
                came_from.insert(target, at);
                next.push_back(target);
            }
        }
    }
    None
}

fn shown(circle: &[String], imports: &Imports) -> String {
    let mut line = circle.first().cloned().unwrap_or_default();
    let targets = circle.iter().cycle().skip(1);
    for (from, target) in circle.iter().zip(targets) {
        let names = imports.get(from).and_then(|targets| targets.get(target));
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        line += &format!(" -> {target} ({})", names.join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        in_package(&files.collect())
    }

    const FACE: (&str, &str) = ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B;");

    #[test]
    fn a_circle_is_shown_with_the_names_taken() {
        let files = [
            FACE,
            ("a.rs", "use crate::b::{B, F}; struct A;"),
            ("b.rs", "fn f(x: super::c::C) {}"),
            ("c.rs", "use crate::A;"),
        ];
        assert_eq!(
            told(&files),
            ["a.rs -> b.rs (B, F) -> c.rs (C) -> a.rs (A)"]
        );
    }

    #[test]
    fn a_circle_by_way_of_a_face_is_seen() {
        let files = [
            FACE,
            ("a.rs", "use crate::B;"),
            ("b.rs", "use super::A;"),
            ("c.rs", ""),
        ];
        assert_eq!(told(&files), ["a.rs -> b.rs (B) -> a.rs (A)"]);
    }

    #[test]
    fn a_parent_may_pass_on_what_its_child_makes_of_its_items_but_not_use_it() {
        let child = ("a.rs", "use super::B; pub struct A(B);");
        assert_eq!(
            told(&[("lib.rs", "mod a; pub use a::A; pub struct B;"), child]),
            [""; 0]
        );
        for code in [
            "pub use a::A; fn f() -> A {}",
            "pub use a::*; fn f() -> A {}",
            "use a::A;",
        ] {
            let parent = format!("mod a; {code} pub struct B;");
            let name = if code.contains('*') { "*" } else { "A" };
            let circle = format!("a.rs -> lib.rs (B) -> a.rs ({name})");
            assert_eq!(told(&[("lib.rs", &parent), child]), [circle]);
        }
    }

    #[test]
    fn every_pair_is_named_and_each_longer_circle_once() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::{a::A, c::C};"),
            ("c.rs", "use crate::b::B;"),
            ("d.rs", "use crate::e::E;"),
            ("e.rs", "use crate::f::F;"),
            ("f.rs", "use crate::d::D;"),
        ];
        let expected = [
            "a.rs -> b.rs (B) -> a.rs (A)",
            "b.rs -> c.rs (C) -> b.rs (B)",
            "d.rs -> e.rs (E) -> f.rs (F) -> d.rs (D)",
        ];
        assert_eq!(told(&files), expected);
    }

    #[test]
    fn one_way_is_no_circle() {
        let files = [
            FACE,
            ("a.rs", "//! See [`crate::c`].\nuse crate::{b, c};"),
            (
                "b.rs",
                "use crate::c::C; #[cfg(test)] mod tests { use crate::a::A; }",
            ),
            ("c.rs", "pub struct C;"),
        ];
        assert_eq!(told(&files), [""; 0]);
    }

    #[test]
    fn a_package_that_is_not_there_or_cannot_be_followed_does_not_pass() {
        assert_eq!(
            told(&[]),
            ["no Rust files: correct the table in xtask/src/guards/layout.rs"]
        );
        let lost = [("lib.rs", "mod a;"), ("a.rs", "use crate::Gone;")];
        assert_eq!(
            told(&lost),
            [
                "cannot be followed: a.rs names crate::Gone: lib.rs neither declares nor re-exports Gone"
            ]
        );
    }
}
