//! From a listening socket to rooms and back: everything that knows TCP, HTTP and WebSocket.
//!
//! The way of the data: `listener` (which connections are let in) -> `http` (page, API, metrics) or `upgrade` (which
//! requests get a WebSocket) -> `connection` (hello, seat, end) -> `seated`, the client in its room: `inlet` takes what
//! `frames` makes of its bytes to the room, `outlet` brings the room's news out as `outgoing` frames. Bytes come and go
//! over a `wire`: a `socket`, or a `conditioned` link before it. `address` and `bucket` hold the counts for the limits.
//! Must not: know what a message contains: only a path's protocol, and the rooms that speak it, know that.

mod address;
mod answers;
mod bucket;
mod conditioned;
mod connection;
mod context;
mod end;
mod frames;
mod held;
mod http;
mod inlet;
mod listener;
mod outgoing;
mod outlet;
mod pace;
mod proxy;
mod round_trip;
mod seated;
mod socket;
mod upgrade;
mod waiting;
mod wire;

pub(crate) use conditioned::{Conditioned, Links};
pub use context::MetricsAccess;
pub(crate) use context::{Net, NetSetup};
pub(crate) use end::End;
pub(crate) use frames::{Incoming, MessageReader};
pub(crate) use held::Held;
pub(crate) use listener::{run, run_operator};
pub(crate) use outgoing::client_frame;
pub use proxy::AddressRange;
pub(crate) use seated::{Seated, SeatedSetup};
pub(crate) use wire::{Came, Wire};
