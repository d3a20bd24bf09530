//! Bots: how many there are, and that they play.

use super::{Host, TICKS_PER_S, options};
use crate::game::{ArenaGame, ArenaOptions};

#[test]
fn bots_walk_and_kill_each_other_within_a_minute() {
    for (seed, map) in [(1, "foundry"), (2, "courtyard"), (3, "foundry")] {
        let options = ArenaOptions {
            map: map.to_owned(),
            ..options(6)
        };
        let mut host = Host::<ArenaGame>::open(options, seed);
        host.tick();
        let mut before = host.fighters();
        let mut walked_m = vec![0.0_f32; before.len()];
        let mut dashes = 0;
        for _ in 0..60 * TICKS_PER_S {
            host.tick();
            let now = host.fighters();
            for (i, (seen, was)) in now.iter().zip(&before).enumerate() {
                if seen.alive && was.alive {
                    walked_m[i] += (seen.x - was.x).hypot(seen.y - was.y);
                    dashes += u32::from(was.can_dash && !seen.can_dash);
                }
            }
            before = now;
        }
        let kills: u32 = host
            .fighters()
            .iter()
            .map(|seen| u32::from(seen.kills))
            .sum();
        let deaths: u32 = host
            .fighters()
            .iter()
            .map(|seen| u32::from(seen.deaths))
            .sum();
        println!("seed {seed}, {map}: {kills} kills, {dashes} dashes, {walked_m:?} m");
        assert!(
            kills >= 5 && kills == deaths,
            "seed {seed}: {kills} kills, {deaths} deaths"
        );
        assert!(
            walked_m.iter().all(|m| *m > 90.0),
            "seed {seed}: {walked_m:?}"
        );
        assert!(dashes > 6, "seed {seed}: {dashes} dashes");
    }
}

#[test]
fn bots_fill_the_room_and_make_way_for_people() {
    let mut host = Host::<ArenaGame>::open(options(3), 7);
    host.tick();
    assert_eq!(host.bots(), 3);
    let names: Vec<_> = host
        .core
        .room()
        .players()
        .map(|bot| bot.name.clone())
        .collect();
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);

    let people: Vec<_> = (0..5).map(|_| host.join()).collect();
    assert_eq!((host.bots(), host.fighters().len()), (0, 5));
    for (client, player) in (1..).zip(people.iter().take(3)) {
        host.leave(*player, client);
    }
    assert_eq!((host.bots(), host.fighters().len()), (1, 3));
    assert_eq!(host.core.room().players().count(), 3);
}

#[test]
fn sixteen_people_fit_and_no_more() {
    let mut host = Host::<ArenaGame>::open(options(16), 7);
    host.tick();
    assert_eq!(host.bots(), 16);
    for _ in 0..16 {
        host.join();
    }
    assert_eq!((host.bots(), host.fighters().len()), (0, 16));
}
