//! What to draw now: one table per component, in columns, with every field ready to use.
//!
//! In: the frames around the drawn moment, and the predicted avatar. Out: numbers in columns that keep their memory
//! from one animation frame to the next, so that a browser reads them in place. `curve` says where entities are, `ease`
//! keeps the picture from jumping when a snapshot proves a guess wrong.

use super::curve::{Walk, add};
use super::ease::{Cell, Eases};
use super::frames::{Around, Basis};
use crate::replicate::{FieldSchema, Schema, TableSchema};
use crate::snapshot::TableState;

/// Rows that a table has room for at first. The room is doubled when it runs out.
const FIRST_CAPACITY: usize = 32;

/// One component's rows.
#[derive(Clone, Debug, Default)]
pub struct ViewTable {
    /// Rows in use.
    pub count: usize,
    /// Entity ids, ascending; `capacity` long.
    pub ids: Vec<u32>,
    /// All columns, one after the other, each `capacity` long: field f of row r is at `f * capacity + r`.
    pub columns: Vec<f64>,
}

impl ViewTable {
    /// Rows that the columns have room for.
    pub fn capacity(&self) -> usize {
        self.ids.len()
    }

    /// The ids in use.
    pub fn ids(&self) -> &[u32] {
        self.ids.get(..self.count).unwrap_or_default()
    }

    /// One field of all rows in use. `field` is its place in the component.
    pub fn column(&self, field: usize) -> &[f64] {
        let start = field * self.capacity();
        self.columns
            .get(start..start + self.count)
            .unwrap_or_default()
    }

    /// The row of an entity.
    pub fn find(&self, id: u32) -> Option<usize> {
        self.ids().binary_search(&id).ok()
    }

    /// Takes a row out. The rows behind it move up.
    fn remove(&mut self, row: usize) {
        let (capacity, count) = (self.capacity(), self.count);
        self.ids.copy_within(row + 1..count, row);
        for column in self.columns.chunks_exact_mut(capacity.max(1)) {
            column.copy_within(row + 1..count, row);
        }
        self.count -= 1;
    }

    /// Makes room for twice as many rows.
    fn grow(&mut self, fields: usize) {
        let (old, new) = (self.capacity(), (self.capacity() * 2).max(FIRST_CAPACITY));
        let mut columns = vec![0.0; new * fields];
        for field in 0..fields {
            let from = self.columns.get(field * old..(field + 1) * old);
            let to = columns.get_mut(field * new..field * new + old);
            if let (Some(from), Some(to)) = (from, to) {
                to.copy_from_slice(from);
            }
        }
        self.columns = columns;
        self.ids.resize(new, 0);
    }

    fn set(&mut self, row: usize, field: usize, value: f64) {
        let place = field * self.capacity() + row;
        if let Some(cell) = self.columns.get_mut(place) {
            *cell = value;
        }
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct ViewRow<'a> {
    table: &'a ViewTable,
    row: usize,
}

impl ViewRow<'_> {
    /// Writes its fields into `out`.
    pub(super) fn read(&self, out: &mut [f64]) {
        for (field, value) in out.iter_mut().enumerate() {
            *value = self
                .table
                .column(field)
                .get(self.row)
                .copied()
                .unwrap_or_default();
        }
    }
}

/// Everything to draw at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// By the component's place in [`Schema::components`].
    pub tables: Vec<ViewTable>,
    /// Changes when a table's memory has moved: a reader in place must then ask where it is now.
    pub layout_version: u32,
    /// The tick at which remote entities are drawn, with its fraction; 0 before the first snapshot. It goes on when
    /// snapshots are missing, although the entities hold.
    pub drawn_tick: f64,
    /// By the table's place in [`Schema::tables`].
    eases: Vec<Eases>,
}

impl View {
    /// Fills the tables from the frames of `basis`.
    pub(super) fn fill(&mut self, schema: &Schema, basis: &Basis) {
        self.tables
            .resize_with(schema.components.len(), ViewTable::default);
        self.eases.resize_with(schema.tables.len(), Eases::default);
        let Around { a, b, .. } = basis.around;
        // An entity that appears in b shows from b on; one that is gone in b shows until then.
        let main = if basis.around.before_b() { a } else { b };
        for (place, table) in schema.tables.iter().enumerate() {
            let Some(rows) = main.tables.get(place) else {
                continue;
            };
            if table.owner_only {
                self.fill_owned(table, rows);
            } else {
                let fields = schema
                    .components
                    .get(table.component)
                    .map_or(0, |component| component.fields.len());
                self.reserve(table.component, rows.ids.len(), fields);
                self.fill_shared((place, table), rows, basis);
            }
        }
    }

    fn reserve(&mut self, component: usize, rows: usize, fields: usize) {
        let Some(view) = self.tables.get_mut(component) else {
            return;
        };
        view.count = rows;
        if rows > view.capacity() || view.ids.is_empty() {
            let capacity = rows.next_power_of_two().max(FIRST_CAPACITY);
            view.ids = vec![0; capacity];
            view.columns = vec![0.0; capacity * fields];
            self.layout_version = self.layout_version.wrapping_add(1);
        } else {
            // Owner-only fields of other players' entities read 0.
            view.columns.fill(0.0);
        }
    }

    fn fill_shared(
        &mut self,
        (place, table): (usize, &TableSchema),
        rows: &TableState,
        basis: &Basis,
    ) {
        let (Some(view), Some(eases)) = (
            self.tables.get_mut(table.component),
            self.eases.get_mut(place),
        ) else {
            return;
        };
        let width = table.fields.len();
        match basis.passed_s {
            Some(passed_s) => eases.fade(passed_s),
            None => eases.clear(),
        }
        if basis.guessed.is_some() || eases.is_active() {
            eases.align(&rows.ids, width);
        }
        let mut walk = Walk::new(basis.around, place, &table.fields);
        let guessed = basis.guessed;
        let mut guesses = guessed.map(|around| Walk::new(around, place, &table.fields));
        for (row, id) in rows.ids.iter().enumerate() {
            if let Some(cell) = view.ids.get_mut(row) {
                *cell = *id;
            }
            let Some(knots) = walk.find(*id) else {
                continue;
            };
            if let Some(guesses) = &mut guesses
                && let Some(guess) = guesses.find(*id)
            {
                let cells = eases.row_mut(row, width);
                for (number, (cell, field)) in cells.iter_mut().zip(&table.fields).enumerate() {
                    let (was, was_speed) = guesses.value(&guess, number);
                    let (is, speed) = walk.value(&knots, number);
                    cell.off += field.kind.difference(was, is);
                    cell.speed_per_s += (was_speed - speed) / basis.tick_s;
                }
                let far = |(cell, field): (&Cell, &FieldSchema)| cell.off.abs() > field.snap_over;
                if cells.iter().zip(&table.fields).any(far) {
                    cells.fill(Cell::default());
                }
            }
            let cells = eases.is_active().then(|| eases.row_mut(row, width));
            let cells = cells.unwrap_or_default();
            for (number, (field, place)) in table.fields.iter().zip(&table.places).enumerate() {
                let (value, _) = walk.value(&knots, number);
                let value = match cells.get(number) {
                    Some(cell) if field.interpolate => add(field.kind, value, cell.off),
                    _ => value,
                };
                view.set(row, *place, value);
            }
        }
    }

    fn fill_owned(&mut self, table: &TableSchema, rows: &TableState) {
        let Some(view) = self.tables.get_mut(table.component) else {
            return;
        };
        for (row, id) in rows.ids.iter().enumerate() {
            let Some(place_in_view) = view.find(*id) else {
                continue;
            };
            for ((field, place), value) in table
                .fields
                .iter()
                .zip(&table.places)
                .zip(rows.row(row, table.fields.len()))
            {
                view.set(place_in_view, *place, field.kind.dequantise(*value));
            }
        }
    }

    /// Takes out the rows of one component for which `unwanted` is true.
    pub(super) fn remove_where(
        &mut self,
        component: usize,
        mut unwanted: impl FnMut(ViewRow<'_>) -> bool,
    ) {
        let Some(table) = self.tables.get_mut(component) else {
            return;
        };
        let mut row = 0;
        while row < table.count {
            if unwanted(ViewRow { table, row }) {
                table.remove(row);
            } else {
                row += 1;
            }
        }
    }

    /// Appends a row to one component. Its id must be higher than those of all other rows.
    pub(super) fn push_row(&mut self, component: usize, id: u32, values: &[f64]) {
        let Some(table) = self.tables.get_mut(component) else {
            return;
        };
        if table.count == table.capacity() {
            table.grow(values.len());
            self.layout_version = self.layout_version.wrapping_add(1);
        }
        let row = table.count;
        table.count += 1;
        if let Some(cell) = table.ids.get_mut(row) {
            *cell = id;
        }
        for (field, value) in values.iter().enumerate() {
            table.set(row, field, *value);
        }
    }

    /// Replaces one entity's row of one component.
    pub(super) fn overwrite(&mut self, component: usize, entity: u32, values: &[f64]) {
        let Some(view) = self.tables.get_mut(component) else {
            return;
        };
        if let Some(row) = view.find(entity) {
            for (field, value) in values.iter().enumerate() {
                view.set(row, field, *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::frames::Frame;
    use crate::rules::Rules;
    use crate::snapshot::tests::TestRules;

    const TICK_S: f64 = 1.0 / 60.0;

    /// A frame with one entity: x in steps of 0.1 from -10, all other fields 0.
    fn frame(schema: &Schema, tick: i64, x: u32) -> Frame {
        let tables = schema.tables.iter().enumerate().map(|(place, table)| {
            let mut rows = TableState::default();
            if place == 0 {
                rows.ids.push(5);
                rows.values.push(x);
                rows.values.resize(table.fields.len(), 0);
            }
            rows
        });
        Frame {
            tick,
            tables: tables.collect(),
        }
    }

    fn around<'a>(a: &'a Frame, b: &'a Frame, past_a: f64) -> Around<'a> {
        Around {
            before: None,
            a,
            b,
            after: None,
            past_a,
            moment_speed: 1.0,
        }
    }

    /// Draws x in 30 animation frames, the first of which learns that the guess until now was wrong: how far each is from
    /// the truth.
    fn proven_wrong_by(steps: u32) -> Vec<f64> {
        let schema = TestRules::schema();
        let frames = [(0, 100), (2, 102), (4, 104 + steps), (6, 106 + steps)];
        let frames = frames.map(|(tick, x)| frame(&schema, tick, x));
        let mut view = View::default();
        let mut offs = Vec::new();
        for number in 0..30 {
            let known = around(&frames[2], &frames[3], 1.0);
            let guessed = around(&frames[0], &frames[1], 5.0);
            view.fill(
                &schema,
                &Basis {
                    around: known,
                    guessed: (number == 0).then_some(guessed),
                    passed_s: Some(TICK_S),
                    tick_s: TICK_S,
                },
            );
            let x = view
                .tables
                .first()
                .map_or(f64::NAN, |table| table.column(0)[0]);
            offs.push(x - (0.5 + f64::from(steps) * 0.1));
        }
        offs
    }

    #[test]
    fn a_wrong_guess_is_eased_away() {
        let offs = proven_wrong_by(15);
        assert!((offs[0] + 1.5).abs() < 1e-6, "drawn where it was: {offs:?}");
        assert!(offs.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.16));
        assert!(offs[15].abs() < 0.2 && offs[29].abs() < 0.02, "{offs:?}");
    }

    #[test]
    fn an_offset_as_large_as_a_teleport_is_not_eased() {
        let offs = proven_wrong_by(25);
        assert!(offs.iter().all(|off| off.abs() < 1e-6), "{offs:?}");
    }
}
