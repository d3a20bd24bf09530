//! Stamps: "this output was made from exactly these inputs".
//!
//! A stamp is a small file beside an output. It has a hash over the names and bytes of the inputs, so a step is skipped
//! if they are unchanged, whatever git or an editor did to their times. It must only ever be written after the output
//! is whole.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::steps::Outcome;

/// Folders that hold outputs or other people's code, never inputs of ours.
const NOT_OURS: [&str; 4] = ["node_modules", "target", "dist", "test-results"];

/// The hash of a step's inputs as they are now, and the file that says what the output was made from.
pub struct Stamp {
    path: PathBuf,
    hash: String,
}

impl Stamp {
    /// Hashes `inputs`: files, and folders with everything in them.
    pub fn over(path: PathBuf, inputs: &[PathBuf]) -> Result<Self> {
        let mut files = BTreeSet::new();
        for input in inputs {
            files.extend(files_under(input)?);
        }
        // It is not cryptographic, and another Rust may hash otherwise: at worst that is one needless build.
        let mut hasher = DefaultHasher::new();
        for file in &files {
            let bytes =
                fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            hasher.write(file.as_os_str().as_encoded_bytes());
            hasher.write_usize(bytes.len());
            hasher.write(&bytes);
        }
        let hash = format!("{:016x}", hasher.finish());
        Ok(Self { path, hash })
    }

    /// The hash of the inputs, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// True if the output was made from these inputs.
    pub fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|written| written == self.hash)
    }

    /// Makes `product` with `make`, unless it is there and was made from these inputs.
    ///
    /// # Errors
    /// `make` fails, or does not write the product.
    pub fn renew(&self, product: &Path, make: impl FnOnce() -> Result<()>) -> Result<Outcome> {
        if self.is_fresh() && product.is_file() {
            return Ok(Outcome::Unchanged);
        }
        make()?;
        ensure!(
            product.is_file(),
            "the build ended without writing {}",
            product.display()
        );
        self.write()?;
        Ok(Outcome::Done)
    }

    /// Says that the output is now made from these inputs.
    pub fn write(&self) -> Result<()> {
        let path = &self.path;
        let write = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, &self.hash)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Every file of ours at or below `path`, hidden ones left out; none if nothing is there.
pub fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => folders.push(path.to_owned()),
        Ok(_) => files.push(path.to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        let entries = entries.with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || NOT_OURS.contains(&name.as_ref()) {
                continue;
            }
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                // Links are not followed: they lead to files that are counted elsewhere, or in circles.
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test, removed when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("src/node_modules")).unwrap();
            fs::write(path.join("src/a.ts"), "a").unwrap();
            Self(path)
        }

        fn stamp(&self) -> Stamp {
            let inputs = [self.0.join("src"), self.0.join("not-there.json")];
            Stamp::over(self.0.join("out/.stamp"), &inputs).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn nothing_is_fresh_before_its_first_build() {
        assert!(!Folder::new("first").stamp().is_fresh());
    }

    #[test]
    fn unchanged_inputs_are_fresh_whatever_their_times() {
        let folder = Folder::new("same");
        folder.stamp().write().unwrap();
        fs::write(folder.0.join("src/a.ts"), "a").unwrap();
        assert!(folder.stamp().is_fresh());
    }

    #[test]
    fn a_changed_a_new_and_a_renamed_file_each_ask_for_a_build() {
        let folder = Folder::new("changed");
        folder.stamp().write().unwrap();
        fs::write(folder.0.join("src/a.ts"), "b").unwrap();
        assert!(!folder.stamp().is_fresh());

        folder.stamp().write().unwrap();
        fs::write(folder.0.join("src/b.ts"), "").unwrap();
        assert!(!folder.stamp().is_fresh());

        folder.stamp().write().unwrap();
        fs::rename(folder.0.join("src/b.ts"), folder.0.join("src/c.ts")).unwrap();
        assert!(!folder.stamp().is_fresh());
    }

    #[test]
    fn installed_packages_and_hidden_files_are_no_inputs() {
        let folder = Folder::new("ignored");
        folder.stamp().write().unwrap();
        fs::write(folder.0.join("src/node_modules/x.js"), "x").unwrap();
        fs::write(folder.0.join("src/.swap"), "x").unwrap();
        assert!(folder.stamp().is_fresh());
    }
}
