//! Worlds that are much larger than what is in them: cells are left behind, forgotten, and come back.

use std::collections::BTreeSet;

use super::*;

fn sparse(cattle: usize, seed: u64) -> Lab<PrairieGame> {
    let options = Options {
        cattle,
        ..Options::default()
    };
    Lab::new(options, seed)
}

/// Rides along the world's rows, one after the other, until the last one and back.
fn ride_everywhere(now: Duration) -> Ride {
    let (lane, s) = (now.as_secs() / 12, now.as_secs() % 12);
    let right = if lane % 2 == 0 { 1 } else { -1 };
    let down = if lane / 8 % 2 == 0 { 1 } else { -1 };
    match s {
        0..10 => Ride { right, down: 0 },
        _ => Ride { right: 0, down },
    }
}

#[test]
fn cells_where_nothing_is_and_that_nobody_sees_are_not_kept() {
    let mut lab = sparse(2, 11);
    let rider = add(&mut lab, 10, 0);
    lab.players[rider].play = Box::new(|_, now| ride_everywhere(now));
    let (mut ever, mut most) = (BTreeSet::new(), 0);
    lab.run(Duration::from_secs(250), |lab| {
        if lab.ticked {
            let known = lab.room().channels().collect::<BTreeSet<_>>();
            most = most.max(known.len());
            ever.extend(known);
        }
        holds_the_same(lab, rider);
    });
    assert!(ever.len() > 400, "it has been everywhere: {}", ever.len());
    // It sees some 40 cells. Those behind it are kept for less than a second.
    assert!(most < 80, "{most} channels at once");
    lab.players[rider].play = Box::new(|_, _| Ride::default());
    lab.run(Duration::from_secs(2), |_| {});
    let room = lab.room();
    let player = lab.players[rider].core.player().unwrap();
    let has_rows = |channel: &ChannelId| {
        let state = room.channel_state(*channel, 1);
        state.is_some_and(|state| state.row_count() > 0)
    };
    let seen = room.seen_by(player);
    let needed = |channel: &ChannelId| seen.contains(channel) || has_rows(channel);
    let unneeded = room.channels().filter(|channel| !needed(channel));
    // The cattle may just have moved on.
    assert!(unneeded.count() <= 2);
    assert!(
        seen.iter()
            .all(|seen| room.channel_state(*seen, 1).is_some())
    );
}

/// Few enough riders and cattle that cells are forgotten and come back all the time, also while somebody does not read,
/// is hidden or is away.
#[test]
fn clients_of_any_speed_hold_what_the_server_holds_where_cells_are_forgotten_and_come_back() {
    const CLIENTS: usize = 5;
    for seed in 1..=4 {
        println!("seed {seed}");
        let mut lab = sparse(6, seed);
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        for _ in 0..CLIENTS {
            add(&mut lab, rng.random_range(0..80), rng.random_range(0..40));
        }
        let mut record = Record::default();
        let (mut compared, mut stalls) = ([0_u32; CLIENTS], 0);
        let (mut known, mut forgotten) = (BTreeSet::new(), BTreeSet::new());
        let mut comebacks = 0;
        while lab.room().room().tick().0 < 10_000 {
            for index in 0..CLIENTS {
                trouble(&mut lab, index, &mut rng, &mut stalls);
            }
            lab.run(Duration::from_millis(100), |lab| {
                if lab.ticked {
                    record.note(lab);
                    let now = lab.room().channels().collect::<BTreeSet<_>>();
                    forgotten.extend(known.difference(&now).copied());
                    comebacks += now.iter().filter(|new| forgotten.remove(new)).count();
                    known = now;
                }
                for (index, count) in compared.iter_mut().enumerate() {
                    *count += u32::from(record.assert_same(lab, index));
                }
            });
        }
        assert!(compared.iter().all(|count| *count > 500), "{compared:?}");
        assert!(stalls > 50 && comebacks > 500, "{stalls} {comebacks}");
        for player in &lab.players {
            assert_eq!(player.core.stats(lab.now).desyncs, 0);
        }
    }
}
