//! A room's channels by number: each has a dense slot, which tables are indexed by.
//!
//! In: channel ids, as they come up. Out: slots. Never more than the grid has cells and the game opens channels. Part of
//! the pure room.

use std::collections::BTreeMap;

use tickwire_shared::ids::ChannelId;

/// The slot of [`ChannelId::GLOBAL`].
pub(super) const GLOBAL_SLOT: u32 = 0;
/// The slot of what has none yet.
pub(super) const NO_SLOT: u32 = u32::MAX;

/// The channels that have come up so far.
#[derive(Debug)]
pub(super) struct Channels {
    /// By slot.
    ids: Vec<ChannelId>,
    slots: BTreeMap<ChannelId, u32>,
}

impl Default for Channels {
    fn default() -> Channels {
        Channels {
            ids: vec![ChannelId::GLOBAL],
            slots: BTreeMap::from([(ChannelId::GLOBAL, GLOBAL_SLOT)]),
        }
    }
}

impl Channels {
    /// The channel's slot, a new one if it has none.
    pub(super) fn slot(&mut self, channel: ChannelId) -> u32 {
        *self.slots.entry(channel).or_insert_with(|| {
            self.ids.push(channel);
            (self.ids.len() - 1) as u32
        })
    }

    /// The channel's slot.
    pub(super) fn find(&self, channel: ChannelId) -> Option<u32> {
        self.slots.get(&channel).copied()
    }

    /// Slots in use: all below this.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// Channels and their slots, by ascending channel.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ChannelId, usize)> + '_ {
        self.slots
            .iter()
            .map(|(channel, slot)| (*channel, *slot as usize))
    }
}
