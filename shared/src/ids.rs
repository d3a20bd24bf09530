//! The numbers that both ends use to name things: ticks, entities, players, channels.
//!
//! In: nothing. Out: newtypes, so that no number stands in for another. They go over the wire inside messages (see
//! `message`) and snapshots (see `snapshot`).

use serde::{Deserialize, Serialize};

/// One simulation step of a room, counted from 0 when the room opens. Wraps after `u32::MAX`
/// (828 days at 60 Hz), so it has no `Ord`: compare with [`Tick::since`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct Tick(pub u32);

impl Tick {
    /// Ticks from `earlier` to `self`: negative when `earlier` is in fact later. Correct while the two are less
    /// than 2^31 ticks apart.
    pub fn since(self, earlier: Tick) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// The tick `ticks` after this one.
    #[must_use]
    pub fn plus(self, ticks: u32) -> Tick {
        Tick(self.0.wrapping_add(ticks))
    }

    /// The tick `ticks` before this one.
    #[must_use]
    pub fn minus(self, ticks: u32) -> Tick {
        Tick(self.0.wrapping_sub(ticks))
    }

    /// True when this tick comes after `other`.
    pub fn is_after(self, other: Tick) -> bool {
        self.since(other) > 0
    }
}

/// The number of one of a client's inputs: from 1, one for each tick that the client simulates. 0 means "none yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
pub struct InputSequence(pub u32);

/// An entity as both ends know it. Never reused within a room.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
pub struct EntityId(pub u32);

/// A seat in a room. Survives reconnects; never reused within a room.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
pub struct PlayerId(pub u32);

/// A group of entities whose changes are encoded once and sent to all who subscribe.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ts_rs::TS,
)]
pub struct ChannelId(pub u32);

impl ChannelId {
    /// Every client of the room subscribes to this one.
    pub const GLOBAL: ChannelId = ChannelId(0);
    /// On the wire: the client's own channel, which carries owner-only fields. Each client has one and sees only that
    /// one.
    pub const OWN: ChannelId = ChannelId(1);
}

/// The secret that lets a client take its seat back. Each welcome brings a new one, and the ones before it are
/// good until it is known to have arrived.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResumeToken(pub [u8; 16]);

impl ResumeToken {
    /// This token for this player's seat: its first four bytes name the player, so that the seat is found at once, and the
    /// other twelve stay a secret.
    #[must_use]
    pub fn of(self, PlayerId(player): PlayerId) -> ResumeToken {
        let mut bytes = self.0;
        bytes[..4].copy_from_slice(&player.to_le_bytes());
        ResumeToken(bytes)
    }

    /// The player whose seat a token of [`ResumeToken::of`] is for. Whoever sent it may have made it up.
    pub fn player(self) -> PlayerId {
        let [a, b, c, d, ..] = self.0;
        PlayerId(u32::from_le_bytes([a, b, c, d]))
    }
}

impl std::fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResumeToken(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_compare_across_the_wrap() {
        let before = Tick(u32::MAX - 1);
        let after = before.plus(5);
        assert_eq!(after.since(before), 5);
        assert_eq!(before.since(after), -5);
        assert!(after.is_after(before));
    }
}
