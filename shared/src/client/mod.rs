//! The client core: what browsers, bots and tests have in common. No sockets and no clock of its own.
//!
//! In: bytes of WebSocket messages, the player's input, the time. Out: bytes to send ([`Client::poll_transmit`]),
//! news ([`Client::poll_event`]), and what to draw ([`Client::view`]).
//! `session` holds what lives as long as a welcome; `clock`, `timeline`, `world`, `prediction` and `view` (by `curve`
//! and `ease`) are its stages; `tuning` has the timeline's numbers. Must not: panic on any bytes.

mod actions;
mod clock;
mod core;
mod curve;
mod ease;
mod event;
mod frames;
mod inspect;
mod lead;
mod news;
mod outbox;
mod pings;
mod prediction;
mod room_events;
mod roster;
mod session;
mod stats;
#[cfg(test)]
mod tests;
mod timeline;
mod tuning;
mod unsent;
mod view;
mod world;

pub use self::core::Client;
pub use event::{ClientEvent, Destination};
pub use stats::{Budget, DesyncPlace, Stats};
pub use view::{View, ViewTable};
