//! The figures of a load: counted while it runs, reported at the end.
//!
//! In: one call per event. Out: numbers for a person, and the same as JSON. Only events within the measured time count;
//! refusals always count.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::metrics::{ProcessFigures, ServerFigures};
use super::plan::Plan;

/// A gap is late if it is longer than this many intervals.
const LATE_INTERVALS: f64 = 1.5;
/// A client with a larger share of late gaps than this counts as served late: its p99 is late.
const LATE_SHARE: f64 = 0.01;
/// The share of its snapshots that a client must get.
const FED_SHARE: f64 = 0.95;
/// Times from input to acknowledgement, and gaps, are recorded up to this, microseconds.
const LONGEST_US: u64 = 60_000_000;

/// A distribution, milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Millis {
    /// Median.
    pub p50: f64,
    /// 99 % of the values are at most this.
    pub p99: f64,
    /// 99.9 % of the values are at most this.
    pub p999: f64,
    /// The largest value.
    pub max: f64,
}

/// The progress of a load.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Time since the start.
    pub elapsed: Duration,
    /// Clients that are in.
    pub players: usize,
    /// Clients that should join.
    pub wanted: usize,
    /// All clients' snapshots per second, since the last report.
    pub snapshots_per_s: f64,
    /// The longest gap since the last report, ms.
    pub worst_gap_ms: f64,
    /// Clients that were refused or lost.
    pub refused: usize,
}

/// The result of a load.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Clients that got in and stayed to the end.
    pub players: usize,
    /// Length of the measurement, seconds.
    pub seconds: f64,
    /// Of the client that got the fewest; 0 if there was none.
    pub snapshots_per_s_min: f64,
    /// Mean over all clients.
    pub snapshots_per_s_mean: f64,
    /// From one snapshot to the next, over all clients.
    pub gap_ms: Millis,
    /// Clients whose own p99 of gaps is over 1.5 intervals.
    pub clients_late: usize,
    /// Clients that got less than 95 % of their snapshots.
    pub clients_starved: usize,
    /// Bytes on the socket, heads of frames included.
    pub bytes_down_per_client_per_s: f64,
    /// Bytes on the socket, heads and masks of frames included.
    pub bytes_up_per_client_per_s: f64,
    /// From sending an input to the snapshot that says it was applied; only Tickwire reports that.
    pub input_ack_ms: Millis,
    /// How late the load itself sent its inputs. Over a few ms, the load or the machine it shares is the limit, and
    /// gaps say little about the server.
    pub load_late_ms: Millis,
    /// Entities that a decoding client sees at the end, on average; 0 if no client decodes.
    pub entities_seen_mean: f64,
    /// How often a decoding client held something else than it should.
    pub desyncs: u64,
    /// Clients that were not let in, or were sent away.
    pub refused: usize,
    /// The reasons, with a count for each.
    pub refusals: BTreeMap<String, usize>,
    /// What the server reports about itself, if it does.
    pub server: Option<ServerFigures>,
    /// What the system reports about the server's process, if it runs here.
    pub process: Option<ProcessFigures>,
    #[serde(skip)]
    wanted: usize,
    #[serde(skip)]
    snapshot_hz: f64,
    #[serde(skip)]
    measuring: bool,
    #[serde(skip)]
    gaps_us: Histogram<u64>,
    #[serde(skip)]
    acks_us: Histogram<u64>,
    #[serde(skip)]
    load_late_us: Histogram<u64>,
    #[serde(skip)]
    bytes: (u64, u64),
    /// Snapshots and late gaps of each client that stayed.
    #[serde(skip)]
    clients: Vec<(u64, u64)>,
    #[serde(skip)]
    seen: Vec<u32>,
    #[serde(skip)]
    pub(super) told: Duration,
    #[serde(skip)]
    since_told: (u64, Duration),
}

/// What one client counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientCounts {
    /// It never got a snapshot.
    pub(super) refused: bool,
    /// Within the measured time: snapshots, and gaps over one and a half intervals.
    pub(super) snapshots: u64,
    pub(super) late: u64,
    /// How often it held something else than it should.
    pub(super) desyncs: u64,
    /// Entities that it holds now, if it decodes.
    pub(super) entities: Option<u32>,
}

fn histogram() -> Histogram<u64> {
    // The bounds are constants that the library accepts; three digits mean 0.1 %.
    Histogram::new_with_max(LONGEST_US, 3).unwrap_or_else(|_| unreachable!("bounds are in range"))
}

impl Outcome {
    pub(super) fn new(plan: &Plan) -> Outcome {
        Outcome {
            players: 0,
            seconds: 0.0,
            snapshots_per_s_min: 0.0,
            snapshots_per_s_mean: 0.0,
            gap_ms: Millis::default(),
            clients_late: 0,
            clients_starved: 0,
            bytes_down_per_client_per_s: 0.0,
            bytes_up_per_client_per_s: 0.0,
            input_ack_ms: Millis::default(),
            load_late_ms: Millis::default(),
            entities_seen_mean: 0.0,
            desyncs: 0,
            refused: 0,
            refusals: BTreeMap::new(),
            server: None,
            process: None,
            wanted: plan.players,
            snapshot_hz: plan.snapshot_hz,
            measuring: false,
            gaps_us: histogram(),
            acks_us: histogram(),
            load_late_us: histogram(),
            bytes: (0, 0),
            clients: Vec::new(),
            seen: Vec::new(),
            told: Duration::ZERO,
            since_told: (0, Duration::ZERO),
        }
    }

    pub(super) fn begin(&mut self) {
        self.measuring = true;
    }

    /// Counts a snapshot that came this long after the one before. Some if it counts: whether it was late.
    pub(super) fn snapshot(&mut self, gap: Option<Duration>) -> Option<bool> {
        self.since_told.0 += 1;
        let gap = gap.unwrap_or_default();
        self.since_told.1 = self.since_told.1.max(gap);
        if !self.measuring {
            return None;
        }
        self.gaps_us.saturating_record(gap.as_micros() as u64);
        Some(gap.as_secs_f64() > LATE_INTERVALS / self.snapshot_hz)
    }

    pub(super) fn acknowledged(&mut self, took: Duration) {
        if self.measuring {
            self.acks_us.saturating_record(took.as_micros() as u64);
        }
    }

    /// The load got to an input this long after it was due.
    pub(super) fn load_late(&mut self, by: Duration) {
        if self.measuring {
            self.load_late_us.saturating_record(by.as_micros() as u64);
        }
    }

    pub(super) fn bytes_down(&mut self, count: usize) {
        if self.measuring {
            self.bytes.0 += count as u64;
        }
    }

    pub(super) fn bytes_up(&mut self, count: usize) {
        if self.measuring {
            self.bytes.1 += count as u64;
        }
    }

    pub(super) fn refuse(&mut self, words: &str) {
        self.refused += 1;
        *self.refusals.entry(words.to_owned()).or_default() += 1;
    }

    /// Counts a client whose connection was lost.
    pub(super) fn lose(&mut self, words: &str, client: &ClientCounts) {
        self.players -= 1;
        self.desyncs += client.desyncs;
        let how = if client.refused { "refused" } else { "lost" };
        self.refuse(&format!("{how}: {words}"));
    }

    /// Counts a client that is there at the end.
    pub(super) fn note(&mut self, client: &ClientCounts) {
        self.clients.push((client.snapshots, client.late));
        self.seen.extend(client.entities);
        self.desyncs += client.desyncs;
    }

    pub(super) fn progress(&mut self, now: Duration) -> Progress {
        let passed_s = (now - self.told).as_secs_f64();
        let (snapshots, worst) = std::mem::take(&mut self.since_told);
        self.told = now;
        Progress {
            elapsed: now,
            players: self.players,
            wanted: self.wanted,
            snapshots_per_s: snapshots as f64 / passed_s,
            worst_gap_ms: worst.as_secs_f64() * 1000.0,
            refused: self.refused,
        }
    }

    pub(super) fn finish(&mut self, took: Duration) {
        self.seconds = took.as_secs_f64();
        let clients = self.clients.len().max(1) as f64;
        let fewest = self.clients.iter().map(|client| client.0).min();
        let all: u64 = self.clients.iter().map(|client| client.0).sum();
        self.snapshots_per_s_min = fewest.unwrap_or(0) as f64 / self.seconds;
        self.snapshots_per_s_mean = all as f64 / clients / self.seconds;
        let enough = FED_SHARE * self.snapshot_hz * self.seconds;
        // One more snapshot may be on its way when the time is over.
        let starved = |client: &&(u64, u64)| ((client.0 + 1) as f64) < enough;
        self.clients_starved = self.clients.iter().filter(starved).count();
        let late = |client: &&(u64, u64)| client.1 as f64 > LATE_SHARE * client.0 as f64 + 1.0;
        self.clients_late = self.clients.iter().filter(late).count();
        self.bytes_down_per_client_per_s = self.bytes.0 as f64 / clients / self.seconds;
        self.bytes_up_per_client_per_s = self.bytes.1 as f64 / clients / self.seconds;
        let seen: u32 = self.seen.iter().sum();
        self.entities_seen_mean = f64::from(seen) / self.seen.len().max(1) as f64;
        self.gap_ms = millis(&self.gaps_us);
        self.input_ack_ms = millis(&self.acks_us);
        self.load_late_ms = millis(&self.load_late_us);
    }

    /// Everybody is in and gets at least 95 % of their snapshots, and 99 % of the gaps are at most 1.5 intervals.
    pub fn holds(&self) -> bool {
        let late_ms = LATE_INTERVALS * 1000.0 / self.snapshot_hz;
        self.refused == 0 && self.clients_starved == 0 && self.gap_ms.p99 <= late_ms
    }
}

fn millis(us: &Histogram<u64>) -> Millis {
    let ms = |us: u64| us as f64 / 1000.0;
    Millis {
        p50: ms(us.value_at_quantile(0.5)),
        p99: ms(us.value_at_quantile(0.99)),
        p999: ms(us.value_at_quantile(0.999)),
        max: ms(us.max()),
    }
}
