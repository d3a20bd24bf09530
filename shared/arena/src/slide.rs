//! How a body meets walls: the second half of a movement step.
//!
//! In: a body with a velocity, the map. Out: the body where that velocity takes it; it slides along what was in its
//! way. Floats are treated as in `step`.

use crate::components::Body;
use crate::map::ArenaMap;
use crate::measures::BODY_RADIUS_M;

/// The longest distance that a body moves before it is pushed out of walls. It is less than the body's radius, so a
/// body never tunnels through a wall.
const MOVE_MAX_M: f32 = 0.2;
/// Bounds the moves of one step, whatever the velocity: `STEP_MAX_S * DASH_SPEED_M_S / MOVE_MAX_M`, and one to spare.
const MOVES_MAX: u32 = 9;
/// The number of tries to push a body out of walls: a push out of one wall may push it into the next.
const PUSHES_MAX: u32 = 4;
/// Overlaps up to this depth are rounding, not contact, metres.
const SKIN_M: f32 = 1e-4;

/// Moves by the velocity, in moves short enough to meet every wall, and slides along what it meets.
pub(crate) fn slide(body: &mut Body, map: &ArenaMap, dt_s: f32) {
    let way_m = (body.vx * body.vx + body.vy * body.vy).sqrt() * dt_s;
    // `as` saturates, so compare before adding: a body from a snapshot may have any velocity.
    let whole = (way_m / MOVE_MAX_M) as u32;
    let moves = if whole < MOVES_MAX {
        whole + 1
    } else {
        MOVES_MAX
    };
    let move_s = dt_s / moves as f32;
    for _ in 0..moves {
        let (x, y) = (body.x, body.y);
        body.x += body.vx * move_s;
        body.y += body.vy * move_s;
        if !push_out(body, map) && map.is_free(x, y, BODY_RADIUS_M - 2.0 * SKIN_M) {
            // The body is wedged: it stays at the free place from which the move began.
            (body.x, body.y, body.vx, body.vy) = (x, y, 0.0, 0.0);
        }
    }
}

/// Pushes the body out of the walls that it overlaps, deepest first, and removes its speed into them. Returns false if
/// it is still in one.
fn push_out(body: &mut Body, map: &ArenaMap) -> bool {
    for _ in 0..PUSHES_MAX {
        let Some((nx, ny, depth_m)) = deepest_contact(body.x, body.y, map) else {
            return true;
        };
        body.x += nx * depth_m;
        body.y += ny * depth_m;
        let into = body.vx * nx + body.vy * ny;
        if into < 0.0 {
            body.vx -= nx * into;
            body.vy -= ny * into;
        }
    }
    deepest_contact(body.x, body.y, map).is_none()
}

/// The wall that a body at (x, y) is deepest in: the direction out of it, and the distance.
fn deepest_contact(x: f32, y: f32, map: &ArenaMap) -> Option<(f32, f32, f32)> {
    let mut deepest = None;
    let mut deepest_m = SKIN_M;
    for wall in &map.walls {
        let (dx, dy) = wall.offset(x, y);
        let square = dx * dx + dy * dy;
        if square >= BODY_RADIUS_M * BODY_RADIUS_M {
            continue;
        }
        let (nx, ny, depth_m) = if square > 0.0 {
            let distance = square.sqrt();
            (dx / distance, dy / distance, BODY_RADIUS_M - distance)
        } else {
            // The centre is inside, so the way out is by the nearest face.
            let (from_x, from_y) = (x - wall.x, y - wall.y);
            let (to_side, to_end) = (
                wall.half_width - from_x.abs(),
                wall.half_height - from_y.abs(),
            );
            if to_side < to_end {
                (1.0_f32.copysign(from_x), 0.0, to_side + BODY_RADIUS_M)
            } else {
                (0.0, 1.0_f32.copysign(from_y), to_end + BODY_RADIUS_M)
            }
        };
        if depth_m > deepest_m {
            deepest_m = depth_m;
            deepest = Some((nx, ny, depth_m));
        }
    }
    deepest
}
