//! What one message costs, without sockets: an input on its way in, a snapshot on its way out.
//!
//! First prints a table of nanoseconds per message against players and channels: taking an input in (decoding, checks,
//! the mailbox), its share of the tick's first stage, and writing a client's message. Then follow criterion's times of
//! the same. `-- --profile-time 10` writes flame graphs instead.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

mod flame;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tickwire_benches::crowd::play::{CrowdRoom, TickCost};
use tickwire_benches::crowd::{Crowd, CrowdOptions};
use tickwire_benches::phases::Phases;
use tickwire_benches::rounds::rounds;
use tickwire_benches::script::ScriptedRoom;
use tickwire_benches::spread::Spread;

const PLAYERS: [usize; 2] = [125, 1000];
/// Sides of grid cells, units: players see about 4, 25 and 80 channels.
const CELLS: [f64; 3] = [250.0, 40.0, 20.0];
const TICKS: usize = 400;
const SEED: u64 = 7;

/// The first stage of one tick, nanoseconds per input; the rest of the tick is not timed.
fn receive_ns(scripted: &mut ScriptedRoom<Crowd>) -> f64 {
    let mut inbox = Vec::new();
    scripted.fill_inbox(&mut inbox);
    let inputs = inbox.len() as f64;
    let mut phases = Phases::default();
    phases.tick(&mut scripted.room, &mut inbox);
    phases.last_us(0) * 1e3 / inputs
}

fn table() {
    let ticks = rounds(TICKS);
    if ticks == 0 {
        return;
    }
    println!("\nnanoseconds per message, {ticks} ticks each");
    println!("{:<32} {:<8}{}", "", "", Spread::heads());
    for players in PLAYERS {
        for cell in CELLS {
            print_crowd(players, cell, ticks);
        }
    }
    println!();
}

fn print_crowd(players: usize, cell: f64, ticks: usize) {
    let options = || CrowdOptions {
        cell,
        ..CrowdOptions::of_players(players)
    };
    let mut room = CrowdRoom::open(options(), SEED).expect("a crowd gathers");
    let costs = (0..ticks).map(|_| room.tick().expect("a crowd walks"));
    let costs = costs.collect::<Vec<_>>();
    let mut scripted = ScriptedRoom::crowd(options(), SEED);
    let received = (0..ticks).map(|_| receive_ns(&mut scripted));
    let mut received = received.collect::<Vec<_>>();
    check(&costs, &mut scripted);
    let spread = |of: fn(&TickCost) -> f64| {
        let mut values = costs.iter().map(of).collect::<Vec<_>>();
        Spread::of(&mut values)
    };
    let ((channels, seen), bytes) = (room.interest(), spread(|cost| cost.bytes));
    let about = [
        format!("{players} players, cells of {cell}"),
        format!("  {channels:.1} channels, {seen:.1} walkers"),
        format!("  {:.0} bytes", bytes.p50),
    ];
    let spreads = [
        ("deliver", spread(|cost| cost.deliver_ns)),
        ("receive", Spread::of(&mut received)),
        ("message", spread(|cost| cost.message_ns)),
    ];
    for (about, (name, spread)) in about.iter().zip(spreads) {
        println!("{about:<32} {name:<8}{spread}");
    }
}

/// Every client was sent something, and no input was lost.
fn check(costs: &[TickCost], scripted: &mut ScriptedRoom<Crowd>) {
    assert!(costs.iter().all(|cost| cost.bytes > 20.0), "empty messages");
    scripted.check();
}

fn messages(criterion: &mut Criterion) {
    table();
    let players = PLAYERS[1];
    let mut scripted = ScriptedRoom::crowd(CrowdOptions::of_players(players), SEED);
    let mut room =
        CrowdRoom::open(CrowdOptions::of_players(players), SEED).expect("a crowd gathers");
    let mut group = criterion.benchmark_group("messages");
    group.throughput(Throughput::Elements(1));
    let mut bench = |name: &str, tick_ns: &mut dyn FnMut() -> f64| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|messages| {
                let ticks = messages.div_ceil(players as u64);
                let ns = (0..ticks).map(|_| tick_ns()).sum::<f64>() / ticks as f64;
                Duration::from_secs_f64(ns * messages as f64 / 1e9)
            });
        });
    };
    let mut costs = Vec::new();
    bench("deliver", &mut || {
        costs.push(room.tick().expect("a crowd walks"));
        costs.last().map_or(0.0, |cost| cost.deliver_ns)
    });
    bench("receive", &mut || receive_ns(&mut scripted));
    bench("message, about 25 channels", &mut || {
        costs.push(room.tick().expect("a crowd walks"));
        costs.last().map_or(0.0, |cost| cost.message_ns)
    });
    group.finish();
    check(&costs, &mut scripted);
}

criterion_group! {
    name = benches;
    config = flame::criterion(20);
    targets = messages
}
criterion_main!(benches);
