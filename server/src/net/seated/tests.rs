//! What a client in full play takes of the net layer's memory.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use allocation_counter::measure;
use tickwire_shared::ids::PlayerId;

use super::*;
use crate::net::outgoing::client_frame;
use crate::net::wire::Came;
use crate::pump::Pumps;
use crate::seat::{Delivery, Ending, Feed, Port};

const MASK: [u8; 4] = [1, 2, 3, 4];

/// Has the same bytes for each read, and takes everything.
struct Kernel(Vec<u8>);

impl Wire for Kernel {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        into[..self.0.len()].copy_from_slice(&self.0);
        Ok(Came {
            bytes: self.0.len(),
            at: now,
        })
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

struct Room(Arc<AtomicUsize>, Pumps);

impl Port for Room {
    fn deliver(&self, _: Instant, _: Instant, _: &[u8]) -> Result<Delivery, CloseReason> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Delivery::Taken)
    }

    fn note_round_trip(&self, _: Duration) {}

    fn link_report(&self, _: String, _: String) -> Option<Vec<u8>> {
        None
    }
}

impl Feed for Room {
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        out.extend_from_slice(&[7; 300]);
        Ok(true)
    }

    fn ending(&self) -> Arc<Ending> {
        Arc::default()
    }

    fn pumps(&self) -> &Pumps {
        &self.1
    }
}

/// The first ticks fill the thread's buffers. A ping leaves every 2 s, a pong of the client's comes with each input.
#[test]
fn a_client_in_full_play_allocates_nothing() {
    let limits = Limits {
        control_frames_per_s: 1000,
        ..Limits::default()
    };
    let metrics = Arc::new(Metrics::default());
    let setup = SeatedSetup {
        limits: &limits,
        metrics: &metrics,
        dev: false,
    };
    let delivered = Arc::new(AtomicUsize::new(0));
    let seat = Seat {
        player: PlayerId(1),
        welcome: vec![1; 40],
        tick_rate_hz: 60,
        feed: Box::new(Room(delivered.clone(), Pumps::default())),
        port: Box::new(Room(delivered.clone(), Pumps::default())),
    };
    let input = client_frame(OpCode::Binary, &[1; 20], MASK);
    let pong = client_frame(OpCode::Pong, &[0; 8], MASK);
    let wire = Conditioned::bare(Kernel([input, pong].concat()));
    let messages = MessageReader::new(&[], &limits);
    let start = Instant::now();
    let seated = Seated::new(wire, messages, Outgoing::default(), seat, &setup, start);
    let mut now = start;
    let mut play = |ticks: u32| {
        for _ in 0..ticks {
            now += Duration::from_secs(1) / 60;
            assert!(seated.read(now) && seated.write(now, true));
        }
    };
    play(10);
    let counted = measure(|| play(1000));
    assert_eq!(delivered.load(Ordering::Relaxed), 1010);
    assert_eq!(counted.count_total, 0);
}
