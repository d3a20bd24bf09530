//! Log lines that clients can cause, as often as an operator can read them.
//!
//! In: something to say, under a label. Out: at most one line in a second for each label, with how many were left out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// One line of a label in this time.
const EVERY: Duration = Duration::from_secs(1);

/// When each label last had a line, and how many it had too many since.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<BTreeMap<&'static str, (Instant, u64)>>);

impl Seldom {
    /// How many lines of this label were left out, if there may be one now.
    pub(super) fn may_say(&self, label: &'static str, now: Instant) -> Option<u64> {
        let mut said = self.0.lock();
        match said.get_mut(label) {
            Some((last, left_out)) if now.saturating_duration_since(*last) < EVERY => {
                *left_out += 1;
                None
            }
            before => {
                let left_out = before.map_or(0, |(_, left_out)| *left_out);
                said.insert(label, (now, 0));
                Some(left_out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_one_line_a_second_and_says_how_many_it_left_out() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        let said = (0..100).filter_map(|n| seldom.may_say("full", start + EVERY * n / 50));
        assert_eq!(said.collect::<Vec<_>>(), [0, 49]);
        assert_eq!(seldom.may_say("other", start), Some(0));
    }
}
