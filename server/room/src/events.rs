//! Where an event waits for the next snapshot, and the batch that then goes to the room's log.
//!
//! In: events as they happen in the tick, each with its listeners. Out: once a snapshot, a batch of all of them in the
//! order in which they happened. An event's listeners are fixed here, in the tick. How often a client gets snapshots
//! does not matter for that.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};

use crate::limits::EVENT_BYTES;

/// The players that hear of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listeners {
    /// All players in the room.
    Everybody,
    /// The players that see this channel in the snapshot of the event.
    Channel(ChannelId),
    /// One player.
    Player(PlayerId),
}

/// The events of one snapshot, in the order in which they happened.
#[derive(Debug, Default)]
pub struct EventBatch {
    tick: Tick,
    records: Vec<Record>,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Record {
    listeners: Listeners,
    bytes: Range<u32>,
}

impl EventBatch {
    /// The tick of the snapshot.
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// Bytes of all events.
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// True if any event is for the players that see a channel.
    pub fn has_channels(&self) -> bool {
        let mut records = self.records.iter();
        records.any(|record| matches!(record.listeners, Listeners::Channel(_)))
    }

    /// The encoded events that a player hears, in order. `interest` has the channels that it sees, ascending.
    /// Neighbouring events come as one slice.
    pub fn heard_by<'a>(
        &'a self,
        player: PlayerId,
        interest: &'a [ChannelId],
    ) -> impl Iterator<Item = &'a [u8]> {
        let hears = move |record: &&Record| match record.listeners {
            Listeners::Everybody => true,
            Listeners::Channel(channel) => interest.binary_search(&channel).is_ok(),
            Listeners::Player(listener) => listener == player,
        };
        let mut records = self.records.iter().filter(hears).peekable();
        std::iter::from_fn(move || {
            let first = records.next()?;
            let mut end = first.bytes.end;
            while let Some(next) = records.next_if(|next| next.bytes.start == end) {
                end = next.bytes.end;
            }
            self.bytes.get(first.bytes.start as usize..end as usize)
        })
    }
}

/// Events that wait for the next snapshot.
#[derive(Debug, Default)]
pub(crate) struct Events {
    waiting: Arc<EventBatch>,
    /// Bytes of the game's own events among them.
    game_bytes: usize,
}

impl Events {
    /// Adds an event of the game. If a game sends too much between two snapshots, the rest is lost, and the log says so.
    pub(crate) fn push_game<E: Serialize>(&mut self, listeners: Listeners, event: &E) {
        let bytes = self.add(listeners, event, EVENT_BYTES - self.game_bytes);
        self.game_bytes += bytes.unwrap_or_else(|| {
            tracing::warn!(
                "an event was dropped: too many since the last snapshot, or it cannot be encoded"
            );
            0
        });
    }

    /// Adds an event of the room itself: who comes, goes and says what is never lost, however much the game says.
    pub(crate) fn push<E: Serialize>(&mut self, listeners: Listeners, event: &E) {
        let _ = self.add(listeners, event, usize::MAX);
    }

    /// Gives the event's length, bytes; `None` if it cannot be encoded or has more than `bytes_max`.
    fn add<E: Serialize>(
        &mut self,
        listeners: Listeners,
        event: &E,
        bytes_max: usize,
    ) -> Option<usize> {
        let batch = Arc::get_mut(&mut self.waiting)?;
        let start = batch.bytes.len();
        let fits = codec::encode_into(event, &mut batch.bytes).is_ok();
        let bytes = batch.bytes.len() - start;
        if !fits || bytes > bytes_max {
            batch.bytes.truncate(start);
            return None;
        }
        batch.records.push(Record {
            listeners,
            bytes: start as u32..batch.bytes.len() as u32,
        });
        Some(bytes)
    }

    /// A place among the events, for [`Events::forget_since`]. It is 0 if nothing has happened.
    pub(crate) fn mark(&self) -> usize {
        self.waiting.records.len()
    }

    /// Forgets the events since `mark`.
    pub(crate) fn forget_since(&mut self, mark: usize) {
        if let Some(batch) = Arc::get_mut(&mut self.waiting) {
            batch.records.truncate(mark);
            let end = batch.records.last().map_or(0, |record| record.bytes.end);
            batch.bytes.truncate(end as usize);
        }
    }

    /// Takes the batch for the snapshot of `tick`. `None` if nothing happened. `spare` takes its place, for its memory.
    pub(crate) fn take(&mut self, tick: Tick, spare: Arc<EventBatch>) -> Option<Arc<EventBatch>> {
        if self.waiting.records.is_empty() {
            return None;
        }
        let mut batch = std::mem::replace(&mut self.waiting, spare);
        // A slow reader may still hold the batch that would be overwritten.
        if Arc::get_mut(&mut self.waiting).is_none() {
            self.waiting = Arc::default();
        }
        self.clear();
        if let Some(batch) = Arc::get_mut(&mut batch) {
            batch.tick = tick;
        }
        Some(batch)
    }

    /// Forgets all events: nobody hears of them.
    pub(crate) fn clear(&mut self) {
        self.game_bytes = 0;
        if let Some(batch) = Arc::get_mut(&mut self.waiting) {
            batch.records.clear();
            batch.bytes.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(events: &[(Listeners, u8)]) -> Arc<EventBatch> {
        let mut waiting = Events::default();
        for (listeners, event) in events {
            waiting.push(*listeners, event);
        }
        waiting.take(Tick(7), Arc::default()).unwrap()
    }

    fn heard(batch: &EventBatch, player: u32, interest: &[u32]) -> Vec<u8> {
        let interest = interest.iter().copied().map(ChannelId).collect::<Vec<_>>();
        let heard = batch.heard_by(PlayerId(player), &interest);
        heard.collect::<Vec<_>>().concat()
    }

    #[test]
    fn each_player_hears_its_events_in_the_order_in_which_they_happened() {
        use Listeners::{Channel, Everybody, Player};
        let batch = batch(&[
            (Everybody, 1),
            (Player(PlayerId(4)), 2),
            (Channel(ChannelId(9)), 3),
            (Everybody, 4),
            (Player(PlayerId(5)), 5),
            (Channel(ChannelId(8)), 6),
        ]);
        assert_eq!(heard(&batch, 4, &[0, 9]), [1, 2, 3, 4]);
        assert_eq!(heard(&batch, 5, &[0, 8]), [1, 4, 5, 6]);
        assert_eq!(heard(&batch, 6, &[]), [1, 4]);
        assert!(batch.has_channels() && batch.tick() == Tick(7));
    }

    #[test]
    fn a_game_that_says_too_much_is_cut_off_alone_and_until_the_next_snapshot() {
        let mut waiting = Events::default();
        let long = vec![7_u8; EVENT_BYTES - 100];
        for event in [&long, &long] {
            waiting.push_game(Listeners::Everybody, event);
        }
        waiting.push(Listeners::Everybody, &1_u8);
        let batch = waiting.take(Tick(1), Arc::default()).unwrap();
        assert_eq!(batch.records.len(), 2, "a long one, and the room's own");
        assert_eq!(batch.bytes.last(), Some(&1));
        waiting.push_game(Listeners::Everybody, &long);
        assert_eq!(waiting.mark(), 1);
    }

    #[test]
    fn nobody_hears_a_forgotten_event_and_those_before_it_are_heard() {
        let mut waiting = Events::default();
        waiting.push(Listeners::Everybody, &1_u8);
        let mark = waiting.mark();
        waiting.push(Listeners::Everybody, &2_u8);
        waiting.push(Listeners::Player(PlayerId(3)), &3_u8);
        waiting.forget_since(mark);
        waiting.push(Listeners::Everybody, &4_u8);
        let batch = waiting.take(Tick(1), Arc::default()).unwrap();
        assert_eq!(heard(&batch, 3, &[]), [1, 4]);
        assert!(waiting.take(Tick(2), Arc::default()).is_none());
    }
}
