//! What the connections of one server share, and what each holds of it.
//!
//! In: what the server was built with. Out: shared limits, counters and places, which every file of this folder uses.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::address::{AddressLease, Addresses};
use super::conditioned::Links;
use super::proxy::AddressRange;
use super::seldom::Seldom;
use crate::directory::Directory;
use crate::limits::Limits;
use crate::metrics::{Counted, Metrics};
use crate::page::Page;
use crate::protocol::Protocol;

/// What every connection of one server shares.
pub(crate) struct Net {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<Directory>,
    pub(super) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) page: Page,
    /// Origins that may connect besides the page's own, such as `https://game.example`.
    pub(crate) allowed_origins: Vec<String>,
    /// Proxies that are believed when they send `X-Forwarded-For`.
    pub(crate) proxies: Vec<AddressRange>,
    pub(super) links: Links,
    pub(super) addresses: Arc<Addresses>,
    pub(super) connections: Arc<Semaphore>,
    pub(super) hello_permits: Arc<Semaphore>,
    pub(super) refusals: Arc<Semaphore>,
    pub(super) seldom: Seldom,
    /// True once the server is going down.
    pub(super) closing: watch::Sender<bool>,
}

/// The parts of a [`Net`].
pub(crate) struct NetSetup {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) page: Page,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) proxies: Vec<AddressRange>,
    pub(crate) links: Links,
}

impl Net {
    pub(crate) fn new(setup: NetSetup) -> Net {
        let NetSetup {
            limits,
            metrics,
            directory,
            protocols,
            page,
            allowed_origins,
            proxies,
            links,
        } = setup;
        let permits = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Net {
            addresses: Arc::new(Addresses::new(&limits)),
            connections: permits(limits.connections),
            hello_permits: permits(limits.unhelloed),
            refusals: permits(limits.refusals),
            seldom: Seldom::default(),
            closing: watch::Sender::new(false),
            limits,
            metrics,
            directory,
            protocols,
            page,
            allowed_origins,
            proxies,
            links,
        }
    }
}

/// The other end of one TCP connection, and what it holds of the server. It lives until the last task lets go of it:
/// first HTTP, then the WebSocket that it may become.
pub(super) struct Peer {
    pub(super) address: IpAddr,
    /// Its place among the connections of its address, until it becomes a WebSocket. A proxy's connections have none.
    pub(super) lease: Mutex<Option<AddressLease>>,
    pub(super) _permit: OwnedSemaphorePermit,
    pub(super) _counted: Counted,
    /// The server's end waits until all of these are gone.
    pub(super) _alive: mpsc::Sender<Infallible>,
}
