//! The client core against servers that send any bytes at all. Tests with an honest server are where the room is: in the
//! server's `room::tests`.

use std::time::Duration;

use proptest::prelude::*;

use super::{Client, ClientEvent, Destination};
use crate::close::{CloseReason, Retry};
use crate::codec;
use crate::ids::{ChannelId, PlayerId, ResumeToken, Tick};
use crate::limits::LINK_BYTES;
use crate::message::{ClientMessage, LinkReport, Pong, RoomEvent, ServerMessage, Welcome};
use crate::rules::Rules;
use crate::snapshot::layout::{self, Header, SectionKind};
use crate::snapshot::tests::TestRules;
use crate::snapshot::{BitWriter, ChannelState, DeltaEncoder, TableState, encode_keyframe};

fn welcomed() -> Client<TestRules> {
    let mut client = Client::new(Destination::default());
    client.handle_connected();
    client.handle_bytes(Duration::ZERO, &welcome());
    client
}

fn welcome() -> Vec<u8> {
    let welcome = ServerMessage::Welcome(Welcome {
        player: PlayerId(1),
        resume: ResumeToken([1; 16]),
        resumed: false,
        room: "here".into(),
        name: "me".into(),
        tick: Tick(1000),
        room_time_us: 16_666_667,
        step: 0,
        setup: (),
    });
    codec::encode(&welcome).unwrap()
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
    let Ok(ClientMessage::<(), ()>::Hello(hello)) = ClientMessage::decode(&hello) else {
        panic!("no hello")
    };
    assert_eq!(hello.resume, Some(ResumeToken([1; 16])));
    assert_eq!(hello.room, "here", "back to the same room, not to any");
    assert_eq!(
        client.handle_disconnected(CloseReason::ResumeRefused.code()),
        Retry::Fresh
    );
    assert_eq!(client.resume_token(), None);
}

fn report(link: &str, error: &str) -> Vec<u8> {
    let (link, error) = (link.to_owned(), error.to_owned());
    codec::encode(&ServerMessage::<()>::Link(LinkReport { link, error })).unwrap()
}

fn asked_link(client: &mut Client<TestRules>) -> Option<String> {
    std::iter::from_fn(|| client.poll_transmit(Duration::ZERO)).find_map(
        |bytes| match ClientMessage::<(), ()>::decode(&bytes) {
            Ok(ClientMessage::Link(link)) => Some(link),
            _ => None,
        },
    )
}

#[test]
fn a_link_is_asked_for_in_dev_mode_only_and_again_after_a_reconnect() {
    let mut client = welcomed();
    client.condition_link("4g");
    assert_eq!(
        asked_link(&mut client),
        None,
        "no server in dev mode listens"
    );
    client.handle_bytes(Duration::ZERO, &report("none", ""));
    assert_eq!(asked_link(&mut client).as_deref(), Some("4g"));
    let told = std::iter::from_fn(|| client.poll_event()).last();
    let Some(ClientEvent::Link(told)) = told else {
        panic!("{told:?}")
    };
    assert_eq!((&*told.link, &*told.error), ("none", ""));
    client.condition_link("good");
    assert_eq!(asked_link(&mut client).as_deref(), Some("good"));
    client.handle_bytes(Duration::ZERO, &report("20ms jitter 3ms", ""));
    assert_eq!(asked_link(&mut client), None);
    client.handle_disconnected(1006);
    client.handle_connected();
    client.handle_bytes(Duration::ZERO, &report("none", ""));
    assert_eq!(asked_link(&mut client).as_deref(), Some("good"));
}

#[test]
fn a_refused_link_is_not_asked_for_again_and_a_long_one_is_cut() {
    let mut client = welcomed();
    client.handle_bytes(Duration::ZERO, &report("none", ""));
    client.condition_link(&"ä".repeat(LINK_BYTES));
    let asked = asked_link(&mut client).unwrap();
    assert_eq!(asked.len(), LINK_BYTES);
    client.handle_bytes(Duration::ZERO, &report("none", "no part of a link"));
    client.handle_disconnected(1006);
    client.handle_connected();
    client.handle_bytes(Duration::ZERO, &report("none", ""));
    assert_eq!(asked_link(&mut client), None);
}

#[test]
fn bytes_that_cannot_be_read_end_the_session() {
    let mut client = welcomed();
    let token = client.resume_token();
    client.handle_bytes(Duration::ZERO, &[0x80, 0, 0, 1, 7]);
    assert!(broken(&mut client));
    assert_eq!((client.player(), client.resume_token()), (None, token));
    // What comes after the next welcome is whole. If that cannot be read either, the seat is of no use.
    client.handle_bytes(Duration::ZERO, &welcome());
    client.handle_bytes(Duration::ZERO, &[0x80, 0, 0, 1, 7]);
    assert!(broken(&mut client));
    assert_eq!(client.resume_token(), None);
}

#[test]
fn a_message_with_thousands_of_events_loses_none_and_not_for_want_of_a_picture_either() {
    const EVENTS: usize = 10_000;
    let mut client = welcomed();
    while client.poll_event().is_some() {}
    let mut message = Vec::new();
    let header = Header {
        ticks_on: 2,
        ..Header::default()
    };
    layout::write_header(&mut message, &header);
    let said = codec::encode(&RoomEvent::Game(())).unwrap();
    layout::write_channel(&mut message, ChannelId::GLOBAL, ChannelId::GLOBAL);
    layout::write_section(&mut message, SectionKind::Events, &said.repeat(EVENTS));
    client.handle_bytes(Duration::ZERO, &message);
    client.update(Duration::from_secs(1));
    let events = std::iter::from_fn(|| client.poll_event());
    let heard = events.filter(|event| matches!(event, ClientEvent::Room(RoomEvent::Game(_))));
    assert_eq!(heard.count(), EVENTS);
}

#[test]
fn a_channel_that_a_snapshot_does_not_name_moves_on_as_it_did() {
    let schema = TestRules::schema();
    let (mut encoder, mut server) = (DeltaEncoder::default(), ChannelState::empty(&schema));
    let mut client = welcomed();
    for (step, x) in [10_u32, 12, 14, 16].into_iter().enumerate() {
        let mut tables = vec![TableState::default(); schema.tables.len()];
        tables[0].ids.push(7);
        tables[0].values.extend([x, 0, 0, 1, 5]);
        let mut delta = Vec::new();
        let rows = tables.iter().map(TableState::rows);
        let said = encoder.encode(&schema, &mut server, rows, &(), &mut (), &mut delta);
        assert_eq!(said, step < 2, "steady motion need not be said");
        let mut message = Vec::new();
        let header = Header {
            ticks_on: 2,
            ..Header::default()
        };
        layout::write_header(&mut message, &header);
        let mut section = |kind, bytes: &[u8]| {
            layout::write_channel(&mut message, ChannelId::GLOBAL, ChannelId::GLOBAL);
            layout::write_section(&mut message, kind, bytes);
        };
        if step == 0 {
            let mut keyframe = Vec::new();
            encode_keyframe(&schema, &server, &mut BitWriter::default(), &mut keyframe);
            section(SectionKind::Keyframe, &keyframe);
        } else if said {
            section(SectionKind::Delta, &delta);
        }
        section(SectionKind::Check, &server.hash().to_le_bytes());
        client.handle_bytes(Duration::from_millis(33 * step as u64), &message);
        let heard = client
            .heard(ChannelId::GLOBAL)
            .map(|(_, state)| state.clone());
        assert_eq!(heard.as_ref(), Some(&server), "step {step}");
    }
    assert_eq!(client.stats(Duration::from_secs(1)).desyncs, 0);
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
                *first = if snapshot { *first & 0x3F | 0x80 } else { *first & 3 };
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
