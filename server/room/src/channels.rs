//! A room's channels by number: each has a dense index, which tables of channels go by.
//!
//! In: channel ids, as they come up. Out: their indexes. Never more than the grid has cells and the game opens channels.

use tickwire_shared::ids::ChannelId;

use crate::limits::CHANNELS;

/// The index of [`ChannelId::GLOBAL`].
const GLOBAL: u32 = 0;
/// The index of what has none yet.
pub(crate) const NO_CHANNEL: u32 = u32::MAX;

/// The channels that have come up so far.
#[derive(Debug)]
pub(crate) struct Channels {
    /// By channel number, up to [`CHANNELS`]; [`NO_CHANNEL`] for those that have not come up.
    indexes: Vec<u32>,
    /// Channels and their indexes, ascending by channel.
    known: Vec<(ChannelId, u32)>,
}

impl Default for Channels {
    fn default() -> Channels {
        let mut channels = Channels {
            indexes: Vec::new(),
            known: Vec::new(),
        };
        let global = channels.index(ChannelId::GLOBAL);
        debug_assert_eq!(global, GLOBAL);
        channels
    }
}

impl Channels {
    /// The channel's index, a new one if it has none.
    #[inline]
    pub(crate) fn index(&mut self, channel: ChannelId) -> u32 {
        match self.find(channel) {
            Some(index) => index,
            None => self.add(channel),
        }
    }

    #[cold]
    fn add(&mut self, channel: ChannelId) -> u32 {
        let index = self.known.len() as u32;
        if channel.0 < CHANNELS {
            let number = channel.0 as usize;
            let count = self.indexes.len().max(number + 1);
            self.indexes.resize(count, NO_CHANNEL);
            self.indexes[number] = index;
        }
        let place = self.known.partition_point(|known| known.0 < channel);
        self.known.insert(place, (channel, index));
        index
    }

    /// The channel's index.
    #[inline]
    pub(crate) fn find(&self, channel: ChannelId) -> Option<u32> {
        if let Some(index) = self.indexes.get(channel.0 as usize) {
            return (*index != NO_CHANNEL).then_some(*index);
        }
        self.find_known(channel)
    }

    /// One that has not come up, or that no room has opened: a game may name any number.
    #[cold]
    fn find_known(&self, channel: ChannelId) -> Option<u32> {
        let known = self.known.binary_search_by_key(&channel, |known| known.0);
        known.ok().map(|place| self.known[place].1)
    }

    /// Indexes in use: all below this.
    pub(crate) fn count(&self) -> usize {
        self.known.len()
    }

    /// Channels and their indexes, by ascending channel.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ChannelId, usize)> + '_ {
        self.known
            .iter()
            .map(|(channel, index)| (*channel, *index as usize))
    }
}
