//! The buffer in which a player's inputs wait for their ticks.
//!
//! In: inputs as they come, early or late. Out: at most one input for each tick. An input that comes after its tick is
//! dropped. It is never moved to a later tick.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{InputSequence, Tick};
use tickwire_shared::limits::INPUT_AHEAD_TICKS;
use tickwire_shared::message::Inputs;
use tickwire_shared::snapshot::layout::SLACK_PARTS;

use crate::history::Moment;
use crate::inbox::Arrival;

/// Inputs that wait, and how early the latest ones came.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InputBuffer<I> {
    waiting: VecDeque<Waiting<I>>,
    /// The least slack since it was last taken, in `SLACK_PARTS` of a tick.
    slack_parts: Option<i32>,
}

/// Inputs in a save: by their layout, under the hash of their shape. A build with other inputs forgets those that waited, and
/// the reading of inputs from clients pays nothing for it.
pub(crate) mod of_shape {
    use serde::de::DeserializeOwned;
    use serde::ser::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tickwire_shared::codec;
    use tickwire_shared::shape::Shape;

    use super::InputBuffer;
    use crate::limits::SAVE_BYTES;

    /// What is made of inputs of one shape.
    pub(crate) trait OfShape {
        const HASH: u64;
    }

    impl<I: Shape> OfShape for InputBuffer<I> {
        const HASH: u64 = I::HASH;
    }

    impl<I: Shape> OfShape for (I,) {
        const HASH: u64 = I::HASH;
    }

    pub(crate) fn serialize<T: OfShape + Serialize, S: Serializer>(
        inputs: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let bytes = codec::encode(inputs).map_err(S::Error::custom)?;
        (T::HASH, bytes).serialize(serializer)
    }

    pub(crate) fn deserialize<
        'de,
        T: OfShape + DeserializeOwned + Default,
        D: Deserializer<'de>,
    >(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let (hash, bytes) = <(u64, Vec<u8>)>::deserialize(deserializer)?;
        let fits = (hash == T::HASH).then(|| codec::decode::<T, SAVE_BYTES>(&bytes).ok());
        Ok(fits.flatten().unwrap_or_default())
    }
}

/// The same for one input.
pub(crate) mod one_of_shape {
    use serde::{Deserializer, Serializer};
    use tickwire_shared::rules::Input;

    use super::of_shape;

    pub(crate) fn serialize<I: Input, S: Serializer>(
        input: &I,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        of_shape::serialize(&(input.clone(),), serializer)
    }

    pub(crate) fn deserialize<'de, I: Input, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<I, D::Error> {
        of_shape::deserialize::<(I,), D>(deserializer).map(|(input,)| input)
    }
}

/// One input, and the tick that it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting<I> {
    tick: Tick,
    pub(crate) sequence: InputSequence,
    /// The moment whose picture its player was looking at.
    pub(crate) viewed: Moment,
    pub(crate) input: I,
}

/// How many inputs were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Their tick was already over.
    pub late: u32,
    /// Their tick was further ahead than the buffer is deep, or the buffer was full.
    pub early: u32,
}

// A derive would require the input to be `Default`, too.
impl<I> Default for InputBuffer<I> {
    fn default() -> InputBuffer<I> {
        InputBuffer {
            waiting: VecDeque::new(),
            slack_parts: None,
        }
    }
}

impl<I: Clone> InputBuffer<I> {
    /// Drops the inputs that are not `good`.
    pub(crate) fn retain(&mut self, good: impl Fn(&I) -> bool) {
        self.waiting.retain(|waiting| good(&waiting.input));
    }

    /// Takes those inputs of a batch whose ticks are still to come, and counts the others. `now` is the tick about to
    /// be simulated.
    pub(crate) fn take(&mut self, now: Tick, arrival: Arrival, batch: Inputs<I>) -> Dropped {
        let mut dropped = Dropped::default();
        // The first one has the least slack.
        let early = batch.first_tick.since(now);
        let mut slack = arrival.slack_parts(batch.first_tick);
        if early < 0 {
            // It came in time, perhaps, but was read too late: for its sender that is the same.
            slack = slack.min(early.saturating_mul(SLACK_PARTS));
        }
        self.slack_parts = Some(self.slack_parts.map_or(slack, |least| least.min(slack)));
        let viewed = Moment {
            tick: batch.viewed_tick,
            part: f32::from(batch.viewed_part) / 256.0,
        };
        for (n, input) in batch.inputs.iter().enumerate() {
            let tick = batch.first_tick.plus(n as u32);
            let early = tick.since(now);
            if early < 0 {
                dropped.late += 1;
            } else if early >= INPUT_AHEAD_TICKS as i32
                || self.waiting.len() >= INPUT_AHEAD_TICKS as usize
            {
                dropped.early += 1;
            } else {
                let sequence = InputSequence(batch.first_sequence.0.wrapping_add(n as u32));
                self.waiting.push_back(Waiting {
                    tick,
                    sequence,
                    viewed,
                    input: input.clone(),
                });
            }
        }
        dropped
    }

    /// Takes the input for `tick`. Of two for one tick, the later one counts. Inputs for earlier ticks are removed.
    pub(crate) fn resolve(&mut self, tick: Tick) -> Option<Waiting<I>> {
        let mut found = None;
        // As a rule they came in order.
        while let Some(first) = self.waiting.front()
            && !first.tick.is_after(tick)
        {
            let is_wanted = first.tick == tick;
            let first = self.waiting.pop_front();
            if is_wanted {
                found = first;
            }
        }
        if self
            .waiting
            .iter()
            .all(|waiting| waiting.tick.is_after(tick))
        {
            return found;
        }
        self.waiting.retain(|waiting| {
            if waiting.tick == tick {
                found = Some(waiting.clone());
            }
            waiting.tick.is_after(tick)
        });
        found
    }

    /// How early the latest inputs came, in `SLACK_PARTS` of a tick: the worst since the last call. `None` if none came.
    pub(crate) fn take_slack(&mut self) -> Option<i32> {
        self.slack_parts.take()
    }

    /// Forgets all inputs: from now on they come from another connection, or from none.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.slack_parts = None;
    }
}
