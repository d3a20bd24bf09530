//! From a listening socket to rooms and back: everything that knows TCP, HTTP and WebSocket.
//!
//! The way of the data: `listener` (which connections are let in) -> `http` (page, API, metrics) or `upgrade` (which
//! requests get a WebSocket) -> `connection` -> `frames` (bytes to messages) -> `reader` (hello, limits, room). The
//! other way: `outlet` and `writer` (room to `outgoing` frames). `conditioned` slows both ways down where that is
//! wanted. `address` and `bucket` hold the counts for the limits.
//! Must not: know what a message contains: only a path's protocol, and the rooms that speak it, know that.

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
