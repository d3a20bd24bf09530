//! The arena's maps: walls, spawn points, and the questions that movement, shots and bots ask about them.
//!
//! In: a map's name from the room's setup. Out: the same walls on both ends; the browser draws them. Floats are treated
//! as in `step`: every question here must have the same answer, bit for bit, on the server and in WASM.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::measures::{ARENA_HALF_HEIGHT_M, ARENA_HALF_WIDTH_M};

/// Half the thickness of the four walls around the arena, metres. They stand outside the arena's width and height.
const OUTER_WALL_HALF_M: f32 = 0.5;

/// A solid rectangle with its sides along the axes. Metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Wall {
    /// Its centre, metres east of the arena's centre.
    pub x: f32,
    /// Its centre, metres south of the arena's centre.
    pub y: f32,
    /// Half its width.
    pub half_width: f32,
    /// Half its height.
    pub half_height: f32,
}

/// One map: everything that stands in the arena.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ArenaMap {
    /// One of [`ArenaMap::NAMES`].
    pub name: String,
    /// The four outer walls first, then the cover.
    pub walls: Vec<Wall>,
    /// Where fighters appear, metres: at least 16 places, all with room for a body.
    pub spawns: Vec<(f32, f32)>,
}

/// Cover as a designer writes it: x, y, half width, half height.
type Block = [f32; 4];

/// How one part of a map is copied to make the whole.
#[derive(Clone, Copy)]
enum Symmetry {
    /// A half turn about the centre: no side is better than another, and there are no long straight lines of sight.
    HalfTurn,
    /// Mirrored left to right and top to bottom.
    Mirrors,
}

/// A works hall: a furnace in the middle, long walls with a hook, crates in the lanes.
const FOUNDRY_BLOCKS: &[Block] = &[
    [0.0, 0.0, 2.2, 1.4],
    [0.0, 6.8, 0.6, 2.4],
    [-9.0, -4.5, 4.0, 0.5],
    [-5.5, -6.8, 0.5, 1.8],
    [-14.6, 1.4, 1.2, 1.2],
    [-7.0, 1.0, 0.7, 0.7],
    [-15.5, 8.0, 0.5, 2.4],
    [-9.4, 9.2, 2.0, 0.5],
    [-5.0, 5.4, 0.9, 0.9],
    [-10.2, 5.0, 0.6, 0.6],
    [-16.0, -8.4, 1.5, 0.5],
    [-10.6, -9.4, 0.7, 0.7],
];
const FOUNDRY_SPAWNS: &[(f32, f32)] = &[
    (-18.0, -11.0),
    (-18.0, -4.0),
    (-18.0, 4.5),
    (-18.0, 11.5),
    (-8.0, -11.5),
    (-8.0, -2.0),
    (-9.5, 11.5),
    (-2.5, 9.5),
    (-11.5, 2.5),
];

/// A garden with a walled court in the middle, open on four sides, and hedges around it.
const COURTYARD_BLOCKS: &[Block] = &[
    [0.0, 0.0, 0.9, 0.9],
    [5.0, 5.0, 2.0, 0.5],
    [6.5, 3.5, 0.5, 1.0],
    [12.5, 8.4, 1.4, 1.2],
    [11.6, 3.0, 0.5, 1.6],
    [16.4, 4.6, 1.2, 0.5],
    [16.6, 0.0, 0.6, 1.4],
    [7.4, 9.8, 1.3, 0.5],
    [0.0, 9.0, 1.6, 0.5],
    [3.8, 8.0, 0.5, 0.5],
    [17.4, 9.6, 0.6, 0.6],
];
const COURTYARD_SPAWNS: &[(f32, f32)] = &[
    (18.4, 11.5),
    (14.0, 5.8),
    (9.0, 7.0),
    (3.0, 11.5),
    (18.6, 2.4),
    (3.0, 2.6),
];

impl ArenaMap {
    /// Every map's name; the first is the default.
    pub const NAMES: [&'static str; 2] = ["foundry", "courtyard"];

    /// The map of this name; if there is none, the first of [`ArenaMap::NAMES`].
    pub fn named(name: &str) -> ArenaMap {
        match name {
            "courtyard" => ArenaMap::build(
                "courtyard",
                Symmetry::Mirrors,
                COURTYARD_BLOCKS,
                COURTYARD_SPAWNS,
            ),
            _ => ArenaMap::build(
                "foundry",
                Symmetry::HalfTurn,
                FOUNDRY_BLOCKS,
                FOUNDRY_SPAWNS,
            ),
        }
    }

    fn build(name: &str, symmetry: Symmetry, blocks: &[Block], spawns: &[(f32, f32)]) -> ArenaMap {
        let mut map = ArenaMap {
            name: name.to_owned(),
            walls: outer_walls(),
            spawns: Vec::new(),
        };
        for &[x, y, half_width, half_height] in blocks {
            symmetry.each((x, y), |x, y| {
                map.walls.push(Wall {
                    x,
                    y,
                    half_width,
                    half_height,
                });
            });
        }
        for &spawn in spawns {
            symmetry.each(spawn, |x, y| map.spawns.push((x, y)));
        }
        map
    }

    /// True if a circle of this radius at (x, y) touches no wall.
    pub fn is_free(&self, x: f32, y: f32, radius_m: f32) -> bool {
        self.walls.iter().all(|wall| {
            let (dx, dy) = wall.offset(x, y);
            dx * dx + dy * dy >= radius_m * radius_m
        })
    }

    /// True if no wall stands between two points.
    pub fn line_of_sight(&self, from: (f32, f32), to: (f32, f32)) -> bool {
        !self
            .walls
            .iter()
            .any(|wall| wall.hit_fraction(from, to, 0.0).is_some())
    }

    /// Where a thing of this radius that flies straight first touches a wall, as a fraction of the way, 0..=1. It is 0
    /// for a start inside a wall. Corners count as square, so a near miss within the radius may count as a hit.
    pub fn hit_fraction(&self, from: (f32, f32), to: (f32, f32), radius_m: f32) -> Option<f32> {
        let mut first = None;
        for wall in &self.walls {
            if let Some(fraction) = wall.hit_fraction(from, to, radius_m)
                && first.is_none_or(|known| fraction < known)
            {
                first = Some(fraction);
            }
        }
        first
    }
}

impl Wall {
    /// The vector from the nearest point of this wall to (x, y); (0, 0) for a point inside.
    pub(crate) fn offset(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.x, y - self.y);
        (
            dx - within(dx, self.half_width),
            dy - within(dy, self.half_height),
        )
    }

    /// Like [`ArenaMap::hit_fraction`], for this wall alone: the slab test (Kay and Kajiya 1986).
    fn hit_fraction(&self, from: (f32, f32), to: (f32, f32), radius_m: f32) -> Option<f32> {
        let (mut enter, mut exit) = (0.0_f32, 1.0_f32);
        let axes = [
            (self.x - from.0, to.0 - from.0, self.half_width + radius_m),
            (self.y - from.1, to.1 - from.1, self.half_height + radius_m),
        ];
        for (middle, way, half) in axes {
            if way == 0.0 {
                if middle.abs() > half {
                    return None;
                }
                continue;
            }
            let (a, b) = ((middle - half) / way, (middle + half) / way);
            let (near, far) = if a < b { (a, b) } else { (b, a) };
            if near > enter {
                enter = near;
            }
            if far < exit {
                exit = far;
            }
            if enter > exit {
                return None;
            }
        }
        Some(enter)
    }
}

impl Symmetry {
    /// Calls `place` with each image of a point, once each.
    fn each(self, (x, y): (f32, f32), mut place: impl FnMut(f32, f32)) {
        place(x, y);
        match self {
            Symmetry::HalfTurn if x == 0.0 && y == 0.0 => {}
            Symmetry::HalfTurn => place(-x, -y),
            Symmetry::Mirrors => {
                if x != 0.0 {
                    place(-x, y);
                }
                if y != 0.0 {
                    place(x, -y);
                }
                if x != 0.0 && y != 0.0 {
                    place(-x, -y);
                }
            }
        }
    }
}

fn outer_walls() -> Vec<Wall> {
    let (half_x, half_y, thick) = (ARENA_HALF_WIDTH_M, ARENA_HALF_HEIGHT_M, OUTER_WALL_HALF_M);
    let across = |y| Wall {
        x: 0.0,
        y,
        half_width: half_x + 2.0 * thick,
        half_height: thick,
    };
    let along = |x| Wall {
        x,
        y: 0.0,
        half_width: thick,
        half_height: half_y,
    };
    vec![
        across(-half_y - thick),
        across(half_y + thick),
        along(-half_x - thick),
        along(half_x + thick),
    ]
}

/// Limits `value` to the range from `-limit` to `limit`. This is not `clamp`, because its panic message would make
/// browsers download the code that prints a float.
fn within(value: f32, limit: f32) -> f32 {
    if value < -limit {
        -limit
    } else if value > limit {
        limit
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::BODY_RADIUS_M;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_name_gives_the_first_map() {
        assert_eq!(ArenaMap::named("<no such map>").name, ArenaMap::NAMES[0]);
        for name in ArenaMap::NAMES {
            assert_eq!(ArenaMap::named(name).name, name);
        }
    }

    #[test]
    fn every_map_has_room_for_sixteen_and_looks_the_same_turned_half_round() {
        for name in ArenaMap::NAMES {
            let map = ArenaMap::named(name);
            assert!(
                map.spawns.len() >= 16,
                "{name} has {} spawns",
                map.spawns.len()
            );
            for &(x, y) in &map.spawns {
                assert!(
                    map.is_free(x, y, BODY_RADIUS_M + 0.2),
                    "{name}: spawn ({x}, {y}) is in a wall"
                );
                assert!(
                    map.spawns.contains(&(-x, -y)),
                    "{name}: spawn ({x}, {y}) has no partner"
                );
            }
            for wall in &map.walls {
                let partner = Wall {
                    x: -wall.x,
                    y: -wall.y,
                    ..*wall
                };
                assert!(
                    map.walls.contains(&partner),
                    "{name}: {wall:?} has no partner"
                );
            }
        }
    }

    #[test]
    fn gaps_are_closed_or_wide_enough_to_run_through() {
        for name in ArenaMap::NAMES {
            let map = ArenaMap::named(name);
            for (i, a) in map.walls.iter().enumerate() {
                for b in &map.walls[i + 1..] {
                    let gap_x = (a.x - b.x).abs() - a.half_width - b.half_width;
                    let gap_y = (a.y - b.y).abs() - a.half_height - b.half_height;
                    let gap = gap_x.max(0.0).hypot(gap_y.max(0.0));
                    assert!(
                        !(1e-3..1.6).contains(&gap),
                        "{name}: {gap} m between {a:?} and {b:?}"
                    );
                    assert!(
                        gap_x > -1e-3 || gap_y > -1e-3,
                        "{name}: {a:?} and {b:?} overlap"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wall_in_between_blocks_sight_and_is_hit_at_its_face() {
        let map = ArenaMap::named("foundry");
        assert!(!map.line_of_sight((-4.0, 0.0), (4.0, 0.0)));
        assert!(map.line_of_sight((-4.0, 3.0), (4.0, 3.0)));
        let fraction = map.hit_fraction((-4.2, 0.0), (3.8, 0.0), 0.0).unwrap();
        assert!((fraction - 0.25).abs() < 1e-5, "{fraction}");
        assert_eq!(map.hit_fraction((0.0, 0.0), (9.0, 0.0), 0.1), Some(0.0));
        assert_eq!(map.hit_fraction((-4.0, 3.0), (-4.0, 3.0), 0.1), None);
    }

    fn any_free_point() -> impl Strategy<Value = (&'static str, (f32, f32))> {
        let name = prop::sample::select(ArenaMap::NAMES.to_vec());
        let point = (-19.5..19.5_f32, -12.5..12.5_f32);
        (name, point).prop_filter("in a wall", |&(name, (x, y))| {
            ArenaMap::named(name).is_free(x, y, 0.01)
        })
    }

    proptest! {
        #[test]
        fn the_way_up_to_a_hit_is_free(
            (name, from) in any_free_point(),
            to in (-30.0..30.0_f32, -30.0..30.0_f32),
        ) {
            let map = ArenaMap::named(name);
            let fraction = map.hit_fraction(from, to, 0.0);
            let outside = to.0.abs() > ARENA_HALF_WIDTH_M || to.1.abs() > ARENA_HALF_HEIGHT_M;
            prop_assert!(fraction.is_some() || !outside, "nothing leaves the arena");
            prop_assert_eq!(fraction.is_none(), map.line_of_sight(from, to));
            let end = fraction.unwrap_or(1.0);
            for i in 0..50 {
                let t = end * (i as f32 / 50.0);
                let (x, y) = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
                prop_assert!(map.is_free(x, y, 0.0));
                prop_assert!(map.walls.iter().all(|wall| wall.offset(x, y) != (0.0, 0.0)), "inside at {t}");
            }
        }
    }
}
