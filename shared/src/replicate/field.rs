//! One field of a component: how its values become integers and come back.
//!
//! In: a declared range, step or angle. Out: `quantise` (f64 to u32), `dequantise` (u32 to f64) and `blend` (a value
//! between two snapshots). None of them fails: any float, NaN too, gives an integer in range.

use std::f64::consts::TAU;

use crate::ids::{EntityId, PlayerId};

/// What a field's integers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldKind {
    /// `min + n * step`, for n in `0..=max`.
    Float {
        /// The smallest value.
        min: f64,
        /// The distance between two neighbours.
        step: f64,
        /// The largest n.
        max: u32,
    },
    /// Radians in `-pi..pi`: n of `2^bits` directions, which wrap.
    Angle {
        /// 1..=16.
        bits: u32,
    },
    /// 0 or 1.
    Bool,
    /// A unit enum's variant, counted from 0.
    Enum {
        /// How many variants.
        count: u32,
    },
    /// `min + n`, for n in `0..=max`.
    Integer {
        /// The smallest value.
        min: i64,
        /// The largest n.
        max: u32,
    },
}

impl FieldKind {
    /// A float kind from its declared range and step, in the game's units.
    pub const fn float(min: f64, max: f64, step: f64) -> FieldKind {
        assert!(
            max > min && step > 0.0,
            "a float field needs min < max and a step above 0"
        );
        let count = (max - min) / step;
        assert!(
            count < 1_073_741_824.0,
            "a float field has at most 2^30 steps"
        );
        FieldKind::Float {
            min,
            step,
            max: (count + 0.999_999) as u32,
        }
    }

    /// An integer kind from its declared range.
    pub const fn integer(min: i64, max: i64) -> FieldKind {
        assert!(
            max >= min && max - min <= u32::MAX as i64,
            "an integer field spans at most 2^32 values"
        );
        FieldKind::Integer {
            min,
            max: (max - min) as u32,
        }
    }

    /// An angle kind.
    pub const fn angle(bits: u32) -> FieldKind {
        assert!(bits >= 1 && bits <= 16, "an angle has 1 to 16 bits");
        FieldKind::Angle { bits }
    }

    /// The largest quantised value.
    pub const fn max(self) -> u32 {
        match self {
            FieldKind::Float { max, .. } | FieldKind::Integer { max, .. } => max,
            FieldKind::Angle { bits } => (1 << bits) - 1,
            FieldKind::Bool => 1,
            FieldKind::Enum { count } => count - 1,
        }
    }

    /// Bits of one quantised value when it is sent as it is.
    pub const fn bits(self) -> u32 {
        32 - self.max().leading_zeros()
    }

    /// The nearest quantised value. A value out of range goes to the nearer end, NaN to 0.
    #[inline(always)]
    pub fn quantise(self, value: f64) -> u32 {
        match self {
            // `as` saturates, and turns NaN into 0.
            FieldKind::Float { min, step, max } => (((value - min) / step + 0.5) as u32).min(max),
            FieldKind::Angle { bits } => {
                let turns = value / TAU;
                ((turns * f64::from(1_u32 << bits) + 0.5).floor() as i64 as u32) & ((1 << bits) - 1)
            }
            FieldKind::Bool => u32::from(value != 0.0),
            FieldKind::Enum { count } => (value as u32).min(count - 1),
            FieldKind::Integer { min, max } => ((value - min as f64) as u32).min(max),
        }
    }

    /// The value that a quantised one stands for; for angles in `-pi..pi`.
    #[inline(always)]
    pub fn dequantise(self, quantised: u32) -> f64 {
        match self {
            FieldKind::Float { min, step, .. } => min + f64::from(quantised) * step,
            FieldKind::Angle { bits } => {
                let count = f64::from(1_u32 << bits);
                let turns = f64::from(quantised) / count;
                if turns >= 0.5 {
                    (turns - 1.0) * TAU
                } else {
                    turns * TAU
                }
            }
            FieldKind::Bool | FieldKind::Enum { .. } => f64::from(quantised),
            FieldKind::Integer { min, .. } => min as f64 + f64::from(quantised),
        }
    }

    /// What the schema's hash says of this kind: its tag, and three numbers (see `docs/protocol.md`).
    pub(crate) fn described(self) -> (u8, [u64; 2], u32) {
        match self {
            FieldKind::Float { min, step, max } => (0, [min.to_bits(), step.to_bits()], max),
            FieldKind::Angle { bits } => (1, [0, 0], bits),
            FieldKind::Bool => (2, [0, 0], 0),
            FieldKind::Enum { count } => (3, [0, 0], count),
            FieldKind::Integer { min, max } => (4, [min as u64, 0], max),
        }
    }

    /// The value at part `t` of the way from `a` to `b` (0..=1, or a little over 1 to extrapolate). Angles take the
    /// short way round.
    pub fn blend(self, a: f64, b: f64, t: f64) -> f64 {
        match self {
            FieldKind::Angle { .. } => wrap_angle(a + wrap_angle(b - a) * t),
            _ => a + (b - a) * t,
        }
    }

    /// `a - b`; for angles by the short way round.
    pub fn difference(self, a: f64, b: f64) -> f64 {
        match self {
            FieldKind::Angle { .. } => wrap_angle(a - b),
            _ => a - b,
        }
    }
}

fn wrap_angle(radians: f64) -> f64 {
    let turns = radians / TAU;
    (turns - (turns + 0.5).floor()) * TAU
}

/// One field of a component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldSchema {
    /// The field's name, in TypeScript too.
    pub name: &'static str,
    /// What its integers mean.
    pub kind: FieldKind,
    /// Drawn between snapshots, and predicted from its last motion on the wire.
    pub interpolate: bool,
    /// Sent to the entity's owner and to nobody else.
    pub owner_only: bool,
    /// One of the two fields that say where the entity is: x first, y second.
    pub position: bool,
    /// The angle along which the position moves.
    pub heading: bool,
    /// A larger change than this between two snapshots is a teleport: the whole component snaps.
    pub snap_over: f64,
}

impl FieldSchema {
    /// True when no field is a heading, or when one is and x and y can move along it. `#[derive(Replicate)]` checks it.
    pub const fn can_head(fields: &[FieldSchema]) -> bool {
        let (mut headings, mut positions, mut step, mut sound) = (0, 0, 0.0, true);
        let mut place = 0;
        while place < fields.len() {
            let field = &fields[place];
            if field.heading {
                headings += 1;
                sound &= matches!(field.kind, FieldKind::Angle { bits } if bits >= 2);
                sound &= field.interpolate && !field.owner_only;
            }
            if field.position {
                // Motion along a heading mixes x and y, in quarters of a step, so both need the same step.
                match field.kind {
                    FieldKind::Float { step: own, max, .. } if max < 1 << 24 => {
                        sound &= positions == 0 || own == step;
                        step = own;
                    }
                    _ => sound = false,
                }
                positions += 1;
            }
            place += 1;
        }
        headings == 0 || (headings == 1 && positions == 2 && sound)
    }
}

/// A Rust type that a field can have.
pub trait FieldValue: Copy {
    /// The kind of a field that declares none. `None`: it must declare `range` and `step`, or `angle`.
    const KIND: Option<FieldKind>;
    /// The value as a number.
    fn to_number(self) -> f64;
    /// The value of a number that a [`FieldKind`] made. Saturates at the bounds of the type.
    fn from_number(number: f64) -> Self;

    /// The kind of a field that declares none. Fails to compile for floats.
    const DEFAULT_KIND: FieldKind = match Self::KIND {
        Some(kind) => kind,
        None => {
            panic!("this field needs #[net(range = .., step = ..)] or #[net(angle, bits = ..)]")
        }
    };
}

impl FieldValue for f32 {
    const KIND: Option<FieldKind> = None;
    #[inline(always)]
    fn to_number(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn from_number(number: f64) -> f32 {
        number as f32
    }
}

impl FieldValue for f64 {
    const KIND: Option<FieldKind> = None;
    #[inline(always)]
    fn to_number(self) -> f64 {
        self
    }
    #[inline(always)]
    fn from_number(number: f64) -> f64 {
        number
    }
}

impl FieldValue for bool {
    const KIND: Option<FieldKind> = Some(FieldKind::Bool);
    #[inline(always)]
    fn to_number(self) -> f64 {
        f64::from(u8::from(self))
    }
    #[inline(always)]
    fn from_number(number: f64) -> bool {
        number != 0.0
    }
}

macro_rules! integer_fields {
    ($($int:ty),*) => {$(
        impl FieldValue for $int {
            const KIND: Option<FieldKind> = Some(FieldKind::integer(<$int>::MIN as i64, <$int>::MAX as i64));
            #[inline(always)]
            fn to_number(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn from_number(number: f64) -> $int {
                number as $int
            }
        }
    )*};
}
integer_fields!(u8, i8, u16, i16, u32, i32);

macro_rules! id_fields {
    ($($id:ident),*) => {$(
        impl FieldValue for $id {
            const KIND: Option<FieldKind> = <u32 as FieldValue>::KIND;
            #[inline(always)]
            fn to_number(self) -> f64 {
                self.0.to_number()
            }
            #[inline(always)]
            fn from_number(number: f64) -> $id {
                $id(<u32 as FieldValue>::from_number(number))
            }
        }
    )*};
}
id_fields!(PlayerId, EntityId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_floats_land_in_range() {
        let kind = FieldKind::float(-10.0, 10.0, 0.5);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300] {
            assert!(kind.quantise(value) <= kind.max());
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(FieldKind::angle(8).quantise(value) <= 255);
        }
    }

    #[test]
    fn only_an_angle_beside_a_position_can_be_a_heading() {
        let field = |kind: FieldKind, position: bool, heading: bool| FieldSchema {
            name: "",
            kind,
            interpolate: true,
            owner_only: false,
            position,
            heading,
            snap_over: f64::INFINITY,
        };
        let (metre, foot) = (
            FieldKind::float(0.0, 100.0, 0.1),
            FieldKind::float(0.0, 100.0, 0.3),
        );
        let (at, angle) = (field(metre, true, false), FieldKind::angle(8));
        let heading = field(angle, false, true);
        let can = |fields: &[FieldSchema]| FieldSchema::can_head(fields);
        assert!(can(&[at, at]) && can(&[at, at, heading]) && can(&[heading, at, at]));
        assert!(!can(&[heading]) && !can(&[at, at, heading, heading]));
        assert!(!can(&[at, field(foot, true, false), heading]));
        assert!(!can(&[at, at, field(metre, false, true)]));
        assert!(!can(&[at, at, field(FieldKind::angle(1), false, true)]));
        let hidden = FieldSchema {
            owner_only: true,
            ..heading
        };
        assert!(!can(&[at, at, hidden]));
    }

    #[test]
    fn both_ends_of_a_range_are_reached() {
        let kind = FieldKind::float(-1.0, 1.0, 0.01);
        assert_eq!(
            (kind.quantise(-1.0), kind.quantise(1.0), kind.max()),
            (0, 200, 200)
        );
        assert_eq!(FieldKind::integer(0, 100).bits(), 7);
        assert_eq!(FieldKind::Enum { count: 1 }.bits(), 0);
    }

    proptest! {
        #[test]
        fn floats_come_back_within_half_a_step(value in -64.0..64.0_f64) {
            let kind = FieldKind::float(-64.0, 64.0, 0.01);
            prop_assert!((kind.dequantise(kind.quantise(value)) - value).abs() <= 0.005 + 1e-9);
        }

        #[test]
        fn angles_come_back_within_half_a_step_round_the_circle(value in -20.0..20.0_f64) {
            let kind = FieldKind::angle(8);
            let error = kind.difference(kind.dequantise(kind.quantise(value)), value);
            prop_assert!(error.abs() <= TAU / 512.0 + 1e-9);
        }

        #[test]
        fn quantised_values_are_fixed_points(q in 0_u32..=200) {
            let kind = FieldKind::float(-1.0, 1.0, 0.01);
            prop_assert_eq!(kind.quantise(kind.dequantise(q)), q);
        }

        #[test]
        fn blending_angles_takes_the_short_way(a in -3.1..3.1_f64, b in -3.1..3.1_f64) {
            let kind = FieldKind::angle(8);
            let middle = kind.blend(a, b, 0.5);
            prop_assert!(kind.difference(middle, a).abs() <= std::f64::consts::FRAC_PI_2 + 1e-9);
        }
    }
}
