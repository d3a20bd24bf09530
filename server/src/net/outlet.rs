//! A client's way out, for all that write to it: the room's pump, the client's reader, the client's own task.
//!
//! In: the feed, answers, pings. Out: bytes, in one write per message. Usually the caller writes them immediately. What
//! the socket does not take waits here, and the client's own task ([`super::writer`]) is called to wait for the socket.
//! Until those bytes have left no other message is written, so the feed's cursor just stands.
//! Must not: wait, or hold the lock over an await.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use fastwebsockets::OpCode;
use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tokio::io::AsyncWrite;
use tokio::sync::Notify;

use super::conditioned::Conditioned;
use super::end::End;
use super::outgoing::Outgoing;
use super::round_trip::RoundTrip;
use crate::metrics::Metrics;
use crate::pump::Pumped;
use crate::seat::{Ending, Feed};

/// The way out of one client.
pub(super) struct Outlet<W> {
    state: Mutex<State<W>>,
    /// Notified when the client's own task is needed.
    called: Notify,
    /// When the client was last heard of, if it has a seat: milliseconds since `since`; 0 without a seat.
    heard_ms: AtomicU64,
    /// The client has been heard of since it got its seat.
    is_signed: AtomicBool,
    since: Instant,
    metrics: Arc<Metrics>,
    round_trip: Arc<RoundTrip>,
    /// Most answers that may wait.
    replies_max: usize,
    /// Bytes wait in the link, too, and only the client's own task looks after those.
    is_conditioned: bool,
}

struct State<W> {
    io: Conditioned<W>,
    outgoing: Outgoing,
    feed: Option<Box<dyn Feed>>,
    /// The socket did not take everything: the client's own task waits for it, and nothing may replace that task's
    /// waker.
    blocked: bool,
    /// Answers among the unwritten frames.
    replies: usize,
    /// A ping must leave with the next message.
    ping_due: bool,
    /// How writing ended. The client's own task reports it.
    end: Option<End>,
    /// Only the farewell may write now.
    closed: bool,
}

impl<W: AsyncWrite + Unpin> Outlet<W> {
    pub(super) fn new(
        io: Conditioned<W>,
        metrics: Arc<Metrics>,
        round_trip: Arc<RoundTrip>,
        replies_max: usize,
    ) -> Outlet<W> {
        Outlet {
            is_conditioned: io.may_hold(),
            state: Mutex::new(State {
                io,
                outgoing: Outgoing::default(),
                feed: None,
                blocked: false,
                replies: 0,
                ping_due: false,
                end: None,
                closed: false,
            }),
            called: Notify::new(),
            heard_ms: AtomicU64::new(0),
            is_signed: AtomicBool::new(false),
            since: Instant::now(),
            metrics,
            round_trip,
            replies_max: replies_max.max(1),
        }
    }

    /// The client has a seat: sends the welcome, and from now on what the feed gives.
    pub(super) fn seat(&self, welcome: &[u8], feed: Box<dyn Feed>) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.feed = Some(feed);
        self.set_heard(Instant::now());
        self.append(&mut state, OpCode::Binary, welcome);
        // The client's own task learns of the feed.
        self.called.notify_one();
    }

    /// Notes that something came from the client.
    pub(super) fn note_heard(&self, now: Instant) {
        self.set_heard(now);
        self.is_signed.store(true, Ordering::Relaxed);
    }

    fn set_heard(&self, now: Instant) {
        let ms = now.saturating_duration_since(self.since).as_millis() as u64;
        self.heard_ms.store(ms.max(1), Ordering::Relaxed);
    }

    /// When something last came from a client that has a seat, or when it got the seat.
    pub(super) fn heard(&self) -> Option<Instant> {
        let ms = self.heard_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| self.since + Duration::from_millis(ms))
    }

    /// True if something has come from the client since it got its seat.
    pub(super) fn is_signed(&self) -> bool {
        self.is_signed.load(Ordering::Relaxed)
    }

    /// Sends an answer of the reader.
    ///
    /// # Errors
    /// Too many answers wait already, or nothing may be sent any more.
    pub(super) fn reply(&self, opcode: OpCode, payload: &[u8]) -> Result<(), End> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(End::Lost);
        }
        if state.replies >= self.replies_max {
            return Err(CloseReason::TooSlow.into());
        }
        state.replies += 1;
        self.append(&mut state, opcode, payload);
        Ok(())
    }

    /// Sends a ping. Once there is a feed, it leaves with the next snapshot, so that it needs no write of its own.
    pub(super) fn ping(&self) {
        let mut state = self.state.lock();
        state.ping_due = true;
        if state.feed.is_none() {
            self.ask(&mut state);
            self.try_push(&mut state);
        }
    }

    fn ask(&self, state: &mut State<W>) {
        if std::mem::take(&mut state.ping_due) {
            let payload = self.round_trip.ask(Instant::now());
            state.outgoing.append(OpCode::Ping, &payload);
        }
    }

    fn append(&self, state: &mut State<W>, opcode: OpCode, payload: &[u8]) {
        let bytes = state.outgoing.append(opcode, payload);
        self.metrics.message_out(bytes);
        self.try_push(state);
    }

    /// Puts in what the room has for the client. True if there is something to write.
    fn fill(&self, state: &mut State<W>) -> bool {
        if let Some(feed) = &mut state.feed {
            match state.outgoing.frame(|out| guarded(feed.as_mut(), out)) {
                Ok(true) => self.metrics.message_out(state.outgoing.unwritten().len()),
                Ok(false) => {}
                Err(refusal) => {
                    state.end = Some(End::Refused(refusal));
                    self.called.notify_one();
                    return false;
                }
            }
            self.ask(state);
        }
        !state.outgoing.unwritten().is_empty()
    }

    /// Writes what the socket takes now, and calls the client's own task for the rest.
    fn try_push(&self, state: &mut State<W>) {
        if state.blocked {
            return;
        }
        if self.is_conditioned {
            self.called.notify_one();
            return;
        }
        match state.poll_push(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => {
                state.end.get_or_insert(End::Lost);
                self.called.notify_one();
            }
            Poll::Pending => self.called.notify_one(),
        }
    }

    /// Waits until the client's own task is needed. Cancel-safe.
    pub(super) async fn called(&self) {
        self.called.notified().await;
    }

    /// How writing ended, if it did. The client's own task must know it.
    pub(super) fn end(&self) -> Option<End> {
        self.state.lock().end.take()
    }

    /// Where the room says that it ends this connection, once there is a feed.
    pub(super) fn ending(&self) -> Option<Arc<Ending>> {
        self.state.lock().feed.as_ref().map(|feed| feed.ending())
    }

    /// Waits until everything is written. Cancel-safe. Only for the client's own task: another waker would be lost.
    pub(super) async fn push(&self) -> io::Result<()> {
        poll_fn(|cx| self.state.lock().poll_push(cx)).await
    }

    /// Puts in what came while earlier bytes waited. True if there is something to write.
    pub(super) fn refill(&self) -> bool {
        let mut state = self.state.lock();
        if state.outgoing.unwritten().is_empty() {
            self.fill(&mut state);
        }
        // They are the client's own task's to write: a pump that builds its message in the same place must not come first.
        state.blocked = !state.outgoing.unwritten().is_empty();
        state.blocked
    }

    /// Lets the bytes in a conditioned link arrive, for as long as it is polled. Ends only with the socket.
    pub(super) async fn deliver(&self) -> io::Error {
        if !self.is_conditioned {
            return std::future::pending().await;
        }
        poll_fn(|cx| self.state.lock().io.poll_deliver(cx)).await
    }

    /// The most that a conditioned link adds to the time that a message takes.
    pub(super) fn longest_way(&self) -> Duration {
        self.state.lock().io.longest_way()
    }

    /// Puts the last words behind the unwritten bytes. Then nothing else is sent, and the room need leave nothing.
    pub(super) fn close<'a>(&self, words: impl IntoIterator<Item = (OpCode, &'a [u8])>) {
        let mut state = self.state.lock();
        state.closed = true;
        state.feed = None;
        for (opcode, payload) in words {
            state.outgoing.append(opcode, payload);
        }
    }

    /// Ends the stream. Cancel-safe.
    pub(super) async fn shutdown(&self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut self.state.lock().io).poll_shutdown(cx)).await
    }
}

/// A panic while one client's message is written ends that client, not the task that writes to many.
fn guarded(feed: &mut dyn Feed, out: &mut Vec<u8>) -> Result<bool, Refusal> {
    catch_unwind(AssertUnwindSafe(|| feed.write_message(out))).unwrap_or_else(|_| {
        tracing::error!("writing to a client panicked, and its connection was closed");
        Err(CloseReason::Internal.into())
    })
}

impl<W: AsyncWrite + Unpin> State<W> {
    /// Writes everything. It remembers how far it came, so that any task can go on.
    fn poll_push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.blocked = true;
        while !self.outgoing.unwritten().is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, self.outgoing.unwritten()))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.wrote(written);
        }
        self.replies = 0;
        // Streams that buffer (TLS) send only when asked.
        let flushed = ready!(Pin::new(&mut self.io).poll_flush(cx));
        self.blocked = false;
        Poll::Ready(flushed)
    }
}

impl<W: AsyncWrite + Unpin + Send> Pumped for Outlet<W> {
    fn pump(&self) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        if self.is_conditioned {
            self.called.notify_one();
        } else if !state.blocked {
            state.outgoing.start();
            if self.fill(&mut state) {
                self.try_push(&mut state);
            }
            state.outgoing.give_back();
        }
        true
    }
}
