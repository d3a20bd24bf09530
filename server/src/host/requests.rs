//! What the two ends of one client ask of the tick, in one word of memory.
//!
//! In: requests of the feed and of the port, at any time. Out: all of them in one read, since the tick reads every
//! client's.

use std::sync::atomic::{AtomicU32, Ordering};

/// A client's requests, as they come and go.
#[derive(Debug, Default)]
pub(super) struct Requests(AtomicU32);

/// A client's requests as of one read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Requested(u32);

impl Requested {
    /// The client can only go on from keyframes of all that it sees.
    pub(super) const RESTART: Requested = Requested(1);
    /// Nobody looks at the picture.
    pub(super) const HIDDEN: Requested = Requested(2);
    /// It cannot take every snapshot.
    pub(super) const HALF_RATE: Requested = Requested(4);
    /// Nor all of its interest.
    pub(super) const LESS_INTEREST: Requested = Requested(8);
    /// It missed events: it needs the roster, and events from there on.
    pub(super) const ROSTER: Requested = Requested(64);
    /// So many channels are to be healed that all are.
    pub(super) const HEAL_ALL: Requested = Requested(128);
    /// Some channel is to be healed.
    pub(super) const HEALING: Requested = Requested(16);
    /// Nobody takes anything any more.
    pub(super) const GONE: Requested = Requested(32);

    pub(super) fn has(self, request: Requested) -> bool {
        self.0 & request.0 != 0
    }

    /// The stream that the client should be on.
    pub(super) fn stream(self) -> usize {
        if self.has(Requested::HIDDEN) {
            2
        } else {
            usize::from(self.has(Requested::HALF_RATE))
        }
    }

    /// The part of its interest that the client should get, 0..=1.
    pub(super) fn scale(self) -> f64 {
        if self.has(Requested::LESS_INTEREST) {
            0.5
        } else {
            1.0
        }
    }
}

impl Requests {
    pub(super) fn read(&self) -> Requested {
        Requested(self.0.load(Ordering::Relaxed))
    }

    /// Asks for it, or not any more.
    pub(super) fn set(&self, request: Requested, requested: bool) {
        // As a rule it is so already, and a read costs less than a write.
        if self.read().has(request) == requested {
            return;
        }
        if requested {
            self.0.fetch_or(request.0, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!request.0, Ordering::Relaxed);
        }
    }
}
