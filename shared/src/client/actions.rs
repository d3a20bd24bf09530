//! Actions of the client's own inputs: shown before the server has answered, then confirmed or withdrawn.
//!
//! In: actions as they are predicted, confirmations, the newest input applied. Out: news for the page, and the ghosts that
//! the view shows in place of the server's entities for as long as those last.

use std::collections::VecDeque;

use super::frames::Frame;
use super::view::View;
use crate::ids::InputSequence;
use crate::replicate::{Replicate, Schema};
use crate::rules::{Act, Rules};

/// Actions that may wait for the server or have a ghost. The oldest is dropped beyond it.
const ACTIONS: usize = 64;
/// Ghosts have ids that no entity has: this bit, and the sequence number of their input.
const GHOST_ID: u32 = 1 << 31;

/// What became of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ActionNews<A> {
    Predicted(InputSequence, A),
    Confirmed(InputSequence),
    Withdrawn(InputSequence),
}

#[derive(Debug)]
struct Predicted<A> {
    act: Act<A>,
    /// The tick in which it happens, counted without wrap.
    tick: i64,
    confirmed: bool,
    /// The server's entity has been in a snapshot.
    seen: bool,
    /// Its ghost is no longer drawn.
    over: bool,
}

#[derive(Debug)]
pub(super) struct Actions<R: Rules> {
    predicted: VecDeque<Predicted<R::Action>>,
    news: Vec<ActionNews<R::Action>>,
    values: Vec<f64>,
}

impl<R: Rules> Default for Actions<R> {
    fn default() -> Actions<R> {
        Actions {
            predicted: VecDeque::new(),
            news: Vec::new(),
            values: vec![0.0; R::Ghost::FIELDS.len()],
        }
    }
}

impl<R: Rules> Actions<R> {
    /// An input that was simulated here did this.
    pub(super) fn predict(&mut self, act: Act<R::Action>, tick: i64) {
        if self.predicted.len() == ACTIONS {
            self.predicted.pop_front();
        }
        self.news
            .push(ActionNews::Predicted(act.sequence, act.action.clone()));
        self.predicted.push_back(Predicted {
            act,
            tick,
            confirmed: false,
            seen: false,
            over: false,
        });
    }

    /// The server carried out the action of this input.
    pub(super) fn confirm(&mut self, sequence: InputSequence) {
        let mut waiting = self.predicted.iter_mut();
        if let Some(predicted) = waiting.find(|predicted| predicted.act.sequence == sequence) {
            predicted.confirmed = true;
            self.news.push(ActionNews::Confirmed(sequence));
        }
    }

    /// The server has applied all inputs up to this one. It will not confirm any action of theirs that it has not
    /// confirmed by now, so those are withdrawn.
    pub(super) fn withdraw_refused(&mut self, applied: InputSequence) {
        let news = &mut self.news;
        self.predicted.retain(|predicted| {
            let sequence = predicted.act.sequence;
            // Numbers wrap.
            let is_used = applied.0.wrapping_sub(sequence.0) as i32 >= 0;
            let refused = !predicted.confirmed && is_used;
            if refused {
                news.push(ActionNews::Withdrawn(sequence));
            }
            !(refused || predicted.over && predicted.confirmed)
        });
    }

    pub(super) fn take_news(&mut self) -> Vec<ActionNews<R::Action>> {
        std::mem::take(&mut self.news)
    }

    /// Ends the ghosts whose entities have come and gone, by what the newest snapshot holds.
    pub(super) fn follow(&mut self, schema: &Schema, map: &R::Map, newest: &Frame) {
        if self.predicted.is_empty() {
            return;
        }
        let component = schema.component_index(R::Ghost::NAME);
        let tables = schema.tables.iter().zip(&newest.tables);
        let mut shared =
            tables.filter(|(table, _)| Some(table.component) == component && !table.owner_only);
        let Some((table, rows)) = shared.next() else {
            return;
        };
        for predicted in &mut self.predicted {
            let Some(ghost) = R::ghost(&predicted.act, 0.0, map) else {
                continue;
            };
            let here = (0..rows.ids.len()).any(|row| {
                self.values.fill(0.0);
                let row = rows.row(row, table.width());
                for ((field, place), value) in table.fields.iter().zip(&table.places).zip(row) {
                    if let Some(cell) = self.values.get_mut(*place) {
                        *cell = field.kind.dequantise(*value);
                    }
                }
                R::is_ghost_of(&ghost, &R::Ghost::from_values(&self.values))
            });
            predicted.over |= predicted.seen && !here;
            predicted.seen |= here;
        }
    }

    /// Puts the ghosts into the view as they are at `tick` (with its fraction), in place of the entities that they stand
    /// for.
    pub(super) fn draw(&mut self, tick: f64, schema: &Schema, map: &R::Map, view: &mut View) {
        if self.predicted.is_empty() {
            return;
        }
        let Some(component) = schema.component_index(R::Ghost::NAME) else {
            return;
        };
        for predicted in &mut self.predicted {
            let age_s = (tick - predicted.tick as f64).max(0.0) as f32 * R::dt_s();
            let Some(ghost) = R::ghost(&predicted.act, age_s, map) else {
                predicted.over = true;
                continue;
            };
            let values = &mut self.values;
            view.remove_where(component, |row| {
                row.read(values);
                R::is_ghost_of(&ghost, &R::Ghost::from_values(values))
            });
            if !predicted.over {
                ghost.values(&mut self.values);
                let id = GHOST_ID | predicted.act.sequence.0;
                view.push_row(component, id, &self.values);
            }
        }
    }
}
