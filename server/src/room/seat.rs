//! A client's two ends of a room: the [`Port`] that its reader delivers to, the [`Feed`] that its writer takes from.
//!
//! In at the port: whole client messages; they are decoded and checked here, and only what is right reaches the room.
//! Out of the feed: whole snapshot messages, put together from the room's ring and the client's own slot. The slot
//! holds only the newest own part, so a client that does not read costs no more than one that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, PlayerId};
use tickwire_shared::snapshot::layout::{
    NO_SLACK, OwnPart, SectionKind, write_group, write_header, write_section,
};
use tokio::sync::{Notify, watch};

use super::inbox::ClientId;
use super::mailbox::RoomPort;
use super::ring::{Entry, Missed, Ring};
use crate::metrics::Metrics;

/// A client this many snapshots behind gets a keyframe, if that is smaller than what it missed.
const CATCH_UP_SNAPSHOTS: usize = 8;
/// Own events that may wait for a client that does not read, bytes; beyond it the client is too slow.
const OWN_EVENT_BYTES: usize = 64 << 10;

/// A client's place in a room, as the net layer gets it.
pub struct Seat {
    /// The welcome, a whole message: to be sent first.
    pub welcome: Vec<u8>,
    /// Messages per second that the room's tick rate justifies are counted from this, Hz.
    pub tick_rate_hz: u32,
    /// The writer's end.
    pub feed: Feed,
    /// The reader's end.
    pub port: Port,
}

/// What the tick last left for one client.
#[derive(Debug, Default)]
pub(super) struct Slot {
    state: Mutex<SlotState>,
    wants_keyframe: AtomicBool,
    changed: Notify,
}

#[derive(Debug, Default)]
struct SlotState {
    /// The number that the ring's next entry has when this own part belongs to its newest.
    next: u64,
    own: OwnPart,
    /// The own channel, whole; and how often it changed.
    own_channel: Vec<u8>,
    own_version: u32,
    close: Option<Refusal>,
}

impl Slot {
    pub(super) fn new() -> Slot {
        let slot = Slot::default();
        slot.wants_keyframe.store(true, Ordering::Relaxed);
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
        let slack_ticks = own.slack_ticks.min(if first {
            NO_SLACK
        } else {
            state.own.slack_ticks
        });
        state.own = OwnPart {
            events,
            slack_ticks,
            ..own
        };
        state.next = next;
    }

    pub(super) fn close(&self, refusal: Refusal) {
        self.state.lock().close.get_or_insert(refusal);
        self.changed.notify_one();
    }

    pub(super) fn wants_keyframe(&self) -> bool {
        self.wants_keyframe.load(Ordering::Relaxed)
    }
}

/// The writer's end of a seat.
pub struct Feed {
    ring: Arc<Ring>,
    slot: Arc<Slot>,
    head: watch::Receiver<u64>,
    metrics: Arc<Metrics>,
    cursor: u64,
    awaits_keyframe: bool,
    /// The keyframe is awaited because this client was too slow for deltas.
    fell_behind: bool,
    own_sent: u32,
}

impl Feed {
    pub(super) fn new(
        ring: Arc<Ring>,
        slot: Arc<Slot>,
        head: watch::Receiver<u64>,
        metrics: Arc<Metrics>,
    ) -> Feed {
        let cursor = *head.borrow();
        Feed {
            ring,
            slot,
            head,
            metrics,
            cursor,
            awaits_keyframe: true,
            fell_behind: false,
            own_sent: 0,
        }
    }

    /// Waits until there is something to assemble. Cancel-safe.
    ///
    /// # Errors
    /// The room ends this connection: close with this.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        loop {
            if let Some(refusal) = self.slot.state.lock().close.clone() {
                return Err(refusal);
            }
            tokio::select! {
                biased;
                () = self.slot.changed.notified() => {}
                changed = self.head.changed() => {
                    return match changed {
                        Ok(()) => Ok(()),
                        // The room is gone; whoever closed it has said why, if anybody had the time.
                        Err(_) => Err(self.slot.state.lock().close.clone().unwrap_or(CloseReason::RoomClosed.into())),
                    };
                }
            }
        }
    }

    /// Appends one whole snapshot message with all that this client has not had. False: nothing to say now.
    ///
    /// # Errors
    /// The room ends this connection: close with this.
    pub fn assemble(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        let mut missed = self.ring.since(self.cursor);
        if missed.entries.is_empty() {
            return Ok(false);
        }
        if self.wants_keyframe(&missed) {
            (self.awaits_keyframe, self.fell_behind) = (true, true);
            self.slot.wants_keyframe.store(true, Ordering::Relaxed);
        }
        let start = match self.awaits_keyframe {
            true => match missed
                .entries
                .iter()
                .rposition(|entry| !entry.keyframe().is_empty())
            {
                Some(start) => Some(start),
                None => return Ok(false),
            },
            false => None,
        };
        let (own, own_channel) = {
            let mut state = self.slot.state.lock();
            if let Some(refusal) = state.close.clone() {
                return Err(refusal);
            }
            // The tick has left a newer own part, and its entry comes in a moment: wait for both.
            if state.next != missed.next {
                return Ok(false);
            }
            let own_channel = (state.own_version != self.own_sent || start.is_some()).then(|| {
                self.own_sent = state.own_version;
                state.own_channel.clone()
            });
            let events = std::mem::take(&mut state.own.events);
            let slack_ticks = std::mem::replace(&mut state.own.slack_ticks, NO_SLACK);
            (
                OwnPart {
                    events,
                    slack_ticks,
                    ..state.own.clone()
                },
                own_channel,
            )
        };
        if start.is_some() {
            let reason = if std::mem::take(&mut self.fell_behind) {
                "behind"
            } else {
                "joined"
            };
            self.metrics.keyframe_sent(reason);
            self.awaits_keyframe = false;
            self.slot.wants_keyframe.store(false, Ordering::Relaxed);
        } else if missed.entries.len() > 1 {
            self.metrics.catch_up();
        }
        self.cursor = missed.next;
        write_message(
            out,
            &own,
            own_channel.as_deref(),
            &mut missed.entries,
            start,
        );
        Ok(true)
    }

    /// Too far behind: the ring has passed the cursor, or the state is smaller than its changes.
    fn wants_keyframe(&self, missed: &Missed) -> bool {
        let changes = || {
            missed
                .entries
                .iter()
                .map(|entry| entry.delta().len())
                .sum::<usize>()
        };
        missed.passed
            || (missed.entries.len() > CATCH_UP_SNAPSHOTS
                && missed.keyframe_bytes > 0
                && changes() > missed.keyframe_bytes)
    }
}

/// `start`: the entry whose keyframe begins the message; only events are taken from the entries before it.
fn write_message(
    out: &mut Vec<u8>,
    own: &OwnPart,
    own_channel: Option<&[u8]>,
    entries: &mut [Arc<Entry>],
    start: Option<usize>,
) {
    let Some(newest) = entries.last().map(|entry| entry.tick) else {
        return;
    };
    write_header(out, newest.0 as u16, own);
    let (skipped, entries) = entries.split_at(start.unwrap_or(0));
    for (place, entry) in entries.iter().enumerate() {
        let own_channel = own_channel.filter(|_| place + 1 == entries.len());
        let first = place == 0;
        let state = if first && start.is_some() {
            entry.keyframe()
        } else {
            entry.delta()
        };
        let skipped = if first { skipped } else { &[] };
        let events = skipped
            .iter()
            .chain([entry])
            .map(|entry| entry.events())
            .filter(|events| !events.is_empty());
        let sections = u32::from(!state.is_empty())
            + events.clone().count() as u32
            + u32::from(own_channel.is_some());
        write_group(out, newest.since(entry.tick).max(0) as u32, sections);
        out.extend_from_slice(state);
        for events in events {
            out.extend_from_slice(events);
        }
        if let Some(own_channel) = own_channel {
            let kind = if own_channel.is_empty() {
                SectionKind::Leave
            } else {
                SectionKind::Keyframe
            };
            write_section(out, ChannelId::OWN, kind, own_channel);
        }
    }
}

/// What became of a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The room has it.
    Taken,
    /// Send this whole message back.
    Reply(Vec<u8>),
    /// The client leaves: close with [`CloseReason::Left`].
    Goodbye,
}

/// The reader's end of a seat. Dropping it tells the room that the connection is lost.
pub struct Port {
    room: Arc<dyn RoomPort>,
    player: PlayerId,
    client: ClientId,
    last_sequence: Mutex<u32>,
}

impl Port {
    pub(super) fn new(room: Arc<dyn RoomPort>, player: PlayerId, client: ClientId) -> Port {
        Port {
            room,
            player,
            client,
            last_sequence: Mutex::new(0),
        }
    }

    /// One whole client message after the hello. Never waits.
    ///
    /// # Errors
    /// The client broke a rule: close with this.
    pub fn deliver(&self, message: &[u8]) -> Result<Delivery, CloseReason> {
        self.deliver_at(Instant::now(), message)
    }

    /// The same, at a time of the caller's: how tests and benches play in virtual time.
    ///
    /// # Errors
    /// The client broke a rule: close with this.
    pub fn deliver_at(&self, now: Instant, message: &[u8]) -> Result<Delivery, CloseReason> {
        self.room.deliver(
            self.player,
            self.client,
            &mut self.last_sequence.lock(),
            (now, message),
        )
    }

    /// The seat.
    pub fn player(&self) -> PlayerId {
        self.player
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.room.lost(self.player, self.client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::core::Snapshot;
    use tickwire_shared::ids::Tick;

    fn entry(tick: u32, keyframe: &[u8]) -> Entry {
        Entry::new(&Snapshot {
            tick: Tick(tick),
            delta: &[],
            keyframe,
            events: &[],
        })
    }

    #[test]
    fn a_cursor_that_the_ring_has_passed_waits_for_a_keyframe_even_where_nothing_seemed_to_change()
    {
        let (ring, slot, head) = (
            Arc::new(Ring::default()),
            Arc::new(Slot::new()),
            watch::Sender::new(0),
        );
        let mut feed = Feed::new(ring.clone(), slot.clone(), head.subscribe(), Arc::default());
        let push = |tick: u32, keyframe: &[u8]| {
            slot.leave(u64::from(tick) + 1, OwnPart::default(), &[]);
            ring.push(entry(tick, keyframe));
        };
        push(0, &[1]);
        let mut message = Vec::new();
        assert!(feed.assemble(&mut message).unwrap() && !slot.wants_keyframe());
        (1..1000).for_each(|tick| push(tick, &[]));
        assert!(
            !feed.assemble(&mut message).unwrap(),
            "what it missed is gone"
        );
        assert!(slot.wants_keyframe());
        push(1000, &[1]);
        assert!(feed.assemble(&mut message).unwrap() && !slot.wants_keyframe());
    }

    #[test]
    fn an_own_part_waits_for_the_entry_of_its_tick() {
        let (ring, slot, head) = (
            Arc::new(Ring::default()),
            Arc::new(Slot::new()),
            watch::Sender::new(0),
        );
        let mut feed = Feed::new(ring.clone(), slot.clone(), head.subscribe(), Arc::default());
        let (mut message, own) = (
            Vec::new(),
            OwnPart {
                events: vec![7],
                ..OwnPart::default()
            },
        );
        slot.leave(1, OwnPart::default(), &[]);
        ring.push(entry(0, &[1]));
        assert!(feed.assemble(&mut message).unwrap());
        ring.push(entry(1, &[]));
        assert!(
            !feed.assemble(&mut message).unwrap(),
            "its own part is still that of the tick before"
        );
        slot.leave(2, own.clone(), &[]);
        slot.leave(3, OwnPart::default(), &[]);
        assert!(
            !feed.assemble(&mut message).unwrap(),
            "its own part is already that of the next tick"
        );
        ring.push(entry(2, &[]));
        message.clear();
        assert!(feed.assemble(&mut message).unwrap());
        let parsed = tickwire_shared::snapshot::layout::SnapshotMessage::parse(&message).unwrap();
        assert_eq!(
            parsed.events, own.events,
            "and nothing of it was lost meanwhile"
        );
    }

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
        let state = slot.state.lock();
        assert_eq!(
            state.close.as_ref().map(|refusal| refusal.reason),
            Some(CloseReason::TooSlow)
        );
        assert!(state.own.events.len() <= OWN_EVENT_BYTES);
    }
}
