//! A channel's whole state: for clients that enter it, and for clients that fell too far behind.
//!
//! Layout, for each table: a count; if the table has interpolated fields, a bit whether their codes have learnt anything,
//! and if so what (20 bits each); then for each row its id (gap to the one before) and the whole row (see `whole`), with
//! the row before as its model. It carries everything that the next delta of the channel depends on.

use super::bits::{BitReader, BitWriter};
use super::code::Code;
use super::error::SnapshotError;
use super::state::{ChannelState, TableState};
use super::whole::{Model, read_whole_row, write_whole_row};
use crate::replicate::{Schema, TableSchema};

/// Appends the keyframe of `state` to `out`, using `bits` as scratch.
pub fn encode_keyframe(
    schema: &Schema,
    state: &ChannelState,
    bits: &mut BitWriter,
    out: &mut Vec<u8>,
) {
    bits.clear();
    for (table, rows) in schema.tables.iter().zip(&state.tables) {
        bits.exp_golomb(rows.ids.len() as u32);
        if !table.moving.is_empty() {
            let new = rows.codes.iter().all(|code| *code == Code::default());
            bits.bit(!new);
            for code in rows.codes.iter().filter(|_| !new) {
                bits.bits(code.learnt(), Code::BITS);
            }
        }
        let mut next_id = 0_u32;
        for (row, id) in rows.ids.iter().enumerate() {
            bits.exp_golomb(id - next_id);
            next_id = id.saturating_add(1);
            let (values, motion) = (rows.row(row, table.width()), rows.row_motion(row, table));
            let before = row.checked_sub(1);
            let model = before.map(|before| Model::row(table, rows, before));
            write_whole_row(bits, table, (values, motion), model);
        }
    }
    out.extend_from_slice(bits.finish());
}

/// Replaces `state` by the keyframe in `bytes`.
///
/// # Errors
/// When the bytes are not a keyframe of this schema. The state then holds no rows.
pub fn apply_keyframe(
    schema: &Schema,
    state: &mut ChannelState,
    bytes: &[u8],
) -> Result<(), SnapshotError> {
    state
        .tables
        .resize_with(schema.tables.len(), TableState::default);
    let read = read(schema, state, bytes);
    if read.is_err() {
        state.clear();
    }
    read
}

fn read(schema: &Schema, state: &mut ChannelState, bytes: &[u8]) -> Result<(), SnapshotError> {
    let mut from = BitReader::new(bytes);
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
    let count = from.count(1 + table.whole_row_bits())?;
    rows.codes.clear();
    rows.codes.resize(table.moving.len(), Code::default());
    if !table.moving.is_empty() && from.bit()? {
        for code in &mut rows.codes {
            *code = Code::from_learnt(from.bits(Code::BITS)?);
        }
    }
    rows.ids.reserve(count);
    rows.values.reserve(count * table.width());
    rows.motion.reserve(count * table.moving.len());
    let mut next_id = Some(0_u32);
    let (mut values, mut motion) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let gap = from.exp_golomb()?;
        let id = next_id.and_then(|next| next.checked_add(gap));
        let id = id.ok_or(SnapshotError::Invalid)?;
        next_id = id.checked_add(1);
        values.clear();
        motion.clear();
        let model = Model::last(table, rows);
        read_whole_row(from, table, (&mut values, &mut motion), model)?;
        rows.push(id, &values, &motion);
    }
    Ok(())
}
