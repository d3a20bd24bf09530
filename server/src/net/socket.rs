//! A client's TCP socket in its two forms.
//!
//! In: an accepted stream. Out: a [`Wire`]. While a client is in no room, its socket wakes a task when something comes.
//! In a room it is *swept*: read when the room ticks, and unknown to the event queue. To be woken for an input costs more
//! than to read it (docs/performance.md), and an input is for a tick. While a swept socket does not take what is written,
//! it wakes a task again. On Linux the kernel says when what is read had come.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io::{self, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use socket2::SockRef;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use super::wire::{Came, Wire};

/// One client's socket.
pub(super) enum Socket {
    /// Its task is woken when something comes.
    Waking(TcpStream),
    /// It is read now and then.
    Swept(std::net::TcpStream),
    /// It was lost on the way from one form to the other.
    Lost,
}

impl Socket {
    /// Takes the form for a client in a room.
    ///
    /// # Errors
    /// The system does not let go of it.
    pub(super) fn sweep(&mut self) -> io::Result<()> {
        if let Socket::Waking(_) = self
            && let Socket::Waking(stream) = std::mem::replace(self, Socket::Lost)
        {
            let stream = stream.into_std()?;
            stamp::start(&stream);
            *self = Socket::Swept(stream);
        }
        Ok(())
    }

    /// Takes the form for a client that is in no room, or that does not take what is written. Only in a task.
    ///
    /// # Errors
    /// The system has no place for it in an event queue.
    pub(super) fn wake(&mut self) -> io::Result<()> {
        if let Socket::Swept(_) = self
            && let Socket::Swept(stream) = std::mem::replace(self, Socket::Lost)
        {
            *self = Socket::Waking(TcpStream::from_std(stream)?);
        }
        Ok(())
    }

    /// Waits until something may have come. Cancel-safe. Never for a swept socket.
    pub(super) async fn readable(&self) {
        match self {
            // An error shows at the next read.
            Socket::Waking(stream) => drop(stream.readable().await),
            Socket::Swept(_) => std::future::pending().await,
            Socket::Lost => {}
        }
    }

    /// Says that nothing more is sent.
    pub(super) fn shutdown(&self) {
        // The other end may be gone already.
        let _ = match self {
            Socket::Waking(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
            Socket::Swept(stream) => stream.shutdown(Shutdown::Write),
            Socket::Lost => Ok(()),
        };
    }
}

impl Wire for Socket {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        match self {
            Socket::Waking(stream) => {
                let bytes = stream.try_read(into)?;
                Ok(Came { bytes, at: now })
            }
            Socket::Swept(stream) => stamp::read(stream, now, into),
            Socket::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Waking(stream) => stream.try_write(bytes),
            Socket::Swept(stream) => stream.write(bytes),
            Socket::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        _: Instant,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wake()?;
        match self {
            Socket::Waking(stream) => Pin::new(stream).poll_write(cx, bytes),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn unblocked(&mut self) -> io::Result<()> {
        self.sweep()
    }
}

#[cfg(target_os = "linux")]
mod stamp {
    use std::cell::RefCell;
    use std::io::{self, IoSliceMut};
    use std::net::TcpStream;
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant, SystemTime};

    use nix::sys::socket::sockopt::ReceiveTimestampns;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
    use nix::sys::time::TimeSpec;

    use super::Came;

    /// What comes is never older than this. An older stamp means that the machine's clock was set meanwhile.
    const AGE_MAX: Duration = Duration::from_secs(60);

    thread_local! {
        static STAMP: RefCell<Vec<u8>> = RefCell::new(nix::cmsg_space!(TimeSpec));
    }

    pub(super) fn start(stream: &TcpStream) {
        // Without stamps, what comes counts as just come.
        let _ = setsockopt(stream, ReceiveTimestampns, &true);
    }

    pub(super) fn read(stream: &TcpStream, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        STAMP.with_borrow_mut(|stamp| {
            let mut into = [IoSliceMut::new(into)];
            let flags = MsgFlags::empty();
            let message = recvmsg::<()>(stream.as_raw_fd(), &mut into, Some(stamp), flags)?;
            let age = message.cmsgs().ok().into_iter().flatten().find_map(age);
            let at = age.and_then(|age| now.checked_sub(age));
            Ok(Came {
                bytes: message.bytes,
                at: at.unwrap_or(now),
            })
        })
    }

    /// How long ago it came.
    fn age(stamp: ControlMessageOwned) -> Option<Duration> {
        let ControlMessageOwned::ScmTimestampns(came) = stamp else {
            return None;
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let age = now.ok()?.checked_sub(came.into());
        age.filter(|age| *age <= AGE_MAX)
    }
}

#[cfg(not(target_os = "linux"))]
mod stamp {
    use std::io::{self, Read};
    use std::net::TcpStream;
    use std::time::Instant;

    use super::Came;

    pub(super) fn start(_: &TcpStream) {}

    pub(super) fn read(mut stream: &TcpStream, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let bytes = stream.read(into)?;
        Ok(Came { bytes, at: now })
    }
}
