//! Where an event waits for the next snapshot, encoded, by who hears of it.
//!
//! In: events for everybody and for those who see a channel, as the tick comes upon them. Out: their bytes, channel by
//! channel, once a snapshot. What is for one player alone waits with that player.

use std::collections::BTreeMap;

use serde::Serialize;
use tickwire_shared::codec;
use tickwire_shared::ids::ChannelId;

use crate::limits::EVENT_BYTES;

/// Events that wait, apart from those for one player alone.
#[derive(Debug, Default)]
pub(crate) struct Events {
    everybody: Vec<u8>,
    /// For those who see the channel.
    by_channel: BTreeMap<ChannelId, Vec<u8>>,
}

impl Events {
    /// An event for everybody ([`ChannelId::GLOBAL`]) or for those who see a channel.
    pub(crate) fn push<E: Serialize>(&mut self, channel: ChannelId, event: &E) {
        if channel == ChannelId::GLOBAL {
            push_event(&mut self.everybody, event);
        } else {
            push_event(self.by_channel.entry(channel).or_default(), event);
        }
    }

    /// A place among the events for everybody, to go back to.
    pub(crate) fn mark(&self) -> usize {
        self.everybody.len()
    }

    /// Forgets the events for everybody since `mark`.
    pub(crate) fn forget_since(&mut self, mark: usize) {
        self.everybody.truncate(mark);
    }

    /// Gives the waiting events to `take`, channel by channel. Their memory is kept for the next ones.
    pub(crate) fn drain(&mut self, mut take: impl FnMut(ChannelId, &[u8])) {
        for (channel, events) in &mut self.by_channel {
            if !events.is_empty() {
                take(*channel, events);
                events.clear();
            }
        }
        if !self.everybody.is_empty() {
            take(ChannelId::GLOBAL, &self.everybody);
            self.everybody.clear();
        }
    }
}

/// Appends an encoded event, whole or not at all.
pub(crate) fn push_event<E: Serialize>(out: &mut Vec<u8>, event: &E) {
    let before = out.len();
    if out.len() > EVENT_BYTES || codec::encode_into(event, out).is_err() {
        out.truncate(before);
        tracing::warn!(
            "an event was dropped: too many since the last snapshot, or it cannot be encoded"
        );
    }
}
