//! What the two ends of one client ask of the tick, in one word of memory.
//!
//! In: requests from the feed and the port, at any time. Out: all of them in one read, since the tick reads them for
//! every client.

use std::sync::atomic::{AtomicU32, Ordering};

/// A client's requests, which come and go.
#[derive(Debug, Default)]
pub(super) struct Requests(AtomicU32);

/// A client's requests at the time of one read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Requested(u32);

impl Requested {
    /// The client can go on only from keyframes of all that it sees.
    pub(super) const RESTART: Requested = Requested(1);
    /// The client is hidden: nobody looks at its picture.
    pub(super) const HIDDEN: Requested = Requested(2);
    /// The client cannot take every snapshot.
    pub(super) const HALF_RATE: Requested = Requested(4);
    /// The client cannot take all of its interest, either.
    pub(super) const LESS_INTEREST: Requested = Requested(8);
    /// The client missed events. It needs the roster, and the events after it.
    pub(super) const ROSTER: Requested = Requested(64);
    /// Too many channels need healing to list them: all are healed.
    pub(super) const HEAL_ALL: Requested = Requested(128);
    /// Some channel needs healing.
    pub(super) const HEALING: Requested = Requested(16);
    /// The feed was dropped: nobody takes messages any more.
    pub(super) const GONE: Requested = Requested(32);

    pub(super) fn has(self, request: Requested) -> bool {
        self.0 & request.0 != 0
    }

    /// The place of the stream that the client should follow.
    pub(super) fn stream(self) -> usize {
        if self.has(Requested::HIDDEN) {
            2
        } else {
            usize::from(self.has(Requested::HALF_RATE))
        }
    }

    /// The part of the interest radius that the client should get, 0..=1.
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

    /// Sets or clears a request.
    pub(super) fn set(&self, request: Requested, requested: bool) {
        // As a rule nothing changes, and a read costs less than a write.
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
