//! What changed in a channel from one snapshot to the next: the encoder.
//!
//! In: a channel's state as of the last snapshot, and its captured rows. Out: a delta, and the state moved on. Layout,
//! for each table: one bit whether anything follows, and if so:
//!
//! ```text
//! removed   count, places in the old table                     (counts, gaps: Exp-Golomb)
//! moved     if the table has interpolated fields: a row set, for each row a residual per interpolated field
//! changed   if it has others: count, places, for each: which fields (a bit each, if there are several), plain values
//! added     count, for each: id, and the whole row (see `whole`)
//! ```
//! Places of `moved` and `changed` are among the rows that stayed. A row set is one bit (0: these rows, 1: all rows but
//! these), a count, and places. So a table in which everything moves lists no places, and a table in which nothing moves
//! costs nothing. Rows that are not in the set `moved` move on by their motion (see `apply`).

use super::bits::{BitWriter, bits_of, zigzag};
use super::motion::{advance, difference};
use super::state::{ChannelState, Rows, TableState, after_last, merge_rows, remove_rows};
use super::whole::{Model, write_whole_row};
use crate::replicate::{MovingColumn, Schema, TableSchema};

/// The motion of rows that cross over from another channel: they take it along.
pub trait CrossingMotion {
    /// The motion that entity `id` brings into table `table`. None when it does not cross over but is new.
    fn motion(&self, table: usize, id: u32) -> Option<&[i32]>;
}

/// No row crosses over: for rooms of one channel, and for streams that start again.
impl CrossingMotion for () {
    fn motion(&self, _table: usize, _id: u32) -> Option<&[i32]> {
        None
    }
}

/// Receives how many bits each part of a delta takes, to explain its size.
pub trait Tally {
    /// Field `place` of table `table` took `bits`, in rows that stayed.
    fn field(&mut self, table: usize, place: usize, bits: usize);
    /// The rows that are new in table `table` took `bits`, with their ids.
    fn added(&mut self, table: usize, bits: usize);
    /// Table `table` took `bits` in all: fields, new rows, places, counts.
    fn table(&mut self, table: usize, bits: usize);
}

/// Ignores the counts.
impl Tally for () {
    #[inline(always)]
    fn field(&mut self, _table: usize, _place: usize, _bits: usize) {}
    #[inline(always)]
    fn added(&mut self, _table: usize, _bits: usize) {}
    #[inline(always)]
    fn table(&mut self, _table: usize, _bits: usize) {}
}

/// Encodes deltas. Keeps its scratch memory from one to the next.
#[derive(Debug, Default)]
pub struct DeltaEncoder {
    bits: BitWriter,
    /// Places in the old table of rows that are gone.
    removed: Vec<u32>,
    /// Places in the new table of rows that are new.
    added: Vec<u32>,
    /// Places, among the rows that stayed, of those that are not where their motion brings them.
    moved: Vec<u32>,
    /// Places of the others.
    coasted: Vec<u32>,
    /// The moved rows' residuals, zigzagged.
    residuals: Vec<u32>,
    /// Places, among the rows that stayed, of those whose other fields changed.
    changed: Vec<u32>,
    /// The other fields of the changed rows: the new value, or None where it stayed.
    changes: Vec<Option<u32>>,
    /// The added rows, which are merged in at the end.
    incoming: TableState,
    spare: TableState,
    /// The motion of one added row.
    motion: Vec<i32>,
}

impl DeltaEncoder {
    /// Appends to `out` the change from `state` to `next` and moves `state` on. False when all rows are where their
    /// motion brings them: then nothing was appended, and a receiver must still coast ([`super::coast_all`]). `next` has
    /// one table of rows for each table of the schema, with ascending ids.
    pub fn encode<'a>(
        &mut self,
        schema: &Schema,
        state: &mut ChannelState,
        next: impl Iterator<Item = Rows<'a>>,
        crossing: &impl CrossingMotion,
        tally: &mut impl Tally,
        out: &mut Vec<u8>,
    ) -> bool {
        self.bits.clear();
        let mut any = false;
        let tables = schema.tables.iter().zip(&mut state.tables).zip(next);
        for (place, ((table, rows), next)) in tables.enumerate() {
            // Added ids count from here.
            let after_last = after_last(&rows.ids);
            self.find_rows(rows, next);
            remove_rows(table, rows, &self.removed);
            self.move_on(table, rows, next);
            let quiet = self.removed.is_empty() && self.added.is_empty();
            let quiet = quiet && self.moved.is_empty() && self.changed.is_empty();
            let before = self.bits.len_bits();
            self.bits.bit(!quiet);
            if !quiet {
                write_places(&mut self.bits, &self.removed);
                self.write_moved((place, table), rows, tally);
                self.write_changed((place, table), tally);
                let before = self.bits.len_bits();
                self.write_added((place, table), (rows, next), after_last, crossing);
                tally.added(place, self.bits.len_bits() - before);
                merge_rows(table, rows, &self.incoming, &mut self.spare);
            }
            any |= !quiet;
            tally.table(place, self.bits.len_bits() - before);
        }
        if any {
            out.extend_from_slice(self.bits.finish());
        }
        any
    }

    /// Compares the two sorted lists of ids: which places are removed, which are added.
    fn find_rows(&mut self, rows: &TableState, next: Rows<'_>) {
        self.removed.clear();
        self.added.clear();
        if rows.ids == next.ids {
            return;
        }
        let (mut old, mut new) = (0_usize, 0_usize);
        loop {
            match (rows.ids.get(old), next.ids.get(new)) {
                (Some(a), Some(b)) if a == b => (old, new) = (old + 1, new + 1),
                (Some(a), Some(b)) if a > b => {
                    self.added.push(new as u32);
                    new += 1;
                }
                (Some(_), _) => {
                    self.removed.push(old as u32);
                    old += 1;
                }
                (None, Some(_)) => {
                    self.added.push(new as u32);
                    new += 1;
                }
                (None, None) => break,
            }
        }
    }

    /// Brings the rows that stayed to their new values, and notes what the delta must say of them.
    fn move_on(&mut self, table: &TableSchema, rows: &mut TableState, next: Rows<'_>) {
        self.moved.clear();
        self.coasted.clear();
        self.residuals.clear();
        self.changed.clear();
        self.changes.clear();
        let (width, moving) = (table.width(), table.moving.len());
        let (mut kept, mut added) = (0_usize, 0_usize);
        for new in 0..next.ids.len() {
            if self.added.get(added) == Some(&(new as u32)) {
                added += 1;
                continue;
            }
            let values = rows.values.get_mut(kept * width..(kept + 1) * width);
            let motions = rows.motion.get_mut(kept * moving..(kept + 1) * moving);
            let (Some(values), Some(motions)) = (values, motions) else {
                break;
            };
            let to = next.row(new, width);
            if moving > 0 {
                if self.move_row(table, (values, motions), to) {
                    self.moved.push(kept as u32);
                } else {
                    self.coasted.push(kept as u32);
                }
            }
            if !table.plain.is_empty() && self.change_row(table, values, to) {
                self.changed.push(kept as u32);
            }
            kept += 1;
        }
    }

    /// Moves the interpolated fields of one row. True when they are not where their motion brings them.
    #[inline]
    fn move_row(
        &mut self,
        table: &TableSchema,
        (values, motions): (&mut [u32], &mut [i32]),
        to: &[u32],
    ) -> bool {
        let before = self.residuals.len();
        let mut off = 0;
        let residuals = &mut self.residuals;
        let next = |_, column: &MovingColumn, predicted| {
            let to = to.get(column.place).copied().unwrap_or(predicted);
            let residual = zigzag(difference(column, to, predicted));
            off |= residual;
            residuals.push(residual);
            to
        };
        advance(table, values, motions, next);
        if off == 0 {
            self.residuals.truncate(before);
        }
        off != 0
    }

    /// Sets the other fields of one row. True when one of them changed.
    #[inline]
    fn change_row(&mut self, table: &TableSchema, values: &mut [u32], to: &[u32]) -> bool {
        let before = self.changes.len();
        let mut any = false;
        for column in &table.plain {
            let (Some(value), Some(to)) = (values.get_mut(column.place), to.get(column.place))
            else {
                continue;
            };
            any |= value != to;
            self.changes.push((value != to).then_some(*to));
            *value = *to;
        }
        if !any {
            self.changes.truncate(before);
        }
        any
    }

    fn write_added(
        &mut self,
        (place, table): (usize, &TableSchema),
        (rows, next): (&TableState, Rows<'_>),
        after_last: u32,
        crossing: &impl CrossingMotion,
    ) {
        let out = &mut self.bits;
        self.incoming.clear();
        out.exp_golomb(self.added.len() as u32);
        let mut expected = after_last;
        for new in &self.added {
            let id = next.ids.get(*new as usize).copied().unwrap_or_default();
            let values = next.row(*new as usize, table.width());
            let model = Model::last(table, &self.incoming).or_else(|| Model::last(table, rows));
            self.motion.clear();
            match crossing.motion(place, id) {
                Some(motion) => {
                    self.motion.extend_from_slice(motion);
                    // The turn is left out: if the row goes on turning, the next delta says so for no more bits.
                    if let (Some(_), Some(turn)) = (&table.heading, self.motion.first_mut()) {
                        *turn = 0;
                    }
                }
                None => Model::guess(model, table, &mut self.motion),
            }
            let motion = self.motion.as_slice();
            // A row that is new in the room comes behind all others; one that crosses over may come anywhere.
            let is_behind = id >= expected;
            out.bit(is_behind);
            if is_behind {
                out.exp_golomb(id - expected);
                expected = id.saturating_add(1);
            } else {
                out.bits(id, bits_of(after_last));
            }
            write_whole_row(out, table, (values, motion), model);
            self.incoming.push(id, values, motion);
        }
    }

    fn write_moved(
        &mut self,
        (place, table): (usize, &TableSchema),
        rows: &mut TableState,
        tally: &mut impl Tally,
    ) {
        let moving = table.moving.len();
        if moving == 0 {
            return;
        }
        let out = &mut self.bits;
        // Either list says which rows moved: the shorter one is written.
        let all_but = self.coasted.len() < self.moved.len();
        out.bit(all_but);
        write_places(out, if all_but { &self.coasted } else { &self.moved });
        let codes = rows.codes.as_mut_slice();
        for row in self.residuals.chunks_exact(moving) {
            for ((residual, code), column) in row.iter().zip(&mut *codes).zip(&table.moving) {
                let before = out.len_bits();
                code.write(out, *residual);
                tally.field(place, column.place, out.len_bits() - before);
            }
        }
    }

    fn write_changed(&mut self, (place, table): (usize, &TableSchema), tally: &mut impl Tally) {
        let columns = table.plain.len();
        if columns == 0 {
            return;
        }
        let out = &mut self.bits;
        write_places(out, &self.changed);
        for row in self.changes.chunks_exact(columns) {
            for (change, column) in row.iter().zip(&table.plain) {
                let before = out.len_bits();
                // A row with a single field is only listed when that field changed.
                if columns > 1 {
                    out.bit(change.is_some());
                }
                if let Some(value) = change {
                    out.bits(*value, column.bits);
                }
                tally.field(place, column.place, out.len_bits() - before);
            }
        }
    }
}

/// Writes a count, and ascending places as gaps.
fn write_places(out: &mut BitWriter, places: &[u32]) {
    out.exp_golomb(places.len() as u32);
    let mut expected = 0;
    for place in places {
        out.exp_golomb(place - expected);
        expected = place + 1;
    }
}
