//! A room's entities by id, and what marks an entity that clients may see.
//!
//! In: entities as they are spawned and despawned; their ids only ever ascend. Out: their handles in the world, one by
//! one, or all in the order of their ids. The list does not grow from tick to tick, however many come and go.

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{ChannelId, EntityId, PlayerId};

use crate::limits::GONE_KEPT;
use crate::place::place_of;

/// Marks an entity that clients may see: its id, its owner and its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replicated {
    pub(crate) id: EntityId,
    /// The player that sees its owner-only fields.
    pub(crate) owner: Option<PlayerId>,
    pub(crate) home: Home,
    /// The index of the channel in which it was last captured.
    pub(crate) channel: u32,
    /// The number of the capture in which its position last placed it. Its components without a position follow that.
    pub(crate) placed_in: u32,
}

/// What decides an entity's channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Home {
    /// Its position, if it has one and the room has a grid. Otherwise the entity is global.
    Position,
    /// The game, which chose this channel.
    Channel(ChannelId),
}

/// Entities, ascending.
#[derive(Debug, Default)]
pub(crate) struct Entities {
    /// `None`: the entity is gone, and its row will be removed later.
    rows: Vec<(EntityId, Option<hecs::Entity>)>,
    gone: usize,
}

impl Entities {
    #[inline]
    fn place(&self, id: EntityId) -> Option<usize> {
        place_of(&self.rows, id.0, |row| row.0.0).ok()
    }

    #[inline]
    pub(crate) fn get(&self, id: EntityId) -> Option<hecs::Entity> {
        self.rows.get(self.place(id)?)?.1
    }

    /// Adds an entity. Its id must be above all others.
    pub(crate) fn push(&mut self, id: EntityId, entity: hecs::Entity) {
        debug_assert!(self.rows.last().is_none_or(|last| last.0 < id));
        self.rows.push((id, Some(entity)));
    }

    /// Removes an entity and gives its handle. `None` if it is gone already.
    pub(crate) fn remove(&mut self, id: EntityId) -> Option<hecs::Entity> {
        let place = self.place(id)?;
        let entity = self.rows.get_mut(place)?.1.take()?;
        self.gone += 1;
        if self.gone > GONE_KEPT.max(self.rows.len() / 2) {
            self.rows.retain(|row| row.1.is_some());
            self.gone = 0;
        }
        Some(entity)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntityId, hecs::Entity)> + '_ {
        self.rows
            .iter()
            .filter_map(|(id, entity)| Some((*id, (*entity)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_found_and_walked_in_order_however_many_come_and_go() {
        let mut world = hecs::World::new();
        let mut entities = Entities::default();
        let mut known = std::collections::BTreeMap::new();
        for n in 1..2000_u32 {
            let entity = world.spawn(());
            entities.push(EntityId(n), entity);
            known.insert(EntityId(n), entity);
            // Some stay for long, most do not.
            let gone = EntityId(n.saturating_sub(20));
            if gone.0 % 10 != 3 {
                assert_eq!(entities.remove(gone), known.remove(&gone));
                assert_eq!(entities.remove(gone), None);
            }
        }
        assert!(
            entities
                .iter()
                .eq(known.iter().map(|(id, entity)| (*id, *entity)))
        );
        for n in 0..2100 {
            let id = EntityId(n);
            assert_eq!(entities.get(id), known.get(&id).copied());
        }
        assert!(entities.rows.len() <= 2 * known.len() + GONE_KEPT);
    }
}
