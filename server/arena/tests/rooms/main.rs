//! Whole rooms in virtual time: the real room, the real client core, links that delay, jitter and stall as TCP does.

mod shots;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tickwire_arena::{Arena, ArenaAction, ArenaEvent, ArenaInput, ArenaSetup, Body};
use tickwire_shared::client::ClientEvent;
use tickwire_shared::close::CloseReason;
use tickwire_shared::codec;
use tickwire_shared::ids::ResumeToken;
use tickwire_shared::message::{ClientMessage, RoomEvent, ServerMessage};
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::{OwnAvatar, SnapshotMessage};

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_server::Seat;
use tickwire_server::lab::Lab;

fn arena(seed: u64, bots: u8) -> Lab<ArenaGame> {
    let options = ArenaOptions {
        bots,
        ..ArenaOptions::default()
    };
    Lab::new(options, seed)
}

/// A direction that changes every half second.
fn wander(rng: &mut Pcg64Mcg, now: Duration) -> ArenaInput {
    let turn = now.as_millis() / 500;
    let aim = rng.random_range(-3.0..3.0);
    ArenaInput {
        right: (turn * 7 % 3) as i8 - 1,
        down: (turn * 5 % 3) as i8 - 1,
        aim,
        ..ArenaInput::default()
    }
}

fn add(lab: &mut Lab<ArenaGame>, latency_ms: u64, jitter_ms: u64) -> usize {
    lab.add((latency_ms, jitter_ms), wander).unwrap()
}

/// True if the player's newest snapshot is the server's newest. Then the two must be equal.
fn assert_same_when_current(lab: &Lab<ArenaGame>, index: usize) -> bool {
    match lab.compare(index) {
        Some(Ok(())) => true,
        Some(Err(words)) => panic!("{words}"),
        None => false,
    }
}

#[test]
fn every_client_holds_what_the_server_holds_whatever_its_link_does() {
    let mut lab = arena(3, 6);
    for (latency_ms, jitter_ms) in [(0, 0), (5, 10), (0, 30), (12, 0)] {
        add(&mut lab, latency_ms, jitter_ms);
    }
    let mut compared = [0; 4];
    for second in 0..30 {
        // One player stops reading for a second now and then, another loses its connection.
        lab.players[1].reads = second % 5 != 2;
        if second % 9 == 7 {
            lab.disconnect(2);
            lab.connect(2).unwrap();
        }
        lab.run(Duration::from_secs(1), |lab| {
            for (index, count) in compared.iter_mut().enumerate() {
                *count += usize::from(assert_same_when_current(lab, index));
            }
        });
    }
    assert!(
        compared.iter().all(|count| *count > 500),
        "compared {compared:?} times"
    );
    assert!(lab.players.iter().all(|player| {
        !player
            .events
            .iter()
            .any(|event| matches!(event, ClientEvent::Broken(_)))
    }));
}

#[test]
fn the_own_avatar_is_never_corrected_while_nobody_interferes() {
    for (latency_ms, jitter_ms) in [(10, 2), (40, 15), (90, 10)] {
        let mut lab = arena(11, 0);
        let index = add(&mut lab, latency_ms, jitter_ms);
        lab.run(Duration::from_secs(5), |_| {});
        let before = lab.players[index].core.stats(lab.now).corrections;
        lab.run(Duration::from_secs(60), |_| {});
        let stats = lab.players[index].core.stats(lab.now);
        assert_eq!(
            stats.corrections - before,
            0,
            "at {latency_ms} ms, jitter {jitter_ms} ms: {stats:?}"
        );
        let applied = lab.players[index].core.applied_sequence().unwrap().0;
        assert!(
            (60 * 62..60 * 66).contains(&applied),
            "{applied} inputs applied in 65 s"
        );
        assert!(
            stats.input_lead_ticks < 2.0 + (latency_ms + jitter_ms) as f64 / 16.0 + 4.0,
            "{stats:?}"
        );
    }
}

#[test]
fn a_lost_player_comes_back_to_its_seat_with_a_new_token_each_time() {
    let mut lab = arena(5, 2);
    let index = add(&mut lab, 10, 0);
    lab.run(Duration::from_secs(2), |_| {});
    let player = lab.players[index].core.player();
    let token = lab.players[index].core.resume_token().unwrap();
    lab.disconnect(index);
    lab.run(Duration::from_secs(3), |_| {});
    lab.connect(index).unwrap();
    lab.run(Duration::from_secs(1), |_| {});
    assert_eq!(lab.players[index].core.player(), player);
    let resumed =
        |event: &ClientEvent<_, _>| matches!(event, ClientEvent::Welcome { resumed: true, .. });
    assert!(lab.players[index].events.iter().any(resumed));
    let second = lab.players[index].core.resume_token().unwrap();
    assert_ne!(token, second);

    // The first token is used up and a forged one was never valid. After the grace time the seat is gone.
    for bad in [token, ResumeToken([7; 16])] {
        let refused = lab.take_seat(Some(bad)).err();
        assert_eq!(
            refused.map(|refusal| refusal.reason),
            Some(CloseReason::ResumeRefused)
        );
    }
    add(&mut lab, 10, 0);
    lab.disconnect(index);
    lab.run(Duration::from_secs(11), |_| {});
    let refused = lab.connect(index).err().map(|refusal| refusal.reason);
    assert_eq!(refused, Some(CloseReason::ResumeRefused));
}

#[test]
fn a_client_that_resumes_a_seat_in_use_takes_it_over() {
    let mut lab = arena(5, 0);
    let index = add(&mut lab, 10, 0);
    lab.run(Duration::from_secs(1), |_| {});
    let token = lab.players[index].core.resume_token();
    let _seat = lab.take_seat(token).unwrap();
    lab.run(Duration::from_millis(60), |_| {});
    let reason = lab.players[index]
        .closed
        .as_ref()
        .map(|refusal| refusal.reason);
    assert_eq!(reason, Some(CloseReason::Replaced));
}

#[test]
fn a_lost_connection_with_a_late_writer_takes_nothing_from_the_one_that_resumed() {
    let mut lab = arena(5, 3);
    let Seat {
        port,
        feed: stuck_feed,
        welcome,
        ..
    } = lab.take_seat(None).unwrap();
    let welcome = ServerMessage::<ArenaSetup>::decode(&welcome);
    let Ok(ServerMessage::Welcome(welcome)) = welcome else {
        panic!("not a welcome");
    };
    let token = Some(welcome.resume);
    let hidden = ClientMessage::<ArenaInput, ()>::Hidden(false);
    let hidden = codec::encode(&hidden).unwrap();
    port.deliver(Instant::now(), Instant::now(), &hidden)
        .unwrap();
    drop(port);
    let mut seat = lab.take_seat(token).unwrap();
    lab.run(Duration::from_millis(60), |_| {});
    let mut message = Vec::new();
    assert!(seat.feed.write_message(&mut message).unwrap());
    let own = SnapshotMessage::parse(&message).unwrap();
    assert!(
        matches!(own.header.avatar, OwnAvatar::Whole(..)) && !own.header.roster.is_empty(),
        "the roster is for the client that holds the seat"
    );
    drop(stuck_feed);
}

#[test]
fn a_client_that_stops_reading_is_brought_up_to_date_in_one_message_or_closed() {
    let mut lab = arena(9, 12);
    let index = add(&mut lab, 5, 0);
    lab.run(Duration::from_secs(2), |_| {});
    for stall_s in [1, 4] {
        let keyframes = lab.players[index].core.stats(lab.now).keyframes;
        lab.players[index].reads = false;
        lab.run(Duration::from_secs(stall_s), |_| {});
        lab.players[index].reads = true;
        let mut current = 0;
        lab.run(Duration::from_millis(200), |lab| {
            current += usize::from(assert_same_when_current(lab, index))
        });
        assert!(
            current > 0,
            "up to date within 200 ms of a stall of {stall_s} s"
        );
        let sent = lab.players[index].core.stats(lab.now).keyframes - keyframes;
        assert!(sent <= 1, "{sent} keyframes after {stall_s} s");
    }
    lab.players[index].reads = false;
    lab.run(Duration::from_secs(6), |_| {});
    let closed = lab.players[index].closed.as_ref();
    let closed = closed.map(|refusal| refusal.reason);
    assert_eq!(closed, Some(CloseReason::TooSlow));
}

#[test]
fn chat_reaches_everybody_cleaned_and_no_more_than_five_lines_in_ten_seconds() {
    let mut lab = arena(2, 0);
    let talker = add(&mut lab, 5, 0);
    let listener = add(&mut lab, 5, 0);
    for line in ["hi \u{202E}there", "2", "3", "4", "5", "6"] {
        lab.players[talker].core.chat(line);
    }
    lab.run(Duration::from_secs(1), |_| {});
    let lines = |events: &[ClientEvent<_, ArenaAction>]| {
        events
            .iter()
            .filter_map(|event| match event {
                ClientEvent::Room(RoomEvent::Chat(_, text)) => Some(text.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&lab.players[listener].events),
        ["hi there", "2", "3", "4", "5"]
    );
    let refused =
        |event: &ClientEvent<_, _>| matches!(event, ClientEvent::Room(RoomEvent::ChatRefused));
    assert_eq!(
        lab.players[talker]
            .events
            .iter()
            .filter(|event| refused(event))
            .count(),
        1
    );
    assert!(!lab.players[listener].events.iter().any(refused));
}

#[test]
fn an_empty_room_closes_and_a_visited_one_does_not() {
    let mut lab = arena(2, 4);
    let index = add(&mut lab, 5, 0);
    lab.run(Duration::from_secs(15), |_| {});
    assert!(!lab.closed);
    lab.players[index].core.leave();
    lab.run(Duration::from_secs(12), |_| {});
    assert!(lab.closed);
    assert!(lab.take_seat(None).is_err());
}

#[test]
fn late_inputs_are_dropped_and_counted_and_the_client_runs_further_ahead() {
    let mut lab = arena(2, 0);
    let index = add(&mut lab, 10, 0);
    lab.run(Duration::from_secs(3), |_| {});
    let late = |lab: &Lab<ArenaGame>| {
        let text = lab.metrics().text();
        let line = text
            .lines()
            .find(|line| line.contains("inputs_dropped_total{reason=\"late\"}"));
        line.and_then(|line| line.split(' ').nth(1)?.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let before = late(&lab);
    // The way up becomes 100 ms longer.
    let up = &lab.players[index].up;
    let mut longer = up.spec();
    longer.round_trip += Duration::from_millis(200);
    up.set(&longer);
    lab.run(Duration::from_secs(3), |_| {});
    let adapted = late(&lab);
    assert!(adapted > before, "what came too late was counted");
    lab.run(Duration::from_secs(3), |_| {});
    assert_eq!(late(&lab), adapted, "and now nothing comes late");
    let slack = lab.players[index].core.stats(lab.now).input_slack_ticks;
    assert!((1.0..=4.0).contains(&slack), "slack {slack}");
}

#[test]
fn a_link_that_was_stuck_wakes_without_a_flood_and_inputs_are_in_time_again() {
    let mut lab = arena(2, 0);
    let index = add(&mut lab, 20, 0);
    lab.run(Duration::from_secs(3), |_| {});
    lab.players[index]
        .up
        .stall_until(lab.now + Duration::from_secs(8));
    lab.run(Duration::from_millis(7_990), |_| {});
    let waiting = lab.players[index].up.waiting();
    let burst = (Arena::TICK_RATE_HZ * 2) as usize;
    assert!(
        waiting < burst,
        "{waiting} messages together; a burst of {burst} is a flood"
    );
    lab.run(Duration::from_secs(2), |_| {});
    let applied = lab.players[index].core.applied_sequence().unwrap().0;
    lab.run(Duration::from_secs(1), |_| {});
    let more = lab.players[index].core.applied_sequence().unwrap().0 - applied;
    assert!(
        (58..=62).contains(&more),
        "{more} inputs applied in a second"
    );
}

#[test]
fn a_key_press_shows_in_the_very_next_picture() {
    let mut lab = arena(2, 0);
    let index = add(&mut lab, 60, 0);
    lab.players[index].play = Box::new(|_, _| ArenaInput::default());
    lab.run(Duration::from_secs(3), |_| {});
    let now = lab.now;
    let core = &mut lab.players[index].core;
    let entity = core.avatar_entity().unwrap();
    core.update(now);
    core.view(now);
    let before = core.component::<Body>(entity).unwrap();
    for (right, down) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
        core.set_input(ArenaInput {
            right,
            down,
            ..ArenaInput::default()
        });
        // Sooner than the next tick: part of a tick is enough.
        let next = now + Duration::from_millis(2);
        core.update(next);
        core.view(next);
        let after = core.component::<Body>(entity).unwrap();
        if after.x != before.x || after.y != before.y {
            return;
        }
    }
    panic!("no direction moved the avatar");
}
