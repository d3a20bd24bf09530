//! One direction of a lab player's connection: bytes over a conditioned link, in virtual time.
//!
//! In: bytes, at the time when they are sent. Out: the same bytes in the same order, at the time when they arrive. Two
//! ways make a [`Pipe`] for each end, over which the server's own net layer reads and writes.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::link::LinkSpec;
use crate::net::{Came, Held, Wire};

/// One direction of a link, and the bytes on it. A clone is the same way.
#[derive(Clone, Debug)]
pub struct Way(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    held: Held,
    /// Nothing arrives before this time.
    stalled_until: Duration,
    /// The sender's socket takes nothing.
    closed: bool,
}

impl Way {
    pub(super) fn new(spec: &LinkSpec, seed: u64) -> Way {
        Way(Arc::new(Mutex::new(State {
            held: Held::new(spec, seed),
            stalled_until: Duration::ZERO,
            closed: false,
        })))
    }

    /// What the link does to bytes.
    pub fn spec(&self) -> LinkSpec {
        *self.0.lock().held.way.spec()
    }

    /// Changes the link from now on. Bytes that are already on their way still arrive first.
    pub fn set(&self, spec: &LinkSpec) {
        self.0.lock().held.way.set(spec);
    }

    /// Nothing arrives before this time since the lab's start, however fast the link is.
    pub fn stall_until(&self, end: Duration) {
        self.0.lock().stalled_until = end;
    }

    /// How many writes are on their way. Writes that arrive together count as one.
    pub fn waiting(&self) -> usize {
        self.0.lock().held.arrivals()
    }

    /// Says if the sender's socket takes anything.
    pub(super) fn open(&self, open: bool) {
        self.0.lock().closed = !open;
    }

    /// When something arrives. `None` if nothing is on its way.
    pub(super) fn next(&self) -> Option<Duration> {
        let state = self.0.lock();
        Some(state.held.next()?.max(state.stalled_until))
    }

    /// Forgets all that is on its way: the connection is gone.
    pub(super) fn clear(&self) {
        let held = &mut self.0.lock().held;
        let (all, _) = held.due(Duration::MAX, usize::MAX);
        let all = all.len();
        held.release(all);
    }

    /// Sends bytes from an end that keeps what its socket does not take, as browsers do.
    pub(super) fn send(&self, now: Duration, bytes: &[u8]) {
        self.0.lock().held.take(now, bytes);
    }
}

/// One end of a connection. It wakes nobody: the lab asks again in its next step.
pub(super) struct Pipe {
    pub(super) incoming: Way,
    pub(super) outgoing: Way,
    /// When the lab's time began.
    pub(super) start: Instant,
}

impl Pipe {
    fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }
}

impl Wire for Pipe {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let (now, mut state) = (self.at(now), self.incoming.0.lock());
        let stalled_until = state.stalled_until;
        let (bytes, last) = match now < stalled_until {
            true => (0, now),
            false => state.held.read(now, into),
        };
        if bytes == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let at = self.start + last.max(stalled_until);
        Ok(Came { bytes, at })
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> io::Result<usize> {
        let (now, mut state) = (self.at(now), self.outgoing.0.lock());
        let taken = match state.closed {
            true => 0,
            false => state.held.room(now).min(bytes.len()),
        };
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.held.take(now, bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }
}
