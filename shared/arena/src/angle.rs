//! Angles of the arena: radians, 0 looks east, a quarter turn looks south (y grows down the screen).
//!
//! In: floats from inputs and bodies. Out: the same bits on every machine, because only `libm` and plain arithmetic are
//! used.

use std::f32::consts::{PI, TAU};

/// The unit vector that an angle points along.
pub fn direction(radians: f32) -> (f32, f32) {
    (libm::cosf(radians), libm::sinf(radians))
}

/// The angle of a vector, in -pi..=pi; 0 for the zero vector.
pub fn angle_of(dx: f32, dy: f32) -> f32 {
    libm::atan2f(dy, dx)
}

/// The same angle in -pi..=pi; 0 for a float that is not an angle.
pub fn wrap_angle(radians: f32) -> f32 {
    if !radians.is_finite() {
        return 0.0;
    }
    let wrapped = radians - libm::floorf(radians / TAU + 0.5) * TAU;
    // Rounding may leave it slightly outside.
    wrapped.clamp(-PI, PI)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn east_is_zero_and_south_a_quarter_turn() {
        assert_eq!(angle_of(1.0, 0.0), 0.0);
        assert!((angle_of(0.0, 1.0) - PI / 2.0).abs() < 1e-6);
        let (dx, dy) = direction(PI / 2.0);
        assert!(dx.abs() < 1e-6 && (dy - 1.0).abs() < 1e-6);
        assert_eq!(wrap_angle(f32::NAN), 0.0);
    }

    proptest! {
        #[test]
        fn a_wrapped_angle_is_valid_and_points_the_same_way(radians in -50.0..50.0_f32) {
            let wrapped = wrap_angle(radians);
            prop_assert!((-PI..=PI).contains(&wrapped));
            let (a, b) = (direction(radians), direction(wrapped));
            prop_assert!((a.0 - b.0).abs() < 1e-4 && (a.1 - b.1).abs() < 1e-4);
        }
    }
}
