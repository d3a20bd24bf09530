//! What tests and tools see of a client beside its picture: what it was told, channel by channel.
//!
//! In: a channel. Out: its tables as last heard, quantised, to compare with the server's or to tamper with.

use super::core::Client;
use crate::ids::{ChannelId, Tick};
use crate::rules::Rules;
use crate::snapshot::ChannelState;

impl<R: Rules> Client<R> {
    /// The newest snapshot's tick and a channel's tables as last heard, quantised: what tests compare with the
    /// server's.
    pub fn heard(&self, channel: ChannelId) -> Option<(Tick, &ChannelState)> {
        self.session.as_ref()?.heard(channel)
    }

    /// The newest snapshot's tick, once there is one.
    pub fn newest_tick(&self) -> Option<Tick> {
        self.session.as_ref()?.newest_tick()
    }

    /// The channels that this client sees, its own one too, ascending.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        self.session
            .iter()
            .flat_map(|session| session.world.channels())
    }

    /// What a channel was last heard to hold, to be tampered with: so that tests can see a desync found and healed.
    pub fn tamper(&mut self, channel: ChannelId) -> Option<&mut ChannelState> {
        self.session.as_mut()?.world.channel_mut(channel)
    }
}
