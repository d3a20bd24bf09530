//! Rooms at rest, hidden tabs and slow clients: what is sent less often, and how it recovers.

use super::*;

#[test]
fn a_room_at_rest_sends_little_and_wakes_immediately() {
    let mut lab = Lab::<PrairieGame>::new(
        Options {
            cattle: 0,
            ..Options::default()
        },
        5,
    );
    let index = add(&mut lab, 20, 0);
    let other = add(&mut lab, 20, 0);
    // Both ride to one corner, so that they see each other.
    for index in [index, other] {
        lab.players[index].play = Box::new(|_, now| match now.as_secs() {
            0..15 => Ride {
                right: -1,
                down: -1,
            },
            _ => Ride::default(),
        });
    }
    lab.run(Duration::from_secs(18), |_| {});
    let messages = lab.players[index].messages_down;
    lab.run(Duration::from_secs(10), |_| {});
    let rate = (lab.players[index].messages_down - messages) / 10;
    assert!((3..=8).contains(&rate), "{rate} messages a second");
    // The other player starts. On this screen it must not creep through the whole rest before that.
    lab.players[other].play = Box::new(|_, _| Ride { right: 1, down: 0 });
    let id = lab.players[other].core.avatar_entity().unwrap();
    let seen = |lab: &Lab<PrairieGame>| lab.players[index].core.component::<Body>(id);
    let start = seen(&lab).expect("they see each other");
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
fn a_hidden_tab_gets_an_eighth_and_comes_back_with_one_keyframe_for_each_channel() {
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
    // Besides the snapshots it gets one answer to a ping each second.
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
