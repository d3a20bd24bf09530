//! A room's channels: each gets a dense index, by which tables are indexed.
//!
//! In: channel ids, as they are first used. Out: their indexes. There are no more than the grid has cells and the game
//! names channels, and none is ever removed.

use tickwire_shared::ids::ChannelId;

use crate::limits::CHANNELS;

/// The index of [`ChannelId::GLOBAL`].
const GLOBAL: u32 = 0;
/// Stands for the index where there is none yet.
pub(crate) const NO_CHANNEL: u32 = u32::MAX;

/// The channels that have been used so far.
#[derive(Debug)]
pub(crate) struct Channels {
    /// By channel number, below [`CHANNELS`]: the index, or [`NO_CHANNEL`] for a channel that has not been used.
    indexes: Vec<u32>,
    /// Channels and their indexes, by ascending channel.
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
    /// The channel's index. Gives it a new one if it has none.
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

    /// The channel's index, if it has one.
    #[inline]
    pub(crate) fn find(&self, channel: ChannelId) -> Option<u32> {
        if let Some(index) = self.indexes.get(channel.0 as usize) {
            return (*index != NO_CHANNEL).then_some(*index);
        }
        self.find_known(channel)
    }

    /// For a channel beyond the table: one that has not been used, or a number that the game made up.
    #[cold]
    fn find_known(&self, channel: ChannelId) -> Option<u32> {
        let known = self.known.binary_search_by_key(&channel, |known| known.0);
        known.ok().map(|place| self.known[place].1)
    }

    /// How many channels have an index. All indexes are below this.
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
