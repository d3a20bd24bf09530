//! Channels and interest, played by real rooms and real client cores in virtual time: who sees what, whatever their links
//! do; and what happens when a client holds something else than it should.

mod prairie;

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

/// Rides in a straight line for seconds, then in another.
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

/// True when the client has heard of the newest snapshot; then it must hold just what it should.
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
        // What is drawn does not matter here; a client speaks ten times a second.
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
        assert!(!player.events.iter().any(broken));
        assert_eq!(player.core.stats(lab.now).desyncs, 0);
    }
}

/// Now and then something happens to a client's connection.
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
        // A seat whose grace is over is gone: the core forgets its token and comes anew.
        player.core.handle_disconnected(refusal.reason.code());
        lab.disconnect(index);
    }
    if lab.players[index].core.player().is_none() && rng.random_bool(0.3) {
        lab.players[index].reads = true;
        lab.begin_connect(index).unwrap();
    }
}

/// What every client should hold after every tick, for as long as it may be on its way.
#[derive(Default)]
struct Record {
    /// (tick, stride) -> channel -> hash of what is held.
    states: BTreeMap<(u32, u32), BTreeMap<ChannelId, u64>>,
    /// (tick, player) -> what the player sees.
    seen: BTreeMap<(u32, PlayerId), Vec<ChannelId>>,
    /// The first tick that was noted.
    began: Option<Tick>,
    noted: Option<Tick>,
    /// By client: the tick that was last compared.
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

    /// True when the client has heard of another tick; then it must hold just what it should after that one.
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
fn what_crosses_a_border_before_somebodys_eyes_is_never_lost_and_never_there_twice() {
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
    // Both to one corner; then the rider goes to and fro over cells that the watcher sees.
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

#[test]
fn a_flipped_bit_is_found_within_sixty_ticks_told_and_healed() {
    for grid in [false, true] {
        let mut lab = Lab::<PrairieGame>::new(
            Options {
                grid,
                ..Options::default()
            },
            5,
        );
        let index = add(&mut lab, 10, 5);
        lab.run(Duration::from_secs(2), |_| {});
        let mut founds = 0;
        for flip in 0..40 {
            let core = &mut lab.players[index].core;
            let before = core.stats(lab.now).desyncs;
            let channels = core.channels().filter(|channel| *channel != ChannelId::OWN);
            let full = channels
                .collect::<Vec<_>>()
                .into_iter()
                .filter(|channel| {
                    core.heard(*channel)
                        .is_some_and(|(_, state)| state.row_count() > 0)
                })
                .collect::<Vec<_>>();
            let channel = full[flip % full.len()];
            let state = core.tamper(channel).unwrap();
            let table = state
                .tables
                .iter_mut()
                .find(|table| !table.ids.is_empty())
                .unwrap();
            let entity = table.ids[0];
            match table.values.first_mut() {
                Some(value) if flip % 2 == 0 => *value ^= 1,
                _ => table.ids[0] = 0,
            }
            let tampered = lab.room().room().tick();
            let mut found = None;
            lab.run(Duration::from_secs(2), |lab| {
                let stats = lab.players[index].core.stats(lab.now);
                if stats.desyncs > before && found.is_none() {
                    found = Some(lab.room().room().tick());
                }
            });
            if let Some(found) = found {
                let took = found.since(tampered);
                assert!(took <= 60, "found after {took} ticks");
                let last = lab.players[index].core.stats(lab.now).desync_last;
                let last = last.unwrap();
                assert_eq!(last.channel, channel.0);
                let core = &lab.players[index].core;
                let stays = core.heard(channel).is_some_and(|(_, state)| {
                    let mut ids = state.tables.iter().flat_map(|table| &table.ids);
                    ids.any(|id| *id == entity)
                });
                let is_named = [entity, 0].contains(&last.entity);
                assert!(is_named || !stays, "{last:?} instead of {entity}");
                founds += 1;
            }
            let mut same = 0;
            lab.run(Duration::from_secs(1), |lab| {
                same += u32::from(holds_the_same(lab, index))
            });
            assert!(same > 0, "and healed");
        }
        let text = lab.metrics().text();
        assert!(
            text.contains(&format!("tickwire_desyncs_total {founds}")),
            "{text}"
        );
        // What was wrong may also leave, or be said anew, before anybody looks.
        assert!(founds >= 20, "{founds} of 40");
    }
}

#[test]
fn an_own_channel_that_is_wrong_is_healed_too() {
    let mut lab = Lab::<PrairieGame>::new(Options::default(), 5);
    let index = add(&mut lab, 10, 0);
    lab.run(Duration::from_secs(2), |_| {});
    let pouches = Prairie::schema()
        .tables
        .iter()
        .position(|table| table.owner_only)
        .unwrap();
    let gold = |lab: &Lab<PrairieGame>| {
        let (_, state) = lab.players[index].core.heard(ChannelId::OWN).unwrap();
        state.tables[pouches].values[0]
    };
    // Right after a change, so that the next one does not heal it before it is found.
    let before = gold(&lab);
    while gold(&lab) == before {
        lab.run(Duration::from_millis(20), |_| {});
    }
    let state = lab.players[index].core.tamper(ChannelId::OWN).unwrap();
    state.tables[pouches].values[0] += 1;
    lab.run(Duration::from_millis(1000), |_| {});
    assert_eq!(lab.players[index].core.stats(lab.now).desyncs, 1);
    assert_eq!(gold(&lab) % 7, 0, "as the game counts it");
}

#[test]
fn a_room_at_rest_tells_little_and_wakes_at_once() {
    let mut lab = Lab::<PrairieGame>::new(
        Options {
            cattle: 0,
            ..Options::default()
        },
        5,
    );
    let index = add(&mut lab, 20, 0);
    let other = add(&mut lab, 20, 0);
    for index in [index, other] {
        lab.players[index].play = Box::new(|_, _| Ride::default());
    }
    lab.run(Duration::from_secs(3), |_| {});
    let messages = lab.players[index].messages_down;
    lab.run(Duration::from_secs(10), |_| {});
    let rate = (lab.players[index].messages_down - messages) / 10;
    assert!((3..=8).contains(&rate), "{rate} messages a second");
    // The other one starts: on this screen it must not creep through all of the rest before it.
    lab.players[other].play = Box::new(|_, _| Ride { right: 1, down: 0 });
    let id = lab.players[other].core.avatar_entity().unwrap();
    let seen = |lab: &Lab<PrairieGame>| lab.players[index].core.component::<Body>(id);
    let Some(start) = seen(&lab) else {
        return;
    };
    let (began, mut first) = (lab.now, None);
    lab.run(Duration::from_millis(400), |lab| {
        if first.is_none() && seen(lab).is_some_and(|body| body.x != start.x) {
            first = Some(lab.now - began);
        }
    });
    let first = first.unwrap();
    assert!(first < Duration::from_millis(250), "moves after {first:?}");
    assert!(holds_the_same(&lab, index) || lab.compare(index).is_none());
}

#[test]
fn a_hidden_tab_gets_an_eighth_and_comes_back_with_one_keyframe() {
    let mut lab = Lab::<PrairieGame>::new(
        Options {
            grid: false,
            ..Options::default()
        },
        5,
    );
    let index = add(&mut lab, 20, 5);
    lab.run(Duration::from_secs(2), |_| {});
    let played = |lab: &mut Lab<PrairieGame>| {
        let (bytes, messages) = (
            lab.players[index].bytes_down,
            lab.players[index].messages_down,
        );
        lab.run(Duration::from_secs(10), |_| {});
        let player = &lab.players[index];
        (player.bytes_down - bytes, player.messages_down - messages)
    };
    let (bytes, _) = played(&mut lab);
    lab.players[index].core.set_hidden(true);
    lab.run(Duration::from_secs(1), |_| {});
    let keyframes = lab.players[index].core.stats(lab.now).keyframes;
    let (hidden_bytes, hidden_messages) = played(&mut lab);
    // And an answer to a ping a second.
    assert!((44..=50).contains(&hidden_messages), "{hidden_messages}");
    assert!(hidden_bytes * 3 < bytes, "{hidden_bytes} of {bytes}");
    lab.players[index].core.set_hidden(false);
    let mut same = 0;
    lab.run(Duration::from_secs(1), |lab| {
        same += u32::from(holds_the_same(lab, index))
    });
    let stats = lab.players[index].core.stats(lab.now);
    assert_eq!(
        (stats.keyframes - keyframes, stats.stride),
        (2, 1),
        "the global one and the team's"
    );
    assert!(same > 10);
}

#[test]
fn a_slow_client_sees_its_rungs_and_sees_less_far_and_recovers() {
    let mut lab = Lab::<PrairieGame>::new(Options::default(), 5);
    let index = add(&mut lab, 5, 0);
    lab.players[index].play = Box::new(|_, _| Ride::default());
    lab.run(Duration::from_secs(2), |_| {});
    let far = lab.players[index].core.stats(lab.now).channels;
    let mut rungs = std::collections::BTreeSet::new();
    // Its socket takes a message every 0.4 s.
    let mut until = |lab: &mut Lab<PrairieGame>, rung: Rung, every_ms: u128| {
        for _ in 0..200 {
            lab.run(Duration::from_millis(100), |lab| {
                let player = &mut lab.players[index];
                player.reads = lab.now.as_millis() % every_ms < 17;
                rungs.insert(player.core.stats(lab.now).rung);
            });
            assert!(lab.players[index].closed.is_none());
            if lab.players[index].core.stats(lab.now).rung == rung {
                return;
            }
        }
        panic!("{rung:?} never came: {rungs:?}");
    };
    until(&mut lab, Rung::HalfRate, 400);
    assert!(
        lab.metrics()
            .text()
            .contains("tickwire_clients{rung=\"half_rate\"} 1")
    );
    until(&mut lab, Rung::LessInterest, 400);
    until(&mut lab, Rung::LessInterest, 1);
    lab.run(Duration::from_secs(1), |_| {});
    let near = lab.players[index].core.stats(lab.now).channels;
    assert!(near * 2 < far, "{near} channels of {far}");
    until(&mut lab, Rung::HalfRate, 1);
    until(&mut lab, Rung::Current, 1);
    lab.run(Duration::from_secs(1), |_| {});
    let stats = lab.players[index].core.stats(lab.now);
    assert_eq!(
        (stats.rung, stats.stride, stats.channels),
        (Rung::Current, 1, far)
    );
    let late = |rung: &Rung| [Rung::Merged, Rung::Restarted].contains(rung);
    assert!(rungs.iter().any(late));
}
