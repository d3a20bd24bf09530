//! What one way of a link holds back, and until when.
//!
//! In: bytes, at the time when they are sent. Out: the same bytes in the same order, at the time when they arrive. All
//! times count from one epoch. What waits is bounded for senders that ask [`Held::room`].
//! Must not: decide how long anything takes ([`Way`] does), or lose, reorder or look into a byte.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, BytesMut};

use crate::limits::LINK_HELD_BYTES;
use crate::link::{LinkSpec, Way};

/// The bytes on one way.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) way: Way,
    bytes: BytesMut,
    /// When bytes arrive, oldest first, and how many arrive then.
    arrivals: VecDeque<(Duration, usize)>,
}

impl Held {
    pub(crate) fn new(spec: &LinkSpec, seed: u64) -> Held {
        Held {
            way: Way::new(spec, seed),
            bytes: BytesMut::new(),
            arrivals: VecDeque::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes it takes now.
    pub(crate) fn room(&self, now: Duration) -> usize {
        let room = LINK_HELD_BYTES.saturating_sub(self.bytes.len());
        // Many tiny arrivals must not make this list as long as the bytes.
        if self.arrivals.len() >= LINK_HELD_BYTES / 16 {
            return 0;
        }
        room.min(self.way.room(now))
    }

    /// Puts bytes on their way.
    pub(crate) fn take(&mut self, now: Duration, bytes: &[u8]) {
        let arrival = self.way.arrival(now, bytes.len());
        self.bytes.extend_from_slice(bytes);
        match self.arrivals.back_mut() {
            Some((last, count)) if *last == arrival => *count += bytes.len(),
            _ => self.arrivals.push_back((arrival, bytes.len())),
        }
    }

    /// When the next bytes arrive. `None` if none are on their way.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.arrivals.front().map(|(at, _)| *at)
    }

    /// In how many parts the bytes on their way arrive.
    pub(crate) fn arrivals(&self) -> usize {
        self.arrivals.len()
    }

    /// The bytes that have arrived, at most `most`, and when the last of them did.
    pub(crate) fn due(&self, now: Duration, most: usize) -> (&[u8], Duration) {
        let (mut due, mut last) = (0, now);
        for (at, count) in &self.arrivals {
            if *at > now || due >= most {
                break;
            }
            (due, last) = ((due + count).min(most), *at);
        }
        (self.bytes.get(..due).unwrap_or_default(), last)
    }

    /// Moves what has arrived into a place for it. Gives how many bytes that were, and when the last of them arrived.
    pub(crate) fn read(&mut self, now: Duration, into: &mut [u8]) -> (usize, Duration) {
        let (due, last) = self.due(now, into.len());
        let count = due.len();
        if let Some(into) = into.get_mut(..count) {
            into.copy_from_slice(due);
        }
        self.release(count);
        (count, last)
    }

    /// Forgets the first `bytes`, which have gone on.
    pub(crate) fn release(&mut self, mut bytes: usize) {
        self.bytes.advance(bytes);
        while bytes > 0
            && let Some((_, count)) = self.arrivals.front_mut()
        {
            let gone = bytes.min(*count);
            (*count, bytes) = (*count - gone, bytes - gone);
            if *count == 0 {
                self.arrivals.pop_front();
            }
        }
        if self.bytes.is_empty() {
            // The memory for a crowd's keyframe should not stay.
            self.bytes = BytesMut::new();
        }
    }
}
