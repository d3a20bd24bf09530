//! Clients that do everything wrong, over real sockets: each is closed with its documented code, is counted once, and
//! harms no other client.

mod addresses;
mod boards;
mod cases;
mod ladder;
mod letter;
mod limits;
mod links;
mod meadow;
mod rooms;
mod seats;
mod serving;
mod upgrades;
mod wire;

use std::sync::Arc;

use tickwire_shared::message::{ClientMessage, Ping, ServerMessage};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cases::{Case, before_a_seat, in_a_seat, inputs_ahead};
use crate::serving::{Running, roomy, start};
use crate::wire::{BINARY, Bystander, CLOSE, Ending, Split, Wire, frame, hello, said};

/// Clients of one case that run at the same time.
const AT_ONCE: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_before_a_seat_is_closed_with_its_reason_however_it_is_split() {
    let server = start(roomy()).await;
    let mut bystander = Bystander::join(server.address).await;
    let mut only = hello();
    only.game = "bench".to_owned();
    let _only_seat = Wire::join(server.address, only).await;
    let mut clients = 0;
    for case in before_a_seat() {
        clients += expect_closed(&server, Arc::new(case), false, &mut bystander).await;
    }
    assert_eq!(server.closed_in_all(), clients, "each end is counted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_in_a_seat_is_closed_with_its_reason_however_it_is_split() {
    let server = start(roomy()).await;
    let mut bystander = Bystander::join(server.address).await;
    let mut clients = 0;
    for case in in_a_seat() {
        clients += expect_closed(&server, Arc::new(case), true, &mut bystander).await;
    }
    assert_eq!(server.closed_in_all(), clients, "each end is counted once");
}

/// Sends the case whole, byte by byte and split, each over its own connection. Returns how many connections that took.
async fn expect_closed(
    server: &Running,
    case: Arc<Case>,
    seated: bool,
    bystander: &mut Bystander,
) -> u64 {
    let (name, label) = (case.name, case.reason.label());
    let before = server.closed(label);
    let length = if seated {
        let (_wire, welcome) = Wire::join(server.address, hello()).await;
        // The tick of a later welcome may take more bytes.
        (case.bytes)(Some(&welcome)).len() + 4
    } else {
        (case.bytes)(None).len()
    };
    let splits = Split::all(length);
    let runs = splits.len() as u64;
    let (gate, mut clients) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for split in splits {
        let (case, address) = (case.clone(), server.address);
        let place = gate.clone().acquire_owned().await.unwrap();
        clients.spawn(async move {
            let (mut wire, bytes) = if seated {
                let (wire, welcome) = Wire::join(address, hello()).await;
                (wire, (case.bytes)(Some(&welcome)))
            } else {
                (Wire::open(address).await, (case.bytes)(None))
            };
            let split = if let Split::At(place) = split {
                Split::At(place.min(bytes.len()))
            } else {
                split
            };
            wire.send_split(&bytes, split).await;
            let ending = wire.ending().await;
            drop(place);
            (split, ending)
        });
    }
    while let Some(client) = clients.join_next().await {
        let (split, ending) = client.unwrap();
        let close = ending
            .close
            .clone()
            .unwrap_or_else(|| panic!("{name}, {split:?}: no close frame"));
        assert_eq!(
            close.0,
            case.reason.code(),
            "{name}, {split:?}: {}",
            close.1
        );
        assert!(!close.1.is_empty(), "{name}, {split:?}: no words");
        assert_eq!(ending.goodbye, Some(close), "{name}, {split:?}");
    }
    server
        .until(name, |server| server.closed(label) == before + runs)
        .await;
    bystander.is_served(name).await;
    runs + u64::from(seated)
}

#[tokio::test]
async fn a_late_input_is_dropped_and_counted_and_its_client_stays() {
    let server = start(roomy()).await;
    let (mut wire, welcome) = Wire::join(server.address, hello()).await;
    wire.send(&inputs_ahead(&welcome, 1, -10, &[0.0, 0.0]))
        .await;
    wire.send(&inputs_ahead(&welcome, 3, 500, &[0.0])).await;
    let dropped = |server: &Running, reason: &str| {
        server.metric(&format!(
            "tickwire_inputs_dropped_total{{reason=\"{reason}\"}}"
        ))
    };
    server
        .until("two late inputs", |server| dropped(server, "late") == 2)
        .await;
    server
        .until("an early input", |server| dropped(server, "early") == 1)
        .await;
    wire.is_alive().await;
}

#[tokio::test]
async fn a_name_with_markup_is_cleaned_and_stays_text() {
    let server = start(roomy()).await;
    let mut named = hello();
    named.name = "<b>Ada\u{202E}\u{7}</b>".to_owned();
    let (mut wire, welcome) = Wire::join(server.address, named).await;
    assert_eq!(welcome.name, "<b>Ada</b>");
    wire.is_alive().await;
}

#[tokio::test]
async fn a_close_frame_is_answered_once_with_its_code_and_nothing_else() {
    let server = start(roomy()).await;
    for (sent, answered) in [
        (&1001_u16.to_be_bytes()[..], (1001, String::new())),
        (&[], (0, String::new())),
    ] {
        let bytes = frame(CLOSE, sent);
        for split in Split::all(bytes.len()) {
            let (mut wire, _) = Wire::join(server.address, hello()).await;
            wire.send_split(&bytes, split).await;
            assert_eq!(
                wire.ending().await,
                Ending {
                    goodbye: None,
                    close: Some(answered.clone())
                },
                "{split:?}"
            );
        }
    }
    let sent = (Split::all(8).len() + Split::all(6).len()) as u64;
    server
        .until("all counted", |server| {
            server.closed("client_closed") == sent
        })
        .await;
}

#[tokio::test]
async fn a_message_in_fragments_with_a_ping_between_is_one_message() {
    let server = start(roomy()).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    // The ping message: tag 3, nonce 7.
    wire.send(
        &[
            frame(0x02, &[3]),
            frame(0x89, b"between"),
            frame(0x00, &[]),
            frame(0x80, &[7]),
        ]
        .concat(),
    )
    .await;
    wire.frame_where(|first, payload| first == 0x8A && payload == b"between")
        .await;
    wire.frame_where(|first, payload| first == BINARY && payload.starts_with(&[1, 7]))
        .await;
}

#[tokio::test]
async fn what_is_sent_right_behind_the_upgrade_is_not_lost() {
    let server = start(roomy()).await;
    let bytes = [
        wire::upgrade(server.address).into_bytes(),
        said(&ClientMessage::Hello(hello())),
    ]
    .concat();
    for split in Split::all(bytes.len()) {
        let mut wire = Wire::connect(server.address).await;
        wire.send_split(&bytes, split).await;
        wire.head().await;
        wire.welcome().await;
    }
}

#[tokio::test]
async fn a_client_that_says_goodbye_is_told_so_and_its_seat_is_free() {
    let server = start(roomy()).await;
    let mut only = hello();
    only.game = "bench".to_owned();
    for _ in 0..3 {
        let (mut wire, _) = Wire::join(server.address, only.clone()).await;
        wire.send(&said(&ClientMessage::Goodbye)).await;
        assert_eq!(wire.ending().await.close.unwrap().0, 1000);
    }
    server
        .until("all counted", |server| server.closed("left") == 3)
        .await;
}

#[tokio::test]
async fn a_ping_message_is_answered_with_the_rooms_time() {
    let server = start(roomy()).await;
    let (mut wire, _) = Wire::join(server.address, hello()).await;
    wire.send(&said(&ClientMessage::Ping(Ping { nonce: 99 })))
        .await;
    let (_, payload) = wire
        .frame_where(|first, payload| first == BINARY && payload[0] == 1)
        .await;
    let ServerMessage::Pong(pong) = ServerMessage::<()>::decode(&payload).unwrap() else {
        panic!("not a pong")
    };
    assert_eq!(pong.nonce, 99);
}
