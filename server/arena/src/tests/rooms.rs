//! The life of a room: rounds end, options are chosen, a room is saved.

use tickwire_arena::{ArenaInput, Fighter, Phase, Projectile};
use tickwire_shared::ids::PlayerId;

use super::{CONFIG, Host, TICKS_PER_S, options};
use crate::game::{ArenaGame, ArenaOptions};
use tickwire_room::RoomCore;

#[test]
fn a_round_ends_with_a_winner_and_starts_again() {
    let options = ArenaOptions {
        kills_to_win: 3,
        ..options(6)
    };
    let mut host = Host::<ArenaGame>::open(options, 5);
    host.run_until(120, |fighters| fighters.iter().any(|seen| seen.kills >= 3));
    let round = host.round();
    assert_eq!((round.phase, round.seconds_left), (Phase::Over, 6));
    let winner = host.fighter(PlayerId(round.winner));
    assert_eq!(winner.kills, 3);
    let wins: Vec<u8> = host
        .all::<Fighter>()
        .iter()
        .map(|fighter| fighter.wins)
        .collect();
    assert_eq!(wins.iter().sum::<u8>(), 1);

    host.run(5 * TICKS_PER_S);
    assert_eq!(host.round().phase, Phase::Over);
    assert!(
        host.all::<Projectile>().is_empty(),
        "nobody shoots any more"
    );
    host.run(TICKS_PER_S + 1);
    let round = host.round();
    assert_eq!((round.phase, round.winner), (Phase::Fight, 0));
    assert!(round.seconds_left >= 178);
    for seen in host.fighters() {
        assert!(
            seen.alive && seen.kills == 0 && seen.deaths == 0,
            "{seen:?}"
        );
    }
    assert_eq!(
        host.all::<Fighter>()
            .iter()
            .map(|fighter| fighter.wins)
            .sum::<u8>(),
        1
    );
}

#[test]
fn a_round_without_a_kill_ends_with_time_and_nobody_wins() {
    let options = ArenaOptions {
        round_seconds: 10,
        ..options(0)
    };
    let mut host = Host::<ArenaGame>::open(options, 5);
    host.join();
    host.run(10 * TICKS_PER_S);
    let round = host.round();
    assert_eq!((round.phase, round.winner), (Phase::Over, 0));
    host.run(6 * TICKS_PER_S);
    assert_eq!(host.round().phase, Phase::Fight);
}

#[test]
fn options_out_of_range_become_the_nearest_in_range() {
    let options = ArenaOptions {
        map: "nowhere".to_owned(),
        seats: 0,
        bots: 200,
        kills_to_win: 0,
        round_seconds: 0,
        rewind: true,
    };
    let mut host = Host::<ArenaGame>::open(options, 5);
    host.tick();
    assert_eq!(host.bots(), 128);
    assert_eq!(
        (host.round().kills_to_win, host.round().seconds_left),
        (1, 10)
    );
    assert_eq!(host.core.room().setup().map, "foundry");
}

#[test]
fn a_saved_and_restored_arena_goes_on_to_the_same_hashes() {
    let mut host = Host::<ArenaGame>::open(options(8), 11);
    let person = host.join();
    let input = |tick: u32| ArenaInput {
        right: (tick / 40 % 3) as i8 - 1,
        down: (tick / 70 % 3) as i8 - 1,
        aim: (tick % 300) as f32 / 100.0 - 1.5,
        fire: tick % 100 < 60,
        dash: tick.is_multiple_of(90),
        rail: tick.is_multiple_of(100),
        reload: false,
    };
    for tick in 0..15 * TICKS_PER_S {
        host.play(person, input(tick));
    }
    let bytes = host.core.save().unwrap();
    let mut twin = Host::<ArenaGame> {
        core: RoomCore::restore(&bytes, CONFIG).unwrap(),
        inbox: Vec::new(),
        clients: 1,
    };
    for tick in 0..15 * TICKS_PER_S {
        host.play(person, input(tick));
        twin.play(person, input(tick));
        assert_eq!(
            host.core.hash(),
            twin.core.hash(),
            "tick {tick} after the restore"
        );
    }
    assert!(
        host.fighters().iter().any(|seen| seen.kills > 0),
        "something happened"
    );
}
