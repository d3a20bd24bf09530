//! The figures of the bandwidth tool are consistent: it counts exactly what clients are sent.
//!
//! In: a short arena, a short field. Out: pass or fail. The report itself checks that the trace encodes to the very
//! bytes that clients got.

#![allow(missing_docs)]

use std::time::Duration;

use tickwire_benches::bandwidth::message::Bytes;
use tickwire_benches::bandwidth::play::{Played, Script, play};
use tickwire_benches::bandwidth::report::Report;
use tickwire_benches::field::play::FieldRoom;
use tickwire_shared::snapshot::layout::{Header, write_header};

fn played(idle: bool) -> Played {
    let script = Script {
        players: 6,
        span: Duration::from_secs(6),
        seed: 3,
        idle,
    };
    play(script, |_| {}).unwrap()
}

#[test]
fn an_arena_is_explained_to_the_last_byte_and_costs_less_when_it_idles() {
    let report = Report::new(&played(false), &played(true)).unwrap().json();
    let figure = |name: &str| report[name].as_f64().unwrap();
    let kinds = report["kinds_bytes_per_client_per_s"].as_object().unwrap();
    let kinds = kinds.values().filter_map(serde_json::Value::as_f64);
    let whole = figure("bytes_per_client_per_s");
    assert!((kinds.sum::<f64>() - whole).abs() < 1e-6 * whole);
    assert!(figure("idle_bytes_per_client_per_s") < whole / 3.0);
    assert!((0.0..1.0).contains(&figure("header_share")));
    let moving = figure("bytes_per_moving_entity_per_snapshot");
    assert!((0.5..10.0).contains(&moving), "{moving}");
    let formats = &report["formats_bytes_per_client_per_s"];
    let json = formats["JSON, whole objects"].as_f64().unwrap();
    assert!(json > whole);
}

#[test]
fn a_smaller_step_costs_more_and_a_larger_one_less() {
    let report = Report::new(&played(false), &played(true)).unwrap().json();
    let fields = report["fields"].as_array().unwrap();
    let x = fields
        .iter()
        .find(|field| field["component"] == "Body" && field["field"] == "x");
    let more = |step: &str| x.unwrap()[step].as_f64().unwrap();
    assert!(more("half_step_more_bytes_per_client_per_s") > 0.0);
    assert!(more("double_step_more_bytes_per_client_per_s") < 0.0);
}

#[test]
fn a_mover_that_turns_at_every_input_takes_two_and_a_half_bytes_at_most() {
    let mut field = FieldRoom::open(100, false, 1).unwrap();
    let played = field.play(40).unwrap();
    let (messages, seen) = (played.bytes.messages, played.seen);
    assert_eq!((messages, seen), (40 * 100, 40 * 100 * 100));
    // This includes what the messages themselves cost; it is about 1.6 in all.
    assert!(played.per_seen() < 2.0, "{}", played.per_seen());
}

#[test]
fn with_interest_each_of_about_forty_takes_less_than_four_bytes() {
    let mut field = FieldRoom::open(400, true, 1).unwrap();
    let played = field.play(20).unwrap();
    let seen = played.seen as f64 / played.bytes.messages as f64;
    assert!((33.0..43.0).contains(&seen), "{seen}");
    assert!(played.per_seen() < 4.0, "{}", played.per_seen());
}

#[test]
fn a_message_that_says_nothing_is_all_header() {
    let mut message = Vec::new();
    write_header(&mut message, &Header::default());
    let mut bytes = Bytes::default();
    bytes.add(&message).unwrap();
    assert_eq!(bytes.total(), message.len() as u64 + 2);
    assert_eq!(bytes.heads(), bytes.total());
    assert!(bytes.add(&[99, 2, 3]).is_err());
}
