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
use super::waiting::Waiting;
use crate::directory::Directory;
use crate::limits::{Limits, OPERATOR_CONNECTIONS};
use crate::metrics::{Counted, Metrics};
use crate::page::Page;
use crate::protocol::Protocol;
use crate::seldom::Seldom;

/// Who may read `/metrics` on the public port. A listener of its own ([`crate::Server::metrics_on`]) serves them to whoever
/// reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Nobody: they would tell strangers who plays when, and how to time an attack.
    #[default]
    Nobody,
    /// Whoever sends `Authorization: Bearer` with this token.
    Token(String),
    /// Everybody: for private networks, tests and benches.
    Everybody,
}

/// So many connections that end for one reason have a line in the log within a second.
const END_LINES: u32 = 30;

/// What every connection of one server shares.
pub(crate) struct Net {
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) directory: Arc<Directory>,
    pub(super) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) page: Page,
    pub(super) metrics_access: MetricsAccess,
    /// Origins that may connect besides the page's own, such as `https://game.example`.
    pub(crate) allowed_origins: Vec<String>,
    /// Proxies that are believed when they send `X-Forwarded-For`.
    pub(crate) proxies: Vec<AddressRange>,
    pub(super) links: Links,
    pub(super) addresses: Arc<Addresses>,
    pub(super) connections: Arc<Semaphore>,
    pub(super) waiting: Arc<Waiting>,
    pub(super) refusals: Arc<Semaphore>,
    /// Places of those who ask on the operator's listener.
    pub(super) operator: Arc<Semaphore>,
    /// What is said of refused connections and requests...
    pub(super) seldom: Seldom,
    /// ...and of those that end.
    pub(super) ends: Seldom,
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
    pub(crate) metrics_access: MetricsAccess,
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
            metrics_access,
            allowed_origins,
            proxies,
            links,
        } = setup;
        let permits = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Net {
            addresses: Arc::new(Addresses::new(&limits)),
            connections: permits(limits.connections),
            waiting: Arc::new(Waiting::new(limits.unhelloed)),
            refusals: permits(limits.refusals),
            operator: permits(OPERATOR_CONNECTIONS),
            seldom: Seldom::new(1),
            ends: Seldom::new(END_LINES),
            closing: watch::Sender::new(false),
            limits,
            metrics,
            directory,
            protocols,
            page,
            metrics_access,
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
