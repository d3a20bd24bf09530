//! An accepted stream while it speaks HTTP: how it gets on, so that it ends for standing still and not for its age.
//!
//! In: a TCP stream. Out: the same bytes for the HTTP library, but for a line feed that stands alone, which the library would
//! take for the end of a line, and others for something else. And when bytes last went either way.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// No request has this byte: the library answers 400.
const IMPOSSIBLE: u8 = 0;

/// How a connection gets on.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// When bytes last went either way.
    moved: Instant,
    /// Since when a request has begun and is not whole.
    begun: Option<Instant>,
    /// A request is being answered.
    serving: bool,
    /// No request has been answered yet.
    fresh: bool,
    /// The other end does not take what is written.
    blocked: bool,
}

/// Why a connection should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// A request does not get whole.
    Head,
    /// An answer is not taken.
    Answer,
    /// Nothing is asked for any more.
    Idle,
}

/// How long each may last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) head: Duration,
    pub(super) answer: Duration,
    pub(super) idle: Duration,
}

impl Pace {
    /// A request is whole, and is answered from now on.
    pub(super) fn serve(&self) {
        let mut state = self.0.lock();
        (state.serving, state.begun) = (true, None);
    }

    /// An answer has been given to the library, which writes it.
    pub(super) fn served(&self) {
        let mut state = self.0.lock();
        (state.serving, state.fresh) = (false, false);
    }

    /// True while nothing has been asked that is not answered.
    pub(super) fn is_idle(&self) -> bool {
        !self.0.lock().serving
    }

    /// Why the connection should end now, if it should.
    pub(super) fn stuck(&self, now: Instant, patience: Patience) -> Option<Stuck> {
        let state = self.0.lock();
        let still = now.saturating_duration_since(state.moved);
        if state.serving || state.blocked {
            return (still > patience.answer).then_some(Stuck::Answer);
        }
        let begun = state.begun.or(state.fresh.then_some(state.moved));
        if let Some(begun) = begun {
            let lasts = now.saturating_duration_since(begun);
            return (lasts > patience.head).then_some(Stuck::Head);
        }
        (still > patience.idle).then_some(Stuck::Idle)
    }
}

/// A stream that notes how it gets on.
#[derive(Debug)]
pub(super) struct Paced {
    stream: TcpStream,
    pace: Pace,
    last_read: u8,
    /// How much of the empty line behind a request's head has come, and of a header that asks for an upgrade.
    head_end: usize,
    upgrade: usize,
    /// The head of an upgrade has come. What follows is no HTTP.
    upgraded: bool,
}

/// The end of a request's head.
const HEAD_END: &[u8; 4] = b"\r\n\r\n";
/// A header that asks for an upgrade, in small letters.
const UPGRADE: &[u8; 9] = b"\nupgrade:";

impl Paced {
    pub(super) fn new(stream: TcpStream) -> (Paced, Pace) {
        let pace = Pace(Arc::new(Mutex::new(State {
            moved: Instant::now(),
            begun: None,
            serving: false,
            fresh: true,
            blocked: false,
        })));
        let paced = Paced {
            stream,
            pace: pace.clone(),
            last_read: 0,
            head_end: 0,
            upgrade: 0,
            upgraded: false,
        };
        (paced, pace)
    }

    /// The stream itself, which is no HTTP any more.
    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        let read = into.filled_mut().get_mut(before..).unwrap_or_default();
        if read.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let (pace, now) = (self.pace.clone(), Instant::now());
        let mut state = pace.0.lock();
        state.moved = now;
        if !state.serving {
            state.begun.get_or_insert(now);
        }
        drop(state);
        self.check_heads(read);
        Poll::Ready(Ok(()))
    }
}

impl Paced {
    /// Makes line feeds that stand alone impossible. One head may follow the other, since no route has a body, until one
    /// asks for an upgrade.
    fn check_heads(&mut self, read: &mut [u8]) {
        let on = |pattern: &[u8], matched: usize, byte: u8| {
            let goes_on = pattern.get(matched) == Some(&byte);
            match goes_on {
                true => matched + 1,
                false => usize::from(pattern.first() == Some(&byte)),
            }
        };
        for byte in read {
            if self.upgraded {
                return;
            }
            if *byte == b'\n' && self.last_read != b'\r' {
                *byte = IMPOSSIBLE;
            }
            self.last_read = *byte;
            self.head_end = on(HEAD_END, self.head_end, *byte);
            if self.upgrade < UPGRADE.len() {
                self.upgrade = on(UPGRADE, self.upgrade, byte.to_ascii_lowercase());
            }
            if self.head_end == HEAD_END.len() {
                self.upgraded = self.upgrade == UPGRADE.len();
                (self.head_end, self.upgrade) = (0, 0);
            }
        }
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        let mut state = self.pace.0.lock();
        state.blocked = written.is_pending();
        if matches!(written, Poll::Ready(Ok(1..))) {
            state.moved = Instant::now();
        }
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
