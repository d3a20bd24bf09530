//! What the two ends of one client wish of the tick, in one word.
//!
//! In: wishes of the feed and of the reader, whenever. Out: all of them at one look, since the tick looks at every client.

use std::sync::atomic::{AtomicU32, Ordering};

/// Wishes, as they are told.
#[derive(Debug, Default)]
pub(super) struct Wishes(AtomicU32);

/// Wishes at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wished(u32);

impl Wished {
    /// The client can only go on from keyframes of all that it sees.
    pub(super) const RESTART: Wished = Wished(1);
    /// Nobody looks at the picture.
    pub(super) const HIDDEN: Wished = Wished(2);
    /// It cannot take every snapshot.
    pub(super) const HALF_RATE: Wished = Wished(4);
    /// Nor all of its interest.
    pub(super) const LESS_INTEREST: Wished = Wished(8);
    /// Some channel is to be healed.
    pub(super) const HEALING: Wished = Wished(16);
    /// Nobody takes anything any more.
    pub(super) const GONE: Wished = Wished(32);

    pub(super) fn has(self, wish: Wished) -> bool {
        self.0 & wish.0 != 0
    }

    /// The stream that the client should be on.
    pub(super) fn stream(self) -> usize {
        if self.has(Wished::HIDDEN) {
            2
        } else {
            usize::from(self.has(Wished::HALF_RATE))
        }
    }

    /// The part of its interest that the client should get, 0..=1.
    pub(super) fn scale(self) -> f64 {
        if self.has(Wished::LESS_INTEREST) {
            0.5
        } else {
            1.0
        }
    }
}

impl Wishes {
    pub(super) fn now(&self) -> Wished {
        Wished(self.0.load(Ordering::Relaxed))
    }

    /// Wishes for it, or not any more.
    pub(super) fn set(&self, wish: Wished, wished: bool) {
        // As a rule it is so already, and a look costs less than a write.
        if self.now().has(wish) == wished {
            return;
        }
        if wished {
            self.0.fetch_or(wish.0, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!wish.0, Ordering::Relaxed);
        }
    }
}
