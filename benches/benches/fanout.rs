//! What many clients cost: one room's tick, and one client's message, without sockets.
//!
//! Prints first tables of medians against players and against entities, with the growth exponent of each; then
//! criterion's time of one client's message. Every tick has a snapshot.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use tickwire_benches::crowd::CrowdOptions;
use tickwire_benches::crowd::play::{CrowdRoom, TickCost, growth_exponent};

/// Ticks of each room.
const TICKS: usize = 120;
const PLAYERS: [usize; 5] = [125, 250, 500, 1000, 2000];
const ENTITIES: [usize; 5] = [1000, 2000, 4000, 8000, 16_000];
/// Players among the entities.
const AMONG: usize = 125;

/// The median of each figure over many ticks.
fn medians(options: CrowdOptions) -> TickCost {
    let mut room = CrowdRoom::open(options, 7).expect("a crowd gathers");
    let costs = (0..TICKS).map(|_| room.tick().expect("a crowd walks"));
    let costs = costs.collect::<Vec<_>>();
    let median = |of: fn(&TickCost) -> f64| {
        let mut values = costs.iter().map(of).collect::<Vec<_>>();
        values.sort_unstable_by(f64::total_cmp);
        values[TICKS / 2]
    };
    TickCost {
        tick_us: median(|cost| cost.tick_us),
        assemble_ns: median(|cost| cost.assemble_ns),
        channels: median(|cost| cost.channels),
        seen: median(|cost| cost.seen),
        bytes: median(|cost| cost.bytes),
    }
}

fn print_growth(what: &str, counts: &[usize], options: impl Fn(usize) -> CrowdOptions) {
    println!(
        "\n{what:>10} {:>10} {:>12} {:>14} {:>10} {:>8} {:>10}",
        "tick, us", "all, us", "message, ns", "channels", "seen", "bytes"
    );
    let (mut ticks, mut alls) = (Vec::new(), Vec::new());
    for count in counts {
        let options = options(*count);
        let players = options.players as f64;
        let cost = medians(options);
        let all_us = cost.tick_us + cost.assemble_ns * players / 1e3;
        println!(
            "{count:>10} {:>10.0} {all_us:>12.0} {:>14.0} {:>10.1} {:>8.1} {:>10.0}",
            cost.tick_us, cost.assemble_ns, cost.channels, cost.seen, cost.bytes
        );
        ticks.push((*count as f64, cost.tick_us));
        alls.push((*count as f64, all_us));
    }
    println!(
        "{:>10} {:>10.2} {:>12.2}   (<= 1.1)",
        "exponent",
        growth_exponent(&ticks),
        growth_exponent(&alls)
    );
}

fn fanout(criterion: &mut Criterion) {
    println!(
        "\nmedians of {TICKS} ticks; \"all\" is a tick and everybody's message.\ntargets: 1,000 players, tick \
         <= 4,000 us; a message of 25 channels <= 1,500 ns"
    );
    print_growth("players", &PLAYERS, CrowdOptions::of_players);
    println!("\n{AMONG} of the entities are players");
    print_growth("entities", &ENTITIES, |entities| {
        CrowdOptions::of_entities(AMONG, entities)
    });
    println!();
    let mut room = CrowdRoom::open(CrowdOptions::of_players(1000), 7).expect("a crowd gathers");
    let mut group = criterion.benchmark_group("fanout");
    group.bench_function("whole tick and all messages, 1000 players", |bencher| {
        bencher.iter(|| room.tick().expect("a crowd walks"));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = fanout
}
criterion_main!(benches);
