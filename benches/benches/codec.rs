//! What a changed entity costs to encode and to decode, and what its residuals would cost with other codes.
//!
//! First prints two tables of recorded arenas with about 100 and 1,000 fighters: nanoseconds per changed entity, and
//! bytes and nanoseconds per row of residuals by code (medians). Then follow criterion's times of whole snapshots.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

mod flame;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tickwire_benches::bandwidth::play::{Script, play};
use tickwire_benches::bandwidth::trace::Trace;
use tickwire_benches::codes::{
    ExpGolomb, Forgetful, Learnt, Packed, RangeCode, ResidualCode, Section, residuals,
};
use tickwire_benches::rounds::rounds;
use tickwire_benches::spread::quantile;
use tickwire_shared::snapshot::{ChannelState, DeltaDecoder, DeltaEncoder, TableState};

/// Length of each trace.
const SPAN: Duration = Duration::from_secs(10);
/// How often each time is measured; the median is reported.
const RUNS: usize = 15;

/// Number of rows in a small section.
const CELL_ROWS: usize = 4;

/// A trace, with everything that encoder and decoder need.
struct Recorded {
    name: &'static str,
    trace: Trace,
    /// The rows of each snapshot, quantised.
    rows: Vec<Vec<TableState>>,
    /// What both ends hold before the second snapshot.
    start: ChannelState,
    /// The deltas, from the second snapshot on.
    deltas: Vec<Vec<u8>>,
    /// Entities with a changed row, over the whole trace from the second snapshot on.
    changed: usize,
}

impl Recorded {
    fn new(name: &'static str, trace: Trace) -> Recorded {
        let rows = trace.snapshots.iter();
        let rows = rows.map(|snapshot| snapshot.quantised(&trace.schema));
        let rows = rows.collect::<Vec<_>>();
        let mut start = ChannelState::empty(&trace.schema);
        let first = rows[0].iter().map(TableState::rows);
        DeltaEncoder::default().encode(
            &trace.schema,
            &mut start,
            first,
            &(),
            &mut (),
            &mut Vec::new(),
        );
        let mut recorded = Recorded {
            name,
            changed: trace.changed_entities(),
            trace,
            rows,
            start,
            deltas: Vec::new(),
        };
        let mut deltas = Vec::new();
        recorded.encode(|delta| deltas.push(delta.to_vec()));
        recorded.deltas = deltas;
        recorded
    }

    fn encode(&self, mut each: impl FnMut(&[u8])) {
        let mut encoder = DeltaEncoder::default();
        let mut state = self.start.clone();
        let mut out = Vec::new();
        for rows in &self.rows[1..] {
            out.clear();
            let rows = rows.iter().map(TableState::rows);
            encoder.encode(&self.trace.schema, &mut state, rows, &(), &mut (), &mut out);
            each(&out);
        }
    }

    fn decode(&self) -> ChannelState {
        let mut decoder = DeltaDecoder::default();
        let mut state = self.start.clone();
        for delta in &self.deltas {
            decoder
                .apply(&self.trace.schema, &mut state, delta)
                .expect("what was encoded is decoded");
        }
        state
    }

    /// Checks that the decoded rows are the recorded ones; otherwise the times mean nothing.
    fn check(&self) {
        let decoded = self.decode();
        let last = self.rows.last().expect("snapshots were recorded");
        for (decoded, recorded) in decoded.tables.iter().zip(last) {
            assert_eq!(
                (&decoded.ids, &decoded.values),
                (&recorded.ids, &recorded.values)
            );
        }
    }
}

fn recorded() -> [Recorded; 2] {
    let arena = |seed| {
        let script = Script {
            players: 100,
            span: SPAN,
            seed,
            idle: false,
        };
        play(script, |_| {}).expect("an arena plays").trace
    };
    let rooms = (0..10).map(arena).collect::<Vec<_>>();
    let merged = Trace::merged(&rooms).expect("there are rooms");
    let hundred = rooms.into_iter().next().expect("there are rooms");
    [
        Recorded::new("100 fighters", hundred),
        Recorded::new("1,000 fighters", merged),
    ]
}

fn median_ns(mut work: impl FnMut()) -> f64 {
    let run = |_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1e9
    };
    quantile(&mut (0..rounds(RUNS)).map(run).collect::<Vec<_>>(), 0.5)
}

fn print_entities(recorded: &[Recorded]) {
    println!(
        "\n{:<16} {:>10} {:>12} {:>12} {:>12}",
        "per changed", "changed", "bytes", "encode, ns", "decode, ns"
    );
    println!(
        "{:<16} {:>10} {:>12} {:>12} {:>12}",
        "entity", "/snapshot", "", "(<= 60)", ""
    );
    for recorded in recorded {
        recorded.check();
        let changed = recorded.changed as f64;
        let encode = median_ns(|| {
            recorded.encode(|delta| {
                black_box(delta);
            });
        });
        let decode = median_ns(|| {
            black_box(recorded.decode());
        });
        let bytes = recorded.deltas.iter().map(Vec::len).sum::<usize>();
        println!(
            "{:<16} {:>10.1} {:>12.3} {:>12.1} {:>12.1}",
            recorded.name,
            changed / recorded.deltas.len() as f64,
            bytes as f64 / changed,
            encode / changed,
            decode / changed
        );
    }
}

/// Times one code over channels. Each channel has a code of its own for all its sections.
fn print_code<C: ResidualCode>(channels: &[Vec<Section>], columns: usize) {
    let values = channels.iter().flatten().map(Vec::len).sum::<usize>();
    let rows = values as f64 / columns as f64;
    let empty = |sections: &Vec<Section>| vec![Vec::new(); sections.len()];
    let mut written = channels.iter().map(empty).collect::<Vec<_>>();
    let write = median_ns(|| {
        for (sections, written) in channels.iter().zip(&mut written) {
            let mut code = C::new(columns);
            for (section, out) in sections.iter().zip(written) {
                out.clear();
                code.write(section, out);
            }
        }
    });
    let mut read = Vec::new();
    let read_ns = median_ns(|| {
        for (sections, written) in channels.iter().zip(&written) {
            let mut code = C::new(columns);
            for (section, bytes) in sections.iter().zip(written) {
                read.clear();
                code.read(bytes, section.len(), &mut read)
                    .expect("what was written is read");
                assert_eq!(&read, section, "{}", C::NAME);
            }
        }
    });
    let bytes = written.iter().flatten().map(Vec::len).sum::<usize>() as f64;
    println!(
        "{:<40} {:>10.3} {:>12.1} {:>12.1}",
        C::NAME,
        bytes / rows,
        write / rows,
        read_ns / rows
    );
}

fn print_codes(name: &str, channels: &[Vec<Section>], columns: usize) {
    println!(
        "\n{:<40} {:>10} {:>12} {:>12}",
        format!("residuals, {name}"),
        "bytes/row",
        "write, ns/row",
        "read, ns/row"
    );
    print_code::<Packed>(channels, columns);
    print_code::<ExpGolomb>(channels, columns);
    print_code::<Forgetful>(channels, columns);
    print_code::<Learnt>(channels, columns);
    print_code::<RangeCode>(channels, columns);
}

fn print_all_codes([hundred, thousand]: &[Recorded; 2]) {
    let columns = hundred.trace.schema.tables[0].moving.len();
    let sections = residuals(&hundred.trace, 0);
    // Like the cells of a grid: one snapshot teaches the code little.
    let cell = CELL_ROWS * columns;
    let most = sections.iter().map(|section| section.len().div_ceil(cell));
    let cells = (0..most.max().unwrap_or(0)).map(|place| {
        let of_cell = |section: &Section| section.chunks(cell).nth(place).map(<[u32]>::to_vec);
        sections.iter().filter_map(of_cell).collect()
    });
    let cells = cells.collect::<Vec<_>>();
    print_codes(&format!("{CELL_ROWS} rows per section"), &cells, columns);
    print_codes(hundred.name, &[sections], columns);
    let sections = residuals(&thousand.trace, 0);
    print_codes(thousand.name, &[sections], columns);
    println!();
}

fn codec(criterion: &mut Criterion) {
    let recorded = recorded();
    if rounds(RUNS) > 0 {
        print_entities(&recorded);
        print_all_codes(&recorded);
    }
    let mut group = criterion.benchmark_group("codec");
    for recorded in &recorded {
        group.throughput(Throughput::Elements(recorded.changed as u64));
        group.bench_function(BenchmarkId::new("encode", recorded.name), |bencher| {
            bencher.iter(|| {
                recorded.encode(|delta| {
                    black_box(delta);
                });
            });
        });
        group.bench_function(BenchmarkId::new("decode", recorded.name), |bencher| {
            bencher.iter(|| black_box(recorded.decode()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = flame::criterion(20);
    targets = codec
}
criterion_main!(benches);
