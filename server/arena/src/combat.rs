//! Guns and shots: the stage of a tick that comes after movement.
//!
//! In: triggers from the inputs, fighters where they stand now. Out: shots in flight, hurt and dead fighters, events.
//! Every flight is swept from where the shot was to where it will be, so nothing tunnels at any speed.

use tickwire_arena::{
    ArenaAction, ArenaEvent, BODY_RADIUS_M, Body, Fighter, MUZZLE_M, PROJECTILE_RADIUS_M,
    PROJECTILE_SPEED_M_S, Projectile, SHOT_LIFE_S, direction, sequence_low,
};
use tickwire_shared::ids::{EntityId, InputSequence};

use crate::components::{ArenaRoom, Flight, Seen};
use crate::hits::{circle_fraction, hurt};
use crate::rail;

// Tunables.

/// Health that a shot takes: five shots kill.
const SHOT_DAMAGE: u8 = 20;

/// What a flight meets first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Impact {
    /// How much of the way is flown, 0..=1.
    fraction: f32,
    /// An index into the fighters, or `None` for a wall.
    victim: Option<usize>,
}

/// Moves every shot by one tick.
pub(crate) fn fly(room: &mut ArenaRoom, fighters: &mut [Seen], shots: &mut Vec<EntityId>) {
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

/// Carries out the shots that the fighters' steps of this tick fired.
pub(crate) fn shoot(room: &mut ArenaRoom, fighters: &mut [Seen], rewind: bool) {
    while let Some(act) = room.next_action() {
        let shooter = fighters.iter_mut().find(|seen| seen.player == act.player);
        let Some(shooter) = shooter.filter(|seen| seen.alive) else {
            continue;
        };
        // A fighter that shoots gives up its shield.
        shooter.shielded = false;
        let shooter = *shooter;
        room.with(shooter.id, |fighter: &mut Fighter| fighter.shielded = false);
        room.confirm(&act);
        match act.action {
            ArenaAction::Shot { x, y, angle } => {
                launch(room, fighters, &shooter, (act.sequence, (x, y), angle));
            }
            ArenaAction::Rail { x, y, angle } => {
                rail::fire(room, fighters, &shooter, ((x, y), angle), rewind);
            }
        }
    }
}

/// Shows each player what it has in its hands.
pub(crate) fn show_hands(room: &mut ArenaRoom, fighters: &[Seen]) {
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

/// Lets a shot leave the muzzle, unless it hits something nearer than that.
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

/// Flies a shot from here to there. True if it meets something, which is then dealt with.
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

/// What comes first on the way: the wall at fraction `wall`, or a living fighter other than the shooter.
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

#[cfg(test)]
mod tests {
    use super::*;

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
