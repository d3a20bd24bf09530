//! Lag compensation: what a player was looking at when it acted.
//!
//! In: after each tick, the components that the game wants to rewind; with each input, the moment whose picture its player
//! saw, and now and then the round trip that the server measured. Out: those components as they were at that moment, no
//! further back than an honest player of that round trip can have seen. Part of the pure room.

use std::collections::VecDeque;

use tickwire_shared::ids::{EntityId, PlayerId, Tick};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rules::Rules;

use super::{Replicated, Room};

/// Nothing is rewound further than this, seconds: beyond it who was shot would have been behind a wall for long.
pub const REWIND_MAX_S: f64 = 0.250;
/// An honest player sees things as old as its round trip, and this much for its interpolation delay and its inputs' wait,
/// seconds.
const VIEW_DELAY_MAX_S: f64 = 0.150;
/// Ticks that are kept: a quarter of a second at 60 a second, and some.
const TICKS_MAX: usize = 64;

/// A moment of a room: a tick, and a part of the way to the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Moment {
    /// The world after this tick...
    pub tick: Tick,
    /// ...and how far on to the next one, 0..1.
    pub part: f32,
}

impl Moment {
    /// Ticks from here to the end of `tick`.
    pub fn age_ticks(self, tick: Tick) -> f32 {
        tick.since(self.tick) as f32 - self.part
    }
}

/// Receives the components that a game rewinds. See [`crate::game::Game::rewinds`].
pub trait RewindVisitor {
    /// One more component.
    fn component<C: Replicate + hecs::Component>(&mut self);
}

/// Writes down the rows of one component.
type Record = fn(&hecs::World, &mut Rows);

/// The last ticks of the components that are rewound.
#[derive(Default)]
pub(super) struct History {
    components: Vec<(&'static str, Record)>,
    ticks: VecDeque<Recorded>,
    keep: usize,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Recorded {
    tick: Tick,
    /// By component.
    rows: Vec<Rows>,
}

/// One component's rows.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Rows {
    /// Ascending; and where the values are.
    ids: Vec<(EntityId, u32)>,
    values: Vec<f64>,
    /// Used while they are written down; kept for its memory.
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
    // By id, whatever order the world has them in: that order does not survive a save.
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
    pub(super) fn new(tick_rate_hz: u32) -> History {
        let ticks = (REWIND_MAX_S * f64::from(tick_rate_hz)).ceil() as usize + 2;
        History {
            keep: ticks.min(TICKS_MAX),
            ..History::default()
        }
    }

    /// Writes down the world after `tick`.
    pub(super) fn record(&mut self, world: &hecs::World, tick: Tick) {
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

    /// The ticks that it holds, to be saved with the room.
    pub(super) fn ticks(&self) -> &VecDeque<Recorded> {
        &self.ticks
    }

    /// The ticks of a saved room.
    pub(super) fn restore(&mut self, ticks: VecDeque<Recorded>) {
        self.ticks = ticks;
    }

    fn at(&self, tick: Tick) -> Option<&Recorded> {
        let newest = self.ticks.back()?;
        let back = newest.tick.since(tick).max(0) as usize;
        let place = self.ticks.len().saturating_sub(back + 1);
        self.ticks.get(place)
    }

    fn rewound<C: Replicate>(&self, id: EntityId, moment: Moment) -> Option<C> {
        let mut components = self.components.iter();
        let place = components.position(|(name, _)| *name == C::NAME)?;
        let width = C::FIELDS.len();
        let row = |tick| self.at(tick)?.rows.get(place)?.find(id, width);
        let (from, to) = (row(moment.tick), row(moment.tick.plus(1)));
        // What is not there at one end yet, or any more, is as at the other.
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

impl<R: Rules> Room<R> {
    /// The moment whose picture a player was looking at when it made the input of this tick: no further back than
    /// [`REWIND_MAX_S`], and than an honest player of the round trip that the server measured can have seen. For a bot, and
    /// for a player of whom nothing is known, the end of the last tick.
    pub fn viewed_by(&self, player: PlayerId) -> Moment {
        let last = Moment {
            tick: self.tick.minus(1),
            part: 0.0,
        };
        let Some(player) = self.players.get(player).filter(|player| !player.bot) else {
            return last;
        };
        let rate = f64::from(R::TICK_RATE_HZ);
        let by_round_trip_s = player
            .round_trip_s
            .map_or(REWIND_MAX_S, |s| f64::from(s) + VIEW_DELAY_MAX_S);
        let furthest_ticks = (by_round_trip_s.min(REWIND_MAX_S) * rate) as f32;
        let age_ticks = player.viewed.age_ticks(last.tick);
        if age_ticks <= 0.0 || !age_ticks.is_finite() {
            return last;
        }
        let age_ticks = age_ticks.min(furthest_ticks);
        let whole = age_ticks.ceil();
        Moment {
            tick: last.tick.minus(whole as u32),
            part: whole - age_ticks,
        }
    }

    /// A component of an entity as it was at a moment, if the game rewinds it ([`crate::game::Game::rewinds`]) and the entity
    /// was there. Fields that are interpolated are so here, too; skipped fields have their defaults.
    pub fn rewound<C: Replicate>(&self, entity: EntityId, moment: Moment) -> Option<C> {
        self.history.rewound(entity, moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_arena::Body;

    fn played(ticks: u32) -> History {
        let mut history = History::new(60);
        RewindVisitor::component::<Body>(&mut history);
        let mut world = hecs::World::new();
        let replicated = Replicated {
            id: EntityId(7),
            owner: None,
            home: super::super::Home::Position,
            slot: 0,
        };
        let entity = world.spawn((replicated, Body::default()));
        for tick in 0..ticks {
            let body = world.query_one_mut::<&mut Body>(entity).unwrap();
            body.x = tick as f32 * 0.1;
            history.record(&world, Tick(tick));
        }
        history
    }

    fn x(history: &History, tick: u32, part: f32) -> Option<f32> {
        let moment = Moment {
            tick: Tick(tick),
            part,
        };
        let body: Option<Body> = history.rewound(EntityId(7), moment);
        body.map(|body| body.x)
    }

    #[test]
    fn a_moment_between_two_ticks_is_between_what_was_there() {
        let history = played(10);
        let at = x(&history, 5, 0.25).unwrap();
        assert!((at - 0.525).abs() < 1e-4, "{at}");
        assert!(
            (x(&history, 9, 0.5).unwrap() - 0.9).abs() < 1e-4,
            "the newest"
        );
    }

    #[test]
    fn what_is_older_than_the_history_is_as_old_as_that_goes() {
        let history = played(100);
        let oldest = x(&history, 3, 0.0).unwrap();
        assert!((oldest - 8.3).abs() < 0.11, "{oldest}");
        assert_eq!(x(&History::new(60), 3, 0.0), None);
    }
}
