//! Codes that the snapshots' residuals could use, compared with each other.
//!
//! In: the residuals of a recorded room, section by section as they are sent. Out: bits and nanoseconds, after each
//! code has read back what it wrote. This is for measuring only: the real code is `tickwire_shared::snapshot::Code`.

mod code;
mod golomb;
mod packed;
mod range;
mod residuals;

pub use code::ResidualCode;
pub use golomb::{ExpGolomb, Forgetful, Learnt};
pub use packed::Packed;
pub use range::RangeCode;
pub use residuals::{Section, residuals};
