//! The links on which smoothness is measured, and the target of each.
//!
//! In: nothing. Out: five links like real ones, with their targets. A round trip is split evenly between both
//! directions.

use std::time::Duration;

/// Stalls: now and then the link holds everything up.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// Nothing arrives for this long, in either direction.
    pub length: Duration,
    /// From the beginning of one stall to the beginning of the next.
    pub every: Duration,
}

/// The targets of a preset.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Velocity jitter, 0..=1.
    pub velocity_jitter: f64,
    /// Jumps per stall; on a link without stalls, all jumps.
    pub jumps: f64,
    /// Share of frozen animation frames, 0..=1.
    pub frozen_ratio: f64,
    /// Median delay, milliseconds.
    pub delay_ms: f64,
    /// The target for the delay excludes the one-way delay of the link.
    pub beyond_link: bool,
    /// Inputs that the server could not use, per player and minute.
    pub inputs_dropped_per_min: f64,
}

/// A link with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name in reports.
    pub name: &'static str,
    /// The description for people.
    pub words: &'static str,
    /// Delay one way, milliseconds.
    pub latency_ms: u64,
    /// The most that jitter adds each way, milliseconds.
    pub jitter_ms: u64,
    /// Its stalls, if it has any.
    pub stall: Option<Stall>,
    /// Its targets.
    pub target: Target,
}

/// All presets, in the order of reports.
pub const PRESETS: [Preset; 5] = [
    Preset {
        name: "good",
        words: "20 ms, jitter 3 ms",
        latency_ms: 10,
        jitter_ms: 3,
        stall: None,
        target: Target {
            velocity_jitter: 0.05,
            jumps: 0.0,
            frozen_ratio: 0.0,
            delay_ms: 80.0,
            beyond_link: false,
            inputs_dropped_per_min: 0.0,
        },
    },
    Preset {
        name: "4g",
        words: "60 ms, jitter 20 ms",
        latency_ms: 30,
        jitter_ms: 20,
        stall: None,
        target: Target {
            velocity_jitter: 0.08,
            jumps: 0.0,
            frozen_ratio: 0.001,
            delay_ms: 130.0,
            beyond_link: false,
            inputs_dropped_per_min: 0.0,
        },
    },
    Preset {
        name: "uneven",
        words: "40 ms, jitter 3 ms, one snapshot in twenty 67 ms late",
        latency_ms: 20,
        jitter_ms: 3,
        stall: Some(Stall {
            length: Duration::from_millis(67),
            every: Duration::from_millis(667),
        }),
        target: Target {
            velocity_jitter: 0.08,
            jumps: 0.0,
            frozen_ratio: 0.001,
            delay_ms: 150.0,
            beyond_link: false,
            inputs_dropped_per_min: 0.0,
        },
    },
    Preset {
        name: "bad-wifi",
        words: "40 ms, jitter 30 ms, stall 250 ms every 5 s",
        latency_ms: 20,
        jitter_ms: 30,
        stall: Some(Stall {
            length: Duration::from_millis(250),
            every: Duration::from_secs(5),
        }),
        target: Target {
            velocity_jitter: 0.15,
            jumps: 1.0,
            frozen_ratio: 0.02,
            delay_ms: 200.0,
            beyond_link: false,
            // A stall takes 15 ticks and comes 12 times a minute.
            inputs_dropped_per_min: 180.0,
        },
    },
    Preset {
        name: "intercontinental",
        words: "150 ms, jitter 15 ms",
        latency_ms: 75,
        jitter_ms: 15,
        stall: None,
        target: Target {
            velocity_jitter: 0.08,
            jumps: 0.0,
            frozen_ratio: 0.001,
            delay_ms: 130.0,
            beyond_link: true,
            inputs_dropped_per_min: 0.0,
        },
    },
];
