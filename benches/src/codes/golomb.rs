//! Golomb codes: small numbers take few bits, and no number is too large.
//!
//! In: rows of residuals. Out: bits for each residual. Exp-Golomb learns nothing; ours learns from section to section,
//! or anew in each.

use tickwire_shared::snapshot::{BitReader, BitWriter, Code, SnapshotError};

use super::ResidualCode;

/// Exp-Golomb of order 0, which is Elias' gamma code of the number plus one.
pub struct ExpGolomb;

impl ResidualCode for ExpGolomb {
    const NAME: &'static str = "Exp-Golomb (Elias gamma)";

    fn new(_columns: usize) -> ExpGolomb {
        ExpGolomb
    }

    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>) {
        let mut bits = BitWriter::default();
        rows.iter().for_each(|value| bits.exp_golomb(*value));
        out.extend_from_slice(bits.finish());
    }

    fn read(
        &mut self,
        bytes: &[u8],
        values: usize,
        rows: &mut Vec<u32>,
    ) -> Result<(), SnapshotError> {
        let mut from = BitReader::new(bytes);
        for _ in 0..values {
            rows.push(from.exp_golomb()?);
        }
        from.finish()
    }
}

/// Our own code: [`Code`].
pub struct Learnt(Vec<Code>, BitWriter);

impl ResidualCode for Learnt {
    const NAME: &'static str = "Golomb-Rice, learns for good (ours)";

    fn new(columns: usize) -> Learnt {
        Learnt(vec![Code::default(); columns], BitWriter::default())
    }

    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>) {
        let Learnt(codes, bits) = self;
        bits.clear();
        for row in rows.chunks_exact(codes.len()) {
            for (code, value) in codes.iter_mut().zip(row) {
                code.write(bits, *value);
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
        for _ in 0..values / self.0.len() {
            for code in &mut self.0 {
                rows.push(code.read(&mut from)?);
            }
        }
        from.finish()
    }
}

/// The same code, but it starts each section without having learnt anything.
pub struct Forgetful(Learnt);

impl ResidualCode for Forgetful {
    const NAME: &'static str = "Golomb-Rice, anew per section";

    fn new(columns: usize) -> Forgetful {
        Forgetful(Learnt::new(columns))
    }

    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>) {
        self.0.0.fill(Code::default());
        self.0.write(rows, out);
    }

    fn read(
        &mut self,
        bytes: &[u8],
        values: usize,
        rows: &mut Vec<u32>,
    ) -> Result<(), SnapshotError> {
        self.0.0.fill(Code::default());
        self.0.read(bytes, values, rows)
    }
}
