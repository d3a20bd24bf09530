//! The code of a field's residuals: short for what is usual for this field in this channel, never long.
//!
//! In: how far a field is from where its motion would have brought it, zigzagged. Out: bits. A Golomb-Rice code whose
//! parameter follows the mean of the residuals before (after LOCO-I: Weinberger, Seroussi, Sapiro, 2000). Its tail is
//! Exp-Golomb, so a surprise costs twice its logarithm and not its size. What the code has learnt is part of the channel's
//! state and of its keyframes, so a channel with three rows need not learn again in each snapshot.

use super::bits::{BitReader, BitWriter};
use super::error::SnapshotError;

/// Quotients below this are written in unary, the others in Exp-Golomb.
const TAIL: u32 = 6;
/// The mean has this many fractional bits, and one residual moves it 1 part in 2 to the power of this.
const WEIGHT: u32 = 4;
/// Larger residuals count as this much, so that the mean stays within [`Code::BITS`].
const LESSON_MAX: u32 = 1 << 15;

/// What one field of a channel has learnt of its residuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// 16 times the running mean of zigzagged residuals.
    mean: u32,
}

impl Default for Code {
    /// For a field of which nothing is known yet: residuals of about 2.
    fn default() -> Code {
        Code { mean: 2 << WEIGHT }
    }
}

impl Code {
    /// How many bits hold any [`Code::learnt`].
    pub(super) const BITS: u32 = 20;

    /// What it has learnt as a number, for keyframes and hashes.
    pub(super) fn learnt(self) -> u32 {
        self.mean
    }

    /// The code that has learnt this: a number of [`Code::BITS`] bits.
    pub(super) fn from_learnt(mean: u32) -> Code {
        Code { mean }
    }

    /// How many low bits are sent as they are: about the logarithm of the mean.
    #[inline]
    fn parameter(self) -> u32 {
        // mean * 11/16 is about the median of a geometric distribution, where a quotient of 0 is as likely as not.
        let median = (self.mean * 11) >> (WEIGHT + 4);
        32 - median.leading_zeros()
    }

    #[inline]
    fn learn(&mut self, value: u32) {
        self.mean += value.min(LESSON_MAX);
        self.mean -= self.mean >> WEIGHT;
    }

    /// Appends `value`, a zigzagged residual, and learns from it.
    #[inline]
    pub fn write(&mut self, out: &mut BitWriter, value: u32) {
        let k = self.parameter();
        let (high, low) = (value >> k, value & ((1 << k) - 1));
        if high < TAIL {
            // In one call: the quotient's zeros and its 1, and the low bits. At most 6 + 16 bits.
            out.bits(1 << high | low << (high + 1), high + 1 + k);
        } else {
            out.bits(0, TAIL);
            out.exp_golomb(high - TAIL);
            out.bits(low, k);
        }
        self.learn(value);
    }

    /// Reads the next value and learns from it.
    ///
    /// # Errors
    /// `Short` at the end, `Invalid` over 32 bits.
    #[inline(always)]
    pub fn read(&mut self, from: &mut BitReader) -> Result<u32, SnapshotError> {
        let k = self.parameter();
        // A tail begins with TAIL zeros; its Exp-Golomb number has at most 32 more.
        let high = from.zeros_up_to(TAIL)?;
        let high = if high < TAIL {
            high
        } else {
            from.exp_golomb()?
                .checked_add(TAIL)
                .ok_or(SnapshotError::Invalid)?
        };
        let low = from.bits(k)?;
        let value = u32::try_from(u64::from(high) << k).map_err(|_| SnapshotError::Invalid)? | low;
        self.learn(value);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(
            prop_oneof![0_u32..8, 0_u32..500, any::<u32>()], 0..300,
        )) {
            let (mut out, mut code) = (BitWriter::default(), Code::default());
            for value in &values {
                code.write(&mut out, *value);
                prop_assert!(code.learnt() < 1 << Code::BITS);
            }
            let mut from = BitReader::new(out.finish());
            let mut read = Code::default();
            for value in &values {
                prop_assert_eq!(read.read(&mut from), Ok(*value));
            }
            prop_assert_eq!(read, code);
            prop_assert!(from.finish().is_ok());
        }

        #[test]
        fn any_bytes_give_ok_or_err(bytes in proptest::collection::vec(any::<u8>(), 0..50), learnt in 0_u32..1 << Code::BITS) {
            let mut code = Code::from_learnt(learnt);
            let mut from = BitReader::new(&bytes);
            while code.read(&mut from).is_ok() {}
        }
    }

    #[test]
    fn a_surprise_costs_twice_its_logarithm() {
        let (mut out, mut code) = (BitWriter::default(), Code::default());
        for _ in 0..100 {
            code.write(&mut out, 0);
        }
        let before = out.len_bits();
        assert!(
            before < 110,
            "a usual residual costs a bit once the code has learnt it"
        );
        code.write(&mut out, 1000);
        assert!(out.len_bits() - before < 30);
    }
}
