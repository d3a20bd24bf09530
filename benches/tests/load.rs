//! The load against a real server over real sockets: its counts must match what the server does.
//!
//! In: a few clients for a second. Out: pass or fail. No claim is about times.

use std::sync::mpsc;
use std::time::Duration;

use tickwire_benches::contest::HZ;
use tickwire_benches::field::{FieldGame, FieldOptions};
use tickwire_benches::load::{self, Cast, Decode, Outcome, Plan};
use tickwire_server::{MetricsAccess, Server};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Plays for a second, with `players` on a field with `seats`.
fn play(players: usize, seats: usize, decode: Decode) -> Outcome {
    let options = FieldOptions {
        seats,
        ..FieldOptions::default()
    };
    let cast: Cast = Box::new(move |client| load::field(client, "room".to_owned(), decode));
    play_on(options, players, cast)
}

/// The outcome as text, without its histograms.
fn words(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

fn play_on(options: FieldOptions, players: usize, cast: Cast) -> Outcome {
    let (say, address) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            say.send(listener.local_addr().unwrap()).unwrap();
            let server = Server::builder()
                .metrics(MetricsAccess::Everybody)
                .game_with::<FieldGame>(options);
            let server = server.threads(1).build().unwrap();
            let shutdown = async {
                let _ = stopped.await;
            };
            server.serve(listener, shutdown).await;
        });
    });
    let mut plan = Plan {
        address: address.recv().unwrap().to_string(),
        path: "/ws".to_owned(),
        matchmake: false,
        players,
        joins_per_s: 100.0,
        input_hz: HZ,
        snapshot_hz: HZ,
        look: true,
        process: Some(std::process::id()),
        measure: Duration::from_secs(1),
        cast,
    };
    let outcome = load::run(&mut plan, |_| {}).unwrap();
    stop.send(()).unwrap();
    server.join().unwrap();
    outcome
}

#[test]
fn true_clients_see_everybody_and_hold_what_they_should() {
    let outcome = play(8, 8, Decode::All);
    assert_eq!(
        (outcome.players, outcome.refused),
        (8, 0),
        "{}",
        words(&outcome)
    );
    assert_eq!((outcome.entities_seen_mean, outcome.desyncs), (8.0, 0));
    assert!(outcome.snapshots_per_s_min > 0.0 && outcome.bytes_down_per_client_per_s > 0.0);
    assert!(outcome.input_ack_ms.p50 > 0.0, "inputs are acknowledged");
    let server = outcome.server.expect("the server says what it takes");
    assert!(server.resident_bytes > 0.0 && server.tick_us_mean > 0.0);
}

#[test]
fn clients_that_decode_nothing_still_play_on() {
    let outcome = play(8, 8, Decode::None);
    assert_eq!(
        (outcome.players, outcome.refused),
        (8, 0),
        "{}",
        words(&outcome)
    );
    assert!(outcome.input_ack_ms.p50 > 0.0, "inputs are acknowledged");
    // Without news of their inputs, clients would send four messages a second, of about twenty bytes each.
    assert!(
        outcome.bytes_up_per_client_per_s > 8.0 * 20.0,
        "{}",
        words(&outcome)
    );
}

#[test]
fn a_client_that_finds_no_seat_is_counted_with_the_reason() {
    let outcome = play(5, 4, Decode::None);
    assert_eq!(
        (outcome.players, outcome.refused),
        (4, 1),
        "{}",
        words(&outcome)
    );
    let reason = outcome.refusals.keys().next().expect("a reason");
    assert!(reason.starts_with("refused: "), "{reason}");
    assert!(!outcome.holds());
}

#[test]
fn idle_clients_where_nobody_moves_say_nothing_and_hear_next_to_nothing() {
    let options = FieldOptions {
        still: true,
        ..FieldOptions::default()
    };
    let outcome = play_on(
        options,
        4,
        Box::new(|client| load::idle(client, "room".to_owned())),
    );
    assert_eq!(
        (outcome.players, outcome.refused),
        (4, 0),
        "{}",
        words(&outcome)
    );
    // Only the answer to a ping leaves.
    assert!(
        outcome.bytes_up_per_client_per_s < 30.0,
        "{}",
        words(&outcome)
    );
    // A sign of life every 0.3 s, and no state.
    assert!(outcome.snapshots_per_s_mean < 6.0, "{}", words(&outcome));
    assert!(
        outcome.bytes_down_per_client_per_s < 150.0,
        "{}",
        words(&outcome)
    );
}
