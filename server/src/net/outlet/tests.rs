//! A way out over wires that take a little at a time: what arrives is whole messages, each once and in order, whoever
//! writes when.

use super::*;
use crate::pump::Pumps;
use crate::seat::Ending;
use proptest::prelude::*;
use std::task::Waker;
use tickwire_shared::close::Refusal;

/// Takes as many bytes as it has room for.
#[derive(Default)]
struct Narrow {
    room: usize,
    got: Vec<u8>,
}

impl Wire for Narrow {
    fn read(&mut self, _: Instant, _: &mut [u8]) -> io::Result<crate::net::wire::Came> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.got.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
}

/// Says its number with every message, at lengths on both sides of 126.
#[derive(Default)]
struct Counter {
    number: u8,
    pumps: Pumps,
}

fn message(number: u8) -> Vec<u8> {
    vec![number; 1 + usize::from(number) * 37 % 300]
}

impl Feed for Counter {
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        self.number += 1;
        out.extend(message(self.number));
        Ok(true)
    }

    fn ending(&self) -> Arc<Ending> {
        Arc::default()
    }

    fn pumps(&self) -> &Pumps {
        &self.pumps
    }
}

/// The payloads of all whole frames.
fn payloads(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert!([0x82, 0x89].contains(first), "{first:#x} is no frame");
        let (length, rest) = match second {
            126 => (
                usize::from(u16::from_be_bytes([rest[0], rest[1]])),
                &rest[2..],
            ),
            length => (usize::from(*length), rest),
        };
        if *first == 0x82 {
            payloads.push(rest[..length].to_vec());
        }
        bytes = &rest[length..];
    }
    payloads
}

#[derive(Clone, Debug)]
enum Step {
    Room(usize),
    Write(bool),
    Poll,
    Answer,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_usize..400).prop_map(Step::Room),
        any::<bool>().prop_map(Step::Write),
        Just(Step::Poll),
        Just(Step::Answer),
    ]
}

proptest! {
    #[test]
    fn every_message_arrives_whole_once_and_in_order(steps in prop::collection::vec(step(), 0..60)) {
        let now = Instant::now();
        let metrics = Arc::new(Metrics::default());
        let (welcome, answer) = (vec![200], vec![201, 201]);
        let feed = Box::<Counter>::default();
        let limits = Limits::default();
        let mut outlet = Outlet::new(Outgoing::default(), &welcome, feed, &limits, metrics, now);
        let mut wire = Narrow::default();
        let mut cx = Context::from_waker(Waker::noop());
        let mut answers = 0;
        for step in steps {
            match step {
                Step::Room(bytes) => wire.room += bytes,
                Step::Write(has_news) => outlet.write(&mut wire, now, has_news).unwrap(),
                Step::Poll if outlet.is_blocked() => {
                    let _ = outlet.poll_write(&mut wire, &mut cx, now);
                }
                Step::Poll => {}
                Step::Answer => answers += usize::from(outlet.answer(OpCode::Binary, &answer).is_ok()),
            }
        }
        wire.room = usize::MAX;
        outlet.write(&mut wire, now, false).unwrap();
        outlet.write(&mut wire, now, false).unwrap();
        let got = payloads(&wire.got);
        prop_assert_eq!(got.iter().filter(|payload| **payload == welcome).count(), 1);
        prop_assert_eq!(got.iter().filter(|payload| **payload == answer).count(), answers);
        let news = got.iter().filter(|payload| payload[0] < 200);
        for (news, number) in news.zip(1..) {
            prop_assert_eq!(news, &message(number));
        }
    }

    #[test]
    fn a_client_that_takes_nothing_is_too_slow_only_after_the_deadline(late_ms in 0_u64..20_000) {
        let now = Instant::now();
        let limits = Limits::default();
        let metrics = Arc::new(Metrics::default());
        let feed = Box::<Counter>::default();
        let mut outlet = Outlet::new(Outgoing::default(), &[1], feed, &limits, metrics, now);
        let mut wire = Narrow::default();
        outlet.write(&mut wire, now, true).unwrap();
        prop_assert!(outlet.is_blocked());
        let later = now + Duration::from_millis(late_ms);
        // The server itself may have come late: what the wire takes by then counts.
        let too_slow = outlet.write(&mut wire, later, true).is_err();
        prop_assert_eq!(too_slow, late_ms > limits.write_deadline.as_millis() as u64);
        wire.room = usize::MAX;
        outlet.write(&mut wire, later, true).unwrap();
        prop_assert!(!outlet.is_blocked());
    }
}
