//! The client's copy of the channels that it sees.
//!
//! In: the sections of snapshot messages. Out: a frame for each snapshot, merged over channels and sorted by id; desyncs for
//! the server, when a check does not match.

use std::collections::BTreeMap;

use super::frames::Frames;
use crate::ids::{ChannelId, EntityId};
use crate::limits::CHANNELS_PER_CLIENT;
use crate::message::Desync;
use crate::replicate::Schema;
use crate::snapshot::layout::SectionKind;
use crate::snapshot::{
    ChannelState, DeltaDecoder, SnapshotError, TableState, apply_keyframe, coast_all,
};

/// The channels as they were last heard, and the frames made of them.
#[derive(Debug, Default)]
pub(super) struct World {
    channels: BTreeMap<ChannelId, Heard>,
    decoder: DeltaDecoder,
    pub(super) frames: Frames,
    pub(super) keyframes: u32,
    /// Desyncs that the server must be told of.
    pub(super) desyncs: Vec<Desync>,
    /// How often a desync was found; being healed does not count again.
    pub(super) desync_count: u32,
    /// The last one that the server was told of.
    pub(super) last_desync: Option<Desync>,
}

#[derive(Debug)]
struct Heard {
    state: ChannelState,
    /// A section of the current group spoke of it, so it must not coast.
    fresh: bool,
    /// Its check did not match, or a delta could not be read, and a keyframe has been asked for.
    suspect: bool,
}

impl World {
    /// Applies a section of the current group.
    pub(super) fn apply(
        &mut self,
        schema: &Schema,
        channel: ChannelId,
        kind: SectionKind,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        match kind {
            SectionKind::Delta => {
                let heard = self
                    .channels
                    .get_mut(&channel)
                    .ok_or(SnapshotError::Invalid)?;
                heard.fresh = true;
                // How a delta is read depends on the state that it changes: a client that holds something else may find
                // bytes that make no sense.
                if self.decoder.apply(schema, &mut heard.state, bytes).is_err()
                    && !std::mem::replace(&mut heard.suspect, true)
                {
                    self.report(Desync {
                        channel,
                        found: None,
                    });
                }
                Ok(())
            }
            SectionKind::Keyframe => self.apply_keyframe(schema, channel, bytes),
            SectionKind::Leave => {
                self.channels.remove(&channel);
                Ok(())
            }
            SectionKind::Check => self.check(schema, channel, bytes),
            SectionKind::Events => Ok(()),
        }
    }

    fn apply_keyframe(
        &mut self,
        schema: &Schema,
        channel: ChannelId,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        if !self.channels.contains_key(&channel) && self.channels.len() >= CHANNELS_PER_CLIENT {
            return Err(SnapshotError::Invalid);
        }
        let heard = self.channels.entry(channel).or_insert_with(|| Heard {
            state: ChannelState::empty(schema),
            fresh: true,
            suspect: false,
        });
        self.keyframes = self
            .keyframes
            .wrapping_add(u32::from(channel != ChannelId::OWN));
        // The delta of this group was applied before the keyframe, so what differs now is what was wrong.
        if heard.suspect && !heard.fresh && channel != ChannelId::OWN {
            coast_all(schema, &mut heard.state);
        }
        let wrong = heard.suspect.then(|| heard.state.clone());
        (heard.fresh, heard.suspect) = (true, false);
        apply_keyframe(schema, &mut heard.state, bytes)?;
        if let Some(wrong) = wrong {
            let entity = wrong.first_difference(&heard.state, schema).unwrap_or(0);
            let found = Some(EntityId(entity));
            self.report(Desync { channel, found });
        }
        Ok(())
    }

    /// Compares the hash of a channel on the server with that of the copy here.
    fn check(
        &mut self,
        schema: &Schema,
        channel: ChannelId,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let said = <[u8; 8]>::try_from(bytes).map_err(|_| SnapshotError::Invalid)?;
        let heard = self
            .channels
            .get_mut(&channel)
            .ok_or(SnapshotError::Invalid)?;
        if !std::mem::replace(&mut heard.fresh, true) && channel != ChannelId::OWN {
            coast_all(schema, &mut heard.state);
        }
        if heard.state.hash() != u64::from_le_bytes(said) && !heard.suspect {
            heard.suspect = true;
            self.report(Desync {
                channel,
                found: None,
            });
        }
        Ok(())
    }

    /// What the server must be told now.
    pub(super) fn take_desyncs(&mut self) -> Vec<Desync> {
        let desyncs = std::mem::take(&mut self.desyncs);
        for desync in &desyncs {
            let found_now = u32::from(desync.found.is_none());
            self.desync_count = self.desync_count.wrapping_add(found_now);
            self.last_desync = Some(*desync);
        }
        desyncs
    }

    fn report(&mut self, desync: Desync) {
        if self.desyncs.len() < CHANNELS_PER_CLIENT {
            self.desyncs.push(desync);
        }
    }

    /// The current group is complete: channels that it did not name coast, and the result becomes a frame.
    pub(super) fn finish_group(&mut self, schema: &Schema, tick: i64) {
        for (channel, heard) in &mut self.channels {
            // The own channel never coasts: it is sent whole, and only when it changed.
            if !std::mem::take(&mut heard.fresh) && *channel != ChannelId::OWN {
                coast_all(schema, &mut heard.state);
            }
        }
        let mut frame = self.frames.lend(tick, schema.tables.len());
        for (place, (table, schema)) in frame.tables.iter_mut().zip(&schema.tables).enumerate() {
            table.ids.clear();
            table.values.clear();
            table.motion.clear();
            for heard in self.channels.values() {
                if let Some(rows) = heard.state.tables.get(place) {
                    table.ids.extend_from_slice(&rows.ids);
                    table.values.extend_from_slice(&rows.values);
                    table.motion.extend_from_slice(&rows.motion);
                }
            }
            if self.channels.len() > 1 && !table.ids.is_sorted() {
                sort_rows(table, schema.width(), schema.moving.len());
            }
        }
        self.frames.push(frame);
    }

    /// A channel as it was last heard.
    pub(super) fn channel(&self, channel: ChannelId) -> Option<&ChannelState> {
        self.channels.get(&channel).map(|heard| &heard.state)
    }

    /// The same, for tests to change.
    pub(super) fn channel_mut(&mut self, channel: ChannelId) -> Option<&mut ChannelState> {
        self.channels
            .get_mut(&channel)
            .map(|heard| &mut heard.state)
    }

    /// The channels that this client sees, its own one included.
    pub(super) fn channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        self.channels.keys().copied()
    }
}

fn sort_rows(table: &mut TableState, width: usize, moving: usize) {
    let mut order = (0..table.ids.len()).collect::<Vec<_>>();
    order.sort_unstable_by_key(|row| table.ids.get(*row).copied());
    let mut sorted = TableState::default();
    for row in order {
        sorted.ids.extend(table.ids.get(row));
        sorted.values.extend_from_slice(table.row(row, width));
        let motion = table.motion.get(row * moving..(row + 1) * moving);
        sorted.motion.extend_from_slice(motion.unwrap_or_default());
    }
    *table = sorted;
}
