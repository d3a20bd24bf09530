//! The reading task of one client: the hello, then messages to the room, each within its limits.
//!
//! In: messages from `frames`. Out: deliveries to the room's port, answers to the outlet, and the reason to end.
//! Must not: wait for the socket to take an answer.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use fastwebsockets::OpCode;
use tickwire_shared::close::{CloseReason, Refusal};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::time::timeout;

use super::bucket::{Bucket, Rate};
use super::context::Net;
use super::end::End;
use super::frames::{Incoming, MessageReader};
use super::outlet::Outlet;
use super::round_trip::RoundTrip;
use super::stop::Stop;
use crate::link::LinkSpec;
use crate::protocol::{Call, Protocol};
use crate::pump::Pumped;
use crate::seat::{Delivery, Port, Seat};

/// What a client's answers are written to.
pub(super) trait WriteHalf: AsyncWrite + Unpin + Send + 'static {}

impl<W: AsyncWrite + Unpin + Send + 'static> WriteHalf for W {}

/// What a client brings when it connects.
pub(super) struct Door {
    pub(super) protocol: Arc<dyn Protocol>,
    pub(super) call: Call,
    /// Its place among the connections whose hello has not come yet.
    pub(super) hello_permit: OwnedSemaphorePermit,
}

/// What the reading task needs besides the stream.
pub(super) struct Reader<W> {
    net: Arc<Net>,
    outlet: Arc<Outlet<W>>,
    /// There until the client has a seat.
    door: Option<Door>,
    round_trip: Arc<RoundTrip>,
    /// Where the connection's link is set, if it can have one.
    link: Option<watch::Sender<LinkSpec>>,
    control: Bucket,
    control_rate: Rate,
}

/// Reads until the conversation ends or is stopped, then throws away what still comes. Unread bytes would make the
/// kernel answer with a reset, which can overtake the goodbye.
pub(super) async fn run<R: AsyncRead + Unpin, W: WriteHalf>(
    mut io: R,
    mut reader: Reader<W>,
    ended: oneshot::Sender<End>,
    stop: Arc<Stop>,
) {
    if let Some(end) = stop.unless(reader.converse(&mut io)).await {
        let _ = ended.send(end);
    }
    drop(reader);
    let _ = tokio::io::copy(&mut io, &mut tokio::io::sink()).await;
}

impl<W: WriteHalf> Reader<W> {
    pub(super) fn new(
        net: Arc<Net>,
        outlet: Arc<Outlet<W>>,
        door: Door,
        (round_trip, link): (Arc<RoundTrip>, Option<watch::Sender<LinkSpec>>),
    ) -> Reader<W> {
        let per_s = f64::from(net.limits.control_frames_per_s);
        let control_rate = Rate {
            per_s,
            burst: per_s.max(1.0),
        };
        let control = Bucket::full(control_rate, Instant::now());
        Reader {
            net,
            outlet,
            door: Some(door),
            round_trip,
            link,
            control,
            control_rate,
        }
    }

    async fn converse<R: AsyncRead + Unpin>(&mut self, io: R) -> End {
        let mut messages = MessageReader::new(io, &self.net.limits);
        match self.join(&mut messages).await {
            Ok((port, tick_rate_hz)) => self.play(&mut messages, &*port, tick_rate_hz).await,
            Err(end) => end,
        }
    }

    async fn join<R: AsyncRead + Unpin>(
        &mut self,
        messages: &mut MessageReader<R>,
    ) -> Result<(Box<dyn Port>, u32), End> {
        let Some(Door {
            protocol,
            mut call,
            hello_permit,
        }) = self.door.take()
        else {
            return Err(CloseReason::Internal.into());
        };
        if protocol.waits_for_hello() {
            call.hello = self.hello(messages).await?;
        }
        let joined = protocol.join(&self.net.directory, call).await;
        let joined = joined.map_err(End::Refused)?;
        let Seat {
            welcome,
            tick_rate_hz,
            feed,
            port,
            ..
        } = joined.seat;
        drop(hello_permit);
        if let Some(link) = &self.link {
            link.send_replace(self.net.links.of(&joined.room));
        }
        let outlet: Arc<dyn Pumped> = self.outlet.clone();
        let pump = feed.pumps().enlist(outlet);
        self.outlet.seat(&welcome, feed);
        if let Some(pump) = pump {
            // One task writes to many sockets in a row: their number bounds what it does in one go.
            tokio::spawn(tokio::task::unconstrained(pump.run()));
        }
        if self.net.links.dev {
            self.report(&*port, String::new())?;
        }
        Ok((port, tick_rate_hz))
    }

    /// Reads the first message, within its time.
    async fn hello<R: AsyncRead + Unpin>(
        &mut self,
        messages: &mut MessageReader<R>,
    ) -> Result<Vec<u8>, End> {
        let patience = self.net.limits.hello;
        let hello = messages.read(|incoming| match incoming {
            Incoming::Message(message) => {
                self.net.metrics.message_in(message.len());
                ControlFlow::Break(Ok(message.to_vec()))
            }
            other => match self.control(None, other) {
                Ok(()) => ControlFlow::Continue(()),
                Err(end) => ControlFlow::Break(Err(end)),
            },
        });
        timeout(patience, hello)
            .await
            .unwrap_or(Ok(Err(CloseReason::HelloTimeout.into())))?
    }

    /// Reads everything after the hello.
    async fn play<R: AsyncRead + Unpin>(
        &mut self,
        messages: &mut MessageReader<R>,
        port: &dyn Port,
        tick_rate_hz: u32,
    ) -> End {
        let limits = Arc::clone(&self.net.limits);
        let rate = Rate::over(
            f64::from(limits.messages_per_tick * tick_rate_hz),
            limits.message_burst,
        );
        let mut bucket = Bucket::full(rate, Instant::now());
        let read = messages.read(|incoming| {
            let now = Instant::now();
            self.outlet.note_heard(now);
            let done = match incoming {
                Incoming::Message(message) => {
                    self.net.metrics.message_in(message.len());
                    if bucket.take(rate, now) {
                        self.deliver(port, now, message)
                    } else {
                        Err(CloseReason::MessageFlood.into())
                    }
                }
                other => self.control(Some(port), other),
            };
            done.map_or_else(ControlFlow::Break, ControlFlow::Continue)
        });
        read.await.unwrap_or_else(End::from)
    }

    fn deliver(&self, port: &dyn Port, now: Instant, message: &[u8]) -> Result<(), End> {
        match port.deliver(now, message)? {
            Delivery::Taken => Ok(()),
            Delivery::Reply(reply) => self.outlet.reply(OpCode::Binary, &reply),
            Delivery::Link(request) => self.condition(port, &request),
            Delivery::Goodbye => Err(CloseReason::Left.into()),
        }
    }

    /// The client asks for another link.
    fn condition(&self, port: &dyn Port, request: &str) -> Result<(), End> {
        let Some(link) = self.link.as_ref().filter(|_| self.net.links.dev) else {
            let words = "this server is not in dev mode: it conditions no link for a client";
            return Err(End::Refused(Refusal::new(CloseReason::Malformed, words)));
        };
        match request.parse() {
            Ok(spec) => {
                link.send_replace(spec);
                self.report(port, String::new())
            }
            Err(error) => self.report(port, error.to_string()),
        }
    }

    /// Tells the client what its link is, and what was wrong with the link that it asked for.
    fn report(&self, port: &dyn Port, error: String) -> Result<(), End> {
        let Some(link) = &self.link else {
            return Ok(());
        };
        let link = link.borrow().to_string();
        port.link_report(link, error)
            .map_or(Ok(()), |report| self.outlet.reply(OpCode::Binary, &report))
    }

    /// Handles everything but messages.
    fn control(&mut self, port: Option<&dyn Port>, incoming: Incoming<'_>) -> Result<(), End> {
        let pong = match incoming {
            Incoming::Ping(payload) => Some(payload),
            Incoming::Pong(payload) => {
                let trip = self.round_trip.answered(Instant::now(), payload);
                if let (Some(port), Some(trip)) = (port, trip) {
                    port.note_round_trip(trip);
                }
                None
            }
            Incoming::Message(_) => None,
            Incoming::Close(code) => return Err(End::ClientClosed(code)),
        };
        if !self.control.take(self.control_rate, Instant::now()) {
            return Err(CloseReason::ControlFlood.into());
        }
        pong.map_or(Ok(()), |payload| self.outlet.reply(OpCode::Pong, payload))
    }
}
