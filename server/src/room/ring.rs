//! The room's last snapshots, encoded, for every client to read at its own pace: one ring per rate.
//!
//! In: one [`Entry`] per snapshot, from the tick. Out: shared entries, to any number of cursors. A client that falls
//! behind costs nothing here: its cursor lags. The lock is held for pointer copies only.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLock;
use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::snapshot::layout::{SectionKind, write_section};

use super::pump::Pumps;
use super::stream::STRIDES;

/// Snapshots kept: 6 s at 30 a second, a second more than a stalled write may last.
const ENTRIES: usize = 192;

/// One snapshot's sections, encoded with all but their channels' names: that is written for each client.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) tick: Tick,
    /// The channels in which something moves by itself, ascending: without a word of it, it goes on.
    moving: Vec<ChannelId>,
    bytes: Vec<u8>,
    /// Of the channels that have anything to say, ascending.
    sections: Vec<Sections>,
}

/// What one channel has to say.
#[derive(Clone, Debug)]
pub(super) struct Sections {
    pub(super) channel: ChannelId,
    /// For who has followed it so far: delta, events, check, of which each but the first begins with the name "same
    /// channel again".
    update: Range<u32>,
    /// Of those, the events, without a name.
    events: Range<u32>,
    /// The whole state, without a name. Empty when nobody asked for it.
    keyframe: Range<u32>,
}

/// The name of a section whose channel is that of the section before it.
pub(super) const SAME_CHANNEL: u8 = 1;

impl Entry {
    /// Starts anew, with the memory of the last time.
    pub(super) fn begin(&mut self, tick: Tick) {
        self.tick = tick;
        self.bytes.clear();
        self.sections.clear();
        self.moving.clear();
    }

    /// Something in this channel moves by itself; channels ascend.
    pub(super) fn set_moving(&mut self, channel: ChannelId) {
        self.moving.push(channel);
    }

    /// Whether anything in a channel does. `from` is where the search starts and is moved on: ask in ascending order.
    pub(super) fn is_moving(&self, channel: ChannelId, from: &mut usize) -> bool {
        let rest = self.moving.get(*from..).unwrap_or_default();
        *from += rest.partition_point(|moving| *moving < channel);
        self.moving.get(*from) == Some(&channel)
    }

    /// Starts the sections of a channel; channels ascend.
    pub(super) fn section(&mut self, channel: ChannelId) -> SectionsWriter<'_> {
        let start = self.bytes.len() as u32;
        SectionsWriter {
            entry: self,
            sections: Sections {
                channel,
                update: start..start,
                events: start..start,
                keyframe: start..start,
            },
        }
    }

    /// What a channel has to say. `from` is where the search starts and is moved on: ask in ascending order.
    #[inline]
    pub(super) fn find(&self, channel: ChannelId, from: &mut usize) -> Option<&Sections> {
        let rest = self.sections.get(*from..)?;
        // The next one is often the one: clients see neighbouring cells, in which there is something going on.
        let skip = match rest.first() {
            Some(first) if first.channel >= channel => 0,
            _ => rest.partition_point(|sections| sections.channel < channel),
        };
        *from += skip;
        rest.get(skip)
            .filter(|sections| sections.channel == channel)
    }

    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// See [`Sections::update`].
    #[inline]
    pub(super) fn update(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.update)
    }

    /// See [`Sections::events`].
    pub(super) fn events(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.events)
    }

    /// See [`Sections::keyframe`].
    pub(super) fn keyframe(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.keyframe)
    }

    /// Bytes in all.
    pub(super) fn len_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes one channel's sections: updates, then the keyframe.
pub(super) struct SectionsWriter<'a> {
    entry: &'a mut Entry,
    sections: Sections,
}

impl SectionsWriter<'_> {
    /// A section for who follows the channel. Nothing for an empty body.
    pub(super) fn update(&mut self, kind: SectionKind, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let bytes = &mut self.entry.bytes;
        if !self.sections.update.is_empty() {
            bytes.push(SAME_CHANNEL);
        }
        let start = bytes.len() as u32;
        write_section(bytes, kind, body);
        let end = bytes.len() as u32;
        self.sections.update.end = end;
        if kind == SectionKind::Events {
            self.sections.events = start..end;
        }
    }

    /// The channel's events.
    pub(super) fn events(&mut self, body: &[u8]) {
        self.update(SectionKind::Events, body);
    }

    /// The channel's whole state. Comes last.
    pub(super) fn keyframe(&mut self, body: &[u8]) {
        let bytes = &mut self.entry.bytes;
        let start = bytes.len() as u32;
        write_section(bytes, SectionKind::Keyframe, body);
        self.sections.keyframe = start..bytes.len() as u32;
    }

    /// Keeps them, if there are any.
    pub(super) fn finish(self) {
        if !self.sections.update.is_empty() || !self.sections.keyframe.is_empty() {
            self.entry.sections.push(self.sections);
        }
    }
}

/// The rings of one room, by stream, and who carries them to its clients.
#[derive(Debug, Default)]
pub(super) struct Rings {
    rings: [Ring; STRIDES.len()],
    pumps: Pumps,
}

impl Rings {
    pub(super) fn ring(&self, stream: usize) -> &Ring {
        &self.rings[stream.min(STRIDES.len() - 1)]
    }

    /// Adds an entry to a stream.
    pub(super) fn push(&self, stream: usize, entry: Arc<Entry>) {
        self.ring(stream).push(entry);
    }

    /// Who carries the entries to clients: to be started when all are pushed.
    pub(super) fn pumps(&self) -> &Pumps {
        &self.pumps
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
    /// The entry that went last, for its memory.
    spare: Option<Arc<Entry>>,
}

/// What a cursor finds beside the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The number that the next entry will have.
    pub(super) next: u64,
    /// The ring has passed the cursor: changes are lost to it.
    pub(super) passed: bool,
}

impl Ring {
    /// Adds an entry.
    fn push(&self, entry: Arc<Entry>) {
        let mut ring = self.0.write();
        if ring.entries.len() == ENTRIES {
            ring.first += 1;
            ring.spare = ring.entries.pop_front();
        }
        ring.entries.push_back(entry);
    }

    /// The number that the next entry will have.
    pub(super) fn next(&self) -> u64 {
        let ring = self.0.read();
        ring.first + ring.entries.len() as u64
    }

    /// An entry that the ring has let go, for its memory. Somebody may still read it.
    pub(super) fn spare(&self) -> Arc<Entry> {
        self.0.write().spare.take().unwrap_or_default()
    }

    /// Appends everything from entry number `cursor` on to `out`.
    pub(super) fn since(&self, cursor: u64, out: &mut Vec<Arc<Entry>>) -> Found {
        let ring = self.0.read();
        let skip = cursor.saturating_sub(ring.first) as usize;
        let kept = ring.entries.len();
        out.extend(ring.entries.range(skip.min(kept)..).cloned());
        Found {
            next: ring.first + kept as u64,
            passed: cursor < ring.first,
        }
    }
}
