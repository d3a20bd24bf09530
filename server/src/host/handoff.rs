//! Where a room's tick and one client meet: the client's own part on its way down, its requests on their way up.
//!
//! In: the newest own part, once a snapshot; requests, at any time. Out: the own part, to the feed, with where the events of
//! its snapshot end; the requests, to the tick. Only the newest own part is held. The lock is held for a copy.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tickwire_room::{InterestSet, OwnPart};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::ChannelId;
use tickwire_shared::snapshot::layout::SLACK_PARTS;

use super::avatar_known::AvatarKnown;
use super::event_log::{EventSpan, Interest, Roster};
use super::requests::{Requested, Requests};
use crate::limits::{EVENT_LOG_BATCHES, HEALING_CHANNELS};
use crate::seat::Ending;

/// Any other slack is told at once.
const SLACK_FINE: std::ops::RangeInclusive<i32> = 0..=12 * SLACK_PARTS;

/// Between the tick and one client.
#[derive(Debug, Default)]
pub(super) struct Handoff {
    state: Mutex<State>,
    requests: Requests,
    /// The stream that the client follows.
    stream: AtomicUsize,
    ending: Arc<Ending>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the last entry that was made for the client to start from.
    since: u64,
    /// The number that the ring's next entry has when this own part belongs to its newest; 0 before the first.
    next: u64,
    own: OwnPart,
    avatar: AvatarKnown,
    /// The number of the room's first batch of events after this own part's snapshot.
    events_to: u64,
    /// What the client sees, and from which batch of events on.
    interests: VecDeque<Interest>,
    /// Who is in the room as of a batch of events, for a client that missed some.
    roster: Option<Roster>,
    /// The own channel, whole; and how often it changed.
    own_channel: Vec<u8>,
    own_version: u32,
    /// What the client holds of it is wrong.
    own_is_wrong: bool,
    own_check: Option<u64>,
    interest: Option<InterestSet>,
    healing: Vec<ChannelId>,
}

/// What the tick puts down.
pub(super) struct Update<'a> {
    /// The stream that the client follows from now on.
    pub(super) stream: usize,
    /// The number that this snapshot's entry gets.
    pub(super) number: u64,
    /// With this snapshot come keyframes of all that the client sees: it came to this stream, or asked to start anew.
    pub(super) starts: bool,
    /// Ticks since the snapshot before.
    pub(super) ticks: u32,
    pub(super) own: &'a OwnPart,
    /// The own channel, whole, and how often it changed.
    pub(super) own_channel: (&'a [u8], u32),
    /// Its hash, when it is its turn.
    pub(super) own_check: Option<u64>,
    pub(super) interest: &'a InterestSet,
    pub(super) events: EventSpan,
    pub(super) roster: Option<Roster>,
}

/// What a feed takes: its own part, and if they are new, its own channel and its interest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) own: OwnPart,
    pub(super) own_channel: Vec<u8>,
    pub(super) own_channel_is_new: bool,
    pub(super) own_check: Option<u64>,
    pub(super) interest: Option<InterestSet>,
    pub(super) healing: Vec<ChannelId>,
    pub(super) own_version: u32,
    /// The number of the last entry that was made for this client to start from.
    pub(super) since: u64,
    /// The number of the room's first batch of events that belongs to a later snapshot.
    pub(super) events_to: u64,
    /// What the client has come to see, and from which batch of events on.
    pub(super) interests: Vec<Interest>,
    pub(super) roster: Option<Roster>,
}

/// How far a feed is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) stream: usize,
    /// The number that the next entry will have.
    pub(super) next: u64,
    /// The number of the first batch of events that can still be told.
    pub(super) events_from: u64,
    /// The version of the own channel that the client has.
    pub(super) own_version: Option<u32>,
    /// The client must start anew, from an entry of this number or a later one.
    pub(super) restart: Option<u64>,
    /// The number of the entry that it last started from.
    pub(super) started: u64,
    /// Nothing but the own part could be worth a message.
    pub(super) quiet: bool,
}

/// Whether there was anything to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// It is in the [`Taken`].
    Taken,
    /// The ring and the handoff are not of one tick: wait.
    NotYet,
    /// Nothing that is worth a message.
    Nothing,
    /// The client follows another stream now.
    Switched,
    /// A roster waited for so long that the log of events has passed it, too.
    Passed,
}

impl Handoff {
    /// The handoff of a client that has nothing yet: it must start from keyframes.
    pub(super) fn new(whole_avatar_ticks: u32) -> Handoff {
        let handoff = Handoff::default();
        handoff.state.lock().avatar = AvatarKnown::new(whole_avatar_ticks);
        handoff.request_restart();
        handoff.request_roster();
        handoff
    }

    /// The tick's end: puts down the newest own part, before its entry is pushed.
    pub(super) fn put(&self, update: &Update) {
        let mut state = self.state.lock();
        let state = &mut *state;
        if update.starts {
            state.since = update.number;
            self.stream.store(update.stream, Ordering::Relaxed);
        }
        if state.own_version != update.own_channel.1 {
            state.own_channel.clear();
            state.own_channel.extend_from_slice(update.own_channel.0);
            state.own_version = update.own_channel.1;
            // It was of what the channel held before.
            state.own_check = None;
        }
        state.own_check = update.own_check.or(state.own_check);
        let own = &mut state.own;
        // Of slacks that nobody took the worst is told.
        let slacks = [own.slack_parts, update.own.slack_parts];
        own.slack_parts = slacks.into_iter().flatten().min();
        state.avatar.follow(own.avatar, update.own, update.ticks);
        own.applied_low = update.own.applied_low;
        own.avatar = update.own.avatar;
        own.avatar_bytes.clear();
        own.avatar_bytes.extend_from_slice(&update.own.avatar_bytes);
        if !state
            .interest
            .as_ref()
            .is_some_and(|interest| Arc::ptr_eq(interest, update.interest))
        {
            state.interest = Some(update.interest.clone());
            state.note_interest(update.events, update.interest);
        }
        state.events_to = update.events.to;
        if update.roster.is_some() {
            state.roster.clone_from(&update.roster);
        }
        state.next = update.number + 1;
    }

    /// What the client sees changed in a snapshot that is none of its stream: events of that snapshot go by it.
    pub(super) fn note_interest(&self, events: EventSpan, interest: &InterestSet) {
        self.state.lock().note_interest(events, interest);
    }

    /// Takes what was put down for the snapshot before entry `next`.
    ///
    /// # Errors
    /// The room ends this connection.
    pub(super) fn take(
        &self,
        position: Position,
        seen: Option<&InterestSet>,
        taken: &mut Taken,
    ) -> Result<Take, Refusal> {
        if let Some(refusal) = self.ending.refusal() {
            return Err(refusal);
        }
        let mut state = self.state.lock();
        let state = &mut *state;
        if self.stream() != position.stream {
            return Ok(Take::Switched);
        }
        if state.next != position.next || position.restart.is_some_and(|from| state.since < from) {
            return Ok(Take::NotYet);
        }
        if state
            .roster
            .as_ref()
            .is_some_and(|roster| roster.from < position.events_from)
        {
            state.roster = None;
            return Ok(Take::Passed);
        }
        let interest_is_new = match (&state.interest, seen) {
            (Some(is), Some(was)) => !Arc::ptr_eq(is, was),
            (is, _) => is.is_some(),
        };
        let own_channel_is_new =
            state.own_is_wrong || position.own_version != Some(state.own_version);
        let slack_is_fine = state
            .own
            .slack_parts
            .is_none_or(|slack| SLACK_FINE.contains(&slack));
        taken.events_to = state.events_to;
        // All may have been made whole for the client, and it must not go past that.
        let starts = state.since > position.started;
        let nothing = state.roster.is_none() && state.own_check.is_none() && !starts;
        if position.quiet
            && nothing
            && !own_channel_is_new
            && !interest_is_new
            && slack_is_fine
            && state.avatar.needs_nothing(&state.own)
            && state.healing.is_empty()
        {
            return Ok(Take::Nothing);
        }
        state.take_own(&mut taken.own);
        taken.interests.clear();
        taken.interests.extend(state.interests.drain(..));
        taken.roster = state.roster.take();
        state.own_is_wrong = false;
        taken.own_channel_is_new = own_channel_is_new;
        if own_channel_is_new {
            taken.own_channel.clear();
            taken.own_channel.extend_from_slice(&state.own_channel);
        }
        taken.own_check = state.own_check.take();
        taken.interest = state.interest.clone().filter(|_| interest_is_new);
        taken.healing.clear();
        taken.healing.extend_from_slice(&state.healing);
        (taken.own_version, taken.since) = (state.own_version, state.since);
        Ok(Take::Taken)
    }

    /// The stream that the client follows.
    pub(super) fn stream(&self) -> usize {
        self.stream.load(Ordering::Relaxed)
    }

    /// The number of the last entry that was made for the client to start from.
    pub(super) fn since(&self) -> u64 {
        self.state.lock().since
    }

    /// Where the room says that it ends this connection.
    pub(super) fn ending(&self) -> &Arc<Ending> {
        &self.ending
    }

    /// What the client's two ends ask for.
    pub(super) fn requested(&self) -> Requested {
        self.requests.read()
    }

    /// The client can only go on from keyframes of all that it sees.
    pub(super) fn request_restart(&self) {
        self.requests.set(Requested::RESTART, true);
    }

    /// The restart is granted.
    pub(super) fn grant_restart(&self) {
        self.requests.set(Requested::RESTART, false);
    }

    /// The client missed events.
    pub(super) fn request_roster(&self) {
        self.requests.set(Requested::ROSTER, true);
    }

    /// The roster is granted.
    pub(super) fn grant_roster(&self) {
        self.requests.set(Requested::ROSTER, false);
    }

    /// All that waits to be healed is, since the client starts anew.
    pub(super) fn grant_heal_all(&self) {
        // Under the lock, so that a desync of this moment keeps its flag.
        let mut state = self.state.lock();
        state.healing.clear();
        self.requests.set(Requested::HEAL_ALL, false);
        self.requests.set(Requested::HEALING, false);
    }

    /// What the client holds of this channel is wrong.
    pub(super) fn request_healing(&self, channel: ChannelId) {
        let mut state = self.state.lock();
        if channel == ChannelId::OWN {
            state.avatar.forget();
            state.own_is_wrong = true;
        }
        if state.healing.len() >= HEALING_CHANNELS {
            self.requests.set(Requested::HEAL_ALL, true);
        } else if !state.healing.contains(&channel) {
            state.healing.push(channel);
            self.requests.set(Requested::HEALING, true);
        }
    }

    /// The channels that wait to be healed. What the client does not see (any more) is not.
    pub(super) fn healing(&self, is_seen: impl Fn(ChannelId) -> bool, out: &mut Vec<ChannelId>) {
        let mut state = self.state.lock();
        let waits = |channel: &ChannelId| *channel == ChannelId::OWN || is_seen(*channel);
        state.healing.retain(waits);
        self.requests
            .set(Requested::HEALING, !state.healing.is_empty());
        out.clear();
        out.extend_from_slice(&state.healing);
    }

    /// These channels were healed.
    pub(super) fn healed(&self, is_healed: impl Fn(ChannelId) -> bool) {
        let mut state = self.state.lock();
        state.healing.retain(|channel| !is_healed(*channel));
        self.requests
            .set(Requested::HEALING, !state.healing.is_empty());
    }

    /// Nobody looks at the picture, or somebody does again.
    pub(super) fn request_hidden(&self, hidden: bool) {
        self.requests.set(Requested::HIDDEN, hidden);
    }

    /// The client cannot take all of it.
    pub(super) fn request_less(&self, half_rate: bool, less_interest: bool) {
        self.requests.set(Requested::HALF_RATE, half_rate);
        self.requests.set(Requested::LESS_INTEREST, less_interest);
    }

    /// Nobody takes anything any more.
    pub(super) fn abandon(&self) {
        self.requests.set(Requested::GONE, true);
    }
}

impl State {
    /// Takes the own part. From then on the client can tell its avatar from the last one.
    fn take_own(&mut self, taken: &mut OwnPart) {
        let own = &mut self.own;
        taken.applied_low = own.applied_low;
        taken.slack_parts = own.slack_parts.take();
        taken.avatar = own.avatar;
        std::mem::swap(&mut taken.avatar_bytes, &mut own.avatar_bytes);
        taken.predicted = self.avatar.tell(taken);
    }

    /// What the client sees from this snapshot's events on. As long as no event has gone by what it saw before, only the
    /// newest counts.
    fn note_interest(&mut self, events: EventSpan, channels: &InterestSet) {
        let counts = |last: &Interest| events.channels_to > last.from;
        if self.interests.back().is_some_and(|last| !counts(last)) {
            self.interests.pop_back();
        }
        if self.interests.len() >= EVENT_LOG_BATCHES {
            self.interests.pop_front();
        }
        self.interests.push_back(Interest {
            from: events.from,
            channels: channels.clone(),
        });
    }
}

#[cfg(test)]
mod tests;
