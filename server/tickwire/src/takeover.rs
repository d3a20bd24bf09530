//! How one server takes another's place without a connection refused: it takes the other's listening socket, then its rooms.
//!
//! In: a folder of rooms, in which a server that keeps its rooms there also has a socket for its successor. Out: for the old
//! server, that it is asked to end; for the new one, the listening socket, and later that the rooms are in the folder. Between
//! the two, whoever connects waits in the socket's queue.

use std::fs;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::AsyncReadExt;
use tokio::net::UnixListener;

/// The socket's name in the folder.
const SOCKET: &str = ".takeover";
/// A successor asks.
const YOUR_PLACE: u8 = 0;
/// What goes along with the listening socket: the version of these manners.
const HERE_IT_IS: u8 = 1;
/// All rooms are in the folder.
const ROOMS_ARE_KEPT: u8 = 2;
/// What the system can say along with it: no child of ours needs the socket.
#[cfg(not(target_vendor = "apple"))]
const RECEIVED: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const RECEIVED: RecvFlags = RecvFlags::empty();
/// A server that lives answers immediately.
const ANSWER: Duration = Duration::from_secs(5);
/// It ends its rooms within a tick, and writes them down.
const ROOMS: Duration = Duration::from_secs(30);

/// The old server's part: its listening socket, for whoever comes to take its place.
pub(crate) struct Offer {
    path: PathBuf,
    socket: UnixListener,
    listener: OwnedFd,
}

impl Offer {
    /// Offers `listener` to a successor that knows the folder.
    ///
    /// # Errors
    /// No socket can be made there.
    pub(crate) fn new(folder: &Path, listener: OwnedFd) -> Result<Offer> {
        let path = folder.join(SOCKET);
        let made = || {
            // A server that was killed left it there.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let socket = UnixListener::bind(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            Ok(socket)
        };
        let socket = made().with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Offer {
            path,
            socket,
            listener,
        })
    }

    /// Waits for a successor of the same user, and hands it the listening socket.
    pub(crate) async fn taken(&self) -> Successor {
        loop {
            match self.hand_over().await {
                Ok(Some(successor)) => return successor,
                // One that only looked whether somebody lives here, or that is not ours.
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a successor could not be given the listening socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn hand_over(&self) -> io::Result<Option<Successor>> {
        let (mut stream, _) = self.socket.accept().await?;
        let is_ours = stream.peer_cred()?.uid() == rustix::process::geteuid().as_raw();
        let asked = tokio::time::timeout(ANSWER, stream.read_u8()).await;
        if !is_ours || !matches!(asked, Ok(Ok(YOUR_PLACE))) {
            return Ok(None);
        }
        let stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        let files = [self.listener.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut files_along = SendAncillaryBuffer::new(&mut space);
        files_along.push(SendAncillaryMessage::ScmRights(&files));
        let bytes = [IoSlice::new(&[HERE_IT_IS])];
        sendmsg(&stream, &bytes, &mut files_along, SendFlags::empty())?;
        Ok(Some(Successor(stream)))
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Who takes this server's place.
pub(crate) struct Successor(UnixStream);

impl Successor {
    /// Says that all rooms are in the folder.
    pub(crate) fn tell_rooms_are_kept(mut self) {
        if let Err(error) = self.0.write_all(&[ROOMS_ARE_KEPT]) {
            tracing::warn!(%error, "the server that takes our place has gone");
        }
    }
}

/// The new server's part: what it waits for.
pub(crate) struct Predecessor(UnixStream);

/// Makes sure that no server keeps its rooms in this folder.
///
/// # Errors
/// One does.
pub(crate) fn nobody_lives_in(folder: &Path) -> Result<()> {
    if UnixStream::connect(folder.join(SOCKET)).is_ok() {
        bail!(
            "another server keeps its rooms in {}: pass --takeover to take its place, or another --rooms",
            folder.display()
        );
    }
    Ok(())
}

/// Asks the server that lives in this folder for its place. `None` if there is none.
///
/// # Errors
/// It does not answer, or not as a server of this kind.
pub(crate) fn take(folder: &Path) -> Result<Option<(TcpListener, Predecessor)>> {
    let stream = match UnixStream::connect(folder.join(SOCKET)) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(error).context("the server that runs cannot be asked for its place");
        }
    };
    let listener = listening_socket(&stream)
        .context("the server that runs does not hand over its listening socket")?;
    Ok(Some((listener, Predecessor(stream))))
}

fn listening_socket(stream: &UnixStream) -> io::Result<TcpListener> {
    stream.set_read_timeout(Some(ANSWER))?;
    (&mut &*stream).write_all(&[YOUR_PLACE])?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut files_along = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut bytes = [IoSliceMut::new(&mut byte)];
    recvmsg(stream, &mut bytes, &mut files_along, RECEIVED)?;
    let mut files = files_along.drain().filter_map(|along| match along {
        RecvAncillaryMessage::ScmRights(files) => Some(files),
        _ => None,
    });
    let file = files.next().and_then(|mut files| files.next());
    match file {
        Some(file) if byte == [HERE_IT_IS] => {
            let listener = TcpListener::from(file);
            listener.set_nonblocking(true)?;
            Ok(listener)
        }
        _ => Err(io::Error::new(
            ErrorKind::InvalidData,
            "it is of another version",
        )),
    }
}

impl Predecessor {
    /// Waits until its rooms are in the folder, or it is gone.
    pub(crate) fn wait_for_rooms(mut self) {
        let mut byte = [0];
        let told = self.0.set_read_timeout(Some(ROOMS));
        let told = told.and_then(|()| self.0.read_exact(&mut byte));
        match told {
            Ok(()) if byte == [ROOMS_ARE_KEPT] => {}
            Ok(()) => tracing::warn!("the server before this one said something unknown"),
            Err(error) => {
                tracing::warn!(%error, "the server before this one did not say that its rooms are kept: they go on from what it last wrote");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn folder(name: &str) -> Scratch {
        let folder = Scratch::new(name);
        fs::create_dir_all(&folder.0).unwrap();
        folder
    }

    #[tokio::test]
    async fn the_listening_socket_and_then_the_rooms_go_over() {
        let folder = folder("over");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // What a server that was killed left is no server.
        drop(std::os::unix::net::UnixListener::bind(
            folder.0.join(SOCKET),
        ));
        assert!(take(&folder.0).unwrap().is_none());
        nobody_lives_in(&folder.0).unwrap();

        let offer = Offer::new(&folder.0, listener.into()).unwrap();
        // To look is not to ask.
        let refused = nobody_lives_in(&folder.0).unwrap_err().to_string();
        assert!(refused.contains("--takeover"), "{refused}");
        let there = folder.0.clone();
        let new = tokio::task::spawn_blocking(move || {
            let (listener, predecessor) = take(&there).unwrap().unwrap();
            predecessor.wait_for_rooms();
            listener
        });
        let successor = offer.taken().await;
        drop(offer);
        assert!(!folder.0.join(SOCKET).exists());
        assert!(!new.is_finished(), "the rooms are not kept yet");
        successor.tell_rooms_are_kept();
        assert_eq!(new.await.unwrap().local_addr().unwrap(), address);
    }

    #[test]
    fn one_who_answers_something_else_or_goes_away_is_an_error() {
        for answer in [&b""[..], b"\x01", b"no"] {
            let folder = folder(&format!("odd-{}", answer.len()));
            let odd = std::os::unix::net::UnixListener::bind(folder.0.join(SOCKET)).unwrap();
            let answers = std::thread::spawn(move || {
                let (mut stream, _) = odd.accept().unwrap();
                stream.read_exact(&mut [0]).unwrap();
                stream.write_all(answer).unwrap();
            });
            let Err(error) = take(&folder.0) else {
                panic!("it handed nothing over");
            };
            let words = error.to_string();
            assert!(words.contains("does not hand over"), "{words}");
            answers.join().unwrap();
        }
    }
}
