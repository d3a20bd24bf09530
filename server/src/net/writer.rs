//! A client's own writing task: it waits for a full socket, asks for round trips, and says the last words.
//!
//! In: calls of the [`Outlet`], the end of the reader, the room or the server, the clock. Out: the bytes that waited,
//! within the deadline: a client that takes longer is too slow, and one that is not heard of is idle. While all goes
//! well it does nothing, and the room's pump writes.
//! Must not: read, or decide anything about what the client sent except that it sent something.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use fastwebsockets::OpCode;
use tickwire_shared::close::{CloseReason, Refusal};
use tokio::io::AsyncWrite;
use tokio::sync::oneshot::error::RecvError;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use super::context::Net;
use super::end::End;
use super::outlet::Outlet;
use crate::protocol::Protocol;
use crate::seat::Ending;

/// The writing half of one client.
pub(super) struct Writer<W> {
    outlet: Arc<Outlet<W>>,
    protocol: Arc<dyn Protocol>,
    closing: watch::Receiver<bool>,
    ping: Duration,
    idle: Duration,
    /// Who has a seat says something within this time. Otherwise its link died with the welcome on it, and the seat is
    /// kept for nobody: the client tries again as a newcomer.
    sign: Duration,
    deadline: Duration,
    close_wait: Duration,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(outlet: Arc<Outlet<W>>, protocol: Arc<dyn Protocol>, net: &Net) -> Writer<W> {
        Writer {
            outlet,
            protocol,
            closing: net.closing.subscribe(),
            ping: net.limits.ping.max(Duration::from_millis(1)),
            idle: net.limits.idle.max(Duration::from_millis(1)),
            // A client that only listens answers pings.
            sign: net
                .limits
                .hello
                .max(2 * net.limits.ping)
                .min(net.limits.idle),
            deadline: net.limits.write_deadline,
            close_wait: net.limits.close_wait,
        }
    }

    /// Writes what others could not write, until the connection is ended.
    pub(super) async fn run(&mut self, read_end: &mut oneshot::Receiver<End>) -> End {
        let mut ping = interval_at(Instant::now() + self.ping, self.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut idle = pin!(sleep(self.idle));
        let mut ending = None;
        loop {
            tokio::select! {
                biased;
                end = &mut *read_end => return said(end),
                refusal = ended(ending.as_deref(), &mut self.closing) => return End::Refused(refusal),
                () = self.outlet.called() => {}
                _ = self.outlet.deliver() => return self.lost(read_end).await,
                _ = ping.tick() => {
                    self.outlet.ping();
                    continue;
                }
                () = &mut idle => {
                    // The timer is set anew only now. To do that at every message would cost as much as reading it.
                    let heard = self.outlet.heard().map_or_else(Instant::now, Instant::from_std);
                    let until = heard + if self.outlet.is_signed() { self.idle } else { self.sign };
                    if until <= Instant::now() {
                        return CloseReason::Idle.into();
                    }
                    idle.as_mut().reset(until);
                    continue;
                }
            }
            if ending.is_none() {
                ending = self.outlet.ending();
                idle.as_mut().reset(Instant::now() + self.sign);
            }
            match self.flush().await {
                Ok(()) => {}
                Err(End::Lost) => return self.lost(read_end).await,
                Err(end) => return end,
            }
        }
    }

    /// The socket takes nothing any more. The reader may still find the close frame that explains it.
    async fn lost(&self, read_end: &mut oneshot::Receiver<End>) -> End {
        let wait = self.close_wait + self.longest_way();
        timeout(wait, read_end).await.map_or(End::Lost, said)
    }

    /// The most that a conditioned link adds to the time that a message takes.
    pub(super) fn longest_way(&self) -> Duration {
        self.outlet.longest_way()
    }

    /// Writes what there is, within the deadline, and then what came meanwhile.
    async fn flush(&self) -> Result<(), End> {
        loop {
            match timeout(self.deadline, self.outlet.push()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(End::Lost),
                Err(_) => return Err(CloseReason::TooSlow.into()),
            }
            let is_more = self.outlet.refill();
            if let Some(end) = self.outlet.end() {
                return Err(end);
            }
            if !is_more {
                return Ok(());
            }
        }
    }

    /// Says why, closes, and ends the stream. If a slow client has half of a frame, that frame is finished first:
    /// within it nothing else would be understood.
    pub(super) async fn farewell(&mut self, end: &End) {
        match end {
            End::Refused(refusal) => {
                let goodbye = self.protocol.goodbye(refusal);
                let code = refusal.reason.code().to_be_bytes();
                let close = [&code, refusal.close_words().as_bytes()].concat();
                let goodbye = goodbye
                    .as_ref()
                    .map(|goodbye| (OpCode::Binary, &goodbye[..]));
                let close = (OpCode::Close, &close[..]);
                self.outlet.close(goodbye.into_iter().chain([close]));
            }
            End::ClientClosed(code) => {
                let code = code.map(u16::to_be_bytes);
                let code = code.as_ref().map_or(&[][..], |code| &code[..]);
                self.outlet.close([(OpCode::Close, code)]);
            }
            End::Lost => {
                self.outlet.close([]);
                return;
            }
        }
        let wait = self.close_wait + self.longest_way();
        let say = async {
            self.outlet.push().await?;
            self.outlet.shutdown().await
        };
        // A client that does not take even this learns it from the end of the connection.
        let _ = timeout(wait, say).await;
    }
}

/// The reader always says how it ended, unless it panicked.
fn said(end: Result<End, RecvError>) -> End {
    end.unwrap_or(CloseReason::Internal.into())
}

/// Waits until the room ends the connection. Before there is a seat, only the server's end can come.
async fn ended(ending: Option<&Ending>, closing: &mut watch::Receiver<bool>) -> Refusal {
    match ending {
        Some(ending) => ending.ended().await,
        None => {
            let _ = closing.wait_for(|closing| *closing).await;
            CloseReason::ShuttingDown.into()
        }
    }
}
