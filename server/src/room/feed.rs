//! The writer's end of a client: what it has missed, put together into one message.
//!
//! In: the room's rings, the client's slot. Out: whole snapshot messages. The client is a cursor into a ring and a list of
//! channels; shared bytes are copied from the ring, nothing is encoded here.

use std::sync::Arc;

use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::snapshot::layout::{Pace, Rung};

use super::assemble::{Message, Plan};
use super::ladder::{Carried, Ladder, ticks_on};
use super::pump::Pumps;
use super::ring::{Entry, Found, Rings};
use super::slot::{Place, Slot, Take, Taken};
use super::stream::STRIDES;
use super::viewer::Sight;
use crate::metrics::{ClientOnRung, Metrics};

/// A client this many snapshots behind gets keyframes, if those are smaller than what it missed.
const CATCH_UP_SNAPSHOTS: usize = 8;
/// A client hears something at least this often, seconds, even of a room in which nothing happens.
const HEARTBEAT_S: f64 = 0.3;

/// The writer's end of a seat.
pub struct Feed {
    rings: Arc<Rings>,
    slot: Arc<Slot>,
    metrics: Arc<Metrics>,
    stream: usize,
    cursor: u64,
    restart: Option<Restart>,
    /// The channels that the client follows or is about to.
    plan: Plan,
    /// The list that the plan follows.
    interest: Option<Sight>,
    /// The version of the own channel that the client has.
    own_sent: Option<u32>,
    /// What the client's channels took when it last started anew, bytes: an estimate of what they would take now.
    whole_bytes: usize,
    /// The newest tick told.
    told: Tick,
    /// Until here nothing happened and nothing moved, and the client was not told.
    rested: Option<Tick>,
    heartbeat_ticks: u32,
    ladder: Ladder,
    on_rung: ClientOnRung,
    pace_told: Pace,
    missed: Vec<Arc<Entry>>,
    taken: Taken,
}

/// Says when the room ends a connection.
pub(crate) struct Ending(Arc<Slot>);

impl Ending {
    /// Waits for it. Cancel-safe.
    pub(crate) async fn ended(&self) -> Refusal {
        loop {
            if let Some(refusal) = self.0.refusal() {
                return refusal;
            }
            self.0.closed().await;
        }
    }
}

/// Everything must start from keyframes.
#[derive(Clone, Copy, Debug)]
struct Restart {
    /// A stable name for the metric.
    reason: &'static str,
    /// Not from an entry before this one.
    from: u64,
}

impl Feed {
    pub(super) fn new(
        rings: Arc<Rings>,
        slot: Arc<Slot>,
        metrics: Arc<Metrics>,
        (tick, tick_rate_hz): (Tick, u32),
    ) -> Feed {
        let cursor = rings.ring(0).next();
        Feed {
            cursor,
            rings,
            slot,
            stream: 0,
            restart: Some(Restart {
                reason: "joined",
                from: cursor,
            }),
            plan: Plan::default(),
            interest: None,
            own_sent: None,
            whole_bytes: 0,
            told: tick,
            rested: None,
            heartbeat_ticks: (HEARTBEAT_S * f64::from(tick_rate_hz)) as u32,
            ladder: Ladder::new(tick_rate_hz),
            on_rung: metrics.client_on_rung(Rung::Current),
            pace_told: Pace::default(),
            metrics,
            missed: Vec::new(),
            taken: Taken::default(),
        }
    }

    /// Who says when the room ends this connection.
    pub(crate) fn ending(&self) -> Ending {
        Ending(self.slot.clone())
    }

    /// Where to enlist who assembles whenever there is something new.
    pub(crate) fn pumps(&self) -> &Pumps {
        self.rings.pumps()
    }

    /// Appends one whole snapshot message with all that this client has not had. False: nothing to say now.
    ///
    /// # Errors
    /// The room ends this connection: close with this.
    pub fn assemble(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        // What was taken from the ring must not keep entries alive until the next time.
        let assembled = self.assemble_missed(out);
        self.missed.clear();
        assembled
    }

    fn assemble_missed(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        self.follow_stream();
        let found = self
            .rings
            .ring(self.stream)
            .since(self.cursor, &mut self.missed);
        let Some(newest) = self.missed.last().map(|entry| entry.tick) else {
            return Ok(false);
        };
        let oldest = found.next - self.missed.len() as u64;
        let is_gone = |restart: Restart| restart.from < oldest;
        if self.restart.map_or_else(|| self.is_behind(found), is_gone) {
            self.restart = Some(Restart {
                reason: "behind",
                from: found.next,
            });
            self.slot.wish_restart();
        }
        let quiet = self.restart.is_none()
            && ticks_on(self.told, newest) < self.heartbeat_ticks
            && self.pace() == self.pace_told
            && self.missed.iter().all(|entry| self.plan.is_silent(entry));
        match self.take(found, quiet)? {
            Take::Taken => {}
            Take::NotYet => return Ok(false),
            Take::Nothing => {
                self.cursor = found.next;
                self.rested = Some(newest);
                return Ok(false);
            }
            // In between: the next call follows it.
            Take::Switched => return Ok(false),
        }
        self.own_sent = Some(self.taken.own_version);
        self.note(newest)?;
        let first = self
            .restart
            .map_or(0, |_| self.taken.since.saturating_sub(oldest));
        self.write(out, first as usize, newest);
        (self.cursor, self.told, self.rested) = (found.next, newest, None);
        Ok(true)
    }

    fn take(&mut self, found: Found, quiet: bool) -> Result<Take, Refusal> {
        let place = Place {
            stream: self.stream,
            next: found.next,
            // Who starts anew has no own channel either.
            own_version: self.own_sent.filter(|_| self.restart.is_none()),
            restart: self.restart.map(|restart| restart.from),
            quiet,
        };
        let seen = self.interest.as_ref().filter(|_| self.restart.is_none());
        self.slot.take(place, seen, &mut self.taken)
    }

    /// Goes over to the stream that the room has put this client on, if it is another one: keyframes of all that it sees
    /// are in one of its entries.
    fn follow_stream(&mut self) {
        let stream = self.slot.stream().min(STRIDES.len() - 1);
        if stream == self.stream {
            return;
        }
        let from = self.slot.since();
        self.stream = stream;
        self.cursor = from;
        let reason = self.restart.map_or("switched", |restart| restart.reason);
        self.restart = Some(Restart { reason, from });
        self.rested = None;
    }

    /// Too far behind: the ring has passed the cursor, or whole channels are smaller than their changes.
    fn is_behind(&self, found: Found) -> bool {
        let changes = || {
            let bytes = self.missed.iter().map(|entry| self.plan.bytes(entry));
            bytes.sum::<usize>()
        };
        found.passed || (self.missed.len() > CATCH_UP_SNAPSHOTS && changes() > self.whole_bytes)
    }

    /// Steps on the ladder.
    fn note(&mut self, newest: Tick) -> Result<(), Refusal> {
        let carried = match self.restart {
            Some(Restart {
                reason: "behind", ..
            }) => Carried::Restart,
            None if self.missed.len() > 1 => Carried::Several,
            _ => Carried::One,
        };
        if carried == Carried::Several {
            self.metrics.catch_up();
        }
        if let Some(restart) = self.restart {
            self.metrics.keyframe_sent(restart.reason);
        }
        if !self.ladder.note(carried, ticks_on(self.told, newest)) {
            return Err(CloseReason::TooSlow.into());
        }
        self.slot
            .wish_less(self.ladder.half_rate(), self.ladder.less_interest());
        self.on_rung.set(&self.metrics, self.ladder.rung());
        Ok(())
    }

    fn pace(&self) -> Pace {
        Pace {
            rung: self.ladder.rung(),
            stride: STRIDES.get(self.stream).map_or(1, |stride| *stride as u8),
        }
    }

    fn write(&mut self, out: &mut Vec<u8>, first: usize, newest: Tick) {
        let pace = self.pace();
        if self.restart.is_some() {
            self.plan.restart();
        }
        if let Some(interest) = self.taken.interest.take() {
            self.plan.follow(&interest);
            self.interest = Some(interest);
        }
        self.plan
            .find_starts(&self.missed, first, &self.taken.healing);
        let message = Message {
            entries: &self.missed,
            first,
            told: self.told,
            rested: self.rested,
            newest,
            pace: (pace != self.pace_told).then_some(pace),
            taken: &self.taken,
        };
        let before = out.len();
        message.write(&self.plan, out);
        if self.restart.is_some() {
            self.whole_bytes = out.len() - before;
        }
        self.restart = None;
        if self.plan.settle() {
            // A channel whose keyframe is no longer in the ring: everything anew.
            self.slot.wish_restart();
            self.restart = Some(Restart {
                reason: "behind",
                from: self.cursor + self.missed.len() as u64,
            });
        }
        if !self.taken.healing.is_empty() {
            let healed = self.plan.healed();
            // Its own part is always whole in the message that says so.
            self.slot
                .healed(|channel| channel == ChannelId::OWN || healed.contains(&channel));
        }
        self.pace_told = pace;
    }
}

/// The last of the entries in which a channel is whole.
pub(super) fn last_keyframe(entries: &[Arc<Entry>], channel: ChannelId) -> Option<usize> {
    entries.iter().rposition(|entry| {
        let sections = entry.find(channel, &mut 0);
        sections.is_some_and(|sections| !entry.keyframe(sections).is_empty())
    })
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.slot.abandon();
    }
}
