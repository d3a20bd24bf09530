//! Who has a folder of rooms: one server at a time, from before it reads until it has written its last room.
//!
//! In: a folder. Out: a lock, which goes with its process, however that ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How long a server that ends may take to write its rooms, until the next one gives up.
const ENDING: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The lock of a folder; nobody's until it is taken.
pub(crate) struct FolderLock {
    folder: PathBuf,
    file: File,
}

impl FolderLock {
    /// The lock of a folder that is there.
    ///
    /// # Errors
    /// Nothing can be written there: at the end of a match it would be too late to learn that.
    pub(crate) fn open(folder: &Path) -> io::Result<FolderLock> {
        Ok(FolderLock {
            folder: folder.to_owned(),
            file: File::create(folder.join(".lock"))?,
        })
    }

    /// Waits until nobody has it.
    ///
    /// # Errors
    /// A server that lives has it.
    pub(crate) fn take(&self) -> Result<()> {
        let end = Instant::now() + ENDING;
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if Instant::now() < end => {
                    std::thread::sleep(LOOK_EVERY);
                }
                Err(error) => {
                    let folder = self.folder.display();
                    return Err(error)
                        .with_context(|| format!("another server keeps its rooms in {folder}"));
                }
            }
        }
    }
}
