//! A room is deterministic: a recorded inbox that is run again gives the same hash at every tick, also with a save and
//! a restore in the middle. It is shown on the arena, with people, bots, chat, lost connections and a resume.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{Arena, ArenaInput};
use tickwire_arena_server::ArenaGame;
use tickwire_room::{Arrival, ClientId, Game, Inbound, RoomConfig, RoomCore, Sender};
use tickwire_shared::codec;
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;

const TICKS: u32 = 4000;
const CONFIG: RoomConfig = RoomConfig {
    seed: 7,
    first_tick: Tick(0),
    grace_ticks: 300,
    chat_lines: 5,
    chat_span_ticks: 600,
};

fn random_input(rng: &mut Pcg64Mcg) -> ArenaInput {
    ArenaInput {
        right: rng.random_range(-1..=1),
        down: rng.random_range(-1..=1),
        aim: rng.random_range(-3.0..3.0),
        fire: rng.random_bool(0.5),
        rail: rng.random_bool(0.1),
        dash: rng.random_bool(0.1),
        reload: rng.random_bool(0.05),
    }
}

/// What three people do, tick by tick, recorded as bytes.
fn recorded_inbox(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut held = vec![ArenaInput::default(); 3];
    let token = |n: u8| ResumeToken([n; 16]);
    let mut record = Vec::new();
    // Bots come in the first tick, so people come after them; the room numbers players in the order in which they came.
    let mut opened = RoomCore::<ArenaGame>::open(options(), CONFIG);
    opened.tick(&mut Vec::new(), &mut ());
    let bots = opened.room().players();
    let first_person = bots.map(|bot| bot.id.0).max().unwrap_or(0) + 1;
    let person = |n: u32, client: u64| Sender {
        player: PlayerId(first_person + n),
        client: ClientId(client),
    };
    for tick in 0..TICKS {
        let mut inbox: Vec<Inbound<Arena>> = Vec::new();
        match tick {
            10 | 60 | 110 => {
                let n = tick / 50;
                inbox.push(Inbound::Join {
                    client: ClientId(u64::from(n) + 1),
                    name: format!("p{n}"),
                    token: token(n as u8 + 1),
                    resume: None,
                });
            }
            11 | 61 | 111 => {
                let n = tick / 50;
                inbox.push(Inbound::Arrived(person(n, u64::from(n) + 1)));
            }
            700 => inbox.push(Inbound::Lost(person(0, 1))),
            820 => inbox.push(Inbound::Join {
                client: ClientId(9),
                name: "p0".into(),
                token: token(9),
                resume: Some(token(1).of(person(0, 1).player)),
            }),
            900 => inbox.push(Inbound::Chat(person(1, 2), "well met".into())),
            1500 => inbox.push(Inbound::Lost(person(2, 3))),
            2600 => inbox.push(Inbound::Left(person(1, 2))),
            _ => {}
        }
        for (n, held) in held.iter_mut().enumerate() {
            if rng.random_bool(0.1) {
                *held = random_input(&mut rng);
            }
            // Inputs come early, in time, late, or not at all.
            if rng.random_bool(0.95) {
                let resumed = n == 0 && tick >= 820;
                let client = if resumed { 9 } else { n as u64 + 1 };
                inbox.push(Inbound::Inputs(
                    person(n as u32, client),
                    Arrival::at(Tick(tick)),
                    Inputs {
                        first_sequence: InputSequence(tick + 1),
                        first_tick: Tick((tick + 2).saturating_sub(rng.random_range(0..4))),
                        viewed_tick: Tick(tick.saturating_sub(6)),
                        viewed_part: 0,
                        inputs: vec![held.clone()].into(),
                    },
                ));
            }
        }
        record.push(codec::encode(&inbox).unwrap());
    }
    record
}

fn options() -> <ArenaGame as Game>::Options {
    Default::default()
}

/// The room's hash after each tick. At `restore_at` the room is saved, thrown away and restored.
fn run(record: &[Vec<u8>], restore_at: Option<usize>) -> Vec<u64> {
    let mut room = RoomCore::<ArenaGame>::open(options(), CONFIG);
    let mut hashes = Vec::new();
    for (tick, bytes) in record.iter().enumerate() {
        if restore_at == Some(tick) {
            room = RoomCore::restore(&room.save().unwrap(), CONFIG).unwrap();
        }
        let mut inbox = codec::decode::<Vec<Inbound<Arena>>, 1_000_000>(bytes).unwrap();
        room.tick(&mut inbox, &mut ());
        hashes.push(room.hash().unwrap());
    }
    hashes
}

#[test]
fn a_recorded_inbox_run_again_gives_the_same_hash_at_every_tick() {
    let record = recorded_inbox(42);
    let first = run(&record, None);
    assert_eq!(first, run(&record, None), "the same room, twice");
    for restore_at in [5, 777, 2000, 3601] {
        let restored = run(&record, Some(restore_at));
        let differs = first.iter().zip(&restored).position(|(a, b)| a != b);
        assert_eq!(
            differs, None,
            "restored at {restore_at}, the first tick that differs"
        );
    }
}

#[test]
fn another_inbox_gives_another_hash() {
    let (a, b) = (run(&recorded_inbox(1), None), run(&recorded_inbox(2), None));
    assert_ne!(a.last(), b.last());
}

#[test]
fn bytes_that_are_no_saved_room_are_refused() {
    let mut saved = RoomCore::<ArenaGame>::open(options(), CONFIG)
        .save()
        .unwrap();
    assert!(RoomCore::<ArenaGame>::restore(&saved[..saved.len() - 1], CONFIG).is_err());
    saved.push(0);
    assert!(RoomCore::<ArenaGame>::restore(&saved, CONFIG).is_err());
    assert!(RoomCore::<ArenaGame>::restore(&[], CONFIG).is_err());
}
