//! One snapshot of one stream, encoded: the tick makes it once, and it is sent to every client of that stream.
//!
//! In: each channel's update and keyframe, from `encode`. Out: the same as bytes, by channel. The channels' names are
//! left out. They are written for each client, since a name depends on the channel before it in the message.

use std::ops::Range;

use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::snapshot::layout::{SectionKind, write_section};

/// One snapshot's sections, encoded without their channels' names.
#[derive(Debug, Default)]
pub struct Entry {
    tick: Tick,
    /// The channels in which something moves by itself, ascending. It goes on moving without an update.
    moving: Vec<ChannelId>,
    bytes: Vec<u8>,
    /// The sections of the channels that have any, ascending.
    sections: Vec<Sections>,
}

/// One channel's sections in an [`Entry`].
#[derive(Clone, Debug)]
pub struct Sections {
    channel: ChannelId,
    /// For clients that have followed the channel so far: delta (or the whole state, if the channel is new), check. The second begins with [`SAME_CHANNEL`].
    update: Range<u32>,
    /// The whole state, without a name. Empty if nobody asked for it.
    keyframe: Range<u32>,
}

/// Stands for the channel's name in a section of the same channel as the section before it.
pub const SAME_CHANNEL: u8 = 1;

impl Entry {
    /// The tick after which the world was as the entry says.
    #[inline]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Empties the entry for `tick`, and keeps its memory.
    pub(crate) fn begin(&mut self, tick: Tick) {
        self.tick = tick;
        self.bytes.clear();
        self.sections.clear();
        self.moving.clear();
    }

    /// Notes that something in this channel moves by itself. Call with ascending channels.
    pub(crate) fn set_moving(&mut self, channel: ChannelId) {
        self.moving.push(channel);
    }

    /// True if anything in a channel moves by itself. `from` says where the search starts, 0 at first, and is moved on:
    /// ask in ascending order.
    #[inline]
    pub fn is_moving(&self, channel: ChannelId, from: &mut usize) -> bool {
        let rest = self.moving.get(*from..).unwrap_or_default();
        *from += rest.partition_point(|moving| *moving < channel);
        self.moving.get(*from) == Some(&channel)
    }

    /// Starts the sections of a channel. Call with ascending channels.
    pub(crate) fn section(&mut self, channel: ChannelId) -> SectionsWriter<'_> {
        let start = self.bytes.len() as u32;
        SectionsWriter {
            entry: self,
            sections: Sections {
                channel,
                update: start..start,
                keyframe: start..start,
            },
        }
    }

    /// A channel's sections, if it has any. `from` says where the search starts, 0 at first, and is moved on: ask in
    /// ascending order.
    #[inline]
    pub fn find(&self, channel: ChannelId, from: &mut usize) -> Option<&Sections> {
        let rest = self.sections.get(*from..)?;
        // The next one is often the right one: clients see neighbouring cells, and something happens in most of them.
        let skip = match rest.first() {
            Some(first) if first.channel >= channel => 0,
            _ => rest.partition_point(|sections| sections.channel < channel),
        };
        *from += skip;
        rest.get(skip)
            .filter(|sections| sections.channel == channel)
    }

    #[inline]
    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// What a client that follows the channel needs: delta or whole state, check. The first has no name; the second begins with
    /// [`SAME_CHANNEL`]. Empty if nothing happened.
    #[inline]
    pub fn update(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.update)
    }

    /// The channel's whole state, without a name. Empty if nobody asked for it.
    #[inline]
    pub fn keyframe(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.keyframe)
    }

    /// Bytes of all updates and keyframes.
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes one channel's sections: the updates, then the keyframe.
pub(crate) struct SectionsWriter<'a> {
    entry: &'a mut Entry,
    sections: Sections,
}

impl SectionsWriter<'_> {
    /// Writes a section for clients that follow the channel. Does nothing if the body is empty.
    pub(crate) fn update(&mut self, kind: SectionKind, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let bytes = &mut self.entry.bytes;
        if !self.sections.update.is_empty() {
            bytes.push(SAME_CHANNEL);
        }
        write_section(bytes, kind, body);
        self.sections.update.end = bytes.len() as u32;
    }

    /// Writes the channel's whole state. Call this last.
    pub(crate) fn keyframe(&mut self, body: &[u8]) {
        let bytes = &mut self.entry.bytes;
        let start = bytes.len() as u32;
        write_section(bytes, SectionKind::Keyframe, body);
        self.sections.keyframe = start..bytes.len() as u32;
    }

    /// Adds the sections to the entry, if there are any.
    pub(crate) fn finish(self) {
        if !self.sections.update.is_empty() || !self.sections.keyframe.is_empty() {
            self.entry.sections.push(self.sections);
        }
    }
}
