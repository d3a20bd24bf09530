//! What the lab's players see.
//!
//! In: a player's core, with the view that it drew last. Out: rows by name, for tests to look at.

use std::collections::BTreeMap;

use tickwire_room::Game;
use tickwire_shared::client::ViewTable;
use tickwire_shared::replicate::FieldSchema;

use super::room::Lab;

impl<G: Game> Lab<G> {
    /// What is on a player's screen: each entity with a component of this name, its fields by name. Empty if the game has no
    /// such component.
    pub fn drawn(&self, index: usize, component: &str) -> Vec<BTreeMap<&'static str, f64>> {
        let Some(core) = self.players.get(index).map(|player| &player.core) else {
            return Vec::new();
        };
        let Some(place) = core.schema().component_index(component) else {
            return Vec::new();
        };
        let fields = core
            .schema()
            .components
            .get(place)
            .map_or(&[][..], |component| component.fields);
        let table = core.drawn().tables.get(place);
        let row = |table: &ViewTable, row: usize| {
            let value = |(field, schema): (usize, &FieldSchema)| {
                let at = field * table.capacity() + row;
                (
                    schema.name,
                    table.columns.get(at).copied().unwrap_or_default(),
                )
            };
            fields.iter().enumerate().map(value).collect()
        };
        table.map_or(Vec::new(), |table| {
            (0..table.count).map(|at| row(table, at)).collect()
        })
    }
}
