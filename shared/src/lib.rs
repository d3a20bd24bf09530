//! What both ends of Tickwire agree on.
//!
//! No I/O, no clock, no tokio: bytes go in and out as slices, time comes in as an argument. The same code runs in
//! the server, in the browser (as WASM), in bots and in tests that play hours of network trouble in virtual time.
//!
//! Data goes through this crate in this order:
//! `rules` (what a game is) -> `replicate` (component to integers) -> `snapshot` (integers to bits and back)
//! -> `client` (bits to a smooth view). `message` and `codec` carry everything else; `close` says why a connection ends.

// clippy.toml says what these refuse. Tests may be excused, this code may not: not even by an `allow`.
#![cfg_attr(
    not(test),
    forbid(clippy::disallowed_types, clippy::disallowed_methods)
)]

pub mod client;
pub mod close;
pub mod codec;
pub mod ids;
pub mod input;
pub mod limits;
pub mod link;
pub mod message;
pub mod random;
pub mod replicate;
pub mod rules;
pub mod shape;
pub mod snapshot;
pub mod trace;

/// What authors write above their types and impls, and the names that they need there.
pub mod prelude {
    pub use tickwire_derive::{component, input, message, rules, saved};

    pub use crate::ids::{ChannelId, EntityId, PlayerId, Tick};
    pub use crate::rules::{Act, ComponentVisitor, Input, InputField, Rules};
}

// What the attributes write names these, so that a game need not name them itself.
#[doc(hidden)]
pub use {serde, ts_rs};

// The derive names this crate by its outer name, in its own tests too.
extern crate self as tickwire_shared;
