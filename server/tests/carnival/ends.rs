//! The ends of what a room holds, and what happens there: long rosters, skipped ticks, many wrong channels, connections
//! that come and go within a round trip.

use std::time::{Duration, Instant};

use tickwire_room::{RoomConfig, RoomCore};
use tickwire_server::lab::Lab;
use tickwire_server::{Delivery, Seat};
use tickwire_shared::close::CloseReason;
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, ResumeToken, Tick};
use tickwire_shared::message::{ClientMessage, ServerMessage};

use crate::game::{CarnivalGame, Options, take_said};
use crate::rules::{Ask, Steps};
use crate::walk;

type Game = CarnivalGame<60, 2>;

fn plain() -> Options {
    Options {
        grid: false,
        ..Options::default()
    }
}

#[test]
fn a_newcomer_hears_of_two_thousand_players_with_long_names() {
    let options = Options {
        crowd: 2000,
        ..plain()
    };
    let mut lab = Lab::<Game>::new(options, 1);
    let index = lab.add((20, 0), walk()).unwrap();
    lab.run(Duration::from_secs(1), |_| {});
    let room = lab.room().room();
    let known = lab.players[index].core.players();
    assert!(known.len() > 2000);
    assert!(
        room.players()
            .all(|player| known[&player.id].name == player.name)
    );
}

/// The room stands still for half a second. Then its clients are in control again within 10 ticks, and what they draw
/// does not go back.
#[test]
fn after_skipped_ticks_clients_are_in_control_and_drawn_time_goes_on() {
    let mut lab = Lab::<Game>::new(plain(), 2);
    let index = lab.add((30, 5), walk()).unwrap();
    let holds = |right| {
        let steps = Steps {
            right,
            ..Steps::default()
        };
        Box::new(move |_: &mut _, _| steps.clone())
    };
    lab.players[index].play = holds(1);
    lab.run(Duration::from_secs(5), |_| {});
    for (round, skipped) in [8, 30, 90, 200].into_iter().enumerate() {
        let right = if round % 2 == 0 { -1 } else { 1 };
        lab.skip_ticks(skipped);
        lab.players[index].play = holds(right);
        let (mut ticks, mut control, mut drawn) = (0, None, f64::MIN);
        lab.run(Duration::from_secs(8), |lab| {
            ticks += u32::from(lab.ticked);
            let player = lab.players[index].core.player().unwrap();
            let input = &lab.room().room().player(player).unwrap().input;
            if input.right == right && ticks > 0 {
                control.get_or_insert(ticks);
            }
            let tick = lab.players[index].core.drawn().drawn_tick;
            assert!(tick > drawn - 0.5, "drawn time went from {drawn} to {tick}");
            drawn = tick.max(drawn);
        });
        let control = control.expect("it is in control again");
        assert!(control <= 10, "after {control} ticks, {skipped} skipped");
    }
}

#[test]
fn more_wrong_channels_than_are_healed_one_by_one_are_all_healed() {
    let mut lab = Lab::<Game>::new(Options::default(), 3);
    for _ in 0..60 {
        lab.add((10, 0), walk()).ok();
    }
    let index = 0;
    let seen = Box::new(|_: &mut _, _| Steps::default());
    lab.players[index].play = seen;
    lab.run(Duration::from_secs(2), |_| {});
    // A row that nobody has, in each channel: even those without an entity differ.
    let channels = lab.players[index].core.channels();
    let channels = channels.filter(|channel| *channel != ChannelId::OWN);
    let channels = channels.collect::<Vec<_>>();
    assert!(channels.len() > 32, "{}", channels.len());
    for channel in &channels {
        // The last table is that of tunes, of one field.
        let tables = &mut lab.players[index].core.tamper(*channel).unwrap().tables;
        let table = tables.last_mut().unwrap();
        table.ids.push(u32::MAX);
        table.values.push(0);
    }
    lab.run(Duration::from_secs(6), |_| {});
    assert!(lab.players[index].core.stats(lab.now).desyncs > 32);
    let mut same = 0;
    lab.run(Duration::from_secs(2), |lab| {
        if let Some(compared) = lab.compare(index) {
            compared.unwrap();
            same += 1;
        }
    });
    assert!(same > 10);
}

/// What a client knows of its seat when it has its welcome.
fn token(seat: &Seat) -> ResumeToken {
    match codec::decode::<ServerMessage<()>, 4096>(&seat.welcome).unwrap() {
        ServerMessage::Welcome(welcome) => welcome.resume,
        _ => panic!("a welcome comes first"),
    }
}

fn says(seat: &Seat, message: ClientMessage<Steps, Ask>) {
    let bytes = codec::encode(&message).unwrap();
    let now = Instant::now();
    let taken = seat.port.deliver(now, now, &bytes);
    assert!(matches!(taken, Ok(Delivery::Taken)));
}

#[test]
fn late_messages_of_a_replaced_connection_do_not_count() {
    let mut lab = Lab::<Game>::new(plain(), 4);
    let first = lab.take_seat(None).unwrap();
    says(&first, ClientMessage::Hidden(false));
    lab.run(Duration::from_millis(100), |_| {});
    let second = lab.take_seat(Some(token(&first))).unwrap();
    assert_eq!(second.player, first.player);
    let replaced = first.feed.ending().refusal().unwrap();
    assert_eq!(replaced.reason, CloseReason::Replaced);
    says(&second, ClientMessage::Hidden(false));
    lab.run(Duration::from_millis(100), |_| {});
    says(&first, ClientMessage::Command(Ask::Out));
    let now = Instant::now();
    let _ = first.port.deliver(
        now,
        now,
        &codec::encode(&ClientMessage::<Steps, Ask>::Goodbye).unwrap(),
    );
    drop(first);
    lab.run(Duration::from_millis(100), |_| {});
    let player = lab.room().room().player(second.player).unwrap();
    assert!(!player.away);
    assert_eq!(second.feed.ending().refusal(), None);
}

/// A page is loaded again before its welcome can have come, and the hello of the one before comes last.
#[test]
fn hellos_that_overtake_each_other_lock_nobody_out() {
    let options = Options {
        seats: 1,
        ..plain()
    };
    let mut lab = Lab::<Game>::new(options, 5);
    let first = lab.take_seat(None).unwrap();
    says(&first, ClientMessage::Hidden(false));
    lab.run(Duration::from_millis(100), |_| {});
    let (known, player) = (token(&first), first.player);
    drop(first);
    lab.run(Duration::from_millis(100), |_| {});
    let newest = lab.take_seat(Some(known)).unwrap();
    let abandoned = lab.take_seat(Some(known)).unwrap();
    let told = newest.feed.ending().refusal().unwrap();
    assert_eq!(told.reason, CloseReason::Overtaken);
    let back = lab.take_seat(Some(token(&newest))).unwrap();
    says(&back, ClientMessage::Hidden(false));
    drop(abandoned);
    lab.run(Duration::from_millis(100), |_| {});
    assert_eq!(back.player, player);
    assert_eq!(back.feed.ending().refusal(), None);
    assert_eq!(lab.room().room().people(), 1);
    // Now the others are no longer good.
    let refused = lab.take_seat(Some(known)).err().unwrap();
    assert_eq!(refused.reason, CloseReason::ResumeRefused);
}

#[test]
fn in_a_full_room_lost_welcomes_lock_nobody_out() {
    let options = Options {
        seats: 1,
        ..plain()
    };
    let mut lab = Lab::<Game>::new(options, 6);
    // A newcomer whose welcome never comes has no token. Its seat is free again.
    for _ in 0..3 {
        drop(lab.take_seat(None).unwrap());
        lab.run(Duration::from_millis(50), |_| {});
    }
    let seat = lab.take_seat(None).unwrap();
    says(&seat, ClientMessage::Hidden(false));
    lab.run(Duration::from_millis(50), |_| {});
    let known = token(&seat);
    drop(seat);
    // However often the welcome is lost, the token before it is good.
    for _ in 0..20 {
        lab.run(Duration::from_millis(50), |_| {});
        drop(lab.take_seat(Some(known)).unwrap());
    }
    assert_eq!(lab.room().room().people(), 1);
}

#[test]
fn an_entity_that_is_put_in_no_channel_is_where_its_position_says_or_everywhere() {
    for grid in [false, true] {
        take_said();
        let options = Options {
            grid,
            ..Options::default()
        };
        let config = RoomConfig {
            seed: 1,
            first_tick: Tick(0),
            grace_ticks: 1,
            chat_lines: 1,
            chat_span_ticks: 1,
        };
        let mut room = RoomCore::<Game>::open(options, config);
        for _ in 0..300 {
            room.tick(&mut Vec::new(), &mut ());
            // The game puts it into one troupe's channel, the other's, and none, 71 ticks each.
            let at = room.room().tick().0.saturating_sub(1);
            if at == 0 || at % 2 == 1 {
                continue;
            }
            let global = room.channel_state(ChannelId::GLOBAL, 1);
            let strays = global
                .and_then(|state| state.tables.last())
                .map_or(0, |tunes| tunes.ids.len());
            let away = at / 71 % 3 != 2;
            assert_eq!(strays, usize::from(!away), "tick {at}, grid {grid}");
        }
    }
}
