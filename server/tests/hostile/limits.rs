//! What takes too long, is too much, or is too many.

use std::time::Duration;

use tickwire_server::{Limits, Server};
use tickwire_shared::close::CloseReason;
use tickwire_shared::message::{ClientMessage, Ping};

use crate::meadow::{MeadowGame, Options};
use crate::serving::{Running, roomy, start, start_with};
use crate::wire::{BINARY, Bystander, PING, Wire, frame, hello, said, upgrade};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) async fn expect_reason(server: &Running, mut wire: Wire, reason: CloseReason) {
    let ending = wire.ending().await;
    assert_eq!(
        ending.close.as_ref().map(|close| close.0),
        Some(reason.code()),
        "{ending:?}"
    );
    assert_eq!(ending.goodbye, ending.close);
    server
        .until(reason.label(), |server| server.closed(reason.label()) > 0)
        .await;
}

#[tokio::test]
async fn a_hello_that_never_comes_is_not_waited_for() {
    let server = start(Limits {
        hello: ms(150),
        ..roomy()
    })
    .await;
    let mut bystander = Bystander::join(server.address).await;
    let whole = said(&ClientMessage::Hello(hello()));
    let part = &whole[..whole.len() - 1];
    for said in [
        &[][..],
        &frame(PING, b"still here"),
        part,
        &frame(0x02, &[0]),
    ] {
        let mut wire = Wire::open(server.address).await;
        wire.send(said).await;
        expect_reason(&server, wire, CloseReason::HelloTimeout).await;
    }
    bystander.is_served("hellos that never came").await;
}

#[tokio::test]
async fn a_silent_client_is_idle_and_one_that_answers_pings_is_not() {
    let (idle, ping) = (ms(1500), ms(50));
    let server = start(Limits {
        idle,
        ping,
        control_frames_per_s: 1000,
        ..roomy()
    })
    .await;
    let mut bystander = Bystander::join(server.address).await;
    // Nothing at all, a frame that does not end, a message in fragments that does not end.
    let fragments = [frame(0x02, b"a"), frame(0x00, b"b")].concat();
    let mut silent = Vec::new();
    for said in [&[][..], &[BINARY, 0x85, 1, 2, 3], &fragments] {
        let (mut wire, _) = Wire::join(server.address, hello()).await;
        wire.send(said).await;
        silent.push(wire);
    }
    for wire in silent {
        expect_reason(&server, wire, CloseReason::Idle).await;
    }
    server
        .until("three were idle", |server| server.closed("idle") == 3)
        .await;
    // The bystander came before them and has said nothing either, except answers to pings.
    bystander.is_served("idle clients").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_too_slow_and_others_are_not_kept_waiting() {
    let limits = Limits {
        write_deadline: ms(200),
        close_wait: ms(200),
        ..roomy()
    };
    let gossip = Options {
        gossip_bytes: 20_000,
        ..Options::default()
    };
    let game = Server::builder()
        .threads(1)
        .limits(limits)
        .game_with::<MeadowGame<16>>(gossip);
    let server = start_with(game).await;
    let mut bystander = Bystander::join(server.address).await;
    let mut wire = Wire::connect_small(server.address).await;
    wire.upgrade(&upgrade(server.address)).await;
    wire.send(&said(&ClientMessage::Hello(hello()))).await;
    server
        .until("too slow", |server| server.closed("too_slow") == 1)
        .await;
    bystander.is_served("a slow client").await;
    drop(wire);
}

#[tokio::test]
async fn a_slow_client_that_reads_again_in_time_is_told_why() {
    let limits = Limits {
        write_deadline: ms(100),
        close_wait: Duration::from_secs(10),
        ..roomy()
    };
    let gossip = Options {
        gossip_bytes: 20_000,
        ..Options::default()
    };
    let game = Server::builder()
        .threads(1)
        .limits(limits)
        .game_with::<MeadowGame<16>>(gossip);
    let server = start_with(game).await;
    let mut bystander = Bystander::join(server.address).await;
    let mut wire = Wire::connect_small(server.address).await;
    wire.upgrade(&upgrade(server.address)).await;
    wire.send(&said(&ClientMessage::Hello(hello()))).await;
    // A second of snapshots for others: by then one snapshot for this client has missed its deadline. What is left of
    // that snapshot must still come, or nothing behind it is understood.
    for _ in 0..10 {
        bystander.is_served("a slow client").await;
    }
    expect_reason(&server, wire, CloseReason::TooSlow).await;
}

#[tokio::test]
async fn answers_do_not_pile_up_for_a_client_that_asks_and_does_not_read() {
    let server = start(Limits {
        replies_queued: 1,
        messages_per_tick: 100_000,
        // This must not be what ends it.
        write_deadline: Duration::from_secs(3600),
        // It reads again in the end.
        close_wait: Duration::from_secs(10),
        ..roomy()
    })
    .await;
    let mut wire = Wire::connect_small(server.address).await;
    wire.upgrade(&upgrade(server.address)).await;
    wire.send(&said(&ClientMessage::Hello(hello()))).await;
    wire.welcome().await;
    // More answers than the kernel holds for it.
    wire.send(&said(&ClientMessage::Ping(Ping { nonce: 1 })).repeat(20_000))
        .await;
    server
        .until("too slow", |server| server.closed("too_slow") == 1)
        .await;
    expect_reason(&server, wire, CloseReason::TooSlow).await;
}

#[tokio::test]
async fn as_many_messages_as_are_allowed_are_taken() {
    let server = start(roomy()).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    // Messages for twice 60 ticks, together.
    let messages = (0..120)
        .map(|nonce| said(&ClientMessage::Ping(Ping { nonce })))
        .collect::<Vec<_>>();
    for some in messages.chunks(30) {
        wire.send(&some.concat()).await;
        wire.snapshot().await;
    }
    wire.is_alive().await;
}

#[tokio::test]
async fn connections_without_a_hello_are_bounded() {
    let server = start(Limits {
        unhelloed: 2,
        ..roomy()
    })
    .await;
    let mut first = Wire::open(server.address).await;
    let _second = Wire::open(server.address).await;
    let refused = || async {
        let mut wire = Wire::connect(server.address).await;
        wire.send(upgrade(server.address).as_bytes()).await;
        wire.answer().await.0
    };
    assert!(refused().await.starts_with("http/1.1 503"));
    assert_eq!(server.upgrades_refused("too_many_unhelloed"), 1);
    // The hello gives the place back.
    first.send(&said(&ClientMessage::Hello(hello()))).await;
    first.welcome().await;
    let _third = Wire::open(server.address).await;
    assert!(refused().await.starts_with("http/1.1 503"));
}

#[tokio::test]
async fn a_flooder_that_reads_late_still_hears_why() {
    let limits = Limits {
        close_wait: Duration::from_secs(10),
        ..roomy()
    };
    let gossip = Options {
        gossip_bytes: 20_000,
        ..Options::default()
    };
    let game = Server::builder().threads(1).limits(limits);
    let server = start_with(game.game_with::<MeadowGame<16>>(gossip)).await;
    let mut wire = Wire::connect_small(server.address).await;
    wire.upgrade(&upgrade(server.address)).await;
    wire.send(&said(&ClientMessage::Hello(hello()))).await;
    wire.welcome().await;
    // Until the kernel holds as much as it may for a client that does not read.
    let mut bystander = Bystander::join(server.address).await;
    for _ in 0..3 {
        bystander.is_served("a client that reads late").await;
    }
    // Far more than the server reads before it knows. What stays unread would reset the connection. Then the client
    // would lose what the kernel still holds for it: the goodbye at the end.
    wire.send(&said(&ClientMessage::Ping(Ping { nonce: 1 })).repeat(6000))
        .await;
    expect_reason(&server, wire, CloseReason::MessageFlood).await;
}
