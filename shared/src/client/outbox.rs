//! Messages on their way to the connection, except inputs.
//!
//! In: messages. Out: their bytes, oldest first. Must not: grow without bound.

use std::collections::VecDeque;

use serde::Serialize;

use crate::codec;

/// Messages that may wait to be sent. The oldest is dropped beyond it: an owner that never polls must not fill the memory.
const WAITING: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Vec<u8>>,
}

impl Outbox {
    /// Queues a [`crate::message::ClientMessage`].
    pub(super) fn push(&mut self, message: &impl Serialize) {
        if let Ok(bytes) = codec::encode(message) {
            self.push_bytes(bytes);
        }
    }

    /// Queues an encoded message.
    pub(super) fn push_bytes(&mut self, bytes: Vec<u8>) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(bytes);
    }

    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.waiting.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
