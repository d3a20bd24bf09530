//! A stream of bits, least significant first, and the counts and gaps that snapshots are made of.
//!
//! In and out: bytes. Two codes: plain bits, and Exp-Golomb of order 0 for counts and gaps, in which 0 costs one bit; the
//! code of fields is in `code`. A reader never runs past its bytes, and no loop is longer than they are.

use super::error::SnapshotError;

/// Appends bits to bytes.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, at the low end.
    pending: u64,
    /// How many those are: below 32 between calls.
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
        if self.pending_bits >= 32 {
            self.bytes
                .extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.pending_bits -= 32;
        }
    }

    /// Appends one bit.
    #[inline]
    pub fn bit(&mut self, value: bool) {
        self.bits(u32::from(value), 1);
    }

    /// `count` zeros (0..=31) and a 1.
    #[inline]
    pub fn zeros(&mut self, count: u32) {
        self.bits(1 << count, count + 1);
    }

    /// Exp-Golomb, order 0: `value + 1` has n bits below its highest 1. Appends n zeros, a 1, then those n bits, least
    /// significant first like all bits here.
    #[inline]
    pub fn exp_golomb(&mut self, value: u32) {
        let plus_one = u64::from(value) + 1;
        let extra = 63 - plus_one.leading_zeros();
        self.bits(0, extra);
        self.bit(true);
        self.bits((plus_one & ((1_u64 << extra) - 1)) as u32, extra);
    }

    /// How many bits there are so far.
    pub fn len_bits(&self) -> usize {
        self.bytes.len() * 8 + self.pending_bits as usize
    }

    /// The bytes so far; the last one is filled up with zero bits.
    pub fn finish(&mut self) -> &[u8] {
        while self.pending_bits > 0 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits = self.pending_bits.saturating_sub(8);
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

    /// Bits not yet read, with those that fill the last byte.
    pub fn left_bits(&self) -> usize {
        self.bytes.len() * 8 - self.position_bits
    }

    /// The bits from here on, at least 57 of them; zeros beyond the end.
    #[inline]
    fn window(&self) -> u64 {
        let start = self.position_bits / 8;
        let shift = self.position_bits % 8;
        if let Some(whole) = self.bytes.get(start..).and_then(|tail| tail.first_chunk()) {
            return u64::from_le_bytes(*whole) >> shift;
        }
        let tail = self.bytes.get(start..).unwrap_or_default();
        let mut window = [0_u8; 8];
        for (to, from) in window.iter_mut().zip(tail) {
            *to = *from;
        }
        u64::from_le_bytes(window) >> shift
    }

    #[inline]
    fn skip(&mut self, count: u32) -> Result<(), SnapshotError> {
        if self.left_bits() < count as usize {
            return Err(SnapshotError::Short);
        }
        self.position_bits += count as usize;
        Ok(())
    }

    /// The next `count` bits, 0..=32.
    ///
    /// # Errors
    /// `Short` when there are fewer.
    #[inline]
    pub fn bits(&mut self, count: u32) -> Result<u32, SnapshotError> {
        let window = self.window();
        self.skip(count)?;
        Ok((window & ((1_u64 << count) - 1)) as u32)
    }

    /// The next bit.
    ///
    /// # Errors
    /// `Short` at the end.
    #[inline]
    pub fn bit(&mut self) -> Result<bool, SnapshotError> {
        Ok(self.bits(1)? == 1)
    }

    /// Counts the zero bits before the next 1, and takes them and the 1. There may be up to `most` zeros (at most 32).
    ///
    /// # Errors
    /// `Invalid` beyond `most`, `Short` at the end.
    #[inline]
    pub fn zeros(&mut self, most: u32) -> Result<u32, SnapshotError> {
        let count = self.window().trailing_zeros();
        if count > most {
            // The window has zeros beyond the end too, so the bits that are left decide which error it is.
            return Err(if self.left_bits() <= most as usize {
                SnapshotError::Short
            } else {
                SnapshotError::Invalid
            });
        }
        self.skip(count + 1)?;
        Ok(count)
    }

    /// Counts and takes the zero bits that come next, up to `most` (at most 32). After fewer than `most` a 1 follows, and
    /// it is taken too.
    ///
    /// # Errors
    /// `Short` at the end.
    #[inline]
    pub(super) fn zeros_up_to(&mut self, most: u32) -> Result<u32, SnapshotError> {
        let count = self.window().trailing_zeros().min(most);
        self.skip(count + u32::from(count < most))?;
        Ok(count)
    }

    /// Reads what [`BitWriter::exp_golomb`] wrote.
    ///
    /// # Errors
    /// `Short` at the end, `Invalid` over 32 bits.
    #[inline]
    pub fn exp_golomb(&mut self) -> Result<u32, SnapshotError> {
        let extra = self.zeros(32)?;
        let plus_one = 1_u64 << extra | u64::from(self.bits(extra)?);
        u32::try_from(plus_one - 1).map_err(|_| SnapshotError::Invalid)
    }

    /// Reads a count of things that each take at least `bits_each` bits. Refuses a count that the bits left cannot hold.
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

    /// Ends the reading: nothing may be left but the zero bits that fill the last byte.
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

/// How many bits hold any number below `bound`.
pub(super) fn bits_of(bound: u32) -> u32 {
    u32::BITS - bound.saturating_sub(1).leading_zeros()
}

/// Turns small magnitudes into small numbers: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
#[inline]
pub(super) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// The inverse of [`zigzag`].
#[inline]
pub(super) fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec((any::<u32>(), 0_u32..=32), 0..200)) {
            let low = |value: u32, count: u32| if count == 32 { value } else { value & ((1 << count) - 1) };
            let mut out = BitWriter::default();
            for (value, count) in &values {
                out.bits(low(*value, *count), *count);
                out.exp_golomb(*value);
                out.zeros(count % 32);
            }
            let bits = out.len_bits();
            let mut from = BitReader::new(out.finish());
            prop_assert_eq!(from.left_bits(), bits.next_multiple_of(8));
            for (value, count) in &values {
                prop_assert_eq!(from.bits(*count).unwrap(), low(*value, *count));
                prop_assert_eq!(from.exp_golomb().unwrap(), *value);
                prop_assert_eq!(from.zeros(31).unwrap(), count % 32);
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

    #[test]
    fn the_end_is_short_and_too_many_zeros_are_invalid() {
        assert_eq!(BitReader::new(&[0]).zeros(20), Err(SnapshotError::Short));
        assert_eq!(
            BitReader::new(&[0; 16]).zeros(20),
            Err(SnapshotError::Invalid)
        );
        assert_eq!(BitReader::new(&[1]).bits(9), Err(SnapshotError::Short));
    }
}
