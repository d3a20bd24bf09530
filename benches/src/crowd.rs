//! A crowd on a plain where everybody sees about forty others: the game for measuring fan-out.
//!
//! In: a direction per player and tick. Out: walkers with positions, in a room with a grid, plus walkers that nobody
//! plays. Every tick has a snapshot, so that no tick is cheaper than another. `play` runs it without sockets.

pub mod play;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Interest, Room, SavedVisitor};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::PlayerId;
use tickwire_shared::prelude::{component, input, saved};
use tickwire_shared::rules::{ComponentVisitor, Rules};

/// Default side of a grid cell, units.
const CELL: f64 = 40.0;
/// How far players see, units. With whole cells of 40, they see 25 cells on average.
const RADIUS: f64 = 80.0;
/// How fast everybody walks, units per second.
const SPEED: f32 = 20.0;
/// Side of the world in which a thousand players see about forty each, units.
const SIDE_OF_THOUSAND: f32 = 1000.0;
/// Side of the largest plain that positions can express, units.
const SIDE_MAX: f64 = 1500.0;
/// About half the side of the square that a player sees, units: a circle of the radius, plus whole cells and the
/// margin.
const SEES: f64 = 103.0;

/// A walker.
#[component]
pub struct Walker {
    /// Units east.
    #[net(range = 0.0..=1500.0, step = 0.1, interpolate, position)]
    pub x: f32,
    /// Units south.
    #[net(range = 0.0..=1500.0, step = 0.1, interpolate, position)]
    pub y: f32,
    /// 0..=100.
    #[net(range = 0..=100)]
    pub health: u8,
}

/// Walks straight on until it reaches the edge. Not replicated.
#[saved]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stray(Steer);

/// Where to walk: the parts of a direction of length 1.
#[input]
pub struct Steer {
    /// East.
    #[net(range = -1.0..=1.0)]
    pub right: f32,
    /// South.
    #[net(range = -1.0..=1.0)]
    pub down: f32,
}

impl Steer {
    /// A random direction.
    pub(crate) fn any(rng: &mut impl RngExt) -> Steer {
        let angle = rng.random_range(0.0..std::f32::consts::TAU);
        Steer {
            right: angle.cos(),
            down: angle.sin(),
        }
    }
}

/// How large the crowd's plain is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrowdOptions {
    /// Number of seats.
    pub players: usize,
    /// Number of walkers that nobody plays.
    pub strays: usize,
    /// Side of the plain, units, up to 1,500.
    pub side: f32,
    /// Side of a grid cell, units: the smaller, the more channels each player sees.
    pub cell: f64,
}

impl Default for CrowdOptions {
    fn default() -> CrowdOptions {
        CrowdOptions::of_players(1000)
    }
}

impl CrowdOptions {
    /// Options for this many players, who each see as many others as on a plain of 1000 x 1000 with a thousand players.
    /// On a small plain, more of what a player could see lies beyond the edges, so the plain is denser.
    pub fn of_players(players: usize) -> CrowdOptions {
        // How much of the plain a player sees, averaged over all places on it.
        let seen = |players: f64, side: f64| {
            let share = (2.0 * SEES - SEES * SEES / side) / side;
            players * share * share
        };
        let aim = seen(1000.0, f64::from(SIDE_OF_THOUSAND));
        let (mut low, mut high) = (2.0 * SEES, SIDE_MAX);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if seen(players as f64, middle) > aim {
                low = middle;
            } else {
                high = middle;
            }
        }
        CrowdOptions {
            players,
            strays: 0,
            side: high as f32,
            cell: CELL,
        }
    }

    /// Options for this many walkers on a plain of 1000 x 1000; `players` of them are played.
    pub fn of_entities(players: usize, entities: usize) -> CrowdOptions {
        CrowdOptions {
            players,
            strays: entities.saturating_sub(players),
            side: SIDE_OF_THOUSAND,
            cell: CELL,
        }
    }
}

/// The crowd, as both ends know it.
#[derive(Debug)]
pub struct CrowdRules;

impl Rules for CrowdRules {
    const GAME: &'static str = "crowd";
    const REVISION: u32 = 1;
    const TICK_RATE_HZ: u32 = 20;
    const TICKS_PER_SNAPSHOT: u32 = 1;

    type Input = Steer;
    type Avatar = Walker;
    /// Side of the plain, units.
    type Setup = f32;
    type Map = f32;
    type Command = ();
    type Event = ();
    type Action = ();
    type Ghost = ();

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Walker>();
    }

    fn map(side: &f32) -> f32 {
        *side
    }

    fn step(walker: &mut Walker, steer: &Steer, side: &f32, dt_s: f32) {
        walker.x = (walker.x + steer.right * SPEED * dt_s).clamp(0.0, *side);
        walker.y = (walker.y + steer.down * SPEED * dt_s).clamp(0.0, *side);
    }
}

/// The room's authority.
#[derive(Debug, Serialize, Deserialize)]
pub struct Crowd;

impl Game for Crowd {
    type Rules = CrowdRules;
    type Options = CrowdOptions;

    fn seats(options: &CrowdOptions) -> usize {
        options.players
    }

    fn interest(options: &CrowdOptions) -> Interest {
        Interest::grid(options.cell, RADIUS)
    }

    fn setup(options: &CrowdOptions) -> f32 {
        options.side
    }

    fn create(options: &CrowdOptions, room: &mut Room<CrowdRules>) -> Crowd {
        for _ in 0..options.strays {
            let walker = somewhere(room);
            let steer = Steer::any(room.rng());
            room.spawn((walker, Stray(steer)));
        }
        Crowd
    }

    fn saved_components(set: &mut impl SavedVisitor) {
        set.component::<Stray>();
    }

    fn join(&mut self, room: &mut Room<CrowdRules>, player: PlayerId) -> Result<(), Refusal> {
        let walker = somewhere(room);
        let avatar = room.spawn_for(player, (walker,));
        room.give_avatar(player, avatar);
        Ok(())
    }

    fn leave(&mut self, room: &mut Room<CrowdRules>, player: PlayerId) {
        let avatar = room.player(player).and_then(|player| player.avatar);
        if let Some(avatar) = avatar {
            room.despawn(avatar);
        }
    }

    fn tick(&mut self, room: &mut Room<CrowdRules>) {
        room.step_avatars();
        let (side, dt_s) = (*room.map(), room.dt_s());
        // Strays do not influence each other, so the order does not matter.
        let strays = room.world_mut().query_mut::<(&mut Walker, &mut Stray)>();
        for (walker, Stray(steer)) in strays {
            CrowdRules::step(walker, steer, &side, dt_s);
            if walker.x <= 0.0 || walker.x >= side {
                steer.right = -steer.right;
            }
            if walker.y <= 0.0 || walker.y >= side {
                steer.down = -steer.down;
            }
        }
    }
}

fn somewhere(room: &mut Room<CrowdRules>) -> Walker {
    let side = *room.map();
    Walker {
        x: room.rng().random_range(0.0..side),
        y: room.rng().random_range(0.0..side),
        health: 100,
    }
}
