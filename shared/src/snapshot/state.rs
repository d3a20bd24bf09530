//! What a channel's last snapshot said: tables of rows, sorted by entity id. Encoder and decoder hold equal copies.
//!
//! In: captured rows (server) or decoded ones (client). Out: the same, for the next delta and for the view.

use crate::replicate::{Schema, TableSchema};

/// One table's rows. `values` and `motion` are row-major, `fields` wide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableState {
    /// Entity ids, ascending.
    pub ids: Vec<u32>,
    /// Quantised fields.
    pub values: Vec<u32>,
    /// For interpolated fields: the last change, from which the next value is predicted. 0 for others.
    pub motion: Vec<i32>,
}

impl TableState {
    /// Forgets all rows, keeping the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.values.clear();
        self.motion.clear();
    }

    /// Appends a row that has not moved yet. Ids must ascend.
    pub fn push(&mut self, id: u32, values: impl Iterator<Item = u32>) {
        self.ids.push(id);
        self.values.extend(values);
        self.motion.resize(self.values.len(), 0);
    }

    /// Row `row` of a table that is `fields` wide.
    pub fn row(&self, row: usize, fields: usize) -> &[u32] {
        self.values
            .get(row * fields..(row + 1) * fields)
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
    /// Shared tables for a shared channel, owner-only tables for a client's own one; the others stay empty.
    pub tables: Vec<TableState>,
}

impl ChannelState {
    /// A channel in which nothing was sent yet.
    pub fn empty(schema: &Schema) -> ChannelState {
        ChannelState {
            tables: vec![TableState::default(); schema.tables.len()],
        }
    }

    /// Tables with their schemas.
    pub(super) fn zip<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> impl Iterator<Item = (&'a TableSchema, &'a TableState)> {
        schema.tables.iter().zip(&self.tables)
    }

    /// Rows over all tables.
    pub fn row_count(&self) -> usize {
        self.tables.iter().map(|table| table.ids.len()).sum()
    }
}

/// Takes the rows at `removed` (ascending) out, in place.
pub(super) fn remove_rows(width: usize, rows: &mut TableState, removed: &[u32]) {
    if removed.is_empty() {
        return;
    }
    let mut gone = removed.iter().peekable();
    let mut kept = 0;
    for row in 0..rows.ids.len() {
        if gone.next_if(|place| **place as usize == row).is_some() {
            continue;
        }
        if kept != row {
            rows.ids.swap(kept, row);
            for field in 0..width {
                rows.values.swap(kept * width + field, row * width + field);
                rows.motion.swap(kept * width + field, row * width + field);
            }
        }
        kept += 1;
    }
    rows.ids.truncate(kept);
    rows.values.truncate(kept * width);
    rows.motion.truncate(kept * width);
}

/// Removes rows, then lets `merge` write what stayed and what is new into a fresh table that becomes `rows`.
pub(super) fn rebuild(
    width: usize,
    rows: &mut TableState,
    removed: &[u32],
    scratch: &mut TableState,
    merge: impl FnOnce(&TableState, &mut TableState),
) {
    remove_rows(width, rows, removed);
    scratch.clear();
    merge(rows, scratch);
    std::mem::swap(rows, scratch);
}

/// Writes `kept` and `added`, both ascending by id, into `rebuilt`.
pub(super) fn merge_added<'a>(
    width: usize,
    kept: &TableState,
    rebuilt: &mut TableState,
    added: impl Iterator<Item = (u32, &'a [u32])>,
) {
    let mut place = 0;
    let mut copy_until = |rebuilt: &mut TableState, limit: Option<u32>| {
        while let Some(id) = kept.ids.get(place) {
            if limit.is_some_and(|limit| *id >= limit) {
                break;
            }
            rebuilt.ids.push(*id);
            let span = place * width..(place + 1) * width;
            rebuilt
                .values
                .extend_from_slice(kept.values.get(span.clone()).unwrap_or_default());
            rebuilt
                .motion
                .extend_from_slice(kept.motion.get(span).unwrap_or_default());
            place += 1;
        }
    };
    for (id, values) in added {
        copy_until(rebuilt, Some(id));
        rebuilt.push(id, values.iter().copied());
    }
    copy_until(rebuilt, None);
}
