//! What many clients cost: one room's tick, and one client's message, without sockets.
//!
//! First prints tables (medians and fastest tenths) against players and against entities, with the growth exponent of
//! each. Then follows criterion's time of one client's message. Every tick has a snapshot.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

mod flame;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tickwire_benches::crowd::CrowdOptions;
use tickwire_benches::crowd::play::{CrowdRoom, TickCost};
use tickwire_benches::growth::growth_exponent;
use tickwire_benches::rounds::rounds;
use tickwire_benches::spread::quantile;

/// Each room is played in this many turns of [`TURN_TICKS`] ticks.
const TURNS: usize = 12;
const TURN_TICKS: usize = 20;
/// On a machine that also does other things, this quantile shows what the room itself takes.
const QUIET: f64 = 0.1;
const PLAYERS: [usize; 5] = [125, 250, 500, 1000, 2000];
const ENTITIES: [usize; 5] = [1000, 2000, 4000, 8000, 16_000];
/// Number of players among the entities.
const AMONG: usize = 125;

/// A quantile of each figure.
fn quantiles(costs: &[TickCost], part: f64) -> TickCost {
    let quantile = |of: fn(&TickCost) -> f64| {
        let mut values = costs.iter().map(of).collect::<Vec<_>>();
        quantile(&mut values, part)
    };
    TickCost {
        deliver_ns: quantile(|cost| cost.deliver_ns),
        tick_us: quantile(|cost| cost.tick_us),
        message_ns: quantile(|cost| cost.message_ns),
        bytes: quantile(|cost| cost.bytes),
    }
}

fn print_growth(
    what: &str,
    counts: &[usize],
    turns: usize,
    options: impl Fn(usize) -> CrowdOptions,
) {
    println!(
        "\n{:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8} {:>8}",
        "", "tick", "all", "tick", "all", "message", "message", "", "", ""
    );
    println!(
        "{what:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8} {:>8}",
        "p50, us",
        "p50, us",
        "p10, us",
        "p10, us",
        "p50, ns",
        "p10, ns",
        "channels",
        "seen",
        "bytes"
    );
    let rooms = counts.iter().map(|count| {
        let room = CrowdRoom::open(options(*count), 7).expect("a crowd gathers");
        (*count, room, Vec::new())
    });
    let mut rooms = rooms.collect::<Vec<_>>();
    // Take turns, so that whatever else the machine does affects all of them alike.
    for _ in 0..turns {
        for (_, room, costs) in &mut rooms {
            costs.extend((0..TURN_TICKS).map(|_| room.tick().expect("a crowd walks")));
        }
    }
    let mut growths = [const { Vec::new() }; 4];
    for (count, room, costs) in &rooms {
        let (channels, seen) = room.interest();
        let (median, quiet) = (quantiles(costs, 0.5), quantiles(costs, QUIET));
        let players = options(*count).players as f64;
        let all_us = |cost: &TickCost| cost.tick_us + cost.message_ns * players / 1e3;
        let times_us = [
            median.tick_us,
            all_us(&median),
            quiet.tick_us,
            all_us(&quiet),
        ];
        for (growth, time_us) in growths.iter_mut().zip(times_us) {
            growth.push((*count as f64, time_us));
        }
        print!("{count:>10}");
        for time_us in times_us {
            print!(" {time_us:>10.0}");
        }
        println!(
            " {:>10.0} {:>10.0} {:>8.1} {:>8.1} {:>8.0}",
            median.message_ns, quiet.message_ns, channels, seen, median.bytes
        );
    }
    print!("{:>10}", "exponent");
    for growth in growths {
        print!(" {:>10.2}", growth_exponent(&growth));
    }
    println!("   (<= 1.1)");
}

fn tables() {
    let turns = rounds(TURNS);
    if turns == 0 {
        return;
    }
    println!(
        "\n{} ticks each; \"all\" is a tick and everybody's message.\ntargets: 1,000 players, tick \
         <= 4,000 us; a message of 25 channels <= 1,500 ns",
        turns * TURN_TICKS
    );
    print_growth("players", &PLAYERS, turns, CrowdOptions::of_players);
    println!("\n{AMONG} of the entities are players");
    print_growth("entities", &ENTITIES, turns, |entities| {
        CrowdOptions::of_entities(AMONG, entities)
    });
    println!();
}

fn fanout(criterion: &mut Criterion) {
    tables();
    let mut room = CrowdRoom::open(CrowdOptions::of_players(1000), 7).expect("a crowd gathers");
    let mut group = criterion.benchmark_group("fanout");
    group.bench_function("one message, about 25 channels", |bencher| {
        bencher.iter_custom(|messages| {
            let ticks = messages.div_ceil(1000);
            let mean = |_| room.tick().expect("a crowd walks").message_ns;
            let ns = (0..ticks).map(mean).sum::<f64>() / ticks as f64;
            Duration::from_secs_f64(ns * messages as f64 / 1e9)
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = flame::criterion(20);
    targets = fanout
}
criterion_main!(benches);
