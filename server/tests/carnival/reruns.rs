//! A room that is run again is the same: a recorded inbox gives the same hash at every tick, with and without a save and
//! a restore, for all that a game can do.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_room::{Arrival, ClientId, Inbound, RoomConfig, RoomCore, Sender};
use tickwire_shared::codec;
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;

use crate::game::{CarnivalGame, Options};
use crate::rules::{Ask, Carnival, Steps};

const TICKS: u32 = 1200;
const PEOPLE: u32 = 6;

fn config(first_tick: u32) -> RoomConfig {
    RoomConfig {
        seed: 7,
        first_tick: Tick(first_tick),
        grace_ticks: 100,
        chat_lines: 5,
        chat_span_ticks: 200,
    }
}

fn token(n: u32) -> ResumeToken {
    ResumeToken(u128::from(n).to_le_bytes())
}

/// The input of one tick, early, in time or late.
fn step(rng: &mut Pcg64Mcg, n: u32, tick: Tick) -> Inputs<Steps> {
    Inputs {
        first_sequence: InputSequence(n + 1),
        first_tick: tick.plus(2).minus(rng.random_range(0..4)),
        viewed_tick: tick.minus(6),
        viewed_part: rng.random(),
        inputs: [Steps {
            right: rng.random_range(-1..=1),
            down: rng.random_range(-1..=1),
            throws: rng.random_bool(0.05),
        }]
        .into_iter()
        .collect(),
    }
}

/// What some people do, tick by tick: they come, walk, ask, are lost, come back, are thrown out.
fn recorded<const HZ: u32, const TPS: u32>(first_tick: u32, seed: u64) -> Vec<Vec<u8>> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut record = Vec::new();
    let mut newest = 0;
    let mut seats = BTreeMap::new();
    let mut senders: Vec<Option<Sender>> = vec![None; PEOPLE as usize];
    // A first run finds out which players the clients become.
    let mut room = RoomCore::<CarnivalGame<HZ, TPS>>::open(Options::default(), config(first_tick));
    for n in 0..TICKS {
        let tick = Tick(first_tick).plus(n);
        let mut inbox: Vec<Inbound<Carnival<HZ, TPS>>> = Vec::new();
        for (place, sender) in senders.iter_mut().enumerate() {
            let Some(known) = *sender else {
                if rng.random_bool(0.05) {
                    newest += 1;
                    let resumes = rng.random_bool(0.5) && newest > PEOPLE;
                    let before = newest - rng.random_range(1..PEOPLE).min(newest);
                    let seat = seats.get(&ClientId(before.into()));
                    let before = token(before).of(seat.copied().unwrap_or_default());
                    inbox.push(Inbound::Join {
                        client: ClientId(newest.into()),
                        name: format!("p{place}"),
                        token: token(newest),
                        resume: resumes.then_some(before),
                    });
                    *sender = Some(Sender {
                        player: PlayerId(0),
                        client: ClientId(newest.into()),
                    });
                }
                continue;
            };
            match rng.random_range(0..400) {
                0 => {
                    inbox.push(Inbound::Lost(known));
                    *sender = None;
                    continue;
                }
                1 => inbox.push(Inbound::Command(known, Ask::Out)),
                2..8 => inbox.push(Inbound::Command(known, Ask::Change)),
                8..12 => inbox.push(Inbound::Command(known, Ask::Look(Some((9, 90))))),
                12..14 => inbox.push(Inbound::Chat(known, "well".into())),
                14..40 => inbox.push(Inbound::Arrived(known)),
                40..60 => inbox.push(Inbound::RoundTrip(known, 40_000)),
                _ => {}
            }
            inbox.push(Inbound::Inputs(
                known,
                Arrival::at(room.room().tick()),
                step(&mut rng, n, tick),
            ));
        }
        record.push(codec::encode(&inbox).unwrap());
        room.tick(&mut inbox, &mut ());
        for sender in senders.iter_mut().flatten() {
            let mut held = room.connections();
            let held = held.find(|held| held.client == sender.client);
            sender.player = held.map_or(PlayerId(0), |held| held.player);
            seats.insert(sender.client, sender.player);
        }
        // Those that were refused or thrown out come again.
        for sender in &mut senders {
            *sender = sender.filter(|sender| sender.player != PlayerId(0));
        }
    }
    record
}

fn run<const HZ: u32, const TPS: u32>(
    record: &[Vec<u8>],
    first_tick: u32,
    restored_at: &[usize],
) -> (Vec<u64>, Vec<String>) {
    let config = config(first_tick);
    let mut room = RoomCore::<CarnivalGame<HZ, TPS>>::open(Options::default(), config);
    let (mut hashes, mut pictures) = (Vec::new(), Vec::new());
    for (n, bytes) in record.iter().enumerate() {
        if restored_at.contains(&n) {
            room = RoomCore::restore(&room.save().unwrap(), config).unwrap();
        }
        let inbox = codec::decode::<Vec<Inbound<Carnival<HZ, TPS>>>, 1_000_000>(bytes);
        room.tick(&mut inbox.unwrap(), &mut ());
        hashes.push(room.hash().unwrap());
        if n % 60 == 59 {
            let states = room
                .channels()
                .map(|channel| room.channel_state(channel, 1));
            pictures.push(format!("{:?}", states.collect::<Vec<_>>()));
        }
    }
    (hashes, pictures)
}

fn again<const HZ: u32, const TPS: u32>(first_tick: u32, seed: u64) {
    let record = recorded::<HZ, TPS>(first_tick, seed);
    let (first, pictures) = run::<HZ, TPS>(&record, first_tick, &[]);
    assert!(
        pictures.windows(2).all(|pair| pair[0] != pair[1]),
        "it plays"
    );
    for restored_at in [&[][..], &[1], &[72, 73, 74, 75], &[500, 901]] {
        let (again, _) = run::<HZ, TPS>(&record, first_tick, restored_at);
        let differs = first.iter().zip(&again).position(|(a, b)| a != b);
        assert_eq!(differs, None, "restored at {restored_at:?}");
    }
    let other = recorded::<HZ, TPS>(first_tick, seed + 1);
    let (_, other) = run::<HZ, TPS>(&other, first_tick, &[]);
    assert_ne!(pictures.last(), other.last(), "what people do matters");
}

#[test]
fn a_room_that_is_run_again_is_the_same_at_any_rate() {
    again::<60, 2>(0, 1);
    again::<30, 3>(5, 2);
    again::<20, 4>(0, 3);
    again::<20, 1>(0, 4);
}

#[test]
fn a_room_that_is_run_again_is_the_same_where_ticks_wrap() {
    again::<60, 2>(u32::MAX - 600, 5);
    again::<60, 3>(u32::MAX - 100, 6);
}

/// What clients hold of channels goes by the entities' channels, which a save must keep as they are.
#[test]
fn a_restored_room_tells_what_the_other_tells() {
    let record = recorded::<60, 2>(0, 9);
    let inbox =
        |bytes: &[u8]| codec::decode::<Vec<Inbound<Carnival<60, 2>>>, 1_000_000>(bytes).unwrap();
    let mut room = RoomCore::<CarnivalGame<60, 2>>::open(Options::default(), config(0));
    for bytes in &record[..300] {
        room.tick(&mut inbox(bytes), &mut ());
    }
    let mut twin =
        RoomCore::<CarnivalGame<60, 2>>::restore(&room.save().unwrap(), config(0)).unwrap();
    let rows = |room: &RoomCore<CarnivalGame<60, 2>>| {
        let channels = room.channels().collect::<Vec<_>>();
        let states = channels.into_iter().filter_map(|channel| {
            let state = room.channel_state(channel, 1)?;
            let ids = state.tables.iter().map(|table| table.ids.clone());
            let ids = ids.collect::<Vec<_>>();
            ids.iter()
                .any(|ids| !ids.is_empty())
                .then_some((channel, ids))
        });
        states.collect::<Vec<_>>()
    };
    for (n, bytes) in record[300..].iter().enumerate() {
        room.tick(&mut inbox(bytes), &mut ());
        twin.tick(&mut inbox(bytes), &mut ());
        assert_eq!(rows(&room), rows(&twin), "{n} ticks after the save");
    }
    assert!(rows(&room).len() > 3, "there is something to compare");
}
