//! Tests of what a handoff keeps for a client that takes its own part late, or never.

use super::*;
use tickwire_shared::ids::EntityId;

const WHOLE_AVATAR_TICKS: u32 = 240;

fn update<'a>(number: u64, own: &'a OwnPart, interest: &'a InterestSet) -> Update<'a> {
    Update {
        stream: 0,
        number,
        starts: false,
        ticks: 2,
        own,
        own_channel: (&[], 0),
        own_check: None,
        interest,
        events: EventSpan::default(),
        roster: None,
    }
}

fn put(handoff: &Handoff, number: u64, own: &OwnPart) {
    let interest: InterestSet = Arc::new(vec![ChannelId::GLOBAL]);
    handoff.put(&update(number, own, &interest));
}

fn take(handoff: &Handoff, next: u64) -> Option<OwnPart> {
    let position = Position {
        stream: 0,
        next,
        events_from: 0,
        own_version: Some(0),
        restart: None,
        started: 0,
        quiet: false,
    };
    let mut taken = Taken::default();
    let take = handoff.take(position, None, &mut taken).unwrap();
    (take == Take::Taken).then_some(taken.own)
}

#[test]
fn the_interest_at_the_time_of_an_event_is_known_however_late_a_client_asks() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let sees = |channel| Arc::new(vec![ChannelId::GLOBAL, ChannelId(channel)]);
    let span = |number, channels_to| EventSpan {
        from: number,
        to: number + 1,
        channels_to,
    };
    // No event is for a channel before batch 3. Until then only the client's last interest counts.
    for (number, channel) in [(0, 7), (1, 8), (3, 9)] {
        handoff.note_interest(span(number, 0), &sees(channel));
    }
    // Batch 3 has such events, and the client then sees channel 9.
    handoff.note_interest(span(4, 4), &sees(10));
    let interests = handoff.state.lock().interests.clone();
    let told = interests
        .iter()
        .map(|interest| (interest.from, interest.channels[1].0));
    assert_eq!(told.collect::<Vec<_>>(), [(3, 9), (4, 10)]);
    for number in 5..10_000 {
        handoff.note_interest(span(number, number), &sees(11));
    }
    assert!(handoff.state.lock().interests.len() <= EVENT_LOG_BATCHES);
}

#[test]
fn a_predicted_avatar_is_told_whole_again_in_time_however_far_apart_snapshots_are() {
    for ticks in [2, 4, 7, 16, 32, 96] {
        let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
        let mut whole = Vec::new();
        for number in 0..1000 / ticks {
            let interest: InterestSet = Arc::new(vec![ChannelId::GLOBAL]);
            handoff.put(&Update {
                ticks,
                own: &OwnPart {
                    avatar: Some(EntityId(7)),
                    predicted: true,
                    ..OwnPart::default()
                },
                ..update(number.into(), &OwnPart::default(), &interest)
            });
            if !take(&handoff, u64::from(number) + 1).unwrap().predicted {
                whole.push(number * ticks);
            }
        }
        let gaps = whole.windows(2).map(|pair| pair[1] - pair[0]);
        let gaps = gaps.collect::<Vec<_>>();
        assert!(gaps.len() >= 3, "{ticks} ticks apart: {whole:?}");
        for gap in gaps {
            let next = gap + ticks;
            assert!(
                gap <= WHOLE_AVATAR_TICKS && next > WHOLE_AVATAR_TICKS,
                "{ticks}: {gap}"
            );
        }
    }
}

/// A client whose many channels are healed together must not go past the entry that does it, though nothing else happened.
#[test]
fn a_client_that_nothing_happens_to_still_takes_what_was_made_whole_for_it() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let interest: InterestSet = Arc::new(vec![ChannelId::GLOBAL]);
    let take = |next, started| {
        let position = Position {
            stream: 0,
            next,
            events_from: 0,
            own_version: Some(0),
            restart: None,
            started,
            quiet: true,
        };
        let seen = Some(&interest);
        handoff.take(position, seen, &mut Taken::default()).unwrap()
    };
    for (number, starts, taken) in [
        (1, true, Take::Taken),
        (2, false, Take::Nothing),
        (3, true, Take::Taken),
    ] {
        handoff.put(&Update {
            starts,
            ..update(number, &OwnPart::default(), &interest)
        });
        let started = u64::from(number > 1);
        assert_eq!(take(number + 1, started), taken, "snapshot {number}");
    }
}

#[test]
fn an_avatar_that_stays_where_it_was_is_worth_no_message_until_its_client_sends_something() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let interest: InterestSet = Arc::new(vec![ChannelId::GLOBAL]);
    let rests = OwnPart {
        avatar: Some(EntityId(7)),
        avatar_bytes: vec![1, 2],
        ..OwnPart::default()
    };
    let moved = OwnPart {
        avatar_bytes: vec![1, 3],
        ..rests.clone()
    };
    let applied = OwnPart {
        applied_low: 1,
        ..moved.clone()
    };
    let heard = OwnPart {
        slack_parts: Some(8),
        ..applied.clone()
    };
    let replaced = OwnPart {
        avatar: Some(EntityId(8)),
        ..applied.clone()
    };
    for (number, own, worth) in [
        (1, &rests, Take::Taken),
        (2, &rests, Take::Nothing),
        (3, &moved, Take::Taken),
        (4, &moved, Take::Nothing),
        (5, &applied, Take::Taken),
        (6, &heard, Take::Taken),
        (7, &applied, Take::Taken),
        (8, &applied, Take::Nothing),
        (9, &replaced, Take::Taken),
        (10, &replaced, Take::Nothing),
    ] {
        handoff.put(&update(number, own, &interest));
        let position = Position {
            stream: 0,
            next: number + 1,
            events_from: 0,
            own_version: Some(0),
            restart: None,
            started: 0,
            quiet: true,
        };
        let mut taken = Taken::default();
        let take = handoff.take(position, Some(&interest), &mut taken);
        assert_eq!(take, Ok(worth), "snapshot {number}");
        assert!(!taken.own.predicted, "snapshot {number}");
    }
}

#[test]
fn a_check_of_an_own_channel_that_has_changed_since_is_not_told() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let interest: InterestSet = Arc::new(vec![ChannelId::GLOBAL]);
    for (number, own_channel, own_check) in [(1, 1, Some(11)), (2, 2, None)] {
        handoff.put(&Update {
            own_channel: (&[number as u8], own_channel),
            own_check,
            ..update(number, &OwnPart::default(), &interest)
        });
    }
    let position = Position {
        stream: 0,
        next: 3,
        events_from: 0,
        own_version: None,
        restart: None,
        started: 0,
        quiet: false,
    };
    let mut taken = Taken::default();
    assert_eq!(handoff.take(position, None, &mut taken), Ok(Take::Taken));
    assert_eq!(
        (taken.own_channel.as_slice(), taken.own_check),
        (&[2][..], None)
    );
}

#[test]
fn the_worst_of_the_slacks_that_nobody_took_is_told_once() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    for (number, slack_parts) in [
        (1, None),
        (2, Some(3)),
        (3, Some(-7)),
        (4, None),
        (5, Some(2)),
    ] {
        put(
            &handoff,
            number,
            &OwnPart {
                slack_parts,
                ..OwnPart::default()
            },
        );
    }
    assert_eq!(take(&handoff, 6).unwrap().slack_parts, Some(-7));
    put(&handoff, 6, &OwnPart::default());
    assert_eq!(
        take(&handoff, 7).unwrap().slack_parts,
        None,
        "and only once"
    );
}

#[test]
fn a_request_to_heal_an_unseen_channel_is_forgotten() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    assert!(handoff.requested().has(Requested::RESTART));
    handoff.grant_restart();
    handoff.grant_roster();
    let (seen, left) = (ChannelId(1024), ChannelId(1025));
    let mut healing = Vec::new();
    for _ in 0..HEALING_CHANNELS {
        handoff.request_healing(left);
        handoff.request_healing(seen);
        handoff.healing(|channel| channel == seen, &mut healing);
        assert_eq!(healing, [seen]);
    }
    handoff.healed(|channel| channel == seen);
    handoff.healing(|_| true, &mut healing);
    assert!(healing.is_empty() && handoff.requested() == Requested::default());
}

#[test]
fn an_avatar_is_told_whole_until_the_client_can_predict_it_from_the_last_one() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let own = |predicted| OwnPart {
        avatar: Some(EntityId(7)),
        predicted,
        ..OwnPart::default()
    };
    let told = |number, predicted| {
        put(&handoff, number, &own(predicted));
        take(&handoff, number + 1).unwrap().predicted
    };
    assert!(!told(1, true), "it was never told");
    assert!(told(2, true) && told(3, true));
    // Something happened to it in a snapshot that the client did not get.
    put(&handoff, 4, &own(false));
    assert!(!told(5, true));
    assert!(told(6, true));
    handoff.request_healing(ChannelId::OWN);
    assert!(!told(7, true));
    put(&handoff, 8, &OwnPart::default());
    assert!(take(&handoff, 9).unwrap().avatar.is_none());
    assert!(!told(10, true), "it is another one, or the same back again");
}

/// Nothing else that was put down may be lost with the roster.
#[test]
fn a_roster_that_the_log_has_passed_is_not_told_and_takes_nothing_with_it() {
    let handoff = Handoff::new(WHOLE_AVATAR_TICKS);
    let own = OwnPart {
        avatar: Some(EntityId(7)),
        ..OwnPart::default()
    };
    put(&handoff, 1, &own);
    handoff.state.lock().roster = Some(Roster {
        from: 4,
        joins: Arc::default(),
    });
    let position = |events_from| Position {
        stream: 0,
        next: 2,
        events_from,
        own_version: Some(0),
        restart: None,
        started: 0,
        quiet: false,
    };
    let mut taken = Taken::default();
    let mut take = |events_from| handoff.take(position(events_from), None, &mut taken);
    assert_eq!(take(5), Ok(Take::Passed));
    assert_eq!(take(5), Ok(Take::Taken));
    assert!(taken.roster.is_none());
    assert!(!taken.own.predicted && taken.interests.len() == 1);
}
