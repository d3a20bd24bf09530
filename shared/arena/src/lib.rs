//! The arena's rules: a top-down shooter for up to 16 players. Both ends run this crate: the server to decide, the
//! browser (as WASM) to predict its own avatar.
//!
//! In: inputs. Out: moved avatars. What only the server decides (hits, health, rounds, bots) is in the server's `arena`
//! module; what only the browser does (drawing) is in `demo-client/arena`.

// clippy.toml says what these refuse. Tests may be excused, this code may not: not even by an `allow`.
#![cfg_attr(
    not(test),
    forbid(clippy::disallowed_types, clippy::disallowed_methods)
)]

mod angle;
mod components;
mod events;
mod guns;
mod input;
mod map;
mod measures;
mod slide;
mod step;
mod trace;

pub use angle::{angle_of, direction, wrap_angle};
pub use components::{Body, Fighter, Hands, Phase, Projectile, Round};
pub use events::{ArenaEvent, ArenaSetup};
pub use guns::{ArenaAction, MUZZLE_M, RAIL_RANGE_M, RAIL_WAIT_S, SHOT_LIFE_S, sequence_low};
pub use input::ArenaInput;
pub use map::{ArenaMap, Wall};
pub use measures::{
    ARENA_HALF_HEIGHT_M, ARENA_HALF_WIDTH_M, BODY_RADIUS_M, DASH_SPEED_M_S, MAGAZINE,
    PROJECTILE_RADIUS_M, PROJECTILE_SPEED_M_S, RUN_SPEED_M_S,
};
pub use step::DASH_WAIT_S;
pub use trace::TRACE_HASH;

use tickwire_shared::rules::{Act, ComponentVisitor, Rules};

/// The arena, as both ends know it.
#[derive(Debug)]
pub struct Arena;

impl Rules for Arena {
    const GAME: &'static str = "arena";
    const REVISION: u32 = 2;

    type Input = ArenaInput;
    type Avatar = Body;
    type Setup = ArenaSetup;
    type Map = ArenaMap;
    type Command = ();
    type Event = ArenaEvent;
    type Action = ArenaAction;
    type Ghost = Projectile;

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Body>();
        set.component::<Fighter>();
        set.component::<Projectile>();
        set.component::<Round>();
    }

    fn map(setup: &ArenaSetup) -> ArenaMap {
        ArenaMap::named(&setup.map)
    }

    fn step(avatar: &mut Body, input: &ArenaInput, map: &ArenaMap, dt_s: f32) {
        step::step(avatar, input, map, dt_s);
    }

    fn action(before: &Body, after: &Body, _input: &ArenaInput) -> Option<ArenaAction> {
        guns::action(before, after)
    }

    fn ghost(act: &Act<ArenaAction>, age_s: f32, map: &ArenaMap) -> Option<Projectile> {
        guns::ghost(act, age_s, map)
    }

    fn is_ghost_of(ghost: &Projectile, entity: &Projectile) -> bool {
        (ghost.shooter, ghost.sequence) == (entity.shooter, entity.sequence)
    }
}
