//! One direction of a lab player's connection: whole messages over a conditioned link, in virtual time.
//!
//! In: messages, at the time when they are sent. Out: the same messages in the same order, at the time when they
//! arrive.

use std::collections::VecDeque;
use std::time::Duration;

use crate::link::{self, LinkSpec};

/// One direction of a link, and the messages on it.
#[derive(Clone, Debug)]
pub struct Way {
    /// Nothing arrives before this time since the lab's start, however fast the link is.
    pub stalled_until: Duration,
    link: link::Way,
    on_the_way: VecDeque<(Duration, Vec<u8>)>,
}

impl Way {
    pub(super) fn new(spec: &LinkSpec, seed: u64) -> Way {
        Way {
            stalled_until: Duration::ZERO,
            link: link::Way::new(spec, seed),
            on_the_way: VecDeque::new(),
        }
    }

    /// What the link does to bytes.
    pub fn spec(&self) -> &LinkSpec {
        self.link.spec()
    }

    /// Changes the link from now on. Messages that are already on their way still arrive first.
    pub fn set(&mut self, spec: &LinkSpec) {
        self.link.set(spec);
    }

    /// Puts a message on its way.
    pub(super) fn send(&mut self, now: Duration, bytes: Vec<u8>) {
        let arrival = self.link.arrival(now, bytes.len());
        self.on_the_way.push_back((arrival, bytes));
    }

    /// When the next message arrives. `None` if none is on its way.
    pub(super) fn next(&self) -> Option<Duration> {
        let (at, _) = self.on_the_way.front()?;
        Some((*at).max(self.stalled_until))
    }

    /// Takes the next message that has arrived by `now`.
    pub(super) fn arrived(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.next().filter(|at| *at <= now)?;
        self.on_the_way.pop_front().map(|sent| sent.1)
    }

    /// How many messages are on their way.
    pub fn waiting(&self) -> usize {
        self.on_the_way.len()
    }

    /// Forgets all messages on their way: the connection is gone.
    pub(super) fn clear(&mut self) {
        self.on_the_way.clear();
    }
}
