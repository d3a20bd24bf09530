//! From a listening socket to rooms and back: everything that knows TCP, HTTP and WebSocket.
//!
//! The way of the data: `listener` (who may connect) -> `http` (page, API, metrics) or `upgrade` (who may have a
//! WebSocket) -> `connection` -> `frames` (bytes to messages) -> `reader` (hello, limits, room) and, the other way,
//! `writer` (room to `outgoing` frames); `conditioned` makes both ways slow where that is wanted. `address` and `bucket` hold the counts that limits are about.
//! Must not: know what is in a message: that is between a path's protocol and the rooms that speak it.

mod address;
mod bucket;
mod conditioned;
mod connection;
mod context;
mod end;
mod frames;
mod http;
mod listener;
mod outgoing;
mod outlet;
mod reader;
mod round_trip;
mod stop;
mod upgrade;
mod writer;

pub use address::AddressRange;
pub(crate) use conditioned::Links;
pub(crate) use context::{Net, NetSetup};
pub(crate) use listener::run;
