//! One snapshot of one stream, encoded: what the tick makes once and every client of that stream is sent.
//!
//! In: each channel's update and keyframe, from `encode`. Out: the same as bytes, by channel. A channel's name is
//! left out: it is written for each client, next to those that the client sees.

use std::ops::Range;

use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::snapshot::layout::{SectionKind, write_section};

/// One snapshot's sections, encoded with all but their channels' names.
#[derive(Debug, Default)]
pub struct Entry {
    tick: Tick,
    /// The channels in which something moves by itself, ascending: without a word of it, it goes on.
    moving: Vec<ChannelId>,
    bytes: Vec<u8>,
    /// Of the channels that have anything to say, ascending.
    sections: Vec<Sections>,
}

/// What one channel has to say in an [`Entry`].
#[derive(Clone, Debug)]
pub struct Sections {
    channel: ChannelId,
    /// For clients that have followed it so far: delta, check. The second begins with [`SAME_CHANNEL`].
    update: Range<u32>,
    /// The whole state, without a name. Empty when nobody asked for it.
    keyframe: Range<u32>,
}

/// The name of a section whose channel is that of the section before it.
pub const SAME_CHANNEL: u8 = 1;

impl Entry {
    /// The tick after which the world was as the entry says.
    #[inline]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Starts anew, with the memory of the last time.
    pub(crate) fn begin(&mut self, tick: Tick) {
        self.tick = tick;
        self.bytes.clear();
        self.sections.clear();
        self.moving.clear();
    }

    /// Something in this channel moves by itself; channels ascend.
    pub(crate) fn set_moving(&mut self, channel: ChannelId) {
        self.moving.push(channel);
    }

    /// Whether anything in a channel moves by itself. `from` is where the search starts and is moved on: ask in
    /// ascending order.
    #[inline]
    pub fn is_moving(&self, channel: ChannelId, from: &mut usize) -> bool {
        let rest = self.moving.get(*from..).unwrap_or_default();
        *from += rest.partition_point(|moving| *moving < channel);
        self.moving.get(*from) == Some(&channel)
    }

    /// Starts the sections of a channel; channels ascend.
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

    /// What a channel has to say. `from` is where the search starts and is moved on: ask in ascending order.
    #[inline]
    pub fn find(&self, channel: ChannelId, from: &mut usize) -> Option<&Sections> {
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

    #[inline]
    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.bytes
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// What a client that follows the channel needs: delta, check. The second begins with [`SAME_CHANNEL`], the first with
    /// no name at all.
    #[inline]
    pub fn update(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.update)
    }

    /// The channel's whole state, without a name; empty when nobody asked for it.
    #[inline]
    pub fn keyframe(&self, sections: &Sections) -> &[u8] {
        self.bytes(&sections.keyframe)
    }

    /// Bytes in all.
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes one channel's sections: updates, then the keyframe.
pub(crate) struct SectionsWriter<'a> {
    entry: &'a mut Entry,
    sections: Sections,
}

impl SectionsWriter<'_> {
    /// A section for clients that follow the channel. Nothing for an empty body.
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

    /// The channel's whole state. Comes last.
    pub(crate) fn keyframe(&mut self, body: &[u8]) {
        let bytes = &mut self.entry.bytes;
        let start = bytes.len() as u32;
        write_section(bytes, SectionKind::Keyframe, body);
        self.sections.keyframe = start..bytes.len() as u32;
    }

    /// Keeps them, if there are any.
    pub(crate) fn finish(self) {
        if !self.sections.update.is_empty() || !self.sections.keyframe.is_empty() {
            self.entry.sections.push(self.sections);
        }
    }
}
