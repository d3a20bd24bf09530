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

/// Something that a room has told.
#[derive(Debug)]
pub(super) enum Told<E> {
    Event(RoomEvent<E>),
    /// All who are in the room. Events before this may be lost, and those after it go on from here.
    Roster(Vec<PlayerInfo>),
}

#[derive(Debug)]
pub(super) struct RoomEvents<E> {
    /// With the tick of each, counted without wrap.
    waiting: VecDeque<(i64, Told<E>)>,
}

impl<E> Default for RoomEvents<E> {
    fn default() -> RoomEvents<E> {
        RoomEvents {
            waiting: VecDeque::new(),
        }
    }
}

impl<E> RoomEvents<E> {
    pub(super) fn push(&mut self, tick: i64, event: RoomEvent<E>) {
        self.waiting.push_back((tick, Told::Event(event)));
    }

    /// The server has told who is in the room.
    pub(super) fn push_roster(&mut self, tick: i64, joins: Vec<(i64, RoomEvent<E>)>) {
        let players = joins.into_iter().filter_map(|(_, join)| match join {
            RoomEvent::Joined(info) => Some(info),
            _ => None,
        });
        let roster = Told::Roster(players.collect());
        self.waiting.push_back((tick, roster));
    }

    /// What is due when `drawn` is the tick on the screen, with its fraction. All that came before a roster is due with
    /// it: otherwise nobody could tell what was lost.
    pub(super) fn take_due(&mut self, drawn: f64) -> Vec<Told<E>> {
        let is_roster = |(_, told): &(i64, Told<E>)| matches!(told, Told::Roster(_));
        let to_roster = self.waiting.iter().rposition(is_roster);
        let too_many = self.waiting.len().saturating_sub(WAITING);
        let may_wait = too_many.max(to_roster.map_or(0, |last| last + 1));
        let waits = |place: usize, tick: i64, told: &Told<E>| {
            let may_wait = place >= may_wait && tick as f64 > drawn;
            may_wait && matches!(told, Told::Event(RoomEvent::Game(_)))
        };
        let (wait, due): (Vec<_>, Vec<_>) = self
            .waiting
            .drain(..)
            .enumerate()
            .partition(|(place, (tick, told))| waits(*place, *tick, told));
        self.waiting.extend(wait.into_iter().map(|(_, told)| told));
        due.into_iter().map(|(_, (_, told))| told).collect()
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
