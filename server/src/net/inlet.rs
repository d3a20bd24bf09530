//! A client's way in: what it sends becomes messages for the room, each within its limits.
//!
//! In: bytes, from the wire, and the time. Out: deliveries to the room's port, answers to the outlet, and the reason to
//! end. It also knows when the client was last heard of.
//! Must not: wait, or write.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastwebsockets::OpCode;
use tickwire_shared::close::CloseReason;

use super::address::{Account, Act};
use super::bucket::{Bucket, Rate};
use super::end::End;
use super::frames::{Incoming, MessageReader};
use super::outlet::Outlet;
use super::wire::Wire;
use crate::limits::{
    Limits, MESSAGES_PER_READ, MESSAGES_PER_S_LEAST, SILENT_READ_EVERY, SILENT_READS, STOOD_STILL,
};
use crate::metrics::Metrics;
use crate::seat::{Delivery, Port};

/// The way in of one client that has a seat.
pub(super) struct Inlet {
    messages: MessageReader,
    gate: Gate,
    /// When something last came; the time of the seat before that.
    heard: Instant,
    /// How long nothing may come.
    patience: Duration,
    idle: Duration,
    /// The time from one of the room's ticks to the next.
    period: Duration,
    last_read: Instant,
    /// Reads in a row that found nothing.
    silent: u32,
}

/// Where each message and control frame goes, if its client may send it.
struct Gate {
    port: Box<dyn Port>,
    metrics: Arc<Metrics>,
    budget: Budget,
    control: Budget,
    /// Lines of chat that the client may still say, and how often it may still be told that it says too much.
    chat: Allowance,
    chat_refusals: Allowance,
    /// What the client's address may still do.
    account: Option<Account>,
    /// The links that the client wishes for, as a rule none.
    wishes: Vec<LinkRequest>,
}

/// How often a client may do something, and what it has left of that.
struct Allowance {
    rate: Rate,
    left: Bucket,
}

impl Allowance {
    fn full(rate: Rate, now: Instant) -> Allowance {
        let left = Bucket::full(rate, now);
        Allowance { rate, left }
    }

    fn take(&mut self, now: Instant) -> bool {
        self.left.take(self.rate, now)
    }
}

/// What a client may send, and how its connection ends if it sends more.
struct Budget {
    allowance: Allowance,
    beyond: CloseReason,
}

impl Budget {
    pub(super) fn new(rate: Rate, beyond: CloseReason, now: Instant) -> Budget {
        Budget {
            allowance: Allowance::full(rate, now),
            beyond,
        }
    }

    fn spend(&mut self, now: Instant) -> Result<(), End> {
        if self.allowance.take(now) {
            Ok(())
        } else {
            Err(self.beyond.into())
        }
    }
}

/// What a client may send besides messages.
fn control_budget(limits: &Limits, now: Instant) -> Budget {
    let rate = Rate::over(limits.control_frames_per_s.into(), limits.burst);
    Budget::new(rate, CloseReason::ControlFlood, now)
}

/// The client asks for another link.
pub(super) struct LinkRequest(pub(super) String);

impl Inlet {
    pub(super) fn new(
        messages: MessageReader,
        port: Box<dyn Port>,
        tick_rate_hz: u32,
        limits: &Limits,
        metrics: Arc<Metrics>,
        account: Option<Account>,
        now: Instant,
    ) -> Inlet {
        let per_s = f64::from(limits.messages_per_tick) * f64::from(tick_rate_hz);
        let per_s = per_s.max(MESSAGES_PER_S_LEAST);
        let rate = Rate::over(per_s, limits.burst);
        let chat_rate = Rate {
            per_s: f64::from(limits.chat_lines) / limits.chat_span.as_secs_f64().max(1e-3),
            burst: f64::from(limits.chat_lines),
        };
        // A client that only listens answers pings.
        let sign = limits.hello.max(2 * limits.ping).min(limits.idle);
        Inlet {
            messages,
            gate: Gate {
                port,
                metrics,
                budget: Budget::new(rate, CloseReason::MessageFlood, now),
                control: control_budget(limits, now),
                chat: Allowance::full(chat_rate, now),
                chat_refusals: Allowance::full(CHAT_REFUSALS, now),
                account,
                wishes: Vec::new(),
            },
            heard: now,
            patience: sign,
            idle: limits.idle,
            period: Duration::from_secs(1) / tick_rate_hz.max(1),
            last_read: now,
            silent: 0,
        }
    }

    /// True if the client has been silent for a while, and the room's next tick is soon enough to look again.
    fn rests(&self, now: Instant) -> bool {
        self.silent >= SILENT_READS && now + self.period <= self.last_read + SILENT_READ_EVERY
    }

    /// Reads what has come. Gives the links that the client wishes for, as a rule none.
    ///
    /// # Errors
    /// How the connection ends.
    pub(super) fn read(
        &mut self,
        wire: &mut impl Wire,
        outlet: &mut Outlet,
        now: Instant,
    ) -> Result<Vec<LinkRequest>, End> {
        if self.rests(now) {
            return Ok(Vec::new());
        }
        let unread = now.saturating_duration_since(self.last_read);
        self.last_read = now;
        if unread > STOOD_STILL {
            // For all that time nobody looked whether something had come.
            let excused = unread - STOOD_STILL;
            self.heard += excused;
            outlet.excuse(excused);
        }
        self.silent = self.silent.saturating_add(1);
        let mut left = MESSAGES_PER_READ;
        let Inlet {
            messages,
            gate,
            heard,
            patience,
            idle,
            silent,
            ..
        } = self;
        let ended = messages.read(wire, now, |incoming, came| {
            (*heard, *patience, *silent) = (now, *idle, 0);
            left -= 1;
            match gate.take(incoming, came, now, outlet) {
                Err(end) => ControlFlow::Break(Some(end)),
                // The rest waits, and so do those who sent too much.
                Ok(()) if left == 0 => ControlFlow::Break(None),
                Ok(()) => ControlFlow::Continue(()),
            }
        });
        match ended {
            Ok(Some(Some(end))) => return Err(end),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        if now.saturating_duration_since(self.heard) > self.patience {
            return Err(CloseReason::Idle.into());
        }
        Ok(std::mem::take(&mut self.gate.wishes))
    }

    /// A whole message for the client about its link, if the protocol has such a message.
    pub(super) fn link_report(&self, link: String, error: String) -> Option<Vec<u8>> {
        self.gate.port.link_report(link, error)
    }
}

impl Gate {
    fn take(
        &mut self,
        incoming: Incoming<'_>,
        came: Instant,
        now: Instant,
        outlet: &mut Outlet,
    ) -> Result<(), End> {
        match incoming {
            Incoming::Message(message) => {
                self.metrics.message_in(message.len());
                self.budget.spend(now)?;
                let delivery = self.port.deliver(came, now, message)?;
                self.follow(delivery, now, outlet)
            }
            Incoming::Close(code) => Err(End::ClientClosed(code)),
            // An answer to us is never too much.
            Incoming::Pong(payload) => match outlet.round_trip.answered(came, payload) {
                Some(trip) => {
                    self.port.note_round_trip(trip);
                    Ok(())
                }
                None => self.control.spend(now),
            },
            Incoming::Ping(payload) => {
                self.control.spend(now)?;
                outlet.answer(OpCode::Pong, payload)
            }
        }
    }

    /// Does what the room wants of us after a message.
    fn follow(&mut self, delivery: Delivery, now: Instant, outlet: &mut Outlet) -> Result<(), End> {
        match delivery {
            Delivery::Taken => Ok(()),
            Delivery::Reply(reply) => outlet.answer(OpCode::Binary, &reply),
            Delivery::Link(request) => {
                self.wishes.push(LinkRequest(request));
                Ok(())
            }
            Delivery::Chat(line) => {
                if self.may_chat(now) {
                    return Ok(self.port.chat(line)?);
                }
                match self.chat_refusals.take(now) {
                    true => Ok(self.port.chat(String::new())?),
                    false => Ok(()),
                }
            }
            Delivery::Goodbye => Err(CloseReason::Left.into()),
        }
    }

    /// The client's own lines first: what it may not say is not drawn from its address.
    fn may_chat(&mut self, now: Instant) -> bool {
        let account = self.account.as_ref();
        self.chat.take(now) && account.is_none_or(|account| account.allow(Act::Chat))
    }
}

/// How often a client is told that it says too much. Each such word is an event of the room.
const CHAT_REFUSALS: Rate = Rate {
    per_s: 1.0,
    burst: 5.0,
};

/// Control frames before there is a seat: pings are answered, pongs measure nothing.
pub(super) struct DoorControl(Budget);

impl DoorControl {
    pub(super) fn new(limits: &Limits, now: Instant) -> DoorControl {
        DoorControl(control_budget(limits, now))
    }

    /// What to answer, if anything.
    ///
    /// # Errors
    /// How the connection ends.
    pub(super) fn take<'a>(
        &mut self,
        incoming: &Incoming<'a>,
        now: Instant,
    ) -> Result<Option<&'a [u8]>, End> {
        match incoming {
            Incoming::Close(code) => Err(End::ClientClosed(*code)),
            Incoming::Ping(payload) => self.0.spend(now).map(|()| Some(*payload)),
            Incoming::Pong(_) => self.0.spend(now).map(|()| None),
            Incoming::Message(_) => Ok(None),
        }
    }
}
