//! Room events that wait until the tick in which they happened is drawn.
//!
//! In: encoded events and their ticks. Out: those that are due. Only the game's events wait; roster and chat do not.

use std::collections::VecDeque;

use crate::codec;
use crate::limits::SERVER_MESSAGE_BYTES;
use crate::message::{PlayerInfo, RoomEvent};
use crate::snapshot::SnapshotError;

/// Events that may wait for their tick. Beyond it the oldest are due at once: none is lost.
const WAITING: usize = 4096;

#[derive(Debug)]
pub(super) struct RoomEvents<E> {
    /// With the tick of each, counted without wrap.
    waiting: VecDeque<(i64, RoomEvent<E>)>,
    /// Who is in the room, if the server has just told all of it.
    roster: Option<Vec<PlayerInfo>>,
}

impl<E> Default for RoomEvents<E> {
    fn default() -> RoomEvents<E> {
        RoomEvents {
            waiting: VecDeque::new(),
            roster: None,
        }
    }
}

impl<E> RoomEvents<E> {
    pub(super) fn push(&mut self, tick: i64, event: RoomEvent<E>) {
        self.waiting.push_back((tick, event));
    }

    /// The server has told who is in the room. What waits of the roster is older than that.
    pub(super) fn set_roster(&mut self, joins: Vec<(i64, RoomEvent<E>)>) {
        let mut roster = Vec::with_capacity(joins.len());
        for (_, join) in joins {
            if let RoomEvent::Joined(info) = join {
                roster.push(info);
            }
        }
        self.roster = Some(roster);
        self.waiting
            .retain(|(_, event)| matches!(event, RoomEvent::Game(_) | RoomEvent::Chat(..)));
    }

    /// Who is in the room, once after it was told.
    pub(super) fn take_roster(&mut self) -> Option<Vec<PlayerInfo>> {
        self.roster.take()
    }

    /// The events that are due when `drawn` is the tick on the screen, with its fraction.
    pub(super) fn take_due(&mut self, drawn: f64) -> Vec<RoomEvent<E>> {
        let may_wait = self.waiting.len().saturating_sub(WAITING);
        let waits = |place: usize, tick: i64, event: &RoomEvent<E>| {
            place >= may_wait && matches!(event, RoomEvent::Game(_)) && tick as f64 > drawn
        };
        let (wait, due): (Vec<_>, Vec<_>) = self
            .waiting
            .drain(..)
            .enumerate()
            .partition(|(place, (tick, event))| waits(*place, *tick, event));
        self.waiting
            .extend(wait.into_iter().map(|(_, event)| event));
        due.into_iter().map(|(_, (_, event))| event).collect()
    }
}

/// Reads room events that stand back to back, all of one tick.
///
/// # Errors
/// When the bytes are not events of this game.
pub(super) fn read_events<E: serde::de::DeserializeOwned>(
    tick: i64,
    mut bytes: &[u8],
) -> Result<Vec<(i64, RoomEvent<E>)>, SnapshotError> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (event, rest) = codec::decode_prefix::<RoomEvent<E>, SERVER_MESSAGE_BYTES>(bytes)
            .map_err(|_| SnapshotError::Invalid)?;
        // An event takes at least one byte, its tag, so the loop ends.
        if rest.len() == bytes.len() {
            return Err(SnapshotError::Invalid);
        }
        bytes = rest;
        events.push((tick, event));
    }
    Ok(events)
}
