//! What a slot keeps for a client that takes it late, or never.

use super::*;

fn leave(slot: &Slot, number: u64, own: &Own) {
    let interest: Sight = Arc::new(vec![ChannelId::GLOBAL]);
    slot.leave(&Left {
        stream: 0,
        number,
        starts: false,
        ticks: 2,
        own,
        own_channel: (&[], 0),
        own_check: None,
        interest: &interest,
    });
}

fn take(slot: &Slot, next: u64) -> Option<Own> {
    let place = Place {
        stream: 0,
        next,
        own_version: Some(0),
        restart: None,
        quiet: false,
    };
    let mut taken = Taken::default();
    let take = slot.take(place, None, &mut taken).unwrap();
    (take == Take::Taken).then_some(taken.own)
}

#[test]
fn own_events_that_nobody_reads_end_the_connection_not_the_memory() {
    let slot = Slot::new();
    let own = Own {
        events: vec![0; 1000],
        ..Own::default()
    };
    for number in 0..100 {
        leave(&slot, number, &own);
    }
    let reason = slot.refusal().map(|refusal| refusal.reason);
    assert_eq!(reason, Some(CloseReason::TooSlow));
    assert!(slot.state.lock().own.events.len() <= OWN_EVENT_BYTES);
}

#[test]
fn a_check_of_an_own_channel_that_has_changed_since_is_not_told() {
    let slot = Slot::new();
    let interest: Sight = Arc::new(vec![ChannelId::GLOBAL]);
    for (number, own_channel, own_check) in [(1, 1, Some(11)), (2, 2, None)] {
        slot.leave(&Left {
            stream: 0,
            number,
            starts: false,
            ticks: 2,
            own: &Own::default(),
            own_channel: (&[number as u8], own_channel),
            own_check,
            interest: &interest,
        });
    }
    let place = Place {
        stream: 0,
        next: 3,
        own_version: None,
        restart: None,
        quiet: false,
    };
    let mut taken = Taken::default();
    assert_eq!(slot.take(place, None, &mut taken), Ok(Take::Taken));
    assert_eq!(
        (taken.own_channel.as_slice(), taken.own_check),
        (&[2][..], None)
    );
}

#[test]
fn of_slacks_that_nobody_took_the_worst_is_told_once() {
    let slot = Slot::new();
    for (number, slack_ticks) in [
        (1, None),
        (2, Some(3)),
        (3, Some(-7)),
        (4, None),
        (5, Some(2)),
    ] {
        leave(
            &slot,
            number,
            &Own {
                slack_ticks,
                ..Own::default()
            },
        );
    }
    assert_eq!(take(&slot, 6).unwrap().slack_ticks, Some(-7));
    leave(&slot, 6, &Own::default());
    assert_eq!(take(&slot, 7).unwrap().slack_ticks, None, "and only once");
}

#[test]
fn a_wish_to_heal_what_is_not_seen_is_forgotten() {
    let slot = Slot::new();
    assert!(slot.wished().has(Wished::RESTART));
    slot.grant_restart();
    let (seen, left) = (ChannelId(1024), ChannelId(1025));
    let mut healing = Vec::new();
    for _ in 0..HEALING {
        slot.wish_healing(left);
        slot.wish_healing(seen);
        slot.healing(|channel| channel == seen, &mut healing);
        assert_eq!(healing, [seen]);
    }
    slot.healed(|channel| channel == seen);
    slot.healing(|_| true, &mut healing);
    assert!(healing.is_empty() && slot.wished() == Wished::default());
}

#[test]
fn an_avatar_is_told_whole_until_the_client_can_tell_it_from_what_it_was_told() {
    let slot = Slot::new();
    let own = |predicted| Own {
        avatar: Some(EntityId(7)),
        predicted,
        ..Own::default()
    };
    let told = |number, predicted| {
        leave(&slot, number, &own(predicted));
        take(&slot, number + 1).unwrap().predicted
    };
    assert!(!told(1, true), "it was never told");
    assert!(told(2, true) && told(3, true));
    // Something happened to it in a snapshot that the client did not get.
    leave(&slot, 4, &own(false));
    assert!(!told(5, true));
    assert!(told(6, true));
    slot.wish_healing(ChannelId::OWN);
    assert!(!told(7, true));
    leave(&slot, 8, &Own::default());
    assert!(take(&slot, 9).unwrap().avatar.is_none());
    assert!(!told(10, true), "it is another one, or the same back again");
}
