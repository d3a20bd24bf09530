//! Numbers about the connection, for overlays and load generators.
//!
//! In: what the session's stages measure. Out: [`Stats`], and in it the [`Budget`] of the way from a key press to a picture.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::message::Desync;
use crate::snapshot::layout::Rung;

/// Part of a difference in the animation frame's length that one animation frame corrects.
const FRAME_GAIN: f64 = 0.1;

/// How the connection is doing now. Numbers per second are over the last whole second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Stats {
    /// Last round trip, ms.
    pub ping_ms: f64,
    /// How much later snapshots come than the least late of them, ms.
    pub jitter_ms: f64,
    /// Snapshot messages per second.
    pub snapshots_per_s: f64,
    /// Payload bytes of snapshot messages per second.
    pub snapshot_bytes_per_s: f64,
    /// All payload bytes sent per second.
    pub bytes_up_per_s: f64,
    /// The room's tick now, as far as this client knows.
    pub server_tick: f64,
    /// How far this client simulates ahead of the room, ticks.
    pub input_lead_ticks: f64,
    /// How early the server last got this client's input, ticks; negative when it was late.
    pub input_slack_ticks: f64,
    /// How far behind an undisturbed snapshot others are drawn, ms.
    pub interpolation_delay_ms: f64,
    /// Times that the server disagreed with the prediction by over 1 cm.
    pub corrections: u32,
    /// By how much the last time, in the avatar's unit.
    pub correction_last: f64,
    /// Channel keyframes received.
    pub keyframes: u32,
    /// Channels that this client sees.
    pub channels: u32,
    /// Times that this client held something else than the server said it should.
    pub desyncs: u32,
    /// Where it did so the last time.
    pub desync_last: Option<DesyncPlace>,
    /// How well this client keeps up, and what the server does about it.
    pub rung: Rung,
    /// The server sends every `stride`-th snapshot.
    pub stride: u32,
    /// Entities in the newest snapshot's largest table.
    pub entities: u32,
    /// What each stage adds between a key press and what it changes on screens.
    pub budget: Budget,
}

/// The way from a key press to the screens of others, or from theirs to ours: how long each stage takes now, ms, on
/// average. The far half is computed as if the other client were like this one. The player's own avatar is predicted: it
/// waits for `frame_ms` only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Budget {
    /// From the key to the input of a tick: half an animation frame, or half a tick where that is longer.
    pub input_wait_ms: f64,
    /// The input's way to the server: half of the last round trip.
    pub uplink_ms: f64,
    /// How early the input is at the server, so that jitter does not make it late: the input slack.
    pub server_wait_ms: f64,
    /// The tick that carries it out, and the wait for a snapshot: on average half of the ticks between two.
    pub tick_ms: f64,
    /// The snapshot's way to the client: half of the last round trip.
    pub downlink_ms: f64,
    /// How long it waits there until its tick is drawn: the interpolation delay beyond the stages before.
    pub interpolation_ms: f64,
    /// From one animation frame to the next, measured: a picture takes that long to reach the screen.
    pub frame_ms: f64,
    /// The sum of all stages.
    pub total_ms: f64,
}

/// What a budget is computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stages {
    pub(super) tick_s: f64,
    /// Ticks from one snapshot to the next, at the stride in force.
    pub(super) interval_ticks: f64,
    /// 0 before the first pong.
    pub(super) rtt_s: f64,
    /// Negative when inputs come too late.
    pub(super) slack_ticks: f64,
    /// Room time minus what is drawn; 0 before the first snapshot.
    pub(super) behind_s: f64,
    /// 0 before the second animation frame.
    pub(super) frame_s: f64,
}

impl Stages {
    pub(super) fn budget(self) -> Budget {
        let way_ms = self.rtt_s / 2.0 * 1000.0;
        let tick_ms = self.tick_s * 1000.0;
        let snapshot_wait_ms = (self.interval_ticks - 1.0).max(0.0) / 2.0 * tick_ms;
        let mut budget = Budget {
            input_wait_ms: self.frame_s.max(self.tick_s) / 2.0 * 1000.0,
            uplink_ms: way_ms,
            server_wait_ms: self.slack_ticks.max(0.0) * tick_ms,
            tick_ms: tick_ms + snapshot_wait_ms,
            downlink_ms: way_ms,
            interpolation_ms: (self.behind_s * 1000.0 - way_ms - snapshot_wait_ms).max(0.0),
            frame_ms: self.frame_s * 1000.0,
            total_ms: 0.0,
        };
        budget.total_ms = budget.input_wait_ms
            + budget.uplink_ms
            + budget.server_wait_ms
            + budget.tick_ms
            + budget.downlink_ms
            + budget.interpolation_ms
            + budget.frame_ms;
        budget
    }
}

/// Where a client held something else than the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DesyncPlace {
    /// The channel.
    pub channel: u32,
    /// The first entity that differed. 0 until the channel is healed, and when no entity differed.
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

/// The time from one animation frame to the next, smoothed.
#[derive(Debug, Default)]
pub(super) struct FrameTime {
    /// Seconds; 0 before the second frame.
    smoothed_s: f64,
}

impl FrameTime {
    /// A frame is drawn `passed_s` after the one before, if there was one.
    pub(super) fn note(&mut self, passed_s: Option<f64>) {
        // A frame that is drawn twice does not count: then next to no time has passed.
        if let Some(passed_s) = passed_s.filter(|passed_s| *passed_s > 0.001) {
            let known = self.smoothed_s > 0.0;
            self.smoothed_s += (passed_s - self.smoothed_s) * if known { FRAME_GAIN } else { 1.0 };
        }
    }

    /// Seconds; 0 before the second frame.
    pub(super) fn smoothed_s(&self) -> f64 {
        self.smoothed_s
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 ticks a second, every second one a snapshot, 40 ms there and back, on a screen of 144 Hz.
    const STAGES: Stages = Stages {
        tick_s: 0.016,
        interval_ticks: 2.0,
        rtt_s: 0.040,
        slack_ticks: 1.5,
        behind_s: 0.090,
        frame_s: 0.007,
    };

    fn close(found_ms: f64, wanted_ms: f64) {
        assert!((found_ms - wanted_ms).abs() < 1e-9, "{found_ms} ms");
    }

    #[test]
    fn the_stages_add_up_to_the_way_from_key_to_picture() {
        let budget = STAGES.budget();
        close(budget.input_wait_ms, 8.0);
        close(budget.uplink_ms, 20.0);
        close(budget.server_wait_ms, 24.0);
        close(budget.tick_ms, 24.0);
        close(budget.downlink_ms, 20.0);
        // Of the 90 ms behind the room: 8 until the snapshot, 20 on its way, the rest.
        close(budget.interpolation_ms, 62.0);
        close(budget.frame_ms, 7.0);
        close(budget.total_ms, 8.0 + 20.0 + 24.0 + 16.0 + 90.0 + 7.0);
    }

    #[test]
    fn no_stage_gives_time_back() {
        let early = Stages {
            slack_ticks: -3.0,
            behind_s: 0.0,
            frame_s: 0.033,
            ..STAGES
        };
        let budget = early.budget();
        close(budget.input_wait_ms, 16.5);
        close(budget.server_wait_ms, 0.0);
        close(budget.interpolation_ms, 0.0);
        close(budget.total_ms, 16.5 + 20.0 + 24.0 + 20.0 + 33.0);
    }
}
