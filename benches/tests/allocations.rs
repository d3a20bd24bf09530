//! A room in full play takes no memory from tick to tick: it already has everything that a tick needs. Nor does what
//! is around the room, where messages come in and go out; what reads and writes frames is counted beside it, in the
//! server's net layer. This is a test binary of its own, because
//! it counts what its threads allocate.

use std::time::Duration;

use allocation_counter::measure;
use tickwire_benches::field::{FieldGame, FieldOptions, Heading};
use tickwire_benches::script::ScriptedRoom;
use tickwire_server::Seat;
use tickwire_server::lab::Lab;
use tickwire_shared::codec;
use tickwire_shared::ids::{InputSequence, ResumeToken, Tick};
use tickwire_shared::message::{ClientMessage, Inputs, ServerMessage};

/// Ticks to play first: by then, everything that grows with play has grown.
const SETTLE_TICKS: usize = 3000;
const TICKS: usize = 200;

/// Allocations in the room within [`TICKS`] ticks.
macro_rules! allocations {
    ($script:expr) => {{
        let mut script = $script;
        let mut inbox = Vec::new();
        for _ in 0..SETTLE_TICKS {
            script.fill_inbox(&mut inbox);
            script.room.tick(&mut inbox, &mut ());
        }
        let mut allocations = 0;
        for _ in 0..TICKS {
            script.fill_inbox(&mut inbox);
            let counted = measure(|| {
                script.room.tick(&mut inbox, &mut ());
            });
            allocations += counted.count_total;
        }
        allocations
    }};
}

fn field(interest: bool) -> FieldOptions {
    FieldOptions {
        seen_of: interest.then_some(200),
        ..FieldOptions::default()
    }
}

#[test]
fn a_field_in_which_all_see_all_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::field(field(false), 200, 7)), 0);
}

#[test]
fn a_field_with_interest_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::field(field(true), 200, 7)), 0);
}

#[test]
fn an_arena_of_eight_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::arena(8, 7)), 0);
}

/// One tick for everybody: inputs in, the hosted room's tick, messages out. Making the inputs is not counted.
fn allocations_around(lab: &mut Lab<FieldGame>, seats: &mut [Seat], message: &mut Vec<u8>) -> u64 {
    let tick = lab.room().room().tick();
    let inputs = |seat: usize| {
        let inputs = Inputs {
            first_sequence: InputSequence(tick.0 + 1),
            first_tick: tick,
            viewed_tick: Tick(tick.0.saturating_sub(2)),
            viewed_part: 0,
            inputs: vec![Heading {
                turn: (tick.0 as usize * (29 + seat)) as u8,
            }]
            .into(),
        };
        codec::encode(&ClientMessage::<Heading, ()>::Inputs(inputs)).unwrap()
    };
    let inputs = (0..seats.len()).map(inputs).collect::<Vec<_>>();
    let counted = measure(|| {
        let now = lab.instant();
        for (seat, inputs) in seats.iter().zip(&inputs) {
            seat.port.deliver(now, now, inputs).unwrap();
        }
        lab.run(Duration::from_millis(50), |_| {});
        for seat in seats.iter_mut() {
            message.clear();
            assert!(seat.feed.write_message(message).unwrap());
        }
    });
    counted.count_total
}

#[test]
fn a_players_way_in_and_out_allocates_nothing() {
    const PLAYERS: usize = 60;
    for interest in [false, true] {
        let mut lab = Lab::<FieldGame>::new(field(interest), 7);
        let (mut seats, mut message) = (Vec::new(), Vec::new());
        for _ in 0..PLAYERS {
            seats.push(lab.take_seat(None).unwrap());
            for seat in &mut seats {
                message.clear();
                seat.feed.write_message(&mut message).unwrap();
            }
        }
        for _ in 0..SETTLE_TICKS {
            allocations_around(&mut lab, &mut seats, &mut message);
        }
        let all = (0..TICKS).map(|_| allocations_around(&mut lab, &mut seats, &mut message));
        let all = all.sum::<u64>();
        // Some buffer grows when a client sees more than ever before.
        let most = (TICKS / 4) as u64;
        assert!(all <= most, "{all} allocations, interest: {interest}");
    }
}

fn token(seat: &Seat) -> ResumeToken {
    match codec::decode::<ServerMessage<()>, 4096>(&seat.welcome).unwrap() {
        ServerMessage::Welcome(welcome) => welcome.resume,
        _ => panic!("a welcome comes first"),
    }
}

/// Bytes that a room takes for each of its players when all of them come back in one tick, messages not counted.
fn bytes_of_a_return(players: usize) -> u64 {
    let mut lab = Lab::<FieldGame>::new(field(false), 7);
    let seats = lab.take_seats(&vec![None; players]).unwrap();
    lab.run(Duration::from_secs(1), |_| {});
    let tokens = seats.iter().map(|seat| Some(token(seat)));
    let tokens = tokens.collect::<Vec<_>>();
    let counted = measure(|| {
        let back = lab.take_seats(&tokens).unwrap();
        // Their first snapshot, with the roster, is made in the next tick at the latest.
        lab.run(Duration::from_millis(100), |_| {});
        assert_eq!(back.len(), players);
    });
    counted.bytes_total / players as u64
}

/// The roster is as long as the room has players, so it is made once for all who need it in the same tick.
#[test]
fn a_returning_player_takes_no_more_memory_where_there_are_more_players() {
    let (few, many) = (bytes_of_a_return(50), bytes_of_a_return(500));
    println!("{few} bytes of 50, {many} bytes of 500");
    assert!(many < few + few / 4, "{few} bytes of 50, {many} of 500");
}
