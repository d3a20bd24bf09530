//! From a listening socket to rooms and back: everything that knows TCP, HTTP and WebSocket.
//!
//! The way of the data: `listener` (who may connect) -> `http` (page, API, metrics) or `upgrade` (who may have a
//! WebSocket) -> `connection` -> `frames` (bytes to messages) -> `reader` (hello, limits, room) and, the other way,
//! `writer` (room to `outgoing` frames); `conditioned` makes both ways slow where that is wanted. `address` and `bucket` hold the counts that limits are about.
//! Must not: know what is in a message beyond the hello, the goodbye and what a client wants of its link.

mod address;
mod bucket;
mod conditioned;
mod connection;
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

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::directory::Directory;
use crate::limits::Limits;
use crate::metrics::{Counted, Metrics};
use crate::page::Page;

pub use address::AddressRange;
pub(crate) use conditioned::Links;
pub(crate) use listener::run;

/// What every connection of one server shares.
pub(crate) struct Net {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) page: Page,
    /// Origins that may connect beside the page's own, such as `https://game.example`.
    pub(crate) allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) proxies: Vec<AddressRange>,
    links: Links,
    addresses: Arc<address::Addresses>,
    connections: Arc<Semaphore>,
    unhelloed: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    /// True from the moment that the server goes down.
    closing: watch::Sender<bool>,
}

impl Net {
    pub(crate) fn new(
        limits: Arc<Limits>,
        metrics: Arc<Metrics>,
        directory: Arc<Directory>,
        page: Page,
        allowed_origins: Vec<String>,
        proxies: Vec<AddressRange>,
        links: Links,
    ) -> Net {
        let permits = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Net {
            addresses: Arc::new(address::Addresses::new(&limits)),
            connections: permits(limits.connections),
            unhelloed: permits(limits.unhelloed),
            refusals: permits(limits.refusals),
            closing: watch::Sender::new(false),
            limits,
            metrics,
            directory,
            page,
            allowed_origins,
            proxies,
            links,
        }
    }
}

/// The other end of one TCP connection, and what it holds of the server until the last task lets go of it: HTTP
/// first, then the WebSocket that it may become.
struct Peer {
    address: IpAddr,
    _lease: Option<address::AddressLease>,
    _permit: OwnedSemaphorePermit,
    _counted: Counted,
    /// The server waits at its end until every one of these is gone.
    _alive: mpsc::Sender<Infallible>,
}
