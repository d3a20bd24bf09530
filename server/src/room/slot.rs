//! What the tick leaves for one client alone, between the room and that client's writer.
//!
//! In: the newest own part, once a snapshot. Out: the same, to whoever takes it, with all own events since. It holds
//! the newest only, so a client that does not read costs no more than one that does. The lock is held for a copy.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::snapshot::layout::{NO_SLACK, OwnPart};
use tokio::sync::Notify;

/// Own events that may wait for a client that does not read, bytes; beyond it the client is too slow.
const OWN_EVENT_BYTES: usize = 64 << 10;

/// What the tick last left for one client.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<SlotState>,
    wants_keyframe: AtomicBool,
    changed: Notify,
}

#[derive(Debug, Default)]
struct SlotState {
    /// The number that the ring's next entry has when this own part belongs to its newest; 0 before the first.
    next: u64,
    own: OwnPart,
    /// The own channel, whole; and how often it changed.
    own_channel: Vec<u8>,
    own_version: u32,
    close: Option<Refusal>,
}

/// An own part and, if it is news, the own channel.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) own: OwnPart,
    pub(super) own_channel: Option<Vec<u8>>,
}

impl Slot {
    /// A slot of a client that has nothing yet: it wants a keyframe.
    pub(super) fn new() -> Slot {
        let slot = Slot::default();
        slot.want_keyframe(true);
        slot
    }

    /// The tick's end: leaves the newest own part, before entry `next - 1` is pushed.
    pub(super) fn leave(&self, next: u64, own: OwnPart, own_channel: &[u8]) {
        let mut state = self.state.lock();
        let first = state.next == 0;
        if state.own_channel != own_channel {
            state.own_channel.clear();
            state.own_channel.extend_from_slice(own_channel);
            state.own_version = state.own_version.wrapping_add(1);
        }
        let mut events = std::mem::take(&mut state.own.events);
        events.extend_from_slice(&own.events);
        if events.len() > OWN_EVENT_BYTES {
            state.close.get_or_insert(CloseReason::TooSlow.into());
            events.clear();
        }
        // A slack that nobody took stays if it is the worse one; `NO_SLACK` is better than any.
        let untaken = if first {
            NO_SLACK
        } else {
            state.own.slack_ticks
        };
        let slack_ticks = own.slack_ticks.min(untaken);
        state.own = OwnPart {
            events,
            slack_ticks,
            ..own
        };
        state.next = next;
    }

    /// Takes what was left for the snapshot before entry `next`: none while the ring and the slot are not of one tick.
    /// The own channel comes along when it is not version `own_sent`, which is brought up to date.
    ///
    /// # Errors
    /// The room ends this connection.
    pub(super) fn take(
        &self,
        next: u64,
        own_sent: &mut Option<u32>,
    ) -> Result<Option<Taken>, Refusal> {
        let mut state = self.state.lock();
        if let Some(refusal) = &state.close {
            return Err(refusal.clone());
        }
        if state.next != next {
            return Ok(None);
        }
        let news = own_sent.replace(state.own_version) != Some(state.own_version);
        let own_channel = news.then(|| state.own_channel.clone());
        let events = std::mem::take(&mut state.own.events);
        let own = OwnPart {
            events,
            ..state.own.clone()
        };
        state.own.slack_ticks = NO_SLACK;
        Ok(Some(Taken { own, own_channel }))
    }

    /// Ends the client's connection.
    pub(super) fn close(&self, refusal: Refusal) {
        self.state.lock().close.get_or_insert(refusal);
        self.changed.notify_one();
    }

    /// Why the connection is to end, if it is.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.state.lock().close.clone()
    }

    /// Waits for a [`Slot::close`]. Cancel-safe; one that came before is not missed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The client can only go on from a keyframe, or (false) has one.
    pub(super) fn want_keyframe(&self, wanted: bool) {
        self.wants_keyframe.store(wanted, Ordering::Relaxed);
    }

    /// The next snapshot should come with a keyframe.
    pub(super) fn wants_keyframe(&self) -> bool {
        self.wants_keyframe.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_events_that_nobody_reads_end_the_connection_not_the_memory() {
        let slot = Slot::new();
        for tick in 0..100 {
            slot.leave(
                tick,
                OwnPart {
                    events: vec![0; 1000],
                    ..OwnPart::default()
                },
                &[],
            );
        }
        assert_eq!(
            slot.refusal().map(|refusal| refusal.reason),
            Some(CloseReason::TooSlow)
        );
        assert!(slot.state.lock().own.events.len() <= OWN_EVENT_BYTES);
    }

    #[test]
    fn of_slacks_that_nobody_took_the_worst_is_told() {
        let slot = Slot::new();
        for (tick, slack_ticks) in [(1, NO_SLACK), (2, 3), (3, -7), (4, NO_SLACK), (5, 2)] {
            slot.leave(
                tick,
                OwnPart {
                    slack_ticks,
                    ..OwnPart::default()
                },
                &[],
            );
        }
        let told = |next| {
            slot.take(next, &mut None)
                .unwrap()
                .map(|taken| taken.own.slack_ticks)
        };
        assert_eq!(told(5), Some(-7));
        slot.leave(
            6,
            OwnPart {
                slack_ticks: 4,
                ..OwnPart::default()
            },
            &[],
        );
        assert_eq!(told(6), Some(4), "and only once");
    }
}
