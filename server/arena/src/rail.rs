//! The rail: a beam that hits as soon as it is fired. It hits what its shooter saw, not what has become of that since.
//!
//! In: a shot, and the moment that its shooter saw. Out: a hurt fighter, the beam for everybody, and for the shooter
//! how the server judged it. Walls do not move, so the line of sight is the present one.

use tickwire_arena::{ArenaEvent, BODY_RADIUS_M, Body, RAIL_RANGE_M, direction};
use tickwire_room::Moment;

use crate::components::{ArenaRoom, Seen};
use crate::hits::{circle_fraction, hurt};

/// Health that the rail takes: two hits kill.
const RAIL_DAMAGE: u8 = 60;

/// A fighter in the way of a beam, or near it.
#[derive(Clone, Copy)]
struct Target {
    index: usize,
    at: (f32, f32),
    /// Where the beam meets it: a fraction of its range.
    hit: Option<f32>,
    /// From the beam to its middle, metres.
    off_m: f32,
}

/// Fires the rail of a fighter from (x, y) along an angle.
pub(crate) fn fire(
    room: &mut ArenaRoom,
    fighters: &mut [Seen],
    shooter: &Seen,
    (from, angle): ((f32, f32), f32),
    rewind: bool,
) {
    let last = Moment {
        tick: room.tick().minus(1),
        part: 0.0,
    };
    let seen = if rewind {
        room.viewed_by(shooter.player)
    } else {
        last
    };
    let (dx, dy) = direction(angle);
    let far = (from.0 + dx * RAIL_RANGE_M, from.1 + dy * RAIL_RANGE_M);
    let reach = room.map().hit_fraction(from, far, 0.0).unwrap_or(1.0);
    let mut hit: Option<Target> = None;
    let mut nearest: Option<Target> = None;
    for (index, other) in fighters.iter().enumerate() {
        if other.id == shooter.id || !other.alive {
            continue;
        }
        let target = aim_at(room, (index, other), seen, (from, far));
        let before = |known: Option<Target>| known.and_then(|known| known.hit).unwrap_or(reach);
        if target.hit.is_some_and(|fraction| fraction <= before(hit)) {
            hit = Some(target);
        }
        if nearest.is_none_or(|known| target.off_m < known.off_m) {
            nearest = Some(target);
        }
    }
    let end = hit.and_then(|target| target.hit).unwrap_or(reach);
    let to = (
        from.0 + (far.0 - from.0) * end,
        from.1 + (far.1 - from.1) * end,
    );
    room.broadcast(ArenaEvent::Rail {
        player: shooter.player.0,
        x: from.0,
        y: from.1,
        to_x: to.0,
        to_y: to.1,
    });
    if let Some(target) = hit.or(nearest) {
        let now = &fighters[target.index];
        let event = ArenaEvent::Rewound {
            victim: now.player.0,
            x: target.at.0,
            y: target.at.1,
            now_x: now.x,
            now_y: now.y,
            rewound_ms: seen.age_ticks(last.tick) * room.dt_s() * 1000.0,
            hit: hit.is_some(),
        };
        room.send(shooter.player, event);
    }
    match hit {
        Some(target) => hurt(room, fighters, (shooter.id, RAIL_DAMAGE), target.index, to),
        None if reach < 1.0 => room.broadcast(ArenaEvent::Spark { x: to.0, y: to.1 }),
        None => {}
    }
}

fn aim_at(
    room: &ArenaRoom,
    (index, other): (usize, &Seen),
    seen: Moment,
    (from, far): ((f32, f32), (f32, f32)),
) -> Target {
    let body = room.rewound::<Body>(other.id, seen);
    // The shooter cannot have seen a hit on a fighter that was dead at that moment.
    let was_there = body.as_ref().is_none_or(|body| body.alive);
    let at = body.map_or((other.x, other.y), |body| (body.x, body.y));
    let (way_x, way_y) = (far.0 - from.0, far.1 - from.1);
    let (to_x, to_y) = (at.0 - from.0, at.1 - from.1);
    let along = (to_x * way_x + to_y * way_y) / (RAIL_RANGE_M * RAIL_RANGE_M);
    let along = along.clamp(0.0, 1.0);
    let off = (to_x - way_x * along, to_y - way_y * along);
    Target {
        index,
        at,
        hit: circle_fraction(from, far, at, BODY_RADIUS_M).filter(|_| was_there),
        off_m: (off.0 * off.0 + off.1 * off.1).sqrt(),
    }
}
