//! What every code for residuals can do: write a section, and read it back.
//!
//! In: rows of residuals. Out: bytes that end on a whole one, and the same rows again.

use tickwire_shared::snapshot::SnapshotError;

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
