//! What a channel held at its last snapshot: tables of rows, sorted by entity id. Encoder and decoder hold equal copies.
//!
//! In: captured rows (server) or decoded ones (client). Out: the same rows, for the next delta and for the view; a hash of
//! them, by which a client notices that it holds something else.

use xxhash_rust::xxh3::Xxh3;

use super::code::Code;
use crate::replicate::{Schema, TableSchema};

/// One table's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableState {
    /// Entity ids, ascending.
    pub ids: Vec<u32>,
    /// Quantised values, row by row: one for each field of the table.
    pub values: Vec<u32>,
    /// The last change of each interpolated field, from which the next value is predicted. Row by row: one for each
    /// interpolated field of the table.
    pub motion: Vec<i32>,
    /// One for each interpolated field: what its residuals have taught so far.
    pub codes: Vec<Code>,
}

/// Rows as the server captured them, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows<'a> {
    /// Entity ids, ascending.
    pub ids: &'a [u32],
    /// Quantised values, row by row.
    pub values: &'a [u32],
}

impl<'a> Rows<'a> {
    /// Row `row` of a table that is `width` wide.
    #[inline]
    pub fn row(&self, row: usize, width: usize) -> &'a [u32] {
        self.values
            .get(row * width..(row + 1) * width)
            .unwrap_or_default()
    }
}

impl TableState {
    /// A table without rows.
    pub fn empty(schema: &TableSchema) -> TableState {
        TableState {
            codes: vec![Code::default(); schema.moving.len()],
            ..TableState::default()
        }
    }

    /// Forgets all rows and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.values.clear();
        self.motion.clear();
    }

    /// Appends a row. Ids must ascend.
    pub(super) fn push(&mut self, id: u32, values: &[u32], motion: &[i32]) {
        self.ids.push(id);
        self.values.extend_from_slice(values);
        self.motion.extend_from_slice(motion);
    }

    /// The rows, borrowed.
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            ids: &self.ids,
            values: &self.values,
        }
    }

    /// Row `row` of a table that is `width` wide.
    #[inline]
    pub fn row(&self, row: usize, width: usize) -> &[u32] {
        self.rows().row(row, width)
    }

    /// The motion of row `row`.
    #[inline]
    pub fn row_motion(&self, row: usize, schema: &TableSchema) -> &[i32] {
        let width = schema.moving.len();
        self.motion
            .get(row * width..(row + 1) * width)
            .unwrap_or_default()
    }

    /// The row of an entity.
    pub fn find(&self, id: u32) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }
}

/// One channel's tables, in the schema's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// A shared channel fills the shared tables, a client's own channel the owner-only ones; the others stay empty.
    pub tables: Vec<TableState>,
}

impl ChannelState {
    /// A channel of which nothing was sent yet.
    pub fn empty(schema: &Schema) -> ChannelState {
        ChannelState {
            tables: schema.tables.iter().map(TableState::empty).collect(),
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        for table in &mut self.tables {
            table.clear();
        }
    }

    /// How many rows all tables have together.
    pub fn row_count(&self) -> usize {
        self.tables.iter().map(|table| table.ids.len()).sum()
    }

    /// True when no row has a motion: then a snapshot that does not name the channel changes nothing in it.
    pub fn is_at_rest(&self) -> bool {
        let mut motions = self.tables.iter().flat_map(|table| &table.motion);
        motions.all(|motion| *motion == 0)
    }

    /// A hash of everything that the next delta depends on: ids, values, motion, codes. XXH3 over little-endian numbers;
    /// each table begins with its row count.
    pub fn hash(&self) -> u64 {
        let mut hasher = NumberHasher::default();
        for table in &self.tables {
            hasher.numbers([table.ids.len() as u32].into_iter());
            hasher.numbers(table.ids.iter().copied());
            hasher.numbers(table.values.iter().copied());
            hasher.numbers(table.motion.iter().map(|motion| *motion as u32));
            hasher.numbers(table.codes.iter().map(|code| code.learnt()));
        }
        hasher.finish()
    }

    /// The first entity whose rows differ between the two, by table and then by id. None when there is no difference, or
    /// only in what the codes have learnt.
    pub fn first_difference(&self, other: &ChannelState, schema: &Schema) -> Option<u32> {
        for ((table, ours), theirs) in schema.tables.iter().zip(&self.tables).zip(&other.tables) {
            let width = table.width();
            let rows = ours.ids.len().max(theirs.ids.len());
            for row in 0..rows {
                match (ours.ids.get(row), theirs.ids.get(row)) {
                    (Some(a), Some(b)) if a == b => {
                        let same = ours.row(row, width) == theirs.row(row, width)
                            && ours.row_motion(row, table) == theirs.row_motion(row, table);
                        if !same {
                            return Some(*a);
                        }
                    }
                    (Some(a), Some(b)) => return Some(*a.min(b)),
                    (Some(only), None) | (None, Some(only)) => return Some(*only),
                    (None, None) => {}
                }
            }
        }
        None
    }
}

/// XXH3 over little-endian numbers, which it collects into pieces that are worth a call.
struct NumberHasher {
    hasher: Xxh3,
    bytes: [u8; 256],
    used: usize,
}

impl Default for NumberHasher {
    fn default() -> NumberHasher {
        NumberHasher {
            hasher: Xxh3::new(),
            bytes: [0; 256],
            used: 0,
        }
    }
}

impl NumberHasher {
    fn numbers(&mut self, numbers: impl Iterator<Item = u32>) {
        for number in numbers {
            if self.used == self.bytes.len() {
                self.flush();
            }
            if let Some(place) = self.bytes.get_mut(self.used..self.used + 4) {
                place.copy_from_slice(&number.to_le_bytes());
                self.used += 4;
            }
        }
    }

    // Not inlined: browsers download this code, and one copy is enough.
    #[inline(never)]
    fn flush(&mut self) {
        let bytes = self.bytes.get(..self.used).unwrap_or_default();
        self.hasher.update(bytes);
        self.used = 0;
    }

    fn finish(mut self) -> u64 {
        self.flush();
        self.hasher.digest()
    }
}

/// The lowest id that a row behind these can have.
pub(super) fn after_last(ids: &[u32]) -> u32 {
    ids.last().map_or(0, |last| last.saturating_add(1))
}

/// Removes the rows at these places (ascending) from `rows`, in place.
pub(super) fn remove_rows(schema: &TableSchema, rows: &mut TableState, removed: &[u32]) {
    if removed.is_empty() {
        return;
    }
    let (width, moving) = (schema.width(), schema.moving.len());
    let mut gone = removed.iter().peekable();
    let mut kept = 0;
    for row in 0..rows.ids.len() {
        if gone.next_if(|place| **place as usize == row).is_some() {
            continue;
        }
        if kept != row {
            rows.ids.swap(kept, row);
            rows.values
                .copy_within(row * width..(row + 1) * width, kept * width);
            rows.motion
                .copy_within(row * moving..(row + 1) * moving, kept * moving);
        }
        kept += 1;
    }
    rows.ids.truncate(kept);
    rows.values.truncate(kept * width);
    rows.motion.truncate(kept * moving);
}

/// Merges `added` into `rows`. Both ascend by id and have no id in common. `spare` lends its memory.
pub(super) fn merge_rows(
    schema: &TableSchema,
    rows: &mut TableState,
    added: &TableState,
    spare: &mut TableState,
) {
    if added.ids.is_empty() {
        return;
    }
    let width = schema.width();
    // The usual case: new entities have the highest ids, so their rows go behind all others.
    if rows.ids.last() < added.ids.first() {
        rows.ids.extend_from_slice(&added.ids);
        rows.values.extend_from_slice(&added.values);
        rows.motion.extend_from_slice(&added.motion);
        return;
    }
    spare.clear();
    let mut new = 0;
    for (row, id) in rows.ids.iter().enumerate() {
        while let Some(added_id) = added.ids.get(new).filter(|added| *added < id) {
            let motion = added.row_motion(new, schema);
            spare.push(*added_id, added.row(new, width), motion);
            new += 1;
        }
        spare.push(*id, rows.row(row, width), rows.row_motion(row, schema));
    }
    for (row, id) in added.ids.iter().enumerate().skip(new) {
        spare.push(*id, added.row(row, width), added.row_motion(row, schema));
    }
    std::mem::swap(&mut rows.ids, &mut spare.ids);
    std::mem::swap(&mut rows.values, &mut spare.values);
    std::mem::swap(&mut rows.motion, &mut spare.motion);
}
