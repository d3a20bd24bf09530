//! Puts what a tick has made where clients find it: entries into rings, events into the log, own parts into handoffs.
//!
//! In: a snapshot ([`Told`]). Out: one ring of entries for each stream, which every client reads as fast as it can, and
//! pumps that run. A client that falls behind costs nothing here: its cursor lags. A ring's lock is held for pointer
//! copies only.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::RwLock;
use tickwire_room::{Entry, InterestSet, OwnPart, STREAMS, STRIDES, Told};
use tickwire_shared::ids::Tick;
use tickwire_shared::rules::Rules;

use super::client::Client;
use super::event_log::{EventLog, EventSpan, Roster};
use super::handoff::Update;
use crate::limits::RING_SNAPSHOTS;
use crate::pump::Pumps;

/// Publishes a room's snapshots.
pub(super) struct Publisher {
    rings: Arc<Rings>,
    /// The tick of the last snapshot.
    told: Tick,
    /// Used within a tick; kept for its memory.
    own: OwnPart,
    nothing_seen: InterestSet,
    /// The number after the newest batch with events for the players that see a channel.
    channels_to: u64,
}

impl Publisher {
    pub(super) fn new() -> Publisher {
        Publisher {
            rings: Arc::default(),
            told: Tick(0),
            own: OwnPart::default(),
            nothing_seen: InterestSet::default(),
            channels_to: 0,
        }
    }

    /// The rings, for a new client's feed.
    pub(super) fn rings(&self) -> &Arc<Rings> {
        &self.rings
    }

    /// Adds the events to the log and puts down each client's own part, then pushes the shared entries and starts the
    /// pumps.
    pub(super) fn publish<'a, R: Rules>(
        &mut self,
        told: &mut Told<'_, R>,
        clients: impl Iterator<Item = &'a mut Client>,
    ) {
        let tick = told.tick();
        let ticks = tick.since(self.told).max(0) as u32;
        self.told = tick;
        let events = self.publish_events(told);
        let mut roster: Option<Roster> = None;
        let numbers: [u64; STREAMS] = std::array::from_fn(|stream| self.rings.ring(stream).next());
        let made = told.streams();
        for client in clients {
            let interest = told.interest(client.player);
            let interest = interest.map_or(&self.nothing_seen, |interest| interest.channels());
            let sees_other = !Arc::ptr_eq(interest, &client.interest);
            if sees_other {
                client.interest = interest.clone();
            }
            if !made[client.stream] {
                if sees_other {
                    client.handoff.note_interest(events, interest);
                }
                continue;
            }
            let needs_roster = client.starts && std::mem::take(&mut client.needs_roster);
            let roster = needs_roster.then(|| {
                let joins = || Arc::new(told.roster());
                let from = events.from;
                let roster = roster.get_or_insert_with(|| Roster {
                    from,
                    joins: joins(),
                });
                roster.clone()
            });
            told.fill_own(client.player, &mut self.own);
            let own_channel = told.own_channel(client.player);
            client.handoff.put(&Update {
                stream: client.stream,
                number: numbers[client.stream],
                starts: std::mem::take(&mut client.starts),
                ticks: ticks.saturating_mul(STRIDES[client.stream]),
                own: &self.own,
                own_channel: own_channel.map_or((&[], 0), |own| own.bytes()),
                own_check: own_channel
                    .filter(|_| told.is_checked(client.stream))
                    .and_then(|own| own.check()),
                interest: &client.interest,
                events,
                roster,
            });
        }
        for stream in (0..STREAMS).filter(|stream| made[*stream]) {
            let ring = self.rings.ring(stream);
            let entry = told.swap_entry(stream, ring.spare());
            ring.push(entry);
        }
        self.rings.pumps().start();
    }
}

impl Publisher {
    /// Adds this snapshot's events to the room's log, before any client learns of the snapshot.
    fn publish_events<R: Rules>(&mut self, told: &mut Told<'_, R>) -> EventSpan {
        let log = self.rings.events();
        let from = log.next();
        let channels_to = self.channels_to;
        // This is asked first, since the log may have to make a spare batch.
        let batch = told
            .has_events()
            .then(|| told.take_events(log.spare()))
            .flatten();
        let to = from + u64::from(batch.is_some());
        if let Some(batch) = batch {
            if batch.has_channels() {
                self.channels_to = to;
            }
            log.push(batch);
        }
        EventSpan {
            from,
            to,
            channels_to,
        }
    }
}

/// The rings of one room, by stream; its log of events; and the pumps, which write both to clients.
#[derive(Debug, Default)]
pub(super) struct Rings {
    rings: [Ring; STREAMS],
    events: EventLog,
    pumps: Pumps,
}

impl Rings {
    pub(super) fn ring(&self, stream: usize) -> &Ring {
        &self.rings[stream.min(STREAMS - 1)]
    }

    /// The room's log of events.
    pub(super) fn events(&self) -> &EventLog {
        &self.events
    }

    /// The pumps of the room's clients.
    pub(super) fn pumps(&self) -> &Pumps {
        &self.pumps
    }
}

/// The last entries of one stream.
#[derive(Debug, Default)]
pub(super) struct Ring(RwLock<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// The number of the oldest entry that is kept.
    first: u64,
    entries: VecDeque<Arc<Entry>>,
    /// The entry that was removed last, for its memory.
    spare: Option<Arc<Entry>>,
}

/// What a cursor finds besides the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The number that the next entry will have.
    pub(super) next: u64,
    /// True if the ring has passed the cursor, and changes are lost to it.
    pub(super) passed: bool,
}

impl Ring {
    /// Adds an entry. Removes the oldest one if the ring is full.
    fn push(&self, entry: Arc<Entry>) {
        let mut ring = self.0.write();
        if ring.entries.len() == RING_SNAPSHOTS {
            ring.first += 1;
            ring.spare = ring.entries.pop_front();
        }
        ring.entries.push_back(entry);
    }

    /// The number that the next entry will have.
    pub(super) fn next(&self) -> u64 {
        let ring = self.0.read();
        ring.first + ring.entries.len() as u64
    }

    /// Takes an entry that the ring has removed, for its memory. Somebody may still read it. A new one if there is
    /// none.
    fn spare(&self) -> Arc<Entry> {
        self.0.write().spare.take().unwrap_or_default()
    }

    /// Appends the entries from number `cursor` on to `out`.
    pub(super) fn since(&self, cursor: u64, out: &mut Vec<Arc<Entry>>) -> Found {
        let ring = self.0.read();
        let skip = cursor.saturating_sub(ring.first) as usize;
        let kept = ring.entries.len();
        out.extend(ring.entries.range(skip.min(kept)..).cloned());
        Found {
            next: ring.first + kept as u64,
            passed: cursor < ring.first,
        }
    }
}
