//! The server under attack: on a free port, with its counters to look at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tickwire_server::{Builder, KeptRoom, Limits, Metrics, MetricsAccess, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::meadow::MeadowGame;
use crate::wire::STUCK;

/// Bounds that are wide enough for a test with hundreds of clients on one address.
pub(crate) fn roomy() -> Limits {
    Limits {
        connections_per_address: 10_000,
        clients_per_address: 10_000,
        rooms_opened_per_min: 1_000_000,
        chat_lines_per_min: 1_000_000,
        request_burst: 1_000_000,
        upgrades_per_s: 1_000_000,
        upgrade_burst: 1_000_000,
        reconnect_grace: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// A running server, and the way to end it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    end: oneshot::Sender<()>,
    served: JoinHandle<Vec<KeptRoom>>,
}

/// A server with a meadow of many seats, and with one of a single seat.
pub(crate) async fn start(limits: Limits) -> Running {
    start_with(builder(limits)).await
}

pub(crate) fn builder(limits: Limits) -> Builder {
    Server::builder()
        .threads(1)
        .limits(limits)
        .metrics(MetricsAccess::Everybody)
        .game::<MeadowGame<4096>>()
        .game_as::<MeadowGame<1>>("bench", Default::default())
}

pub(crate) async fn start_with(builder: Builder) -> Running {
    start_again(builder, Vec::new()).await
}

/// A server that goes on with the rooms of an earlier one.
pub(crate) async fn start_again(builder: Builder, rooms: Vec<KeptRoom>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    start_on(listener, builder, rooms)
}

/// The same, on a listener of one's own.
pub(crate) fn start_on(listener: TcpListener, builder: Builder, rooms: Vec<KeptRoom>) -> Running {
    let address = listener.local_addr().unwrap();
    let server = builder.build().unwrap();
    server.reopen(rooms);
    let metrics = server.metrics();
    let (end, ended) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(listener, async {
        let _ = ended.await;
    }));
    Running {
        address,
        metrics,
        end,
        served,
    }
}

impl Running {
    /// Asks the server to end. The returned handle is done when the server has ended.
    pub(crate) fn end(self) -> JoinHandle<Vec<KeptRoom>> {
        let _ = self.end.send(());
        self.served
    }

    /// The value of a counter or gauge; 0 if it was never touched.
    pub(crate) fn metric(&self, line: &str) -> u64 {
        let text = self.metrics.text();
        let value = text
            .lines()
            .find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    pub(crate) fn closed(&self, label: &str) -> u64 {
        self.metric(&format!(
            "tickwire_sockets_closed_total{{reason=\"{label}\"}}"
        ))
    }

    /// How many WebSockets have ended, for any reason.
    pub(crate) fn closed_in_all(&self) -> u64 {
        let text = self.metrics.text();
        let ends = text
            .lines()
            .filter(|line| line.starts_with("tickwire_sockets_closed_total{"));
        ends.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }

    pub(crate) fn upgrades_refused(&self, label: &str) -> u64 {
        self.metric(&format!(
            "tickwire_upgrades_refused_total{{reason=\"{label}\"}}"
        ))
    }

    /// Waits until a metric has a value: a client sees an end before the server has counted it.
    pub(crate) async fn until(&self, what: &str, mut holds: impl FnMut(&Running) -> bool) {
        let waited = tokio::time::timeout(STUCK, async {
            while !holds(self) {
                tokio::task::yield_now().await;
            }
        });
        assert!(
            waited.await.is_ok(),
            "never: {what}\n{}",
            self.metrics.text()
        );
    }
}
