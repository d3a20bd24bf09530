//! When remote entities are drawn: a little behind the newest snapshot, by a delay that follows the lateness of snapshots.
//!
//! In: arrival times of snapshots. Out: for each animation frame, the tick to draw, with its fraction. Lateness counts
//! from a snapshot's own tick, never from the arrival before it, so a room at rest or a longer stride is no jitter. The
//! least lateness of the last seconds is the base, that of an undisturbed way; what comes on top is jitter, and the delay
//! covers nearly all of it. Drawn time jumps only when it is far off; otherwise it runs a little slower or faster.

use std::collections::VecDeque;
use std::time::Duration;

use super::tuning::within;
use super::tuning::{
    BEND_S, DELAY_COVERS, DELAY_INTERVALS, DELAY_MAX_S, DELAY_MIN_S, FASTER, JUMP_TICKS,
    LATENESS_COUNT, LATENESS_SPAN_S, OUTAGE_LASTS_S, OUTAGE_S, PICTURE_LOST_S, SLOWER,
};

#[derive(Debug)]
pub(super) struct Timeline {
    tick_s: f64,
    /// Between two snapshots, at the stride in force.
    interval_s: f64,
    draws_between: bool,
    /// Arrival and lateness, seconds, in the order of arrival.
    arrivals: VecDeque<(f64, f64)>,
    sorted: Vec<f64>,
    /// The least lateness that is remembered.
    base_s: f64,
    /// The lateness above the base that the delay covers.
    jitter_s: f64,
    /// Since when all snapshots have come far too late.
    outage_s: Option<f64>,
    /// Local time minus drawn tick time, seconds. None before the first snapshot.
    offset_s: Option<f64>,
    updated_s: f64,
}

impl Timeline {
    /// `draws_between` is false for a game in which nothing is drawn between two snapshots: then there is nothing to wait
    /// for.
    pub(super) fn new(tick_s: f64, interval_s: f64, draws_between: bool) -> Timeline {
        Timeline {
            tick_s,
            interval_s,
            draws_between,
            arrivals: VecDeque::with_capacity(LATENESS_COUNT),
            sorted: Vec::with_capacity(LATENESS_COUNT),
            base_s: 0.0,
            jitter_s: 0.0,
            outage_s: None,
            offset_s: None,
            updated_s: 0.0,
        }
    }

    /// Snapshots come at this interval from now on.
    pub(super) fn set_interval(&mut self, interval_s: f64) {
        self.interval_s = interval_s;
    }

    /// A snapshot of the tick `tick` (counted without wrap) arrived.
    pub(super) fn handle_snapshot(&mut self, now: Duration, tick: i64) {
        let now_s = now.as_secs_f64();
        let lateness_s = now_s - tick as f64 * self.tick_s;
        if self.is_outage(now_s, lateness_s) {
            return;
        }
        let old = |arrival: Option<&(f64, f64)>| {
            arrival.is_some_and(|(at_s, _)| now_s - at_s > LATENESS_SPAN_S)
        };
        while self.arrivals.len() >= LATENESS_COUNT || old(self.arrivals.front()) {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back((now_s, lateness_s));
        self.weigh();
        if self.offset_s.is_none() {
            self.offset_s = Some(self.target_s());
            self.updated_s = now_s;
        }
    }

    /// True while snapshots come that an outage has held up: they say nothing about those that follow.
    fn is_outage(&mut self, now_s: f64, lateness_s: f64) -> bool {
        if self.arrivals.is_empty() {
            return false;
        }
        let above_s = lateness_s - self.base_s;
        let began_s = match self.outage_s {
            None if above_s.abs() <= OUTAGE_S => return false,
            Some(_) if above_s.abs() <= self.jitter_s => {
                self.outage_s = None;
                return false;
            }
            began_s => *self.outage_s.insert(began_s.unwrap_or(now_s)),
        };
        // The room's clock stood still, or the way is longer for good.
        if above_s < 0.0 || now_s - began_s > OUTAGE_LASTS_S {
            self.arrivals.clear();
            self.outage_s = None;
        }
        self.outage_s.is_some()
    }

    fn weigh(&mut self) {
        self.sorted.clear();
        let lateness = self.arrivals.iter().map(|(_, lateness_s)| *lateness_s);
        self.sorted.extend(lateness);
        self.sorted.sort_unstable_by(f64::total_cmp);
        let last = self.sorted.len().saturating_sub(1);
        let place = (last as f64 * DELAY_COVERS).ceil() as usize;
        let (base, covered) = (self.sorted.first(), self.sorted.get(place));
        if let (Some(base_s), Some(covered_s)) = (base, covered) {
            (self.base_s, self.jitter_s) = (*base_s, covered_s - base_s);
        }
    }

    /// How far behind the undisturbed arrival of a snapshot entities are drawn, seconds.
    pub(super) fn delay_s(&self) -> f64 {
        match self.draws_between {
            true => {
                (DELAY_INTERVALS * self.interval_s + self.jitter_s).clamp(DELAY_MIN_S, DELAY_MAX_S)
            }
            false => 0.0,
        }
    }

    pub(super) fn jitter_s(&self) -> f64 {
        self.jitter_s
    }

    fn target_s(&self) -> f64 {
        self.base_s + self.delay_s()
    }

    /// Bends towards the target.
    pub(super) fn update(&mut self, now: Duration) {
        let now_s = now.as_secs_f64();
        let passed_s = (now_s - self.updated_s).max(0.0);
        self.updated_s = now_s;
        let target_s = self.target_s();
        if let Some(offset_s) = &mut self.offset_s {
            let error_s = target_s - *offset_s;
            let lost = passed_s > PICTURE_LOST_S
                || error_s.abs() > JUMP_TICKS * self.tick_s
                // Nobody sees time run: nothing moves between two snapshots.
                || !self.draws_between;
            *offset_s += if lost {
                error_s
            } else {
                let bend_s = error_s * (1.0 - (-passed_s / BEND_S).exp());
                // A growing offset is drawn time running slower.
                within(bend_s, -FASTER * passed_s, SLOWER * passed_s)
            };
        }
    }

    /// The tick to draw, with its fraction, counted without wrap. None before the first snapshot.
    pub(super) fn drawn_tick(&self, now: Duration) -> Option<f64> {
        Some((now.as_secs_f64() - self.offset_s?) / self.tick_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_S: f64 = 1.0 / 60.0;
    const INTERVAL_S: f64 = 2.0 * TICK_S;

    /// A screen that draws by a timeline, and how fast drawn time ran at least and at most.
    struct Screen {
        timeline: Timeline,
        frame: Duration,
        next: Duration,
        last: Option<f64>,
        speeds: (f64, f64),
    }

    impl Screen {
        fn new(hz: u32) -> Screen {
            Screen {
                timeline: Timeline::new(TICK_S, INTERVAL_S, true),
                frame: Duration::from_secs(1) / hz,
                next: Duration::ZERO,
                last: None,
                speeds: (1.0, 1.0),
            }
        }

        fn draw_until(&mut self, end: Duration) {
            while self.next < end {
                self.timeline.update(self.next);
                let drawn = self.timeline.drawn_tick(self.next);
                if let Some((last, drawn)) = self.last.zip(drawn) {
                    let speed = (drawn - last) * TICK_S / self.frame.as_secs_f64();
                    self.speeds = (self.speeds.0.min(speed), self.speeds.1.max(speed));
                }
                self.last = drawn;
                self.next += self.frame;
            }
        }

        /// The snapshot of `tick` comes this late.
        fn hear(&mut self, tick: i64, late_ms: u64) {
            let due = Duration::from_secs_f64(tick as f64 * TICK_S);
            let now = (due + Duration::from_millis(late_ms)).max(self.next);
            self.draw_until(now);
            self.timeline.handle_snapshot(now, tick);
        }

        /// How far behind room time the screen is, milliseconds.
        fn behind_ms(&self) -> f64 {
            let now = self.next;
            let drawn = self.timeline.drawn_tick(now).unwrap_or(f64::NAN);
            now.as_secs_f64() * 1000.0 - drawn * TICK_S * 1000.0
        }

        fn assert_within_limits(&self) {
            let (slowest, fastest) = self.speeds;
            assert!(slowest > 1.0 - SLOWER - 1e-9, "time ran at {slowest}");
            assert!(fastest < 1.0 + FASTER + 1e-9, "time ran at {fastest}");
        }
    }

    #[test]
    fn a_steady_connection_is_drawn_near_the_least_delay_on_every_screen() {
        for hz in [30, 60, 144] {
            let mut screen = Screen::new(hz);
            (0..600).for_each(|n| screen.hear(n * 2, 40));
            let least_ms = 40.0 + DELAY_INTERVALS * INTERVAL_S * 1000.0;
            let over_ms = screen.behind_ms() - least_ms;
            // In this test a screen gets a snapshot up to one animation frame late.
            assert!((-1.0..35.0).contains(&over_ms), "{over_ms} ms at {hz} Hz");
            screen.assert_within_limits();
        }
    }

    #[test]
    fn the_delay_covers_the_jitter() {
        let mut screen = Screen::new(1000);
        (0..600).for_each(|n| screen.hear(n * 2, 40 + (n * 7919 % 20) as u64));
        let jitter_ms = screen.timeline.jitter_s() * 1000.0;
        assert!((17.0..21.0).contains(&jitter_ms), "{jitter_ms}");
        screen.assert_within_limits();
    }

    #[test]
    fn a_room_at_rest_is_no_jitter() {
        let mut screen = Screen::new(1000);
        let mut tick = 0;
        for n in 0..300 {
            screen.hear(tick, 40);
            tick += if n % 40 < 20 { 15 } else { 2 };
        }
        assert!(
            screen.timeline.jitter_s() < 0.003,
            "{:?}",
            screen.timeline.jitter_s()
        );
        screen.assert_within_limits();
    }

    #[test]
    fn the_delay_follows_the_stride_in_force() {
        let mut screen = Screen::new(1000);
        (0..300).for_each(|n| screen.hear(n * 2, 40));
        screen.timeline.set_interval(2.0 * INTERVAL_S);
        (150..450).for_each(|n| screen.hear(n * 4, 40));
        let wanted_ms = 40.0 + 2.0 * DELAY_INTERVALS * INTERVAL_S * 1000.0;
        let off_ms = screen.behind_ms() - wanted_ms;
        assert!(off_ms.abs() < 3.0, "{off_ms}");
        screen.assert_within_limits();
    }

    #[test]
    fn an_outage_leaves_the_delay_as_it_was() {
        let mut screen = Screen::new(60);
        (0..300).for_each(|n| screen.hear(n * 2, 40));
        let before_ms = screen.behind_ms();
        // Three seconds of snapshots arrive together.
        (300..390).for_each(|n| screen.hear(n * 2, 40 + (390 - n) as u64 * 33));
        (390..420).for_each(|n| screen.hear(n * 2, 40));
        let more_ms = screen.behind_ms() - before_ms;
        assert!(more_ms.abs() < 5.0, "{more_ms}");
        screen.assert_within_limits();
    }

    #[test]
    fn a_longer_way_is_learnt_and_jumped_to() {
        let mut screen = Screen::new(60);
        (0..300).for_each(|n| screen.hear(n * 2, 40));
        let before_ms = screen.behind_ms();
        (300..400).for_each(|n| screen.hear(n * 2, 640));
        let more_ms = screen.behind_ms() - before_ms;
        assert!((580.0..640.0).contains(&more_ms), "{more_ms}");
    }

    #[test]
    fn a_screen_that_comes_back_draws_what_is_due() {
        let mut screen = Screen::new(60);
        (0..300).for_each(|n| screen.hear(n * 2, 40));
        screen.timeline.set_interval(2.0 * INTERVAL_S);
        screen.timeline.handle_snapshot(screen.next, 600);
        let wake = screen.next + Duration::from_secs(3);
        screen.timeline.update(wake);
        let drawn_s = screen.timeline.drawn_tick(wake).unwrap_or(f64::NAN) * TICK_S;
        let off_s = wake.as_secs_f64() - drawn_s - screen.timeline.target_s();
        assert!(off_s.abs() < 1e-9, "{off_s}");
    }
}
