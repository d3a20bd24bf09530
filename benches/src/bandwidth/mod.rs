//! Where a client's bytes go: an arena played in virtual time, its real messages taken apart, and what else could have
//! been sent.
//!
//! `play` (the room and its clients) -> `message` (what each message is made of), `trace` (what was seen, and what
//! other steps would cost) -> `rivals` (the same as JSON, bincode, MessagePack) -> `report` (tables, JSON).

pub mod message;
pub mod play;
pub mod report;
pub mod rivals;
pub mod trace;
