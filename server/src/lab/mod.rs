//! Whole rooms in virtual time: the real room, the real net layer from frames to deadlines, the real client core, and
//! links that delay, jitter and stall as TCP does. It is for tests and benches that play hours in seconds, and for game authors
//! that want the same.
//!
//! In: a game, a seed, links, and what the players do. Out: the room and its clients, which can be read at any time.
//! The same seed gives the same run, but for the tokens of players' seats: the system draws those, as on any server. So hashes
//! of two rooms ([`tickwire_room::RoomCore::hash`]) agree only until a player has joined. Must not: know a clock, a socket or
//! a thread.

mod drawn;
mod player;
mod room;
mod way;

pub use player::{ANIMATION_FRAME, LabPlayer, Play};
pub use room::Lab;
pub use way::Way;
