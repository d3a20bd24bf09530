//! The client's copy of what its channels said, and the last of those copies for the view to draw between.
//!
//! In: the sections of snapshot messages. Out: [`Frames`], merged over channels and sorted by id, one per snapshot.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::{ChannelId, Tick};
use crate::replicate::Schema;
use crate::snapshot::layout::SectionKind;
use crate::snapshot::{
    ChannelState, SnapshotError, TableState, apply_delta, apply_keyframe, coast_all,
};

/// Snapshots kept for drawing: 2 s at 30 a second, more than any interpolation delay.
const FRAMES: usize = 64;
/// Channels that one client may see; a server that names more is broken.
const CHANNELS: usize = 4096;

/// All tables of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) tick: i64,
    pub(super) tables: Vec<TableState>,
}

/// Channels as last heard.
#[derive(Debug, Default)]
pub(super) struct World {
    channels: BTreeMap<ChannelId, Heard>,
    frames: VecDeque<Frame>,
    /// Memory of frames no longer needed.
    spare: Vec<Frame>,
    pub(super) keyframes: u32,
}

#[derive(Debug)]
struct Heard {
    state: ChannelState,
    /// A section of the current group spoke of it, so it must not coast.
    fresh: bool,
}

impl World {
    /// A section of the current group.
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
                apply_delta(schema, &mut heard.state, bytes)
            }
            SectionKind::Keyframe => {
                if !self.channels.contains_key(&channel) && self.channels.len() >= CHANNELS {
                    return Err(SnapshotError::Invalid);
                }
                let heard = self.channels.entry(channel).or_insert_with(|| Heard {
                    state: ChannelState::empty(schema),
                    fresh: true,
                });
                heard.fresh = true;
                self.keyframes = self
                    .keyframes
                    .wrapping_add(u32::from(channel != ChannelId::OWN));
                apply_keyframe(schema, &mut heard.state, bytes)
            }
            SectionKind::Leave => {
                self.channels.remove(&channel);
                Ok(())
            }
            SectionKind::Events => Ok(()),
        }
    }

    /// The current group is whole: what it did not name coasts, and the result becomes a frame.
    pub(super) fn finish_group(&mut self, schema: &Schema, tick: i64) {
        for (channel, heard) in &mut self.channels {
            // The own channel is only ever sent whole, and only when it changed.
            if !std::mem::take(&mut heard.fresh) && *channel != ChannelId::OWN {
                coast_all(schema, &mut heard.state);
            }
        }
        let mut frame = self.spare.pop().unwrap_or_default();
        frame.tick = tick;
        frame
            .tables
            .resize_with(schema.tables.len(), TableState::default);
        for (place, (table, schema)) in frame.tables.iter_mut().zip(&schema.tables).enumerate() {
            table.clear();
            for heard in self.channels.values() {
                if let Some(rows) = heard.state.tables.get(place) {
                    table.ids.extend_from_slice(&rows.ids);
                    table.values.extend_from_slice(&rows.values);
                }
            }
            if self.channels.len() > 1 && !table.ids.is_sorted() {
                sort_rows(table, schema.fields.len());
            }
        }
        while self.frames.back().is_some_and(|last| last.tick >= tick) {
            self.spare.extend(self.frames.pop_back());
        }
        if self.frames.len() == FRAMES {
            self.spare.extend(self.frames.pop_front());
        }
        self.frames.push_back(frame);
    }

    /// The two frames around `tick`, and how far between them it is: 0..1, or over 1 past the newest.
    pub(super) fn around(&self, tick: f64) -> Option<(&Frame, &Frame, f64)> {
        let after = self
            .frames
            .iter()
            .position(|frame| frame.tick as f64 > tick);
        let (a, b) = match after {
            Some(0) => return self.frames.front().map(|only| (only, only, 0.0)),
            Some(after) => (after - 1, after),
            None if self.frames.len() < 2 => {
                return self.frames.back().map(|only| (only, only, 0.0));
            }
            None => (self.frames.len() - 2, self.frames.len() - 1),
        };
        let (a, b) = (self.frames.get(a)?, self.frames.get(b)?);
        Some((a, b, (tick - a.tick as f64) / (b.tick - a.tick) as f64))
    }

    /// The newest frame.
    pub(super) fn newest(&self) -> Option<&Frame> {
        self.frames.back()
    }

    /// What a channel was last heard to hold, for tests and the desync check.
    pub(super) fn channel(&self, channel: ChannelId) -> Option<&ChannelState> {
        self.channels.get(&channel).map(|heard| &heard.state)
    }
}

/// The tick's number without wrap, near `near`.
pub(super) fn unwrapped(tick: Tick, near: i64) -> i64 {
    near + i64::from(tick.since(Tick(near as u32)))
}

fn sort_rows(table: &mut TableState, width: usize) {
    let mut order = (0..table.ids.len()).collect::<Vec<_>>();
    order.sort_unstable_by_key(|row| table.ids.get(*row).copied());
    let ids = order
        .iter()
        .filter_map(|row| table.ids.get(*row).copied())
        .collect();
    let values = order
        .iter()
        .flat_map(|row| table.row(*row, width))
        .copied()
        .collect();
    (table.ids, table.values) = (ids, values);
}
