//! What a client in full play takes of the net layer's memory, and when one sends too much.

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

fn seat(delivered: &Arc<AtomicUsize>) -> Seat {
    Seat {
        player: PlayerId(1),
        welcome: vec![1; 40],
        tick_rate_hz: 60,
        feed: Box::new(Room(delivered.clone(), Pumps::default())),
        port: Box::new(Room(delivered.clone(), Pumps::default())),
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
        account: None,
    };
    let delivered = Arc::new(AtomicUsize::new(0));
    let seat = seat(&delivered);
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

/// Has what its client has sent, once the network lets it through.
#[derive(Default)]
struct Network {
    sent: Vec<u8>,
    through: Vec<u8>,
}

#[derive(Clone, Default)]
struct Plug(Arc<Mutex<Network>>);

impl Plug {
    fn send(&self, frame: &[u8]) {
        self.0.lock().sent.extend_from_slice(frame);
    }

    /// All that was sent has arrived.
    fn flow(&self) {
        let network = &mut *self.0.lock();
        network.through.append(&mut network.sent);
    }
}

impl Wire for Plug {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let through = &mut self.0.lock().through;
        let bytes = through.len().min(into.len());
        if bytes == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        into[..bytes].copy_from_slice(&through[..bytes]);
        through.drain(..bytes);
        Ok(Came { bytes, at: now })
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

/// A client that is not built on our core: it sends an input with each tick, whatever happens, and pings every second.
struct Raw {
    plug: Plug,
    seated: Seated<Plug>,
    now: Instant,
    ticks: u32,
}

const TICK: Duration = Duration::from_nanos(1_000_000_000 / 60);

impl Raw {
    fn new() -> Raw {
        let (limits, metrics) = (Limits::default(), Arc::new(Metrics::default()));
        let (plug, now) = (Plug::default(), Instant::now());
        let setup = SeatedSetup {
            limits: &limits,
            metrics: &metrics,
            dev: false,
            account: None,
        };
        let wire = Conditioned::bare(plug.clone());
        let messages = MessageReader::new(&[], &limits);
        let seat = seat(&Arc::default());
        Raw {
            plug,
            seated: Seated::new(wire, messages, Outgoing::default(), seat, &setup, now),
            now,
            ticks: 0,
        }
    }

    /// Goes on for a while. The network lets everything through at its end, or at each tick.
    fn play(&mut self, span: Duration, inputs: u32, flows: bool, serves: bool) {
        let end = self.now + span;
        while self.now < end {
            self.now += TICK;
            self.ticks += 1;
            for _ in 0..inputs {
                self.plug
                    .send(&client_frame(OpCode::Binary, &[1; 20], MASK));
            }
            if self.ticks.is_multiple_of(60) {
                self.plug.send(&client_frame(OpCode::Ping, &[], MASK));
            }
            if flows {
                self.plug.flow();
            }
            if serves {
                self.seated.read(self.now);
                self.seated.write(self.now, true);
            }
        }
        self.plug.flow();
    }

    fn end(&self) -> Option<End> {
        let ended = self.seated.has_ended();
        ended.then(|| self.seated.end(End::Lost).map(|ended| ended.2))?
    }
}

#[test]
fn a_client_that_sends_on_through_a_stall_is_not_closed() {
    for span in [0.1, 1.0, 3.0, 5.0, 8.0, 12.0, 16.0, 22.0, 29.0] {
        let span = Duration::from_secs_f64(span);
        for server_stands in [false, true] {
            let mut raw = Raw::new();
            raw.play(Duration::from_secs(3), 1, true, true);
            raw.play(span, 1, server_stands, !server_stands);
            raw.play(Duration::from_secs(3), 1, true, true);
            assert_eq!(raw.end(), None, "{span:?}, server: {server_stands}");
        }
    }
    // A listener from which nothing comes is not to blame either when the server does not look.
    let mut raw = Raw::new();
    raw.play(Duration::from_secs(3), 1, true, true);
    raw.play(Duration::from_secs(90), 0, false, false);
    raw.play(TICK, 0, false, true);
    assert_eq!(raw.end(), None);
}

#[test]
fn a_client_that_goes_on_sending_too_much_is_closed() {
    let mut raw = Raw::new();
    raw.play(Duration::from_secs(50), 2, true, true);
    assert_eq!(raw.end(), None, "two a tick may be sent for ever");
    raw.play(Duration::from_secs(120), 3, true, true);
    assert_eq!(raw.end(), Some(CloseReason::MessageFlood.into()));
}
