//! Inputs on their way to the connection: usually one message an animation frame, fewer while the connection is stuck.
//!
//! In: the inputs that the prediction made, and whether the server gets them. Out: batches. A stuck connection delivers
//! everything together when it recovers. By then those inputs are late, and as a flood of messages they would get the
//! client closed. So while the server gets no inputs, only the newest are kept, and they are sent rarely.

use std::time::Duration;

use smallvec::SmallVec;

use super::prediction::NewInputs;
use crate::ids::{InputSequence, Tick};
use crate::limits::INPUTS_PER_MESSAGE;
use crate::message::Inputs;

/// When the server has not said for this long that it got inputs, the connection counts as stuck.
const STUCK_AFTER: Duration = Duration::from_millis(500);
/// How often inputs are sent on a stuck connection.
const STUCK_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Unsent<I> {
    waiting: Option<Inputs<I>>,
    /// When the server last said that it had got inputs.
    heard: Duration,
    sent: Duration,
}

impl<I> Unsent<I> {
    pub(super) fn new(now: Duration) -> Unsent<I> {
        Unsent {
            waiting: None,
            heard: now,
            sent: now,
        }
    }

    /// The server says that it got inputs.
    pub(super) fn handle_heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Adds new inputs: behind those that wait if they follow directly on them, otherwise in their place. The oldest are
    /// dropped when there are too many.
    pub(super) fn add<A>(&mut self, made: NewInputs<I, A>, (viewed_tick, viewed_part): (Tick, u8)) {
        let first_tick = Tick(made.first_tick as u32);
        let mut batch = match self.waiting.take() {
            Some(batch) if batch.first_tick.plus(batch.inputs.len() as u32) == first_tick => batch,
            _ => Inputs {
                first_sequence: made.first_sequence,
                first_tick,
                viewed_tick,
                viewed_part,
                inputs: SmallVec::new(),
            },
        };
        let mut inputs = batch.inputs.into_vec();
        inputs.extend(made.inputs);
        (batch.viewed_tick, batch.viewed_part) = (viewed_tick, viewed_part);
        let over = inputs.len().saturating_sub(INPUTS_PER_MESSAGE);
        inputs.drain(..over);
        batch.inputs = SmallVec::from_vec(inputs);
        batch.first_tick = batch.first_tick.plus(over as u32);
        batch.first_sequence = InputSequence(batch.first_sequence.0.wrapping_add(over as u32));
        self.waiting = Some(batch);
    }

    /// The batch to send now, if any.
    pub(super) fn take(&mut self, now: Duration) -> Option<Inputs<I>> {
        let stuck = now.saturating_sub(self.heard) > STUCK_AFTER;
        if stuck && now.saturating_sub(self.sent) < STUCK_EVERY {
            return None;
        }
        let batch = self.waiting.take()?;
        self.sent = now;
        Some(batch)
    }
}
