//! How far players see: the grid that puts entities into channels by their positions.
//!
//! In: the interest that a game declares, positions. Out: the channel of a place, and the channels around it.

use tickwire_shared::ids::ChannelId;
use tickwire_shared::replicate::{FieldKind, Replicate, Schema};
use tickwire_shared::rules::{ComponentVisitor, Rules};

use crate::limits::{CELLS, CELLS_SEEN, FIRST_CELL};

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

/// Why a game's interest is one that no room can have.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadInterest {
    /// A grid is laid over positions.
    #[error("a game with a grid needs a component with #[net(position)] on two fields")]
    NoPosition,
    /// A measure that no grid can have.
    #[error("a grid's cell and radius are above 0, and its margin is not below 0")]
    NotPositive,
    /// Columns and rows.
    #[error("a grid has at most {CELLS} cells: these are {0} x {1}; make the cells larger")]
    TooManyCells(u32, u32),
    /// Cells within the radius and the margin.
    #[error(
        "a player sees at most {CELLS_SEEN} cells of a grid, and here up to {0}; make the cells larger or the radius smaller"
    )]
    TooManySeen(u32),
}

impl Interest {
    /// Says whether rooms of a game with these rules can have this interest.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn check<R: Rules>(self) -> Result<(), BadInterest> {
        GridMap::new::<R>(self).map(|_| ())
    }

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
    /// # Errors
    /// [`BadInterest`].
    pub(crate) fn new<R: Rules>(interest: Interest) -> Result<Option<GridMap>, BadInterest> {
        let Interest::Grid(grid) = interest else {
            return Ok(None);
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
        let [x, y] = first.0.ok_or(BadInterest::NoPosition)?;
        let span = |kind: FieldKind| (kind.dequantise(0), kind.dequantise(kind.max()));
        let ((x_min, x_max), (y_min, y_max)) = (span(x), span(y));
        // Written so that what is not a number does not pass either.
        let is_sound = grid.cell > 0.0 && grid.radius > 0.0 && grid.margin >= 0.0;
        if !is_sound {
            return Err(BadInterest::NotPositive);
        }
        let count = |min: f64, max: f64| ((max - min) / grid.cell).ceil().max(1.0) as u32;
        let (columns, rows) = (count(x_min, x_max), count(y_min, y_max));
        if u64::from(columns) * u64::from(rows) > u64::from(CELLS) {
            return Err(BadInterest::TooManyCells(columns, rows));
        }
        let map = GridMap {
            grid,
            x_min,
            y_min,
            columns,
            rows,
            per_unit: 1.0 / grid.cell,
        };
        match map.most_seen() {
            seen if seen > CELLS_SEEN => Err(BadInterest::TooManySeen(seen)),
            _ => Ok(Some(map)),
        }
    }

    /// The most cells that are seen from one place: those of a circle over the lines of the grid.
    fn most_seen(&self) -> u32 {
        let far = (self.grid.radius + self.grid.margin) / self.grid.cell;
        let most = |reach: f64, all: u32| ((2.0 * reach).ceil() + 1.0).min(f64::from(all)) as u32;
        // Each row by its part that is nearest to the place, with the place anywhere in its own row.
        let half = |from: u32| {
            let off = f64::from(from);
            most((far * far - off * off).max(0.0).sqrt(), self.columns)
        };
        let rows = most(far, self.rows);
        (0..rows)
            .map(|row| half(row.abs_diff(rows / 2).saturating_sub(1)))
            .sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::meadow::Meadow;

    fn grid(cell: f64, radius: f64) -> Result<Option<GridMap>, BadInterest> {
        GridMap::new::<Meadow>(Interest::grid(cell, radius))
    }

    #[test]
    fn what_no_room_can_have_is_refused_in_words() {
        assert_eq!(grid(0.0, 10.0).unwrap_err(), BadInterest::NotPositive);
        assert_eq!(grid(4.0, f64::NAN).unwrap_err(), BadInterest::NotPositive);
        let cells = grid(0.01, 1.0).unwrap_err();
        assert!(matches!(cells, BadInterest::TooManyCells(..)), "{cells}");
        let seen = grid(0.5, 40.0).unwrap_err();
        assert!(matches!(seen, BadInterest::TooManySeen(_)), "{seen}");
    }

    /// The bound is one that no place goes over, and that some place comes near.
    #[test]
    fn no_place_sees_more_cells_than_the_bound() {
        for (cell, radius) in [(4.0, 10.0), (1.0, 10.0), (0.7, 15.0), (2.0, 200.0)] {
            let map = grid(cell, radius).unwrap().unwrap();
            let (mut most, mut seen) = (0, Vec::new());
            for n in 0..400 {
                let at = (
                    f64::from(n) * 0.16 - 32.0,
                    f64::from(n * 7 % 400) * 0.16 - 32.0,
                );
                seen.clear();
                // As wide as the margin makes it.
                let scale = (radius + cell / 2.0) / radius;
                map.cells(at, scale, &[], &mut seen);
                most = most.max(seen.iter().map(|cells| cells.to - cells.from).sum());
            }
            let bound = map.most_seen();
            assert!(
                most <= bound && f64::from(bound) < 1.7 * f64::from(most),
                "{most} {bound}"
            );
        }
    }
}
