//! The part of a snapshot that is for one player alone: its owner-only rows, its avatar, its newest input.
//!
//! In: captured rows, players. Out: each player's own channel as bytes, encoded again only when it has changed, and its
//! own part.

use std::collections::BTreeMap;

use tickwire_shared::codec;
use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::replicate::Schema;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::{BitWriter, ChannelState, encode_keyframe};

use crate::capture::Captured;
use crate::room::Room;

/// What a snapshot carries for one player alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPart {
    /// The low byte of the number of the newest input applied.
    pub applied_low: u8,
    /// How early the latest inputs came, in [`SLACK_PARTS`] of a tick: the worst since it was last told. `None` if none
    /// came.
    ///
    /// [`SLACK_PARTS`]: tickwire_shared::snapshot::layout::SLACK_PARTS
    pub slack_parts: Option<i32>,
    /// The avatar's entity, if there is one.
    pub avatar: Option<EntityId>,
    /// True if steps by the client's own inputs bring the avatar from where it was last told to where it is now.
    pub predicted: bool,
    /// The whole avatar, encoded. Means nothing if there is no avatar.
    pub avatar_bytes: Vec<u8>,
}

/// Each player's owner-only rows as of the last snapshot.
#[derive(Debug, Default)]
pub(crate) struct OwnChannels {
    channels: BTreeMap<PlayerId, OwnChannel>,
    bits: BitWriter,
}

/// One player's owner-only rows.
#[derive(Debug, Default)]
pub struct OwnChannel {
    state: ChannelState,
    /// The keyframe of `state`. Empty without rows.
    bytes: Vec<u8>,
    /// How often it changed.
    version: u32,
}

impl OwnChannel {
    /// The keyframe (empty without rows), and how often the rows have changed.
    pub fn bytes(&self) -> (&[u8], u32) {
        (&self.bytes, self.version)
    }

    /// The hash of the rows, which a client that holds them would find, too. `None` without rows.
    pub fn check(&self) -> Option<u64> {
        (!self.bytes.is_empty()).then(|| self.state.hash())
    }
}

impl OwnChannels {
    /// Brings the channels of these players (ascending) up to date, and forgets all others.
    pub(crate) fn update(
        &mut self,
        schema: &Schema,
        captured: &Captured,
        players: impl Iterator<Item = PlayerId> + Clone,
    ) {
        if schema.tables.iter().all(|table| !table.owner_only) {
            return;
        }
        let mut here = players.clone().peekable();
        self.channels.retain(|player, _| {
            while here.next_if(|id| id < player).is_some() {}
            here.peek() == Some(player)
        });
        for player in players {
            let own = self.channels.entry(player).or_insert_with(|| OwnChannel {
                state: ChannelState::empty(schema),
                ..OwnChannel::default()
            });
            let mut changed = false;
            let mut rows = 0;
            let tables = schema.tables.iter().zip(&mut own.state.tables);
            for (place, (_, table)) in tables.enumerate() {
                let captured = captured.owned(place, player);
                rows += captured.ids.len();
                if table.ids != captured.ids || table.values != captured.values {
                    changed = true;
                    table.ids.clear();
                    table.ids.extend_from_slice(captured.ids);
                    table.values.clear();
                    table.values.extend_from_slice(captured.values);
                    let moving = schema
                        .tables
                        .get(place)
                        .map_or(0, |table| table.moving.len());
                    table.motion.clear();
                    table.motion.resize(captured.ids.len() * moving, 0);
                }
            }
            if changed {
                own.version = own.version.wrapping_add(1);
                own.bytes.clear();
                if rows > 0 {
                    encode_keyframe(schema, &own.state, &mut self.bits, &mut own.bytes);
                }
            }
        }
    }

    /// A player's own channel. `None` if the game has no owner-only rows.
    pub(crate) fn channel(&self, player: PlayerId) -> Option<&OwnChannel> {
        self.channels.get(&player)
    }
}

impl<R: Rules> Room<R> {
    /// Fills in a player's own part as of the tick that was just simulated.
    pub(crate) fn fill_own(&mut self, id: PlayerId, own: &mut OwnPart) {
        let tick = self.tick;
        own.avatar = None;
        let Some(player) = self.players.get_mut(id) else {
            return;
        };
        own.slack_parts = player.inputs.take_slack();
        own.applied_low = player.input_sequence.0 as u8;
        let avatar = player.avatar.and_then(|entity| {
            let avatar = self.world.get::<&R::Avatar>(player.handle?).ok()?;
            own.avatar_bytes.clear();
            codec::encode_into(&*avatar, &mut own.avatar_bytes).ok()?;
            own.predicted = player.trail.is_unbroken(tick, &avatar);
            Some(entity)
        });
        own.avatar = avatar;
    }
}
