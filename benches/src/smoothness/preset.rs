//! The links on which smoothness is measured, and what each must reach.
//!
//! In: nothing. Out: four links as people have them, with their targets. A round trip is split evenly over both ways.

use std::time::Duration;

/// A link that holds everything up now and then.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// Nothing arrives for this long, both ways.
    pub length: Duration,
    /// From the beginning of one to the beginning of the next.
    pub every: Duration,
}

/// What a preset must reach.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Of the velocity, 0..=1.
    pub velocity_jitter: f64,
    /// Jumps per stall; without stalls, jumps at all.
    pub jumps: f64,
    /// Part of the animation frames, 0..=1.
    pub frozen_ratio: f64,
    /// Median, milliseconds.
    pub delay_ms: f64,
    /// The delay's target is for the part beyond the one-way link.
    pub beyond_link: bool,
}

/// A link by name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// As in reports.
    pub name: &'static str,
    /// For people.
    pub words: &'static str,
    /// One way, milliseconds.
    pub latency_ms: u64,
    /// What each way may take on top, milliseconds.
    pub jitter_ms: u64,
    /// Its stalls.
    pub stall: Option<Stall>,
    /// What it must reach.
    pub target: Target,
}

/// All of them, in the order of reports.
pub const PRESETS: [Preset; 4] = [
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
        },
    },
];
