//! A stream of snapshots: every snapshot, every second, or every eighth. It knows what the clients that follow it hold
//! of each channel, and encodes each channel's change once for all of them.
//!
//! In: captured rows. Out: an entry with each channel's update, and the keyframes that were asked for. A slower stream
//! that nobody follows costs nothing, and neither does a channel that was forgotten (`unused`).

use std::sync::Arc;

use tickwire_shared::ids::Tick;
use tickwire_shared::replicate::Schema;
use tickwire_shared::snapshot::layout::SectionKind;
use tickwire_shared::snapshot::{
    BitWriter, ChannelState, CrossingMotion, DeltaEncoder, encode_keyframe,
};

use crate::capture::{Captured, Crossing};
use crate::channels::{Channels, NO_CHANNEL};
use crate::entry::Entry;
use crate::limits::{CHECK_S, ROOMY_ROWS, SPARE_STATES};

/// How many streams a room has.
pub const STREAMS: usize = 3;
/// The stride of each stream: it takes every `stride`-th snapshot. The first is for clients that keep up, the second
/// for clients that do not, the third for hidden clients.
pub const STRIDES: [u32; STREAMS] = [1, 2, 8];

/// One stream.
#[derive(Debug)]
pub(crate) struct Stream {
    stride: u32,
    active: bool,
    /// By channel index: what the clients that follow the channel hold.
    states: Vec<ChannelState>,
    /// By channel index: somebody needs its whole state.
    wanted: Vec<bool>,
    /// States of channels that were forgotten, as new, for their memory.
    spare: Vec<ChannelState>,
    encoder: DeltaEncoder,
    bits: BitWriter,
    scratch: Vec<u8>,
    crossed: CrossedRows,
    told: Tick,
    entry: Arc<Entry>,
}

impl Stream {
    pub(crate) fn new(stride: u32) -> Stream {
        Stream {
            stride,
            // The first stream is always on, ready for the next client that joins.
            active: stride == 1,
            states: Vec::new(),
            wanted: Vec::new(),
            spare: Vec::new(),
            encoder: DeltaEncoder::default(),
            bits: BitWriter::default(),
            scratch: Vec::new(),
            crossed: CrossedRows::default(),
            told: Tick(0),
            entry: Arc::default(),
        }
    }

    /// True if snapshot number `snapshots` belongs to this stream and the stream is on.
    pub(crate) fn is_due(&self, snapshots: u32) -> bool {
        self.active && snapshots.is_multiple_of(self.stride)
    }

    /// True if the stream's entry of snapshot number `snapshots` carries hashes. `snapshot_s` is the time from one
    /// snapshot to the next, seconds.
    pub(crate) fn is_checked(&self, snapshots: u32, snapshot_s: f64) -> bool {
        let entries = CHECK_S / (snapshot_s * f64::from(self.stride));
        (snapshots / self.stride).is_multiple_of((entries.round() as u32).max(1))
    }

    /// Switches the stream on or off. When it goes off, it forgets what its clients held.
    pub(crate) fn set_active(&mut self, active: bool) {
        if self.active && !active {
            self.states.clear();
            self.wanted.clear();
            self.spare.clear();
        }
        self.active = active;
    }

    /// Asks for the whole state of the channel with this index in the next entry.
    pub(crate) fn want(&mut self, channel: u32) {
        let channel = channel as usize;
        if self.wanted.len() <= channel {
            self.wanted.resize(channel + 1, false);
        }
        self.wanted[channel] = true;
    }

    /// True if the followers of the channel with this index hold a row of it.
    pub(crate) fn has_rows(&self, channel: usize) -> bool {
        let state = self.states.get(channel);
        state.is_some_and(|state| state.row_count() > 0)
    }

    /// Forgets the channels that have no new index in `moved`, and moves the others to theirs. None of those that it
    /// forgets may have rows.
    pub(crate) fn forget(&mut self, moved: &[u32]) {
        let is_gone = |index: usize| moved.get(index) == Some(&NO_CHANNEL);
        let mut indexes = 0..;
        let gone = |_: &mut ChannelState| indexes.next().is_some_and(is_gone);
        for mut state in self.states.extract_if(.., gone) {
            let tables = state.tables.iter_mut();
            tables.for_each(|table| table.codes.fill_with(Default::default));
            self.spare.push(state);
        }
        self.spare.truncate(SPARE_STATES.max(self.states.len() / 2));
        let mut indexes = 0..;
        self.wanted
            .retain(|_| indexes.next().is_some_and(|index| !is_gone(index)));
    }

    /// How many states of forgotten channels are kept for their memory.
    #[cfg(test)]
    pub(crate) fn spare_states(&self) -> usize {
        self.spare.len()
    }

    /// Makes the entry of `tick` from the captured rows, with hashes if it is checked.
    pub(crate) fn encode(
        &mut self,
        (schema, channels): (&Schema, &Channels),
        captured: &Captured,
        (tick, is_checked): (Tick, bool),
    ) {
        // A slow reader may still hold the entry that would be overwritten.
        if Arc::get_mut(&mut self.entry).is_none() {
            self.entry = Arc::default();
        }
        let Some(entry) = Arc::get_mut(&mut self.entry) else {
            return;
        };
        self.told = tick;
        entry.begin(tick);
        // Indexes have no gaps, so all channels from here on are new to this stream.
        let new_from = self.states.len();
        let spare = &mut self.spare;
        self.states.resize_with(channels.count(), || {
            spare.pop().unwrap_or_else(|| roomy_state(schema))
        });
        self.wanted.resize(channels.count(), false);
        // Crossing rows keep their motion, in the first stream only. In a slower stream a row would have to be followed
        // over several captures.
        self.crossed.clear();
        if self.stride == 1 {
            self.crossed.collect(schema, &self.states, captured);
        }
        for (channel, index) in channels.iter() {
            let state = &mut self.states[index];
            let rows = (0..schema.tables.len()).map(|table| captured.rows(table, index));
            self.scratch.clear();
            self.encoder.encode(
                schema,
                state,
                rows,
                &self.crossed,
                &mut (),
                &mut self.scratch,
            );
            if !state.is_at_rest() {
                entry.set_moving(channel);
            }
            let mut section = entry.section(channel);
            let (is_new, is_wanted) = (index >= new_from, std::mem::take(&mut self.wanted[index]));
            if !is_new {
                section.update(SectionKind::Delta, &self.scratch);
            }
            if is_new || is_wanted {
                self.scratch.clear();
                encode_keyframe(schema, state, &mut self.bits, &mut self.scratch);
            }
            if is_new {
                // A late client may have followed the channel before it was forgotten, and goes on as if it had never
                // been: it holds no rows, but what the codes had learnt.
                section.update(SectionKind::Keyframe, &self.scratch);
            }
            if is_checked {
                section.update(SectionKind::Check, &state.hash().to_le_bytes());
            }
            if is_wanted {
                section.keyframe(&self.scratch);
            }
            section.finish();
        }
    }

    /// The tick of the last entry.
    pub(crate) fn told(&self) -> Tick {
        self.told
    }

    /// The entry that the last `encode` made.
    pub(crate) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Gives that entry away, to be kept elsewhere. The next one is made in the memory of `spare`.
    pub(crate) fn swap_entry(&mut self, spare: Arc<Entry>) -> Arc<Entry> {
        std::mem::replace(&mut self.entry, spare)
    }

    /// What the clients that follow a channel hold. `channel` is its index.
    pub(crate) fn state(&self, channel: u32) -> Option<&ChannelState> {
        self.states.get(channel as usize)
    }
}

/// An empty state, with memory for the rows that it will soon hold. The cells of a grid reach their usual number of
/// rows one by one, over hours; without this, each would take memory when it does.
fn roomy_state(schema: &Schema) -> ChannelState {
    let mut state = ChannelState::empty(schema);
    let tables = schema.tables.iter().zip(&mut state.tables);
    for (table, rows) in tables.filter(|(table, _)| !table.owner_only) {
        rows.ids.reserve(ROOMY_ROWS);
        rows.values.reserve(ROOMY_ROWS * table.width());
        rows.motion.reserve(ROOMY_ROWS * table.moving.len());
    }
    state
}

/// The motion of rows that crossed from one channel to another, by table and entity.
#[derive(Debug, Default)]
struct CrossedRows {
    /// By table and entity, sorted: where the row's motion starts, and how many values it has.
    rows: Vec<((usize, u32), (u32, u32))>,
    motion: Vec<i32>,
}

impl CrossedRows {
    fn clear(&mut self) {
        self.rows.clear();
        self.motion.clear();
    }

    /// Finds the motion that each crossing row had in the channel that it left.
    fn collect(&mut self, schema: &Schema, states: &[ChannelState], captured: &Captured) {
        for (place, table) in schema.tables.iter().enumerate() {
            if table.moving.is_empty() {
                continue;
            }
            for Crossing { id, from } in &captured.crossings {
                let rows = states
                    .get(*from as usize)
                    .and_then(|state| state.tables.get(place));
                let Some((rows, row)) = rows.and_then(|rows| Some((rows, rows.find(*id)?))) else {
                    continue;
                };
                let motion = rows.row_motion(row, table);
                let span = (self.motion.len() as u32, motion.len() as u32);
                self.rows.push(((place, *id), span));
                self.motion.extend_from_slice(motion);
            }
        }
        self.rows.sort_unstable();
    }
}

impl CrossingMotion for CrossedRows {
    fn motion(&self, table: usize, id: u32) -> Option<&[i32]> {
        let key = (table, id);
        let row = self.rows.binary_search_by_key(&key, |row| row.0).ok()?;
        let (start, count) = self.rows.get(row)?.1;
        self.motion.get(start as usize..(start + count) as usize)
    }
}
