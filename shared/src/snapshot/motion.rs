//! Where a row will be if it goes on moving as it did.
//!
//! In: a row's quantised values and its motion. Out: the predicted values, and how far the true ones are from them. A field
//! repeats its last change; x and y of a row with a heading move along it. Only integers, so that both ends agree whatever
//! their floats do.

use crate::replicate::{Heading, MovingColumn, TableSchema};

/// Motions along a heading have this many bits below a whole step: they count quarters.
const PART: u32 = 2;
/// How far one snapshot moves such a motion towards what it showed: 1 part in 2 to the power of this. A surprise moves it
/// all the way.
const WEIGHT: u32 = 2;
/// A difference of more quarters than this is a surprise.
const SURPRISE: u64 = 12;

/// The value of the field if it goes on moving as it did. It stops at the end of its range; an angle wraps.
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

/// `to - from`; for angles by the short way round, so within half a turn.
#[inline(always)]
pub(super) fn difference(column: &MovingColumn, to: u32, from: u32) -> i32 {
    ((to.wrapping_sub(from) << column.shift) as i32) >> column.shift
}

/// Moves a row on. `next` gives each interpolated field's new value, from the field's place among them and the predicted
/// value.
#[inline(always)]
pub(super) fn advance(
    table: &TableSchema,
    values: &mut [u32],
    motions: &mut [i32],
    mut next: impl FnMut(usize, &MovingColumn, u32) -> u32,
) {
    let mut first = 0;
    if let Some(heading) = &table.heading {
        first = 3;
        advance_along(heading, table, values, motions, &mut next);
    }
    let columns = table.moving.get(first..).unwrap_or_default();
    let motions = motions.get_mut(first..).unwrap_or_default();
    for (place, (column, motion)) in (first..).zip(columns.iter().zip(motions)) {
        if let Some(value) = values.get_mut(column.place) {
            let to = next(place, column, predict(column, *value, *motion));
            *motion = difference(column, to, *value);
            *value = to;
        }
    }
}

/// The first three fields of a row with a heading: the heading, which repeats its last change, then x and y along it.
#[inline(always)]
fn advance_along(
    heading: &Heading,
    table: &TableSchema,
    values: &mut [u32],
    motions: &mut [i32],
    next: &mut impl FnMut(usize, &MovingColumn, u32) -> u32,
) {
    let ([turns, east, south, ..], [turn, forward, sideways, ..]) =
        (table.moving.as_slice(), motions)
    else {
        return;
    };
    let at = |values: &[u32], column: &MovingColumn| {
        values.get(column.place).copied().unwrap_or_default()
    };
    let before = (at(values, turns), at(values, east), at(values, south));
    let angle = next(0, turns, predict(turns, before.0, *turn));
    *turn = difference(turns, angle, before.0);
    let mut course = Course::of(*forward, *sideways);
    let wave = heading.wave(angle);
    let by = course.steps(wave);
    let predicted = (
        predict(east, before.1, by.0),
        predict(south, before.2, by.1),
    );
    let x = next(1, east, predicted.0);
    let y = next(2, south, predicted.1);
    let moved = (
        difference(east, x, before.1),
        difference(south, y, before.2),
    );
    if moved == (0, 0) {
        (*forward, *sideways) = (0, 0);
    } else if (x, y) != predicted {
        course.learn(wave, by, moved);
        (*forward, *sideways) = course.motions();
    }
    for (column, value) in [(turns, angle), (east, x), (south, y)] {
        if let Some(cell) = values.get_mut(column.place) {
            *cell = value;
        }
    }
}

/// How a row moves along its heading. As motions of x and y it is stored as `forward * 2 + mirrored` and `sideways`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    /// Along the heading, quarters of a step per snapshot.
    forward: i64,
    /// At a quarter turn from the heading, quarters of a step per snapshot.
    sideways: i64,
    /// x has the other sign: the heading turns against the axes, or a wall threw the row back.
    mirrored: bool,
}

impl Course {
    fn of(forward: i32, sideways: i32) -> Course {
        Course {
            forward: i64::from(forward >> 1),
            sideways: i64::from(sideways),
            mirrored: forward & 1 == 1,
        }
    }

    fn motions(self) -> (i32, i32) {
        let forward = self.forward as i32 * 2 + i32::from(self.mirrored);
        (forward, self.sideways as i32)
    }

    /// How far x and y move in one snapshot, steps.
    #[inline(always)]
    fn steps(self, (sine, cosine): (i64, i64)) -> (i32, i32) {
        const SHIFT: u32 = Heading::SCALE_BITS + PART;
        let round = |parts: i64| ((parts + (1 << (SHIFT - 1))) >> SHIFT) as i32;
        let x = cosine * self.forward - sine * self.sideways;
        let y = sine * self.forward + cosine * self.sideways;
        (round(if self.mirrored { -x } else { x }), round(y))
    }

    /// Corrects the course after the row moved otherwise than predicted.
    #[inline(always)]
    fn learn(&mut self, (sine, cosine): (i64, i64), predicted: (i32, i32), moved: (i32, i32)) {
        let turned = |predicted: i32, moved: i32| predicted.signum() * moved.signum() < 0;
        // When both signs changed, the row is not mirrored but on its way back.
        self.mirrored ^= turned(predicted.0, moved.0) != turned(predicted.1, moved.1);
        let (x, y) = (i64::from(moved.0) << PART, i64::from(moved.1) << PART);
        let x = if self.mirrored { -x } else { x };
        let forward = ((cosine * x + sine * y) >> Heading::SCALE_BITS) - self.forward;
        let sideways = ((cosine * y - sine * x) >> Heading::SCALE_BITS) - self.sideways;
        let off = forward.unsigned_abs() + sideways.unsigned_abs();
        let weight = if off > SURPRISE { 0 } else { WEIGHT };
        let part = |off: i64| (off + ((1 << weight) >> 1)) >> weight;
        self.forward += part(forward);
        self.sideways += part(sideways);
    }
}

/// Moves a row on by its motion and these residuals.
// Not inlined, so that the loops that call it stay small: most rows have no heading.
#[inline(never)]
pub(super) fn advance_by(
    table: &TableSchema,
    values: &mut [u32],
    motions: &mut [i32],
    residuals: &[i32],
) {
    advance(table, values, motions, |place, column, predicted| {
        let residual = residuals.get(place).copied().unwrap_or_default();
        predict(column, predicted, residual)
    });
}

/// Moves a row on by its motion alone, as when no delta names it.
#[inline]
pub(super) fn coast(table: &TableSchema, values: &mut [u32], motions: &mut [i32]) {
    if motions.iter().any(|motion| *motion != 0) {
        advance_by(table, values, motions, &[]);
    }
}
