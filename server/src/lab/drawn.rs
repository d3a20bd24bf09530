//! What the lab's players see, and what they ask for.
//!
//! In: a player's core, with the view that it drew last. Out: rows by name, for tests to look at; commands and goodbyes.

use std::collections::BTreeMap;

use tickwire_room::Game;
use tickwire_shared::client::{ClientEvent, ViewTable};
use tickwire_shared::ids::PlayerId;
use tickwire_shared::message::RoomEvent;
use tickwire_shared::replicate::FieldSchema;
use tickwire_shared::rules::Rules;

use super::room::Lab;

impl<G: Game> Lab<G> {
    /// A player sends a command, as a page does by `room.send`.
    ///
    /// # Panics
    /// The command cannot be encoded, or is longer than a client may send. There is no such player.
    pub fn send(&mut self, index: usize, command: <G::Rules as Rules>::Command) {
        let sent = self.players[index].core.send_command(command);
        sent.expect("a command that a page could send");
    }

    /// A player leaves for good, as a page does by `room.leave`.
    ///
    /// # Panics
    /// There is no such player.
    pub fn leave(&mut self, index: usize) {
        self.players[index].core.leave();
    }

    /// What is on a player's screen: each entity with a component of this name, its `id` and its fields by name. Empty if the
    /// game has no such component.
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
                let column = table.column(field);
                (schema.name, column.get(row).copied().unwrap_or_default())
            };
            let id = table.ids.get(row).copied().unwrap_or_default();
            let fields = fields.iter().enumerate().map(value);
            fields.chain([("id", f64::from(id))]).collect()
        };
        table.map_or(Vec::new(), |table| {
            (0..table.count).map(|at| row(table, at)).collect()
        })
    }

    /// The game's events that a player has had so far, oldest first.
    pub fn heard(&self, index: usize) -> impl Iterator<Item = &<G::Rules as Rules>::Event> {
        let events = self.players.get(index).map(|player| &player.events);
        events
            .into_iter()
            .flatten()
            .filter_map(|event| match event {
                ClientEvent::Room(RoomEvent::Game(event)) => Some(event),
                _ => None,
            })
    }

    /// The player whose seat it has. `None` while it has none.
    pub fn player(&self, index: usize) -> Option<PlayerId> {
        self.players.get(index)?.seated()
    }
}
