//! The folder in which a server's rooms wait for the next one, should this one end, or be killed.
//!
//! In: rooms of a server that has ended; checkpoints of rooms that go on, as they come. Out: rooms, at the next start. Each
//! room has a file, `kind.name.room`: a mark, a checksum, the room. It is written whole under another name, and the one before
//! is kept as `.old`. A room whose files were read [`TRIES`] times without one being written since is set aside as `.bad`: a
//! server that dies of a room does not meet it for ever.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use parking_lot::{Condvar, Mutex};
use tickwire_server::{Checkpoint, KeptRoom, read_room, write_room};
use xxhash_rust::xxh3::xxh3_64;

use crate::folder_lock::FolderLock;

/// How each file begins.
const MARK: &[u8] = b"tickwire room 1\n";
/// How often a room is read that is never written.
const TRIES: u8 = 3;

/// The folder, and a thread that writes into it.
pub(crate) struct RoomsFolder {
    folder: PathBuf,
    lock: FolderLock,
    waiting: Arc<Waiting>,
    writer: Option<JoinHandle<()>>,
}

/// What is to be written: of each room the newest only, so a slow disk makes checkpoints rare and never a queue long.
#[derive(Default)]
struct Waiting {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    /// By file. `None`: the room is over.
    rooms: BTreeMap<String, Option<KeptRoom>>,
    over: bool,
}

impl RoomsFolder {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// It cannot be made, or nothing can be written there: at the end of a match it would be too late to learn that.
    pub(crate) fn open(folder: &Path) -> Result<RoomsFolder> {
        let lock = fs::create_dir_all(folder)
            .and_then(|()| FolderLock::open(folder))
            .with_context(|| format!("cannot keep rooms in {}", folder.display()))?;
        let waiting = Arc::<Waiting>::default();
        let (shared, there) = (waiting.clone(), folder.to_owned());
        let writer = std::thread::Builder::new()
            .name("tickwire-rooms".to_owned())
            .spawn(move || shared.write_all(&there))
            .context("cannot start a thread")?;
        Ok(RoomsFolder {
            folder: folder.to_owned(),
            lock,
            waiting,
            writer: Some(writer),
        })
    }

    /// Waits until the server before has written its last room, and keeps others out until this one has.
    ///
    /// # Errors
    /// A server that lives has the folder.
    pub(crate) fn own(&self) -> Result<()> {
        self.lock.take()
    }

    /// Reads the rooms that an earlier server left. What cannot be read is set aside; the log says so.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn rooms(&self) -> Result<Vec<KeptRoom>> {
        let entries = fs::read_dir(&self.folder)
            .with_context(|| format!("cannot read {}", self.folder.display()))?;
        let mut stems = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|end| end == "room" || end == "old")
            {
                stems.push(path.with_extension(""));
            }
        }
        stems.sort();
        stems.dedup();
        Ok(stems.iter().filter_map(|stem| take(stem)).collect())
    }

    /// Where checkpoints go. It does not wait for the disk.
    pub(crate) fn checkpoints(&self) -> tickwire_server::Checkpoints {
        let waiting = self.waiting.clone();
        Arc::new(move |checkpoint| waiting.put(checkpoint))
    }

    /// Writes the rooms of a server that has ended, and waits until all is written.
    ///
    /// # Errors
    /// A room cannot be written; the others are.
    pub(crate) fn close(mut self, rooms: Vec<KeptRoom>) -> Result<()> {
        self.end();
        let mut failed = Ok(());
        let count = rooms.len();
        for room in rooms {
            let stem = self.folder.join(stem(&room.kind, &room.name));
            let written = write(&stem, &room);
            let written = written.with_context(|| format!("cannot keep {}", stem.display()));
            failed = failed.and(written);
        }
        if failed.is_ok() {
            tracing::info!(rooms = count, folder = %self.folder.display(), "rooms are kept for the next server");
        }
        failed
    }

    fn end(&mut self) {
        self.waiting.state.lock().over = true;
        self.waiting.news.notify_one();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Drop for RoomsFolder {
    fn drop(&mut self) {
        self.end();
    }
}

impl Waiting {
    fn put(&self, checkpoint: Checkpoint) {
        let (stem, room) = match checkpoint {
            Checkpoint::Room(room) => (stem(&room.kind, &room.name), Some(room)),
            Checkpoint::Over { kind, name } => (stem(&kind, &name), None),
        };
        self.state.lock().rooms.insert(stem, room);
        self.news.notify_one();
    }

    /// Writes what comes, until the end and all of it is written.
    fn write_all(&self, folder: &Path) {
        let mut complained = false;
        loop {
            let mut state = self.state.lock();
            while state.rooms.is_empty() && !state.over {
                self.news.wait(&mut state);
            }
            let Some((stem, room)) = state.rooms.pop_first() else {
                return;
            };
            drop(state);
            let stem = folder.join(stem);
            let written = match &room {
                Some(room) => write(&stem, room),
                None => forget(&stem),
            };
            // A full disk fails at each room of each second: it is said when it begins, and when it is over.
            match written {
                Err(error) if !complained => {
                    tracing::error!(file = %stem.display(), %error, "rooms cannot be written down: a crash would lose more than a second");
                    complained = true;
                }
                Ok(()) if complained => {
                    tracing::info!("rooms are written down again");
                    complained = false;
                }
                _ => {}
            }
        }
    }
}

/// The name of a room's files, without their ends. Names are of letters, digits, `-` and `_`, so nothing leads elsewhere.
fn stem(kind: &str, name: &str) -> String {
    format!("{kind}.{name}")
}

/// A file beside the others of a room.
fn beside(stem: &Path, end: &str) -> PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// Writes a room, whole or not at all, and keeps the one before.
fn write(stem: &Path, room: &KeptRoom) -> io::Result<()> {
    let bytes = write_room(room).map_err(io::Error::other)?;
    let (part, path) = (beside(stem, ".part"), beside(stem, ".room"));
    let mut file = File::create(&part)?;
    file.write_all(MARK)?;
    file.write_all(&xxh3_64(&bytes).to_le_bytes())?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    match fs::rename(&path, beside(stem, ".old")) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(&part, &path)?;
    remove(&beside(stem, ".tries"))?;
    // The names, too, must be on the disk.
    #[cfg(unix)]
    if let Some(folder) = stem.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes all files of a room that is over.
fn forget(stem: &Path) -> io::Result<()> {
    for end in [".room", ".old", ".tries"] {
        remove(&beside(stem, end))?;
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Reads a room: the newest of its files that is whole.
fn take(stem: &Path) -> Option<KeptRoom> {
    let tries = beside(stem, ".tries");
    let tried = fs::read(&tries).map_or(0, |bytes| bytes.len());
    if tried >= usize::from(TRIES) {
        tracing::error!(room = %stem.display(), "this room was opened {TRIES} times and never written again: it is set aside as .bad");
        let _ = fs::rename(beside(stem, ".room"), beside(stem, ".bad"));
        let _ = forget(stem);
        return None;
    }
    if let Err(error) = fs::write(&tries, vec![b'x'; tried + 1]) {
        tracing::warn!(%error, file = %tries.display(), "cannot be written");
    }
    for end in [".room", ".old"] {
        let path = beside(stem, end);
        match fs::read(&path) {
            Ok(bytes) => match checked(&bytes) {
                Ok(room) => return Some(room),
                Err(words) => {
                    tracing::warn!(file = %path.display(), words, "no room: the one before is taken, if there is one");
                }
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(file = %path.display(), %error, "cannot be read"),
        }
    }
    None
}

/// The room in a file's bytes.
fn checked(bytes: &[u8]) -> Result<KeptRoom, &'static str> {
    let rest = bytes.strip_prefix(MARK).ok_or("it is of another kind")?;
    let (sum, room) = rest.split_at_checked(8).ok_or("it is cut short")?;
    if sum != xxh3_64(room).to_le_bytes() {
        return Err("it is torn or was changed");
    }
    read_room(room).map_err(|_| "it is of another build")
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref as slice;

    use super::*;
    use crate::scratch::Scratch;

    fn open(folder: &Scratch) -> RoomsFolder {
        RoomsFolder::open(&folder.0).unwrap()
    }

    fn room(state: &[u8]) -> KeptRoom {
        KeptRoom {
            kind: "dots".to_owned(),
            name: "ours".to_owned(),
            state: state.to_owned(),
        }
    }

    #[test]
    fn a_room_comes_back_after_a_clean_end_and_after_a_kill() {
        let folder = Scratch::new("ends");
        assert_eq!(open(&folder).rooms().unwrap(), []);
        open(&folder).close(vec![room(&[1, 2, 3])]).unwrap();
        assert_eq!(open(&folder).rooms().unwrap(), [room(&[1, 2, 3])]);

        let killed = open(&folder);
        let checkpoints = killed.checkpoints();
        checkpoints(Checkpoint::Room(room(&[4])));
        checkpoints(Checkpoint::Room(room(&[5])));
        // A kill ends the thread, too; what has been handed over is written a moment later.
        drop(killed);
        assert_eq!(open(&folder).rooms().unwrap(), [room(&[5])]);

        let over = open(&folder);
        let (kind, name) = ("dots".to_owned(), "ours".to_owned());
        over.checkpoints()(Checkpoint::Over { kind, name });
        drop(over);
        assert_eq!(open(&folder).rooms().unwrap(), []);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "the lock");
    }

    #[test]
    fn a_file_that_is_torn_anywhere_or_changed_gives_the_one_before() {
        let folder = Scratch::new("torn");
        let (old, new) = (room(&[7; 3000]), room(&[8; 3000]));
        for room in [&old, &new] {
            open(&folder).close(vec![room.clone()]).unwrap();
        }
        let path = folder.0.join("dots.ours.room");
        let whole = fs::read(&path).unwrap();
        let read = || {
            let _ = fs::remove_file(folder.0.join("dots.ours.tries"));
            open(&folder).rooms().unwrap()
        };
        assert_eq!(read(), slice(&new));
        for end in (0..whole.len()).step_by(512) {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(read(), slice(&old), "torn at {end}");
            let mut flipped = whole.clone();
            flipped[end] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert_eq!(read(), slice(&old), "flipped at {end}");
        }
        fs::write(&path, b"a foreign file").unwrap();
        assert_eq!(read(), slice(&old));
        fs::remove_file(&path).unwrap();
        assert_eq!(read(), [old]);
        fs::write(folder.0.join("dots.ours.old"), b"").unwrap();
        assert_eq!(read(), []);
    }

    #[test]
    fn a_room_that_is_read_again_and_again_and_never_written_is_set_aside() {
        let folder = Scratch::new("tries");
        open(&folder).close(vec![room(&[1])]).unwrap();
        for _ in 0..TRIES {
            assert_eq!(open(&folder).rooms().unwrap().len(), 1);
        }
        assert_eq!(open(&folder).rooms().unwrap(), []);
        assert!(folder.0.join("dots.ours.bad").is_file());
        // One that is written in between is not.
        for _ in 0..2 * TRIES {
            open(&folder).close(vec![room(&[1])]).unwrap();
            assert_eq!(open(&folder).rooms().unwrap().len(), 1);
        }
    }

    #[test]
    fn a_server_that_starts_waits_for_the_last_room_of_the_one_before() {
        let folder = Scratch::new("lock");
        let old = open(&folder);
        old.own().unwrap();
        let new = open(&folder);
        let (asked, asks) = std::sync::mpsc::channel();
        let reads = std::thread::spawn(move || {
            asked.send(()).unwrap();
            new.own().unwrap();
            new.rooms().unwrap()
        });
        asks.recv().unwrap();
        old.close(vec![room(&[9])]).unwrap();
        assert_eq!(reads.join().unwrap(), [room(&[9])]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_at_the_start() {
        let file = Scratch::new("file");
        fs::write(&file.0, b"").unwrap();
        let Err(error) = RoomsFolder::open(&file.0) else {
            panic!("it is a file");
        };
        assert!(error.to_string().starts_with("cannot keep rooms in"));
        fs::remove_file(&file.0).unwrap();
    }
}
