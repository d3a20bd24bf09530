//! Duels of two people, kept in place by a stage hand: shots, walls, shields, death.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use tickwire_arena::{
    ARENA_HALF_HEIGHT_M, Arena, ArenaInput, ArenaSetup, Body, Fighter, Projectile,
};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::PlayerId;

use super::{Host, TICKS_PER_S, options};
use crate::components::ArenaRoom;
use crate::game::{ArenaGame, ArenaOptions};
use crate::life::{FULL_HEALTH, RESPAWN_S};
use tickwire_arena::MAGAZINE;
use tickwire_room::{Game, SavedVisitor};

/// The arena, with a stage hand that moves things before each tick.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Staged<S>(ArenaGame, PhantomData<S>);

trait Stage: Send + Sync + 'static {
    /// Where the fighters stand before every tick, in the order of their players.
    const PLACES: &'static [(f32, f32)];
}

impl<S: Stage> Game for Staged<S> {
    type Rules = Arena;
    type Options = ArenaOptions;
    fn seats(options: &ArenaOptions) -> usize {
        ArenaGame::seats(options)
    }

    fn setup(options: &ArenaOptions) -> ArenaSetup {
        ArenaGame::setup(options)
    }
    fn create(options: &ArenaOptions, room: &mut ArenaRoom) -> Self {
        Staged(ArenaGame::create(options, room), PhantomData)
    }
    fn saved_components(set: &mut impl SavedVisitor) {
        ArenaGame::saved_components(set);
    }
    fn join(&mut self, room: &mut ArenaRoom, player: PlayerId) -> Result<(), Refusal> {
        self.0.join(room, player)
    }
    fn leave(&mut self, room: &mut ArenaRoom, player: PlayerId) {
        self.0.leave(room, player);
    }
    fn tick(&mut self, room: &mut ArenaRoom) {
        let avatars: Vec<_> = room.players().filter_map(|player| player.avatar).collect();
        for (id, &place) in avatars.into_iter().zip(S::PLACES) {
            room.with(id, |body: &mut Body| (body.x, body.y) = place);
        }
        self.0.tick(room);
    }
}

/// Two fighters in the foundry's open lane, the second to the east.
struct FaceToFace;
impl Stage for FaceToFace {
    const PLACES: &'static [(f32, f32)] = &[(-4.0, 3.0), (4.0, 3.0)];
}

/// Two fighters with the foundry's furnace between them.
struct FurnaceBetween;
impl Stage for FurnaceBetween {
    const PLACES: &'static [(f32, f32)] = &[(-4.0, 0.0), (4.0, 0.0)];
}

/// The second fighter stands within the first.
struct OnTopOfEachOther;
impl Stage for OnTopOfEachOther {
    const PLACES: &'static [(f32, f32)] = &[(-4.0, 3.0), (-4.1, 3.0)];
}

/// The first leans on the south wall; the second is far away.
struct NoseToTheWall;
impl Stage for NoseToTheWall {
    const PLACES: &'static [(f32, f32)] = &[(-3.0, ARENA_HALF_HEIGHT_M - 0.5), (18.0, -11.0)];
}

fn fire_east() -> ArenaInput {
    ArenaInput {
        fire: true,
        ..ArenaInput::default()
    }
}

/// Two people on a stage, after their first shields.
fn duel<S: Stage>() -> (Host<Staged<S>>, PlayerId, PlayerId) {
    let mut host = Host::open(options(0), 7);
    let (one, two) = (host.join(), host.join());
    host.run(2 * TICKS_PER_S);
    (host, one, two)
}

#[test]
fn five_hits_kill_and_the_dead_come_back() {
    let (mut host, one, two) = duel::<FaceToFace>();
    assert_eq!(host.fighter(two).health, FULL_HEALTH);
    let mut hits = vec![];
    while host.fighter(two).alive {
        let before = host.fighter(two).health;
        host.play(one, fire_east());
        let lost = before - host.fighter(two).health;
        if lost > 0 {
            hits.push(lost);
        }
        assert!(hits.len() <= 5);
    }
    assert_eq!(hits, [20; 5]);
    assert_eq!((host.fighter(one).kills, host.fighter(two).deaths), (1, 1));

    let ticks = host.run_until(4, |fighters| fighters[1].alive);
    let seconds = ticks as f32 / TICKS_PER_S as f32;
    assert!((seconds - RESPAWN_S).abs() < 0.05, "{seconds} s");
    let two = host.fighter(two);
    assert!(two.shielded && two.health == FULL_HEALTH && two.ammo == MAGAZINE && two.deaths == 1);
}

#[test]
fn a_shield_holds_until_it_ends_or_its_fighter_shoots() {
    let mut host = Host::<Staged<FaceToFace>>::open(options(0), 7);
    let (one, two) = (host.join(), host.join());
    for _ in 0..TICKS_PER_S {
        host.play(one, fire_east());
    }
    assert!(!host.fighter(one).shielded, "it shoots");
    assert!(host.fighter(two).shielded, "it does not shoot");
    assert_eq!(host.fighter(two).health, FULL_HEALTH);
    host.run(TICKS_PER_S);
    assert!(!host.fighter(two).shielded, "its time is over");
}

#[test]
fn a_hurt_fighter_heals_after_four_quiet_seconds() {
    let (mut host, one, two) = duel::<FaceToFace>();
    host.play(one, fire_east());
    host.run(30);
    assert_eq!(host.fighter(two).health, FULL_HEALTH - 20);
    host.run(3 * TICKS_PER_S);
    assert_eq!(host.fighter(two).health, FULL_HEALTH - 20);
    host.run(4 * TICKS_PER_S);
    assert_eq!(host.fighter(two).health, FULL_HEALTH);
}

#[test]
fn a_shot_does_not_pass_a_wall() {
    let (mut host, one, two) = duel::<FurnaceBetween>();
    for _ in 0..5 * TICKS_PER_S {
        host.play(one, fire_east());
        assert!(
            host.all::<Projectile>().iter().all(|shot| shot.x < -2.2),
            "in the furnace"
        );
    }
    assert_eq!(host.fighter(two).health, FULL_HEALTH);
    assert!(host.fighter(one).ammo < MAGAZINE, "it did shoot");
}

#[test]
fn a_muzzle_in_a_wall_lets_no_shot_out() {
    let (mut host, one, _) = duel::<NoseToTheWall>();
    let south = ArenaInput {
        aim: std::f32::consts::FRAC_PI_2,
        ..fire_east()
    };
    for _ in 0..TICKS_PER_S {
        host.play(one, south.clone());
        assert_eq!(host.all::<Projectile>().len(), 0);
    }
    assert_eq!(host.fighter(one).ammo, MAGAZINE - 6);
}

#[test]
fn a_shot_hits_the_fighter_it_starts_in_but_never_its_shooter() {
    let (mut host, one, two) = duel::<OnTopOfEachOther>();
    host.play(one, fire_east());
    assert_eq!(host.fighter(one).health, FULL_HEALTH);
    assert_eq!(host.fighter(two).health, FULL_HEALTH - 20);
}

#[test]
fn leaving_removes_the_fighter_and_its_shots() {
    let (mut host, one, two) = duel::<FaceToFace>();
    host.play(one, fire_east());
    assert_eq!(host.all::<Projectile>().len(), 1);
    host.leave(one, 1);
    assert_eq!(host.all::<Projectile>().len(), 0);
    let left: Vec<_> = host
        .all::<Fighter>()
        .iter()
        .map(|fighter| fighter.player)
        .collect();
    assert_eq!(left, [two.0]);
}
