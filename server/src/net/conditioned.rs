//! Connections behind a conditioned link: bytes wait here until they would have arrived.
//!
//! In: one way of a socket, and the link that its connection has. Out: the same bytes, later; without a link it is the
//! bare socket. What waits is bounded: at the bound the reader stops reading and writes stay pending, as on TCP.
//! Must not: decide how long anything takes ([`Way`] does), or lose, reorder or look into a byte.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::LINK_HELD_BYTES;
use crate::link::{LinkSpec, Way};

/// Most bytes that one read takes from a socket.
const CHUNK_BYTES: usize = 4 << 10;

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

    /// Where a new connection's link is set; `None` if it can never have a link.
    pub(super) fn start(&self) -> Option<watch::Sender<LinkSpec>> {
        let possible = self.dev || !self.all.is_none() || !self.rooms.is_empty();
        possible.then(|| watch::Sender::new(self.all))
    }

    /// Puts one way of a connection behind the link that `told` sets.
    pub(super) fn condition<T>(
        &self,
        inner: T,
        told: Option<&watch::Sender<LinkSpec>>,
    ) -> Conditioned<T> {
        let line = |told: &watch::Sender<LinkSpec>| {
            let seed = self.next_seed.fetch_add(1, Ordering::Relaxed);
            Box::new(Line::new(told.subscribe(), seed, self.epoch))
        };
        Conditioned {
            inner,
            line: told.map(line),
        }
    }
}

/// One way of a socket, and what it holds back if its connection may have a link.
pub(super) struct Conditioned<T> {
    inner: T,
    line: Option<Box<Line>>,
}

/// What one way holds back, and until when.
struct Line {
    told: watch::Receiver<LinkSpec>,
    way: Way,
    epoch: Instant,
    held: BytesMut,
    /// When bytes arrive, oldest first, and how many arrive then.
    arrivals: VecDeque<(Duration, usize)>,
    /// The end of the socket's stream, which arrives after its last bytes.
    end: Option<(Duration, Option<io::Error>)>,
    sleep: Pin<Box<Sleep>>,
}

impl Line {
    fn new(told: watch::Receiver<LinkSpec>, seed: u64, epoch: Instant) -> Line {
        let way = Way::new(&told.borrow(), seed);
        Line {
            told,
            way,
            epoch,
            held: BytesMut::new(),
            arrivals: VecDeque::new(),
            end: None,
            sleep: Box::pin(sleep_until(epoch)),
        }
    }

    /// This line, unless the socket is as good as bare now.
    fn engaged(&mut self) -> Option<&mut Line> {
        if self.told.has_changed().unwrap_or(false) {
            self.way.set(&self.told.borrow_and_update());
        }
        let clear = self.way.spec().is_none() && self.held.is_empty() && self.end.is_none();
        (!clear).then_some(self)
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// How many bytes it takes now.
    fn room(&self, now: Duration) -> usize {
        let room = LINK_HELD_BYTES.saturating_sub(self.held.len());
        // Many tiny arrivals must not make this list as long as the bytes.
        if self.arrivals.len() >= LINK_HELD_BYTES / 16 {
            return 0;
        }
        room.min(self.way.room(now))
    }

    fn take(&mut self, now: Duration, bytes: &[u8]) {
        let arrival = self.way.arrival(now, bytes.len());
        self.held.extend_from_slice(bytes);
        match self.arrivals.back_mut() {
            Some((last, count)) if *last == arrival => *count += bytes.len(),
            _ => self.arrivals.push_back((arrival, bytes.len())),
        }
    }

    /// How many of the held bytes have arrived.
    fn due(&self, now: Duration) -> usize {
        let arrived = self.arrivals.iter().take_while(|(at, _)| *at <= now);
        arrived.map(|(_, count)| count).sum()
    }

    /// Forgets the first `bytes`, which have gone on.
    fn release(&mut self, mut bytes: usize) {
        self.held.advance(bytes);
        while bytes > 0
            && let Some((_, count)) = self.arrivals.front_mut()
        {
            let gone = bytes.min(*count);
            (*count, bytes) = (*count - gone, bytes - gone);
            if *count == 0 {
                self.arrivals.pop_front();
            }
        }
        if self.held.is_empty() {
            // The memory for a crowd's keyframe should not stay.
            self.held = BytesMut::new();
        }
    }

    /// When the next bytes arrive.
    fn next(&self) -> Option<Duration> {
        self.arrivals.front().map(|(at, _)| *at)
    }

    /// When a full line may have room again: when bytes leave it, or when its queue is shorter.
    fn room_from(&self, now: Duration) -> Duration {
        let queue = Some(self.way.room_from()).filter(|from| *from > now);
        let next = self.next().into_iter().chain(queue).min();
        next.unwrap_or(now)
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        let deadline = self.epoch + at;
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }

    /// Writes what has arrived. Ready when nothing of it is left.
    fn poll_deliver<W: AsyncWrite + Unpin>(
        &mut self,
        inner: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let due = self.due(self.now());
            if due == 0 {
                return Pin::new(&mut *inner).poll_flush(cx);
            }
            let bytes = self.held.get(..due).unwrap_or(&self.held);
            let written = ready!(Pin::new(&mut *inner).poll_write(cx, bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.release(written);
        }
    }

    /// Takes what the socket has, as far as there is room.
    fn poll_take<R: AsyncRead + Unpin>(&mut self, inner: &mut R, cx: &mut Context<'_>) {
        let mut chunk = [0; CHUNK_BYTES];
        while self.end.is_none() {
            let now = self.now();
            let room = self.room(now).min(CHUNK_BYTES);
            if room == 0 {
                return;
            }
            let mut taken = ReadBuf::new(chunk.get_mut(..room).unwrap_or_default());
            match Pin::new(&mut *inner).poll_read(cx, &mut taken) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if !taken.filled().is_empty() => self.take(now, taken.filled()),
                Poll::Ready(end) => self.end = Some((self.way.arrival(now, 0), end.err())),
            }
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Conditioned<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Conditioned { inner, line } = self.get_mut();
        let Some(line) = line.as_deref_mut().and_then(Line::engaged) else {
            return Pin::new(inner).poll_read(cx, out);
        };
        loop {
            line.poll_take(inner, cx);
            let now = line.now();
            let due = line.due(now).min(out.remaining());
            if due > 0 || out.remaining() == 0 {
                out.put_slice(line.held.get(..due).unwrap_or_default());
                line.release(due);
                return Poll::Ready(Ok(()));
            }
            let next = match line.next() {
                // The line has stopped taking bytes. It must go on when it has room again.
                Some(_) if line.end.is_none() && line.room(now) == 0 => line.room_from(now),
                Some(next) => next,
                None => match &mut line.end {
                    Some((at, error)) if *at <= now => {
                        return Poll::Ready(error.take().map_or(Ok(()), Err));
                    }
                    Some((at, _)) => *at,
                    // Nothing waits here: the socket wakes us.
                    None => return Poll::Pending,
                },
            };
            ready!(line.poll_until(cx, next));
        }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Conditioned<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Conditioned { inner, line } = self.get_mut();
        let Some(line) = line.as_deref_mut().and_then(Line::engaged) else {
            return Pin::new(inner).poll_write(cx, bytes);
        };
        loop {
            ready!(line.poll_deliver(inner, cx))?;
            let now = line.now();
            let taken = line.room(now).min(bytes.len());
            if bytes.is_empty() {
                return Poll::Ready(Ok(0));
            }
            if taken > 0 {
                line.take(now, bytes.get(..taken).unwrap_or_default());
                return Poll::Ready(Ok(taken));
            }
            let from = line.room_from(now);
            ready!(line.poll_until(cx, from));
        }
    }

    /// Flushes only what has arrived: the rest of what waits is still on its way.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Conditioned { inner, line } = self.get_mut();
        match line {
            None => Pin::new(inner).poll_flush(cx),
            Some(line) => line.poll_deliver(inner, cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Conditioned { inner, line } = self.get_mut();
        while let Some(line) = line.as_mut() {
            ready!(line.poll_deliver(inner, cx))?;
            let Some(next) = line.next() else { break };
            ready!(line.poll_until(cx, next));
        }
        Pin::new(inner).poll_shutdown(cx)
    }
}

impl<W: AsyncWrite + Unpin> Conditioned<W> {
    /// True if bytes can ever wait here.
    pub(super) fn may_hold(&self) -> bool {
        self.line.is_some()
    }

    /// Lets the waiting bytes arrive, for as long as it is polled. Ends only with the socket.
    pub(super) fn poll_deliver(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Conditioned { inner, line } = self;
        let Some(line) = line else {
            return Poll::Pending;
        };
        loop {
            if let Err(error) = ready!(line.poll_deliver(inner, cx)) {
                return Poll::Ready(error);
            }
            let Some(next) = line.next() else {
                return Poll::Pending;
            };
            ready!(line.poll_until(cx, next));
        }
    }

    /// The longest that a message may take to arrive if the socket takes all of it immediately.
    pub(super) fn longest_way(&self) -> Duration {
        self.line
            .as_ref()
            .map_or(Duration::ZERO, |line| line.way.spec().longest_way())
    }
}

#[cfg(test)]
mod tests;
