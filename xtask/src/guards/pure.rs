//! The pure crates' lints: no clock, no lock, no thread, no I/O, no unordered iteration.
//!
//! clippy refuses each use. What it refuses is in a clippy.toml; for each crate it reads the nearest one above. In:
//! those files and each crate's lib.rs. Out: an error if one is missing, hides a setting of the root's or bans less
//! than another one, or if a crate could allow itself an exception.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::layout::MEMBERS;

/// What the settings must ban, whatever else they ban: an emptied list would refuse nothing.
const BANNED: &[&str] = &[
    "std::time::Instant",
    "std::time::SystemTime",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::atomic::AtomicBool",
    "std::sync::atomic::AtomicUsize",
    "std::io::Read",
    "std::io::Write",
    "std::fs::File",
    "std::net::TcpStream",
    "std::thread::spawn",
    "std::thread::sleep",
];

/// With this in a pure crate's lib.rs not even an `#[allow]` helps, outside of its tests.
const FORBID: &str =
    "#![cfg_attr(not(test), forbid(clippy::disallowed_types, clippy::disallowed_methods))]";

/// An error if the lints of a pure crate do not keep it pure.
pub(crate) fn pure(root: &Path) -> Result<String> {
    let read = |path: &str| {
        let text = fs::read_to_string(root.join(path));
        text.with_context(|| format!("cannot read {path}"))
    };
    let general = read("clippy.toml")?;
    let mut crates = Vec::new();
    for member in MEMBERS.iter().filter(|member| member.pure) {
        let settings = match nearest(root, member.folder) {
            Some(path) => Some((read(&path)?, path)),
            None => None,
        };
        crates.push(Crate {
            folder: member.folder,
            // A file that is not there forbids nothing, which is found below.
            library: read(&format!("{}/src/lib.rs", member.folder)).unwrap_or_default(),
            settings,
        });
    }
    let wrong = loose(&general, &crates);
    ensure!(
        wrong.is_empty(),
        "pure crates whose lints do not hold:\n  {}",
        wrong.join("\n  ")
    );
    Ok(format!("{} crates", crates.len()))
}

struct Crate {
    folder: &'static str,
    /// The text of its lib.rs.
    library: String,
    /// The text and the path of the clippy.toml that clippy reads, unless that is the root's.
    settings: Option<(String, String)>,
}

/// The clippy.toml that clippy reads for a crate in `folder`, below the root's.
fn nearest(root: &Path, folder: &str) -> Option<String> {
    let folders = Path::new(folder)
        .ancestors()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut files = folders.map(|folder| folder.join("clippy.toml"));
    files
        .find(|file| root.join(file).is_file())
        .map(|file| file.to_string_lossy().replace('\\', "/"))
}

fn loose(general: &str, crates: &[Crate]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut first: Option<(Vec<&str>, &str)> = None;
    for Crate {
        folder,
        library,
        settings,
    } in crates
    {
        if !bare(library).contains(&bare(FORBID)) {
            wrong.push(format!("{folder}/src/lib.rs has to say {FORBID}"));
        }
        let Some((text, path)) = settings else {
            wrong.push(format!(
                "{folder} has no clippy.toml of its own: copy that of another pure crate"
            ));
            continue;
        };
        let has = lines(text);
        let hidden = lines(general)
            .into_iter()
            .filter(|line| !has.contains(line));
        wrong.extend(hidden.map(|line| format!("{path} hides the root's clippy.toml: add {line}")));
        let missing = BANNED.iter().filter(|banned| {
            !has.iter()
                .any(|line| line.contains(&format!("\"{banned}\"")))
        });
        wrong.extend(missing.map(|banned| format!("{path} has to ban {banned}")));
        match &first {
            Some((other, other_path)) if *other != has => {
                wrong.push(format!(
                    "{path} and {other_path} differ, comments apart: make them the same"
                ));
            }
            Some(_) => {}
            None => first = Some((has, path)),
        }
    }
    wrong
}

/// The lines that are settings.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// `text` without white space, and without the commas that rustfmt adds at line ends.
fn bare(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.replace(",)", ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> String {
        let banned = BANNED
            .iter()
            .map(|path| format!("  {{ path = \"{path}\", reason = \"so\" }},\n"));
        format!(
            "# One.\nallow-x = true\ndisallowed-types = [\n{}]\n",
            banned.collect::<String>()
        )
    }

    fn pure_crate(folder: &'static str) -> Crate {
        let library = FORBID.replace(", ", ",\n    ").replace("))]", ",\n))]");
        Crate {
            folder,
            library,
            settings: Some((settings(), format!("{folder}/clippy.toml"))),
        }
    }

    const GENERAL: &str = "# Two.\nallow-x = true\n";

    #[test]
    fn settings_that_ban_the_same_are_fine() {
        assert_eq!(loose(GENERAL, &[pure_crate("a"), pure_crate("b")]), [""; 0]);
    }

    #[test]
    fn a_crate_without_settings_and_one_that_could_allow_itself_are_found() {
        let none = Crate {
            settings: None,
            ..pure_crate("a")
        };
        let loosened = Crate {
            library: FORBID.replace("forbid", "deny"),
            ..pure_crate("b")
        };
        let wrong = loose(GENERAL, &[none, loosened]);
        assert!(wrong[0].starts_with("a has no clippy.toml"), "{wrong:?}");
        assert!(
            wrong[1].starts_with("b/src/lib.rs has to say #![cfg_attr(not(test), forbid("),
            "{wrong:?}"
        );
    }

    #[test]
    fn settings_that_hide_ban_less_or_differ_are_found() {
        let mut other = pure_crate("b");
        let less = settings()
            .replace("std::fs::File", "std::fs::Other")
            .replace("allow-x", "allow-y");
        other.settings = Some((less, "b/clippy.toml".to_owned()));
        let expected = [
            "b/clippy.toml hides the root's clippy.toml: add allow-x = true",
            "b/clippy.toml has to ban std::fs::File",
            "b/clippy.toml and a/clippy.toml differ, comments apart: make them the same",
        ];
        assert_eq!(loose(GENERAL, &[pure_crate("a"), other]), expected);
    }
}
