//! The curve on which an entity is drawn: through the snapshots around the drawn moment, and a little past the newest.
//!
//! In: up to four frames. Out: values and speeds. Between snapshots the curve is a cubic (Hermite). Its slope at each
//! snapshot is that of the parabola through it and its neighbours, limited so that only an entity that turns round swings
//! past its snapshots (Fritsch and Carlson, 1980). Past the newest snapshot it goes on straight, slows down and holds.

use super::frames::{Around, Frame};
use super::tuning::within;
use crate::replicate::{FieldKind, FieldSchema};
use crate::snapshot::TableState;

/// A slope at a snapshot is at most this many times the mean slope of its span, which keeps the cubic monotone. The slopes
/// on both sides of a snapshot are the same, unless something starts or stops dead: then one of them is cut to this.
const STEEPEST: f64 = 3.0;
/// Two spans belong to one motion when neither is more than this many times as long as the other.
const EVEN: f64 = 2.0;

/// A walk by ascending id through one table of the frames around a moment.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    tables: [Option<&'a TableState>; 4],
    rows: [usize; 4],
    /// Ticks from `before` to `a`, `a` to `b`, `b` to `after`.
    spans: [f64; 3],
    past_a: f64,
    moment_speed: f64,
    fields: &'a [FieldSchema],
}

/// One entity's rows in that table.
#[derive(Debug)]
pub(super) struct Knots<'a> {
    before: Option<&'a [u32]>,
    a: &'a [u32],
    b: &'a [u32],
    after: Option<&'a [u32]>,
    /// It teleports between `a` and `b`.
    jumps: bool,
}

impl<'a> Walk<'a> {
    /// A walk through the table at `place` of the schema's tables, which has these fields.
    pub(super) fn new(around: Around<'a>, place: usize, fields: &'a [FieldSchema]) -> Walk<'a> {
        let frames = [around.before, Some(around.a), Some(around.b), around.after];
        let tick = |frame: Option<&Frame>, other: i64| frame.map_or(other, |frame| frame.tick);
        let (a, b) = (around.a.tick, around.b.tick);
        let spans = [a - tick(around.before, a), b - a, tick(around.after, b) - b];
        Walk {
            tables: frames.map(|frame| frame.and_then(|frame| frame.tables.get(place))),
            rows: [0; 4],
            spans: spans.map(|span| span as f64),
            past_a: around.past_a,
            moment_speed: around.moment_speed,
            fields,
        }
    }

    fn row(&mut self, which: usize, id: u32) -> Option<&'a [u32]> {
        let table = (*self.tables.get(which)?)?;
        let row = self.rows.get_mut(which)?;
        while table.ids.get(*row).is_some_and(|other| *other < id) {
            *row += 1;
        }
        let found = table.ids.get(*row) == Some(&id);
        found.then(|| table.row(*row, self.fields.len()))
    }

    /// An entity's rows. Ids must ascend from call to call. None when neither `a` nor `b` has the entity.
    pub(super) fn find(&mut self, id: u32) -> Option<Knots<'a>> {
        let (a, b) = (self.row(1, id), self.row(2, id));
        let (before, after) = (self.row(0, id), self.row(3, id));
        // A neighbour counts only beside a row of the same entity, and not across a teleport.
        let near = |one: Option<&'a [u32]>, other: Option<&'a [u32]>| {
            one.zip(other)
                .filter(|(one, other)| !jumps(self.fields, one, other))
                .map(|(one, _)| one)
        };
        let (before, after) = (near(before, a), near(after, b));
        let (a, b) = (a.or(b)?, b.or(a)?);
        let jumps = jumps(self.fields, a, b);
        Some(Knots {
            before,
            a,
            b,
            after,
            jumps,
        })
    }

    /// The value of an entity's field at the moment, and how fast it changes per tick of drawn time.
    pub(super) fn value(&self, knots: &Knots, place: usize) -> (f64, f64) {
        let Some(field) = self.fields.get(place) else {
            return (0.0, 0.0);
        };
        let kind = field.kind;
        let of = |row: &[u32]| kind.dequantise(row.get(place).copied().unwrap_or(0));
        let [span_before, span, span_after] = self.spans;
        let (from, to) = (of(knots.a), of(knots.b));
        if !field.interpolate || knots.jumps || span <= 0.0 {
            let value = if self.past_a < span { from } else { to };
            return (value, 0.0);
        }
        let slope = kind.difference(to, from) / span;
        let slope_before = knots
            .before
            .map(|row| (kind.difference(from, of(row)) / span_before, span_before));
        let slope_after = knots
            .after
            .map(|row| (kind.difference(of(row), to) / span_after, span_after));
        let ends = [slope_before, slope_after].map(|beside| {
            beside.map_or(slope, |(beside, beside_span)| {
                tangent((beside, beside_span), (slope, span))
            })
        });
        let (moved, speed) = cubic(span, slope, ends, self.past_a);
        (add(kind, from, moved), speed * self.moment_speed)
    }
}

/// `value + more`; angles stay within their range.
pub(super) fn add(kind: FieldKind, value: f64, more: f64) -> f64 {
    kind.blend(value, value + more, 1.0)
}

/// The slope at one end of a span. `own` is the mean slope of that span, `beside` that of the span on the other side.
fn tangent((beside, beside_span): (f64, f64), (own, own_span): (f64, f64)) -> f64 {
    let even = beside_span <= EVEN * own_span && own_span <= EVEN * beside_span;
    // Of a long rest, only the end matters.
    let beside_span = beside_span.min(EVEN * own_span);
    // The slope of the parabola through all three snapshots.
    let slope = (beside * own_span + own * beside_span) / (own_span + beside_span);
    if beside * own < 0.0 {
        // A turn, whose furthest point is past both snapshots. After a long rest there was no turn.
        return if even { slope } else { 0.0 };
    }
    let limit = STEEPEST * own.abs();
    within(slope, -limit, limit)
}

/// How far the cubic over a span has moved, and its slope there. Past the span it goes on straight at the mean slope.
fn cubic(span: f64, slope: f64, [start, end]: [f64; 2], past: f64) -> (f64, f64) {
    if past >= span {
        return (slope * past, slope);
    }
    let t = (past / span).max(0.0);
    let (bend_a, bend_b) = (start - slope, end - slope);
    let rest = 1.0 - t;
    let moved = slope * t + t * rest * (bend_a * rest - bend_b * t);
    let speed = slope + bend_a * rest * (1.0 - 3.0 * t) + bend_b * t * (3.0 * t - 2.0);
    (moved * span, speed)
}

/// True when any field moved so far that it is a teleport.
fn jumps(fields: &[FieldSchema], from: &[u32], to: &[u32]) -> bool {
    fields.iter().zip(from).zip(to).any(|((field, from), to)| {
        let (from, to) = (field.kind.dequantise(*from), field.kind.dequantise(*to));
        field.snap_over.is_finite() && field.kind.difference(to, from).abs() > field.snap_over
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_what_turns_round_swings_past_its_snapshots(
            moves in prop::array::uniform3(0.0..10.0_f64),
            turns in any::<bool>(),
            spans in prop::array::uniform3(1.0..30.0_f64),
            t in 0.0..1.0_f64,
        ) {
            let last = if turns { -moves[2] } else { moves[2] };
            let slopes = [moves[0], moves[1], last];
            let slopes = [0, 1, 2].map(|n| (slopes[n] / spans[n], spans[n]));
            let ends = [tangent(slopes[0], slopes[1]), tangent(slopes[2], slopes[1])];
            let (moved, _) = cubic(spans[1], slopes[1].0, ends, t * spans[1]);
            // The cubic reaches at most 4/27 of (end slope * span) beyond its end.
            let beyond = if turns { ends[1].abs() * spans[1] * 0.15 } else { 0.0 };
            let drawn = -1e-9 - beyond..=moves[1] + 1e-9 + beyond;
            prop_assert!(drawn.contains(&moved), "{moved} not in {drawn:?}");
        }

        #[test]
        fn a_curve_is_as_fast_as_its_slope_says(
            slope in -3.0..3.0_f64, ends in prop::array::uniform2(-3.0..3.0_f64), t in 0.01..0.98_f64,
        ) {
            let at = |t: f64| cubic(2.0, slope, ends, 2.0 * t);
            let measured = (at(t + 1e-6).0 - at(t - 1e-6).0) / 4e-6;
            prop_assert!((measured - at(t).1).abs() < 1e-3);
        }
    }

    #[test]
    fn constant_acceleration_is_drawn_as_it_is() {
        let place = |tick: f64| 0.5 * 0.014 * tick * tick;
        let slope = |from: f64| ((place(from + 2.0) - place(from)) / 2.0, 2.0);
        let ends = [
            tangent(slope(2.0), slope(4.0)),
            tangent(slope(6.0), slope(4.0)),
        ];
        for quarter in 0..8 {
            let past = f64::from(quarter) * 0.25;
            let drawn = place(4.0) + cubic(2.0, slope(4.0).0, ends, past).0;
            assert!((drawn - place(4.0 + past)).abs() < 1e-9, "at {past}");
        }
    }

    #[test]
    fn what_starts_after_a_long_rest_does_not_back_off() {
        assert_eq!(tangent((0.1, 2.0), (0.0, 15.0)), 0.0);
        assert_eq!(tangent((0.1, 2.0), (-0.001, 15.0)), 0.0);
    }
}
