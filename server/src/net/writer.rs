//! The writing half of one client: what the room has for it, answers, pings, and at the end the reason.
//!
//! In: the feed, the reader's orders, the clock. Out: bytes, one write per message. A client that does not take a
//! message within the deadline is too slow; nothing is queued for it, its feed's cursor just stands.
//! Must not: read, or decide anything about what the client sent.

use std::sync::Arc;
use std::time::Duration;

use fastwebsockets::OpCode;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::message::{Goodbye, ServerMessage};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::Net;
use super::conditioned::Conditioned;
use super::connection::{End, Order};
use super::outgoing::Outgoing;
use super::round_trip::RoundTrip;
use crate::metrics::Metrics;
use crate::room::Feed;

/// The writing half of one client.
pub(super) struct Writer<W> {
    io: Conditioned<W>,
    round_trip: Arc<RoundTrip>,
    outgoing: Outgoing,
    feed: Option<Feed>,
    closing: watch::Receiver<bool>,
    metrics: Arc<Metrics>,
    ping: Duration,
    deadline: Duration,
    close_wait: Duration,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(io: Conditioned<W>, net: &Net, round_trip: Arc<RoundTrip>) -> Writer<W> {
        Writer {
            io,
            round_trip,
            outgoing: Outgoing::default(),
            feed: None,
            closing: net.closing.subscribe(),
            metrics: Arc::clone(&net.metrics),
            ping: net.limits.ping.max(Duration::from_millis(1)),
            deadline: net.limits.write_deadline,
            close_wait: net.limits.close_wait,
        }
    }

    /// Writes until somebody ends it.
    pub(super) async fn run(
        &mut self,
        mut orders: mpsc::Receiver<Order>,
        read_end: &mut oneshot::Receiver<End>,
    ) -> End {
        let mut ping = interval_at(Instant::now() + self.ping, self.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                end = &mut *read_end => return settle(end),
                Some(order) = orders.recv() => self.obey(order),
                ready = ready(self.feed.as_mut(), &mut self.closing) => {
                    if let Err(refusal) = ready.and_then(|()| self.assemble()) {
                        return End::Refused(refusal);
                    }
                }
                _ = self.io.deliver() => return self.lost(read_end).await,
                _ = ping.tick() => {
                    let payload = self.round_trip.ask(Instant::now().into_std());
                    self.outgoing.append(OpCode::Ping, &payload);
                }
            }
            match self.flush().await {
                Ok(()) => {}
                Err(End::Lost) => return self.lost(read_end).await,
                Err(end) => return end,
            }
        }
    }

    /// The socket takes nothing any more; the reader may still come upon the close frame that explains it.
    async fn lost(&self, read_end: &mut oneshot::Receiver<End>) -> End {
        let wait = self.close_wait + self.longest_way();
        timeout(wait, read_end).await.map_or(End::Lost, settle)
    }

    /// What a conditioned link adds to the time that a message takes, at worst.
    pub(super) fn longest_way(&self) -> Duration {
        self.io.longest_way()
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Seated(seat) => {
                let (welcome, feed) = *seat;
                self.outgoing.append(OpCode::Binary, &welcome);
                self.feed = Some(feed);
            }
            Order::Message(message) => self.outgoing.append(OpCode::Binary, &message),
            Order::Pong(payload) => self.outgoing.append(OpCode::Pong, &payload),
        }
    }

    fn assemble(&mut self) -> Result<(), Refusal> {
        if let Some(feed) = &mut self.feed {
            self.outgoing.assemble(|out| feed.assemble(out))?;
        }
        Ok(())
    }

    /// Writes what there is, within the deadline.
    async fn flush(&mut self) -> Result<(), End> {
        if self.outgoing.unwritten().is_empty() {
            return Ok(());
        }
        self.metrics.message_out(self.outgoing.unwritten().len());
        match timeout(self.deadline, push(&mut self.io, &mut self.outgoing)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Lost),
            Err(_) => Err(CloseReason::TooSlow.into()),
        }
    }

    /// Says why, closes, and ends the stream. A frame that a slow client has half of is finished first: in its middle
    /// nothing else would be understood.
    pub(super) async fn farewell(&mut self, end: &End) {
        // The room need not leave anything for this client any more.
        self.feed = None;
        match end {
            End::Refused(refusal) => {
                let goodbye = Goodbye {
                    code: refusal.reason.code(),
                    words: refusal.close_words().to_owned(),
                };
                if let Ok(message) = codec::encode(&ServerMessage::<()>::Goodbye(goodbye)) {
                    self.outgoing.append(OpCode::Binary, &message);
                }
                let code = refusal.reason.code().to_be_bytes();
                self.outgoing.append(
                    OpCode::Close,
                    &[&code, refusal.close_words().as_bytes()].concat(),
                );
            }
            End::ClientClosed(Some(code)) => {
                self.outgoing.append(OpCode::Close, &code.to_be_bytes())
            }
            End::ClientClosed(None) => self.outgoing.append(OpCode::Close, &[]),
            End::Lost => return,
        }
        let wait = self.close_wait + self.longest_way();
        let say = async {
            push(&mut self.io, &mut self.outgoing).await?;
            self.io.shutdown().await
        };
        // Whoever does not take even this learns it from the end of the connection.
        let _ = timeout(wait, say).await;
    }
}

/// The reader always says how it ended, unless it panicked.
fn settle(end: Result<End, RecvError>) -> End {
    end.unwrap_or(CloseReason::Internal.into())
}

/// Waits for the feed. Before there is one, only the server's end is to be heard of.
async fn ready(
    feed: Option<&mut Feed>,
    closing: &mut watch::Receiver<bool>,
) -> Result<(), Refusal> {
    match feed {
        Some(feed) => feed.ready().await,
        None => {
            let _ = closing.wait_for(|closing| *closing).await;
            Err(CloseReason::ShuttingDown.into())
        }
    }
}

/// Writes all of it and remembers how far it came, so that it can be dropped at any await.
async fn push<W: AsyncWrite + Unpin>(io: &mut W, outgoing: &mut Outgoing) -> std::io::Result<()> {
    while !outgoing.unwritten().is_empty() {
        let written = io.write(outgoing.unwritten()).await?;
        if written == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        outgoing.wrote(written);
    }
    // Streams that buffer (TLS) send only when asked.
    io.flush().await
}
