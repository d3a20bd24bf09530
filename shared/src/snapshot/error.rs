//! What can be wrong with the bytes of a snapshot.
//!
//! In: nothing. Out: the one error type of all decoders in this module.

/// Why a snapshot cannot be read. The sender is at fault, or there is a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end before the snapshot does, or a count claims more than they carry.
    #[error("the snapshot ends too early or claims more than it carries")]
    Short,
    /// A row, an id, a value or a section kind that cannot exist.
    #[error("the snapshot names something that cannot exist")]
    Invalid,
    /// Bytes are left over.
    #[error("bytes are left over behind the snapshot")]
    Trailing,
}
