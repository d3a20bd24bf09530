//! Numbers drawn from a seed, the same on every machine: for inputs that nobody pressed. A game's own chance is the room's.
//!
//! In: a seed. Out: integers and fractions.

/// The generator of Steele, Lea and Flood (2014): integers only, the same everywhere.
#[derive(Clone, Copy, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `bound` - 1; 0 for no bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits().checked_rem(bound).unwrap_or(0)
    }

    /// 0..1, a multiple of 2^-24: exact in an f32.
    pub fn fraction(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// `start` to `end`, both in it.
    pub fn integer(&mut self, start: i64, end: i64) -> i64 {
        let values = end.abs_diff(start).saturating_add(1);
        start.wrapping_add_unsigned(self.below(values))
    }

    /// `start` to `end`.
    pub fn float(&mut self, start: f64, end: f64) -> f64 {
        start + (end - start) * f64::from(self.fraction())
    }
}
