//! What each fuzz target does with its bytes: it decodes them as the server and the client core do. Everything that is
//! decodable has a target.
//!
//! In: any bytes, through `fuzz_targets/`. Seeds are the examples of `docs/protocol.md` (`cargo xtask fuzz` takes
//! them). Out: nothing. Bytes may be refused. Bytes that are taken must leave something whole: it encodes, and its
//! encoding decodes to the same. The fuzzer notices panics, leaks and slowness.

#![forbid(unsafe_code)]

use std::time::Duration;

use tickwire_arena::{Arena, ArenaInput, ArenaSetup};
use tickwire_shared::client::{Client, ClientEvent, Destination};
use tickwire_shared::codec;
use tickwire_shared::ids::{PlayerId, ResumeToken, Tick};
use tickwire_shared::limits::INPUTS_PER_MESSAGE;
use tickwire_shared::message::{ClientMessage, ServerMessage, Welcome};
use tickwire_shared::replicate::Schema;
use tickwire_shared::rules::{Input, InputField, Rules};
use tickwire_shared::snapshot::{
    BitWriter, ChannelState, DeltaDecoder, apply_keyframe, coast_all, encode_keyframe,
};

type Said = ClientMessage<ArenaInput, ()>;
type Told = ServerMessage<ArenaSetup>;

/// A message of a client, as a server's reader decodes it.
pub fn client_message(bytes: &[u8]) {
    let Ok(message) = Said::decode(bytes) else {
        return;
    };
    if let ClientMessage::Inputs(batch) = &message {
        assert!((1..=INPUTS_PER_MESSAGE).contains(&batch.inputs.len()));
        for input in &batch.inputs {
            assert!(!input.is_valid() || input.released().is_valid());
        }
    }
    // Compared as bytes: an input may hold a NaN, which the room refuses later.
    let encoded = codec::encode(&message).expect("what was decoded encodes");
    let again = Said::decode(&encoded).expect("what was encoded decodes");
    assert_eq!(codec::encode(&again), Ok(encoded));
}

/// A message of a server other than a snapshot, as the client core decodes it.
pub fn server_message(bytes: &[u8]) {
    if let Ok(message) = Told::decode(bytes) {
        let encoded = codec::encode(&message).expect("what was decoded encodes");
        assert_eq!(Told::decode(&encoded), Ok(message));
    }
}

/// The body of a keyframe section.
pub fn keyframe(bytes: &[u8]) {
    let schema = Arena::schema();
    let mut state = ChannelState::empty(&schema);
    let taken = apply_keyframe(&schema, &mut state, bytes).is_ok();
    check(&schema, &state, taken, 0, bytes.len());
}

/// A keyframe, then the bodies of delta sections; an empty one is a snapshot that says nothing. See [`parts`].
pub fn delta(bytes: &[u8]) {
    let schema = Arena::schema();
    let mut state = ChannelState::empty(&schema);
    let mut parts = parts(bytes);
    let start = parts.next().unwrap_or_default();
    if apply_keyframe(&schema, &mut state, start).is_err() {
        return;
    }
    let mut decoder = DeltaDecoder::default();
    for delta in parts {
        let rows_before = state.row_count();
        let taken = if delta.is_empty() {
            coast_all(&schema, &mut state);
            true
        } else {
            decoder.apply(&schema, &mut state, delta).is_ok()
        };
        check(&schema, &state, taken, rows_before, delta.len());
        if !taken {
            return;
        }
    }
}

/// Whole snapshot messages into a client core that was welcomed; other messages too. See [`parts`].
pub fn snapshot(bytes: &[u8]) {
    let mut now = Duration::ZERO;
    let mut client = Client::<Arena>::new(Destination::default());
    client.handle_connected();
    let welcome = Told::Welcome(Welcome {
        player: PlayerId(6),
        resume: ResumeToken([0; 16]),
        resumed: false,
        room: "lobby".to_owned(),
        name: "Ada".to_owned(),
        tick: Tick(600),
        room_time_us: 10_000_000,
        step: 0,
        setup: ArenaSetup::default(),
    });
    client.handle_bytes(now, &codec::encode(&welcome).expect("a welcome encodes"));
    client.set_input(ArenaInput {
        right: 1,
        ..ArenaInput::default()
    });
    for message in parts(bytes) {
        client.handle_bytes(now, message);
        now += Duration::from_micros(33_333);
        client.update(now);
        client.view(now);
        client.stats(now);
        while let Some(said) = client.poll_transmit(now) {
            assert!(Said::decode(&said).is_ok(), "a server takes what we say");
        }
        while let Some(event) = client.poll_event() {
            if matches!(event, ClientEvent::Broken(_)) {
                return;
            }
        }
    }
}

/// Takes bytes apart: a length in 2 bytes, little endian, then as many bytes (or those that are left), and so on.
fn parts(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (part, rest) = rest.split_at(length);
        bytes = rest;
        Some(part)
    })
}

/// Checks that what a channel holds is whole, and no more than its bytes can have carried.
fn check(schema: &Schema, state: &ChannelState, taken: bool, rows_before: usize, bytes: usize) {
    if !taken {
        assert_eq!(state.row_count(), 0, "what is broken is empty");
        return;
    }
    assert!(state.row_count() <= rows_before + bytes * 8);
    for (table, rows) in schema.tables.iter().zip(&state.tables) {
        assert!(rows.ids.is_sorted_by(|a, b| a < b));
        assert_eq!(rows.values.len(), rows.ids.len() * table.width());
        assert_eq!(rows.motion.len(), rows.ids.len() * table.moving.len());
        for row in 0..rows.ids.len() {
            let values = rows.row(row, table.width()).iter();
            for (field, value) in table.fields.iter().zip(values) {
                assert!(*value <= field.kind.max());
            }
        }
    }
    let mut whole = Vec::new();
    encode_keyframe(schema, state, &mut BitWriter::default(), &mut whole);
    let mut again = ChannelState::default();
    assert_eq!(apply_keyframe(schema, &mut again, &whole), Ok(()));
    assert_eq!(&again, state);
    assert_eq!(again.hash(), state.hash());
}
