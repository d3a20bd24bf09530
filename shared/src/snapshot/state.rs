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
