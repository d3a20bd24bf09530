//! The client core: what browsers, bots and tests have in common. It opens no socket and reads no clock.
//!
//! In: bytes of WebSocket messages, the player's input, the time. Out: bytes to send ([`Client::poll_transmit`]),
//! news ([`Client::poll_event`]), and what to draw ([`Client::view`]). Must not: panic on any bytes.
//! `core` has the client; `session` has what lives from a welcome to the end of its connection: `clock` and `pings`,
//! `lead`, `prediction` and `unsent`, `timeline`, `world` and `frames`, `view`, `curve` and `ease`.

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
