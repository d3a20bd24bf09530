//! The same play in other formats: whole states as JSON or as bincode structs, changed fields as MessagePack.
//!
//! In: a recorded room. Out: bytes over the trace, of the messages that each client would get, frame heads included.
//! Values are the ones that our clients see, so none of the three pays for digits that we do not send either.

use anyhow::Result;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use tickwire_shared::codec;
use tickwire_shared::replicate::{FieldKind, Schema, TableSchema};
use tickwire_shared::snapshot::TableState;

use super::message::frame_head_bytes;
use super::trace::Trace;

/// Bytes that each format would have sent to one client over the whole trace.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rivals {
    /// Every row as an object, in each snapshot.
    pub json: u64,
    /// Every row as a struct, in each snapshot.
    pub bincode: u64,
    /// Changed fields of changed rows.
    pub messagepack_delta: u64,
}

impl Rivals {
    /// Encodes the trace in all three formats. The first snapshot is the common start and costs nothing.
    ///
    /// # Errors
    /// A row cannot be encoded.
    pub fn of(trace: &Trace) -> Result<Rivals> {
        let schema = &trace.schema;
        let mut sums = Rivals::default();
        let mut before: Option<Vec<TableState>> = None;
        for (tick, snapshot) in trace.snapshots.iter().enumerate() {
            let now = snapshot.quantised(schema);
            let whole = Whole {
                tick: tick as u32,
                schema,
                tables: &now,
            };
            if let Some(before) = &before {
                sums.json += framed(serde_json::to_vec(&whole)?);
                sums.bincode += framed(codec::encode(&whole)?);
                let delta = Delta::between(tick as u32, schema, before, &now);
                if !(delta.changed.is_empty() && delta.removed.is_empty()) {
                    sums.messagepack_delta += framed(rmp_serde::to_vec(&delta)?);
                }
            }
            before = Some(now);
        }
        Ok(sums)
    }
}

fn framed(message: Vec<u8>) -> u64 {
    message.len() as u64 + frame_head_bytes(message.len())
}

/// A field's value as a program would hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell(FieldKind, u32);

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0.dequantise(self.1);
        match self.0 {
            FieldKind::Float { .. } | FieldKind::Angle { .. } => {
                serializer.serialize_f32(value as f32)
            }
            FieldKind::Bool => serializer.serialize_bool(self.1 != 0),
            FieldKind::Enum { .. } => serializer.serialize_u32(self.1),
            FieldKind::Integer { min, .. } if min < 0 => serializer.serialize_i32(value as i32),
            FieldKind::Integer { .. } => serializer.serialize_u32(value as u32),
        }
    }
}

struct Row<'a> {
    schema: &'a TableSchema,
    id: u32,
    values: &'a [u32],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Row", 1 + self.schema.width())?;
        row.serialize_field("id", &self.id)?;
        for (field, value) in self.schema.fields.iter().zip(self.values) {
            row.serialize_field(field.name, &Cell(field.kind, *value))?;
        }
        row.end()
    }
}

/// Everything that clients see.
struct Whole<'a> {
    tick: u32,
    schema: &'a Schema,
    tables: &'a [TableState],
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let schemas = self.schema.tables.iter().zip(self.tables);
        let tables = schemas.filter(|(schema, _)| !schema.owner_only);
        let mut whole = serializer.serialize_struct("Whole", 1 + tables.clone().count())?;
        whole.serialize_field("tick", &self.tick)?;
        for (schema, table) in tables {
            let rows = table.ids.iter().enumerate().map(|(row, id)| Row {
                schema,
                id: *id,
                values: table.row(row, schema.width()),
            });
            let name = self.schema.components[schema.component].name;
            whole.serialize_field(name, &rows.collect::<Vec<_>>())?;
        }
        whole.end()
    }
}

/// A row's table, its entity, and its changed fields with their new values.
type Changed = (usize, u32, Vec<(usize, Cell)>);

/// What changed, with tables and fields by number. MessagePack writes structs as arrays.
#[derive(serde::Serialize)]
struct Delta {
    tick: u32,
    changed: Vec<Changed>,
    removed: Vec<(usize, u32)>,
}

impl Delta {
    fn between(tick: u32, schema: &Schema, before: &[TableState], now: &[TableState]) -> Delta {
        let mut delta = Delta {
            tick,
            changed: Vec::new(),
            removed: Vec::new(),
        };
        for (place, table) in schema.tables.iter().enumerate() {
            let (before, now) = (&before[place], &now[place]);
            let gone = before.ids.iter().filter(|id| now.find(**id).is_none());
            delta.removed.extend(gone.map(|id| (place, *id)));
            for (row, id) in now.ids.iter().enumerate() {
                let was = before.find(*id).map(|was| before.row(was, table.width()));
                let values = now.row(row, table.width()).iter().enumerate();
                let values =
                    values.filter(|(field, value)| was.is_none_or(|was| was[*field] != **value));
                let cells = values
                    .map(|(field, value)| (field, Cell(table.fields[field].kind, *value)))
                    .collect::<Vec<_>>();
                if !cells.is_empty() || was.is_none() {
                    delta.changed.push((place, *id, cells));
                }
            }
        }
        delta
    }
}
