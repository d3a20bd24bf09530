//! The last quarter of a second of the components that a game rewinds.
//!
//! In: the world after each tick. Out: a component as it was at a moment, blended between two ticks as a client's
//! screen blends it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{EntityId, Tick};
use tickwire_shared::replicate::Replicate;

use crate::entities::Replicated;
use crate::limits::{HISTORY_TICKS, REWIND_MAX_S};

/// A moment of a room: a tick, and a fraction of the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// The moment is after this tick...
    pub tick: Tick,
    /// ...and this far on the way to the next one, 0..1.
    pub part: f32,
}

impl Moment {
    /// The moment so many ticks before the end of `tick`.
    pub(crate) fn aged(tick: Tick, age_ticks: f32) -> Moment {
        let whole = age_ticks.ceil();
        Moment {
            tick: tick.minus(whole as u32),
            part: whole - age_ticks,
        }
    }

    /// Ticks from this moment to the end of `tick`. Negative if the moment is later.
    pub fn age_ticks(self, tick: Tick) -> f32 {
        tick.since(self.tick) as f32 - self.part
    }
}

/// Receives the components that a game rewinds. See [`crate::Game::rewinds`].
pub trait RewindVisitor {
    /// Adds one component type.
    fn component<C: Replicate + hecs::Component>(&mut self);
}

/// Records the rows of one component.
type Record = fn(&hecs::World, &mut Rows);

/// The last ticks of the components that are rewound.
#[derive(Default)]
pub(crate) struct History {
    components: Vec<(&'static str, Record)>,
    ticks: VecDeque<Recorded>,
    keep: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    tick: Tick,
    /// By component.
    rows: Vec<Rows>,
}

/// One component's rows.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Rows {
    /// Ids, ascending, each with the place where its values start.
    ids: Vec<(EntityId, u32)>,
    values: Vec<f64>,
    /// Used while the rows are recorded; kept for its memory.
    #[serde(skip)]
    order: Vec<u32>,
}

impl Rows {
    fn find(&self, id: EntityId, width: usize) -> Option<&[f64]> {
        let row = self.ids.binary_search_by_key(&id, |row| row.0).ok()?;
        let start = self.ids.get(row)?.1 as usize;
        self.values.get(start..start + width)
    }
}

impl RewindVisitor for History {
    fn component<C: Replicate + hecs::Component>(&mut self) {
        self.components.push((C::NAME, record::<C>));
    }
}

fn record<C: Replicate + hecs::Component>(world: &hecs::World, rows: &mut Rows) {
    let width = C::FIELDS.len();
    rows.ids.clear();
    rows.values.clear();
    let mut query = world.query::<(&Replicated, &C)>();
    for (place, (replicated, _)) in query.iter().enumerate() {
        rows.ids.push((replicated.id, place as u32));
    }
    // Sorted by id, since the world's own order does not survive a save.
    rows.ids.sort_unstable_by_key(|row| row.0);
    rows.order.clear();
    rows.order.resize(rows.ids.len(), 0);
    for (row, (_, place)) in rows.ids.iter_mut().enumerate() {
        rows.order[*place as usize] = row as u32;
        *place = (row * width) as u32;
    }
    rows.values.resize(rows.ids.len() * width, 0.0);
    for ((_, component), row) in query.iter().zip(&rows.order) {
        let start = *row as usize * width;
        component.values(&mut rows.values[start..start + width]);
    }
}

impl History {
    /// A history of `tick_rate_hz` ticks a second.
    pub(crate) fn new(tick_rate_hz: u32) -> History {
        let ticks = (REWIND_MAX_S * f64::from(tick_rate_hz)).ceil() as usize + 2;
        History {
            keep: ticks.min(HISTORY_TICKS),
            ..History::default()
        }
    }

    /// Records the world after `tick`.
    pub(crate) fn record(&mut self, world: &hecs::World, tick: Tick) {
        if self.components.is_empty() {
            return;
        }
        let oldest = if self.ticks.len() >= self.keep {
            self.ticks.pop_front()
        } else {
            None
        };
        let mut recorded = oldest.unwrap_or_else(|| Recorded {
            tick,
            rows: self.components.iter().map(|_| Rows::default()).collect(),
        });
        recorded.tick = tick;
        for ((_, record), rows) in self.components.iter().zip(&mut recorded.rows) {
            record(world, rows);
        }
        self.ticks.push_back(recorded);
    }

    /// The recorded ticks, to be saved with the room.
    pub(crate) fn ticks(&self) -> &VecDeque<Recorded> {
        &self.ticks
    }

    /// Puts in the recorded ticks of a saved room.
    pub(crate) fn restore(&mut self, ticks: VecDeque<Recorded>) {
        self.ticks = ticks;
    }

    fn at(&self, tick: Tick) -> Option<&Recorded> {
        // Ticks ascend, but some may have been skipped. In a skipped tick the world was as in the tick before it.
        let after = self
            .ticks
            .partition_point(|recorded| !recorded.tick.is_after(tick));
        self.ticks.get(after.saturating_sub(1))
    }

    /// A component of an entity as it was at `moment`. `None` if the entity was not there or the component is not
    /// rewound.
    pub(crate) fn rewound<C: Replicate>(&self, id: EntityId, moment: Moment) -> Option<C> {
        let mut components = self.components.iter();
        let place = components.position(|(name, _)| *name == C::NAME)?;
        let width = C::FIELDS.len();
        let row = |tick| self.at(tick)?.rows.get(place)?.find(id, width);
        let (from, to) = (row(moment.tick), row(moment.tick.plus(1)));
        // An entity that is missing at one end is taken as it is at the other.
        let (from, to) = (from.or(to)?, to.or(from)?);
        let t = f64::from(moment.part);
        let blended = C::FIELDS.iter().zip(from).zip(to);
        let values = blended.map(|((field, from), to)| {
            let jumps = field.kind.difference(*to, *from).abs() > field.snap_over;
            match field.interpolate && !jumps {
                true => field.kind.blend(*from, *to, t),
                false if t < 0.5 => *from,
                false => *to,
            }
        });
        Some(C::from_values(&values.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::entities::Home;
    use crate::meadow::Sheep;

    fn played(ticks: u32) -> History {
        let mut history = History::new(60);
        RewindVisitor::component::<Sheep>(&mut history);
        let mut world = hecs::World::new();
        let replicated = Replicated {
            id: EntityId(7),
            owner: None,
            home: Home::Position,
            channel: 0,
            placed_in: 0,
        };
        let entity = world.spawn((replicated, Sheep::default()));
        for tick in 0..ticks {
            let sheep = world.query_one_mut::<&mut Sheep>(entity).unwrap();
            sheep.x = tick as f32 * 0.1;
            history.record(&world, Tick(tick));
        }
        history
    }

    fn x(history: &History, tick: u32, part: f32) -> Option<f32> {
        let moment = Moment {
            tick: Tick(tick),
            part,
        };
        let sheep: Option<Sheep> = history.rewound(EntityId(7), moment);
        sheep.map(|sheep| sheep.x)
    }

    #[test]
    fn a_moment_between_two_ticks_is_blended_from_both() {
        let history = played(10);
        let at = x(&history, 5, 0.25).unwrap();
        assert!((at - 0.525).abs() < 1e-4, "{at}");
        assert!(
            (x(&history, 9, 0.5).unwrap() - 0.9).abs() < 1e-4,
            "the newest"
        );
    }

    #[test]
    fn a_moment_before_the_history_gives_the_oldest_tick() {
        let history = played(100);
        let oldest = x(&history, 3, 0.0).unwrap();
        assert!((oldest - 8.3).abs() < 0.11, "{oldest}");
        assert_eq!(x(&History::new(60), 3, 0.0), None);
    }
}
