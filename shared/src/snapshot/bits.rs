//! A stream of bits, least significant first, and the integer codes that snapshots use.
//!
//! In and out: bytes. Codes: plain bits, Exp-Golomb of order 0 (counts and gaps, 0 costs one bit), and Rice codes
//! whose parameter adapts to what came before (residuals). A reader never runs past its bytes and never loops
//! longer than they are.

use super::SnapshotError;

/// Appends bits to bytes.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, in the low end.
    pending: u64,
    /// How many: always below 8 between calls.
    pending_bits: u32,
}

impl BitWriter {
    /// Starts over, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        (self.pending, self.pending_bits) = (0, 0);
    }

    /// Appends the low `count` bits of `value`; `count` is 0..=32.
    #[inline]
    pub fn bits(&mut self, value: u32, count: u32) {
        debug_assert!(count == 32 || u64::from(value) < 1 << count);
        self.pending |= u64::from(value) << self.pending_bits;
        self.pending_bits += count;
        while self.pending_bits >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    /// Appends one bit.
    #[inline]
    pub fn bit(&mut self, value: bool) {
        self.bits(u32::from(value), 1);
    }

    /// Exp-Golomb, order 0: `value + 1` has n bits below its highest 1. That many zeros, a 1, then the n bits, least
    /// significant first as everywhere here.
    #[inline]
    pub fn exp_golomb(&mut self, value: u32) {
        let plus_one = u64::from(value) + 1;
        let extra = 63 - plus_one.leading_zeros();
        self.bits(0, extra);
        self.bit(true);
        self.bits((plus_one & ((1_u64 << extra) - 1)) as u32, extra);
    }

    /// The bytes so far, the last one filled with zero bits.
    pub fn finish(&mut self) -> &[u8] {
        if self.pending_bits > 0 {
            self.bytes.push(self.pending as u8);
            (self.pending, self.pending_bits) = (0, 0);
        }
        &self.bytes
    }
}

/// Takes bits off the front of bytes.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position_bits: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit.
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader {
            bytes,
            position_bits: 0,
        }
    }

    /// Bits not yet read, the filling of the last byte included.
    pub fn left_bits(&self) -> usize {
        self.bytes.len() * 8 - self.position_bits
    }

    /// The next `count` bits, 0..=32.
    ///
    /// # Errors
    /// `Short` when there are fewer.
    #[inline]
    pub fn bits(&mut self, count: u32) -> Result<u32, SnapshotError> {
        if self.left_bits() < count as usize {
            return Err(SnapshotError::Short);
        }
        let start = self.position_bits / 8;
        let mut window = [0_u8; 8];
        match self.bytes.get(start..start + 8) {
            Some(whole) => window.copy_from_slice(whole),
            None => {
                let tail = self.bytes.get(start..).unwrap_or_default();
                for (to, from) in window.iter_mut().zip(tail) {
                    *to = *from;
                }
            }
        }
        let shifted = u64::from_le_bytes(window) >> (self.position_bits % 8);
        self.position_bits += count as usize;
        Ok((shifted & ((1_u64 << count) - 1)) as u32)
    }

    /// The next bit.
    ///
    /// # Errors
    /// `Short` at the end.
    #[inline]
    pub fn bit(&mut self) -> Result<bool, SnapshotError> {
        Ok(self.bits(1)? == 1)
    }

    /// How many zero bits come before the next 1, which is taken too; at most `most`.
    ///
    /// # Errors
    /// `Invalid` beyond `most`, `Short` at the end.
    #[inline]
    fn zeros(&mut self, most: u32) -> Result<u32, SnapshotError> {
        let mut count = 0;
        while !self.bit()? {
            count += 1;
            if count > most {
                return Err(SnapshotError::Invalid);
            }
        }
        Ok(count)
    }

    /// See [`BitWriter::exp_golomb`].
    ///
    /// # Errors
    /// `Short` at the end, `Invalid` over 32 bits.
    #[inline]
    pub fn exp_golomb(&mut self) -> Result<u32, SnapshotError> {
        let extra = self.zeros(32)?;
        let plus_one = 1_u64 << extra | u64::from(self.bits(extra)?);
        u32::try_from(plus_one - 1).map_err(|_| SnapshotError::Invalid)
    }

    /// A count of things that each take at least `bits_each` bits: refused when the bytes left cannot hold them.
    ///
    /// # Errors
    /// `Short`, `Invalid`.
    pub fn count(&mut self, bits_each: usize) -> Result<usize, SnapshotError> {
        let count = self.exp_golomb()? as usize;
        if count > self.left_bits() / bits_each.max(1) {
            Err(SnapshotError::Short)
        } else {
            Ok(count)
        }
    }

    /// Nothing but the filling of the last byte may be left.
    ///
    /// # Errors
    /// `Trailing`.
    pub fn finish(mut self) -> Result<(), SnapshotError> {
        let left = self.left_bits();
        if left >= 8 || self.bits(left as u32)? != 0 {
            Err(SnapshotError::Trailing)
        } else {
            Ok(())
        }
    }
}

/// Small for small magnitudes: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
#[inline]
pub(super) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// The inverse of [`zigzag`].
#[inline]
pub(super) fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// An adaptive Rice code for one field's residuals within one section, after LOCO-I (Weinberger, Seroussi, Sapiro,
/// 2000): the parameter follows the mean of the magnitudes so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rice {
    sum: u32,
    count: u32,
}

/// The unary part is at most this long; then the value follows in 32 plain bits.
const RICE_ESCAPE: u32 = 20;

impl Rice {
    pub(super) const START: Rice = Rice { sum: 2, count: 1 };

    #[inline]
    fn parameter(self) -> u32 {
        let mut k = 0;
        while (u64::from(self.count) << k) < u64::from(self.sum) && k < 24 {
            k += 1;
        }
        k
    }

    #[inline]
    fn learn(&mut self, value: u32) {
        self.sum = self.sum.saturating_add(value.min(1 << 20));
        self.count += 1;
        if self.count == 32 {
            self.sum = self.sum.div_ceil(2);
            self.count = 16;
        }
    }

    #[inline]
    pub(super) fn write(&mut self, out: &mut BitWriter, value: u32) {
        let k = self.parameter();
        let high = value >> k;
        if high < RICE_ESCAPE {
            out.bits(0, high);
            out.bit(true);
            out.bits(value & ((1 << k) - 1), k);
        } else {
            out.bits(0, RICE_ESCAPE);
            out.bit(true);
            out.bits(value, 32);
        }
        self.learn(value);
    }

    #[inline]
    pub(super) fn read(&mut self, from: &mut BitReader) -> Result<u32, SnapshotError> {
        let k = self.parameter();
        let high = from.zeros(RICE_ESCAPE)?;
        let value = if high == RICE_ESCAPE {
            from.bits(32)?
        } else {
            high << k | from.bits(k)?
        };
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
        fn what_is_written_is_read(values in proptest::collection::vec((any::<u32>(), 0_u32..=32), 0..200)) {
            let mut out = BitWriter::default();
            let mut rice = Rice::START;
            for (value, count) in &values {
                let low = if *count == 32 { *value } else { value & ((1 << count) - 1) };
                out.bits(low, *count);
                out.exp_golomb(*value);
                rice.write(&mut out, low);
            }
            let mut from = BitReader::new(out.finish());
            let mut rice = Rice::START;
            for (value, count) in &values {
                let low = if *count == 32 { *value } else { value & ((1 << count) - 1) };
                prop_assert_eq!(from.bits(*count).unwrap(), low);
                prop_assert_eq!(from.exp_golomb().unwrap(), *value);
                prop_assert_eq!(rice.read(&mut from).unwrap(), low);
            }
            prop_assert!(from.finish().is_ok());
        }

        #[test]
        fn zigzag_comes_back(value in any::<i32>()) {
            prop_assert_eq!(unzigzag(zigzag(value)), value);
        }
    }

    #[test]
    fn a_count_is_refused_when_the_bytes_cannot_hold_it() {
        let mut out = BitWriter::default();
        out.exp_golomb(1_000_000);
        let bytes = out.finish().to_vec();
        assert_eq!(BitReader::new(&bytes).count(1), Err(SnapshotError::Short));
    }
}
