//! An adaptive binary range coder like LZMA's: a bit costs as much as its probability says.
//!
//! In: residuals. Out: bytes. A residual is written as its magnitude class, by a tree of adaptive bits, then the bits
//! below its highest one: the first of them adaptive, the others plain. Models outlive sections; the coder's state does
//! not.

use tickwire_shared::snapshot::SnapshotError;

use super::ResidualCode;

/// Probabilities are fractions of 2 to the power of this.
const PROBABILITY_BITS: u32 = 11;
/// A bit moves its probability by one part in 2 to the power of this.
const RATE: u32 = 5;
/// A range below this is scaled up.
const TOP: u32 = 1 << 24;
/// The 33 classes (the bit lengths of 0 to `u32::MAX`) need a tree this deep.
const CLASS_BITS: u32 = 6;

/// The probability that a bit is 0.
#[derive(Clone, Copy)]
struct Chance(u16);

impl Chance {
    const EVEN: Chance = Chance(1 << (PROBABILITY_BITS - 1));

    fn bound(self, range: u32) -> u32 {
        (range >> PROBABILITY_BITS) * u32::from(self.0)
    }

    fn learn(&mut self, bit: bool) {
        if bit {
            self.0 -= self.0 >> RATE;
        } else {
            self.0 += ((1 << PROBABILITY_BITS) - self.0) >> RATE;
        }
    }
}

/// What the residuals of a field have taught.
#[derive(Clone)]
struct Model {
    class: [Chance; 1 << CLASS_BITS],
    /// By class: the highest bit below the leading one.
    next: [Chance; 33],
}

impl Model {
    const NEW: Model = Model {
        class: [Chance::EVEN; 1 << CLASS_BITS],
        next: [Chance::EVEN; 33],
    };
}

struct Encoder<'a> {
    low: u64,
    range: u32,
    /// The last byte that a carry may still change, and the number of 255s after it.
    held: Option<u8>,
    full: usize,
    out: &'a mut Vec<u8>,
}

impl Encoder<'_> {
    fn bit(&mut self, chance: &mut Chance, bit: bool) {
        let bound = chance.bound(self.range);
        if bit {
            self.low += u64::from(bound);
            self.range -= bound;
        } else {
            self.range = bound;
        }
        chance.learn(bit);
        self.normalise();
    }

    fn plain(&mut self, bit: bool) {
        self.range >>= 1;
        if bit {
            self.low += u64::from(self.range);
        }
        self.normalise();
    }

    fn normalise(&mut self) {
        while self.range < TOP {
            self.range <<= 8;
            self.shift();
        }
    }

    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        if carry == 0 && self.low as u32 >= 0xFF00_0000 {
            self.full += 1;
        } else {
            if let Some(held) = self.held {
                self.out.push(held.wrapping_add(carry));
            }
            let full = 0xFF_u8.wrapping_add(carry);
            self.out.extend(std::iter::repeat_n(full, self.full));
            self.full = 0;
            self.held = Some((self.low >> 24) as u8);
        }
        self.low = (self.low & 0x00FF_FFFF) << 8;
    }

    /// Writes the shortest bytes that still mean the same; the reader takes zeros beyond the end.
    fn finish(mut self, start: usize) {
        let high = self.low + u64::from(self.range) - 1;
        for zeros in (0..=32).rev() {
            let value = high >> zeros << zeros;
            if value >= self.low {
                self.low = value;
                break;
            }
        }
        for _ in 0..5 {
            self.shift();
        }
        while self.out.len() > start && self.out.last() == Some(&0) {
            self.out.pop();
        }
    }
}

struct Decoder<'a> {
    code: u32,
    range: u32,
    bytes: std::slice::Iter<'a, u8>,
}

impl Decoder<'_> {
    fn new(bytes: &[u8]) -> Decoder<'_> {
        let mut decoder = Decoder {
            code: 0,
            range: u32::MAX,
            bytes: bytes.iter(),
        };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    fn shift(&mut self) {
        self.code = self.code << 8 | u32::from(self.bytes.next().copied().unwrap_or(0));
    }

    fn bit(&mut self, chance: &mut Chance) -> bool {
        let bound = chance.bound(self.range);
        let bit = self.code >= bound;
        if bit {
            self.code -= bound;
            self.range -= bound;
        } else {
            self.range = bound;
        }
        chance.learn(bit);
        self.normalise();
        bit
    }

    fn plain(&mut self) -> bool {
        self.range >>= 1;
        let bit = self.code >= self.range;
        if bit {
            self.code -= self.range;
        }
        self.normalise();
        bit
    }

    fn normalise(&mut self) {
        while self.range < TOP {
            self.range <<= 8;
            self.shift();
        }
    }
}

/// The range coder as a code of residuals.
pub struct RangeCode(Vec<Model>);

impl ResidualCode for RangeCode {
    const NAME: &'static str = "adaptive range coder";

    fn new(columns: usize) -> RangeCode {
        RangeCode(vec![Model::NEW; columns])
    }

    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>) {
        let start = out.len();
        let mut to = Encoder {
            low: 0,
            range: u32::MAX,
            held: None,
            full: 0,
            out,
        };
        for row in rows.chunks_exact(self.0.len()) {
            for (model, value) in self.0.iter_mut().zip(row) {
                let class = 32 - value.leading_zeros();
                let mut node = 1;
                for shift in (0..CLASS_BITS).rev() {
                    let bit = class >> shift & 1 == 1;
                    to.bit(&mut model.class[node], bit);
                    node = node << 1 | usize::from(bit);
                }
                for shift in (0..class.saturating_sub(1)).rev() {
                    let bit = value >> shift & 1 == 1;
                    if shift + 2 == class {
                        to.bit(&mut model.next[class as usize], bit);
                    } else {
                        to.plain(bit);
                    }
                }
            }
        }
        to.finish(start);
    }

    fn read(
        &mut self,
        bytes: &[u8],
        values: usize,
        rows: &mut Vec<u32>,
    ) -> Result<(), SnapshotError> {
        let mut from = Decoder::new(bytes);
        for _ in 0..values / self.0.len() {
            for model in &mut self.0 {
                let mut node = 1;
                for _ in 0..CLASS_BITS {
                    node = node << 1 | usize::from(from.bit(&mut model.class[node]));
                }
                let class = node as u32 - (1 << CLASS_BITS);
                if class > 32 {
                    return Err(SnapshotError::Invalid);
                }
                let mut value = class.min(1);
                for shift in (0..class.saturating_sub(1)).rev() {
                    let bit = if shift + 2 == class {
                        from.bit(&mut model.next[class as usize])
                    } else {
                        from.plain()
                    };
                    value = value << 1 | u32::from(bit);
                }
                rows.push(value);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_over_many_sections() {
        let (mut writer, mut reader) = (RangeCode::new(3), RangeCode::new(3));
        let mut random = 1_u32;
        let mut next = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            random
        };
        for section in 0..200 {
            let rows = (0..3 * (section % 40)).map(|_| next() >> (next() >> 27));
            let rows = rows.chain([0, u32::MAX, 255]).collect::<Vec<_>>();
            let (mut bytes, mut read) = (Vec::new(), Vec::new());
            writer.write(&rows, &mut bytes);
            reader.read(&bytes, rows.len(), &mut read).unwrap();
            assert_eq!(read, rows, "section {section}");
        }
    }
}
