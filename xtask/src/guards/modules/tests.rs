//! Small packages, and what their files import.

use super::*;

/// "a.rs: b.rs(X Y)" for each file that imports.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let imports = imports(&files.collect()).unwrap();
    let lines = imports
        .into_iter()
        .filter(|(_, targets)| !targets.is_empty());
    let lines = lines.map(|(from, targets)| {
        let targets = targets.into_iter().map(|(target, names)| {
            let names: Vec<_> = names.into_iter().collect();
            format!(" {target}({})", names.join(" "))
        });
        format!("{from}:{}", targets.collect::<String>())
    });
    lines.collect()
}

#[test]
fn a_path_leads_to_the_deepest_file_that_it_names() {
    let files = [
        ("lib.rs", "mod a; mod b; pub struct Root;"),
        (
            "a.rs",
            "use crate::b::c::{self, Deep}; use super::Root; fn f() { crate::b::Own::new() }",
        ),
        ("b/mod.rs", "pub mod c; pub struct Own; use self::c::Deep;"),
        (
            "b/c.rs",
            "pub struct Deep; fn f() -> super::super::Root { super::Own; crate::b::Own }",
        ),
    ];
    let expected = [
        "a.rs: b/c.rs(Deep c) b/mod.rs(Own) lib.rs(Root)",
        "b/c.rs: b/mod.rs(Own) lib.rs(Root)",
        "b/mod.rs: b/c.rs(Deep)",
    ];
    assert_eq!(told(&files), expected);
}

#[test]
fn a_face_is_seen_through() {
    let files = [
        (
            "lib.rs",
            "pub mod a; mod b; pub use b::Thing as Other; pub use b::c;",
        ),
        (
            "a.rs",
            "use crate::{Other, c::Deep}; use crate::b; fn f() -> b::Thing { b::c::Deep }",
        ),
        (
            "b/mod.rs",
            "pub mod c; mod d; pub use d::*; pub use serde::Serialize;",
        ),
        (
            "b/c.rs",
            "use super::Serialize; use super::*; pub struct Deep;",
        ),
        ("b/d.rs", "pub struct Thing;"),
    ];
    let expected = ["a.rs: b/c.rs(Deep) b/d.rs(Thing)", "b/c.rs: b/d.rs(*)"];
    assert_eq!(told(&files), expected);
}

#[test]
fn bare_names_of_children_and_of_imported_modules_lead_there() {
    let files = [
        (
            "main.rs",
            "mod a; mod b; use a::One; fn main() { b::two(); std::mem::take(x); }",
        ),
        ("a/mod.rs", "mod c;"),
        (
            "a/c.rs",
            "use crate::b; use super::super::*; fn f() { b::two(); a::One; } pub struct One;",
        ),
        (
            "b.rs",
            "mod inner { use super::two; pub fn x() {} } use crate::b::inner::x; pub fn two() {}",
        ),
    ];
    let error = imports_of(&files).unwrap_err().to_string();
    assert_eq!(error, "main.rs names a::One");
    let files = [
        files[0],
        ("a/mod.rs", "mod c; pub use c::One;"),
        files[2],
        files[3],
    ];
    assert_eq!(
        told(&files),
        [
            "a/c.rs: b.rs(b two) main.rs(*)",
            "main.rs: a/c.rs(One) b.rs(two)"
        ]
    );
}

fn imports_of(files: &[(&str, &str)]) -> Result<Imports> {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    imports(&files.collect())
}

#[test]
fn tests_and_programs_beside_a_library_are_left_out() {
    let files = [
        ("lib.rs", "mod a; #[cfg(test)] mod fixtures;"),
        ("a.rs", "#[cfg(test)] mod tests { use crate::fixtures::X; }"),
        ("a/tests.rs", "use crate::a::X;"),
        ("fixtures.rs", "use crate::a::X;"),
        ("bin/tool.rs", "use crate::a::X;"),
        ("main.rs", "use crate::a::X;"),
    ];
    assert_eq!(told(&files), [""; 0]);
}

#[test]
fn what_cannot_be_followed_is_an_error() {
    assert!(imports_of(&[("a.rs", "")]).is_err());
    assert!(imports_of(&[("lib.rs", "fn f() { super::x() }")]).is_err());
    let round = [
        ("lib.rs", "mod a; pub use a::X;"),
        ("a/mod.rs", "pub use crate::X;"),
        ("b.rs", "use crate::X;"),
    ];
    assert!(imports_of(&round).is_err());
}
