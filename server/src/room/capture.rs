//! After a tick: the world's replicated components to sorted columns of integers.
//!
//! In: the hecs world. Out: one table of rows per schema table, and each owner's rows of owner-only tables. Cost: one
//! quantisation per component, whoever sees it.

use std::collections::BTreeMap;

use tickwire_shared::ids::PlayerId;
use tickwire_shared::replicate::{Replicate, Schema};
use tickwire_shared::rules::{ComponentVisitor, Rules};
use tickwire_shared::snapshot::{ChannelState, TableState};

use super::{OwnedBy, Replicated};

/// How to capture each component of a game.
pub(super) struct Capture {
    components: Vec<CaptureComponent>,
    /// One component's rows before sorting: (id, owner, place of its values).
    rows: Vec<(u32, Option<PlayerId>, usize)>,
    values: Vec<u32>,
}

/// Appends a component's rows and values.
type CaptureComponent = fn(&hecs::World, &mut Vec<(u32, Option<PlayerId>, usize)>, &mut Vec<u32>);

struct Collect(Vec<CaptureComponent>);

impl ComponentVisitor for Collect {
    fn component<C: Replicate>(&mut self) {
        self.0.push(capture_component::<C>);
    }
}

fn capture_component<C: Replicate>(
    world: &hecs::World,
    rows: &mut Vec<(u32, Option<PlayerId>, usize)>,
    values: &mut Vec<u32>,
) {
    for (id, owner, component) in world.query::<(&Replicated, Option<&OwnedBy>, &C)>().iter() {
        let start = values.len();
        values.resize(start + C::FIELDS.len(), 0);
        component.quantise(&mut values[start..]);
        rows.push((id.0.0, owner.map(|owner| owner.0), start));
    }
}

impl Capture {
    pub(super) fn new<R: Rules>(schema: &Schema) -> Capture {
        let mut collect = Collect(Vec::with_capacity(schema.components.len()));
        R::components(&mut collect);
        Capture {
            components: collect.0,
            rows: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Fills `tables` (shared ones) and `own` (owner-only ones, by owner).
    pub(super) fn run(
        &mut self,
        world: &hecs::World,
        schema: &Schema,
        tables: &mut [TableState],
        own: &mut BTreeMap<PlayerId, ChannelState>,
    ) {
        for (component, capture) in self.components.iter().enumerate() {
            self.rows.clear();
            self.values.clear();
            capture(world, &mut self.rows, &mut self.values);
            if !self.rows.is_sorted_by_key(|row| row.0) {
                self.rows.sort_unstable_by_key(|row| row.0);
            }
            let here = schema
                .tables
                .iter()
                .enumerate()
                .filter(|(_, table)| table.component == component);
            for (place, table) in here {
                let rows = self.rows.iter().map(|(id, owner, start)| {
                    let row = &self.values[*start..];
                    (
                        *id,
                        *owner,
                        table.places.iter().map(move |field| row[*field]),
                    )
                });
                if table.owner_only {
                    for (id, owner, values) in rows {
                        if let Some(owner) = owner {
                            let own = own
                                .entry(owner)
                                .or_insert_with(|| ChannelState::empty(schema));
                            own.tables[place].push(id, values);
                        }
                    }
                } else {
                    tables[place].clear();
                    for (id, _, values) in rows {
                        tables[place].push(id, values);
                    }
                }
            }
        }
    }
}
