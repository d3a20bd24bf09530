//! Guns and shots: the stage of a tick that comes after movement.
//!
//! In: triggers from the inputs, fighters where they now stand. Out: shots in flight, hurt and dead fighters, events.
//! Every flight is swept, from where the shot was to where it will be, so nothing tunnels at any speed.

use tickwire_arena::{
    ArenaAction, ArenaEvent, BODY_RADIUS_M, Body, Fighter, MUZZLE_M, PROJECTILE_RADIUS_M,
    PROJECTILE_SPEED_M_S, Projectile, SHOT_LIFE_S, direction, sequence_low,
};
use tickwire_shared::ids::{EntityId, InputSequence};

use super::components::{ArenaRoom, Flight, Seen, Vitals};
use super::life::RESPAWN_S;

// Tunables.

/// Health that a shot takes: five kill.
const SHOT_DAMAGE: u8 = 20;
/// Health that the rail takes: two kill.
pub(super) const RAIL_DAMAGE: u8 = 60;

/// What a flight meets first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Impact {
    /// Of the way, 0..=1.
    fraction: f32,
    /// An index into the fighters; a wall otherwise.
    victim: Option<usize>,
}

/// Moves every shot by one tick.
pub(super) fn fly(room: &mut ArenaRoom, fighters: &mut [Seen], shots: &mut Vec<EntityId>) {
    let dt_s = room.dt_s();
    shots.clear();
    for (id, entity) in room.entities() {
        if room.world().get::<&Flight>(entity).is_ok() {
            shots.push(id);
        }
    }
    for &id in shots.iter() {
        let (Some(shot), Some(flight)) = (room.get::<Projectile>(id), room.get::<Flight>(id))
        else {
            continue;
        };
        let from = (shot.x, shot.y);
        let to = (shot.x + flight.vx * dt_s, shot.y + flight.vy * dt_s);
        let life_left_s = flight.life_left_s - dt_s;
        if life_left_s <= 0.0 || strike(room, fighters, flight.shooter, from, to) {
            room.despawn(id);
            continue;
        }
        room.with(id, |shot: &mut Projectile| (shot.x, shot.y) = to);
        room.with(id, |flight: &mut Flight| flight.life_left_s = life_left_s);
    }
}

/// Carries out what the fighters' steps of this tick fired.
pub(super) fn shoot(room: &mut ArenaRoom, fighters: &mut [Seen], rewind: bool) {
    while let Some(act) = room.next_action() {
        let shooter = fighters.iter_mut().find(|seen| seen.player == act.player);
        let Some(shooter) = shooter.filter(|seen| seen.alive) else {
            continue;
        };
        // Whoever shoots gives up the shield.
        shooter.shielded = false;
        let shooter = *shooter;
        room.with(shooter.id, |fighter: &mut Fighter| fighter.shielded = false);
        room.confirm(&act);
        match act.action {
            ArenaAction::Shot { x, y, angle } => {
                launch(room, fighters, &shooter, (act.sequence, (x, y), angle));
            }
            ArenaAction::Rail { x, y, angle } => {
                super::rail::fire(room, fighters, &shooter, ((x, y), angle), rewind);
            }
        }
    }
}

/// Shows each player what it has in its hands.
pub(super) fn show_hands(room: &mut ArenaRoom, fighters: &[Seen]) {
    for seen in fighters {
        let Some(hands) = room.get::<Body>(seen.id).map(|body| body.hands) else {
            continue;
        };
        room.with(seen.id, |fighter: &mut Fighter| {
            fighter.ammo = hands.ammo;
            fighter.reloading = hands.reload_left_s > 0.0;
        });
    }
}

/// A shot leaves the muzzle, unless what it is meant for is nearer than that.
fn launch(
    room: &mut ArenaRoom,
    fighters: &mut [Seen],
    shooter: &Seen,
    (sequence, from, angle): (InputSequence, (f32, f32), f32),
) {
    room.broadcast(ArenaEvent::Shot {
        player: shooter.player.0,
    });
    let (dx, dy) = direction(angle);
    let muzzle = (from.0 + dx * MUZZLE_M, from.1 + dy * MUZZLE_M);
    if strike(room, fighters, shooter.id, from, muzzle) {
        return;
    }
    let shot = Projectile {
        x: muzzle.0,
        y: muzzle.1,
        angle,
        shooter: shooter.player.0,
        sequence: sequence_low(sequence),
    };
    let flight = Flight {
        vx: dx * PROJECTILE_SPEED_M_S,
        vy: dy * PROJECTILE_SPEED_M_S,
        life_left_s: SHOT_LIFE_S,
        shooter: shooter.id,
    };
    room.spawn((shot, flight));
}

/// Flies a shot from here to there. True when it meets something, which then has been dealt with.
fn strike(
    room: &mut ArenaRoom,
    fighters: &mut [Seen],
    shooter: EntityId,
    from: (f32, f32),
    to: (f32, f32),
) -> bool {
    let wall = room.map().hit_fraction(from, to, PROJECTILE_RADIUS_M);
    let Some(impact) = first_impact(wall, fighters, shooter, from, to) else {
        return false;
    };
    let at = (
        from.0 + (to.0 - from.0) * impact.fraction,
        from.1 + (to.1 - from.1) * impact.fraction,
    );
    match impact.victim {
        Some(index) => hurt(room, fighters, (shooter, SHOT_DAMAGE), index, at),
        None => room.broadcast(ArenaEvent::Spark { x: at.0, y: at.1 }),
    }
    true
}

/// What comes first on the way: the wall at fraction `wall`, or a living fighter who did not shoot.
fn first_impact(
    wall: Option<f32>,
    fighters: &[Seen],
    shooter: EntityId,
    from: (f32, f32),
    to: (f32, f32),
) -> Option<Impact> {
    let mut first = wall.map(|fraction| Impact {
        fraction,
        victim: None,
    });
    for (index, fighter) in fighters.iter().enumerate() {
        if fighter.id == shooter || !fighter.alive {
            continue;
        }
        let radius_m = BODY_RADIUS_M + PROJECTILE_RADIUS_M;
        if let Some(fraction) = circle_fraction(from, to, (fighter.x, fighter.y), radius_m)
            && first.is_none_or(|known| fraction < known.fraction)
        {
            first = Some(Impact {
                fraction,
                victim: Some(index),
            });
        }
    }
    first
}

/// Where a point that flies straight enters a circle: the fraction of the way, 0 for a start inside.
pub(super) fn circle_fraction(
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

/// A shot hits a fighter, and would take this much health.
pub(super) fn hurt(
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

/// A fighter dies; `life` brings it back.
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

    #[test]
    fn the_nearer_of_wall_and_fighter_is_met_and_the_shooter_never() {
        let seen = |id, x| Seen {
            id: EntityId(id),
            x,
            alive: true,
            ..Seen::default()
        };
        let fighters = [seen(1, 0.0), seen(2, 6.0), seen(3, 4.0)];
        let meet = |wall| first_impact(wall, &fighters, EntityId(1), (0.0, 0.0), (10.0, 0.0));
        assert_eq!(meet(None).and_then(|impact| impact.victim), Some(2));
        assert_eq!(meet(Some(0.2)).and_then(|impact| impact.victim), None);
        assert_eq!(meet(Some(0.2)).map(|impact| impact.fraction), Some(0.2));
    }
}
