//! From columns of integers to bits and back: what changed in a channel since its last snapshot, encoded once for all.
//!
//! On the server: captured rows of a channel in, a delta or a keyframe out. On the client: those bytes in, the same rows
//! out. WebSocket keeps order and loses nothing, so a delta counts from the snapshot before it: encoder and decoder hold
//! the same [`ChannelState`], and a client acknowledges nothing.
//! From the ground up: `bits` (bit stream); `code` (residuals), `motion` (prediction), `state` (rows); `whole` (one whole
//! row); `delta` (encode), `apply` (decode), `keyframe` (whole channels); `layout` (one snapshot message).

mod apply;
mod bits;
mod code;
mod delta;
mod error;
mod keyframe;
pub mod layout;
mod motion;
mod state;
mod whole;

pub use apply::{DeltaDecoder, coast_all};
pub use bits::{BitReader, BitWriter};
pub use code::Code;
pub use delta::{CrossingMotion, DeltaEncoder, Tally};
pub use error::SnapshotError;
pub use keyframe::{apply_keyframe, encode_keyframe};
pub use state::{ChannelState, Rows, TableState};

#[cfg(test)]
pub(crate) mod tests;
