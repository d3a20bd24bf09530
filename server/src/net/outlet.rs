//! A client's way out: what the room has for it, answers and pings become bytes, in one write where that goes.
//!
//! In: the feed, answers, the time. Out: bytes, to the wire. What the wire does not take waits here. Until those bytes
//! have left no other message is built, so the feed's cursor just stands.
//! Must not: wait.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use fastwebsockets::OpCode;
use tickwire_shared::close::CloseReason;

use super::end::End;
use super::outgoing::Outgoing;
use super::round_trip::RoundTrip;
use super::wire::{Wire, write_all};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pump::Pumps;
use crate::seat::Feed;

/// The way out of one client.
pub(super) struct Outlet {
    feed: Box<dyn Feed>,
    metrics: Arc<Metrics>,
    /// The message that is being written.
    outgoing: Outgoing,
    /// Frames that leave behind the next message.
    answers: Outgoing,
    answers_waiting: usize,
    /// The most answers that may wait.
    answers_max: usize,
    pub(super) round_trip: RoundTrip,
    /// When the next ping leaves.
    next_ping: Instant,
    ping_every: Duration,
    /// Since when the wire has not taken all that it was given.
    blocked_since: Option<Instant>,
    deadline: Duration,
}

impl Outlet {
    /// A way out on which the welcome leaves first, behind what is still `unwritten`.
    pub(super) fn new(
        unwritten: Outgoing,
        welcome: &[u8],
        feed: Box<dyn Feed>,
        limits: &Limits,
        metrics: Arc<Metrics>,
        now: Instant,
    ) -> Outlet {
        let ping_every = limits.ping.max(Duration::from_millis(1));
        let mut outlet = Outlet {
            feed,
            metrics,
            outgoing: Outgoing::default(),
            answers: unwritten,
            answers_waiting: 0,
            answers_max: limits.replies_queued.max(1),
            round_trip: RoundTrip::default(),
            // The first ping leaves with the first message: rewinding is bounded by what it measures.
            next_ping: now,
            ping_every,
            blocked_since: None,
            deadline: limits.write_deadline,
        };
        outlet.put(OpCode::Binary, welcome);
        outlet
    }

    /// Who reads and writes for the room's clients.
    pub(super) fn pumps(&self) -> &Pumps {
        self.feed.pumps()
    }

    /// Puts an answer behind the next message.
    ///
    /// # Errors
    /// Too many wait already.
    pub(super) fn answer(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), End> {
        if self.answers_waiting >= self.answers_max {
            return Err(CloseReason::TooSlow.into());
        }
        self.put(opcode, payload);
        Ok(())
    }

    fn put(&mut self, opcode: OpCode, payload: &[u8]) {
        self.answers_waiting += 1;
        let bytes = self.answers.append(opcode, payload);
        self.metrics.message_out(bytes);
    }

    /// True if an answer waits, and nothing stands in its way.
    pub(super) fn has_answers(&self) -> bool {
        self.answers_waiting > 0 && self.blocked_since.is_none()
    }

    /// The whole server stood still for this long. That is not the client's fault.
    pub(super) fn excuse(&mut self, stood_still: Duration) {
        self.blocked_since = self.blocked_since.map(|since| since + stood_still);
    }

    /// True while the wire has not taken all that it was given.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked_since.is_some()
    }

    /// Builds and writes what there is for the client: news of the room if there can be any, and answers.
    ///
    /// # Errors
    /// The room ends the connection, the wire is broken, or the client has not taken a message for too long.
    pub(super) fn write(
        &mut self,
        wire: &mut impl Wire,
        now: Instant,
        has_news: bool,
    ) -> Result<(), End> {
        if let Some(since) = self.blocked_since {
            // The client's own task waits for the wire. But it may have come late, as we may.
            self.push(wire, now)?;
            if self.is_blocked() && now.saturating_duration_since(since) > self.deadline {
                return Err(CloseReason::TooSlow.into());
            }
        }
        if self.is_blocked() {
            return Ok(());
        }
        self.outgoing.start();
        let written = self
            .compose(now, has_news)
            .and_then(|()| self.push(wire, now));
        self.outgoing.give_back();
        written
    }

    /// Writes on in a task, which is woken when the wire takes more. Ready when nothing is left.
    ///
    /// # Errors
    /// As for [`Outlet::write`].
    pub(super) fn poll_write(
        &mut self,
        wire: &mut impl Wire,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Poll<Result<(), End>> {
        loop {
            let pushed = ready!(poll_push(&mut self.outgoing, wire, cx, now));
            pushed
                .and_then(|()| self.unblock(wire))
                .map_err(|_| End::Lost)?;
            // And what came meanwhile.
            self.write(wire, now, true)?;
            if !self.is_blocked() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Puts together the next message. Nothing is unwritten before it.
    fn compose(&mut self, now: Instant, has_news: bool) -> Result<(), End> {
        if has_news {
            let feed = self.feed.as_mut();
            let told = self.outgoing.frame(|out| feed.write_message(out));
            if told.map_err(End::Refused)? {
                self.metrics.message_out(self.outgoing.unwritten().len());
            }
            if now >= self.next_ping && !self.round_trip.is_open() {
                self.next_ping = now + self.ping_every;
                let payload = self.round_trip.ask(now);
                self.outgoing.append(OpCode::Ping, &payload);
            }
        }
        self.answers.move_to(&mut self.outgoing);
        self.answers_waiting = 0;
        Ok(())
    }

    fn push(&mut self, wire: &mut impl Wire, now: Instant) -> Result<(), End> {
        let written = write_all(wire, now, self.outgoing.unwritten());
        let (written, blocked) = written.map_err(|_| End::Lost)?;
        self.outgoing.wrote(written);
        if blocked {
            self.blocked_since.get_or_insert(now);
            return Ok(());
        }
        self.unblock(wire).map_err(|_| End::Lost)
    }

    /// All is written. Whoever wrote the rest, the wire need wake nobody any more.
    fn unblock(&mut self, wire: &mut impl Wire) -> io::Result<()> {
        if self.blocked_since.take().is_some() {
            wire.unblocked()?;
        }
        Ok(())
    }

    /// What is left to write, for the farewell. The room's end of the seat is given up.
    pub(super) fn into_outgoing(mut self) -> Outgoing {
        self.answers.move_to(&mut self.outgoing);
        self.outgoing
    }
}

/// Writes the rest in a task.
pub(super) fn poll_push(
    outgoing: &mut Outgoing,
    wire: &mut impl Wire,
    cx: &mut Context<'_>,
    now: Instant,
) -> Poll<io::Result<()>> {
    while !outgoing.unwritten().is_empty() {
        let written = ready!(wire.poll_write(cx, now, outgoing.unwritten()))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        outgoing.wrote(written);
    }
    Poll::Ready(Ok(()))
}

#[cfg(test)]
mod tests;
