//! What a server counts about itself, for `GET /metrics` in the OpenMetrics text format.
//!
//! In: one method call for each event, from the net layer and from rooms. Out: text. Each server has its own registry
//! and nothing is global: two servers in one process (a test) do not mix. What is counted at every tick or message takes no
//! lock and no cache line from another thread ([`Sharded`]); the rest is an atomic or a short lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry, Unit};
use tickwire_shared::snapshot::layout::Rung;

use crate::process;
use crate::sharded::{Sharded, Times};

/// Upper ends of the tick histogram's buckets, seconds: around the 16.7 ms of a 60 Hz tick, down to an idle room.
const TICK_BUCKETS_S: [f64; 13] = [
    0.000_02,
    0.000_05,
    0.000_1,
    0.000_2,
    0.000_5,
    0.001,
    0.002,
    0.004,
    0.008,
    0.012,
    0.016_7,
    0.05,
    f64::INFINITY,
];

/// Upper ends of the lateness histogram's buckets, seconds: from the slack of a timer to three ticks at 60 Hz. They are
/// fine where a good machine ends (1 ms) and where lateness begins to show (4 ms).
const LATENESS_BUCKETS_S: [f64; 19] = [
    0.000_05,
    0.000_1,
    0.000_15,
    0.000_2,
    0.000_3,
    0.000_5,
    0.000_75,
    0.001,
    0.001_5,
    0.002,
    0.003,
    0.004,
    0.006,
    0.008,
    0.012,
    0.016_7,
    0.033,
    0.05,
    f64::INFINITY,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

type ByReason = Family<Reason, Counter>;

/// The counters of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    net: NetMetrics,
    rooms: RoomMetrics,
}

/// Counters of connections.
#[derive(Debug)]
struct NetMetrics {
    connections: Gauge,
    sockets: Gauge,
    connections_cut: ByReason,
    upgrades_refused: ByReason,
    sockets_closed: ByReason,
    messages_in: Counter<u64, Sharded>,
    bytes_in: Counter<u64, Sharded>,
    messages_out: Counter<u64, Sharded>,
    bytes_out: Counter<u64, Sharded>,
}

/// Counters of rooms and their clients.
#[derive(Debug)]
struct RoomMetrics {
    inputs_dropped: ByReason,
    rooms: Gauge,
    rooms_panicked: Counter,
    players: Gauge,
    tick: Times<13>,
    tick_lateness: Times<19>,
    tick_lateness_max: Gauge<f64, AtomicU64>,
    tick_overruns: Counter,
    ticks_dropped: Counter,
    keyframes_sent: ByReason,
    catch_ups: Counter,
    desyncs: Counter,
    rungs: Family<RungLabel, Gauge>,
    rung_changes: Family<RungLabel, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RungLabel {
    rung: &'static str,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("tickwire");
        Metrics {
            rooms: RoomMetrics::new(&mut registry),
            net: NetMetrics::new(&mut registry),
            registry,
        }
    }
}

impl NetMetrics {
    fn new(r: &mut Registry) -> NetMetrics {
        let bytes_in = "Payload of messages from clients";
        let bytes_out = "Written to clients, heads included";
        let cut = "Connections ended outside of a request";
        let refused = "Upgrades refused with an HTTP status";
        let closed = "WebSockets that ended, by close reason";
        NetMetrics {
            bytes_in: add_in(r, "in", bytes_in, Unit::Bytes, Counter::default()),
            bytes_out: add_in(r, "out", bytes_out, Unit::Bytes, Counter::default()),
            connections: add(r, "connections", "TCP connections open"),
            sockets: add(r, "sockets", "WebSockets open"),
            connections_cut: add(r, "connections_cut", cut),
            upgrades_refused: add(r, "upgrades_refused", refused),
            sockets_closed: add(r, "sockets_closed", closed),
            messages_in: add(r, "messages_in", "Messages from clients"),
            messages_out: add(r, "messages_out", "Writes to clients, one per message"),
        }
    }
}

impl RoomMetrics {
    fn new(r: &mut Registry) -> RoomMetrics {
        let late = "Time from when a room tick was due to when it began";
        let latest = "The longest time by which a room tick has begun late since the start";
        let dropped = "Ticks given up by rooms that fell behind";
        let desyncs = "Times that a client held something else than the server";
        let rungs = "Clients that get snapshots, by how well they keep up";
        let changes = "Times that a client came to a rung of the slow-client ladder";
        let ticks = Times::new(TICK_BUCKETS_S);
        let lateness = Times::new(LATENESS_BUCKETS_S);
        RoomMetrics {
            tick: add_in(r, "tick", "Time of one room tick", Unit::Seconds, ticks),
            tick_lateness: add_in(r, "tick_lateness", late, Unit::Seconds, lateness),
            tick_lateness_max: add_in(
                r,
                "tick_lateness_max",
                latest,
                Unit::Seconds,
                Gauge::default(),
            ),
            inputs_dropped: add(r, "inputs_dropped", "Inputs too late or too early to use"),
            rooms: add(r, "rooms", "Rooms open"),
            rooms_panicked: add(r, "rooms_panicked", "Rooms whose game panicked"),
            players: add(r, "players", "Seats taken by people, connected or not"),
            tick_overruns: add(r, "tick_overruns", "Ticks that took longer than they may"),
            ticks_dropped: add(r, "ticks_dropped", dropped),
            keyframes_sent: add(r, "keyframes_sent", "Keyframes sent, by reason"),
            catch_ups: add(r, "catch_ups", "Messages that carried several snapshots"),
            desyncs: add(r, "desyncs", desyncs),
            rungs: add(r, "clients", rungs),
            rung_changes: add(r, "client_rung_changes", changes),
        }
    }
}

/// Adds a metric to the registry.
fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Adds a metric that has a unit.
fn add_in<M: Metric + Clone>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    unit: Unit,
    metric: M,
) -> M {
    registry.register_with_unit(name, help, unit, metric.clone());
    metric
}

impl Metrics {
    /// All counters in the OpenMetrics text format, and on Linux what the process uses of the machine.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String does not fail.
        let _ = encode_registry(&mut out, &self.registry);
        out.push_str(&process::text());
        let _ = encode_eof(&mut out);
        out
    }

    /// Counts an open connection for as long as the returned value lives.
    pub(crate) fn connection(&self) -> Counted {
        Counted::new(&self.net.connections)
    }

    /// Counts an open WebSocket in the same way.
    pub(crate) fn socket(&self) -> Counted {
        Counted::new(&self.net.sockets)
    }

    /// A connection was refused before a request, or cut off outside of one.
    pub(crate) fn connection_cut(&self, reason: &'static str) {
        count(&self.net.connections_cut, reason);
    }

    /// An upgrade was refused with an HTTP status.
    pub(crate) fn upgrade_refused(&self, reason: &'static str) {
        count(&self.net.upgrades_refused, reason);
    }

    /// A WebSocket ended.
    pub(crate) fn socket_closed(&self, reason: &'static str) {
        count(&self.net.sockets_closed, reason);
    }

    /// A whole message came in.
    pub(crate) fn message_in(&self, bytes: usize) {
        self.net.messages_in.inc();
        self.net.bytes_in.inc_by(bytes as u64);
    }

    /// A whole message went out.
    pub(crate) fn message_out(&self, bytes: usize) {
        self.net.messages_out.inc();
        self.net.bytes_out.inc_by(bytes as u64);
    }

    /// Inputs were not used, because they were `late` or `early`.
    pub(crate) fn inputs_dropped(&self, reason: &'static str, inputs: u32) {
        if inputs > 0 {
            self.rooms
                .inputs_dropped
                .get_or_create(&Reason { reason })
                .inc_by(u64::from(inputs));
        }
    }

    /// How many inputs were not used so far, late and early ones.
    pub(crate) fn inputs_dropped_so_far(&self) -> u64 {
        let of = |reason| {
            self.rooms
                .inputs_dropped
                .get_or_create(&Reason { reason })
                .get()
        };
        of("late") + of("early")
    }

    /// Counts an open room for as long as the returned value lives.
    pub(crate) fn room(&self) -> Counted {
        Counted::new(&self.rooms.rooms)
    }

    /// A room's game panicked.
    pub(crate) fn room_panicked(&self) {
        self.rooms.rooms_panicked.inc();
    }

    /// Counts a taken seat for as long as the returned value lives.
    pub(crate) fn player(&self) -> Counted {
        Counted::new(&self.rooms.players)
    }

    /// One room tick took this long.
    pub(crate) fn tick(&self, took: Duration, budget: Duration) {
        self.rooms.tick.observe(took);
        if took > budget {
            self.rooms.tick_overruns.inc();
        }
    }

    /// One room tick began this long after it was due.
    pub(crate) fn tick_late(&self, by: Duration) {
        self.rooms.tick_lateness.observe(by);
        // Floats that are not negative have the same order as their bits.
        let by_s = by.as_secs_f64().to_bits();
        let latest = self.rooms.tick_lateness_max.inner();
        // Nearly always that is so, and reading takes the cache line from nobody.
        if by_s > latest.load(Ordering::Relaxed) {
            latest.fetch_max(by_s, Ordering::Relaxed);
        }
    }

    /// Ticks that will not be made up for.
    pub(crate) fn ticks_dropped(&self, ticks: u64) {
        self.rooms.ticks_dropped.inc_by(ticks);
    }

    /// A keyframe was sent, because of `reason`.
    pub(crate) fn keyframe_sent(&self, reason: &'static str) {
        count(&self.rooms.keyframes_sent, reason);
    }

    /// A client did not hold what it should.
    pub(crate) fn desync(&self) {
        self.rooms.desyncs.inc();
    }

    /// Counts a client on a rung for as long as the returned value lives.
    pub(crate) fn client_on_rung(&self, rung: Rung) -> ClientOnRung {
        let label = RungLabel { rung: rung.label() };
        ClientOnRung {
            rung,
            _counted: Counted::new(&self.rooms.rungs.get_or_create(&label)),
        }
    }

    /// One message carried more than one snapshot.
    pub(crate) fn catch_up(&self) {
        self.rooms.catch_ups.inc();
    }
}

fn count(family: &ByReason, reason: &'static str) {
    family.get_or_create(&Reason { reason }).inc();
}

/// Raises a gauge while it lives.
#[derive(Debug)]
#[must_use = "it counts only while it lives"]
pub(crate) struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Counted {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A client's place in the gauge of rungs.
#[derive(Debug)]
pub(crate) struct ClientOnRung {
    rung: Rung,
    _counted: Counted,
}

impl ClientOnRung {
    /// The client is on this rung now.
    pub(crate) fn set(&mut self, metrics: &Metrics, rung: Rung) {
        if self.rung != rung {
            *self = metrics.client_on_rung(rung);
            let label = RungLabel { rung: rung.label() };
            metrics.rooms.rung_changes.get_or_create(&label).inc();
        }
    }
}

#[cfg(test)]
mod tests;
