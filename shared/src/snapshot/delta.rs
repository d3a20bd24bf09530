//! What changed in a channel from one snapshot to the next.
//!
//! Layout, for each table: one bit "anything?", and if so: rows removed (their places), rows added (ids and plain
//! values), rows changed (their places among the rows that stayed, and their fields). Places and ids ascend and are
//! written as gaps, so that a table in which everything moves pays one bit per row for naming it, and one in which
//! nothing moves pays nothing. Rows that are not named move on by their motion.

use super::SnapshotError;
use super::bits::{BitReader, BitWriter, Rice, unzigzag, zigzag};
use super::fields::{
    advance, coast, differs, plain_bits, read_change, read_plain, write_change, write_plain,
};
use super::state::{ChannelState, TableState, merge_added, rebuild, remove_rows};
use crate::replicate::{Schema, TableSchema};

/// Encodes deltas; keeps its scratch memory from one to the next.
#[derive(Debug, Default)]
pub struct DeltaEncoder {
    bits: BitWriter,
    /// Places in the old table of rows that are gone.
    removed: Vec<u32>,
    /// Places in the new table of rows that are new.
    added: Vec<u32>,
    /// Places among the rows that stayed, and in the new table, of rows that changed.
    changed: Vec<(u32, u32)>,
    codes: Vec<Rice>,
    rebuilt: TableState,
}

impl DeltaEncoder {
    /// Appends to `out` the change from `state` to `next` and moves `state` on. False when nothing changed that
    /// motion does not predict: then nothing was appended, and a receiver that is told nothing must still coast
    /// ([`coast_all`]). `next` is a capture: ids ascending, motion ignored.
    pub fn encode(
        &mut self,
        schema: &Schema,
        state: &mut ChannelState,
        next: &[TableState],
        out: &mut Vec<u8>,
    ) -> bool {
        self.bits.clear();
        let mut any = false;
        for ((table, rows), next) in schema.tables.iter().zip(&mut state.tables).zip(next) {
            self.compare(table, rows, next);
            let changed =
                !(self.removed.is_empty() && self.added.is_empty() && self.changed.is_empty());
            self.bits.bit(changed);
            if changed {
                self.write_table(table, rows, next);
            }
            self.move_on(table, rows, next);
            any |= changed;
        }
        if any {
            out.extend_from_slice(self.bits.finish());
        }
        any
    }

    /// Merges the two sorted lists of ids into removed, added and changed places.
    fn compare(&mut self, table: &TableSchema, rows: &TableState, next: &TableState) {
        self.removed.clear();
        self.added.clear();
        self.changed.clear();
        let width = table.fields.len();
        let (mut old, mut new, mut kept) = (0_usize, 0_usize, 0_u32);
        loop {
            match (rows.ids.get(old), next.ids.get(new)) {
                (Some(a), Some(b)) if a == b => {
                    let motion = rows
                        .motion
                        .get(old * width..(old + 1) * width)
                        .unwrap_or_default();
                    if differs(table, rows.row(old, width), motion, next.row(new, width)) {
                        self.changed.push((kept, new as u32));
                    }
                    (old, new, kept) = (old + 1, new + 1, kept + 1);
                }
                (Some(a), Some(b)) if a < b => {
                    self.removed.push(old as u32);
                    old += 1;
                }
                (Some(_), None) => {
                    self.removed.push(old as u32);
                    old += 1;
                }
                (_, Some(_)) => {
                    self.added.push(new as u32);
                    new += 1;
                }
                (None, None) => break,
            }
        }
    }

    fn write_table(&mut self, table: &TableSchema, rows: &TableState, next: &TableState) {
        let width = table.fields.len();
        let out = &mut self.bits;
        out.exp_golomb(self.removed.len() as u32);
        write_places(out, self.removed.iter().copied());
        out.exp_golomb(self.added.len() as u32);
        let mut expected = after_last(rows);
        for place in &self.added {
            let id = next.ids.get(*place as usize).copied().unwrap_or_default();
            out.exp_golomb(zigzag(id.wrapping_sub(expected) as i32));
            expected = id.wrapping_add(1);
            write_plain(out, table, next.row(*place as usize, width));
        }
        out.exp_golomb(self.changed.len() as u32);
        self.codes.clear();
        self.codes.resize(width, Rice::START);
        let (mut expected, mut skipped) = (0, SkipRemoved::new(&self.removed));
        for (kept, new) in &self.changed {
            out.exp_golomb(kept - expected);
            expected = kept + 1;
            let old = skipped.old_place(*kept) as usize;
            let motion = rows
                .motion
                .get(old * width..(old + 1) * width)
                .unwrap_or_default();
            let next = next.row(*new as usize, width);
            write_change(
                out,
                table,
                &mut self.codes,
                (rows.row(old, width), motion),
                next,
            );
        }
    }

    /// Makes `rows` equal to `next`, with motion.
    fn move_on(&mut self, table: &TableSchema, rows: &mut TableState, next: &TableState) {
        let width = table.fields.len();
        if !(self.removed.is_empty() && self.added.is_empty()) {
            rebuild(
                width,
                rows,
                &self.removed,
                &mut self.rebuilt,
                |kept, rebuilt| {
                    merge_added(
                        width,
                        kept,
                        rebuilt,
                        self.added.iter().map(|place| {
                            let place = *place as usize;
                            (
                                next.ids.get(place).copied().unwrap_or_default(),
                                next.row(place, width),
                            )
                        }),
                    );
                },
            );
        }
        let added = &mut self.added.iter().peekable();
        for new in 0..next.ids.len() {
            if added.next_if(|place| **place as usize == new).is_some() {
                continue;
            }
            let span = new * width..(new + 1) * width;
            if let (Some(values), Some(motion)) =
                (rows.values.get_mut(span.clone()), rows.motion.get_mut(span))
            {
                advance(table, values, motion, next.row(new, width));
            }
        }
    }
}

/// Applies a delta to `state`. Every row that it does not name moves on by its motion.
///
/// # Errors
/// When the bytes are not a delta of this schema for this state. `state` is then of no more use.
pub fn apply_delta(
    schema: &Schema,
    state: &mut ChannelState,
    bytes: &[u8],
) -> Result<(), SnapshotError> {
    let mut from = BitReader::new(bytes);
    let mut scratch = Scratch::default();
    for (table, rows) in schema.tables.iter().zip(&mut state.tables) {
        if from.bit()? {
            read_table(&mut from, table, rows, &mut scratch)?;
        } else {
            coast_table(table, rows, &[]);
        }
    }
    from.finish()
}

/// What a channel does over one snapshot that says nothing of it.
pub fn coast_all(schema: &Schema, state: &mut ChannelState) {
    for (table, rows) in schema.tables.iter().zip(&mut state.tables) {
        coast_table(table, rows, &[]);
    }
}

#[derive(Default)]
struct Scratch {
    removed: Vec<u32>,
    added: TableState,
    named: Vec<u32>,
    rebuilt: TableState,
    codes: Vec<Rice>,
}

fn read_table(
    from: &mut BitReader,
    table: &TableSchema,
    rows: &mut TableState,
    scratch: &mut Scratch,
) -> Result<(), SnapshotError> {
    let width = table.fields.len();
    read_places(from, rows.ids.len(), &mut scratch.removed)?;

    scratch.added.clear();
    let mut expected = after_last(rows);
    for _ in 0..from.count(1 + plain_bits(table))? {
        let id = expected.wrapping_add_signed(unzigzag(from.exp_golomb()?));
        if scratch.added.ids.last().is_some_and(|last| *last >= id) {
            return Err(SnapshotError::Invalid);
        }
        expected = id.wrapping_add(1);
        scratch.added.ids.push(id);
        for field in &table.fields {
            scratch.added.values.push(read_plain(from, field)?);
        }
    }

    // Changes speak of the rows that stay, so they are applied after the removal and before the addition.
    remove_rows(width, rows, &scratch.removed);
    let count = from.count(1)?;
    scratch.named.clear();
    scratch.codes.clear();
    scratch.codes.resize(width, Rice::START);
    let mut expected = 0_u32;
    for _ in 0..count {
        let place = expected
            .checked_add(from.exp_golomb()?)
            .ok_or(SnapshotError::Invalid)?;
        expected = place.wrapping_add(1);
        let span = place as usize * width..(place as usize + 1) * width;
        if place as usize >= rows.ids.len() {
            return Err(SnapshotError::Invalid);
        }
        let (Some(values), Some(motion)) =
            (rows.values.get_mut(span.clone()), rows.motion.get_mut(span))
        else {
            return Err(SnapshotError::Invalid);
        };
        read_change(from, table, &mut scratch.codes, values, motion)?;
        scratch.named.push(place);
    }
    coast_table(table, rows, &scratch.named);

    if !scratch.added.ids.is_empty() {
        if scratch.added.ids.iter().any(|id| rows.find(*id).is_some()) {
            return Err(SnapshotError::Invalid);
        }
        let added = &scratch.added;
        rebuild(width, rows, &[], &mut scratch.rebuilt, |kept, rebuilt| {
            let rows = added
                .ids
                .iter()
                .enumerate()
                .map(|(row, id)| (*id, added.row(row, width)));
            merge_added(width, kept, rebuilt, rows);
        });
    }
    Ok(())
}

/// Moves every row on by its motion, except those at the places in `named` (ascending).
fn coast_table(table: &TableSchema, rows: &mut TableState, named: &[u32]) {
    let width = table.fields.len();
    if width == 0 || table.fields.iter().all(|field| !field.interpolate) {
        return;
    }
    let mut named = named.iter().peekable();
    for (row, (values, motion)) in rows
        .values
        .chunks_exact_mut(width)
        .zip(rows.motion.chunks_exact_mut(width))
        .enumerate()
    {
        if named.next_if(|place| **place as usize == row).is_none() {
            coast(table, values, motion);
        }
    }
}

fn after_last(rows: &TableState) -> u32 {
    rows.ids.last().map_or(0, |last| last.wrapping_add(1))
}

fn write_places(out: &mut BitWriter, places: impl Iterator<Item = u32>) {
    let mut expected = 0;
    for place in places {
        out.exp_golomb(place - expected);
        expected = place + 1;
    }
}

fn read_places(
    from: &mut BitReader,
    rows: usize,
    places: &mut Vec<u32>,
) -> Result<(), SnapshotError> {
    places.clear();
    let mut expected = 0_u32;
    for _ in 0..from.count(1)? {
        let place = expected
            .checked_add(from.exp_golomb()?)
            .ok_or(SnapshotError::Invalid)?;
        if place as usize >= rows {
            return Err(SnapshotError::Invalid);
        }
        expected = place + 1;
        places.push(place);
    }
    Ok(())
}

/// Turns places among kept rows into places among all old rows; asked in ascending order.
struct SkipRemoved<'a> {
    removed: std::iter::Peekable<std::slice::Iter<'a, u32>>,
    skipped: u32,
}

impl<'a> SkipRemoved<'a> {
    fn new(removed: &'a [u32]) -> SkipRemoved<'a> {
        SkipRemoved {
            removed: removed.iter().peekable(),
            skipped: 0,
        }
    }

    fn old_place(&mut self, kept: u32) -> u32 {
        while self
            .removed
            .next_if(|place| **place <= kept + self.skipped)
            .is_some()
        {
            self.skipped += 1;
        }
        kept + self.skipped
    }
}
