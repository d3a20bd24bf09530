//! A server: its games, its limits and its page, put together, and its life from the first connection to the last.
//!
//! In: a bound listener, a future that ends the server. Out: nothing, once every client has been told. It binds
//! nothing, reads no environment and installs no logger, so a test can run ten of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_room::{BadInterest, Game};
use tickwire_shared::rules::Rules;
use tokio::net::TcpListener;

use crate::directory::Directory;
use crate::host::{GameProtocol, game_kind};
use crate::kind::{Checkpoints, KeptRoom, RoomKind};
use crate::limits::Limits;
use crate::link::LinkSpec;
use crate::metrics::Metrics;
use crate::net::{self, AddressRange, Links, MetricsAccess, Net, NetSetup};
use crate::page::Page;
use crate::protocol::Protocol;
use crate::text;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A server without any kind of room has nothing to serve.
    #[error(
        "a server needs at least one game or kind of room: call `game` or `room_kind` before `build`"
    )]
    NoGame,
    /// Two games have the same name.
    #[error("two games are named `{0}`")]
    SameName(String),
    /// Links could not carry the name.
    #[error("`{0}` is no name for a game: 1 to 32 letters, digits, `-` or `_`")]
    BadName(String),
    /// Rooms of this game could not be opened.
    #[error("the game `{0}` cannot be hosted: {1}")]
    BadInterest(String, BadInterest),
    /// A link for a room that cannot exist.
    #[error("`{0}` is no name for a room: 1 to 32 letters, digits, `-` or `_`")]
    BadRoom(String),
    /// An origin that no browser would send.
    #[error(
        "`{0}` is not an origin like https://game.example, http://127.0.0.1:5173 or capacitor://localhost"
    )]
    BadOrigin(String),
    /// The HTTP library cannot hold headers to fewer bytes.
    #[error("the limit `header_bytes` must be at least 8192, not {0}")]
    HeaderBytes(usize),
    /// The system gave no thread to simulate on.
    #[error("no simulation thread could be started")]
    Threads(#[from] std::io::Error),
}

/// Puts a server together; see [`Server::builder`].
pub struct Builder {
    kinds: Vec<(String, RoomKind)>,
    games: GameProtocol,
    /// What is wrong with a game, for [`Builder::build`].
    bad_interest: Option<BuildError>,
    protocols: Vec<Arc<dyn Protocol>>,
    limits: Limits,
    page: Page,
    metrics_access: MetricsAccess,
    origins: Vec<String>,
    embedders: Vec<String>,
    proxies: Vec<AddressRange>,
    threads: usize,
    checkpoints: Option<Checkpoints>,
    link: LinkSpec,
    room_links: BTreeMap<String, LinkSpec>,
    dev: bool,
}

impl Builder {
    /// Hosts a game under the name that its rules have. Its rooms are opened with its default options.
    #[must_use]
    pub fn game<G: Game>(self) -> Builder {
        self.game_with::<G>(G::Options::default())
    }

    /// Like [`Builder::game`], with options for every room.
    #[must_use]
    pub fn game_with<G: Game>(self, options: G::Options) -> Builder {
        self.game_as::<G>(G::Rules::GAME, options)
    }

    /// Hosts a game under another name, which its clients have to say: one game with several sets of options.
    #[must_use]
    pub fn game_as<G: Game>(mut self, name: impl Into<String>, options: G::Options) -> Builder {
        let name = name.into();
        if let Err(bad) = G::interest(&options).check::<G::Rules>() {
            self.bad_interest = Some(BuildError::BadInterest(name.clone(), bad));
        }
        self.games.add::<G>(name.clone());
        self.room_kind(name, game_kind::<G>(options))
    }

    /// Hosts rooms of a kind that is not a game, under a name that a [`Builder::protocol`] asks for.
    #[must_use]
    pub fn room_kind(mut self, name: impl Into<String>, kind: RoomKind) -> Builder {
        self.kinds.push((name.into(), kind));
        self
    }

    /// Speaks this protocol on its path, besides the games' own on `/ws`.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Protocol) -> Builder {
        self.protocols.push(Arc::new(protocol));
        self
    }

    /// Sets bounds that differ from the defaults.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Builder {
        self.limits = limits;
        self
    }

    /// Hands out what would be left of rooms that ask for it, about once a second, and which rooms are over. It is called on
    /// simulation threads and must not wait.
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Builder {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Sets the page for browsers. There is none otherwise.
    #[must_use]
    pub fn page(mut self, page: Page) -> Builder {
        self.page = page;
        self
    }

    /// Says who may read `/metrics` on the public port. Nobody may otherwise.
    #[must_use]
    pub fn metrics(mut self, access: MetricsAccess) -> Builder {
        self.metrics_access = access;
        self
    }

    /// Lets pages of another origin connect, such as `https://game.example`. The server's own page always may.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Builder {
        self.origins.push(origin.into());
        self
    }

    /// Lets pages of another origin show this server's page in a frame. Only its own may otherwise.
    #[must_use]
    pub fn allow_embed(mut self, origin: impl Into<String>) -> Builder {
        self.embedders.push(origin.into());
        self
    }

    /// Believes the `X-Forwarded-For` of these peers, or their `Forwarded` where the other is missing.
    #[must_use]
    pub fn trust_proxy(mut self, proxies: AddressRange) -> Builder {
        self.proxies.push(proxies);
        self
    }

    /// Sets the number of simulation threads. It is one per core otherwise.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Builder {
        self.threads = threads;
        self
    }

    /// Conditions the links of all clients, to try out what distance and bad networks do. There is none otherwise.
    #[must_use]
    pub fn link(mut self, link: LinkSpec) -> Builder {
        self.link = link;
        self
    }

    /// Does the same for the clients of one room, in any game, instead of what [`Builder::link`] says.
    #[must_use]
    pub fn room_link(mut self, room: impl Into<String>, link: LinkSpec) -> Builder {
        self.room_links.insert(room.into(), link);
        self
    }

    /// Lets each client condition its own link, from the page's overlay. Not for production. It is off otherwise.
    #[must_use]
    pub fn dev(mut self, dev: bool) -> Builder {
        self.dev = dev;
        self
    }

    /// Checks everything and starts the simulation threads.
    ///
    /// # Errors
    /// What [`BuildError`] lists.
    pub fn build(self) -> Result<Server, BuildError> {
        let mut kinds = BTreeMap::new();
        for (name, kind) in self.kinds {
            if !text::is_room_name(&name) {
                return Err(BuildError::BadName(name));
            }
            if kinds.insert(name.clone(), kind).is_some() {
                return Err(BuildError::SameName(name));
            }
        }
        if kinds.is_empty() {
            return Err(BuildError::NoGame);
        }
        if let Some(bad) = self.bad_interest {
            return Err(bad);
        }
        let mut origins = self.origins.iter().chain(&self.embedders);
        if let Some(origin) = origins.find(|origin| !is_origin(origin)) {
            return Err(BuildError::BadOrigin(origin.clone()));
        }
        if let Some(room) = self
            .room_links
            .keys()
            .find(|room| !text::is_room_name(room))
        {
            return Err(BuildError::BadRoom(room.clone()));
        }
        if self.limits.header_bytes < 8192 {
            return Err(BuildError::HeaderBytes(self.limits.header_bytes));
        }
        let (limits, metrics) = (Arc::new(self.limits), Arc::new(Metrics::default()));
        let directory = Arc::new(Directory::new(
            kinds,
            limits.clone(),
            metrics.clone(),
            self.threads,
            self.checkpoints,
        )?);
        let mut page = self.page;
        page.frame_by(&self.embedders);
        let mut protocols = self.protocols;
        protocols.push(Arc::new(self.games));
        let net = Net::new(NetSetup {
            limits,
            metrics,
            directory,
            protocols,
            page,
            metrics_access: self.metrics_access,
            allowed_origins: self.origins,
            proxies: self.proxies,
            links: Links::new(self.link, self.room_links, self.dev),
        });
        Ok(Server {
            net: Arc::new(net),
            operator: None,
        })
    }
}

/// True for a scheme and a host, with a port if it is not the scheme's own, and nothing behind it.
fn is_origin(text: &str) -> bool {
    // Apps have schemes of their own: `capacitor://localhost`.
    let is_scheme = |scheme: &str| {
        let mut letters = scheme.bytes();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    text.split_once("://").is_some_and(|(scheme, authority)| {
        is_scheme(scheme)
            && !authority.is_empty()
            && !authority.contains(['/', '?', '#', '@', '*'])
            && !authority.contains(char::is_whitespace)
    })
}

/// A server that is ready to serve.
pub struct Server {
    net: Arc<Net>,
    operator: Option<TcpListener>,
}

impl Server {
    /// A server to put together. At least one [`Builder::game`] is needed.
    pub fn builder() -> Builder {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Builder {
            kinds: Vec::new(),
            games: GameProtocol::default(),
            bad_interest: None,
            protocols: Vec::new(),
            limits: Limits::default(),
            page: Page::none(),
            metrics_access: MetricsAccess::default(),
            origins: Vec::new(),
            embedders: Vec::new(),
            proxies: Vec::new(),
            threads,
            checkpoints: None,
            link: LinkSpec::default(),
            room_links: BTreeMap::new(),
            dev: false,
        }
    }

    /// Serves `/metrics` and `/healthz` on this listener too, to whoever reaches it: keep it off the internet.
    #[must_use]
    pub fn metrics_on(mut self, listener: TcpListener) -> Server {
        self.operator = Some(listener);
        self
    }

    /// What the server counts, also served at `/metrics`.
    pub fn metrics(&self) -> Arc<Metrics> {
        self.net.metrics.clone()
    }

    /// Opens rooms that an earlier server kept: their players come back to their seats, within the grace time.
    pub fn reopen(&self, rooms: Vec<KeptRoom>) {
        self.net.directory.reopen(rooms);
    }

    /// Serves until `shutdown` is ready. Then every client is told, every room ends, and this returns, within
    /// [`Limits::shutdown`] and a tick. It gives the rooms that were open, for [`Server::reopen`].
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Vec<KeptRoom> {
        let rooms = self.serve_and_keep(listener, shutdown, |rooms| rooms).await;
        rooms.unwrap_or_default()
    }

    /// The same, but `keep` gets the rooms as soon as they have ended, while clients still go: so a next server need not wait
    /// for the slowest of them. It may wait for a disk. Gives what `keep` gives; `None` if it panicked.
    pub async fn serve_and_keep<T: Send + 'static>(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        keep: impl FnOnce(Vec<KeptRoom>) -> T + Send + 'static,
    ) -> Option<T> {
        let directory = self.net.directory.clone();
        if let Some(operator) = self.operator {
            tokio::spawn(net::run_operator(operator, self.net.clone()));
        }
        let goodbyes = net::run(listener, self.net, shutdown).await;
        // This waits for a tick to end. A thread that sockets need must not do that.
        let kept = tokio::task::spawn_blocking(move || keep(directory.stop())).await;
        goodbyes.said().await;
        kept.ok()
    }
}
