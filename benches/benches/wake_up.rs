//! How late ticks begin: the scheduler's wake-ups with 1, 100 and 1,000 rooms on one simulation thread.
//!
//! Prints one table, measured with real threads in real time; run it on a machine that does nothing else. Lateness
//! comes from the timer's slack, the scheduler's queue and the rooms ahead in it; the rooms themselves do nothing.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a bench speaks to its terminal"
)]

use std::time::Duration;

use tickwire_benches::idle::IdleRooms;
use tickwire_benches::rounds::rounds;
use tickwire_benches::spread::Spread;

const ROOMS: [usize; 3] = [1, 100, 1000];
/// How long to watch each number of rooms, tenths of a second.
const SPAN_TENTHS: usize = 100;

fn main() {
    let span = Duration::from_millis(100) * rounds(SPAN_TENTHS) as u32;
    if span.is_zero() {
        return;
    }
    println!("\nmicroseconds from when a tick was due to when it began, {span:?} each");
    println!(
        "{:>5} {:>6} {:>8} {:>8}{}",
        "Hz",
        "rooms",
        "ticks",
        "skipped",
        Spread::heads()
    );
    for rooms in ROOMS {
        print_row::<20>(rooms, span);
    }
    for rooms in ROOMS {
        print_row::<60>(rooms, span);
    }
}

fn print_row<const HZ: u32>(rooms: usize, span: Duration) {
    let server = IdleRooms::<HZ>::open(rooms).expect("idle rooms open");
    let mut wakes = server.watch(span).expect("every room ticks");
    let (ticks, skipped) = (wakes.late_us.len(), wakes.skipped);
    let due = span.as_secs_f64() * f64::from(HZ) * rooms as f64;
    // Every tick that was due has run or was skipped, except for those at the ends of the span.
    let missing = due - ticks as f64 - skipped as f64;
    assert!(
        missing <= 2.0 * rooms as f64,
        "{missing} of {due} ticks are missing"
    );
    println!(
        "{HZ:>5} {rooms:>6} {ticks:>8} {skipped:>8}{}",
        Spread::of(&mut wakes.late_us)
    );
}
