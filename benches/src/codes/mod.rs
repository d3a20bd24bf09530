//! Codes that the snapshots' residuals could use, compared with each other.
//!
//! In: the residuals of a recorded room, section by section as they are sent. Out: bits and nanoseconds, after each
//! code has read back what it wrote. This is for measuring only: the real code is `tickwire_shared::snapshot::Code`.

mod range;

use tickwire_shared::replicate::MovingColumn;
use tickwire_shared::snapshot::{BitReader, BitWriter, Code, SnapshotError, TableState};

use crate::bandwidth::trace::Trace;

pub use range::RangeCode;

/// The residuals of one snapshot: rows that did not move as predicted, in zigzag form, row-major.
pub type Section = Vec<u32>;

/// One way to write residuals. What a code has learnt may outlive a section, as long as both ends learn the same.
pub trait ResidualCode {
    /// The name in tables.
    const NAME: &'static str;

    /// A code that has learnt nothing yet, for rows of `columns` fields.
    fn new(columns: usize) -> Self;

    /// Appends a section, filled up to a whole byte.
    fn write(&mut self, rows: &[u32], out: &mut Vec<u8>);

    /// Appends `values` numbers of a section.
    ///
    /// # Errors
    /// The bytes are not such a section.
    fn read(
        &mut self,
        bytes: &[u8],
        values: usize,
        rows: &mut Vec<u32>,
    ) -> Result<(), SnapshotError>;
}

/// The residuals of a table's interpolated fields, snapshot by snapshot, according to the codec's own prediction.
pub fn residuals(trace: &Trace, table: usize) -> Vec<Section> {
    let schema = &trace.schema.tables[table];
    let mut before: Option<[TableState; 2]> = None;
    let mut sections = Vec::new();
    for snapshot in &trace.snapshots {
        let now = snapshot.quantised(&trace.schema).swap_remove(table);
        let Some([older, old]) = before.take() else {
            before = Some([now.clone(), now]);
            continue;
        };
        let mut section = Section::new();
        for (row, id) in now.ids.iter().enumerate() {
            let Some(was) = old.find(*id) else { continue };
            let (to, from) = (now.row(row, schema.width()), old.row(was, schema.width()));
            // New rows have no motion yet.
            let earlier = older.find(*id);
            let earlier = earlier.map_or(from, |row| older.row(row, schema.width()));
            let start = section.len();
            for column in &schema.moving {
                let place = column.place;
                section.push(residual(column, [earlier[place], from[place], to[place]]));
            }
            if section[start..].iter().all(|residual| *residual == 0) {
                section.truncate(start);
            }
        }
        sections.push(section);
        before = Some([old, now]);
    }
    sections
}

/// How far the last of three values is from where the first two lead, in zigzag form.
fn residual(column: &MovingColumn, [earlier, from, to]: [u32; 3]) -> u32 {
    let wrap = |difference: i32| difference << column.shift >> column.shift;
    let motion = wrap(from as i32 - earlier as i32);
    let predicted = from as i32 + motion;
    let predicted = match column.shift {
        0 => predicted.clamp(0, column.max as i32),
        _ => predicted & column.max as i32,
    };
    let off = wrap(to as i32 - predicted);
    ((off << 1) ^ (off >> 31)) as u32
}

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
