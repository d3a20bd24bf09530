//! Tickwire's server: rooms with a fixed-tick authoritative loop, and one port that serves page, API and WebSocket.
//!
//! The way of the data through this crate: `net` (socket bytes -> frame checks -> message) -> `directory` (which room)
//! -> `room` (inbox -> tick -> snapshot ring -> cursor) -> `net` again (one write). `scheduler` owns when a room
//! ticks; `server` puts the pieces together. A game author writes a [`game::Game`]; [`arena`] is one.
//!
//! A tick never waits for a socket, and nothing that a client sends makes another client's room wait.

pub mod arena;
mod directory;
pub mod game;
pub mod lab;
mod limits;
pub mod link;
mod metrics;
mod net;
mod page;
mod process;
pub mod room;
mod runtime;
mod scheduler;
mod server;
mod text;

pub use directory::RoomInfo;
pub use limits::Limits;
pub use metrics::Metrics;
pub use net::AddressRange;
pub use page::Page;
pub use runtime::runtime;
pub use server::{BuildError, Builder, Server};

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
