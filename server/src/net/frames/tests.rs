//! Every kind of frame stream that has a rule, whole and split at every byte.

use super::*;
use crate::net::wire::Came;
use proptest::prelude::*;
use std::convert::Infallible;
use std::task::{Context, Poll};

const BINARY: u8 = 0x82;
const MASK: [u8; 4] = [0x1B, 0, 0xFF, 0x80];

/// A client's frame as bytes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

/// A stream that gives one piece at each read, and then its end.
struct Pieces(Vec<Vec<u8>>);

impl Wire for Pieces {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let mut bytes = 0;
        if let Some(piece) = self.0.first_mut() {
            bytes = piece.len().min(into.len());
            into[..bytes].copy_from_slice(&piece[..bytes]);
            piece.drain(..bytes);
            if piece.is_empty() {
                self.0.remove(0);
            }
        }
        Ok(Came { bytes, at: now })
    }

    fn write(&mut self, _: Instant, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: Instant, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }
}

/// Everything that a stream says, then why it ended, in words.
fn read(pieces: Vec<Vec<u8>>) -> Vec<String> {
    let pieces = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .collect();
    let mut pieces = Pieces(pieces);
    let mut reader = MessageReader::new(&[], &Limits::default());
    let mut said = Vec::new();
    loop {
        let read = reader.read(&mut pieces, Instant::now(), |incoming, _| {
            said.push(format!("{incoming:?}"));
            ControlFlow::<Infallible>::Continue(())
        });
        match read {
            Ok(Some(never)) => match never {},
            Ok(None) => {}
            Err(error) => {
                said.push(format!("{error:?}"));
                return said;
            }
        }
    }
}

/// What is sent, frame by frame, and what the reader makes of it.
type Row = (&'static str, Vec<Vec<u8>>, Vec<&'static str>);

const PROTOCOL: &str = "Refused(WebSocketProtocol)";

/// Messages, whole and in fragments.
fn messages() -> Vec<Row> {
    vec![
        (
            "messages",
            vec![frame(BINARY, b"ab"), frame(BINARY, b"")],
            vec!["Message([97, 98])", "Message([])", "Lost"],
        ),
        (
            "fragments with a ping between",
            vec![
                frame(0x02, b"a"),
                frame(0x89, b"p"),
                frame(0x00, b"b"),
                frame(0x80, b"c"),
            ],
            vec!["Ping([112])", "Message([97, 98, 99])", "Lost"],
        ),
        (
            "a pong",
            vec![frame(0x8A, b"x")],
            vec!["Pong([120])", "Lost"],
        ),
        (
            "an unmasked frame",
            vec![vec![BINARY, 1, b'a']],
            vec![PROTOCOL],
        ),
        ("an unmasked ping", vec![vec![0x89, 0]], vec![PROTOCOL]),
        (
            "a new message inside another",
            vec![frame(0x02, b"a"), frame(BINARY, b"b")],
            vec![PROTOCOL],
        ),
        (
            "a continuation of nothing",
            vec![frame(0x80, b"a")],
            vec![PROTOCOL],
        ),
        (
            "a continuation after the end",
            vec![frame(BINARY, b""), frame(0x00, b"")],
            vec!["Message([])", PROTOCOL],
        ),
    ]
}

/// Messages over their limits.
fn oversized() -> Vec<Row> {
    vec![
        (
            "too many fragments",
            vec![
                [vec![frame(0x02, b"")], vec![frame(0x00, b""); 16]]
                    .concat()
                    .concat(),
            ],
            vec!["Refused(TooManyFragments)"],
        ),
        (
            "too large",
            vec![frame(BINARY, &[0; 4097])],
            vec!["Refused(MessageTooLarge)"],
        ),
        (
            "too large in fragments",
            vec![frame(0x02, &[0; 4000]), frame(0x00, &[0; 97])],
            vec!["Refused(MessageTooLarge)"],
        ),
        (
            "a length beyond the limit, and no payload",
            vec![vec![BINARY, 0xFE, 0x10, 0x01, 1, 2, 3, 4]],
            vec!["Refused(MessageTooLarge)"],
        ),
        (
            "a length of 2^63",
            vec![vec![BINARY, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
            vec!["Refused(WebSocketProtocol)"],
        ),
    ]
}

/// Text, which this protocol does not have.
fn text_frames() -> Vec<Row> {
    vec![
        (
            "a text frame",
            vec![frame(0x81, b"hi")],
            vec!["Refused(TextFrame)"],
        ),
        (
            "a text fragment",
            vec![frame(0x01, b"hi")],
            vec!["Refused(TextFrame)"],
        ),
        (
            "a text frame that is not text when masked",
            vec![frame(0x81, &[b'z'; 9])],
            vec!["Refused(TextFrame)"],
        ),
    ]
}

/// Reserved bits, and control frames.
fn control_frames() -> Vec<Row> {
    let close = |payload: &[u8]| vec![frame(0x88, payload)];
    vec![
        ("reserved bits", vec![frame(0xC2, b"a")], vec![PROTOCOL]),
        ("a reserved opcode", vec![frame(0x83, b"a")], vec![PROTOCOL]),
        (
            "a reserved control opcode",
            vec![frame(0x8B, b"a")],
            vec![PROTOCOL],
        ),
        ("a fragmented ping", vec![frame(0x09, b"a")], vec![PROTOCOL]),
        (
            "a ping of 126 bytes",
            vec![frame(0x89, &[0; 126])],
            vec![PROTOCOL],
        ),
        (
            "a pong of 126 bytes",
            vec![frame(0x8A, &[0; 126])],
            vec![PROTOCOL],
        ),
        (
            "a close of 126 bytes",
            close(&[&[3, 232], &[b'a'; 124][..]].concat()),
            vec![PROTOCOL],
        ),
        ("a close of one byte", close(&[3]), vec![PROTOCOL]),
        (
            "a close without a code",
            close(&[]),
            vec!["Close(None)", "Lost"],
        ),
        (
            "a close with a code",
            close(&[3, 233, b'b']),
            vec!["Close(Some(1001))", "Lost"],
        ),
        (
            "a close with no text",
            close(&[3, 232, 0xFF]),
            vec![PROTOCOL],
        ),
        (
            "the end within a frame",
            vec![vec![BINARY, 0x85, 1, 2]],
            vec!["Lost"],
        ),
    ]
}

#[test]
fn each_stream_gives_its_messages_or_its_reason_however_it_is_split() {
    for (name, pieces, expected) in
        [messages(), oversized(), text_frames(), control_frames()].concat()
    {
        let bytes = pieces.concat();
        assert_eq!(read(vec![bytes.clone()]), expected, "{name}, whole");
        assert_eq!(
            read(bytes.iter().map(|byte| vec![*byte]).collect()),
            expected,
            "{name}, byte by byte"
        );
        for split in 1..bytes.len() {
            let (front, back) = bytes.split_at(split);
            assert_eq!(
                read(vec![front.to_vec(), back.to_vec()]),
                expected,
                "{name}, split at {split}"
            );
        }
    }
}

#[test]
fn only_codes_that_may_be_sent_close() {
    for code in [
        0_u16,
        999,
        1004,
        1005,
        1006,
        1015,
        1016,
        2999,
        5000,
        u16::MAX,
    ] {
        assert_eq!(
            close_code(&code.to_be_bytes()),
            Err(CloseReason::WebSocketProtocol),
            "{code}"
        );
    }
    for code in [1000_u16, 1001, 1011, 3000, 4000, 4999] {
        assert_eq!(close_code(&code.to_be_bytes()), Ok(Some(code)));
    }
}

#[test]
fn a_message_at_the_limit_is_taken() {
    let said = read(vec![frame(BINARY, &[0; 4096])]);
    assert!(said[0].starts_with("Message"), "{said:?}");
    let fragments = [
        vec![frame(0x02, b"a")],
        vec![frame(0x00, b""); 14],
        vec![frame(0x80, b"")],
    ]
    .concat();
    assert_eq!(read(fragments), ["Message([97])", "Lost"]);
}

proptest! {
    #[test]
    fn any_bytes_end_the_same_however_they_are_split(
        mut bytes in proptest::collection::vec(any::<u8>(), 1..200),
        cuts in proptest::collection::vec(any::<u16>(), 0..4),
    ) {
        // Often a frame that begins well.
        bytes[0] &= 0x8F;
        let mut pieces = vec![bytes.clone()];
        for cut in cuts {
            let last = pieces.pop().unwrap();
            let (front, back) = last.split_at(usize::from(cut) % (last.len() + 1));
            pieces.extend([front.to_vec(), back.to_vec()]);
        }
        prop_assert_eq!(read(pieces), read(vec![bytes]));
    }
}
