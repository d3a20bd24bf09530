//! Numbers about the connection, for overlays and load generators.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::message::Desync;
use crate::snapshot::layout::Rung;

/// How the connection fares now. Rates are over the last whole second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Stats {
    /// Last round trip, ms.
    pub ping_ms: f64,
    /// How late snapshots come beyond the least late, ms.
    pub jitter_ms: f64,
    /// Snapshot messages per second.
    pub snapshots_per_s: f64,
    /// Payload bytes of snapshot messages per second.
    pub snapshot_bytes_per_s: f64,
    /// All payload bytes sent per second.
    pub bytes_up_per_s: f64,
    /// The room's tick now, as far as this client knows.
    pub server_tick: f64,
    /// How far this client simulates ahead of it, ticks.
    pub input_lead_ticks: f64,
    /// How early the server last got this client's input, ticks; negative is late.
    pub input_slack_ticks: f64,
    /// How far behind an undisturbed snapshot others are drawn, ms.
    pub interpolation_delay_ms: f64,
    /// Times that the server disagreed with the prediction by over 1 cm.
    pub corrections: u32,
    /// By how much, the last time, in the avatar's unit.
    pub correction_last: f64,
    /// Channel keyframes received.
    pub keyframes: u32,
    /// Channels that this client sees.
    pub channels: u32,
    /// Times that what this client held was not what the server said it should hold.
    pub desyncs: u32,
    /// The last such place.
    pub desync_last: Option<DesyncPlace>,
    /// How well this client keeps up, and what the server does about it.
    pub rung: Rung,
    /// The server sends every so manieth snapshot.
    pub stride: u32,
    /// Entities in the newest snapshot's largest table.
    pub entities: u32,
}

/// Where a client held something else than the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DesyncPlace {
    /// The channel.
    pub channel: u32,
    /// The first entity that differed; 0 until it is healed, and when it was none.
    pub entity: u32,
}

impl From<Desync> for DesyncPlace {
    fn from(desync: Desync) -> DesyncPlace {
        DesyncPlace {
            channel: desync.channel.0,
            entity: desync.found.map_or(0, |entity| entity.0),
        }
    }
}

/// Counts per second.
#[derive(Debug, Default)]
pub(super) struct Rates {
    started: Duration,
    now: Counts,
    pub(super) last: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) snapshots: f64,
    pub(super) snapshot_bytes: f64,
    pub(super) bytes_up: f64,
}

impl Rates {
    pub(super) fn count(&mut self, now: Duration) -> &mut Counts {
        let passed_s = now.saturating_sub(self.started).as_secs_f64();
        if passed_s >= 1.0 {
            let per_s = |count: f64| count / passed_s;
            self.last = Counts {
                snapshots: per_s(self.now.snapshots),
                snapshot_bytes: per_s(self.now.snapshot_bytes),
                bytes_up: per_s(self.now.bytes_up),
            };
            self.now = Counts::default();
            self.started = now;
        }
        &mut self.now
    }
}
