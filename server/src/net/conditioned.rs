//! Connections behind a conditioned link: bytes wait here until they would have arrived.
//!
//! In: a wire, and the link that its connection has. Out: the same bytes, later; without a link it is the bare wire. What
//! waits is bounded: at the bound nothing more is read, and writes would block, as on TCP. What waits moves on whenever
//! somebody reads, writes or calls [`Conditioned::attend`].
//! Must not: decide how long anything takes ([`Way`] does), or lose, reorder or look into a byte.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::held::Held;
use super::wire::{Came, Wire, ask_again};
use crate::link::LinkSpec;

/// Most bytes that one read takes from a wire.
const CHUNK_BYTES: usize = 4 << 10;
/// How often what waits is attended to while there is a link.
const ATTEND_EVERY: Duration = Duration::from_millis(1);

/// The links of a server.
#[derive(Debug)]
pub(crate) struct Links {
    /// The link of every room that has none of its own.
    pub(crate) all: LinkSpec,
    /// The links of single rooms, by name.
    pub(crate) rooms: BTreeMap<String, LinkSpec>,
    /// Clients may choose their own links.
    pub(crate) dev: bool,
    /// The stalls of all links count from here, so that both ways of a link stand still together.
    epoch: Instant,
    next_seed: AtomicU64,
}

impl Links {
    pub(crate) fn new(all: LinkSpec, rooms: BTreeMap<String, LinkSpec>, dev: bool) -> Links {
        Links {
            all,
            rooms,
            dev,
            epoch: Instant::now(),
            next_seed: AtomicU64::new(1),
        }
    }

    /// The link that a connection to this room starts with.
    pub(super) fn of(&self, room: &str) -> LinkSpec {
        self.rooms.get(room).copied().unwrap_or(self.all)
    }

    /// Puts a new connection behind the link that all have, if it can ever have one.
    pub(super) fn condition<W>(&self, inner: W) -> Conditioned<W> {
        let possible = self.dev || !self.all.is_none() || !self.rooms.is_empty();
        let lines = possible.then(|| {
            let seed = self.next_seed.fetch_add(2, Ordering::Relaxed);
            Box::new(Lines {
                up: Held::new(&self.all, seed),
                end: None,
                down: Held::new(&self.all, seed + 1),
                epoch: self.epoch,
            })
        });
        Conditioned { inner, lines }
    }
}

/// A wire, and what is held back if its connection may have a link.
pub(crate) struct Conditioned<W> {
    inner: W,
    lines: Option<Box<Lines>>,
}

/// Both ways of a link.
struct Lines {
    up: Held,
    /// The end of the wire's stream, which arrives after its last bytes.
    end: Option<(Duration, Option<io::Error>)>,
    down: Held,
    epoch: Instant,
}

impl Lines {
    fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.epoch)
    }

    /// True while the way up is as good as a bare wire.
    fn up_is_clear(&self) -> bool {
        self.up.way.spec().is_none() && self.up.is_empty() && self.end.is_none()
    }

    /// The same for the way down.
    fn down_is_clear(&self) -> bool {
        self.down.way.spec().is_none() && self.down.is_empty()
    }

    /// Takes what the wire has, as far as there is room.
    fn pull(&mut self, inner: &mut impl Wire, now: Instant) {
        let mut chunk = [0; CHUNK_BYTES];
        while self.end.is_none() {
            let room = self.up.room(self.at(now)).min(CHUNK_BYTES);
            let Some(into) = chunk.get_mut(..room).filter(|into| !into.is_empty()) else {
                return;
            };
            match inner.read(now, into) {
                Ok(came) if came.bytes > 0 => {
                    let at = self.at(came.at);
                    self.up
                        .take(at, chunk.get(..came.bytes).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                ended => {
                    let at = self.up.way.arrival(self.at(now), 0);
                    self.end = Some((at, ended.err()));
                }
            }
        }
    }

    /// Writes what has arrived, as far as the wire takes it.
    fn push(&mut self, inner: &mut impl Wire, now: Instant) -> io::Result<()> {
        loop {
            let (due, _) = self.down.due(self.at(now), usize::MAX);
            if due.is_empty() {
                return Ok(());
            }
            match inner.write(now, due) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.down.release(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl<W> Conditioned<W> {
    /// A bare wire, which can never have a link.
    pub(crate) fn bare(inner: W) -> Conditioned<W> {
        Conditioned { inner, lines: None }
    }

    /// Changes the link from now on, if there can be one. Bytes that are on their way stay in front.
    pub(super) fn set(&mut self, spec: &LinkSpec) {
        if let Some(lines) = &mut self.lines {
            lines.up.way.set(spec);
            lines.down.way.set(spec);
        }
    }

    /// The link, if there can be one.
    pub(super) fn spec(&self) -> Option<&LinkSpec> {
        self.lines.as_ref().map(|lines| lines.down.way.spec())
    }

    /// The bare wire.
    pub(super) fn inner(&self) -> &W {
        &self.inner
    }

    /// The bare wire, for changing its form.
    pub(super) fn inner_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// When to attend to what waits. `None` while nothing can wait.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let lines = self.lines.as_ref()?;
        let clear = lines.up_is_clear() && lines.down_is_clear();
        (!clear).then(|| now + ATTEND_EVERY)
    }

    /// True if all that was written has left.
    pub(super) fn is_empty(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.all(|lines| lines.down.is_empty())
    }

    /// The longest that a message may take to arrive if the socket takes all of it immediately.
    pub(super) fn longest_way(&self) -> Duration {
        self.spec().map_or(Duration::ZERO, LinkSpec::longest_way)
    }
}

impl<W: Wire> Conditioned<W> {
    /// Moves on what waits.
    ///
    /// # Errors
    /// The wire is broken.
    pub(super) fn attend(&mut self, now: Instant) -> io::Result<()> {
        let Some(lines) = &mut self.lines else {
            return Ok(());
        };
        if !lines.up_is_clear() {
            lines.pull(&mut self.inner, now);
        }
        lines.push(&mut self.inner, now)
    }
}

impl<W: Wire> Wire for Conditioned<W> {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let Some(lines) = self
            .lines
            .as_deref_mut()
            .filter(|lines| !lines.up_is_clear())
        else {
            return self.inner.read(now, into);
        };
        lines.pull(&mut self.inner, now);
        let (bytes, last) = lines.up.read(lines.at(now), into);
        if bytes > 0 {
            let at = lines.epoch + last;
            return Ok(Came { bytes, at });
        }
        let has_ended = |end: &(Duration, _)| end.0 <= lines.at(now);
        if lines.up.is_empty() && lines.end.as_ref().is_some_and(has_ended) {
            let error = lines.end.as_mut().and_then(|end| end.1.take());
            return error.map_or(Ok(Came { bytes: 0, at: now }), Err);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> io::Result<usize> {
        let Some(lines) = self
            .lines
            .as_deref_mut()
            .filter(|lines| !lines.down_is_clear())
        else {
            return self.inner.write(now, bytes);
        };
        lines.push(&mut self.inner, now)?;
        let at = lines.at(now);
        let taken = lines.down.room(at).min(bytes.len());
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        lines.down.take(at, bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let is_clear = self
            .lines
            .as_ref()
            .is_none_or(|lines| lines.down_is_clear());
        if is_clear {
            return self.inner.poll_write(cx, now, bytes);
        }
        // Who waits attends to the link, and asks again then.
        ask_again(self.write(now, bytes))
    }

    fn unblocked(&mut self) -> io::Result<()> {
        self.inner.unblocked()
    }
}

#[cfg(test)]
mod tests;
