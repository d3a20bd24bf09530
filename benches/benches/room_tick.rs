//! What one tick of a room costs, without sockets: as a whole and by phase, against players, entities and channels.
//!
//! First prints a table of microseconds by phase, then criterion's times of whole ticks. Read the ratios, because
//! machines differ. `-- --profile-time 10` writes flame graphs instead.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

mod flame;

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tickwire_benches::crowd::CrowdOptions;
use tickwire_benches::crowd::play::CrowdRoom;
use tickwire_benches::field::FieldOptions;
use tickwire_benches::phases::{PHASES, Phases};
use tickwire_benches::rounds::rounds;
use tickwire_benches::script::ScriptedRoom;
use tickwire_benches::spread::{Spread, quantile};
use tickwire_room::Game;

const ARENA_PLAYERS: [u64; 3] = [2, 8, 16];
const ARENA_TICKS: usize = 20_000;
const FIELD_PLAYERS: [u64; 2] = [100, 800];
/// Players in a crowd.
const PLAYERS: [usize; 3] = [0, 125, 1000];
/// Entities in a crowd, including its players.
const ENTITIES: [usize; 2] = [1000, 4000];
/// Sides of a crowd's grid cells, units: these give about 16, 650 and 2,600 channels.
const CELLS: [f64; 3] = [250.0, 40.0, 20.0];
/// Ticks of a crowd, and of a field.
const CROWD_TICKS: usize = 400;
const SEED: u64 = 7;

fn tables() {
    let ticks = rounds(ARENA_TICKS);
    if ticks > 0 {
        print_head();
        for players in ARENA_PLAYERS {
            let name = format!("arena, {players} players");
            print_row(&name, &mut ScriptedRoom::arena(players, SEED), ticks);
        }
    }
    let ticks = rounds(CROWD_TICKS);
    if ticks > 0 {
        for players in FIELD_PLAYERS {
            let name = format!("field, {players} players");
            let mut room = ScriptedRoom::field(FieldOptions::default(), players, SEED);
            print_row(&name, &mut room, ticks);
        }
        print_crowds(ticks);
        print_hosted(ticks);
    }
}

/// Players x entities x channels.
fn print_crowds(ticks: usize) {
    for players in PLAYERS {
        for entities in ENTITIES {
            for cell in CELLS {
                let options = CrowdOptions {
                    cell,
                    ..CrowdOptions::of_entities(players, entities)
                };
                let name = format!("crowd, {players} of {entities}, cells of {cell}");
                let mut room = ScriptedRoom::crowd(options, SEED);
                print_row(&name, &mut room, ticks);
            }
        }
    }
}

fn print_head() {
    print!("\n{:<34} {:>8} {:>8}", "median microseconds", "", "bytes,");
    println!("{:60}   whole tick", "");
    print!(
        "{:<34} {:>8} {:>8}",
        "of a room's tick", "channels", "shared"
    );
    for phase in PHASES {
        print!(" {phase:>9}");
    }
    println!("{}", Spread::heads());
}

fn print_row<G: Game>(name: &str, scripted: &mut ScriptedRoom<G>, ticks: usize) {
    let (mut phases, mut inbox) = (Phases::default(), Vec::new());
    for _ in 0..ticks {
        scripted.fill_inbox(&mut inbox);
        phases.tick(&mut scripted.room, &mut inbox);
    }
    let room = &scripted.room;
    print!(
        "{name:<34} {:>8} {:>8}",
        room.channels().count(),
        room.shared_bytes()
    );
    let spreads = phases.spreads();
    let (whole, phases) = spreads.split_last().expect("the whole is there");
    for (_, spread) in phases {
        print!(" {:>9.2}", spread.p50);
    }
    println!("{}", whole.1);
    scripted.check();
}

/// What a room's place in a server adds: its mailbox, and what it leaves in each client's handoff.
fn print_hosted(ticks: usize) {
    println!(
        "\n{:<34} {:>9} {:>9} {:>9}",
        "median microseconds", "room", "hosted", "publish"
    );
    for players in [125, 1000] {
        let options = || CrowdOptions::of_players(players);
        let mut scripted = ScriptedRoom::crowd(options(), SEED);
        let mut hosted = CrowdRoom::open(options(), SEED).expect("a crowd gathers");
        let (mut room_us, mut hosted_us) = (Vec::new(), Vec::new());
        let mut inbox = Vec::new();
        // Take turns, so that whatever else the machine does affects both alike.
        for _ in 0..ticks {
            scripted.fill_inbox(&mut inbox);
            let started = Instant::now();
            scripted.room.tick(&mut inbox, &mut ());
            room_us.push(started.elapsed().as_secs_f64() * 1e6);
            hosted_us.push(hosted.tick().expect("a crowd walks").tick_us);
        }
        scripted.check();
        let (room_us, hosted_us) = (quantile(&mut room_us, 0.5), quantile(&mut hosted_us, 0.5));
        println!(
            "{:<34} {room_us:>9.2} {hosted_us:>9.2} {:>9.2}",
            format!("crowd, {players} players"),
            hosted_us - room_us
        );
    }
    println!();
}

fn whole_ticks(criterion: &mut Criterion) {
    tables();
    for players in ARENA_PLAYERS {
        let arena = ScriptedRoom::arena(players, SEED);
        bench_ticks(criterion, BenchmarkId::new("arena", players), arena);
    }
    for players in FIELD_PLAYERS {
        let field = ScriptedRoom::field(FieldOptions::default(), players, SEED);
        bench_ticks(criterion, BenchmarkId::new("field", players), field);
    }
    let crowd = ScriptedRoom::crowd(CrowdOptions::of_players(1000), SEED);
    bench_ticks(criterion, BenchmarkId::new("crowd", 1000), crowd);
}

fn bench_ticks<G: Game>(
    criterion: &mut Criterion,
    name: BenchmarkId,
    mut scripted: ScriptedRoom<G>,
) {
    let mut inbox = Vec::new();
    let mut group = criterion.benchmark_group("room_tick");
    group.throughput(Throughput::Elements(scripted.people().count() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            scripted.fill_inbox(&mut inbox);
            black_box(scripted.room.tick(&mut inbox, &mut ()));
        });
    });
    group.finish();
    scripted.check();
}

criterion_group! {
    name = benches;
    config = flame::criterion(30);
    targets = whole_ticks
}
criterion_main!(benches);
