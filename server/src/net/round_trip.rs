//! How long a question and its answer take. The server measures it, so that no client can claim a time.
//!
//! In: a ping leaves, a pong comes. Out: the ping's payload, the round trip. One ping is open at a time. A pong with
//! another payload measures nothing.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The open ping of one connection.
#[derive(Debug, Default)]
pub(super) struct RoundTrip(Mutex<Asked>);

#[derive(Debug, Default)]
struct Asked {
    number: u32,
    at: Option<Instant>,
}

impl RoundTrip {
    /// A ping leaves now. Returns its payload.
    pub(super) fn ask(&self, now: Instant) -> [u8; 4] {
        let mut asked = self.0.lock();
        asked.number = asked.number.wrapping_add(1);
        asked.at = Some(now);
        asked.number.to_le_bytes()
    }

    /// A pong with this payload has come now. `None` if it answers no open ping.
    pub(super) fn answered(&self, now: Instant, payload: &[u8]) -> Option<Duration> {
        let mut asked = self.0.lock();
        let fits = payload == asked.number.to_le_bytes();
        let at = asked.at.take_if(|_| fits)?;
        Some(now.saturating_duration_since(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_the_open_ping_measures_and_only_once() {
        let (trip, start) = (RoundTrip::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(trip.answered(start, &[0; 4]), None);
        let first = trip.ask(start);
        let second = trip.ask(start + ms(10));
        assert_eq!(trip.answered(start + ms(20), &first), None);
        assert_eq!(trip.answered(start + ms(30), &second), Some(ms(20)));
        assert_eq!(trip.answered(start + ms(40), &second), None);
    }
}
