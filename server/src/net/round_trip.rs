//! The server's own pings, and how long the client's answers take.
//!
//! In: the times at which pings leave and pongs come. Out: the least round trip of the last ones. One ping is open at a
//! time, so that a client whose network stood still has one to answer, however long it stood. A client that holds its
//! answers back gains nothing: its earlier answers count. A pong with another payload measures nothing.

use std::time::{Duration, Instant};

/// So many of the last round trips are remembered: at one ping in 2 s, half a minute.
const REMEMBERED: usize = 16;

/// The open ping of one connection, and what the ones before it have measured.
#[derive(Debug)]
pub(super) struct RoundTrip {
    number: u32,
    open_since: Option<Instant>,
    /// Round trips, microseconds; the maximum where there is none yet.
    trips_us: [u32; REMEMBERED],
    oldest: usize,
}

impl Default for RoundTrip {
    fn default() -> RoundTrip {
        RoundTrip {
            number: 0,
            open_since: None,
            trips_us: [u32::MAX; REMEMBERED],
            oldest: 0,
        }
    }
}

impl RoundTrip {
    /// True while a ping is not answered.
    pub(super) fn is_open(&self) -> bool {
        self.open_since.is_some()
    }

    /// A ping leaves now. Returns its payload.
    pub(super) fn ask(&mut self, now: Instant) -> [u8; 4] {
        self.number = self.number.wrapping_add(1);
        self.open_since = Some(now);
        self.number.to_le_bytes()
    }

    /// A pong with this payload came at this time. Gives the least of the last round trips, this one included; `None` if
    /// it answers no open ping.
    pub(super) fn answered(&mut self, at: Instant, payload: &[u8]) -> Option<Duration> {
        let fits = payload == self.number.to_le_bytes();
        let asked = self.open_since.take_if(|_| fits)?;
        let trip = at.saturating_duration_since(asked).as_micros();
        let trip_us = u32::try_from(trip).unwrap_or(u32::MAX);
        if let Some(oldest) = self.trips_us.get_mut(self.oldest) {
            *oldest = trip_us;
        }
        self.oldest = (self.oldest + 1) % REMEMBERED;
        let least_us = self.trips_us.iter().min()?;
        Some(Duration::from_micros((*least_us).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn only_the_answer_to_the_open_ping_measures_and_only_once() {
        let (mut trip, start) = (RoundTrip::default(), Instant::now());
        assert_eq!(trip.answered(start, &[0; 4]), None);
        let first = trip.ask(start);
        assert!(trip.is_open());
        assert_eq!(trip.answered(start + ms(20), &first), Some(ms(20)));
        assert!(!trip.is_open());
        let second = trip.ask(start + ms(100));
        assert_eq!(trip.answered(start + ms(110), &first), None);
        assert_eq!(trip.answered(start + ms(115), &second), Some(ms(15)));
        assert_eq!(trip.answered(start + ms(140), &second), None);
    }

    #[test]
    fn the_least_of_the_last_ones_counts() {
        let (mut trip, mut now) = (RoundTrip::default(), Instant::now());
        let mut measure = |took: Duration| {
            let payload = trip.ask(now);
            now += took;
            trip.answered(now, &payload).unwrap()
        };
        assert_eq!(measure(ms(40)), ms(40));
        assert_eq!(measure(ms(30)), ms(30));
        for _ in 0..REMEMBERED - 1 {
            assert_eq!(measure(ms(400)), ms(30), "held back");
        }
        assert_eq!(measure(ms(400)), ms(400), "the way has become longer");
    }
}
