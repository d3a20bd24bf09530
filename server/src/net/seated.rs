//! A client that has a seat, at the server's end of its wire: the way in, the way out, and how they end.
//!
//! In: calls of the room's thread before and after each tick ([`Pumped`]), and of the client's own task when the wire is
//! full. Out: messages to the room, bytes to the client, and one [`End`], for the client's own task. Everything here is
//! told the time and waits for nothing, so that it runs in virtual time as well.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use fastwebsockets::OpCode;
use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tokio::sync::Notify;

use super::address::Account;
use super::conditioned::Conditioned;
use super::end::End;
use super::frames::MessageReader;
use super::inlet::{Inlet, LinkRequest};
use super::outgoing::Outgoing;
use super::outlet::Outlet;
use super::wire::Wire;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::pump::Pumped;
use crate::seat::Seat;

/// A client that has a seat.
pub(crate) struct Seated<W> {
    /// `None` once the connection has ended.
    place: Mutex<Option<Place<W>>>,
    /// Notified when the client's own task is needed.
    called: Notify,
    /// Clients may set their links.
    dev: bool,
}

struct Place<W> {
    wire: Conditioned<W>,
    inlet: Inlet,
    outlet: Outlet,
    /// How the connection ended. Nothing is read or written any more; the client's own task says the last words.
    end: Option<End>,
}

/// What a server has for all its clients that have seats.
pub(crate) struct SeatedSetup<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) metrics: &'a Arc<Metrics>,
    /// Clients may set their links.
    pub(crate) dev: bool,
    /// What the client's address may still do. Without one it may do all.
    pub(crate) account: Option<&'a Account>,
}

impl<W: Wire> Seated<W> {
    /// Puts a client into its seat. `unwritten` leaves before the welcome.
    pub(crate) fn new(
        wire: Conditioned<W>,
        messages: MessageReader,
        unwritten: Outgoing,
        seat: Seat,
        setup: &SeatedSetup<'_>,
        now: Instant,
    ) -> Seated<W> {
        let (limits, metrics) = (setup.limits, setup.metrics);
        let (port, feed) = (seat.port, seat.feed);
        let inlet = Inlet::new(
            messages,
            port,
            seat.tick_rate_hz,
            limits,
            metrics.clone(),
            setup.account.cloned(),
            now,
        );
        let outlet = Outlet::new(unwritten, &seat.welcome, feed, limits, metrics.clone(), now);
        let place = Place {
            wire,
            inlet,
            outlet,
            end: None,
        };
        Seated {
            place: Mutex::new(Some(place)),
            called: Notify::new(),
            dev: setup.dev,
        }
    }

    /// Sends the welcome, and in dev mode what the client's link is. From then on the room's thread serves the client.
    pub(crate) fn begin(self: &Arc<Seated<W>>, now: Instant)
    where
        W: 'static,
    {
        self.with(|place| {
            place.outlet.pumps().enlist(self.clone());
            if self.dev {
                place.report(String::new())?;
            }
            place.outlet.write(&mut place.wire, now, false)
        });
    }

    /// Does something that may end the connection. False if it has ended.
    fn with(&self, does: impl FnOnce(&mut Place<W>) -> Result<(), End>) -> bool {
        let mut place = self.place.lock();
        let Some(place) = place.as_mut().filter(|place| place.end.is_none()) else {
            return false;
        };
        let was_blocked = place.outlet.is_blocked();
        // A panic over one client's message ends that client, not the thread that serves many.
        let done = catch_unwind(AssertUnwindSafe(|| does(place))).unwrap_or_else(|_| {
            tracing::error!("serving a client panicked, and its connection was closed");
            Err(CloseReason::Internal.into())
        });
        if let Err(end) = done {
            place.end = Some(end);
        }
        if place.end.is_some() || place.outlet.is_blocked() != was_blocked {
            self.called.notify_one();
        }
        place.end.is_none()
    }

    /// Waits until the client's own task is needed. Cancel-safe.
    pub(super) async fn called(&self) {
        self.called.notified().await;
    }

    /// Writes on while the wire is full. Pending otherwise, and ready when it is not full any more.
    pub(crate) fn poll_unblock(&self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let mut done = Poll::Pending;
        self.with(|place| {
            if place.outlet.is_blocked()
                && let Poll::Ready(written) = place.outlet.poll_write(&mut place.wire, cx, now)
            {
                done = Poll::Ready(());
                return written;
            }
            Ok(())
        });
        done
    }

    /// When the client's own task must [`Seated::attend`] to a conditioned link, if there is one.
    pub(super) fn link_due(&self, now: Instant) -> Option<Instant> {
        self.place.lock().as_ref()?.wire.due(now)
    }

    /// Moves on what waits in a conditioned link.
    pub(super) fn attend(&self, now: Instant) {
        self.with(|place| {
            place.wire.attend(now).map_err(|_| End::Lost)?;
            if place.outlet.is_blocked() {
                place.outlet.write(&mut place.wire, now, false)?;
            }
            Ok(())
        });
    }

    /// True if the connection has ended by what the client or its wire did.
    pub(crate) fn has_ended(&self) -> bool {
        let place = self.place.lock();
        place.as_ref().is_none_or(|place| place.end.is_some())
    }

    /// Ends the connection, if nothing else has, and takes it apart: the wire, what is still to be written, and how it
    /// ended. The room's ends of the seat are given up. Only the first call gets anything.
    pub(crate) fn end(&self, end: End) -> Option<(Conditioned<W>, Outgoing, End)> {
        let place = self.place.lock().take()?;
        let end = place.end.unwrap_or(end);
        Some((place.wire, place.outlet.into_outgoing(), end))
    }
}

impl<W: Wire> Place<W> {
    /// The client asks for another link.
    fn condition(&mut self, LinkRequest(request): LinkRequest, dev: bool) -> Result<(), End> {
        if !dev || self.wire.spec().is_none() {
            let words = "this server is not in dev mode: it conditions no link for a client";
            return Err(End::Refused(Refusal::new(CloseReason::Malformed, words)));
        }
        match request.parse() {
            Ok(spec) => {
                self.wire.set(&spec);
                self.report(String::new())
            }
            Err(error) => self.report(error.to_string()),
        }
    }

    /// Tells the client what its link is, and what was wrong with the link that it asked for.
    fn report(&mut self, error: String) -> Result<(), End> {
        let Some(spec) = self.wire.spec() else {
            return Ok(());
        };
        self.inlet
            .link_report(spec.to_string(), error)
            .map_or(Ok(()), |report| self.outlet.answer(OpCode::Binary, &report))
    }
}

impl<W: Wire> Pumped for Seated<W> {
    fn read(&self, now: Instant) -> bool {
        self.with(|place| {
            let read = place.inlet.read(&mut place.wire, &mut place.outlet, now);
            for request in read? {
                place.condition(request, self.dev)?;
            }
            Ok(())
        })
    }

    fn write(&self, now: Instant, has_news: bool) -> bool {
        self.with(|place| {
            if has_news || place.outlet.has_answers() || place.outlet.is_blocked() {
                place.outlet.write(&mut place.wire, now, has_news)?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
