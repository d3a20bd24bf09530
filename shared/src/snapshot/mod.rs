//! From columns of integers to bits and back: what changed in a channel since its last snapshot, sent once to all.
//!
//! In, on the server: a channel's captured rows. Out: a delta or a keyframe. In, on the client: those bytes. Out:
//! the same rows. WebSocket keeps order and loses nothing, so the baseline of a delta is simply what was sent
//! before; encoder and decoder hold the same [`ChannelState`] and nobody acknowledges anything.
//!
//! `bits` (bit stream) <- `code` (residuals), `motion` (prediction), `state` (rows), `whole` (a row told whole) <- `delta` (encode), `apply`
//! (decode), `keyframe` (whole channels) <- `layout` (one whole snapshot message).

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
