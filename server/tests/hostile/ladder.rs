//! The slow-client ladder over real sockets: clients that read too little, for long or for a while.
//!
//! Their kernels hold little for them and they read at a given rate, so the server's writes stand still as on a bad
//! line. The rungs are read from what the server tells the client, and from its metrics.

use std::time::{Duration, Instant};

use tickwire_server::Server;
use tickwire_shared::close::CloseReason;
use tickwire_shared::message::{ClientMessage, Ping};
use tickwire_shared::snapshot::layout::{Rung, ServiceLevel, SnapshotMessage};

use crate::meadow::{MeadowGame, Options};
use crate::serving::{Running, roomy, start_with};
use crate::wire::{BINARY, Bystander, CLOSE, Wire, hello, said, upgrade};

/// Snapshots of 4 kB, 30 a second.
async fn flock() -> Running {
    let options = Options {
        sheep: 1000,
        ..Options::default()
    };
    let builder = Server::builder()
        .threads(1)
        .limits(roomy())
        .game_with::<MeadowGame<16>>(options);
    start_with(builder).await
}

/// A client in the room, over a line that holds little.
async fn join_small(server: &Running) -> Wire {
    let mut wire = Wire::connect_small(server.address).await;
    wire.upgrade(&upgrade(server.address)).await;
    wire.send(&said(&ClientMessage::Hello(hello()))).await;
    wire.welcome().await;
    let sign = ClientMessage::Ping(Ping { nonce: 1 });
    wire.send(&said(&sign)).await;
    wire
}

/// What a client is told about how it is served.
#[derive(Default)]
struct Seen {
    service: ServiceLevel,
    rungs: Vec<Rung>,
    bytes: usize,
    began: Option<Instant>,
    closed: Option<u16>,
}

impl Seen {
    /// Reads one frame, but no sooner than a line of `bytes_per_s` would have brought it.
    async fn read(&mut self, wire: &mut Wire, bytes_per_s: f64) {
        let Some((first, payload)) = wire.frame().await else {
            self.closed.get_or_insert(0);
            return;
        };
        let began = *self.began.get_or_insert_with(Instant::now);
        self.bytes += payload.len();
        if first == CLOSE {
            self.closed = Some(u16::from_be_bytes([payload[0], payload[1]]));
        } else if first == BINARY && payload[0] & 0x80 != 0 {
            let message = SnapshotMessage::parse(&payload).unwrap();
            if let Some(service) = message.header.service {
                self.service = service;
                self.rungs.push(service.rung);
            }
        }
        let due = began + Duration::from_secs_f64(self.bytes as f64 / bytes_per_s);
        tokio::time::sleep_until(due.into()).await;
    }

    /// From now on the line is another one.
    fn begin(&mut self) {
        (self.bytes, self.began) = (0, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_cannot_keep_up_goes_down_every_rung_and_is_closed_and_nobody_else_notices() {
    let server = flock().await;
    let mut bystander = Bystander::join(server.address).await;
    let mut wire = join_small(&server).await;
    let mut seen = Seen::default();
    while seen.closed.is_none() {
        // A fifth of what comes: even half of what comes is too much.
        seen.read(&mut wire, 24_000.0).await;
    }
    assert_eq!(seen.closed, Some(CloseReason::TooSlow.code()));
    for rung in [Rung::HalfRate, Rung::LessInterest] {
        assert!(seen.rungs.contains(&rung), "{:?}", seen.rungs);
        let label = format!("client_rung_changes_total{{rung=\"{}\"}} ", rung.label());
        assert!(server.metrics.text().contains(&label), "{label}");
    }
    let late = |rung: &Rung| [Rung::Merged, Rung::Restarted].contains(rung);
    assert!(seen.rungs.iter().any(late), "{:?}", seen.rungs);
    bystander.is_served("a slow client").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_was_slow_for_a_while_gets_half_and_then_all_again() {
    let server = flock().await;
    let mut wire = join_small(&server).await;
    let mut seen = Seen::default();
    // Three quarters of what comes: too little for all of it, enough for half.
    while seen.service.stride == 1 {
        seen.read(&mut wire, 90_000.0).await;
        assert_eq!(seen.closed, None);
    }
    assert_eq!(seen.service.rung, Rung::HalfRate);
    seen.begin();
    while seen.service.stride == 2 {
        seen.read(&mut wire, 1e9).await;
        assert_eq!(seen.closed, None);
    }
    assert_eq!(seen.service.stride, 1);
    while seen.service.rung != Rung::Current {
        seen.read(&mut wire, 1e9).await;
    }
}
