//! A client's two ends of a room: the [`Port`] that its reader delivers to, the [`Feed`] that its writer takes from.
//!
//! In at the port: whole client messages; they are decoded and checked here, and only what is right reaches the room.
//! Out of the feed: whole snapshot messages, put together from the room's ring and the client's own slot.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, PlayerId};
use tickwire_shared::snapshot::layout::{SectionKind, write_group, write_header, write_section};
use tokio::sync::watch;

use super::inbox::ClientId;
use super::mailbox::RoomPort;
use super::ring::{Entry, Missed, Ring};
use super::slot::{Slot, Taken};
use crate::metrics::Metrics;

/// A client this many snapshots behind gets a keyframe, if that is smaller than what it missed.
const CATCH_UP_SNAPSHOTS: usize = 8;

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
    /// The version of the own channel that the client has.
    own_sent: Option<u32>,
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
            own_sent: None,
        }
    }

    /// Waits until there is something to assemble. Cancel-safe.
    ///
    /// # Errors
    /// The room ends this connection: close with this.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        loop {
            if let Some(refusal) = self.slot.refusal() {
                return Err(refusal);
            }
            tokio::select! {
                biased;
                () = self.slot.changed() => {}
                changed = self.head.changed() => {
                    // The room is gone; whoever closed it has said why, if anybody had the time.
                    let gone = |_| self.slot.refusal().unwrap_or(CloseReason::RoomClosed.into());
                    return changed.map_err(gone);
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
            self.slot.want_keyframe(true);
        }
        let mut start = None;
        if self.awaits_keyframe {
            start = missed
                .entries
                .iter()
                .rposition(|entry| !entry.keyframe().is_empty());
            if start.is_none() {
                return Ok(false);
            }
            // Who starts anew has no own channel either.
            self.own_sent = None;
        }
        // Else the tick has left a newer own part, and its entry comes in a moment: wait for both.
        let Some(taken) = self.slot.take(missed.next, &mut self.own_sent)? else {
            return Ok(false);
        };
        if start.is_some() {
            let reason = if std::mem::take(&mut self.fell_behind) {
                "behind"
            } else {
                "joined"
            };
            self.metrics.keyframe_sent(reason);
            self.awaits_keyframe = false;
            self.slot.want_keyframe(false);
        } else if missed.entries.len() > 1 {
            self.metrics.catch_up();
        }
        self.cursor = missed.next;
        write_message(out, &taken, &mut missed.entries, start);
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
    taken: &Taken,
    entries: &mut [Arc<Entry>],
    start: Option<usize>,
) {
    let Some(newest) = entries.last().map(|entry| entry.tick) else {
        return;
    };
    write_header(out, newest.0 as u16, &taken.own);
    let (skipped, entries) = entries.split_at(start.unwrap_or(0));
    for (place, entry) in entries.iter().enumerate() {
        let own_channel = taken
            .own_channel
            .as_deref()
            .filter(|_| place + 1 == entries.len());
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
    use tickwire_shared::snapshot::layout::OwnPart;

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
}
