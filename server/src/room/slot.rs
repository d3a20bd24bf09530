//! What the tick leaves for one client alone, and what that client's two ends wish of the tick.
//!
//! In: the newest own part, once a snapshot; wishes, whenever. Out: the same, to whoever takes it, with all own events
//! since. It holds the newest only, so a client that does not read costs no more than one that does. The lock is held
//! for a copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, EntityId};
use tickwire_shared::snapshot::layout::OwnAvatar;
use tokio::sync::Notify;

use super::viewer::Sight;
use super::wishes::{Wished, Wishes};

/// Own events that may wait for a client that does not read beside those that it began with (the roster, as long as the
/// room is large), bytes; beyond it the client is too slow.
const OWN_EVENT_BYTES: usize = 32 << 10;
/// Channels whose healing may be wished for at a time; more, and all are.
const HEALING: usize = 32;
/// An avatar that went on as predicted is not told for at most this long, ticks: the client must still have the inputs.
const PREDICTED_TICKS: u32 = 240;
/// A slack below or above this is told at once, ticks.
const SLACK_FINE: std::ops::RangeInclusive<i32> = 0..=12;

/// Between the tick and one client.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<SlotState>,
    wishes: Wishes,
    /// Which stream the client is on.
    stream: AtomicUsize,
    closed: Notify,
}

#[derive(Debug, Default)]
struct SlotState {
    /// The number of the last entry that was made for the client to start from.
    since: u64,
    /// The number that the ring's next entry has when this own part belongs to its newest; 0 before the first.
    next: u64,
    own: Own,
    /// Events that came with the first.
    first_event_bytes: usize,
    /// The client can tell the avatar from the last one that it was told.
    avatar_known: bool,
    /// Ticks since one was told.
    untold_ticks: u32,
    /// The own channel, whole; and how often it changed.
    own_channel: Vec<u8>,
    own_version: u32,
    /// What the client holds of it is wrong.
    own_is_wrong: bool,
    own_check: Option<u64>,
    interest: Option<Sight>,
    healing: Vec<ChannelId>,
    close: Option<Refusal>,
}

/// A client's own part of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) applied_low: u8,
    /// How many ticks early the latest input came: the worst since it was last told. None when none came.
    pub(super) slack_ticks: Option<i32>,
    pub(super) avatar: Option<EntityId>,
    /// It is where the step brings the last one told.
    pub(super) predicted: bool,
    pub(super) avatar_bytes: Vec<u8>,
    pub(super) events: Vec<u8>,
}

impl Own {
    /// What the header says of the avatar.
    pub(super) fn header(&self) -> OwnAvatar<'_> {
        match self.avatar {
            None => OwnAvatar::None,
            Some(_) if self.predicted => OwnAvatar::Predicted,
            Some(entity) => OwnAvatar::Whole(entity, &self.avatar_bytes),
        }
    }
}

/// What the tick leaves.
pub(super) struct Left<'a> {
    /// The stream that the client is on from now on.
    pub(super) stream: usize,
    /// The number that this snapshot's entry gets.
    pub(super) number: u64,
    /// With this snapshot come keyframes of all that the client sees: it came to this stream, or wished to start anew.
    pub(super) starts: bool,
    /// Ticks since the snapshot before.
    pub(super) ticks: u32,
    pub(super) own: &'a Own,
    /// The own channel, whole, and how often it changed.
    pub(super) own_channel: (&'a [u8], u32),
    /// Its hash, when it is its turn.
    pub(super) own_check: Option<u64>,
    pub(super) interest: &'a Sight,
}

/// What a feed takes: its own part, and if they are news, its own channel and the channels that it is to see.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) own: Own,
    pub(super) own_channel: Vec<u8>,
    pub(super) own_channel_is_news: bool,
    pub(super) own_check: Option<u64>,
    pub(super) interest: Option<Sight>,
    pub(super) healing: Vec<ChannelId>,
    pub(super) own_version: u32,
    /// The number of the last entry that was made for this client to start from.
    pub(super) since: u64,
}

/// How far a feed is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) stream: usize,
    /// The number that the next entry will have.
    pub(super) next: u64,
    /// The version of the own channel that the client has.
    pub(super) own_version: Option<u32>,
    /// The client must start anew, from an entry of this number or a later one.
    pub(super) restart: Option<u64>,
    /// Nothing but the own part could be worth a message.
    pub(super) quiet: bool,
}

/// Whether there was anything to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// It is in the [`Taken`].
    Taken,
    /// The ring and the slot are not of one tick: wait.
    NotYet,
    /// Nothing that is worth a message.
    Nothing,
    /// The client is on another stream now.
    Switched,
}

impl Slot {
    /// A slot of a client that has nothing yet: it must start from keyframes.
    pub(super) fn new() -> Slot {
        let slot = Slot::default();
        slot.wish_restart();
        slot
    }

    /// The tick's end: leaves the newest own part, before its entry is pushed.
    pub(super) fn leave(&self, left: &Left) {
        let mut state = self.state.lock();
        let state = &mut *state;
        if left.starts {
            state.since = left.number;
            self.stream.store(left.stream, Ordering::Relaxed);
        }
        if state.own_version != left.own_channel.1 {
            state.own_channel.clear();
            state.own_channel.extend_from_slice(left.own_channel.0);
            state.own_version = left.own_channel.1;
            // It was of what the channel held before.
            state.own_check = None;
        }
        state.own_check = left.own_check.or(state.own_check);
        let own = &mut state.own;
        own.events.extend_from_slice(&left.own.events);
        if state.next == 0 {
            state.first_event_bytes = left.own.events.len();
        }
        if own.events.len() > OWN_EVENT_BYTES + state.first_event_bytes {
            state.close.get_or_insert(CloseReason::TooSlow.into());
            own.events.clear();
        }
        // Of slacks that nobody took the worst is told.
        own.slack_ticks = match (own.slack_ticks, left.own.slack_ticks) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        state.untold_ticks = state.untold_ticks.saturating_add(left.ticks);
        state.avatar_known &= left.own.predicted
            && left.own.avatar == own.avatar
            && state.untold_ticks < PREDICTED_TICKS;
        own.applied_low = left.own.applied_low;
        own.avatar = left.own.avatar;
        own.avatar_bytes.clear();
        own.avatar_bytes.extend_from_slice(&left.own.avatar_bytes);
        if !state
            .interest
            .as_ref()
            .is_some_and(|interest| Arc::ptr_eq(interest, left.interest))
        {
            state.interest = Some(left.interest.clone());
        }
        state.next = left.number + 1;
    }

    /// Takes what was left for the snapshot before entry `next`.
    ///
    /// # Errors
    /// The room ends this connection.
    pub(super) fn take(
        &self,
        place: Place,
        seen: Option<&Sight>,
        taken: &mut Taken,
    ) -> Result<Take, Refusal> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if let Some(refusal) = &state.close {
            return Err(refusal.clone());
        }
        if self.stream() != place.stream {
            return Ok(Take::Switched);
        }
        if state.next != place.next || place.restart.is_some_and(|from| state.since < from) {
            return Ok(Take::NotYet);
        }
        let interest_is_news = match (&state.interest, seen) {
            (Some(is), Some(was)) => !Arc::ptr_eq(is, was),
            (is, _) => is.is_some(),
        };
        let own_channel_is_news =
            state.own_is_wrong || place.own_version != Some(state.own_version);
        let slack_is_fine = state
            .own
            .slack_ticks
            .is_none_or(|slack| SLACK_FINE.contains(&slack));
        let avatar_is_known = state.avatar_known || state.own.avatar.is_none();
        let nothing = state.own.events.is_empty() && state.own_check.is_none();
        if place.quiet
            && nothing
            && !own_channel_is_news
            && !interest_is_news
            && slack_is_fine
            && avatar_is_known
            && state.healing.is_empty()
        {
            return Ok(Take::Nothing);
        }
        let own = &mut state.own;
        taken.own.applied_low = own.applied_low;
        taken.own.slack_ticks = own.slack_ticks.take();
        (taken.own.avatar, taken.own.predicted) = (own.avatar, state.avatar_known);
        std::mem::swap(&mut taken.own.avatar_bytes, &mut own.avatar_bytes);
        taken.own.events.clear();
        std::mem::swap(&mut taken.own.events, &mut own.events);
        // From here on the client can tell it, if it has one.
        state.avatar_known = own.avatar.is_some();
        state.untold_ticks = 0;
        state.own_is_wrong = false;
        taken.own_channel_is_news = own_channel_is_news;
        if own_channel_is_news {
            taken.own_channel.clear();
            taken.own_channel.extend_from_slice(&state.own_channel);
        }
        taken.own_check = state.own_check.take();
        taken.interest = state.interest.clone().filter(|_| interest_is_news);
        taken.healing.clear();
        taken.healing.extend_from_slice(&state.healing);
        (taken.own_version, taken.since) = (state.own_version, state.since);
        Ok(Take::Taken)
    }

    /// The stream that the client is on.
    pub(super) fn stream(&self) -> usize {
        self.stream.load(Ordering::Relaxed)
    }

    /// The number of the last entry that was made for the client to start from.
    pub(super) fn since(&self) -> u64 {
        self.state.lock().since
    }

    /// Ends the client's connection.
    pub(super) fn close(&self, refusal: Refusal) {
        self.state.lock().close.get_or_insert(refusal);
        self.closed.notify_one();
    }

    /// Why the connection is to end, if it is.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.state.lock().close.clone()
    }

    /// Waits for a [`Slot::close`]. Cancel-safe; one that came before is not missed.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// What the client's two ends wish.
    pub(super) fn wished(&self) -> Wished {
        self.wishes.now()
    }

    /// The client can only go on from keyframes of all that it sees.
    pub(super) fn wish_restart(&self) {
        self.wishes.set(Wished::RESTART, true);
    }

    /// It is granted.
    pub(super) fn grant_restart(&self) {
        self.wishes.set(Wished::RESTART, false);
    }

    /// What the client holds of this channel is wrong.
    pub(super) fn wish_healing(&self, channel: ChannelId) {
        let mut state = self.state.lock();
        if channel == ChannelId::OWN {
            state.avatar_known = false;
            state.own_is_wrong = true;
        }
        if state.healing.len() >= HEALING {
            self.wish_restart();
        } else if !state.healing.contains(&channel) {
            state.healing.push(channel);
            self.wishes.set(Wished::HEALING, true);
        }
    }

    /// The channels that wait to be healed. What the client does not see (any more) is not.
    pub(super) fn healing(&self, is_seen: impl Fn(ChannelId) -> bool, out: &mut Vec<ChannelId>) {
        let mut state = self.state.lock();
        let waits = |channel: &ChannelId| *channel == ChannelId::OWN || is_seen(*channel);
        state.healing.retain(waits);
        self.wishes.set(Wished::HEALING, !state.healing.is_empty());
        out.clear();
        out.extend_from_slice(&state.healing);
    }

    /// These were healed.
    pub(super) fn healed(&self, is_healed: impl Fn(ChannelId) -> bool) {
        let mut state = self.state.lock();
        state.healing.retain(|channel| !is_healed(*channel));
        self.wishes.set(Wished::HEALING, !state.healing.is_empty());
    }

    /// Nobody looks at the picture, or somebody does again.
    pub(super) fn wish_hidden(&self, hidden: bool) {
        self.wishes.set(Wished::HIDDEN, hidden);
    }

    /// The client cannot take all of it.
    pub(super) fn wish_less(&self, half_rate: bool, less_interest: bool) {
        self.wishes.set(Wished::HALF_RATE, half_rate);
        self.wishes.set(Wished::LESS_INTEREST, less_interest);
    }

    /// Nobody takes anything any more.
    pub(super) fn abandon(&self) {
        self.wishes.set(Wished::GONE, true);
    }
}

#[cfg(test)]
mod tests;
