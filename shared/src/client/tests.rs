//! The client core against servers that say anything at all. How it plays with an honest one is shown where the room
//! is: in the server's `room::tests`.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::ids::Tick;
use crate::message::Pong;
use crate::snapshot::tests::TestRules;

fn welcomed() -> Client<TestRules> {
    let mut client = Client::new(Destination::default());
    client.handle_connected();
    let welcome = ServerMessage::Welcome(Welcome {
        player: PlayerId(1),
        resume: ResumeToken([1; 16]),
        resumed: false,
        room: "here".into(),
        name: "me".into(),
        tick: Tick(1000),
        room_time_us: 16_666_667,
        setup: (),
    });
    client.handle_bytes(Duration::ZERO, &codec::encode(&welcome).unwrap());
    client
}

fn broken(client: &mut Client<TestRules>) -> bool {
    std::iter::from_fn(|| client.poll_event()).any(|event| matches!(event, ClientEvent::Broken(_)))
}

#[test]
fn the_hello_comes_first_and_takes_the_token_along() {
    let mut client = welcomed();
    assert_eq!(client.handle_disconnected(1006), Retry::Resume);
    client.handle_connected();
    let hello = client.poll_transmit(Duration::ZERO).unwrap();
    let Ok(ClientMessage::<(), ()>::Hello(hello)) = ClientMessage::decode(&hello) else { panic!("no hello") };
    assert_eq!(hello.resume, Some(ResumeToken([1; 16])));
    assert_eq!(hello.room, "here", "back to the same room, not to any");
    assert_eq!(client.handle_disconnected(CloseReason::ResumeRefused.code()), Retry::Fresh);
    assert_eq!(client.resume_token(), None);
}

#[test]
fn bytes_that_cannot_be_read_end_the_session() {
    let mut client = welcomed();
    client.handle_bytes(Duration::ZERO, &[0x80, 0, 0]);
    assert!(broken(&mut client));
    assert_eq!((client.player(), client.resume_token()), (None, None));
}

proptest! {
    #[test]
    fn a_server_that_says_anything_never_makes_a_client_panic(
        messages in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..60), any::<bool>(), 0_u64..100_000), 0..20),
    ) {
        let mut client = welcomed();
        let mut now = Duration::ZERO;
        for (mut bytes, snapshot, passed_ms) in messages {
            now += Duration::from_millis(passed_ms);
            if let Some(first) = bytes.first_mut() {
                // Half of them look like snapshots.
                *first = if snapshot { *first & 3 | 0x80 } else { *first & 3 };
            }
            client.handle_bytes(now, &bytes);
            let pong = ServerMessage::<()>::Pong(Pong { nonce: 1, room_time_us: u64::MAX / (passed_ms + 1) });
            client.handle_bytes(now, &codec::encode(&pong).unwrap());
            client.update(now);
            client.view(now);
            while client.poll_transmit(now).is_some() {}
            if broken(&mut client) {
                client = welcomed();
            }
        }
    }
}
