//! The file in which a server's rooms wait for the next one.
//!
//! In: rooms of a server that has ended. Out: the same, once: a server that crashes over them does not meet them again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tickwire_server::{KeptRoom, read_rooms, write_rooms};

/// Takes the rooms out of the file, and makes sure that others can be put there later. None if there is no file, or what is in it are no rooms; the log says so.
///
/// # Errors
/// The file cannot be read or removed.
pub(crate) fn take(file: &Path) -> Result<Vec<KeptRoom>> {
    // At the end of a match it would be too late to learn that there is no place for it.
    let part = part(file);
    fs::write(&part, b"")
        .and_then(|()| fs::remove_file(&part))
        .with_context(|| format!("cannot write into the folder of {}", file.display()))?;
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    Ok(read_rooms(&bytes).unwrap_or_else(|error| {
        let file = file.display();
        tracing::warn!(%file, %error, "this file has no rooms in it that this build can read");
        Vec::new()
    }))
}

/// Writes the rooms to the file, whole or not at all.
///
/// # Errors
/// It cannot be written.
pub(crate) fn put(file: &Path, rooms: &[KeptRoom]) -> Result<()> {
    let part = part(file);
    let write = || {
        fs::write(&part, write_rooms(rooms)?)?;
        Ok::<_, anyhow::Error>(fs::rename(&part, file)?)
    };
    write().with_context(|| format!("cannot write the rooms to {}", file.display()))?;
    tracing::info!(rooms = rooms.len(), file = %file.display(), "rooms are kept for the next server");
    Ok(())
}

/// Where the rooms are until all of them are written.
fn part(file: &Path) -> PathBuf {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_taken_once_and_nonsense_is_no_room() {
        let file = std::env::temp_dir().join(format!("rooms-{}", std::process::id()));
        assert_eq!(take(&file).unwrap(), []);
        let room = KeptRoom {
            kind: "dots".to_owned(),
            name: "ours".to_owned(),
            state: vec![1, 2, 3],
        };
        put(&file, std::slice::from_ref(&room)).unwrap();
        assert_eq!(take(&file).unwrap(), [room]);
        assert_eq!(take(&file).unwrap(), []);
        fs::write(&file, b"nonsense").unwrap();
        assert_eq!(take(&file).unwrap(), []);
        let nowhere = Path::new("/nowhere/rooms");
        for error in [take(nowhere).unwrap_err(), put(nowhere, &[]).unwrap_err()] {
            assert!(error.to_string().contains("/nowhere/rooms"), "{error}");
        }
    }
}
