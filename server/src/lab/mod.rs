//! Whole rooms in virtual time: the real room, the real feeds, the real client core, and links that delay, jitter and
//! stall as TCP does. For tests and benches that play hours in seconds, and for game authors who want that too.
//!
//! In: a game, a seed, links, what players do. Out: the room and its clients, which can be read at any time. The same
//! seed gives the same run. Must not: know a clock, a socket or a thread.

mod player;
mod room;
mod way;

pub use player::{ANIMATION_FRAME, LabPlayer, Play};
pub use room::Lab;
pub use way::Way;
