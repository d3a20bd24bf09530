//! Bit-packing: the simplest code, which learns nothing.
//!
//! In: rows of residuals. Out: the width of each column, then every value in its column's width.

use tickwire_shared::snapshot::{BitReader, BitWriter, SnapshotError};

use super::ResidualCode;

/// Gives every column the width of its widest residual in the section.
pub struct Packed(usize);

impl ResidualCode for Packed {
    const NAME: &'static str = "bit-packing, width per section";

    fn new(columns: usize) -> Packed {
        Packed(columns)
    }

    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>) {
        let mut bits = BitWriter::default();
        let mut all = vec![0; self.0];
        for row in rows.chunks_exact(self.0) {
            for (all, value) in all.iter_mut().zip(row) {
                *all |= value;
            }
        }
        let widths = all.iter().map(|all| 32 - all.leading_zeros());
        widths.clone().for_each(|width| bits.bits(width, 6));
        let widths = widths.collect::<Vec<_>>();
        for row in rows.chunks_exact(self.0) {
            for (width, value) in widths.iter().zip(row) {
                bits.bits(*value, *width);
            }
        }
        out.extend_from_slice(bits.finish());
    }

    fn read(
        &mut self,
        bytes: &[u8],
        values: usize,
        rows: &mut Vec<u32>,
    ) -> Result<(), SnapshotError> {
        let mut from = BitReader::new(bytes);
        let widths = (0..self.0)
            .map(|_| from.bits(6))
            .collect::<Result<Vec<_>, _>>()?;
        for _ in 0..values / self.0 {
            for width in &widths {
                rows.push(from.bits((*width).min(32))?);
            }
        }
        from.finish()
    }
}
