//! How long a question and its answer take. The server measures it, so that no client can claim a time.
//!
//! In: a ping leaves, a pong comes. Out: the ping's payload, the round trip. One ping is open at a time. A pong with
//! another payload measures nothing.

use std::time::{Duration, Instant};

/// The open ping of one connection.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    number: u32,
    at: Option<Instant>,
}

impl RoundTrip {
    /// A ping leaves now. Returns its payload.
    pub(super) fn ask(&mut self, now: Instant) -> [u8; 4] {
        self.number = self.number.wrapping_add(1);
        self.at = Some(now);
        self.number.to_le_bytes()
    }

    /// A pong with this payload came at this time. `None` if it answers no open ping.
    pub(super) fn answered(&mut self, at: Instant, payload: &[u8]) -> Option<Duration> {
        let fits = payload == self.number.to_le_bytes();
        let asked = self.at.take_if(|_| fits)?;
        Some(at.saturating_duration_since(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_the_open_ping_measures_and_only_once() {
        let (mut trip, start) = (RoundTrip::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(trip.answered(start, &[0; 4]), None);
        let first = trip.ask(start);
        let second = trip.ask(start + ms(10));
        assert_eq!(trip.answered(start + ms(20), &first), None);
        assert_eq!(trip.answered(start + ms(30), &second), Some(ms(20)));
        assert_eq!(trip.answered(start + ms(40), &second), None);
    }
}
