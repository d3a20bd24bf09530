//! The room's last snapshots, encoded, for every client to read at its own pace.
//!
//! In: one [`Entry`] per snapshot, from the tick. Out: shared entries, to any number of cursors. A client that falls
//! behind costs nothing here: its cursor lags. The lock is held for pointer copies only.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLock;
use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::snapshot::layout::{SectionKind, write_section};

use super::core::Snapshot;

/// Snapshots kept: 6 s at 30 a second, a second more than a stalled write may last.
const ENTRIES: usize = 192;

/// One snapshot's sections, encoded with their headers.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) tick: Tick,
    bytes: Vec<u8>,
    delta: Range<usize>,
    keyframe: Range<usize>,
    events: Range<usize>,
}

impl Entry {
    pub(super) fn new(snapshot: &Snapshot) -> Entry {
        let mut bytes = Vec::with_capacity(
            snapshot.delta.len() + snapshot.keyframe.len() + snapshot.events.len() + 32,
        );
        let mut section = |kind, body: &[u8]| {
            let start = bytes.len();
            if !body.is_empty() {
                write_section(&mut bytes, ChannelId::GLOBAL, kind, body);
            }
            start..bytes.len()
        };
        let delta = section(SectionKind::Delta, snapshot.delta);
        let keyframe = section(SectionKind::Keyframe, snapshot.keyframe);
        let events = section(SectionKind::Events, snapshot.events);
        Entry {
            tick: snapshot.tick,
            bytes,
            delta,
            keyframe,
            events,
        }
    }

    /// The channel's change; empty when it only coasts.
    pub(super) fn delta(&self) -> &[u8] {
        self.bytes.get(self.delta.clone()).unwrap_or_default()
    }

    /// The channel's whole state; empty when nobody asked for it.
    pub(super) fn keyframe(&self) -> &[u8] {
        self.bytes.get(self.keyframe.clone()).unwrap_or_default()
    }

    /// The channel's events.
    pub(super) fn events(&self) -> &[u8] {
        self.bytes.get(self.events.clone()).unwrap_or_default()
    }
}

/// The ring.
#[derive(Debug, Default)]
pub(super) struct Ring(RwLock<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// The number of the oldest entry kept.
    first: u64,
    entries: VecDeque<Arc<Entry>>,
    /// Bytes of the last keyframe that was made: an estimate of the next one.
    keyframe_bytes: usize,
}

/// What a cursor finds.
#[derive(Debug)]
pub(super) struct Missed {
    /// Entries from the cursor (or the oldest kept) to the newest.
    pub(super) entries: Vec<Arc<Entry>>,
    /// The number that the next entry will have.
    pub(super) next: u64,
    /// The ring has passed the cursor: changes are lost to it.
    pub(super) passed: bool,
    /// About how large a keyframe is, bytes.
    pub(super) keyframe_bytes: usize,
}

impl Ring {
    /// Adds an entry and returns the number that the next one will have.
    pub(super) fn push(&self, entry: Entry) -> u64 {
        let entry = Arc::new(entry);
        let mut ring = self.0.write();
        if !entry.keyframe.is_empty() {
            ring.keyframe_bytes = entry.keyframe.len();
        }
        // The oldest is freed after the lock.
        let _old = if ring.entries.len() == ENTRIES {
            ring.first += 1;
            ring.entries.pop_front()
        } else {
            None
        };
        ring.entries.push_back(entry);
        ring.first + ring.entries.len() as u64
    }

    /// Everything from entry number `cursor` on.
    pub(super) fn since(&self, cursor: u64) -> Missed {
        let ring = self.0.read();
        let skip = cursor.saturating_sub(ring.first) as usize;
        Missed {
            entries: ring.entries.iter().skip(skip).cloned().collect(),
            next: ring.first + ring.entries.len() as u64,
            passed: cursor < ring.first,
            keyframe_bytes: ring.keyframe_bytes,
        }
    }
}
