//! A recorded room: what clients saw of it, snapshot by snapshot, before quantisation.
//!
//! In: a room after its snapshot. Out: columns under any schema, to find out what the same play would cost with other
//! steps and other codecs. Must not: change what clients saw.

use std::collections::BTreeSet;

use tickwire_room::Room;
use tickwire_shared::replicate::{FieldKind, Replicate, Schema, TableSchema};
use tickwire_shared::rules::{ComponentVisitor, Rules};
use tickwire_shared::snapshot::{ChannelState, DeltaEncoder, Rows, TableState, Tally};

/// A whole record.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The schema of the rules that were played.
    pub schema: Schema,
    /// What the global channel's clients held before the first snapshot, if it was recorded.
    pub before: Option<ChannelState>,
    /// One for each snapshot.
    pub snapshots: Vec<Snapshot>,
}

/// The shared tables of one snapshot, in the schema's order; owner-only ones are empty.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// One for each table of the schema.
    pub tables: Vec<Table>,
}

/// Rows of one table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Entity ids, ascending.
    pub ids: Vec<u32>,
    /// Fields as numbers, row-major.
    pub values: Vec<f64>,
}

impl Snapshot {
    /// What the room holds now.
    pub fn of<R: Rules>(room: &Room<R>, schema: &Schema) -> Snapshot {
        let mut look = Look {
            room,
            schema,
            component: 0,
            tables: vec![Table::default(); schema.tables.len()],
        };
        R::components(&mut look);
        Snapshot {
            tables: look.tables,
        }
    }

    /// The same rows as the codec would hold them.
    pub fn quantised(&self, schema: &Schema) -> Vec<TableState> {
        let tables = schema.tables.iter().zip(&self.tables);
        let quantise = |(schema, table): (&TableSchema, &Table)| {
            let kinds = schema.fields.iter().map(|field| field.kind).cycle();
            let values = table.values.iter().zip(kinds);
            TableState {
                ids: table.ids.clone(),
                values: values.map(|(value, kind)| kind.quantise(*value)).collect(),
                ..TableState::default()
            }
        };
        tables.map(quantise).collect()
    }
}

struct Look<'a, R: Rules> {
    room: &'a Room<R>,
    schema: &'a Schema,
    component: usize,
    tables: Vec<Table>,
}

impl<R: Rules> ComponentVisitor for Look<'_, R> {
    fn component<C: Replicate>(&mut self) {
        let mut values = vec![0.0; C::FIELDS.len()];
        let tables = self.schema.tables.iter().zip(&mut self.tables);
        let shared = |(schema, _): &(&TableSchema, &mut Table)| {
            schema.component == self.component && !schema.owner_only
        };
        for (schema, table) in tables.filter(shared) {
            for (id, entity) in self.room.entities() {
                let Ok(component) = self.room.world().get::<&C>(entity) else {
                    continue;
                };
                component.values(&mut values);
                table.ids.push(id.0);
                let places = schema.places.iter();
                table.values.extend(places.map(|place| values[*place]));
            }
        }
        self.component += 1;
    }
}

/// What the trace costs in our codec, by table and field.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// One for each table of the schema.
    pub tables: Vec<TableCost>,
    /// All deltas, in bytes: the real sections, each filled up to a whole byte.
    pub bytes: usize,
}

/// What one table costs over the whole trace, in bits.
#[derive(Clone, Debug, Default)]
pub struct TableCost {
    /// The whole table.
    pub bits: usize,
    /// New rows.
    pub added_bits: usize,
    /// Rows that stayed, by field.
    pub fields_bits: Vec<usize>,
}

impl TableCost {
    /// Places of rows, counts, and the bit that says whether the table changed at all.
    pub fn places_bits(&self) -> usize {
        self.bits - self.added_bits - self.fields_bits.iter().sum::<usize>()
    }
}

impl Tally for Cost {
    fn field(&mut self, table: usize, place: usize, bits: usize) {
        self.tables[table].fields_bits[place] += bits;
    }

    fn added(&mut self, table: usize, bits: usize) {
        self.tables[table].added_bits += bits;
    }

    fn table(&mut self, table: usize, bits: usize) {
        self.tables[table].bits += bits;
    }
}

impl Cost {
    fn nothing(schema: &Schema) -> Cost {
        let tables = schema.tables.iter();
        let tables = tables.map(|table| TableCost {
            fields_bits: vec![0; table.width()],
            ..TableCost::default()
        });
        Cost {
            tables: tables.collect(),
            bytes: 0,
        }
    }
}

impl Trace {
    /// Encodes the trace as one channel under `schema`, which differs from the trace's own schema only in kinds.
    /// Without `before`, the stream starts at the first snapshot, which then costs nothing.
    pub fn cost(&self, schema: &Schema, before: Option<&ChannelState>) -> Cost {
        let mut encoder = DeltaEncoder::default();
        let mut out = Vec::new();
        let mut cost = Cost::nothing(schema);
        let mut state = before
            .cloned()
            .unwrap_or_else(|| ChannelState::empty(schema));
        for (place, snapshot) in self.snapshots.iter().enumerate() {
            let rows = snapshot.quantised(schema);
            let rows = rows.iter().map(TableState::rows);
            out.clear();
            if place == 0 && before.is_none() {
                encoder.encode(schema, &mut state, rows, &(), &mut (), &mut out);
            } else {
                encoder.encode(schema, &mut state, rows, &(), &mut cost, &mut out);
                cost.bytes += out.len();
            }
        }
        cost
    }

    /// Joins several rooms into one, which has more rows than a room can have.
    pub fn merged(traces: &[Trace]) -> Option<Trace> {
        let (first, others) = traces.split_first()?;
        let mut merged = Trace {
            before: None,
            ..first.clone()
        };
        for (room, other) in others.iter().enumerate() {
            let ids_from = (room as u32 + 1) << 20;
            for (snapshot, other) in merged.snapshots.iter_mut().zip(&other.snapshots) {
                for (table, other) in snapshot.tables.iter_mut().zip(&other.tables) {
                    table.ids.extend(other.ids.iter().map(|id| id + ids_from));
                    table.values.extend_from_slice(&other.values);
                }
            }
        }
        let least = traces.iter().map(|trace| trace.snapshots.len()).min()?;
        merged.snapshots.truncate(least);
        Some(merged)
    }

    /// Entities with a row that differs from the snapshot before, is new, or is gone; over the whole trace without its
    /// first snapshot.
    pub fn changed_entities(&self) -> usize {
        let mut changed = 0;
        let mut before: Option<Vec<TableState>> = None;
        for snapshot in &self.snapshots {
            let now = snapshot.quantised(&self.schema);
            if let Some(before) = &before {
                let mut ids = BTreeSet::<u32>::new();
                for ((schema, now), before) in self.schema.tables.iter().zip(&now).zip(before) {
                    let row = |table: &'_ TableState, id: u32| {
                        let row = table.find(id)?;
                        Some(table.row(row, schema.width()).to_vec())
                    };
                    let all = now.ids.iter().chain(&before.ids);
                    ids.extend(all.filter(|id| row(now, **id) != row(before, **id)));
                }
                changed += ids.len();
            }
            before = Some(now);
        }
        changed
    }

    /// Rows of `table` that differ from the snapshot before, over the whole trace. The rows of the first snapshot are
    /// compared with `before`.
    pub fn changed_rows(&self, table: usize) -> usize {
        let mut before = match &self.before {
            Some(state) => state.tables[table].clone(),
            None => TableState::default(),
        };
        let width = self.schema.tables[table].width();
        let mut changed = 0;
        for snapshot in &self.snapshots {
            let now = snapshot.quantised(&self.schema).swap_remove(table);
            changed += changed_rows(&before, now.rows(), width);
            before = now;
        }
        changed
    }
}

/// Rows that exist in both, with other values.
fn changed_rows(before: &TableState, now: Rows<'_>, width: usize) -> usize {
    let rows = now.ids.iter().enumerate();
    let is_changed = |(row, id): &(usize, &u32)| {
        let was = before.find(**id).map(|was| before.row(was, width));
        was.is_some_and(|was| was != now.row(*row, width))
    };
    rows.filter(is_changed).count()
}

/// The same schema, with `factor` times the step for one field. None if its kind has no step, or if its step cannot
/// change alone: x, y and a heading.
pub fn with_step(schema: &Schema, (table, place): (usize, usize), factor: f64) -> Option<Schema> {
    let field = schema.tables[table].fields[place];
    if field.heading || (field.position && schema.tables[table].heading.is_some()) {
        return None;
    }
    let kind = match field.kind {
        FieldKind::Float { min, step, max } => {
            FieldKind::float(min, min + step * f64::from(max), step * factor)
        }
        FieldKind::Angle { bits } => {
            FieldKind::angle(bits.checked_add_signed(-factor.log2() as i32)?)
        }
        FieldKind::Bool | FieldKind::Enum { .. } | FieldKind::Integer { .. } => return None,
    };
    let mut schema = schema.clone();
    let altered = schema.tables.get_mut(table)?;
    altered.fields[place].kind = kind;
    for column in altered
        .moving
        .iter_mut()
        .filter(|column| column.place == place)
    {
        column.max = kind.max();
        if let FieldKind::Angle { bits } = kind {
            column.shift = 32 - bits;
        }
    }
    for column in altered
        .plain
        .iter_mut()
        .filter(|column| column.place == place)
    {
        (column.max, column.bits) = (kind.max(), kind.bits());
    }
    Some(schema)
}
