//! Where a client's bytes go: an arena is played in virtual time, its real messages are taken apart, and other formats
//! are tried on the same play.
//!
//! `play` (the room and its clients) -> `message` (what each message is made of), `trace` (what clients saw, and what
//! other steps would cost) -> `rivals` (the same as JSON, bincode, MessagePack) -> `report` (tables, JSON).

pub mod message;
pub mod play;
pub mod report;
pub mod rivals;
pub mod trace;
