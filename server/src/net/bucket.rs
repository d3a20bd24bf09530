//! A token bucket: a sustained rate and a burst. The time comes in as an argument.

use std::time::{Duration, Instant};

/// How many tokens are left. A new bucket is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// The sustained rate, tokens per second.
    pub(super) per_s: f64,
    /// The burst: tokens that may be taken together.
    pub(super) burst: f64,
}

impl Rate {
    /// A rate with a burst of as many tokens as come in the time `burst`, and at least one.
    pub(super) fn over(per_s: f64, burst: Duration) -> Rate {
        Rate {
            per_s,
            burst: (per_s * burst.as_secs_f64()).max(1.0),
        }
    }
}

impl Bucket {
    pub(super) fn full(rate: Rate, now: Instant) -> Bucket {
        Bucket {
            tokens: rate.burst,
            filled_at: now,
        }
    }

    /// Takes one token; false when there is none.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.fill(rate, now);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }

    /// True when forgetting the bucket would change nothing.
    pub(super) fn is_full(&mut self, rate: Rate, now: Instant) -> bool {
        self.fill(rate, now);
        self.tokens >= rate.burst
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed_s = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed_s * rate.per_s).min(rate.burst);
        self.filled_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_its_rate_after_that() {
        let rate = Rate {
            per_s: 10.0,
            burst: 3.0,
        };
        let start = Instant::now();
        let mut bucket = Bucket::full(rate, start);
        assert_eq!((0..5).filter(|_| bucket.take(rate, start)).count(), 3);
        let later = start + Duration::from_millis(150);
        assert_eq!((0..5).filter(|_| bucket.take(rate, later)).count(), 1);
        let much_later = start + Duration::from_secs(60);
        assert!(bucket.is_full(rate, much_later));
        assert_eq!((0..9).filter(|_| bucket.take(rate, much_later)).count(), 3);
    }
}
