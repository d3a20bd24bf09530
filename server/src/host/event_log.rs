//! The room's log of events. Its batches have the same numbers for all clients, on every stream.
//!
//! In: a batch of events for each snapshot in which something happened. Out: shared batches, to any number of cursors.
//! The lock is held for pointer copies only.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::RwLock;
use tickwire_room::{EventBatch, InterestSet};

use crate::limits::{EVENT_LOG_BATCHES, EVENT_LOG_BYTES};

/// The last batches of a room.
#[derive(Debug, Default)]
pub(super) struct EventLog(RwLock<Log>);

/// What a client sees from a batch of events on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interest {
    pub(super) from: u64,
    pub(super) channels: InterestSet,
}

/// Who is in the room: the state that a client goes on from by the events from `from` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roster {
    pub(super) from: u64,
    /// Encoded joins.
    pub(super) joins: Arc<Vec<u8>>,
}

/// Where in the room's log of events a snapshot is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EventSpan {
    /// The number that its batch has, if it has one.
    pub(super) from: u64,
    /// The number that the next snapshot's batch will have.
    pub(super) to: u64,
    /// The number after the newest batch before this one with events for those who see a channel.
    pub(super) channels_to: u64,
}

#[derive(Debug, Default)]
struct Log {
    /// The number of the oldest batch that is kept.
    first: u64,
    batches: VecDeque<Arc<EventBatch>>,
    /// Bytes of all batches.
    bytes: usize,
    /// The batch that was removed last, for its memory.
    spare: Option<Arc<EventBatch>>,
}

impl EventLog {
    /// Adds a batch. Removes the oldest ones beyond the bounds, but never the newest.
    pub(super) fn push(&self, batch: Arc<EventBatch>) {
        let mut log = self.0.write();
        log.bytes += batch.len_bytes();
        log.batches.push_back(batch);
        while log.batches.len() > EVENT_LOG_BATCHES
            || (log.bytes > EVENT_LOG_BYTES && log.batches.len() > 1)
        {
            log.spare = log.batches.pop_front();
            log.first += 1;
            log.bytes -= log.spare.as_ref().map_or(0, |gone| gone.len_bytes());
        }
    }

    /// Takes a batch that the log has removed, for its memory. Somebody may still read it. A new one if there is none.
    pub(super) fn spare(&self) -> Arc<EventBatch> {
        self.0.write().spare.take().unwrap_or_default()
    }

    /// The number that the next batch will have.
    pub(super) fn next(&self) -> u64 {
        let log = self.0.read();
        log.first + log.batches.len() as u64
    }

    /// Appends the batches from number `cursor` on to `out`, and gives the number of the first of them. If that is
    /// above `cursor`, the log has passed the cursor, and events are lost to it.
    pub(super) fn since(&self, cursor: u64, out: &mut Vec<Arc<EventBatch>>) -> u64 {
        let log = self.0.read();
        let skip = cursor.saturating_sub(log.first) as usize;
        let kept = log.batches.len();
        out.extend(log.batches.range(skip.min(kept)..).cloned());
        cursor.max(log.first)
    }
}
