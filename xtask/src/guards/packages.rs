//! Everything that goes to the registry can be packed as it is.
//!
//! In: the manifests of the published packages, and cargo's own packing. It demands versions beside paths, and it
//! demands that a published package depends on published ones only. Out: an error that says what is missing. Nothing is
//! uploaded. What is packed is not built again: the other checks have built it.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::layout::{MEMBERS, name, packages as all_packages};
use crate::steps::Live;
use crate::tools::{self, Workspace};

/// What a manifest has to say for the registry, and what it may be taken from.
const TOLD: [&str; 6] = [
    "description",
    "license",
    "repository",
    "keywords",
    "categories",
    "rust_version",
];
/// Both licences ask that their text goes along. Links to the files at the top will do: cargo packs what they lead to.
const LICENCE_FILES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// An error if a published package cannot be packed.
pub(crate) fn packages(workspace: &Workspace, live: &Live) -> Result<String> {
    let metadata = workspace.metadata()?;
    let published = MEMBERS.iter().filter(|member| member.published);
    let names: Vec<_> = published.clone().map(|member| member.name).collect();
    let mut wrong = untold(&metadata, &names);
    for member in published {
        let folder = workspace.at(member.folder);
        let missing = missing_licences(|file| folder.join(file).is_file());
        wrong.extend(
            missing
                .map(|file| format!("{}/{file} is missing: link it to the top's", member.folder)),
        );
    }
    ensure!(
        wrong.is_empty(),
        "not ready for the registry:\n  {}",
        wrong.join("\n  ")
    );

    // Clippy has fetched everything that these need, so packing need not ask the network.
    let mut cargo = workspace.cargo();
    cargo.args(["package", "--no-verify", "--allow-dirty", "--offline"]);
    for name in &names {
        cargo.args(["--package", name]);
    }
    tools::run(&mut cargo, live)?;
    Ok(format!("{} packages", names.len()))
}

/// One line for each thing that a published package's manifest does not say.
fn untold(metadata: &Value, published: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in all_packages(metadata).filter(|package| published.contains(&name(package))) {
        let empty = |value: &Value| match value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => true,
        };
        for key in TOLD.iter().filter(|key| empty(&package[**key])) {
            let key = key.replace('_', "-");
            wrong.push(format!(
                "{} has no {key}: say `{key}.workspace = true`, or its own",
                name(package)
            ));
        }
    }
    wrong
}

fn missing_licences(is_there: impl Fn(&Path) -> bool) -> impl Iterator<Item = &'static str> {
    LICENCE_FILES
        .into_iter()
        .filter(move |file| !is_there(Path::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_published_manifest_does_not_say_is_named() {
        let whole = json!({
            "name": "whole", "description": "A.", "license": "MIT", "repository": "https://b",
            "keywords": ["c"], "categories": ["d"], "rust_version": "1.95",
        });
        let mut part = whole.clone();
        part["name"] = json!("part");
        part["keywords"] = json!([]);
        part["repository"] = Value::Null;
        let metadata = json!({ "packages": [whole, part, { "name": "inner" }] });
        let expected = [
            "part has no repository: say `repository.workspace = true`, or its own",
            "part has no keywords: say `keywords.workspace = true`, or its own",
        ];
        assert_eq!(untold(&metadata, &["whole", "part"]), expected);
    }

    #[test]
    fn a_missing_licence_is_named() {
        let missing = missing_licences(|file| file == Path::new("LICENSE-MIT"));
        assert_eq!(missing.collect::<Vec<_>>(), ["LICENSE-APACHE"]);
    }
}
