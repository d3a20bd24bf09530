//! A whole row: how it is written when it enters a channel, and in keyframes.
//!
//! In: its values and motion, and those of a row that the reader has already (the model), if there is one. Out: bits, and
//! back. Rows of one table are alike: a value equal to the model's takes one bit, and a row with a heading is mostly as
//! fast as its model.

use super::bits::{BitReader, BitWriter, unzigzag, zigzag};
use super::error::SnapshotError;
use super::state::TableState;
use crate::replicate::{FieldSchema, TableSchema};

/// The row that another one is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model<'a> {
    values: &'a [u32],
    motion: &'a [i32],
}

impl<'a> Model<'a> {
    /// The last row of `rows`.
    pub(super) fn last(table: &TableSchema, rows: &'a TableState) -> Option<Model<'a>> {
        let row = rows.ids.len().checked_sub(1)?;
        Some(Model::row(table, rows, row))
    }

    /// A row of `rows`.
    pub(super) fn row(table: &TableSchema, rows: &'a TableState, row: usize) -> Model<'a> {
        Model {
            values: rows.row(row, table.width()),
            motion: rows.row_motion(row, table),
        }
    }

    /// Its value of a field, if that field is compared: it is not interpolated and takes more than one bit.
    fn value(self, field: &FieldSchema, place: usize) -> Option<u32> {
        let may_be = !field.interpolate && field.kind.bits() > 1;
        self.values.get(place).copied().filter(|_| may_be)
    }

    /// The motion of a row that is new in the room: as fast along its heading as the model, or none.
    pub(super) fn guess(model: Option<Model<'_>>, table: &TableSchema, motion: &mut Vec<i32>) {
        motion.clear();
        motion.resize(table.moving.len(), 0);
        if let (Some(_), Some(model)) = (&table.heading, model) {
            let along = motion.iter_mut().zip(model.motion).skip(1).take(2);
            along.for_each(|(motion, model)| *motion = *model);
        }
    }
}

/// The speed along the heading, of a motion as it is stored: `motion` says how.
fn speed(forward: i32) -> u32 {
    (forward >> 1).unsigned_abs()
}

fn model_speed(model: Option<Model<'_>>) -> u32 {
    let forward = model.and_then(|model| model.motion.get(1));
    forward.map_or(0, |forward| speed(*forward))
}

/// Appends the values of all fields, then the motion of the interpolated ones.
pub(super) fn write_whole_row(
    out: &mut BitWriter,
    table: &TableSchema,
    (values, motion): (&[u32], &[i32]),
    model: Option<Model<'_>>,
) {
    let like = |place: usize, field: &FieldSchema| model?.value(field, place);
    let fields = table.fields.iter().zip(values).enumerate();
    let alike = fields
        .clone()
        .any(|(place, (field, value))| like(place, field) == Some(*value));
    if model.is_some() {
        out.bit(alike);
    }
    for (place, (field, value)) in fields {
        let like = like(place, field).filter(|_| alike);
        if like.is_some() {
            out.bit(like == Some(*value));
        }
        if like != Some(*value) {
            out.bits(*value, field.kind.bits());
        }
    }
    for (place, motion) in motion.iter().enumerate() {
        if place == 1 && table.heading.is_some() {
            let faster = speed(*motion) as i32 - model_speed(model) as i32;
            out.exp_golomb(zigzag(faster));
            out.bit(*motion < 0);
            out.bit(motion & 1 == 1);
        } else {
            out.exp_golomb(zigzag(*motion));
        }
    }
}

/// Reads what [`write_whole_row`] wrote into `values` and `motion`, which are empty.
///
/// # Errors
/// When the bits end, or are not a row of this table.
pub(super) fn read_whole_row(
    from: &mut BitReader,
    table: &TableSchema,
    (values, motion): (&mut Vec<u32>, &mut Vec<i32>),
    model: Option<Model<'_>>,
) -> Result<(), SnapshotError> {
    let alike = model.is_some() && from.bit()?;
    for (place, field) in table.fields.iter().enumerate() {
        let like = model.and_then(|model| model.value(field, place));
        let like = like.filter(|_| alike);
        let value = match like {
            Some(like) if from.bit()? => like,
            _ => from.bits(field.kind.bits())?,
        };
        if value > field.kind.max() {
            return Err(SnapshotError::Invalid);
        }
        values.push(value);
    }
    for (place, column) in table.moving.iter().enumerate() {
        let mut moves = unzigzag(from.exp_golomb()?);
        if place == 1 && table.heading.is_some() {
            let speed = model_speed(model).checked_add_signed(moves);
            // Far from overflow, whatever the bits say: a speed beyond any motion is refused below.
            let speed = speed.map_or(i32::MAX / 4, |speed| speed.min(i32::MAX as u32 / 4) as i32);
            let (back, mirrored) = (from.bit()?, from.bit()?);
            moves = if back { -speed } else { speed } * 2 + i32::from(mirrored);
        }
        if moves.unsigned_abs() > column.motion_max {
            return Err(SnapshotError::Invalid);
        }
        motion.push(moves);
    }
    Ok(())
}
