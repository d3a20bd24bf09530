//! Conditioned links over real sockets: what they do to messages, and which clients may ask for one.
//!
//! Times are bounded only from below: a busy machine makes things late, never early.

use std::time::{Duration, Instant};

use tickwire_server::link::LinkSpec;
use tickwire_server::{Limits, Server};
use tickwire_shared::close::CloseReason;
use tickwire_shared::message::{ClientMessage, LinkReport, Ping, ServerMessage};

use crate::meadow::{MeadowGame, Options};
use crate::serving::{Running, builder, roomy, start, start_with};
use crate::wire::{BINARY, Bystander, Wire, hello, said};

fn spec(text: &str) -> LinkSpec {
    text.parse().unwrap()
}

async fn linked(text: &str) -> Running {
    start_with(builder(roomy()).link(spec(text))).await
}

/// How long a ping message and its pong take.
async fn ping(wire: &mut Wire, nonce: u32) -> Duration {
    let start = Instant::now();
    wire.send(&said(&ClientMessage::Ping(Ping { nonce }))).await;
    let is_answer = |first, payload: &[u8]| {
        let message = ServerMessage::<()>::decode(payload);
        first == BINARY && matches!(message, Ok(ServerMessage::Pong(pong)) if pong.nonce == nonce)
    };
    wire.frame_where(is_answer).await;
    start.elapsed()
}

/// What the server says next about the link.
async fn report(wire: &mut Wire) -> LinkReport {
    let (_, payload) = wire
        .frame_where(|first, payload| first == BINARY && payload[0] == 3)
        .await;
    match ServerMessage::<()>::decode(&payload).unwrap() {
        ServerMessage::Link(report) => report,
        other => panic!("not a report: {other:?}"),
    }
}

async fn request_link(wire: &mut Wire, link: &str) {
    wire.send(&said(&ClientMessage::Link(link.to_owned())))
        .await;
}

#[tokio::test]
async fn a_round_trip_takes_what_the_link_adds() {
    let server = linked("100ms").await;
    let start = Instant::now();
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    assert!(start.elapsed() >= Duration::from_millis(100), "the hello");
    assert!(ping(&mut wire, 1).await >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_room_may_have_a_link_of_its_own() {
    let server = start_with(builder(roomy()).room_link("green", spec("100ms")).dev(true)).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    assert_eq!(report(&mut wire).await.link, "100ms");
    assert!(ping(&mut wire, 1).await >= Duration::from_millis(100));
    let mut blue = hello();
    blue.room = "blue".to_owned();
    let (mut wire, _) = Wire::join(server.address, blue).await;
    assert_eq!(report(&mut wire).await.link, "none");
}

#[tokio::test]
async fn a_stall_holds_up_and_loses_nothing() {
    let server = linked("stall 300ms every 500ms").await;
    let start = Instant::now();
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    let mut longest = Duration::ZERO;
    // Two stalls at least. Each ping waits for the answer with its own number.
    for nonce in 0.. {
        let turn = Instant::now();
        ping(&mut wire, nonce).await;
        wire.snapshot().await;
        longest = longest.max(turn.elapsed());
        if start.elapsed() >= Duration::from_millis(1_300) {
            break;
        }
    }
    assert!(longest >= Duration::from_millis(150), "{longest:?}");
}

#[tokio::test]
async fn a_slow_link_makes_its_own_client_slow_and_no_other() {
    let options = Options {
        sheep: 1000,
        ..Options::default()
    };
    // Snapshots of 4 kB, 30 a second: ten times what goes through.
    let builder = Server::builder()
        .threads(1)
        .limits(roomy())
        .game_with::<MeadowGame<16>>(options)
        .dev(true);
    let server = start_with(builder).await;
    let mut bystander = Bystander::join(server.address).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    wire.snapshot().await;
    request_link(&mut wire, "20ms kbps 200").await;
    let reading = tokio::spawn(async move { wire.drained().await });
    server
        .until("messages that carry several snapshots", |server| {
            server.metric("tickwire_catch_ups_total") > 0
        })
        .await;
    bystander.is_served("a slow link").await;
    reading.abort();
}

#[tokio::test]
async fn the_reason_for_the_end_comes_through_a_slow_link() {
    let limits = Limits {
        close_wait: Duration::from_millis(50),
        ..roomy()
    };
    let server = start_with(builder(limits).link(spec("400ms"))).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    wire.send(&said(&ClientMessage::Goodbye)).await;
    let ending = wire.ending().await;
    assert_eq!(ending.close.unwrap().0, CloseReason::Left.code());
    assert_eq!(ending.goodbye.unwrap().0, CloseReason::Left.code());
}

#[tokio::test]
async fn in_dev_mode_a_client_conditions_its_own_link() {
    let server = start_with(builder(roomy()).dev(true)).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    let none = LinkReport {
        link: "none".to_owned(),
        error: String::new(),
    };
    assert_eq!(report(&mut wire).await, none);
    request_link(&mut wire, "Intercontinental").await;
    let told = report(&mut wire).await;
    assert_eq!((&*told.link, &*told.error), ("150ms jitter 15ms", ""));
    assert!(ping(&mut wire, 1).await >= Duration::from_millis(150));
    request_link(&mut wire, "fast").await;
    let told = report(&mut wire).await;
    assert_eq!(told.link, "150ms jitter 15ms", "nothing has changed");
    assert!(told.error.contains("\"fast\""), "{}", told.error);
    request_link(&mut wire, "none").await;
    assert_eq!(report(&mut wire).await, none);
    wire.is_alive().await;
}

#[tokio::test]
async fn outside_of_dev_mode_a_client_that_asks_for_a_link_is_refused() {
    for builder in [builder(roomy()), builder(roomy()).link(spec("4g"))] {
        let server = start_with(builder).await;
        let (mut wire, _) = Wire::join(server.address, hello()).await;
        ping(&mut wire, 1).await;
        request_link(&mut wire, "80ms").await;
        let (code, words) = wire.ending().await.close.unwrap();
        assert_eq!(code, CloseReason::Malformed.code());
        assert!(words.contains("dev mode"), "{words}");
    }
}

#[tokio::test]
async fn a_server_has_no_links_and_no_dev_mode_unless_told() {
    let server = start(roomy()).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    wire.send(&said(&ClientMessage::Ping(Ping { nonce: 5 })))
        .await;
    // The first message with a tag below those of snapshots is the answer, not a report.
    let (_, payload) = wire
        .frame_where(|first, payload| first == BINARY && payload[0] & 0x80 == 0)
        .await;
    assert_eq!(payload[..2], [1, 5]);
}
