//! Seats over several connections: lost and taken back, taken over, taken away. And the end of the server.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickwire_server::{Checkpoint, KeptRoom, Limits, read_room, write_room};
use tickwire_shared::close::CloseReason;
use tickwire_shared::message::{ClientMessage, Hello};

use crate::limits::expect_reason;
use crate::serving::{Running, builder, roomy, start, start_again};
use crate::wire::{Bystander, Wire, hello, said};

fn resuming(welcome: &tickwire_shared::message::Welcome<()>) -> Hello {
    let mut hello = hello();
    (hello.resume, hello.create) = (Some(welcome.resume), false);
    hello
}

/// A hello for the room with one seat.
fn small() -> Hello {
    Hello {
        game: "bench".to_owned(),
        ..hello()
    }
}

async fn refused(server: &Running, hello: Hello) -> u16 {
    let mut wire = Wire::open(server.address).await;
    wire.send(&said(&ClientMessage::Hello(hello))).await;
    wire.ending().await.close.unwrap().0
}

#[tokio::test]
async fn a_token_takes_the_seat_back_until_the_next_one_has_arrived() {
    let server = start(Limits {
        reconnect_grace: Duration::from_secs(20),
        ..roomy()
    })
    .await;
    let mut bystander = Bystander::join(server.address).await;
    let (mut wire, first) = Wire::join(server.address, hello()).await;
    wire.speaks().await;
    drop(wire);
    server
        .until("the first is lost", |server| server.closed("lost") == 1)
        .await;
    // A client that says nothing may not have its welcome, so the token before it stays good.
    for _ in 0..2 {
        let (wire, silent) = Wire::join(server.address, resuming(&first)).await;
        assert!(silent.resumed);
        assert_eq!(silent.player, first.player);
        assert_ne!(silent.resume, first.resume);
        drop(wire);
    }
    let (mut wire, last) = Wire::join(server.address, resuming(&first)).await;
    assert_eq!(last.player, first.player);
    // Now it has said something, so it has its welcome.
    wire.speaks().await;
    drop(wire);
    assert_eq!(
        refused(&server, resuming(&first)).await,
        CloseReason::ResumeRefused.code()
    );
    let (mut wire, again) = Wire::join(server.address, resuming(&last)).await;
    assert_eq!(again.player, first.player);
    wire.is_alive().await;
    bystander.is_served("a player who came back").await;
}

/// The link dies with the welcome on it, and nothing says so: the client tries again as a newcomer, and in a full room its
/// first seat must not stand in its way.
#[tokio::test]
async fn a_seat_from_which_nothing_is_heard_is_soon_free_again() {
    let server = start(Limits {
        hello: Duration::from_millis(400),
        ping: Duration::from_millis(100),
        reconnect_grace: Duration::from_secs(20),
        ..roomy()
    })
    .await;
    let (mut deaf, _) = Wire::join(server.address, small()).await;
    assert_eq!(
        refused(&server, small()).await,
        CloseReason::RoomFull.code()
    );
    server
        .until("the seat is free", |server| server.closed("idle") == 1)
        .await;
    assert_eq!(
        deaf.ending().await.close.unwrap().0,
        CloseReason::Idle.code()
    );
    let (mut wire, welcome) = Wire::join(server.address, small()).await;
    assert!(!welcome.resumed);
    wire.speaks().await;
    // Once it has said something, it may be silent for longer.
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(server.closed("idle"), 1);
    wire.is_alive().await;
}

#[tokio::test]
async fn a_player_that_never_got_its_welcome_is_no_ghost() {
    let server = start(Limits {
        reconnect_grace: Duration::from_secs(20),
        ..roomy()
    })
    .await;
    // A room with one seat: a ghost would lock its own player out.
    for _ in 0..5 {
        let (wire, _) = Wire::join(server.address, small()).await;
        drop(wire);
        server
            .until("the seat is free", |server| {
                server.metric("tickwire_players") == 0
            })
            .await;
    }
    let (mut wire, welcome) = Wire::join(server.address, small()).await;
    assert!(!welcome.resumed);
    wire.is_alive().await;
}

#[tokio::test]
async fn a_token_is_too_old_after_the_grace_time() {
    let server = start(Limits {
        reconnect_grace: Duration::from_millis(50),
        ..roomy()
    })
    .await;
    let mut bystander = Bystander::join(server.address).await;
    let (mut wire, welcome) = Wire::join(server.address, hello()).await;
    wire.speaks().await;
    drop(wire);
    server
        .until("the seat is free", |server| {
            server.metric("tickwire_players") == 1
        })
        .await;
    assert_eq!(
        refused(&server, resuming(&welcome)).await,
        CloseReason::ResumeRefused.code()
    );
    server
        .until("counted", |server| server.closed("resume_refused") == 1)
        .await;
    bystander.is_served("a player who came too late").await;
}

#[tokio::test]
async fn a_seat_taken_over_from_another_window_closes_the_first() {
    let server = start(roomy()).await;
    let (mut first, welcome) = Wire::join(server.address, hello()).await;
    first.speaks().await;
    let (mut second, resumed) = Wire::join(server.address, resuming(&welcome)).await;
    assert_eq!(resumed.player, welcome.player);
    assert_eq!(
        first.ending().await.close.unwrap().0,
        CloseReason::Replaced.code()
    );
    second.is_alive().await;
    server
        .until("counted", |server| server.closed("replaced") == 1)
        .await;
}

#[tokio::test]
async fn a_kicked_player_hears_the_games_words() {
    let server = start(roomy()).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    wire.send(&said(&ClientMessage::Command("kick me".to_owned())))
        .await;
    let ending = wire.ending().await;
    assert_eq!(
        ending.close,
        Some((CloseReason::Kicked.code(), "you asked for it".to_owned()))
    );
    assert_eq!(ending.goodbye, ending.close);
}

#[tokio::test]
async fn at_its_end_a_server_tells_everybody_and_returns() {
    // Only the server's end ends what is open.
    let long = Duration::from_secs(60);
    let limits = Limits {
        header_time: long,
        keep_alive: long,
        http_still: long,
        shutdown: long,
        ..roomy()
    };
    let server = start(limits).await;
    let (mut seated, _) = Wire::join(server.address, hello()).await;
    let mut unseated = Wire::open(server.address).await;
    let mut idle = Wire::connect(server.address).await;
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    idle.answer().await;
    let (address, metrics) = (server.address, server.metrics.clone());
    let served = server.end();
    for wire in [&mut seated, &mut unseated] {
        let ending = wire.ending().await;
        assert_eq!(
            ending.close.as_ref().map(|close| close.0),
            Some(CloseReason::ShuttingDown.code())
        );
        assert_eq!(ending.goodbye, ending.close);
    }
    assert_eq!(idle.drained().await, 0);
    drop((seated, unseated));
    served.await.unwrap();
    assert!(
        metrics
            .text()
            .contains("tickwire_sockets_closed_total{reason=\"shutting_down\"} 2")
    );
    assert!(metrics.text().contains("tickwire_connections 0"));
    assert!(
        tokio::net::TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn a_client_that_does_not_close_cannot_hold_the_server_up() {
    let server = start(Limits {
        close_wait: Duration::from_millis(100),
        ..roomy()
    })
    .await;
    let (_deaf, _) = Wire::join(server.address, hello()).await;
    let _silent = Wire::connect(server.address).await;
    server.end().await.unwrap();
}

/// Between two ticks nobody has a seat yet, so nobody may be counted on to be in the way.
#[tokio::test]
async fn many_who_ask_for_any_room_together_each_get_a_seat() {
    let server = start(roomy()).await;
    let mut wires = Vec::new();
    for _ in 0..24 {
        let mut wire = Wire::open(server.address).await;
        let anywhere = Hello {
            room: String::new(),
            ..small()
        };
        wire.send(&said(&ClientMessage::Hello(anywhere))).await;
        wires.push(wire);
    }
    let mut rooms = BTreeSet::new();
    for wire in &mut wires {
        rooms.insert(wire.welcome().await.room);
    }
    assert_eq!(rooms.len(), wires.len(), "each room has one seat");
}

/// A restart, as for a new build: who plays goes on in the same seat of the same room, and what cannot go on begins anew.
#[tokio::test]
async fn rooms_and_seats_outlive_the_server() {
    let limits = || Limits {
        reconnect_grace: Duration::from_secs(2),
        ..roomy()
    };
    let server = start(limits()).await;
    let (mut wire, welcome) = Wire::join(server.address, hello()).await;
    wire.speaks().await;
    let (mut away, lost) = Wire::join(server.address, hello()).await;
    away.speaks().await;
    let kept = server.end().await.unwrap();
    let ending = wire.ending().await;
    assert_eq!(ending.close.map(|(code, _)| code), Some(1001));
    let names = kept
        .iter()
        .map(|room| (room.kind.as_str(), room.name.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), [("meadow", "green")]);
    // As a file would hold them.
    let through_a_file = |room: &KeptRoom| read_room(&write_room(room).unwrap()).unwrap();
    let mut kept = kept.iter().map(through_a_file).collect::<Vec<_>>();
    assert!(read_room(b"no room").is_err());

    let other = |kind: &str, state: &[u8]| KeptRoom {
        kind: kind.to_owned(),
        name: "other".to_owned(),
        state: state.to_vec(),
    };
    kept.extend([other("gone", b""), other("meadow", b"of another build")]);
    let told = Arc::<Mutex<Vec<Checkpoint>>>::default();
    let tells = told.clone();
    let checkpoints = move |checkpoint| tells.lock().unwrap().push(checkpoint);
    let builder = builder(limits()).checkpoints(Arc::new(checkpoints));
    let server = start_again(builder, kept).await;
    assert_eq!(server.metric("tickwire_rooms"), 2);
    let (_wire, again) = Wire::join(server.address, resuming(&welcome)).await;
    assert_eq!((again.player, again.resumed), (welcome.player, true));
    assert!(again.tick.since(welcome.tick) > 0, "its time goes on");
    // Who does not come back loses its seat after the grace time, as ever.
    server
        .until("the seat is gone", |server| {
            server.metric("tickwire_players") == 1
        })
        .await;
    let mut wire = Wire::open(server.address).await;
    wire.send(&said(&ClientMessage::Hello(resuming(&lost))))
        .await;
    expect_reason(&server, wire, CloseReason::ResumeRefused).await;
    // What the room came from is old by now, and this game leaves nothing while it runs.
    let over = Checkpoint::Over {
        kind: "meadow".to_owned(),
        name: "green".to_owned(),
    };
    assert!(told.lock().unwrap().contains(&over));
}
