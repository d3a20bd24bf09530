//! Where a field will be if it moves as it did.
//!
//! In: a quantised value and its last change. Out: the predicted value, and what is left to say. Integers only, so both
//! ends agree whatever their floats do.

use crate::replicate::MovingColumn;

/// What the field will be if it moves as it did: at the end of its range it stops, an angle goes round.
#[inline(always)]
pub(super) fn predict(column: &MovingColumn, value: u32, motion: i32) -> u32 {
    if column.shift == 0 {
        (value as i32)
            .saturating_add(motion)
            .clamp(0, column.max as i32) as u32
    } else {
        value.wrapping_add_signed(motion) & column.max
    }
}

/// `to - from`; for angles by the short way round, in `-half..half`.
#[inline(always)]
pub(super) fn difference(column: &MovingColumn, to: u32, from: u32) -> i32 {
    ((to.wrapping_sub(from) << column.shift) as i32) >> column.shift
}

/// Moves a row on by its motion: what it does when no delta speaks of it.
#[inline]
pub(super) fn coast(columns: &[MovingColumn], values: &mut [u32], motions: &mut [i32]) {
    for (column, motion) in columns.iter().zip(motions) {
        if *motion != 0
            && let Some(value) = values.get_mut(column.place)
        {
            let next = predict(column, *value, *motion);
            *motion = difference(column, next, *value);
            *value = next;
        }
    }
}
