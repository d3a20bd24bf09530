//! The client's copy of what its channels said, and the last of those copies for the view to draw between.
//!
//! In: the sections of snapshot messages. Out: [`Frames`], merged over channels and sorted by id, one per snapshot.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::curve::{Around, Basis, reach};
use super::tuning::PICTURE_LOST_S;
use crate::ids::{ChannelId, EntityId};
use crate::message::Desync;
use crate::replicate::Schema;
use crate::snapshot::layout::SectionKind;
use crate::snapshot::{
    ChannelState, DeltaDecoder, SnapshotError, TableState, apply_keyframe, coast_all,
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
    decoder: DeltaDecoder,
    frames: VecDeque<Frame>,
    /// Memory of frames no longer needed.
    spare: Vec<Frame>,
    /// The last animation frame, and the newest snapshot that it knew.
    drawn: Option<(Duration, i64)>,
    pub(super) keyframes: u32,
    /// To be told to the server.
    pub(super) desyncs: Vec<Desync>,
}

#[derive(Debug)]
struct Heard {
    state: ChannelState,
    /// A section of the current group spoke of it, so it must not coast.
    fresh: bool,
    /// Its check did not fit, or a delta could not be read; a keyframe has been asked for.
    suspect: bool,
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
                // How a delta is read depends on what it changes: who holds something else may not even be able to.
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
        if !self.channels.contains_key(&channel) && self.channels.len() >= CHANNELS {
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
        // The delta of this group was applied before it: what still differs is what was wrong.
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

    /// Compares what the server says this channel holds with what it holds here.
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

    fn report(&mut self, desync: Desync) {
        if self.desyncs.len() < CHANNELS {
            self.desyncs.push(desync);
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
        while self.frames.back().is_some_and(|last| last.tick >= tick) {
            self.spare.extend(self.frames.pop_back());
        }
        if self.frames.len() == FRAMES {
            self.spare.extend(self.frames.pop_front());
        }
        self.frames.push_back(frame);
    }

    /// What an animation frame at `now` draws the tick `drawn` from.
    pub(super) fn basis(&mut self, now: Duration, drawn: f64, tick_s: f64) -> Option<Basis<'_>> {
        let newest = self.newest()?.tick;
        let passed_s = |then: Duration| now.saturating_sub(then).as_secs_f64();
        let before = self.drawn.replace((now, newest));
        let before = before.filter(|(then, _)| passed_s(*then) <= PICTURE_LOST_S);
        // Only what was past the newest was a guess. Between snapshots a newer one changes a slope, by too little to see.
        let guessed = before
            .filter(|(_, known)| *known < newest)
            .and_then(|(_, known)| self.around(drawn, known, tick_s))
            .filter(|guessed| !guessed.before_b());
        Some(Basis {
            around: self.around(drawn, newest, tick_s)?,
            guessed,
            passed_s: before.map(|(then, _)| passed_s(then)),
            tick_s,
        })
    }

    /// The frames around `tick`, as if `newest` were the newest of them. None when there is no such frame.
    fn around(&self, tick: f64, newest: i64, tick_s: f64) -> Option<Around<'_>> {
        let known = self.frames.partition_point(|frame| frame.tick <= newest);
        let past = self
            .frames
            .partition_point(|frame| frame.tick as f64 <= tick);
        let b = past.max(1).min(known.checked_sub(1)?);
        let a = b.saturating_sub(1);
        let around = Around {
            before: a.checked_sub(1).and_then(|before| self.frames.get(before)),
            a: self.frames.get(a)?,
            b: self.frames.get(b)?,
            after: self.frames.get(b + 1).filter(|_| b + 1 < known),
            past_a: 0.0,
            moment_speed: 1.0,
        };
        let past_b_s = (tick - around.b.tick as f64) * tick_s;
        let (reached_s, moment_speed) = reach(past_b_s);
        let moment = around.b.tick as f64 + reached_s / tick_s;
        Some(Around {
            past_a: moment - around.a.tick as f64,
            moment_speed,
            ..around
        })
    }

    /// The newest frame.
    pub(super) fn newest(&self) -> Option<&Frame> {
        self.frames.back()
    }

    /// What a channel was last heard to hold.
    pub(super) fn channel(&self, channel: ChannelId) -> Option<&ChannelState> {
        self.channels.get(&channel).map(|heard| &heard.state)
    }

    /// The same, to be tampered with.
    pub(super) fn channel_mut(&mut self, channel: ChannelId) -> Option<&mut ChannelState> {
        self.channels
            .get_mut(&channel)
            .map(|heard| &mut heard.state)
    }

    /// The channels that this client sees, its own one too.
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
