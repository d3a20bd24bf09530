//! A folder for a test.
//!
//! In: a name that no other test has. Out: a path, at which nothing is left afterwards.

use std::fs;
use std::path::PathBuf;

/// What is there is gone at the end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let folder = format!("tickwire-{name}-{}", std::process::id());
        Scratch(std::env::temp_dir().join(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
