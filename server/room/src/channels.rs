//! A room's channels: each gets a dense index, by which tables are indexed.
//!
//! In: channel ids, as they come into use; which of them are needed no longer. Out: their indexes. The indexes have no
//! gaps: when channels are forgotten, the others move up.

use tickwire_shared::ids::ChannelId;

use crate::limits::CHANNELS;

/// The index of [`ChannelId::GLOBAL`].
const GLOBAL: u32 = 0;
/// Stands for the index where there is none yet.
pub(crate) const NO_CHANNEL: u32 = u32::MAX;

/// The channels that are in use.
#[derive(Debug)]
pub(crate) struct Channels {
    /// By channel number, below [`CHANNELS`]: the index, or [`NO_CHANNEL`] for a channel that is not in use.
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

    /// For a channel beyond the table: one that is not in use, or a number that the game made up.
    #[cold]
    fn find_known(&self, channel: ChannelId) -> Option<u32> {
        let known = self.known.binary_search_by_key(&channel, |known| known.0);
        known.ok().map(|place| self.known[place].1)
    }

    /// Forgets the channels that are not `needed`, which is by index, and numbers the others anew in the same order.
    /// `moved` then has the new index of each old one, or [`NO_CHANNEL`]. [`ChannelId::GLOBAL`] must be needed.
    pub(crate) fn keep(&mut self, needed: &[bool], moved: &mut Vec<u32>) {
        moved.clear();
        let mut next = 0;
        moved.extend(needed.iter().map(|needed| {
            let index = if *needed { next } else { NO_CHANNEL };
            next += u32::from(*needed);
            index
        }));
        let indexes = &mut self.indexes;
        self.known.retain_mut(|(channel, index)| {
            *index = moved[*index as usize];
            if let Some(known) = indexes.get_mut(channel.0 as usize) {
                *known = *index;
            }
            *index != NO_CHANNEL
        });
        debug_assert_eq!(self.find(ChannelId::GLOBAL), Some(GLOBAL));
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
