//! A room's channels by number: each has a dense slot, which tables are indexed by.
//!
//! In: channel ids, as they come up. Out: slots. Never more than the grid has cells and the game opens channels. Part of
//! the pure room.

use tickwire_shared::ids::ChannelId;

use super::interest::CHANNELS;

/// The slot of [`ChannelId::GLOBAL`].
pub(super) const GLOBAL_SLOT: u32 = 0;
/// The slot of what has none yet.
pub(super) const NO_SLOT: u32 = u32::MAX;

/// The channels that have come up so far.
#[derive(Debug)]
pub(super) struct Channels {
    /// By channel number, up to [`CHANNELS`]; [`NO_SLOT`] for those that have not come up.
    slots: Vec<u32>,
    /// Channels and their slots, ascending by channel.
    known: Vec<(ChannelId, u32)>,
}

impl Default for Channels {
    fn default() -> Channels {
        let mut channels = Channels {
            slots: Vec::new(),
            known: Vec::new(),
        };
        let global = channels.slot(ChannelId::GLOBAL);
        debug_assert_eq!(global, GLOBAL_SLOT);
        channels
    }
}

impl Channels {
    /// The channel's slot, a new one if it has none.
    #[inline]
    pub(super) fn slot(&mut self, channel: ChannelId) -> u32 {
        match self.find(channel) {
            Some(slot) => slot,
            None => self.add(channel),
        }
    }

    #[cold]
    fn add(&mut self, channel: ChannelId) -> u32 {
        let slot = self.known.len() as u32;
        if channel.0 < CHANNELS {
            let number = channel.0 as usize;
            let slots = self.slots.len().max(number + 1);
            self.slots.resize(slots, NO_SLOT);
            self.slots[number] = slot;
        }
        let place = self.known.partition_point(|known| known.0 < channel);
        self.known.insert(place, (channel, slot));
        slot
    }

    /// The channel's slot.
    #[inline]
    pub(super) fn find(&self, channel: ChannelId) -> Option<u32> {
        if let Some(slot) = self.slots.get(channel.0 as usize) {
            return (*slot != NO_SLOT).then_some(*slot);
        }
        self.find_known(channel)
    }

    /// One that has not come up, or that no room has opened: a game may name any number.
    #[cold]
    fn find_known(&self, channel: ChannelId) -> Option<u32> {
        let known = self.known.binary_search_by_key(&channel, |known| known.0);
        known.ok().map(|place| self.known[place].1)
    }

    /// Slots in use: all below this.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    /// Channels and their slots, by ascending channel.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ChannelId, usize)> + '_ {
        self.known
            .iter()
            .map(|(channel, slot)| (*channel, *slot as usize))
    }
}
