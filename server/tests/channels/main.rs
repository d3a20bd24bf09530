//! Channels and interest, played by real rooms and real client cores in virtual time: what each client sees, whatever
//! its link does, and what happens when a client holds something else than it should.

mod healing;
mod prairie;
mod rungs;
mod wandering;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_server::lab::Lab;
use tickwire_shared::client::ClientEvent;
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::Rung;

use crate::prairie::{Body, Options, Prairie, PrairieGame, Ride};

/// Rides in a straight line for some seconds, then in another.
fn ride(rng: &mut Pcg64Mcg, now: Duration, held: &mut (u64, Ride)) -> Ride {
    let turn = now.as_millis() as u64 / 1500;
    if held.0 != turn {
        let right = rng.random_range(-1..=1);
        let down = rng.random_range(-1..=1);
        *held = (turn, Ride { right, down });
    }
    held.1.clone()
}

fn add(lab: &mut Lab<PrairieGame>, latency_ms: u64, jitter_ms: u64) -> usize {
    let mut held = (u64::MAX, Ride::default());
    let play = move |rng: &mut Pcg64Mcg, now: Duration| ride(rng, now, &mut held);
    lab.add((latency_ms, jitter_ms), play).unwrap()
}

/// True if the client has heard of the newest snapshot. Then it must hold exactly what it should.
fn holds_the_same(lab: &Lab<PrairieGame>, index: usize) -> bool {
    match lab.compare(index) {
        Some(Ok(())) => true,
        Some(Err(words)) => panic!("{words}"),
        None => false,
    }
}

#[test]
fn two_hundred_clients_of_any_speed_hold_what_the_server_holds_at_every_tick() {
    const CLIENTS: usize = 200;
    const TICKS: u32 = 10_000;
    let seed = 20_261;
    println!("seed {seed}");
    let mut lab = Lab::<PrairieGame>::new(Options::default(), seed);
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    for _ in 0..CLIENTS {
        let index = add(&mut lab, rng.random_range(0..80), rng.random_range(0..40));
        // What is drawn does not matter here. With ten frames a second a client speaks ten times a second.
        lab.players[index].frame = Duration::from_millis(100);
    }
    let mut record = Record::default();
    let mut compared = vec![0_u32; CLIENTS];
    let mut stalls = 0;
    while lab.room().room().tick().0 < TICKS {
        for index in 0..CLIENTS {
            trouble(&mut lab, index, &mut rng, &mut stalls);
        }
        lab.run(Duration::from_millis(500), |lab| {
            if lab.ticked {
                record.note(lab);
            }
            for (index, count) in compared.iter_mut().enumerate() {
                *count += u32::from(record.assert_same(lab, index));
            }
        });
    }
    let (least, all) = (compared.iter().min(), compared.iter().sum::<u32>());
    assert!(
        least.is_some_and(|least| *least > 50) && all > 250_000,
        "{compared:?}"
    );
    assert!(stalls > 100);
    for player in &lab.players {
        let broken = |event: &ClientEvent<u32>| matches!(event, ClientEvent::Broken(_));
        let broken = player.events.iter().find(|event| broken(event));
        assert_eq!(broken.map(|event| format!("{event:?}")), None);
        assert_eq!(player.core.stats(lab.now).desyncs, 0);
    }
}

/// Lets something happen to a client's connection now and then.
fn trouble(lab: &mut Lab<PrairieGame>, index: usize, rng: &mut Pcg64Mcg, stalls: &mut u32) {
    match rng.random_range(0..400) {
        0 => lab.disconnect(index),
        1..8 => {
            lab.players[index].reads = !lab.players[index].reads;
            *stalls += 1;
        }
        8..12 => {
            let core = &mut lab.players[index].core;
            let hidden = core.stats(Duration::ZERO).stride != 8;
            core.set_hidden(hidden);
        }
        _ => {}
    }
    let player = &mut lab.players[index];
    if let Some(refusal) = player.closed.take() {
        // After the grace time a seat is gone: the core forgets its token and joins anew.
        player.core.handle_disconnected(refusal.reason.code());
        lab.disconnect(index);
    }
    if lab.players[index].core.player().is_none() && rng.random_bool(0.3) {
        lab.players[index].reads = true;
        lab.begin_connect(index).unwrap();
    }
}

/// What every client should hold after every tick, kept for as long as it may be on its way.
#[derive(Default)]
struct Record {
    /// (tick, stride) -> channel -> hash of what is held.
    states: BTreeMap<(u32, u32), BTreeMap<ChannelId, u64>>,
    /// (tick, player) -> what the player sees.
    seen: BTreeMap<(u32, PlayerId), Vec<ChannelId>>,
    /// The first tick that was recorded.
    began: Option<Tick>,
    noted: Option<Tick>,
    /// By client: the last tick that was compared.
    compared: BTreeMap<usize, Tick>,
}

impl Record {
    fn note(&mut self, lab: &Lab<PrairieGame>) {
        let room = lab.room();
        let Some(tick) = room.last_snapshot() else {
            return;
        };
        self.began.get_or_insert(tick);
        if self.noted.replace(tick) == Some(tick) {
            return;
        }
        for stride in [1, 2, 8] {
            if (tick.0 / Prairie::TICKS_PER_SNAPSHOT).is_multiple_of(stride) {
                let state = |channel| Some((channel, room.channel_state(channel, stride)?.hash()));
                let states = room.channels().filter_map(state).collect();
                self.states.entry((tick.0, stride)).or_insert(states);
            }
        }
        for player in room.room().players() {
            let seen = || room.seen_by(player.id).to_vec();
            self.seen.entry((tick.0, player.id)).or_insert_with(seen);
        }
        let old = tick.0.saturating_sub(900);
        self.states = self.states.split_off(&(old, 0));
        self.seen = self.seen.split_off(&(old, PlayerId(0)));
    }

    /// True if the client has heard of another tick. Then it must hold exactly what it should hold after that tick.
    fn assert_same(&mut self, lab: &Lab<PrairieGame>, index: usize) -> bool {
        let core = &lab.players[index].core;
        let (Some(tick), Some(player)) = (core.newest_tick(), core.player()) else {
            self.compared.remove(&index);
            return false;
        };
        let is_old = self.began.is_none_or(|began| !tick.is_after(began));
        if is_old || self.compared.insert(index, tick) == Some(tick) {
            return false;
        }
        let stride = core.stats(lab.now).stride;
        let seen = &self.seen[&(tick.0, player)];
        let held = core.channels().filter(|channel| *channel != ChannelId::OWN);
        let held = held.collect::<Vec<_>>();
        assert_eq!(&held, seen, "what client {index} sees at {tick:?}");
        let states = &self.states[&(tick.0, stride)];
        for channel in held {
            let hash = core.heard(channel).map(|(_, state)| state.hash());
            let should = states.get(&channel).copied();
            assert_eq!(hash, should, "client {index} at {tick:?} in {channel:?}");
        }
        true
    }
}

#[test]
fn a_player_sees_what_is_near_and_its_own_teams_plan_and_nothing_else() {
    let mut lab = Lab::<PrairieGame>::new(Options::default(), 3);
    for _ in 0..4 {
        add(&mut lab, 10, 0);
    }
    lab.run(Duration::from_secs(1), |_| {});
    let schema = Prairie::schema();
    let bodies = schema.component_index("Body").unwrap();
    let plans = schema.component_index("Plan").unwrap();
    let mut fewest = usize::MAX;
    for _ in 0..20 {
        lab.run(Duration::from_secs(1), |_| {});
        for player in &lab.players {
            let view = player.core.drawn();
            let me = player.core.avatar_entity().unwrap();
            let at = player.core.component::<Body>(me).unwrap();
            let (xs, ys) = (view.tables[bodies].column(0), view.tables[bodies].column(1));
            for (x, y) in xs.iter().zip(ys) {
                let away = (x - f64::from(at.x)).hypot(y - f64::from(at.y));
                assert!(away < 30.0 + 5.0 + 15.0 + 5.0, "{away} m away is seen");
            }
            fewest = fewest.min(xs.len());
            assert_eq!(
                view.tables[plans].count, 1,
                "one plan, not the other team's"
            );
        }
    }
    assert!(fewest < 60, "of 154 riders and cattle");
    let of_teams = |index: usize| {
        let player = &lab.players[index];
        let events = player.events.iter().filter_map(|event| match event {
            ClientEvent::Room(RoomEvent::Game(number)) if *number >= 1_000_000 => Some(*number),
            _ => None,
        });
        (player.core.player().unwrap(), events.collect::<Vec<_>>())
    };
    for index in 0..4 {
        let (PlayerId(player), events) = of_teams(index);
        let own = 1_000_000 + PrairieGame::team(PlayerId(player)) as u32;
        assert!(!events.is_empty() && events.iter().all(|event| *event == own));
    }
}

#[test]
fn what_crosses_a_border_in_view_is_never_lost_and_never_there_twice() {
    let mut lab = Lab::<PrairieGame>::new(
        Options {
            cattle: 0,
            ..Options::default()
        },
        8,
    );
    let rider = add(&mut lab, 5, 0);
    let watcher = add(&mut lab, 5, 0);
    lab.players[watcher].play = Box::new(|_, _| Ride::default());
    // Both ride to one corner. Then the rider goes to and fro over cells that the watcher sees.
    lab.players[rider].play = Box::new(|_, _| Ride {
        right: -1,
        down: -1,
    });
    lab.players[watcher].play = Box::new(|_, _| Ride {
        right: -1,
        down: -1,
    });
    lab.run(Duration::from_secs(15), |_| {});
    lab.players[watcher].play = Box::new(|_, _| Ride::default());
    lab.players[rider].play = Box::new(|_, now| {
        let right = if now.as_secs() % 2 == 0 { 1 } else { -1 };
        Ride { right, down: 0 }
    });
    lab.run(Duration::from_millis(500), |_| {});
    let schema = Prairie::schema();
    let bodies = schema.component_index("Body").unwrap();
    let mut cells = std::collections::BTreeSet::new();
    lab.run(Duration::from_secs(20), |lab| {
        let view = lab.players[watcher].core.drawn();
        assert_eq!(view.tables[bodies].count, 2);
        let id = lab.players[rider].core.avatar_entity().unwrap();
        let seen = lab.players[watcher].core.component::<Body>(id).unwrap();
        cells.insert((seen.x / 10.0) as u32);
    });
    assert!(cells.len() >= 2, "it crossed borders: {cells:?}");
}
