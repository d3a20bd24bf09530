//! When remote entities are drawn: a little behind the newest snapshot, by a delay that follows the link's jitter.
//!
//! In: arrival times of snapshots. Out: for each animation frame, the tick (with fraction) to draw. The arrival of a
//! snapshot on an undisturbed link is the base; lateness beyond it is jitter. The timeline never jumps unless it is
//! far out: it runs a little slower or faster until it is where it should be.

use std::collections::VecDeque;
use std::time::Duration;

/// The delay is this many snapshot intervals plus the jitter.
const DELAY_INTERVALS: f64 = 1.7;
/// Of the jitter estimate, which already follows the late ones.
const DELAY_JITTERS: f64 = 1.2;
const DELAY_MIN_S: f64 = 0.050;
const DELAY_MAX_S: f64 = 0.250;
/// Weight of a sample that is later than the estimate: the delay grows fast.
const JITTER_UP: f64 = 0.3;
/// Weight of one that is earlier: it shrinks slowly.
const JITTER_DOWN: f64 = 0.01;
/// The base is the least lateness of this many spans of [`BASE_SPAN_S`].
const BASE_SPANS: usize = 8;
const BASE_SPAN_S: f64 = 0.5;
/// Drawn time runs at most this much faster than real time, or slower.
const FASTER: f64 = 0.02;
const SLOWER: f64 = 0.04;
/// Further out than this, the timeline jumps, ticks.
const JUMP_TICKS: f64 = 10.0;

#[derive(Debug)]
pub(super) struct Timeline {
    tick_s: f64,
    interval_s: f64,
    /// (span's number, least lateness in it)
    spans: VecDeque<(u64, f64)>,
    jitter_s: f64,
    /// Local time minus drawn tick time, seconds. None before the first snapshot.
    offset_s: Option<f64>,
    updated_s: f64,
}

impl Timeline {
    pub(super) fn new(tick_s: f64, interval_s: f64) -> Timeline {
        Timeline {
            tick_s,
            interval_s,
            spans: VecDeque::new(),
            jitter_s: 0.0,
            offset_s: None,
            updated_s: 0.0,
        }
    }

    /// A snapshot of the tick `tick` (counted without wrap) arrived.
    pub(super) fn handle_snapshot(&mut self, now: Duration, tick: i64) {
        let now_s = now.as_secs_f64();
        let lateness_s = now_s - tick as f64 * self.tick_s;
        let span = (now_s / BASE_SPAN_S) as u64;
        match self.spans.back_mut() {
            Some((last, least)) if *last == span => *least = least.min(lateness_s),
            _ => {
                self.spans.push_back((span, lateness_s));
                if self.spans.len() > BASE_SPANS {
                    self.spans.pop_front();
                }
            }
        }
        let above_s = lateness_s - self.base_s();
        let weight = if above_s > self.jitter_s {
            JITTER_UP
        } else {
            JITTER_DOWN
        };
        self.jitter_s += (above_s - self.jitter_s) * weight;
        if self.offset_s.is_none() {
            self.offset_s = Some(self.target_s());
            self.updated_s = now_s;
        }
    }

    fn base_s(&self) -> f64 {
        self.spans
            .iter()
            .map(|(_, least)| *least)
            .fold(f64::INFINITY, f64::min)
    }

    /// How far behind an undisturbed arrival entities are drawn, seconds.
    pub(super) fn delay_s(&self) -> f64 {
        (DELAY_INTERVALS * self.interval_s + DELAY_JITTERS * self.jitter_s)
            .clamp(DELAY_MIN_S, DELAY_MAX_S)
    }

    pub(super) fn jitter_s(&self) -> f64 {
        self.jitter_s
    }

    fn target_s(&self) -> f64 {
        self.base_s() + self.delay_s()
    }

    /// Bends towards the target.
    pub(super) fn update(&mut self, now: Duration) {
        let now_s = now.as_secs_f64();
        let passed_s = (now_s - self.updated_s).max(0.0);
        self.updated_s = now_s;
        let target_s = self.target_s();
        if let Some(offset_s) = &mut self.offset_s {
            let error_s = target_s - *offset_s;
            *offset_s += if error_s.abs() > JUMP_TICKS * self.tick_s {
                error_s
            } else {
                // A growing offset is drawn time running slower.
                error_s.clamp(-FASTER * passed_s, SLOWER * passed_s)
            };
        }
    }

    /// The tick to draw, with fraction, counted without wrap. None before the first snapshot.
    pub(super) fn drawn_tick(&self, now: Duration) -> Option<f64> {
        Some((now.as_secs_f64() - self.offset_s?) / self.tick_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(lateness_ms: impl Fn(i64) -> u64) -> (Timeline, f64) {
        let mut timeline = Timeline::new(1.0 / 60.0, 1.0 / 30.0);
        let mut steepest: f64 = 0.0;
        let mut last: Option<(Duration, f64)> = None;
        for snapshot in 0..600_i64 {
            let now = Duration::from_micros((snapshot * 2) as u64 * 16_667)
                + Duration::from_millis(lateness_ms(snapshot));
            timeline.handle_snapshot(now, snapshot * 2);
            timeline.update(now);
            let drawn = timeline.drawn_tick(now).unwrap();
            if let Some((then, was)) = last {
                let rate = (drawn - was) / 60.0 / (now - then).as_secs_f64().max(1e-6);
                steepest = steepest.max((rate - 1.0).abs());
            }
            last = Some((now, drawn));
        }
        (timeline, steepest)
    }

    #[test]
    fn a_steady_link_is_drawn_near_the_least_delay() {
        let (timeline, steepest) = play(|_| 40);
        assert!(timeline.delay_s() < 0.060);
        assert!(steepest < 0.041, "time bent by {steepest}");
    }

    #[test]
    fn the_delay_covers_the_jitter() {
        let (timeline, steepest) = play(|snapshot| 40 + (snapshot * 7919 % 20) as u64);
        assert!(timeline.delay_s() > 0.033 + 0.019);
        assert!(timeline.delay_s() < 0.100);
        assert!(steepest < 0.041, "time bent by {steepest}");
    }
}
