//! The sine table by which rows with a heading move.
//!
//! In: how many bits the heading has. Out: sine and cosine of any such angle, as whole numbers, the same on both ends.
//! Must not: ask a floating point library for a sine, since libraries differ in the last bit.

/// The directions that a heading may have, the same on both ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    /// The sines of one whole turn.
    sines: Vec<i32>,
    /// Low bits of the heading, which are finer than the table.
    fine_bits: u32,
}

impl Heading {
    /// A sine of 1 is stored as 2 to the power of this.
    pub const SCALE_BITS: u32 = 14;
    /// At most 2 to the power of this many directions have a sine of their own.
    const DIRECTION_BITS: u32 = 12;

    pub(super) fn new(bits: u32) -> Heading {
        let coarse_bits = bits.min(Heading::DIRECTION_BITS);
        let count = 1_u32 << coarse_bits;
        let quarter = (count / 4).max(1);
        let scale = f64::from(1 << Heading::SCALE_BITS);
        let rising =
            |n: u32| (quarter_sine(f64::from(n) / f64::from(quarter)) * scale + 0.5) as i32;
        let sine = |n: u32| {
            let (part, left) = (n % quarter, quarter - n % quarter);
            match n / quarter {
                0 => rising(part),
                1 => rising(left),
                2 => -rising(part),
                _ => -rising(left),
            }
        };
        Heading {
            sines: (0..count).map(sine).collect(),
            fine_bits: bits - coarse_bits,
        }
    }

    /// Sine and cosine of a quantised angle.
    #[inline(always)]
    pub(crate) fn wave(&self, angle: u32) -> (i64, i64) {
        let (place, count) = ((angle >> self.fine_bits) as usize, self.sines.len());
        let at = |place: usize| {
            let sine = self.sines.get(place & (count - 1));
            i64::from(sine.copied().unwrap_or_default())
        };
        (at(place), at(place + count / 4))
    }
}

/// The sine of a part (0..=1) of a quarter turn, by its series: the same on any machine, and small to download.
fn quarter_sine(part: f64) -> f64 {
    let angle = part * std::f64::consts::FRAC_PI_2;
    let square = angle * angle;
    let factors = [210.0, 156.0, 110.0, 72.0, 42.0, 20.0, 6.0];
    angle
        * factors
            .iter()
            .fold(1.0, |sum, factor| 1.0 - square / factor * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headings_sines_are_the_nearest_whole_numbers() {
        for bits in 2..=16 {
            let heading = Heading::new(bits);
            for angle in 0..1_u32 << bits {
                // The rule as docs/protocol.md states it.
                let coarse = angle >> heading.fine_bits;
                let turns = f64::from(coarse) / heading.sines.len() as f64;
                let (sine, cosine) = (turns * std::f64::consts::TAU).sin_cos();
                let nearest = |part: f64| (part * 16_384.0).round() as i64;
                assert_eq!(heading.wave(angle), (nearest(sine), nearest(cosine)));
            }
        }
    }
}
