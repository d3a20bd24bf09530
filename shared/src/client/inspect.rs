//! What tests and tools see of a client beside its picture: the channels as it holds them.
//!
//! In: a channel. Out: its tables, quantised, to compare with the server's or to tamper with.

use super::core::Client;
use crate::ids::{ChannelId, Tick};
use crate::rules::Rules;
use crate::snapshot::ChannelState;

impl<R: Rules> Client<R> {
    /// The newest snapshot's tick, and a channel's tables as the client holds them, quantised. Tests compare them with the
    /// server's.
    pub fn heard(&self, channel: ChannelId) -> Option<(Tick, &ChannelState)> {
        let tick = self.newest_tick()?;
        Some((tick, self.session.as_ref()?.world.channel(channel)?))
    }

    /// The newest snapshot's tick. None before the first one.
    pub fn newest_tick(&self) -> Option<Tick> {
        let newest = self.session.as_ref()?.world.frames.newest()?;
        Some(Tick(newest.tick as u32))
    }

    /// The channels that this client sees, its own one included, ascending.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        self.session
            .iter()
            .flat_map(|session| session.world.channels())
    }

    /// A channel's tables as the client holds them, for tests to change: then they can see the desync found and healed.
    pub fn tamper(&mut self, channel: ChannelId) -> Option<&mut ChannelState> {
        self.session.as_mut()?.world.channel_mut(channel)
    }
}
