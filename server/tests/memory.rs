//! What a client that does not read costs the server: its cursor, one message, and no more. This is a test binary of
//! its own, since it counts what the whole process has allocated.

#[path = "hostile/meadow.rs"]
mod meadow;
#[allow(dead_code, reason = "made for the hostile clients, which need more")]
#[path = "hostile/serving.rs"]
mod serving;
#[allow(dead_code, reason = "made for the hostile clients, which need more")]
#[path = "hostile/wire.rs"]
mod wire;

use peak_alloc::PeakAlloc;
use tickwire_server::Server;
use tickwire_shared::message::ClientMessage;

use crate::meadow::{MeadowGame, Options};
use crate::serving::{Running, roomy, start_with};
use crate::wire::{Bystander, Wire, hello, said, upgrade};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Clients of each kind.
const CLIENTS: usize = 40;
/// What a client that does not read may cost beyond one that reads, bytes.
const MORE_BYTES: usize = 64 << 10;

async fn server() -> Running {
    let options = Options {
        sheep: 1000,
        ..Options::default()
    };
    let builder = Server::builder()
        .threads(1)
        .limits(roomy())
        .game_with::<MeadowGame<128>>(options);
    start_with(builder).await
}

/// Bytes in use when everything has settled: the room's ring is full, and the clients that do not read are stuck.
async fn settled(watcher: &mut Bystander) -> usize {
    for _ in 0..70 {
        watcher.is_served("settling").await;
    }
    ALLOCATED.current_usage()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_has_stopped_reading_costs_at_most_64_kib_more_than_one_that_reads() {
    let server = server().await;
    let mut watcher = Bystander::join(server.address).await;
    let empty = settled(&mut watcher).await;
    let mut readers = Vec::new();
    for _ in 0..CLIENTS {
        readers.push(Bystander::join(server.address).await);
    }
    let reading = settled(&mut watcher).await;
    let mut stuck = Vec::new();
    for _ in 0..CLIENTS {
        let mut wire = Wire::connect_small(server.address).await;
        wire.upgrade(&upgrade(server.address)).await;
        wire.send(&said(&ClientMessage::Hello(hello()))).await;
        stuck.push(wire);
    }
    // Two and a half seconds: half of the write deadline, after which they would be closed.
    for _ in 0..25 {
        watcher.is_served("stuck clients").await;
    }
    let with_stuck = ALLOCATED.current_usage();
    let each_reading = (reading - empty) / CLIENTS;
    let each_stuck = with_stuck.saturating_sub(reading) / CLIENTS;
    println!("a client that reads: {each_reading} bytes; one that does not: {each_stuck} bytes");
    assert!(
        each_stuck <= each_reading + MORE_BYTES,
        "{each_stuck} bytes for one that does not read, {each_reading} for one that does"
    );
    assert_eq!(server.closed("too_slow"), 0, "they were still there");
    drop(stuck);
}
