//! Forgets the channels that are empty and that nobody sees, so that a world costs what is in it and what is looked at,
//! and not where somebody has ever been.
//!
//! In: the channels, what their followers hold of them, what each player sees. Out: fewer channels; the indexes of the
//! others move up, here and on the entities. A forgotten channel comes back as a new one.

use crate::channels::{Channels, NO_CHANNEL};
use crate::encode::{STREAMS, Stream};
use crate::entities::Replicated;
use crate::interest::Interests;

/// Which channels are needed. Used within a snapshot; kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Unused {
    /// By channel index.
    needed: Vec<bool>,
    /// By old channel index: the new one.
    moved: Vec<u32>,
}

impl Unused {
    /// Forgets the channels that nobody needs. Call after all streams have been encoded and before the next capture.
    pub(crate) fn forget(
        &mut self,
        (channels, streams): (&mut Channels, &mut [Stream; STREAMS]),
        interests: &Interests,
        world: &mut hecs::World,
    ) {
        // A stream's clients may hold rows of a channel that has none any more. They must hear of that first.
        let has_rows = |index| streams.iter().any(|stream| stream.has_rows(index));
        self.needed.clear();
        self.needed.extend((0..channels.count()).map(has_rows));
        // The first index is the global channel's. It has followers before the first player comes.
        self.needed[0] = true;
        if self.needed.iter().all(|needed| *needed) {
            return;
        }
        for channel in interests.iter().flat_map(|seen| seen.channels().iter()) {
            if let Some(index) = channels.find(*channel) {
                self.needed[index as usize] = true;
            }
        }
        if self.needed.iter().all(|needed| *needed) {
            return;
        }
        channels.keep(&self.needed, &mut self.moved);
        streams
            .iter_mut()
            .for_each(|stream| stream.forget(&self.moved));
        for entity in world.query_mut::<&mut Replicated>() {
            let moved = self.moved.get(entity.channel as usize);
            entity.channel = moved.copied().unwrap_or(NO_CHANNEL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tickwire_shared::ids::{EntityId, PlayerId, Tick};
    use tickwire_shared::replicate::Schema;
    use tickwire_shared::rules::Rules;

    use super::*;
    use crate::capture::{Capture, Captured};
    use crate::channels::NO_CHANNEL;
    use crate::encode::STRIDES;
    use crate::entities::Home;
    use crate::grid::{GridMap, Interest};
    use crate::meadow::{Meadow, Sheep};

    /// A meadow of 256 x 256 cells. One player sees what is within a metre, over some 60 cells.
    struct Fixture {
        schema: Schema,
        map: GridMap,
        world: hecs::World,
        capture: Capture,
        captured: Captured,
        channels: Channels,
        streams: [Stream; STREAMS],
        interests: Interests,
        unused: Unused,
        snapshots: u32,
    }

    impl Fixture {
        fn new() -> Fixture {
            let schema = Meadow::schema();
            let map = GridMap::new::<Meadow>(Interest::grid(0.25, 1.0));
            Fixture {
                map: map.unwrap().unwrap(),
                world: hecs::World::new(),
                capture: Capture::new::<Meadow>(&schema),
                schema,
                captured: Captured::default(),
                channels: Channels::default(),
                streams: STRIDES.map(Stream::new),
                interests: Interests::default(),
                unused: Unused::default(),
                snapshots: 0,
            }
        }

        fn spawn(&mut self, id: u32, x: f32, y: f32) -> hecs::Entity {
            let replicated = Replicated {
                id: EntityId(id),
                owner: None,
                home: Home::Position,
                channel: NO_CHANNEL,
                placed_in: 0,
            };
            self.world.spawn((replicated, Sheep { x, y }))
        }

        fn put(&mut self, sheep: hecs::Entity, x: f32, y: f32) {
            *self.world.get::<&mut Sheep>(sheep).unwrap() = Sheep { x, y };
        }

        /// A snapshot. The player is at `at`, and wants what it comes to see.
        fn snapshot(&mut self, at: Option<(f64, f64)>) {
            let map = Some(&self.map);
            let place = (map, &mut self.channels);
            self.capture
                .run(&self.world, &self.schema, place, &mut self.captured);
            self.interests.keep(at.map(|_| PlayerId(1)).into_iter());
            let (interests, scratch) = self.interests.iter_mut();
            for interest in interests {
                interest.update(map, at, &BTreeSet::new(), scratch);
                for channel in interest.entered() {
                    self.streams[0].want(self.channels.index(*channel));
                }
            }
            for stream in &mut self.streams {
                if stream.is_due(self.snapshots) {
                    let told = (Tick(self.snapshots), false);
                    stream.encode((&self.schema, &self.channels), &self.captured, told);
                }
            }
            self.snapshots += 1;
        }

        fn forget(&mut self) {
            let held = (&mut self.channels, &mut self.streams);
            self.unused.forget(held, &self.interests, &mut self.world);
        }

        fn channel(&self, x: f64, y: f64) -> Option<u32> {
            self.channels.find(self.map.channel_at(x, y))
        }
    }

    #[test]
    fn a_walk_through_thousands_of_cells_leaves_nothing_behind() {
        let mut meadow = Fixture::new();
        let sheep = meadow.spawn(1, 0.0, 0.0);
        // Something that nobody sees stays, behind all that is forgotten and before it.
        let far = meadow.spawn(2, 31.0, 31.0);
        let (mut cells, mut bytes) = (BTreeSet::new(), 0);
        for step in 0..20_000_u32 {
            let (x, y) = (step % 200, step / 200);
            let x = if y % 2 == 0 { x } else { 200 - x };
            let (x, y) = (x as f32 * 0.25 - 25.0, y as f32 * 0.25 - 25.0);
            meadow.put(sheep, x, y);
            meadow.snapshot(Some((x.into(), y.into())));
            cells.insert(meadow.map.channel_at(x.into(), y.into()));
            if step % 24 == 0 {
                meadow.forget();
                assert!(meadow.channels.count() < 120);
            }
            bytes = meadow.streams[0].entry().len_bytes();
        }
        assert!(cells.len() > 15_000 && bytes < 1000, "{bytes}");
        meadow.forget();
        // Without the player only the two sheep and the global channel are left.
        meadow.snapshot(None);
        meadow.forget();
        assert_eq!(meadow.channels.count(), 3);
        for (sheep, id) in [(sheep, 1), (far, 2)] {
            let index = meadow.world.get::<&Replicated>(sheep).unwrap().channel;
            let state = meadow.streams[0].state(index).unwrap();
            assert_eq!(state.tables[0].ids, [id]);
        }
        assert_eq!(meadow.streams[0].spare_states(), 64);
    }

    #[test]
    fn a_cell_is_kept_until_every_stream_has_told_that_it_is_empty() {
        let mut meadow = Fixture::new();
        let sheep = meadow.spawn(1, 0.0, 0.0);
        meadow.streams[1].set_active(true);
        meadow.snapshot(None);
        meadow.put(sheep, 5.0, 5.0);
        // Only the first stream takes every snapshot.
        meadow.snapshot(None);
        meadow.forget();
        assert!(meadow.channel(0.0, 0.0).is_some());
        meadow.snapshot(None);
        meadow.forget();
        assert!(meadow.channel(0.0, 0.0).is_none());
        assert!(meadow.channel(5.0, 5.0).is_some());
    }

    #[test]
    fn a_sheep_that_crosses_takes_its_motion_along_when_the_channels_have_moved_up() {
        let mut meadow = Fixture::new();
        // The first one's cell comes before the other's, and is forgotten.
        let first = meadow.spawn(1, -20.0, 0.0);
        let second = meadow.spawn(2, 0.0, 0.0);
        for step in 0..3_u8 {
            meadow.put(second, 0.05 * f32::from(step), 0.0);
            meadow.snapshot(None);
        }
        meadow.world.despawn(first).unwrap();
        meadow.put(second, 0.15, 0.0);
        meadow.snapshot(None);
        let before = meadow.channel(0.15, 0.0);
        meadow.forget();
        assert_ne!(meadow.channel(0.15, 0.0), before);
        meadow.put(second, 0.30, 0.0);
        meadow.snapshot(None);
        let index = meadow.channel(0.30, 0.0).unwrap();
        let state = meadow.streams[0].state(index).unwrap();
        assert_eq!(state.tables[0].ids, [2]);
        assert_ne!(state.tables[0].motion, [0, 0]);
    }
}
