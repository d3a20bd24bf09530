//! Whole rooms in virtual time: the real room, the real client core, links that delay, jitter and stall like TCP does.

mod sim;

use std::time::Duration;

use tickwire_arena::{Arena, ArenaInput, Body};
use tickwire_shared::client::ClientEvent;
use tickwire_shared::close::CloseReason;
use tickwire_shared::ids::ResumeToken;
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::{OwnAvatar, SnapshotMessage};

use super::inbox::ClientId;
use super::seat::Seat;
use crate::scheduler::Verdict;
use sim::Sim;

#[test]
fn every_client_holds_what_the_server_holds_whatever_its_link_does() {
    let mut sim = Sim::new(3, 6);
    for (latency_ms, jitter_ms) in [(0, 0), (5, 10), (0, 30), (12, 0)] {
        sim.add(latency_ms, jitter_ms);
    }
    let mut compared = [0; 4];
    for second in 0..30 {
        // One of them stops reading for a second now and then, another loses its connection.
        sim.players[1].reads = second % 5 != 2;
        if second % 9 == 7 {
            sim.disconnect(2);
            sim.connect(2).unwrap();
        }
        sim.run(Duration::from_secs(1), |sim| {
            for (index, count) in compared.iter_mut().enumerate() {
                *count += usize::from(sim.assert_same_when_current(index));
            }
        });
    }
    assert!(
        compared.iter().all(|count| *count > 500),
        "compared {compared:?} times"
    );
    assert!(sim.players.iter().all(|player| {
        !player
            .events
            .iter()
            .any(|event| matches!(event, ClientEvent::Broken(_)))
    }));
}

#[test]
fn the_own_avatar_is_never_corrected_while_nobody_interferes() {
    for (latency_ms, jitter_ms) in [(10, 2), (40, 15), (90, 10)] {
        let mut sim = Sim::new(11, 0);
        let index = sim.add(latency_ms, jitter_ms);
        sim.run(Duration::from_secs(5), |_| {});
        let before = sim.players[index].core.stats(sim.now).corrections;
        sim.run(Duration::from_secs(60), |_| {});
        let stats = sim.players[index].core.stats(sim.now);
        assert_eq!(
            stats.corrections - before,
            0,
            "at {latency_ms} ms, jitter {jitter_ms} ms: {stats:?}"
        );
        let applied = sim.players[index].core.applied_sequence().unwrap().0;
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
    let mut sim = Sim::new(5, 2);
    let index = sim.add(10, 0);
    sim.run(Duration::from_secs(2), |_| {});
    let player = sim.players[index].core.player();
    let token = sim.players[index].core.resume_token().unwrap();
    sim.disconnect(index);
    sim.run(Duration::from_secs(3), |_| {});
    sim.connect(index).unwrap();
    sim.run(Duration::from_secs(1), |_| {});
    assert_eq!(sim.players[index].core.player(), player);
    let resumed =
        |event: &ClientEvent<_>| matches!(event, ClientEvent::Welcome { resumed: true, .. });
    assert!(sim.players[index].events.iter().any(resumed));
    let second = sim.players[index].core.resume_token().unwrap();
    assert_ne!(token, second);

    // The first token is used, a forged one never was, and after the grace time the seat is gone.
    for bad in [token, ResumeToken([7; 16])] {
        let mut answer = sim.join(ClientId(999), Some(bad));
        sim.run(Duration::from_millis(20), |_| {});
        assert_eq!(
            answer
                .try_recv()
                .unwrap()
                .err()
                .map(|refusal| refusal.reason),
            Some(CloseReason::ResumeRefused)
        );
    }
    sim.add(10, 0);
    sim.disconnect(index);
    sim.run(Duration::from_secs(11), |_| {});
    let refused = sim.connect(index).err().map(|refusal| refusal.reason);
    assert_eq!(refused, Some(CloseReason::ResumeRefused));
}

#[test]
fn who_resumes_a_seat_that_is_in_use_takes_it_over() {
    let mut sim = Sim::new(5, 0);
    let index = sim.add(10, 0);
    sim.run(Duration::from_secs(1), |_| {});
    let token = sim.players[index].core.resume_token();
    let mut answer = sim.join(ClientId(50), token);
    sim.run(Duration::from_millis(60), |_| {});
    assert!(answer.try_recv().unwrap().is_ok());
    let reason = sim.players[index]
        .closed
        .as_ref()
        .map(|refusal| refusal.reason);
    assert_eq!(reason, Some(CloseReason::Replaced));
}

#[test]
fn a_lost_connection_whose_writer_still_ends_takes_nothing_from_the_one_that_resumed() {
    let mut sim = Sim::new(5, 3);
    let index = sim.add(10, 0);
    sim.run(Duration::from_secs(1), |_| {});
    let token = sim.players[index].core.resume_token();
    let Seat {
        port,
        feed: stuck_feed,
        ..
    } = sim.players[index].seat.take().unwrap();
    drop(port);
    let mut answer = sim.join(ClientId(50), token);
    sim.run(Duration::from_millis(60), |_| {});
    let mut seat = answer.try_recv().unwrap().ok().unwrap();
    let mut message = Vec::new();
    assert!(seat.feed.assemble(&mut message).unwrap());
    let own = SnapshotMessage::parse(&message).unwrap();
    assert!(
        matches!(own.header.avatar, OwnAvatar::Whole(..)) && !own.header.events.is_empty(),
        "the roster is for who holds the seat"
    );
    drop(stuck_feed);
}

#[test]
fn a_client_that_stops_reading_is_brought_up_to_date_in_one_message() {
    let mut sim = Sim::new(9, 12);
    let index = sim.add(5, 0);
    sim.run(Duration::from_secs(2), |_| {});
    for (stall_s, keyframe) in [(1, false), (7, true)] {
        let keyframes = sim.players[index].core.stats(sim.now).keyframes;
        sim.players[index].reads = false;
        sim.run(Duration::from_secs(stall_s), |_| {});
        sim.players[index].reads = true;
        let mut current = 0;
        sim.run(Duration::from_millis(200), |sim| {
            current += usize::from(sim.assert_same_when_current(index))
        });
        assert!(
            current > 0,
            "up to date within 200 ms of a stall of {stall_s} s"
        );
        let sent = sim.players[index].core.stats(sim.now).keyframes - keyframes;
        assert!(
            sent <= 1 && (!keyframe || sent == 1),
            "{sent} keyframes after {stall_s} s"
        );
    }
}

#[test]
fn chat_reaches_everybody_cleaned_and_no_more_than_five_lines_in_ten_seconds() {
    let mut sim = Sim::new(2, 0);
    let (talker, listener) = (sim.add(5, 0), sim.add(5, 0));
    for line in ["hi \u{202E}there", "2", "3", "4", "5", "6"] {
        sim.players[talker].core.chat(line);
    }
    sim.run(Duration::from_secs(1), |_| {});
    let lines = |events: &[ClientEvent<_>]| {
        events
            .iter()
            .filter_map(|event| match event {
                ClientEvent::Room(RoomEvent::Chat(_, text)) => Some(text.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&sim.players[listener].events),
        ["hi there", "2", "3", "4", "5"]
    );
    let refused =
        |event: &ClientEvent<_>| matches!(event, ClientEvent::Room(RoomEvent::ChatRefused));
    assert_eq!(
        sim.players[talker]
            .events
            .iter()
            .filter(|event| refused(event))
            .count(),
        1
    );
    assert!(!sim.players[listener].events.iter().any(refused));
}

#[test]
fn an_empty_room_closes_and_a_visited_one_does_not() {
    let mut sim = Sim::new(2, 4);
    let index = sim.add(5, 0);
    sim.run(Duration::from_secs(15), |_| {});
    assert_eq!(sim.verdict, Verdict::Continue);
    sim.players[index].core.leave();
    sim.run(Duration::from_secs(12), |_| {});
    assert_eq!(sim.verdict, Verdict::Close);
    assert!(sim.port.join("late".into(), None, ClientId(77)).is_err());
}

#[test]
fn late_inputs_are_dropped_and_counted_and_the_client_runs_further_ahead() {
    let mut sim = Sim::new(2, 0);
    let index = sim.add(10, 0);
    sim.run(Duration::from_secs(3), |_| {});
    let late = |sim: &Sim| {
        let text = sim.metrics.text();
        let line = text
            .lines()
            .find(|line| line.contains("inputs_dropped_total{reason=\"late\"}"));
        line.and_then(|line| line.split(' ').nth(1)?.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let before = late(&sim);
    // The way up becomes 100 ms longer.
    sim.players[index].up.latency += Duration::from_millis(100);
    sim.run(Duration::from_secs(3), |_| {});
    let adapted = late(&sim);
    assert!(adapted > before, "what came too late was counted");
    sim.run(Duration::from_secs(3), |_| {});
    assert_eq!(late(&sim), adapted, "and now nothing comes late");
    let slack = sim.players[index].core.stats(sim.now).input_slack_ticks;
    assert!((1.0..=4.0).contains(&slack), "slack {slack}");
}

#[test]
fn a_link_that_was_stuck_wakes_without_a_flood_and_inputs_are_in_time_again() {
    let mut sim = Sim::new(2, 0);
    let index = sim.add(20, 0);
    sim.run(Duration::from_secs(3), |_| {});
    sim.players[index].up.stalled_until = sim.now + Duration::from_secs(8);
    sim.run(Duration::from_millis(7_990), |_| {});
    let waiting = sim.players[index].up.on_the_way.len();
    let burst = (Arena::TICK_RATE_HZ * 2) as usize;
    assert!(
        waiting < burst,
        "{waiting} messages at once; a burst of {burst} is a flood"
    );
    sim.run(Duration::from_secs(2), |_| {});
    let applied = sim.players[index].core.applied_sequence().unwrap().0;
    sim.run(Duration::from_secs(1), |_| {});
    let more = sim.players[index].core.applied_sequence().unwrap().0 - applied;
    assert!(
        (58..=62).contains(&more),
        "{more} inputs applied in a second"
    );
}

#[test]
fn a_key_press_shows_in_the_very_next_picture() {
    let mut sim = Sim::new(2, 0);
    let index = sim.add(60, 0);
    sim.players[index].play = |_, _| ArenaInput::default();
    sim.run(Duration::from_secs(3), |_| {});
    let now = sim.now;
    let core = &mut sim.players[index].core;
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
