//! A channel's whole state: for who enters it, and for who fell too far behind.
//!
//! Layout, for each table: count, then for each row its id (gap to the one before), its plain values, and for
//! interpolated fields their motion, since everybody else's next delta is predicted from it.

use super::SnapshotError;
use super::bits::{BitReader, BitWriter, unzigzag, zigzag};
use super::fields::{plain_bits, read_plain, write_plain};
use super::state::{ChannelState, TableState};
use crate::replicate::{Schema, TableSchema};

/// Appends the keyframe of `state` to `out`, using `bits` as scratch.
pub fn encode_keyframe(
    schema: &Schema,
    state: &ChannelState,
    bits: &mut BitWriter,
    out: &mut Vec<u8>,
) {
    bits.clear();
    for (table, rows) in state.zip(schema) {
        bits.exp_golomb(rows.ids.len() as u32);
        let width = table.fields.len();
        let mut next_id = 0_u32;
        for (row, id) in rows.ids.iter().enumerate() {
            bits.exp_golomb(id - next_id);
            next_id = id.saturating_add(1);
            write_plain(bits, table, rows.row(row, width));
            let motion = rows.motion.get(row * width..).unwrap_or_default();
            for (field, motion) in table.fields.iter().zip(motion) {
                if field.interpolate {
                    bits.exp_golomb(zigzag(*motion));
                }
            }
        }
    }
    out.extend_from_slice(bits.finish());
}

/// Replaces `state` by what `bytes` say.
///
/// # Errors
/// When the bytes are not a keyframe of this schema. `state` is then of no more use.
pub fn apply_keyframe(
    schema: &Schema,
    state: &mut ChannelState,
    bytes: &[u8],
) -> Result<(), SnapshotError> {
    let mut from = BitReader::new(bytes);
    state
        .tables
        .resize_with(schema.tables.len(), TableState::default);
    for (table, rows) in schema.tables.iter().zip(&mut state.tables) {
        read_table(&mut from, table, rows)?;
    }
    from.finish()
}

fn read_table(
    from: &mut BitReader,
    table: &TableSchema,
    rows: &mut TableState,
) -> Result<(), SnapshotError> {
    rows.clear();
    let moving = table
        .fields
        .iter()
        .filter(|field| field.interpolate)
        .count();
    let count = from.count(1 + plain_bits(table) + moving)?;
    rows.ids.reserve(count);
    rows.values.reserve(count * table.fields.len());
    rows.motion.reserve(count * table.fields.len());
    let mut next_id = Some(0_u32);
    for _ in 0..count {
        let id = next_id
            .and_then(|next| next.checked_add(from.exp_golomb().ok()?))
            .ok_or(SnapshotError::Invalid)?;
        next_id = id.checked_add(1);
        rows.ids.push(id);
        for field in &table.fields {
            rows.values.push(read_plain(from, field)?);
        }
        for field in &table.fields {
            let motion = if field.interpolate {
                unzigzag(from.exp_golomb()?)
            } else {
                0
            };
            if motion.unsigned_abs() > field.kind.max() {
                return Err(SnapshotError::Invalid);
            }
            rows.motion.push(motion);
        }
    }
    Ok(())
}
