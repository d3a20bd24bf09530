//! Life and death: healing, shields, and coming back.
//!
//! In: fighters after a tick's shots. Out: healed, unshielded and respawned fighters. This file also decides where a
//! fighter appears: far from living enemies.

use rand::RngExt;
use tickwire_arena::{ArenaEvent, Body, Fighter};

use crate::components::{ArenaRoom, Seen, Vitals};

// Tunables.

/// A fighter's full health.
pub(crate) const FULL_HEALTH: u8 = 100;
/// From death to coming back, seconds.
pub(crate) const RESPAWN_S: f32 = 2.5;
/// A newly spawned fighter cannot be hurt for this long, unless it shoots, seconds.
const SHIELD_S: f32 = 1.5;
/// A fighter's health grows when it has not been hit for this long, seconds.
const HEAL_AFTER_S: f32 = 4.0;
/// Health per second.
const HEAL_PER_S: f32 = 10.0;
/// Spawn points are equally good if their distances to enemies differ by less than about this, metres.
const SPAWN_CHANCE_M: f32 = 4.0;

/// Runs one tick of every fighter's life.
pub(crate) fn tend(room: &mut ArenaRoom, fighters: &mut [Seen]) {
    let dt_s = room.dt_s();
    for index in 0..fighters.len() {
        let id = fighters[index].id;
        let (Some(mut vitals), Some(mut fighter)) =
            (room.get::<Vitals>(id), room.get::<Fighter>(id))
        else {
            continue;
        };
        if !fighters[index].alive {
            let respawn_left_s = vitals.respawn_left_s - dt_s;
            room.with(id, |vitals: &mut Vitals| {
                vitals.respawn_left_s = respawn_left_s;
            });
            if respawn_left_s <= 0.0 {
                spawn(room, fighters, index);
            }
            continue;
        }
        vitals.shield_left_s -= dt_s;
        fighter.shielded &= vitals.shield_left_s > 0.0;
        vitals.unhurt_s += dt_s;
        if vitals.unhurt_s >= HEAL_AFTER_S && fighter.health < FULL_HEALTH {
            vitals.healing += HEAL_PER_S * dt_s;
            let whole = vitals.healing as u8;
            vitals.healing -= f32::from(whole);
            fighter.health = fighter.health.saturating_add(whole).min(FULL_HEALTH);
        }
        room.with(id, |old: &mut Vitals| *old = vitals);
        room.with(id, |old: &mut Fighter| *old = fighter);
    }
}

/// Puts a fighter into the arena, whole and shielded, with its score as it was.
pub(crate) fn spawn(room: &mut ArenaRoom, fighters: &mut [Seen], index: usize) {
    let seen = fighters[index];
    let (x, y) = spawn_point(room, fighters, index);
    let body = Body {
        x,
        y,
        // It looks at the middle, where the others are.
        aim: tickwire_arena::angle_of(-x, -y),
        alive: true,
        ..Body::default()
    };
    fighters[index] = Seen {
        x,
        y,
        alive: true,
        shielded: true,
        health: FULL_HEALTH,
        ..seen
    };
    room.with(seen.id, |old: &mut Body| *old = body);
    room.with(seen.id, |fighter: &mut Fighter| {
        fighter.health = FULL_HEALTH;
        fighter.shielded = true;
    });
    room.with(seen.id, |old: &mut Vitals| {
        *old = Vitals {
            shield_left_s: SHIELD_S,
            ..Vitals::default()
        };
    });
    room.broadcast(ArenaEvent::Spawned {
        player: seen.player.0,
    });
}

/// The spawn point that is farthest from its nearest living enemy, with some chance in it.
fn spawn_point(room: &mut ArenaRoom, fighters: &[Seen], index: usize) -> (f32, f32) {
    let mut best = (0.0, 0.0);
    let mut best_m = f32::NEG_INFINITY;
    for spawn in 0..room.map().spawns.len() {
        let (x, y) = room.map().spawns[spawn];
        let mut nearest_m = f32::MAX;
        for (other, enemy) in fighters.iter().enumerate() {
            if other != index && enemy.alive {
                let (dx, dy) = (enemy.x - x, enemy.y - y);
                nearest_m = nearest_m.min((dx * dx + dy * dy).sqrt());
            }
        }
        // With no enemies all points are equally far.
        let score_m = nearest_m.min(100.0) + room.rng().random_range(0.0..SPAWN_CHANCE_M);
        if score_m > best_m {
            (best, best_m) = ((x, y), score_m);
        }
    }
    best
}
