//! What one tick of an arena costs, without sockets: in all, and by phase.
//!
//! Prints first a table of microseconds by phase (median and p99 over 20,000 ticks of one room), then criterion's
//! times of whole ticks. Read the ratios: machines differ.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tickwire_arena::Arena;
use tickwire_benches::ScriptedArena;
use tickwire_shared::rules::Rules;

const PLAYERS: [u64; 3] = [2, 8, 16];
const PHASED_TICKS: usize = 20_000;
const PHASES: [&str; 4] = ["receive", "simulate", "capture", "encode"];

fn whole_ticks(criterion: &mut Criterion) {
    for players in PLAYERS {
        print_phases(players);
    }
    let mut group = criterion.benchmark_group("room_tick");
    group.throughput(Throughput::Elements(1));
    for players in PLAYERS {
        let mut arena = ScriptedArena::new(players, 7);
        let mut inbox = Vec::new();
        group.bench_function(BenchmarkId::new("players", players), |bencher| {
            bencher.iter(|| {
                arena.fill_inbox(&mut inbox);
                black_box(arena.room.tick(&mut inbox));
            });
        });
        // A room in which nothing happens would be quick and worth nothing.
        let (tick, hash) = (arena.room.room().tick(), arena.room.hash());
        assert!(
            tick.0 > 600 && arena.room.row_count() as u64 >= 2 * players,
            "{hash:?}"
        );
    }
    group.finish();
}

/// Runs the stages of [`tickwire_server::room::RoomCore::tick`] one by one, with a clock between them.
fn print_phases(players: u64) {
    let mut arena = ScriptedArena::new(players, 7);
    let mut inbox = Vec::new();
    let mut spent_us = [const { Vec::new() }; PHASES.len()];
    let mut whole_us = Vec::with_capacity(PHASED_TICKS);
    for _ in 0..PHASED_TICKS {
        arena.fill_inbox(&mut inbox);
        let room = &mut arena.room;
        let mut lap = Instant::now();
        let started = lap;
        let mut phase = |phase: usize| {
            let now = Instant::now();
            spent_us[phase].push((now - lap).as_secs_f64() * 1e6);
            lap = now;
        };
        room.receive(&mut inbox);
        phase(0);
        room.simulate();
        phase(1);
        if room.snapshot_due(Arena::TICKS_PER_SNAPSHOT) {
            room.capture();
            room.look();
            phase(2);
            room.encode(&mut ());
            phase(3);
        }
        whole_us.push(started.elapsed().as_secs_f64() * 1e6);
        room.finish();
    }
    println!("\none room, {players} players, {PHASED_TICKS} ticks: microseconds per tick");
    println!("{:>10} {:>9} {:>9}", "phase", "median", "p99");
    for (phase, spent) in PHASES.iter().zip(&mut spent_us) {
        println!(
            "{phase:>10} {:>9.2} {:>9.2}",
            quantile(spent, 0.5),
            quantile(spent, 0.99)
        );
    }
    let median = quantile(&mut whole_us, 0.5);
    println!(
        "{:>10} {median:>9.2} {:>9.2}",
        "whole",
        quantile(&mut whole_us, 0.99)
    );
    let mean = whole_us.iter().sum::<f64>() / whole_us.len() as f64;
    println!(
        "{:.0} ticks per second on one core; capture and encode run every {}nd tick",
        1e6 / mean,
        Arena::TICKS_PER_SNAPSHOT
    );
}

fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values
        .get(((values.len() as f64 - 1.0) * part) as usize)
        .copied()
        .unwrap_or_default()
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = whole_ticks
}
criterion_main!(benches);
