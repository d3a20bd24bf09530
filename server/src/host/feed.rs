//! A client's end of a room: what it has missed, how it is judged for that, and one message that makes up for it.
//!
//! In: the room's rings, the client's handoff. Out: whole snapshot messages. The client is a cursor into a ring and a list
//! of channels; shared bytes are copied from the ring, nothing is encoded here.

use std::sync::Arc;

use tickwire_room::{Entry, EventBatch, InterestSet, STREAMS, STRIDES};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};
use tickwire_shared::snapshot::layout::{Rung, ServiceLevel};

use super::event_log::Interest;
use super::handoff::{Handoff, Position, Take, Taken};
use super::message::{Heard, Message, Plan};
use super::publish::{Found, Rings};
use super::slow_client::{Backlog, Ladder, ticks_on};
use crate::metrics::{ClientOnRung, Metrics};
use crate::pump::Pumps;
use crate::seat::{Ending, Feed};

/// A client this many snapshots behind gets keyframes, if those are smaller than what it missed.
const CATCH_UP_SNAPSHOTS: usize = 8;
/// A client hears something at least this often, seconds, even of a room in which nothing happens.
const HEARTBEAT_S: f64 = 0.3;

/// The writer's end of a seat in a game's room.
pub(super) struct RingFeed {
    rings: Arc<Rings>,
    handoff: Arc<Handoff>,
    metrics: Arc<Metrics>,
    player: PlayerId,
    stream: usize,
    cursor: u64,
    /// The first batch of the room's events that the client has not heard.
    events_cursor: u64,
    /// Events were lost to it: none until it has the roster.
    needs_roster: bool,
    /// What it saw, and from which batch of events on; the last goes on.
    interests: Vec<Interest>,
    /// The batches of events from the cursor on.
    batches: Vec<Arc<EventBatch>>,
    /// The number of the entry that it last started from.
    started: u64,
    restart: Option<Restart>,
    /// The channels that the client follows or is about to.
    plan: Plan,
    /// The list that the plan follows.
    interest: Option<InterestSet>,
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
    service_told: ServiceLevel,
    missed: Vec<Arc<Entry>>,
    taken: Taken,
}

/// Everything must start from keyframes.
#[derive(Clone, Copy, Debug)]
struct Restart {
    /// A stable name for the metric.
    reason: &'static str,
    /// Not from an entry before this one.
    from: u64,
}

impl RingFeed {
    pub(super) fn new(
        rings: Arc<Rings>,
        handoff: Arc<Handoff>,
        metrics: Arc<Metrics>,
        player: PlayerId,
        (tick, tick_rate_hz): (Tick, u32),
    ) -> RingFeed {
        let cursor = rings.ring(0).next();
        RingFeed {
            player,
            cursor,
            events_cursor: rings.events().next(),
            needs_roster: true,
            interests: Vec::new(),
            batches: Vec::new(),
            started: cursor,
            rings,
            handoff,
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
            service_told: ServiceLevel::default(),
            metrics,
            missed: Vec::new(),
            taken: Taken::default(),
        }
    }

    fn write_missed(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        self.follow_stream();
        let found = self
            .rings
            .ring(self.stream)
            .since(self.cursor, &mut self.missed);
        let Some(newest) = self.missed.last().map(|entry| entry.tick()) else {
            return Ok(false);
        };
        let oldest = found.next - self.missed.len() as u64;
        let is_gone = |restart: Restart| restart.from < oldest;
        if self.restart.map_or_else(|| self.is_behind(found), is_gone) {
            self.restart = Some(Restart {
                reason: "behind",
                from: found.next,
            });
            self.handoff.request_restart();
        }
        let batches_from = self.collect_events(found);
        let quiet = self.restart.is_none()
            && !self.hears_any()
            && ticks_on(self.told, newest) < self.heartbeat_ticks
            && self.service() == self.service_told
            && self.missed.iter().all(|entry| self.plan.is_silent(entry));
        match self.take((found, batches_from), quiet)? {
            Take::Taken => {}
            Take::Passed => {
                self.lose_events(found);
                return Ok(false);
            }
            Take::NotYet => return Ok(false),
            Take::Nothing => {
                self.events_cursor = self.taken.events_to;
                self.cursor = found.next;
                self.rested = Some(newest);
                return Ok(false);
            }
            // In between: the next call follows it.
            Take::Switched => return Ok(false),
        }
        self.own_sent = Some(self.taken.own_version);
        if self.restart.is_none() && self.taken.since > self.started {
            // The room had everything made whole: so much had to be healed.
            self.restart = Some(Restart {
                reason: "healed",
                from: self.taken.since,
            });
        }
        self.note(newest)?;
        let first = self
            .restart
            .map_or(0, |_| self.taken.since.saturating_sub(oldest));
        if self.restart.is_some() {
            self.started = self.taken.since;
        }
        self.write(out, (first as usize, batches_from), newest);
        (self.cursor, self.told, self.rested) = (found.next, newest, None);
        Ok(true)
    }

    /// Finds the room's events that the client has not heard; the number of the first batch. If the log has passed the
    /// client, it starts anew with the roster.
    fn collect_events(&mut self, found: Found) -> u64 {
        let events = self.rings.events();
        let from = events.since(self.events_cursor, &mut self.batches);
        if from > self.events_cursor && !self.needs_roster {
            self.lose_events(found);
        }
        from
    }

    /// Events are lost to the client: it starts anew with the roster.
    fn lose_events(&mut self, found: Found) {
        self.needs_roster = true;
        self.handoff.request_roster();
        self.restart = Some(Restart {
            reason: "behind",
            from: found.next,
        });
    }

    /// True when there is an event for the client, by what it saw last.
    fn hears_any(&self) -> bool {
        let seen = self.interest.as_ref().map_or(&[][..], |seen| seen);
        let mut batches = self.batches.iter();
        batches.any(|batch| batch.heard_by(self.player, seen).next().is_some())
    }

    fn take(&mut self, (found, events_from): (Found, u64), quiet: bool) -> Result<Take, Refusal> {
        let position = Position {
            stream: self.stream,
            next: found.next,
            events_from,
            // Who starts anew has no own channel either.
            own_version: self.own_sent.filter(|_| self.restart.is_none()),
            restart: self.restart.map(|restart| restart.from),
            started: self.started,
            quiet,
        };
        let seen = self.interest.as_ref().filter(|_| self.restart.is_none());
        self.handoff.take(position, seen, &mut self.taken)
    }

    /// Goes over to the stream that the room has put this client on, if it is another one: keyframes of all that it sees
    /// are in one of its entries.
    fn follow_stream(&mut self) {
        let stream = self.handoff.stream().min(STREAMS - 1);
        if stream == self.stream {
            return;
        }
        let from = self.handoff.since();
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
        let backlog = match self.restart {
            Some(Restart {
                reason: "behind", ..
            }) => Backlog::Restart,
            None if self.missed.len() > 1 => Backlog::Several,
            _ => Backlog::None,
        };
        if backlog == Backlog::Several {
            self.metrics.catch_up();
        }
        if let Some(restart) = self.restart {
            self.metrics.keyframe_sent(restart.reason);
        }
        if !self.ladder.note(backlog, ticks_on(self.told, newest)) {
            return Err(CloseReason::TooSlow.into());
        }
        self.handoff
            .request_less(self.ladder.half_rate(), self.ladder.less_interest());
        self.on_rung.set(&self.metrics, self.ladder.rung());
        Ok(())
    }

    fn service(&self) -> ServiceLevel {
        ServiceLevel {
            rung: self.ladder.rung(),
            stride: STRIDES.get(self.stream).map_or(1, |stride| *stride as u8),
        }
    }

    fn write(&mut self, out: &mut Vec<u8>, (first, batches_from): (usize, u64), newest: Tick) {
        let service = self.service();
        if self.restart.is_some() {
            self.plan.restart();
        }
        if let Some(interest) = self.taken.interest.take() {
            self.plan.follow(&interest);
            self.interest = Some(interest);
        }
        self.plan
            .find_starts(&self.missed, first, &self.taken.healing);
        let roster = self.taken.roster.take();
        if let Some(roster) = &roster {
            (self.needs_roster, self.events_cursor) = (false, roster.from);
        }
        self.interests.append(&mut self.taken.interests);
        let events_to = if self.needs_roster {
            self.events_cursor
        } else {
            self.taken.events_to
        };
        let message = Message {
            heard: Heard {
                player: self.player,
                batches: &self.batches,
                first: batches_from,
                numbers: self.events_cursor..events_to,
                interests: &self.interests,
            },
            roster: roster.as_ref().map_or(&[], |roster| &roster.joins),
            entries: &self.missed,
            first,
            told: self.told,
            rested: self.rested,
            newest,
            service: (service != self.service_told).then_some(service),
            taken: &self.taken,
        };
        let before = out.len();
        message.write(&self.plan, out);
        self.events_cursor = events_to;
        // The newest may be of a batch that is yet to be told.
        let applies = |interest: &Interest| interest.from <= events_to;
        let past = self.interests.iter().rposition(applies);
        self.interests.drain(..past.unwrap_or(0));
        if self.restart.is_some() {
            self.whole_bytes = out.len() - before;
        }
        self.restart = None;
        if self.plan.advance() {
            // A channel whose keyframe is no longer in the ring: everything anew.
            self.handoff.request_restart();
            self.restart = Some(Restart {
                reason: "behind",
                from: self.cursor + self.missed.len() as u64,
            });
        }
        if !self.taken.healing.is_empty() {
            let healed = self.plan.healed();
            // Its own part is always whole in the message that says so.
            self.handoff
                .healed(|channel| channel == ChannelId::OWN || healed.contains(&channel));
        }
        self.service_told = service;
    }
}

impl Feed for RingFeed {
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        // What was taken from the ring must not keep entries alive until the next time.
        let written = self.write_missed(out);
        self.missed.clear();
        self.batches.clear();
        written
    }

    fn ending(&self) -> Arc<Ending> {
        self.handoff.ending().clone()
    }

    fn pumps(&self) -> &Pumps {
        self.rings.pumps()
    }
}

impl Drop for RingFeed {
    fn drop(&mut self) {
        self.handoff.abandon();
    }
}
