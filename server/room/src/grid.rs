//! How far players see: the grid that puts entities into channels by their positions.
//!
//! In: the interest that a game declares, positions. Out: the channel of a place, and the channels around it.

use tickwire_shared::ids::ChannelId;
use tickwire_shared::replicate::{FieldKind, Replicate, Schema};
use tickwire_shared::rules::{ComponentVisitor, Rules};

use crate::limits::{CELLS, FIRST_CELL};

/// How far players see. A game declares it once; the default is [`Interest::Everything`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Interest {
    /// Everybody sees all entities, in one channel. This is right for up to a hundred entities or so.
    #[default]
    Everything,
    /// Entities with a replicated position (`#[net(position)]`) are grouped by the cells of a grid. A player sees the
    /// cells near its avatar. All players see entities without a position.
    Grid(Grid),
}

/// A grid's measures, in the unit of the positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Side of a cell. Smaller cells follow the radius more closely and cost more per snapshot and client: each cell is
    /// a section of some ten bytes, and an entity that comes into a cell is sent anew there (some nine bytes). A third
    /// of the radius is a good start. If entities move fast (over a tenth of the radius from one snapshot to the next),
    /// take the whole radius.
    pub cell: f64,
    /// A player sees each cell that is nearer than this, as a whole.
    pub radius: f64,
    /// A cell that a player sees stays visible until it is this much further away than the radius.
    pub margin: f64,
}

impl Interest {
    /// A grid with this side of a cell and this radius, in the unit of the positions. Its margin is half a cell.
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
pub(crate) struct GridMap {
    grid: Grid,
    x_min: f64,
    y_min: f64,
    columns: u32,
    rows: u32,
    /// Cells per unit.
    per_unit: f64,
}

impl GridMap {
    /// `None` if the game has no grid.
    ///
    /// # Panics
    /// When the game has a grid but no component has a position, a measure is not above 0 (the margin may be 0), or the
    /// cells are too small for the world. Such a game cannot be run at all.
    pub(crate) fn new<R: Rules>(interest: Interest) -> Option<GridMap> {
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
            per_unit: 1.0 / grid.cell,
        })
    }

    /// The channel of a place. A place outside the grid belongs to the nearest cell.
    #[inline]
    pub(crate) fn channel_at(&self, x: f64, y: f64) -> ChannelId {
        let (column, row) = (self.column(x), self.row(y));
        ChannelId(FIRST_CELL + row * self.columns + column)
    }

    // `as` saturates, and turns NaN into 0.
    fn column(&self, x: f64) -> u32 {
        (((x - self.x_min) * self.per_unit) as u32).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> u32 {
        (((y - self.y_min) * self.per_unit) as u32).min(self.rows - 1)
    }

    /// A move of no more than this is ignored: a fraction of the margin.
    #[inline]
    pub(crate) fn stir(&self) -> f64 {
        self.grid.margin / 8.0
    }

    /// The squared distance from a place to the nearest point of a row of cells.
    fn row_distance_squared(&self, y: f64, row: u32) -> f64 {
        let start = self.y_min + f64::from(row) * self.grid.cell;
        let off = (start - y).max(y - start - self.grid.cell).max(0.0);
        off * off
    }

    /// Appends the cells that a player at `at` sees, ascending: those within the radius times `scale`, and those of
    /// `seen` (the cells seen so far, ascending) within the margin beyond it. Each row has one piece at most.
    pub(crate) fn cells(&self, at: (f64, f64), scale: f64, seen: &[Cells], out: &mut Vec<Cells>) {
        let radius = self.grid.radius * scale;
        let far = radius + self.grid.margin;
        let mut seen = seen.iter().peekable();
        for row in self.row(at.1 - far)..=self.row(at.1 + far) {
            let off = self.row_distance_squared(at.1, row);
            let first = FIRST_CELL + row * self.columns;
            while seen.next_if(|seen| seen.to <= first).is_some() {}
            let seen = seen.next_if(|seen| seen.from < first + self.columns);
            let Some(far) = self.reach(at.0, far * far - off, first) else {
                continue;
            };
            let stays = seen.map(|seen| Cells {
                from: seen.from.max(far.from),
                to: seen.to.min(far.to),
            });
            let stays = stays.filter(|stays| stays.from < stays.to);
            let near = self.reach(at.0, radius * radius - off, first);
            out.extend(match (near, stays) {
                (Some(near), Some(stays)) => Some(Cells {
                    from: near.from.min(stays.from),
                    to: near.to.max(stays.to),
                }),
                (near, stays) => near.or(stays),
            });
        }
    }

    /// The cells of a row that are no further from `x` than the root of `squared`. `first` is the row's first channel.
    #[inline]
    fn reach(&self, x: f64, squared: f64, first: u32) -> Option<Cells> {
        (squared >= 0.0).then(|| {
            let reach = squared.sqrt();
            Cells {
                from: first + self.column(x - reach),
                to: first + self.column(x + reach) + 1,
            }
        })
    }
}

/// Cells of one row that lie next to each other, by their channels' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    /// The first one...
    pub(crate) from: u32,
    /// ...and the one after the last.
    pub(crate) to: u32,
}

impl Cells {
    /// Their channels, ascending.
    #[inline]
    pub(crate) fn channels(self) -> impl Iterator<Item = ChannelId> {
        (self.from..self.to).map(ChannelId)
    }
}
