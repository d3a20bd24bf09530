//! Log lines that clients can cause, as often as an operator can read them.
//!
//! In: something to say, under a label. Out: a few lines in a second for each label, with how many were left out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The lines of a label are counted over this time.
const EVERY: Duration = Duration::from_secs(1);

/// The labels of one place that writes lines.
#[derive(Debug)]
pub(crate) struct Seldom {
    burst: u32,
    said: Mutex<BTreeMap<&'static str, Said>>,
}

/// The lines of one label.
#[derive(Debug)]
struct Said {
    since: Instant,
    lines: u32,
    left_out: u64,
}

impl Seldom {
    /// Up to `burst` lines of each label in a second.
    pub(crate) fn new(burst: u32) -> Seldom {
        let said = Mutex::default();
        Seldom { burst, said }
    }

    /// How many lines of this label were left out, if there may be one now.
    pub(crate) fn may_say(&self, label: &'static str, now: Instant) -> Option<u64> {
        let mut labels = self.said.lock();
        let fresh = Said {
            since: now,
            lines: 0,
            left_out: 0,
        };
        let said = labels.entry(label).or_insert(fresh);
        if now.saturating_duration_since(said.since) >= EVERY {
            (said.since, said.lines) = (now, 0);
        }
        if said.lines >= self.burst {
            said.left_out += 1;
            return None;
        }
        said.lines += 1;
        Some(std::mem::take(&mut said.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_one_line_a_second_and_says_how_many_it_left_out() {
        let (seldom, start) = (Seldom::new(1), Instant::now());
        let said = (0..100).filter_map(|n| seldom.may_say("full", start + EVERY * n / 50));
        assert_eq!(said.collect::<Vec<_>>(), [0, 49]);
        assert_eq!(seldom.may_say("other", start), Some(0));
        let seldom = Seldom::new(3);
        let said = (0..100).filter_map(|n| seldom.may_say("full", start + EVERY * n / 50));
        assert_eq!(said.collect::<Vec<_>>(), [0, 0, 0, 47, 0, 0]);
    }
}
