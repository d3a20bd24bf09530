//! What a shot does to a fighter: where a flight meets one, how much health it takes, and whether the fighter dies.
//!
//! In: flights of `combat` and beams of `rail`. Out: hurt and dead fighters, events.

use tickwire_arena::{ArenaEvent, Body, Fighter};
use tickwire_shared::ids::EntityId;

use crate::components::{ArenaRoom, Seen, Vitals};
use crate::life::RESPAWN_S;

/// Where a point that flies straight enters a circle: a fraction of the way, 0 for a start inside.
pub(crate) fn circle_fraction(
    from: (f32, f32),
    to: (f32, f32),
    middle: (f32, f32),
    radius_m: f32,
) -> Option<f32> {
    let (way_x, way_y) = (to.0 - from.0, to.1 - from.1);
    let (off_x, off_y) = (from.0 - middle.0, from.1 - middle.1);
    // |off + t * way|^2 = radius^2, solved for the smaller t.
    let outside = off_x * off_x + off_y * off_y - radius_m * radius_m;
    if outside <= 0.0 {
        return Some(0.0);
    }
    let square = way_x * way_x + way_y * way_y;
    let nearing = off_x * way_x + off_y * way_y;
    let root = nearing * nearing - square * outside;
    if nearing >= 0.0 || root < 0.0 {
        return None;
    }
    let fraction = (-nearing - root.sqrt()) / square;
    (fraction <= 1.0).then_some(fraction)
}

/// Hits a fighter with a shot that takes up to this much health.
pub(crate) fn hurt(
    room: &mut ArenaRoom,
    fighters: &mut [Seen],
    (shooter, damage): (EntityId, u8),
    index: usize,
    (x, y): (f32, f32),
) {
    let victim = fighters[index];
    let damage = if victim.shielded {
        0
    } else {
        damage.min(victim.health)
    };
    let killer = fighters
        .iter()
        .find(|fighter| fighter.id == shooter)
        .map_or(0, |fighter| fighter.player.0);
    room.broadcast(ArenaEvent::Hit {
        shooter: killer,
        victim: victim.player.0,
        damage,
        x,
        y,
    });
    if damage == 0 {
        return;
    }
    let health = victim.health - damage;
    fighters[index].health = health;
    room.with(victim.id, |fighter: &mut Fighter| fighter.health = health);
    room.with(victim.id, |vitals: &mut Vitals| {
        vitals.unhurt_s = 0.0;
        vitals.healing = 0.0;
    });
    if health == 0 {
        kill(room, &mut fighters[index]);
        room.with(shooter, |fighter: &mut Fighter| {
            fighter.kills = fighter.kills.saturating_add(1);
        });
        room.broadcast(ArenaEvent::Kill {
            killer,
            victim: victim.player.0,
            x: victim.x,
            y: victim.y,
        });
    }
}

/// Kills a fighter; `life` brings it back.
fn kill(room: &mut ArenaRoom, victim: &mut Seen) {
    victim.alive = false;
    room.with(victim.id, |body: &mut Body| {
        body.alive = false;
        (body.vx, body.vy) = (0.0, 0.0);
        body.hands.reload_left_s = 0.0;
    });
    room.with(victim.id, |fighter: &mut Fighter| {
        fighter.deaths = fighter.deaths.saturating_add(1);
    });
    room.with(victim.id, |vitals: &mut Vitals| {
        vitals.respawn_left_s = RESPAWN_S;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_met_at_its_rim_from_outside_only() {
        let hit = |from, to| circle_fraction(from, to, (5.0, 0.0), 1.0);
        assert_eq!(hit((0.0, 0.0), (8.0, 0.0)), Some(0.5));
        assert_eq!(hit((5.5, 0.0), (9.0, 0.0)), Some(0.0));
        assert_eq!(hit((8.0, 0.0), (9.0, 0.0)), None, "flies away from it");
        assert_eq!(hit((0.0, 0.0), (3.0, 0.0)), None, "ends before it");
        assert_eq!(hit((0.0, 1.5), (9.0, 1.5)), None, "passes by");
        assert_eq!(hit((0.0, 0.0), (0.0, 0.0)), None);
    }
}
