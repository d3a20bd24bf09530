//! Shots of the rail: what the shooter saw as a hit, and what the server counted as one, with and without rewinding.
//!
//! In: a seed. Out: the share of shots in the open that hit on both. The shooter is 150 ms away, and both players run
//! about. The trigger is pulled when the target is in the open, at its centre as drawn. Only the server decides what is
//! a hit.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{ArenaEvent, ArenaInput, ArenaMap, Body, angle_of};
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_server::lab::Lab;
use tickwire_shared::client::ClientEvent;
use tickwire_shared::message::RoomEvent;

/// Half of the shooter's round trip, milliseconds, and the random addition each way.
const SHOOTER_LINK_MS: (u64, u64) = (75, 8);
const RUNNER_LINK_MS: (u64, u64) = (20, 5);
/// Number of shots that are judged.
const SHOTS: u32 = 200;
/// A target is in the open if the shooter can see up to this far around its centre, metres,
const OPEN_M: f32 = 0.7;
/// and if it is at least this far away, metres.
const AWAY_M: f32 = 3.0;
/// The pause between two shots of the rail.
const PAUSE: Duration = Duration::from_millis(1500);

/// The share of shots that were hits both on the shooter's screen and on the server, 0..=1.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// With rewinding.
    pub rewound: f64,
    /// Without rewinding.
    pub without: f64,
    /// Shots of each kind.
    pub shots: u32,
}

/// Plays with and without rewinding.
///
/// # Errors
/// A player is not let in.
pub fn judge(seed: u64) -> Result<Agreement> {
    Ok(Agreement {
        rewound: duel(seed, true)?,
        without: duel(seed, false)?,
        shots: SHOTS,
    })
}

/// A player who runs about like a person: in one direction for a while, then in another, sometimes in none.
fn roam() -> impl FnMut(&mut Pcg64Mcg, Duration) -> ArenaInput {
    let mut until = Duration::ZERO;
    let mut held = ArenaInput::default();
    move |rng, now| {
        if now >= until {
            until = now + Duration::from_millis(rng.random_range(300..1500));
            held.right = rng.random_range(-1..=1);
            held.down = rng.random_range(-1..=1);
        }
        held.clone()
    }
}

fn duel(seed: u64, rewind: bool) -> Result<f64> {
    let options = ArenaOptions {
        bots: 0,
        rewind,
        kills_to_win: 255,
        round_seconds: 1000,
        ..ArenaOptions::default()
    };
    let refused = |refusal| anyhow!("a player was not let in: {refusal:?}");
    let mut lab = Lab::<ArenaGame>::new(options, seed);
    let runner = lab.add(RUNNER_LINK_MS, roam()).map_err(refused)?;
    // The trigger is held for two animation frames, because one may have no tick in it.
    let trigger = Rc::new(Cell::new((0.0, 0)));
    let pulled = trigger.clone();
    let mut run = roam();
    let shooter = lab.add(SHOOTER_LINK_MS, move |rng, now| {
        let (aim, frames) = pulled.get();
        pulled.set((aim, i32::max(frames - 1, 0)));
        ArenaInput {
            aim,
            rail: frames > 0,
            ..run(rng, now)
        }
    });
    let shooter = shooter.map_err(refused)?;
    lab.run(Duration::from_secs(3), |_| {});
    let (mut shots, mut hits) = (0, 0);
    while shots < SHOTS && !lab.closed {
        lab.run(Duration::from_millis(50), |_| {});
        let Some(aim) = aim_in_the_open(&lab, shooter, runner) else {
            continue;
        };
        let before = judged(&lab, shooter);
        trigger.set((aim, 2));
        lab.run(PAUSE, |_| {});
        let after = judged(&lab, shooter);
        // A shooter who is dead when the shot should leave does not shoot.
        if after.0 > before.0 {
            shots += 1;
            hits += after.1 - before.1;
        }
    }
    Ok(f64::from(hits) / f64::from(shots))
}

/// Where to aim to hit the centre of the target as the shooter sees it, if it stands in the open there.
fn aim_in_the_open(lab: &Lab<ArenaGame>, shooter: usize, runner: usize) -> Option<f32> {
    let core = &lab.players.get(shooter)?.core;
    let target = lab.players.get(runner)?.core.avatar_entity()?;
    let me = core.component::<Body>(core.avatar_entity()?)?;
    let it = core.component::<Body>(target)?;
    let map: &ArenaMap = lab.room().room().map();
    let sides = [(-OPEN_M, 0.0), (OPEN_M, 0.0), (0.0, -OPEN_M), (0.0, OPEN_M)];
    let in_the_open = sides
        .iter()
        .all(|(dx, dy)| map.line_of_sight((me.x, me.y), (it.x + dx, it.y + dy)));
    let (dx, dy) = (it.x - me.x, it.y - me.y);
    let far = dx.hypot(dy) >= AWAY_M;
    (me.alive && it.alive && in_the_open && far).then(|| angle_of(dx, dy))
}

/// The number of shots that the server has told the shooter about, and the number of hits among them.
fn judged(lab: &Lab<ArenaGame>, shooter: usize) -> (u32, u32) {
    let events = lab.players.get(shooter).into_iter();
    let events = events.flat_map(|player| &player.events);
    let hits = events.filter_map(|event| match event {
        ClientEvent::Room(RoomEvent::Game(ArenaEvent::Rewound { hit, .. })) => Some(*hit),
        _ => None,
    });
    hits.fold((0, 0), |(shots, hits), hit| {
        (shots + 1, hits + u32::from(hit))
    })
}
