//! The room's time as the client estimates it from pings: a minimum filter over the last round trips.
//!
//! In: when a ping left, when its pong came, what the room's clock said. Out: room time for any local time. Of the
//! last samples, the one with the shortest round trip has waited least in queues, so its offset is the best
//! (Mills, RFC 5905, clock filter). The room's clock stands still for ticks that the room skips: samples from before that
//! contradict those after it, and are forgotten.

use std::collections::VecDeque;
use std::time::Duration;

use super::tuning::within;

/// Pongs that the filter remembers: 16 s at one ping a second.
const WINDOW: usize = 16;
/// The clock bends by at most this much of the time that passes.
const SLEW: f64 = 0.05;
/// A larger error than this is no drift: the clock jumps.
const JUMP_S: f64 = 0.170;
/// How far the local clock and the room's may drift apart within the window, seconds.
const DRIFT_S: f64 = 0.010;

#[derive(Debug)]
pub(super) struct Clock {
    samples: VecDeque<Sample>,
    /// Room time minus local time as it is in use, seconds.
    offset_s: f64,
    updated_s: f64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    rtt_s: f64,
    offset_s: f64,
}

impl Sample {
    /// True when one offset explains both: it is within half a round trip of each.
    fn agrees(self, other: Sample) -> bool {
        (self.offset_s - other.offset_s).abs() <= (self.rtt_s + other.rtt_s) / 2.0 + DRIFT_S
    }
}

impl Clock {
    /// A clock that knows only the room's time in the welcome, which has just arrived.
    pub(super) fn new(now: Duration, room_time: Duration) -> Clock {
        let now_s = now.as_secs_f64();
        Clock {
            samples: VecDeque::with_capacity(WINDOW),
            offset_s: room_time.as_secs_f64() - now_s,
            updated_s: now_s,
        }
    }

    pub(super) fn handle_pong(&mut self, sent: Duration, now: Duration, room_time: Duration) {
        let rtt_s = now.saturating_sub(sent).as_secs_f64();
        let middle_s = sent.as_secs_f64() + rtt_s / 2.0;
        if self.samples.len() == WINDOW {
            self.samples.pop_front();
        }
        let first = self.samples.is_empty();
        let sample = Sample {
            rtt_s,
            offset_s: room_time.as_secs_f64() - middle_s,
        };
        self.samples.retain(|before| before.agrees(sample));
        self.samples.push_back(sample);
        if first {
            self.offset_s = self.target_s();
        }
    }

    fn best(&self) -> Option<Sample> {
        self.samples
            .iter()
            .copied()
            .min_by(|a, b| a.rtt_s.total_cmp(&b.rtt_s))
    }

    fn target_s(&self) -> f64 {
        self.best().map_or(self.offset_s, |sample| sample.offset_s)
    }

    /// Bends towards the filter's offset.
    pub(super) fn update(&mut self, now: Duration) {
        let now_s = now.as_secs_f64();
        let most_s = (now_s - self.updated_s).max(0.0) * SLEW;
        self.updated_s = now_s;
        let error_s = self.target_s() - self.offset_s;
        self.offset_s += if error_s.abs() > JUMP_S {
            error_s
        } else {
            within(error_s, -most_s, most_s)
        };
    }

    /// The room's time, seconds.
    pub(super) fn room_time_s(&self, now: Duration) -> f64 {
        now.as_secs_f64() + self.offset_s
    }

    /// The shortest round trip of the window, seconds; 0 before the first pong.
    pub(super) fn rtt_s(&self) -> f64 {
        self.best().map_or(0.0, |sample| sample.rtt_s)
    }

    /// The last round trip, seconds; 0 before the first pong.
    pub(super) fn last_rtt_s(&self) -> f64 {
        self.samples.back().map_or(0.0, |sample| sample.rtt_s)
    }

    pub(super) fn sample_count(&self) -> usize {
        self.samples.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_round_trip_decides() {
        let ms = Duration::from_millis;
        let mut clock = Clock::new(ms(0), ms(5000));
        // True offset: 5 s. One clean sample among three whose way back was slow.
        for (sent, back, room) in [(100, 300, 5110), (400, 420, 5410), (700, 950, 5710)] {
            clock.handle_pong(ms(sent), ms(back), ms(room));
        }
        for step in 0..400 {
            clock.update(ms(1000 + step * 10));
        }
        assert!((clock.room_time_s(ms(5000)) - 10.0).abs() < 0.001);
        assert!((clock.rtt_s() - 0.020).abs() < 1e-9);
    }

    #[test]
    fn a_room_that_skipped_ticks_is_followed_at_the_next_pong() {
        let ms = Duration::from_millis;
        let mut clock = Clock::new(ms(0), ms(5000));
        for second in 0..10 {
            let sent = 1000 * second;
            clock.handle_pong(ms(sent), ms(sent + 20), ms(sent + 5010));
        }
        // The room's time fell back by 800 ms, and the first pong after that was slow.
        clock.handle_pong(ms(10_000), ms(10_060), ms(14_230));
        clock.update(ms(10_060));
        assert!((clock.room_time_s(ms(11_000)) - 15.2).abs() < 0.001);
        assert_eq!(clock.sample_count(), 1);
    }

    #[test]
    fn slow_pongs_drive_out_no_other_sample() {
        let ms = Duration::from_millis;
        let mut clock = Clock::new(ms(0), ms(5000));
        clock.handle_pong(ms(0), ms(20), ms(5010));
        // All of the delay was on one side, up or down.
        clock.handle_pong(ms(1000), ms(1500), ms(6490));
        clock.handle_pong(ms(2000), ms(2500), ms(7010));
        assert_eq!(clock.sample_count(), 3);
    }
}
