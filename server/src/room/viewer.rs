//! Who sees what: the channels that a player's point of view subscribes to.
//!
//! In: where each player looks from, the channels that its game subscribed it to. Out: a sorted list of channels for each
//! player, which changes with hysteresis, so that a walk along a border does not flap. Part of the pure room.

use std::collections::BTreeSet;
use std::sync::Arc;

use tickwire_shared::ids::{ChannelId, PlayerId};

use super::interest::{Cells, GridMap};
use super::place::place_of;

/// Channels that a player sees, shared with who sends them to it.
pub(super) type Sight = Arc<Vec<ChannelId>>;

/// What one player sees.
#[derive(Debug)]
pub(super) struct Viewer {
    /// Ascending; [`ChannelId::GLOBAL`] first.
    pub(super) channels: Sight,
    /// Those that it did not see at the last look.
    pub(super) entered: Vec<ChannelId>,
    /// How much of the radius it sees, 0..=1: less for who cannot take it all.
    pub(super) scale: f64,
    /// What the last look was made with; the same again needs none.
    looked: Option<Look>,
    /// The cells among the channels.
    cells: Vec<Cells>,
    /// A list that is not in use, for its memory.
    spare: Sight,
}

/// What a look depends on.
#[derive(Debug)]
struct Look {
    at: Option<(f64, f64)>,
    scale: f64,
    subscribed: Vec<ChannelId>,
}

impl Default for Viewer {
    fn default() -> Viewer {
        Viewer {
            channels: Arc::default(),
            entered: Vec::new(),
            scale: 1.0,
            looked: None,
            cells: Vec::new(),
            spare: Arc::default(),
        }
    }
}

impl Viewer {
    /// Brings the channels up to date with where the player is and what its game subscribed it to. `scratch` lends its
    /// memory.
    pub(super) fn look(
        &mut self,
        map: Option<&GridMap>,
        at: Option<(f64, f64)>,
        subscribed: &BTreeSet<ChannelId>,
        scratch: &mut Vec<Cells>,
    ) {
        self.entered.clear();
        let looked = self.looked.as_ref();
        let rescaled = looked.is_some_and(|looked| looked.scale != self.scale);
        let same = looked.is_some_and(|looked| looked.subscribed.iter().eq(subscribed));
        if same && !rescaled && self.is_near(map, at) {
            return;
        }
        scratch.clear();
        if let (Some(map), Some(at)) = (map, at) {
            // Who is to see less far sees less at once.
            let seen: &[Cells] = if rescaled { &[] } else { &self.cells };
            map.cells(at, self.scale, seen, scratch);
        }
        let looked = self.looked.get_or_insert_with(|| Look {
            at,
            scale: self.scale,
            subscribed: Vec::new(),
        });
        (looked.at, looked.scale) = (at, self.scale);
        if !same {
            looked.subscribed.clear();
            looked.subscribed.extend(subscribed);
            self.enter_subscribed(subscribed);
        }
        if !same || *scratch != self.cells {
            self.enter_cells(scratch);
            self.cells.clear();
            self.cells.extend_from_slice(scratch);
            self.see(subscribed);
        }
    }

    /// True when the player is about where it was at the last look.
    #[inline]
    fn is_near(&self, map: Option<&GridMap>, at: Option<(f64, f64)>) -> bool {
        let was = self.looked.as_ref().and_then(|looked| looked.at);
        match (map, was, at) {
            (Some(map), Some(was), Some(is)) => {
                let (x, y) = (was.0 - is.0, was.1 - is.1);
                x * x + y * y <= map.stir() * map.stir()
            }
            (Some(_), was, is) => was == is,
            (None, ..) => true,
        }
    }

    /// Notes which channels of the game's own it did not see before, and the one that everybody sees.
    fn enter_subscribed(&mut self, subscribed: &BTreeSet<ChannelId>) {
        let all = std::iter::once(&ChannelId::GLOBAL).chain(subscribed);
        let new = all.filter(|channel| self.channels.binary_search(channel).is_err());
        self.entered.extend(new);
    }

    /// Notes which of these cells it did not see before.
    fn enter_cells(&mut self, now: &[Cells]) {
        let mut before = self.cells.iter().peekable();
        for cells in now {
            while before.next_if(|seen| seen.to <= cells.from).is_some() {}
            // Of each row there is one piece.
            let (seen_from, seen_to) = match before.peek() {
                Some(seen) if seen.from < cells.to => (seen.from, seen.to),
                _ => (cells.to, cells.to),
            };
            let left = cells.from..seen_from;
            let right = seen_to..cells.to;
            self.entered.extend(left.chain(right).map(ChannelId));
        }
    }

    fn see(&mut self, subscribed: &BTreeSet<ChannelId>) {
        // Somebody may still have the list, but hardly the one before it, too.
        if Arc::get_mut(&mut self.channels).is_none() {
            std::mem::swap(&mut self.channels, &mut self.spare);
        }
        if Arc::get_mut(&mut self.channels).is_none() {
            self.channels = Arc::default();
        }
        let Some(channels) = Arc::get_mut(&mut self.channels) else {
            return;
        };
        channels.clear();
        channels.push(ChannelId::GLOBAL);
        channels.extend(subscribed);
        let cells = self.cells.iter().map(|cells| cells.to - cells.from);
        let count = channels.len() + cells.sum::<u32>() as usize;
        // It grows in a few steps, so that it soon has enough.
        channels.reserve((count + 1).next_power_of_two() - channels.len());
        for cells in &self.cells {
            channels.extend(cells.channels());
        }
    }
}

/// What each player sees.
#[derive(Debug, Default)]
pub(super) struct Viewers {
    /// Ascending.
    ids: Vec<PlayerId>,
    viewers: Vec<Viewer>,
    /// Used within a look; kept for its memory.
    scratch: Vec<Cells>,
}

impl Viewers {
    /// Keeps those of `ids` (ascending), and begins with those who are new.
    pub(super) fn keep(&mut self, ids: impl Iterator<Item = PlayerId> + Clone) {
        if ids.clone().eq(self.ids.iter().copied()) {
            return;
        }
        let known = std::mem::take(&mut self.ids).into_iter();
        let known = known.zip(std::mem::take(&mut self.viewers));
        let mut known = known.peekable();
        for id in ids {
            while known.next_if(|known| known.0 < id).is_some() {}
            let viewer = known.next_if(|known| known.0 == id);
            self.ids.push(id);
            self.viewers
                .push(viewer.map(|known| known.1).unwrap_or_default());
        }
    }

    /// All of them in the order of their ids, and memory to look with.
    pub(super) fn iter_mut(&mut self) -> (std::slice::IterMut<'_, Viewer>, &mut Vec<Cells>) {
        (self.viewers.iter_mut(), &mut self.scratch)
    }

    #[inline]
    pub(super) fn get(&self, id: PlayerId) -> Option<&Viewer> {
        self.viewers.get(place_of(&self.ids, id.0, |id| id.0).ok()?)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: PlayerId) -> Option<&mut Viewer> {
        let place = place_of(&self.ids, id.0, |id| id.0).ok()?;
        self.viewers.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tickwire_arena::Arena;

    use crate::room::Interest;

    /// The arena's positions span 64 m each way: 16 x 16 cells of 4 m.
    fn map() -> GridMap {
        GridMap::new::<Arena>(Interest::grid(4.0, 10.0)).unwrap()
    }

    fn look(viewer: &mut Viewer, map: &GridMap, at: (f64, f64)) {
        viewer.look(Some(map), Some(at), &BTreeSet::new(), &mut Vec::new());
    }

    #[test]
    fn a_walk_along_a_border_does_not_flap() {
        let map = map();
        let mut viewer = Viewer::default();
        look(&mut viewer, &map, (0.0, 0.0));
        let mut changes = 0;
        for step in 0..1000 {
            // Half a metre to and fro over a cell's edge, and along it.
            let wobble = if step % 2 == 0 { 0.25 } else { -0.25 };
            let before = viewer.channels.clone();
            look(&mut viewer, &map, (wobble, 0.0));
            changes += u32::from(before != viewer.channels);
        }
        assert!(changes <= 1, "{changes} changes");
    }

    proptest! {
        #[test]
        fn what_is_near_is_seen_and_what_is_far_is_not(
            path in proptest::collection::vec((-32.0..32.0_f64, -32.0..32.0_f64), 1..20),
            things in proptest::collection::vec((-32.0..32.0_f64, -32.0..32.0_f64), 1..50),
        ) {
            let map = map();
            let mut viewer = Viewer::default();
            for at in path {
                look(&mut viewer, &map, at);
                prop_assert!(viewer.channels.is_sorted());
                prop_assert_eq!(viewer.channels.first(), Some(&ChannelId::GLOBAL));
                for thing in &things {
                    let away = (thing.0 - at.0).hypot(thing.1 - at.1);
                    let seen = viewer.channels.contains(&map.channel_at(thing.0, thing.1));
                    prop_assert!(seen || away > 10.0 - map.stir(), "{away} away is not seen");
                    let furthest = 10.0 + 2.0 * 1.125 + 4.0 * std::f64::consts::SQRT_2;
                    prop_assert!(!seen || away <= furthest, "{away} away is seen");
                }
            }
        }
    }

    #[test]
    fn half_the_sight_sees_fewer_cells_and_the_same_look_changes_nothing() {
        let map = map();
        let mut viewer = Viewer::default();
        look(&mut viewer, &map, (1.0, 1.0));
        let all = viewer.channels.len();
        assert_eq!(viewer.entered.len(), all);
        look(&mut viewer, &map, (1.0, 1.0));
        assert!(viewer.entered.is_empty());
        viewer.scale = 0.5;
        look(&mut viewer, &map, (1.0, 1.0));
        assert!(viewer.channels.len() * 3 < all * 2 && viewer.entered.is_empty());
    }
}
