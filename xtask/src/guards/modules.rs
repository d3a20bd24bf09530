//! Which file of a package imports from which.
//!
//! In: the files below a package's `src`. Out: for each file, the files that its paths lead to, with the names that it
//! takes. A path leads to the file that has the item, through all files that only pass it on with a `pub use`. What
//! cannot be followed is an error: a guard must not pass because it did not understand.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use super::imports::{Named, Outline};

/// From a file to the files that it imports from, and the names that it takes there.
pub(super) type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// How many re-exports of re-exports are followed.
const DEPTH: usize = 16;

/// The imports between `files`, which map a path below `src` to a text. Programs beside a library are left out, since
/// nothing imports from them, and so are tests.
pub(super) fn imports(files: &BTreeMap<String, String>) -> Result<Imports> {
    let package = Package::read(files)?;
    let mut imports = Imports::new();
    for module in package.files.values() {
        let from = imports.entry(module.name.clone()).or_default();
        for named in &module.outline.paths {
            let targets = package.targets(module, named, DEPTH);
            let targets = targets
                .with_context(|| format!("{} names {}", module.name, named.segments.join("::")))?;
            for (target, name) in targets {
                if target.name != module.name && needs(module, named, target) {
                    from.entry(target.name.clone()).or_default().insert(name);
                }
            }
        }
    }
    Ok(imports)
}

/// True unless a file only passes on what `named` brings.
fn needs(module: &Module, named: &Named, target: &Module) -> bool {
    let mentioned = &module.outline.mentioned;
    match named.bound.as_deref() {
        _ if !named.public => true,
        Some("*") => !mentioned.is_disjoint(&target.outline.defined),
        bound => bound.is_some_and(|bound| mentioned.contains(bound)),
    }
}

type Path = Vec<String>;

struct Module {
    name: String,
    path: Path,
    outline: Outline,
}

/// The files of a package by their module paths.
struct Package {
    files: BTreeMap<Path, Module>,
}

impl Package {
    fn read(files: &BTreeMap<String, String>) -> Result<Self> {
        let mut found = BTreeMap::new();
        let mut tests = Vec::new();
        let library = files.contains_key("lib.rs");
        for (name, text) in files {
            let Some(path) = module_path(name, library) else {
                continue;
            };
            let outline = Outline::of(text);
            tests.extend(outline.test_modules.iter().map(|test| child(&path, test)));
            let module = Module {
                name: name.clone(),
                path: path.clone(),
                outline,
            };
            let before = found.insert(path, module);
            ensure!(
                before.is_none(),
                "{name} and another file are the same module"
            );
        }
        found.retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
        ensure!(
            found.contains_key(&Path::new()),
            "there is neither a lib.rs nor a main.rs"
        );
        Ok(Self { files: found })
    }

    /// The files that a path leads to, and what is taken there.
    fn targets(
        &self,
        from: &Module,
        named: &Named,
        depth: usize,
    ) -> Result<Vec<(&Module, String)>> {
        ensure!(depth > 0, "its re-exports go round in a circle");
        let Some((place, rest)) = self.walk(from, named, depth)? else {
            return Ok(Vec::new());
        };
        let file = self.file_of(&place);
        let all = named.bound.as_deref() == Some("*");
        let Some(item) = rest.first() else {
            let name = if all {
                Some("*")
            } else {
                place.last().map(String::as_str)
            };
            let name = name.unwrap_or_default().to_owned();
            // A face has no items of its own to take.
            let mut targets: Vec<_> = (!file.outline.face)
                .then_some((file, name))
                .into_iter()
                .collect();
            for shown in file.outline.paths.iter().filter(|path| all && path.public) {
                targets.extend(self.targets(file, shown, depth - 1)?);
            }
            return Ok(targets);
        };
        // The place in the module itself, which may be inside the file.
        let inside = place.get(file.path.len()..).unwrap_or_default();
        let uses = file
            .outline
            .paths
            .iter()
            .filter(|path| path.within == inside);
        let brought: Vec<_> = uses
            .clone()
            .filter(|path| path.bound.as_ref() == Some(item))
            .collect();
        let mut targets = Vec::new();
        for path in &brought {
            targets.extend(self.targets(file, path, depth - 1)?);
        }
        if !brought.is_empty() {
            return Ok(targets);
        }
        let own = file.outline.defined.contains(item);
        // A name that is not its own may come through any of these.
        for path in uses.filter(|path| !own && path.bound.as_deref() == Some("*")) {
            let segments = child(&path.segments, item);
            let through = Named {
                segments,
                bound: Some(item.clone()),
                ..path.clone()
            };
            targets.extend(self.targets(file, &through, depth - 1)?);
        }
        if targets.is_empty() {
            let there = own || !file.outline.face;
            ensure!(
                there,
                "{} neither declares nor re-exports {item}",
                file.name
            );
            targets.push((file, item.clone()));
        }
        Ok(targets)
    }

    /// The module that a path leads to, and what is left of the path there. `None` if it leads out of the package.
    fn walk<'n>(
        &self,
        from: &Module,
        named: &'n Named,
        depth: usize,
    ) -> Result<Option<(Path, &'n [String])>> {
        ensure!(depth > 0, "its imports go round in a circle");
        let here: Path = [from.path.as_slice(), &named.within].concat();
        let first = named.segments.first().map_or("", String::as_str);
        let (mut place, taken) = match first {
            "crate" => (Path::new(), 1),
            "self" => (here, 1),
            "super" => {
                let up = named
                    .segments
                    .iter()
                    .take_while(|segment| *segment == "super")
                    .count();
                let left = here
                    .len()
                    .checked_sub(up)
                    .context("there is nothing above it")?;
                (here.get(..left).unwrap_or_default().to_vec(), up)
            }
            name => match self.known(from, named, &here, name, depth)? {
                Some(place) => (place, 1),
                None => return Ok(None),
            },
        };
        let mut rest = named.segments.get(taken..).unwrap_or_default();
        while let [next, beyond @ ..] = rest {
            let Some(inner) = self.inner(&place, next, depth)? else {
                break;
            };
            place = inner;
            rest = beyond;
        }
        Ok(Some((place, rest)))
    }

    /// The module inside `place` that is called `name`, or that `place` re-exports under that name.
    fn inner(&self, place: &Path, name: &str, depth: usize) -> Result<Option<Path>> {
        let inner = child(place, name);
        if self.is_module(&inner) {
            return Ok(Some(inner));
        }
        let file = self.file_of(place);
        for path in file.outline.paths.iter().filter(|path| path.public) {
            if path.bound.as_deref() == Some(name)
                && let Some((module, [])) = self.walk(file, path, depth - 1)?
            {
                return Ok(Some(module));
            }
        }
        Ok(None)
    }

    /// The module that a bare `name` means at `here`: one that is declared there, or one that a `use` has brought.
    fn known(
        &self,
        from: &Module,
        named: &Named,
        here: &Path,
        name: &str,
        depth: usize,
    ) -> Result<Option<Path>> {
        let declared = child(here, name);
        if self.is_module(&declared) {
            return Ok(Some(declared));
        }
        let near = from.outline.paths.iter();
        let near = near.filter(|path| path.within == named.within && *path != named);
        for path in near {
            // `use a::b` and `use b::c`: a bare name needs no other bare name, so that this ends.
            let ours = path
                .segments
                .first()
                .is_some_and(|first| ["crate", "self", "super"].contains(&first.as_str()));
            let bound = path.bound.as_deref();
            if !ours || bound != Some(name) && bound != Some("*") {
                continue;
            }
            if let Some((module, [])) = self.walk(from, path, depth - 1)? {
                let module = if bound == Some("*") {
                    child(&module, name)
                } else {
                    module
                };
                if self.is_module(&module) {
                    return Ok(Some(module));
                }
            }
        }
        Ok(None)
    }

    fn is_module(&self, path: &Path) -> bool {
        let file = self.file_of(path);
        let inline = path.get(file.path.len()..).unwrap_or_default();
        inline.is_empty() || file.outline.inline.iter().any(|known| known == inline)
    }

    /// The file that a module is in: its own, or the file of the nearest module around it.
    fn file_of(&self, path: &Path) -> &Module {
        let around = (0..=path.len())
            .rev()
            .filter_map(|length| path.get(..length));
        let mut files = around.filter_map(|path| self.files.get(path));
        // `read` makes sure that there is a root.
        files.next().expect("every module is inside the root")
    }
}

/// The module path of a file below `src`. `None` for tests, and for programs beside a library.
fn module_path(name: &str, library: bool) -> Option<Path> {
    let mut path: Path = name
        .strip_suffix(".rs")?
        .split('/')
        .map(str::to_owned)
        .collect();
    let test = path.iter().any(|part| part == "tests");
    if test || path.first().is_some_and(|part| part == "bin") {
        return None;
    }
    if path.last().is_some_and(|part| part == "mod") {
        path.pop();
    }
    match path.as_slice() {
        [root] if root == "lib" => Some(Path::new()),
        [root] if root == "main" => (!library).then(Path::new),
        _ => Some(path),
    }
}

fn child(path: &[String], name: &str) -> Path {
    [path, &[name.to_owned()]].concat()
}

#[cfg(test)]
mod tests;
