//! Who sees what: the grid that puts entities into channels by where they are, and the channels that a player's point of
//! view subscribes to.
//!
//! In: what a game declares, positions. Out: the channel of a place, and a sorted list of channels for each player, which
//! changes with hysteresis, so that a walk along a border does not flap. Part of the pure room.

use std::sync::Arc;

use tickwire_shared::ids::ChannelId;
use tickwire_shared::replicate::{FieldKind, Replicate, Schema};
use tickwire_shared::rules::{ComponentVisitor, Rules};

/// Channels that a game may open itself come after the two that everybody knows...
pub(super) const FIRST_GAME_CHANNEL: u32 = 2;
/// ...and the grid's cells after those, row by row.
pub(super) const FIRST_CELL: u32 = 1024;
/// Cells of one grid: a channel's number takes three bytes on the wire at most.
const CELLS: u32 = 65_536;

/// How far players see. A game declares it once; the default is [`Interest::Everything`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Interest {
    /// Everybody sees all entities, in one channel: right for up to a hundred or so.
    #[default]
    Everything,
    /// Entities whose position is replicated (`#[net(position)]`) are grouped by the cells of a grid; a player sees those
    /// near its avatar. Entities without a position are seen by all.
    Grid(Grid),
}

/// A grid's measures, in the unit of the positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Side of a cell. Smaller cells follow the radius more closely and cost more per snapshot and client: each is a section
    /// of some ten bytes, and who moves is told anew (some nine bytes) in each that it comes into. A third of the radius
    /// is a good start, for who moves fast (over a tenth of it from one snapshot to the next) the whole of it.
    pub cell: f64,
    /// What is nearer than this is seen, with the rest of its cell.
    pub radius: f64,
    /// A cell that is seen stays so until it is this much further away than the radius.
    pub margin: f64,
}

impl Interest {
    /// A grid with a margin of half a cell.
    pub fn grid(cell: f64, radius: f64) -> Interest {
        Interest::Grid(Grid {
            cell,
            radius,
            margin: cell / 2.0,
        })
    }
}

/// A grid laid over the range of the first position that the game's components declare.
#[derive(Clone, Debug)]
pub(super) struct GridMap {
    grid: Grid,
    x_min: f64,
    y_min: f64,
    columns: u32,
    rows: u32,
}

impl GridMap {
    /// None when the game has no grid.
    ///
    /// # Panics
    /// When it has one but no component has a position, or the cells are too small for the world: nothing that the game
    /// could be run with.
    pub(super) fn new<R: Rules>(interest: Interest) -> Option<GridMap> {
        let Interest::Grid(grid) = interest else {
            return None;
        };
        struct First(Option<[FieldKind; 2]>);
        impl ComponentVisitor for First {
            fn component<C: Replicate>(&mut self) {
                let kinds = Schema::position_places(C::FIELDS)
                    .map(|(x, y)| [C::FIELDS[x].kind, C::FIELDS[y].kind]);
                self.0 = self.0.or(kinds);
            }
        }
        let mut first = First(None);
        R::components(&mut first);
        let [x, y] = first
            .0
            .expect("a game with a grid needs a component with #[net(position)] on two fields");
        let span = |kind: FieldKind| (kind.dequantise(0), kind.dequantise(kind.max()));
        let ((x_min, x_max), (y_min, y_max)) = (span(x), span(y));
        assert!(
            grid.cell > 0.0 && grid.radius > 0.0 && grid.margin >= 0.0,
            "a grid's cell and radius are above 0"
        );
        let count = |min: f64, max: f64| ((max - min) / grid.cell).ceil().max(1.0) as u32;
        let (columns, rows) = (count(x_min, x_max), count(y_min, y_max));
        assert!(
            u64::from(columns) * u64::from(rows) <= u64::from(CELLS),
            "a grid has at most {CELLS} cells: these are {columns} x {rows}"
        );
        Some(GridMap {
            grid,
            x_min,
            y_min,
            columns,
            rows,
        })
    }

    /// The channel of a place. What is outside of the grid belongs to the nearest cell.
    #[inline]
    pub(super) fn channel_at(&self, x: f64, y: f64) -> ChannelId {
        let (column, row) = (self.column(x), self.row(y));
        ChannelId(FIRST_CELL + row * self.columns + column)
    }

    // `as` saturates, and takes NaN to 0.
    fn column(&self, x: f64) -> u32 {
        (((x - self.x_min) / self.grid.cell) as u32).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> u32 {
        (((y - self.y_min) / self.grid.cell) as u32).min(self.rows - 1)
    }

    /// Distance from a place to the nearest point of a cell.
    fn distance(&self, (x, y): (f64, f64), column: u32, row: u32) -> f64 {
        let off = |at: f64, min: f64, number: u32| {
            let start = min + f64::from(number) * self.grid.cell;
            (start - at).max(at - start - self.grid.cell).max(0.0)
        };
        off(x, self.x_min, column).hypot(off(y, self.y_min, row))
    }

    /// Appends the cells to be seen from `at`, ascending: those within the radius times `scale`, and those of `seen` (the
    /// channels seen so far, ascending) within the margin beyond it.
    fn cells(&self, at: (f64, f64), scale: f64, seen: &[ChannelId], out: &mut Vec<ChannelId>) {
        let radius = self.grid.radius * scale;
        let far = radius + self.grid.margin;
        let columns = self.column(at.0 - far)..=self.column(at.0 + far);
        for row in self.row(at.1 - far)..=self.row(at.1 + far) {
            for column in columns.clone() {
                let channel = ChannelId(FIRST_CELL + row * self.columns + column);
                let distance = self.distance(at, column, row);
                if distance <= radius || (distance <= far && seen.binary_search(&channel).is_ok()) {
                    out.push(channel);
                }
            }
        }
    }
}

/// What one player sees.
#[derive(Debug)]
pub(super) struct Viewer {
    /// Ascending; [`ChannelId::GLOBAL`] first.
    pub(super) channels: Arc<[ChannelId]>,
    /// Those that it did not see at the last look.
    pub(super) entered: Vec<ChannelId>,
    /// How much of the radius it sees, 0..=1: less for who cannot take it all.
    pub(super) scale: f64,
    /// What the last look was made with; the same again needs none.
    looked: Option<Look>,
}

/// What a look depends on.
#[derive(Clone, Debug, PartialEq)]
struct Look {
    at: Option<(f64, f64)>,
    scale: f64,
    subscribed: Vec<ChannelId>,
}

impl Default for Viewer {
    fn default() -> Viewer {
        Viewer {
            channels: Arc::new([]),
            entered: Vec::new(),
            scale: 1.0,
            looked: None,
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
        subscribed: &std::collections::BTreeSet<ChannelId>,
        scratch: &mut Vec<ChannelId>,
    ) {
        self.entered.clear();
        let same = self.looked.as_ref().is_some_and(|looked| {
            let near = match (map, looked.at, at) {
                // A move of less than a fraction of the margin cannot matter yet.
                (Some(map), Some(was), Some(is)) => {
                    (was.0 - is.0).hypot(was.1 - is.1) <= map.grid.margin / 8.0
                }
                (Some(_), was, is) => was == is,
                (None, ..) => true,
            };
            near && looked.scale == self.scale && looked.subscribed.iter().eq(subscribed)
        });
        if same {
            return;
        }
        scratch.clear();
        scratch.push(ChannelId::GLOBAL);
        scratch.extend(subscribed);
        if let (Some(map), Some(at)) = (map, at) {
            // Who is to see less far sees less at once.
            let rescaled = self
                .looked
                .as_ref()
                .is_some_and(|looked| looked.scale != self.scale);
            let seen = if rescaled { &[] } else { &*self.channels };
            map.cells(at, self.scale, seen, scratch);
        }
        self.looked = Some(Look {
            at,
            scale: self.scale,
            subscribed: subscribed.iter().copied().collect(),
        });
        if *scratch != *self.channels {
            let before = &self.channels;
            let new = scratch
                .iter()
                .filter(|channel| before.binary_search(channel).is_err());
            self.entered.extend(new);
            self.channels = scratch.as_slice().into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use tickwire_arena::Arena;

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
                    prop_assert!(seen || away > 10.0 - map.grid.margin / 8.0, "{away} away is not seen");
                    let furthest = 10.0 + map.grid.margin * 1.125 + 4.0 * std::f64::consts::SQRT_2;
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
