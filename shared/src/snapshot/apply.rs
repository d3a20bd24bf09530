//! What changed in a channel from one snapshot to the next: the decoder. `delta` shows the layout.
//!
//! In: a channel's state and a delta. Out: the state moved on. Memory is taken only for what the bytes carry, and no loop is
//! longer than they are.

use super::bits::{BitReader, bits_of, unzigzag};
use super::error::SnapshotError;
use super::motion::{advance_by, coast, difference, predict};
use super::state::{ChannelState, TableState, after_last, merge_rows, remove_rows};
use super::whole::{Model, read_whole_row};
use crate::replicate::{PlainColumn, Schema, TableSchema};

/// Applies deltas. Keeps its scratch memory from one to the next.
#[derive(Debug, Default)]
pub struct DeltaDecoder {
    removed: Vec<u32>,
    named: Vec<u32>,
    incoming: TableState,
    spare: TableState,
    values: Vec<u32>,
    motion: Vec<i32>,
    residuals: Vec<i32>,
}

impl DeltaDecoder {
    /// Applies a delta to `state`. Every row that it does not name moves on by its motion.
    ///
    /// # Errors
    /// When the bytes are not a delta of this schema for this state. The state then holds no rows.
    pub fn apply(
        &mut self,
        schema: &Schema,
        state: &mut ChannelState,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let read = self.read(schema, state, bytes);
        if read.is_err() {
            state.clear();
        }
        read
    }

    fn read(
        &mut self,
        schema: &Schema,
        state: &mut ChannelState,
        bytes: &[u8],
    ) -> Result<(), SnapshotError> {
        let mut from = BitReader::new(bytes);
        for (table, rows) in schema.tables.iter().zip(&mut state.tables) {
            if from.bit()? {
                self.read_table(&mut from, table, rows)?;
            } else {
                coast_table(table, rows);
            }
        }
        from.finish()
    }

    fn read_table(
        &mut self,
        from: &mut BitReader,
        table: &TableSchema,
        rows: &mut TableState,
    ) -> Result<(), SnapshotError> {
        let after_last = after_last(&rows.ids);
        read_places(from, rows.ids.len(), &mut self.removed)?;
        remove_rows(table, rows, &self.removed);
        self.read_moved(from, table, rows)?;
        self.read_changed(from, table, rows)?;
        self.read_added(from, table, rows, after_last)?;
        let mut added = self.incoming.ids.iter();
        if added.any(|id| rows.find(*id).is_some()) {
            return Err(SnapshotError::Invalid);
        }
        merge_rows(table, rows, &self.incoming, &mut self.spare);
        Ok(())
    }

    fn read_added(
        &mut self,
        from: &mut BitReader,
        table: &TableSchema,
        rows: &TableState,
        after_last: u32,
    ) -> Result<(), SnapshotError> {
        self.incoming.clear();
        let mut expected = after_last;
        for _ in 0..from.count(1 + table.whole_row_bits())? {
            let id = if from.bit()? {
                let id = expected.checked_add(from.exp_golomb()?);
                let id = id.ok_or(SnapshotError::Invalid)?;
                expected = id.saturating_add(1);
                id
            } else {
                from.bits(bits_of(after_last))?
            };
            if self.incoming.ids.last().is_some_and(|last| *last >= id) {
                return Err(SnapshotError::Invalid);
            }
            let (values, motion) = (&mut self.values, &mut self.motion);
            values.clear();
            motion.clear();
            let model = Model::last(table, &self.incoming).or_else(|| Model::last(table, rows));
            read_whole_row(from, table, (values, motion), model)?;
            self.incoming.push(id, values, motion);
        }
        Ok(())
    }

    fn read_moved(
        &mut self,
        from: &mut BitReader,
        table: &TableSchema,
        rows: &mut TableState,
    ) -> Result<(), SnapshotError> {
        let (width, moving) = (table.width(), table.moving.len());
        if moving == 0 {
            return Ok(());
        }
        let all_but = from.bit()?;
        read_places(from, rows.ids.len(), &mut self.named)?;
        let mut named = self.named.iter().peekable();
        let values = rows.values.chunks_exact_mut(width);
        let motions = rows.motion.chunks_exact_mut(moving);
        for (row, (values, motions)) in values.zip(motions).enumerate() {
            let is_named = named.next_if(|place| **place as usize == row).is_some();
            if is_named == all_but {
                coast(table, values, motions);
                continue;
            }
            // Whatever the residual is, `predict` keeps the value in the field's range.
            if table.heading.is_none() {
                // Does what `advance` does, in one loop with the reading: this is most of a client's work.
                let columns = table.moving.iter().zip(motions).zip(&mut rows.codes);
                for ((column, motion), code) in columns {
                    let residual = unzigzag(code.read(from)?);
                    let value = values.get_mut(column.place).ok_or(SnapshotError::Invalid)?;
                    let next = predict(column, predict(column, *value, *motion), residual);
                    *motion = difference(column, next, *value);
                    *value = next;
                }
                continue;
            }
            self.residuals.clear();
            for code in &mut rows.codes {
                self.residuals.push(unzigzag(code.read(from)?));
            }
            advance_by(table, values, motions, &self.residuals);
        }
        Ok(())
    }

    fn read_changed(
        &mut self,
        from: &mut BitReader,
        table: &TableSchema,
        rows: &mut TableState,
    ) -> Result<(), SnapshotError> {
        let (width, columns) = (table.width(), table.plain.len());
        if columns == 0 {
            return Ok(());
        }
        read_places(from, rows.ids.len(), &mut self.named)?;
        for place in &self.named {
            let start = *place as usize * width;
            for column in &table.plain {
                if columns == 1 || from.bit()? {
                    let value = read_plain(from, column)?;
                    let cell = rows.values.get_mut(start + column.place);
                    *cell.ok_or(SnapshotError::Invalid)? = value;
                }
            }
        }
        Ok(())
    }
}

/// Moves a channel on by one snapshot that does not name it: all its rows coast.
pub fn coast_all(schema: &Schema, state: &mut ChannelState) {
    for (table, rows) in schema.tables.iter().zip(&mut state.tables) {
        coast_table(table, rows);
    }
}

fn coast_table(table: &TableSchema, rows: &mut TableState) {
    if table.moving.is_empty() {
        return;
    }
    let values = rows.values.chunks_exact_mut(table.width());
    for (values, motions) in values.zip(rows.motion.chunks_exact_mut(table.moving.len())) {
        coast(table, values, motions);
    }
}

fn read_plain(from: &mut BitReader, column: &PlainColumn) -> Result<u32, SnapshotError> {
    let value = from.bits(column.bits)?;
    if value > column.max {
        return Err(SnapshotError::Invalid);
    }
    Ok(value)
}

fn read_places(
    from: &mut BitReader,
    rows: usize,
    places: &mut Vec<u32>,
) -> Result<(), SnapshotError> {
    places.clear();
    let mut expected = 0_u32;
    for _ in 0..from.count(1)? {
        let gap = from.exp_golomb()?;
        let place = expected.checked_add(gap).ok_or(SnapshotError::Invalid)?;
        if place as usize >= rows {
            return Err(SnapshotError::Invalid);
        }
        expected = place + 1;
        places.push(place);
    }
    Ok(())
}
