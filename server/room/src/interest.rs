//! What each player sees: the channels of its interest set.
//!
//! In: the place that each player's interest follows, and the channels to which the game has subscribed it. Out: a
//! sorted list of channels for each player. It changes with hysteresis, so that it does not flap when a player walks
//! along a border.

use std::collections::BTreeSet;
use std::sync::Arc;

use tickwire_shared::ids::{ChannelId, PlayerId};

use crate::grid::{Cells, GridMap};
use crate::place::place_of;

/// The channels that a player sees, ascending, shared with the feed that sends them to it.
pub type InterestSet = Arc<Vec<ChannelId>>;

/// What one player sees.
#[derive(Debug)]
pub struct PlayerInterest {
    channels: InterestSet,
    /// The channels that came in with the last update.
    entered: Vec<ChannelId>,
    /// How much of the radius it sees, 0..=1. It is less for a client that cannot take all of it.
    pub(crate) scale: f64,
    /// What the last update was based on. The same again changes nothing.
    basis: Option<Basis>,
    /// The cells among the channels.
    cells: Vec<Cells>,
    /// A list that is not in use, for its memory.
    spare: InterestSet,
}

/// What an interest set depends on.
#[derive(Debug)]
struct Basis {
    at: Option<(f64, f64)>,
    scale: f64,
    subscribed: Vec<ChannelId>,
}

impl Default for PlayerInterest {
    fn default() -> PlayerInterest {
        PlayerInterest {
            channels: Arc::default(),
            entered: Vec::new(),
            scale: 1.0,
            basis: None,
            cells: Vec::new(),
            spare: Arc::default(),
        }
    }
}

impl PlayerInterest {
    /// The channels that it sees, ascending. [`ChannelId::GLOBAL`] is the first.
    #[inline]
    pub fn channels(&self) -> &InterestSet {
        &self.channels
    }

    /// The channels that came into the player's interest with this snapshot, in no order.
    #[inline]
    pub fn entered(&self) -> &[ChannelId] {
        &self.entered
    }

    /// Brings the channels up to date with the player's place and its subscriptions. `scratch` lends its memory.
    pub(crate) fn update(
        &mut self,
        map: Option<&GridMap>,
        at: Option<(f64, f64)>,
        subscribed: &BTreeSet<ChannelId>,
        scratch: &mut Vec<Cells>,
    ) {
        self.entered.clear();
        let basis = self.basis.as_ref();
        let rescaled = basis.is_some_and(|basis| basis.scale != self.scale);
        let same = basis.is_some_and(|basis| basis.subscribed.iter().eq(subscribed));
        if same && !rescaled && self.is_near(map, at) {
            return;
        }
        scratch.clear();
        if let (Some(map), Some(at)) = (map, at) {
            // A new radius counts right away, without hysteresis.
            let seen: &[Cells] = if rescaled { &[] } else { &self.cells };
            map.cells(at, self.scale, seen, scratch);
        }
        let basis = self.basis.get_or_insert_with(|| Basis {
            at,
            scale: self.scale,
            subscribed: Vec::new(),
        });
        (basis.at, basis.scale) = (at, self.scale);
        if !same {
            basis.subscribed.clear();
            basis.subscribed.extend(subscribed);
            self.enter_subscribed(subscribed);
        }
        if !same || *scratch != self.cells {
            self.enter_cells(scratch);
            self.cells.clear();
            self.cells.extend_from_slice(scratch);
            self.list_channels(subscribed);
        }
    }

    /// True if the player is about where it was at the last update, or its place does not matter.
    #[inline]
    fn is_near(&self, map: Option<&GridMap>, at: Option<(f64, f64)>) -> bool {
        let was = self.basis.as_ref().and_then(|basis| basis.at);
        match (map, was, at) {
            (Some(map), Some(was), Some(is)) => {
                let (x, y) = (was.0 - is.0, was.1 - is.1);
                x * x + y * y <= map.stir() * map.stir()
            }
            (Some(_), was, is) => was == is,
            (None, ..) => true,
        }
    }

    /// Notes the game's own channels that it did not see before, and likewise the one that everybody sees.
    fn enter_subscribed(&mut self, subscribed: &BTreeSet<ChannelId>) {
        let all = std::iter::once(&ChannelId::GLOBAL).chain(subscribed);
        let new = all.filter(|channel| self.channels.binary_search(channel).is_err());
        self.entered.extend(new);
    }

    /// Notes those of these cells that it did not see before.
    fn enter_cells(&mut self, now: &[Cells]) {
        let mut before = self.cells.iter().peekable();
        for cells in now {
            while before.next_if(|seen| seen.to <= cells.from).is_some() {}
            // Each row has one piece at most.
            let (seen_from, seen_to) = match before.peek() {
                Some(seen) if seen.from < cells.to => (seen.from, seen.to),
                _ => (cells.to, cells.to),
            };
            let left = cells.from..seen_from;
            let right = seen_to..cells.to;
            self.entered.extend(left.chain(right).map(ChannelId));
        }
    }

    fn list_channels(&mut self, subscribed: &BTreeSet<ChannelId>) {
        // Somebody may still hold this list, but hardly also the one before it.
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
        // The memory grows in powers of two, so that it is soon enough.
        channels.reserve((count + 1).next_power_of_two() - channels.len());
        for cells in &self.cells {
            channels.extend(cells.channels());
        }
    }
}

/// What each player sees.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    /// Ascending.
    ids: Vec<PlayerId>,
    interests: Vec<PlayerInterest>,
    /// Used within an update; kept for its memory.
    scratch: Vec<Cells>,
}

impl Interests {
    /// Keeps the interests of `ids` (ascending), adds those that are new, and drops all others.
    pub(crate) fn keep(&mut self, ids: impl Iterator<Item = PlayerId> + Clone) {
        if ids.clone().eq(self.ids.iter().copied()) {
            return;
        }
        let known = std::mem::take(&mut self.ids).into_iter();
        let known = known.zip(std::mem::take(&mut self.interests));
        let mut known = known.peekable();
        for id in ids {
            while known.next_if(|known| known.0 < id).is_some() {}
            let interest = known.next_if(|known| known.0 == id);
            self.ids.push(id);
            self.interests
                .push(interest.map(|known| known.1).unwrap_or_default());
        }
    }

    /// All interests in the order of their players' ids, and memory to update them with.
    pub(crate) fn iter_mut(
        &mut self,
    ) -> (std::slice::IterMut<'_, PlayerInterest>, &mut Vec<Cells>) {
        (self.interests.iter_mut(), &mut self.scratch)
    }

    /// All interests in the order of their players' ids.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, PlayerInterest> {
        self.interests.iter()
    }

    #[inline]
    pub(crate) fn get(&self, id: PlayerId) -> Option<&PlayerInterest> {
        self.interests
            .get(place_of(&self.ids, id.0, |id| id.0).ok()?)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: PlayerId) -> Option<&mut PlayerInterest> {
        let place = place_of(&self.ids, id.0, |id| id.0).ok()?;
        self.interests.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::grid::Interest;
    use crate::meadow::Meadow;

    /// The meadow spans 64 m each way: 16 x 16 cells of 4 m.
    fn map() -> GridMap {
        let map = GridMap::new::<Meadow>(Interest::grid(4.0, 10.0));
        map.unwrap().unwrap()
    }

    fn update(interest: &mut PlayerInterest, map: &GridMap, at: (f64, f64)) {
        interest.update(Some(map), Some(at), &BTreeSet::new(), &mut Vec::new());
    }

    #[test]
    fn a_walk_along_a_border_does_not_flap() {
        let map = map();
        let mut interest = PlayerInterest::default();
        update(&mut interest, &map, (0.0, 0.0));
        let mut changes = 0;
        for step in 0..1000 {
            // Half a metre back and forth over a cell's edge, all the while on another cell's edge.
            let wobble = if step % 2 == 0 { 0.25 } else { -0.25 };
            let before = interest.channels.clone();
            update(&mut interest, &map, (wobble, 0.0));
            changes += u32::from(before != interest.channels);
        }
        assert!(changes <= 1, "{changes} changes");
    }

    proptest! {
        #[test]
        fn near_things_are_seen_and_far_ones_are_not(
            path in proptest::collection::vec((-32.0..32.0_f64, -32.0..32.0_f64), 1..20),
            things in proptest::collection::vec((-32.0..32.0_f64, -32.0..32.0_f64), 1..50),
        ) {
            let map = map();
            let mut interest = PlayerInterest::default();
            for at in path {
                update(&mut interest, &map, at);
                prop_assert!(interest.channels.is_sorted());
                prop_assert_eq!(interest.channels.first(), Some(&ChannelId::GLOBAL));
                for thing in &things {
                    let away = (thing.0 - at.0).hypot(thing.1 - at.1);
                    let seen = interest.channels.contains(&map.channel_at(thing.0, thing.1));
                    prop_assert!(seen || away > 10.0 - map.stir(), "{away} away is not seen");
                    let furthest = 10.0 + 2.0 * 1.125 + 4.0 * std::f64::consts::SQRT_2;
                    prop_assert!(!seen || away <= furthest, "{away} away is seen");
                }
            }
        }
    }

    #[test]
    fn half_the_radius_has_fewer_cells_and_the_same_place_changes_nothing() {
        let map = map();
        let mut interest = PlayerInterest::default();
        update(&mut interest, &map, (1.0, 1.0));
        let all = interest.channels.len();
        assert_eq!(interest.entered.len(), all);
        update(&mut interest, &map, (1.0, 1.0));
        assert!(interest.entered.is_empty());
        interest.scale = 0.5;
        update(&mut interest, &map, (1.0, 1.0));
        assert!(interest.channels.len() * 3 < all * 2 && interest.entered.is_empty());
    }
}
