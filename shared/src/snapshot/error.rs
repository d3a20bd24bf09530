//! What can be wrong with the bytes of a snapshot.
//!
//! In: nothing. Out: the one error that all decoders of this module give.

/// Why a section of a snapshot cannot be applied. The sender is to blame, or a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end before the snapshot does, or a count claims more than they carry.
    #[error("the snapshot ends too early or claims more than it carries")]
    Short,
    /// A row, an id, a value or a section kind that cannot be.
    #[error("the snapshot names something that cannot be")]
    Invalid,
    /// Bytes are left over.
    #[error("bytes are left over behind the snapshot")]
    Trailing,
}
