//! The bytes of one client: what comes and what goes, without ever waiting.
//!
//! In: the time and a place for bytes, or bytes. Out: how many were moved, and when the last of those that came had come:
//! a room reads when it ticks, so what it reads may have been there for a while. A [`Socket`](super::socket::Socket) is
//! one, a [`Conditioned`](super::conditioned::Conditioned) link another. The lab has one in memory.

use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

/// What a read has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    /// How many bytes; 0 at the end of the stream.
    pub(crate) bytes: usize,
    /// When the last of them came, as far as that is known.
    pub(crate) at: Instant,
}

/// One client's bytes, both ways.
pub(crate) trait Wire: Send {
    /// Takes what has come.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there now. Anything else: the stream is broken.
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came>;

    /// Sends as much as is taken now, and says how much that was.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is taken now. Anything else: the stream is broken.
    fn write(&mut self, now: Instant, bytes: &[u8]) -> io::Result<usize>;

    /// The same for a task, which is woken when more may be taken. Call it after a `write` that would have blocked. A wire
    /// that does not say how wakes nobody: whoever waits asks again by itself.
    fn poll_write(
        &mut self,
        _: &mut Context<'_>,
        now: Instant,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ask_again(self.write(now, bytes))
    }

    /// All that such a task had to write is written.
    ///
    /// # Errors
    /// The stream is broken.
    fn unblocked(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a write has come to, for a task that asks again by itself.
pub(super) fn ask_again(written: io::Result<usize>) -> Poll<io::Result<usize>> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        written => Poll::Ready(written),
    }
}

/// Writes all of `unwritten`, as far as the wire takes it. Gives how much that was, and whether the rest must wait.
///
/// # Errors
/// The stream is broken.
pub(super) fn write_all(
    wire: &mut impl Wire,
    now: Instant,
    unwritten: &[u8],
) -> io::Result<(usize, bool)> {
    let mut written = 0;
    while let Some(rest) = unwritten.get(written..).filter(|rest| !rest.is_empty()) {
        match wire.write(now, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(bytes) => written += bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok((written, true)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((written, false))
}
