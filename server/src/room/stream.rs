//! One rate of snapshots: every one of them, every second, or every eighth. What a channel's clients at that rate hold,
//! and its changes encoded once for all of them.
//!
//! In: captured rows and events. Out: a ring entry with each channel's update, and the keyframes that were asked for.
//! A stream that nobody is on costs nothing. Part of the pure room.

use std::sync::Arc;

use tickwire_shared::ids::Tick;
use tickwire_shared::replicate::Schema;
use tickwire_shared::snapshot::layout::SectionKind;
use tickwire_shared::snapshot::{
    BitWriter, Carried, ChannelState, DeltaEncoder, Tally, encode_keyframe,
};

use super::capture::{Captured, Crossing};
use super::channels::Channels;
use super::ring::Entry;

/// Every so manieth snapshot goes into each stream: all for who keeps up, half for who does not, few for who does not
/// look.
pub(super) const STRIDES: [u32; 3] = [1, 2, 8];
/// Each channel's hash is told this often, ticks. All at once, so that a room at rest stays quiet in between.
pub(super) const CHECK_TICKS: u32 = 48;
/// Rows of each table that a channel has memory for from the start.
const ROOMY_ROWS: usize = 16;

/// One rate.
#[derive(Debug)]
pub(super) struct Stream {
    stride: u32,
    active: bool,
    /// By slot: what the channel's clients hold.
    states: Vec<ChannelState>,
    /// By slot: somebody needs its whole state.
    wanted: Vec<bool>,
    /// By slot: encoded events since the last entry.
    events: Vec<Vec<u8>>,
    encoder: DeltaEncoder,
    bits: BitWriter,
    scratch: Vec<u8>,
    carried: CarriedRows,
    told: Tick,
    entry: Arc<Entry>,
}

impl Stream {
    pub(super) fn new(stride: u32) -> Stream {
        Stream {
            stride,
            // The first is there for who comes next, whoever is.
            active: stride == 1,
            states: Vec::new(),
            wanted: Vec::new(),
            events: Vec::new(),
            encoder: DeltaEncoder::default(),
            bits: BitWriter::default(),
            scratch: Vec::new(),
            carried: CarriedRows::default(),
            told: Tick(0),
            entry: Arc::default(),
        }
    }

    /// True when snapshot number `snapshots` belongs to this stream and somebody is on it.
    pub(super) fn is_due(&self, snapshots: u32) -> bool {
        self.active && snapshots.is_multiple_of(self.stride)
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Somebody is on it now, or nobody is any more: then it forgets what its clients held.
    pub(super) fn set_active(&mut self, active: bool) {
        if self.active && !active {
            self.states.clear();
            self.wanted.clear();
            self.events.clear();
        }
        self.active = active;
    }

    /// The next entry carries the whole state of the channel at `slot`.
    pub(super) fn want(&mut self, slot: u32) {
        let slot = slot as usize;
        if self.wanted.len() <= slot {
            self.wanted.resize(slot + 1, false);
        }
        self.wanted[slot] = true;
    }

    /// Adds a snapshot's events, whether it is one of this stream's or not.
    pub(super) fn take_events(&mut self, slot: u32, events: &[u8]) {
        let slot = slot as usize;
        if self.events.len() <= slot {
            self.events.resize_with(slot + 1, Vec::new);
        }
        self.events[slot].extend_from_slice(events);
    }

    /// Makes the entry of `tick`.
    pub(super) fn encode(
        &mut self,
        (schema, channels): (&Schema, &Channels),
        captured: &Captured,
        (tick, is_checked): (Tick, bool),
        tally: &mut impl Tally,
    ) {
        // A slow reader may still have what was to be written over.
        if Arc::get_mut(&mut self.entry).is_none() {
            self.entry = Arc::default();
        }
        let Some(entry) = Arc::get_mut(&mut self.entry) else {
            return;
        };
        self.told = tick;
        entry.begin(tick);
        self.states
            .resize_with(channels.count(), || roomy_state(schema));
        self.wanted.resize(channels.count(), false);
        self.events.resize_with(channels.count(), Vec::new);
        // Rows that crossed keep their motion; in slower streams they would have to be followed over several captures.
        self.carried.clear();
        if self.stride == 1 {
            self.carried.collect(schema, &self.states, captured);
        }
        for (channel, slot) in channels.iter() {
            let state = &mut self.states[slot];
            let rows = (0..schema.tables.len()).map(|table| captured.rows(table, slot));
            self.scratch.clear();
            self.encoder
                .encode(schema, state, rows, &self.carried, tally, &mut self.scratch);
            if !state.is_at_rest() {
                entry.set_moving(channel);
            }
            let mut section = entry.section(channel);
            section.update(SectionKind::Delta, &self.scratch);
            section.events(&self.events[slot]);
            self.events[slot].clear();
            if is_checked {
                section.update(SectionKind::Check, &state.hash().to_le_bytes());
            }
            if std::mem::take(&mut self.wanted[slot]) {
                self.scratch.clear();
                encode_keyframe(schema, state, &mut self.bits, &mut self.scratch);
                section.keyframe(&self.scratch);
            }
            section.finish();
        }
    }

    /// The tick of the last entry.
    pub(super) fn told(&self) -> Tick {
        self.told
    }

    /// What the last `encode` made.
    pub(super) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// The same, to be kept elsewhere. The next one is made in the memory of `spare`.
    pub(super) fn swap_entry(&mut self, spare: Arc<Entry>) -> Arc<Entry> {
        std::mem::replace(&mut self.entry, spare)
    }

    /// What the clients of a channel hold.
    pub(super) fn state(&self, slot: u32) -> Option<&ChannelState> {
        self.states.get(slot as usize)
    }
}

/// A channel's state before it holds anything, with the memory for what it soon will: cells of a grid fill up to their
/// usual number one by one, and for hours.
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
struct CarriedRows {
    /// Sorted; where the motion starts, and how many it is.
    rows: Vec<((usize, u32), (u32, u32))>,
    motion: Vec<i32>,
}

impl CarriedRows {
    fn clear(&mut self) {
        self.rows.clear();
        self.motion.clear();
    }

    /// Finds the motion that the crossing rows had where they come from.
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

impl Carried for CarriedRows {
    fn motion(&self, table: usize, id: u32) -> Option<&[i32]> {
        let key = (table, id);
        let row = self.rows.binary_search_by_key(&key, |row| row.0).ok()?;
        let (start, count) = self.rows.get(row)?.1;
        self.motion.get(start as usize..(start + count) as usize)
    }
}
