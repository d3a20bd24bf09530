//! Where bots can walk: a grid over the map, and ways through it.
//!
//! In: a map. Out: the corners of a way between two points, found by a breadth-first search and pulled straight. It is
//! made from the map alone, so a restored room makes the same.

use tickwire_arena::{ARENA_HALF_HEIGHT_M, ARENA_HALF_WIDTH_M, ArenaMap, BODY_RADIUS_M};

/// Columns and rows of the grid, which has squares of 1 m.
const COLUMNS: usize = (2.0 * ARENA_HALF_WIDTH_M) as usize;
const ROWS: usize = (2.0 * ARENA_HALF_HEIGHT_M) as usize;
const CELLS: usize = COLUMNS * ROWS;
/// The distance that a way keeps around a body's middle, metres.
const CLEARANCE_M: f32 = BODY_RADIUS_M + 0.08;
/// Not reached by a search yet.
const UNREACHED: u16 = u16::MAX;

/// A map with a grid over it.
#[derive(Debug)]
pub(crate) struct Ground {
    pub map: ArenaMap,
    /// For each cell: a body fits in its middle.
    free: Vec<bool>,
    /// For each cell: the next one on the way. Used within a search; kept for its memory.
    next: Vec<u16>,
    /// Used within a search; kept for its memory.
    queue: Vec<u16>,
}

impl Ground {
    pub(crate) fn new(map: &ArenaMap) -> Ground {
        let fits = |cell| {
            let (x, y) = middle(cell);
            map.is_free(x, y, CLEARANCE_M)
        };
        Ground {
            map: map.clone(),
            free: (0..CELLS).map(fits).collect(),
            next: vec![UNREACHED; CELLS],
            queue: Vec::with_capacity(CELLS),
        }
    }

    /// True when a body can walk straight from here to there.
    pub(crate) fn is_clear(&self, from: (f32, f32), to: (f32, f32)) -> bool {
        self.map
            .hit_fraction(from, to, BODY_RADIUS_M - 0.05)
            .is_none()
    }

    /// The corners of a way from here to there, the first one last: a walker pops them. Empty if there is no way.
    pub(crate) fn way(&mut self, from: (f32, f32), to: (f32, f32), corners: &mut Vec<(f32, f32)>) {
        corners.clear();
        let (start, goal) = (self.nearest_free(from), self.nearest_free(to));
        self.search(goal, start);
        let mut cell = start;
        let mut corner = from;
        let mut straight = middle(start);
        while cell != goal {
            let next = self.next[cell];
            if next == UNREACHED {
                return corners.clear();
            }
            cell = usize::from(next);
            if !self.is_clear(corner, middle(cell)) {
                corners.push(straight);
                corner = straight;
            }
            straight = middle(cell);
        }
        corners.push(straight);
        corners.reverse();
    }

    /// Fills `next` with the way from every cell to `goal`, until `start` is reached.
    fn search(&mut self, goal: usize, start: usize) {
        self.next.fill(UNREACHED);
        self.queue.clear();
        self.queue.push(goal as u16);
        self.next[goal] = goal as u16;
        let mut done = 0;
        while done < self.queue.len() && self.next[start] == UNREACHED {
            let cell = usize::from(self.queue[done]);
            done += 1;
            let (column, row) = ((cell % COLUMNS) as i32, (cell / COLUMNS) as i32);
            // Straight neighbours first: of two ways of equal length, the one with fewer diagonals is found.
            for (dx, dy) in [
                (1, 0),
                (0, 1),
                (-1, 0),
                (0, -1),
                (1, 1),
                (-1, 1),
                (-1, -1),
                (1, -1),
            ] {
                let Some(near) = self.free_cell(column + dx, row + dy) else {
                    continue;
                };
                // A diagonal must not cut a corner.
                let open = self.free_cell(column + dx, row).is_some()
                    && self.free_cell(column, row + dy).is_some();
                if open && self.next[near] == UNREACHED {
                    self.next[near] = cell as u16;
                    self.queue.push(near as u16);
                }
            }
        }
    }

    fn free_cell(&self, column: i32, row: i32) -> Option<usize> {
        let inside = (0..COLUMNS as i32).contains(&column) && (0..ROWS as i32).contains(&row);
        let cell = inside.then(|| row as usize * COLUMNS + column as usize)?;
        self.free[cell].then_some(cell)
    }

    /// The cell that a point is in, or the nearest one with room for a body.
    fn nearest_free(&self, (x, y): (f32, f32)) -> usize {
        // `as` saturates: a point outside goes to the rim.
        let column = ((x + ARENA_HALF_WIDTH_M) as usize).min(COLUMNS - 1);
        let row = ((y + ARENA_HALF_HEIGHT_M) as usize).min(ROWS - 1);
        let cell = row * COLUMNS + column;
        if self.free[cell] {
            return cell;
        }
        let mut best = cell;
        let mut best_square = f32::MAX;
        for near in 0..CELLS {
            let (near_x, near_y) = middle(near);
            let square = (near_x - x) * (near_x - x) + (near_y - y) * (near_y - y);
            if self.free[near] && square < best_square {
                (best, best_square) = (near, square);
            }
        }
        best
    }
}

/// A cell's middle, metres.
fn middle(cell: usize) -> (f32, f32) {
    (
        (cell % COLUMNS) as f32 + 0.5 - ARENA_HALF_WIDTH_M,
        (cell / COLUMNS) as f32 + 0.5 - ARENA_HALF_HEIGHT_M,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spawn_point_can_be_walked_to_from_every_other() {
        for name in ArenaMap::NAMES {
            let map = ArenaMap::named(name);
            let mut ground = Ground::new(&map);
            let mut corners = Vec::new();
            for &from in &map.spawns {
                for &to in &map.spawns {
                    ground.way(from, to, &mut corners);
                    assert!(corners.len() <= 16, "{name}: {from:?} {to:?} {corners:?}");
                    let end = corners.first().copied().unwrap();
                    assert!((end.0 - to.0).abs() <= 0.6 && (end.1 - to.1).abs() <= 0.6);
                    let mut at = from;
                    for &corner in corners.iter().rev() {
                        assert!(ground.is_clear(at, corner), "{name}: {at:?} {corner:?}");
                        at = corner;
                    }
                }
            }
        }
    }

    #[test]
    fn a_point_in_a_wall_or_outside_leads_to_the_nearest_free_place() {
        let map = ArenaMap::named("foundry");
        let mut ground = Ground::new(&map);
        let mut corners = Vec::new();
        for to in [(0.0, 0.0), (500.0, -500.0)] {
            ground.way((-18.0, -11.0), to, &mut corners);
            assert!(!corners.is_empty(), "{to:?}");
        }
    }
}
