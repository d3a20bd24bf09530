//! One row's fields on the wire: prediction from motion, residuals, and plain values.
//!
//! An interpolated field is predicted as "the same change again"; its residual goes through an adaptive Rice code.
//! Any other field costs one bit while it stays, and its plain bits when it changes.

use super::SnapshotError;
use super::bits::{BitReader, BitWriter, Rice, unzigzag, zigzag};
use crate::replicate::{FieldKind, FieldSchema, TableSchema};

/// What an interpolated field will be if it moves as it did.
#[inline]
pub(super) fn predict(kind: FieldKind, value: u32, motion: i32) -> u32 {
    match kind {
        FieldKind::Angle { .. } => value.wrapping_add_signed(motion) & kind.max(),
        _ => (i64::from(value) + i64::from(motion)).clamp(0, i64::from(kind.max())) as u32,
    }
}

/// `to - from`; for angles by the short way round, in `-half..half`.
#[inline]
pub(super) fn difference(kind: FieldKind, to: u32, from: u32) -> i32 {
    let plain = to.wrapping_sub(from) as i32;
    match kind {
        FieldKind::Angle { bits } => (plain << (32 - bits)) >> (32 - bits),
        _ => plain,
    }
}

/// True when the row is not what its motion predicts: it must be written.
#[inline]
pub(super) fn differs(schema: &TableSchema, values: &[u32], motion: &[i32], next: &[u32]) -> bool {
    schema.fields.iter().zip(values).zip(motion).zip(next).any(
        |(((field, value), motion), next)| {
            if field.interpolate {
                predict(field.kind, *value, *motion) != *next
            } else {
                value != next
            }
        },
    )
}

/// Moves a row on to `next` and remembers its motion.
#[inline]
pub(super) fn advance(schema: &TableSchema, values: &mut [u32], motion: &mut [i32], next: &[u32]) {
    for (((field, value), motion), next) in schema.fields.iter().zip(values).zip(motion).zip(next) {
        if field.interpolate {
            *motion = difference(field.kind, *next, *value);
        }
        *value = *next;
    }
}

/// Moves a row on by its motion: what it does when no delta speaks of it.
#[inline]
pub(super) fn coast(schema: &TableSchema, values: &mut [u32], motion: &mut [i32]) {
    for ((field, value), motion) in schema.fields.iter().zip(values).zip(motion) {
        if field.interpolate && *motion != 0 {
            let next = predict(field.kind, *value, *motion);
            *motion = difference(field.kind, next, *value);
            *value = next;
        }
    }
}

/// Writes what a changed row becomes.
pub(super) fn write_change(
    out: &mut BitWriter,
    schema: &TableSchema,
    codes: &mut [Rice],
    (values, motion): (&[u32], &[i32]),
    next: &[u32],
) {
    let rows = schema
        .fields
        .iter()
        .zip(values)
        .zip(motion)
        .zip(next)
        .zip(codes);
    for ((((field, value), motion), next), code) in rows {
        if field.interpolate {
            let predicted = predict(field.kind, *value, *motion);
            code.write(out, zigzag(difference(field.kind, *next, predicted)));
        } else {
            out.bit(value != next);
            if value != next {
                out.bits(*next, field.kind.bits());
            }
        }
    }
}

/// Reads what [`write_change`] wrote and moves the row on.
pub(super) fn read_change(
    from: &mut BitReader,
    schema: &TableSchema,
    codes: &mut [Rice],
    values: &mut [u32],
    motion: &mut [i32],
) -> Result<(), SnapshotError> {
    for (((field, value), motion), code) in schema.fields.iter().zip(values).zip(motion).zip(codes)
    {
        if field.interpolate {
            let predicted = predict(field.kind, *value, *motion);
            let next = predict(field.kind, predicted, unzigzag(code.read(from)?));
            *motion = difference(field.kind, next, *value);
            *value = next;
        } else if from.bit()? {
            *value = read_plain(from, field)?;
        }
    }
    Ok(())
}

/// Writes a whole row as plain values.
pub(super) fn write_plain(out: &mut BitWriter, schema: &TableSchema, values: &[u32]) {
    for (field, value) in schema.fields.iter().zip(values) {
        out.bits(*value, field.kind.bits());
    }
}

/// Reads one plain value, and checks it.
pub(super) fn read_plain(from: &mut BitReader, field: &FieldSchema) -> Result<u32, SnapshotError> {
    let value = from.bits(field.kind.bits())?;
    if value > field.kind.max() {
        Err(SnapshotError::Invalid)
    } else {
        Ok(value)
    }
}

/// The fewest bits that a row takes as plain values.
pub(super) fn plain_bits(schema: &TableSchema) -> usize {
    schema
        .fields
        .iter()
        .map(|field| field.kind.bits() as usize)
        .sum()
}
