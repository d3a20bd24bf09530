//! The code that Tickwire's benches share: rooms that play themselves, without sockets, and how figures are reported.
//!
//! In: a number of players and a seed. Out: the same inbox, tick by tick, every time.

pub mod bandwidth;
pub mod codes;
pub mod contest;
pub mod counted;
pub mod crowd;
pub mod field;
pub mod growth;
pub mod idle;
pub mod load;
pub mod phases;
pub mod rounds;
pub mod script;
pub mod smoothness;
pub mod spread;
pub mod websocket;
