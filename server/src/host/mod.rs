//! A game's room within the server: between the scheduler that ticks it, the readers that deliver to it and the feeds
//! that take from it. Here the pure room (`tickwire_room`) meets locks and the clock.
//!
//! The way of the data, file by file: `mailbox` (what readers leave) -> `room` (swapped out and simulated) -> `publish`
//! (entries into rings, events into the `event_log`, own parts into each client's `handoff`) -> `feed` (what one client
//! has missed; `slow_client` judges it) -> `message` (its bytes) -> the outlet of the net layer. The way up: `port`
//! (decoded and checked) -> `mailbox`, or the client's `requests`. `clients` says what the clients need of a snapshot;
//! `hello` lets them in; `overload` makes snapshots rarer in a room that is too busy.

mod avatar_known;
mod client;
mod clients;
mod event_log;
mod feed;
mod handoff;
mod hello;
mod mailbox;
mod message;
mod overload;
mod port;
mod publish;
mod requests;
mod room;
mod slow_client;

pub(crate) use hello::{GameProtocol, game_kind};
pub(crate) use room::{Clock, HostedRoom, RoomSetup};
