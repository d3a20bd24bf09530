//! Rooms that should not be: those that nobody plays in, and those whose game panics.

use tickwire_shared::close::CloseReason;
use tickwire_shared::message::{ClientMessage, Hello};

use crate::limits::expect_reason;
use crate::meadow::{MeadowGame, Options};
use crate::serving::{builder, roomy, start, start_with};
use crate::wire::{Bystander, Wire, hello, said};

fn named(game: &str, room: &str) -> Hello {
    Hello {
        game: game.to_owned(),
        room: room.to_owned(),
        create: true,
        ..hello()
    }
}

#[tokio::test]
async fn a_room_that_nobody_has_played_in_closes_at_once() {
    let server = start(roomy()).await;
    for n in 0..20 {
        let (mut wire, _) = Wire::join(server.address, named("meadow", &format!("n{n}"))).await;
        wire.send(&said(&ClientMessage::Goodbye)).await;
        wire.ending().await;
    }
    // Long before the time for which an empty room is kept.
    let started = std::time::Instant::now();
    server
        .until("all are gone", |server| {
            server.metric("tickwire_rooms") == 0
        })
        .await;
    assert!(started.elapsed() < roomy().empty_room);
}

#[tokio::test]
async fn a_game_that_panics_as_it_begins_harms_no_other_room() {
    let cursed = Options {
        panics: true,
        ..Options::default()
    };
    let builder = builder(roomy()).game_as::<MeadowGame<8>>("cursed", cursed);
    let server = start_with(builder).await;
    let mut bystander = Bystander::join(server.address).await;
    for _ in 0..3 {
        let mut wire = Wire::open(server.address).await;
        wire.send(&said(&ClientMessage::Hello(named("cursed", "x"))))
            .await;
        expect_reason(&server, wire, CloseReason::RoomPanicked).await;
    }
    bystander.is_served("three games that panicked").await;
    server
        .until("only the bystander's is left", |server| {
            server.metric("tickwire_rooms") == 1
        })
        .await;
}
