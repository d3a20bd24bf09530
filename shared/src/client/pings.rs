//! Pings: when the next one leaves, and which pong answers which.
//!
//! In: the time, the nonces of pongs. Out: pings to send, and when the ping of a pong left.

use std::collections::VecDeque;
use std::time::Duration;

use super::tuning::{FIRST_PING_EVERY, FIRST_PINGS, PING_EVERY};
use crate::message::Ping;

/// Pings whose pong may still come. The oldest is forgotten beyond it.
const OPEN: usize = 16;

#[derive(Debug)]
pub(super) struct Pings {
    /// Nonce, and when it left.
    open: VecDeque<(u32, Duration)>,
    next: Duration,
    nonce: u32,
}

impl Pings {
    pub(super) fn new(now: Duration) -> Pings {
        Pings {
            open: VecDeque::new(),
            next: now,
            nonce: 0,
        }
    }

    /// The ping to send now, if one is due. `known` is how many pongs the clock remembers.
    pub(super) fn take_due(&mut self, now: Duration, known: usize) -> Option<Ping> {
        if now < self.next {
            return None;
        }
        let every = if known < FIRST_PINGS {
            FIRST_PING_EVERY
        } else {
            PING_EVERY
        };
        self.next = now + every;
        self.nonce = self.nonce.wrapping_add(1);
        if self.open.len() == OPEN {
            self.open.pop_front();
        }
        self.open.push_back((self.nonce, now));
        Some(Ping { nonce: self.nonce })
    }

    /// When the ping with this nonce left. None when there is no such ping, or its pong has come before.
    pub(super) fn answer(&mut self, nonce: u32) -> Option<Duration> {
        let place = self.open.iter().position(|(open, _)| *open == nonce)?;
        self.open.remove(place).map(|(_, sent)| sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pings_come_quickly_and_then_one_a_second() {
        let mut pings = Pings::new(Duration::ZERO);
        let mut left_ms = Vec::new();
        for now_ms in 0..4000 {
            let known = left_ms.len();
            let ping = pings.take_due(Duration::from_millis(now_ms), known);
            left_ms.extend(ping.map(|_| now_ms));
        }
        assert_eq!(left_ms, [0, 100, 200, 300, 400, 500, 1500, 2500, 3500]);
    }

    #[test]
    fn a_pong_counts_once_and_only_for_a_ping_that_is_open() {
        let mut pings = Pings::new(Duration::ZERO);
        let mut nonces = Vec::new();
        for second in 0..=OPEN as u64 {
            let ping = pings.take_due(Duration::from_secs(second), FIRST_PINGS);
            nonces.extend(ping.map(|ping| ping.nonce));
        }
        assert_eq!(nonces.len(), OPEN + 1);
        assert_eq!(pings.answer(nonces[0]), None, "forgotten");
        assert_eq!(pings.answer(nonces[1]), Some(Duration::from_secs(1)));
        assert_eq!(pings.answer(nonces[1]), None);
        assert_eq!(pings.answer(4711), None);
    }
}
