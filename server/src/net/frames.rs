//! WebSocket frames in, whole messages out.
//!
//! In: bytes of an upgraded socket, through fastwebsockets. Out: messages, control frames, or the reason to close.
//! The library leaves open what RFC 6455 and our limits close: unmasked frames, the size of a fragmented message,
//! interleaved fragments, big control frames, bad close frames, floods of pings (it would answer them all itself).
//! Must not: write, know a message's meaning, or keep a payload (one byte of it would pin the whole read buffer).
//!
//! Memory of an idle connection: fastwebsockets takes 8 KiB for reading, the message's copy grows to the largest one.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::convert::Infallible;

use fastwebsockets::{Frame, OpCode, Role, WebSocketError, WebSocketRead, after_handshake_split};
use tickwire_shared::close::CloseReason;
use tokio::io::AsyncRead;

use crate::limits::Limits;

/// A control frame's payload, bytes (RFC 6455 5.5).
const CONTROL_BYTES: usize = 125;
/// What fastwebsockets asks of the room that it formats a head into, bytes.
const HEAD_ROOM_BYTES: usize = 16;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming<'a> {
    /// A whole binary message.
    Message(&'a [u8]),
    /// Wants a pong with the same payload.
    Ping(Vec<u8>),
    /// Answers a ping, or nothing.
    Pong,
    /// The client is going, with this code if it gave one. Nothing may follow.
    Close(Option<u16>),
}

/// Why nothing more can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The client broke a rule.
    Refused(CloseReason),
    /// The stream ended or broke.
    Lost,
}

impl From<CloseReason> for ReadError {
    fn from(reason: CloseReason) -> ReadError {
        ReadError::Refused(reason)
    }
}

/// Puts messages together from frames. Not cancel-safe: a dropped read loses the stream's place.
pub(super) struct MessageReader<R> {
    frames: WebSocketRead<R>,
    assembly: Assembly,
}

impl<R: AsyncRead + Unpin> MessageReader<R> {
    pub(super) fn new(io: R, limits: &Limits) -> MessageReader<R> {
        // Writing has its own way, see `outgoing`.
        let (mut frames, _) = after_handshake_split(io, tokio::io::sink(), Role::Server);
        frames.set_auto_close(false);
        frames.set_auto_pong(false);
        // A frame that is unmasked here, by hand, shows whether it was masked.
        frames.set_auto_apply_mask(false);
        // It refuses what is as long as its limit, too.
        frames.set_max_message_size(limits.message_bytes.max(CONTROL_BYTES) + 1);
        MessageReader {
            frames,
            assembly: Assembly::new(limits),
        }
    }

    /// Reads until there is something to act on.
    ///
    /// # Errors
    /// `Refused` when the client broke a rule: nothing that follows can be understood. `Lost` at the stream's end.
    pub(super) async fn next(&mut self) -> Result<Incoming<'_>, ReadError> {
        loop {
            // Nothing is sent from here: auto-pong and auto-close are off.
            let mut no_answer = |_: Frame<'_>| std::future::ready(Ok::<(), Infallible>(()));
            let mut frame = self
                .frames
                .read_frame(&mut no_answer)
                .await
                .map_err(|error| blame(&error))?;
            if !is_masked(&mut frame) {
                return Err(CloseReason::WebSocketProtocol.into());
            }
            frame.unmask();
            match frame.opcode {
                OpCode::Binary | OpCode::Continuation => {
                    let continued = frame.opcode == OpCode::Continuation;
                    if self.assembly.add(continued, frame.fin, &frame.payload)? {
                        return Ok(Incoming::Message(&self.assembly.message));
                    }
                }
                OpCode::Text => return Err(CloseReason::TextFrame.into()),
                _ if frame.payload.len() > CONTROL_BYTES => {
                    return Err(CloseReason::WebSocketProtocol.into());
                }
                OpCode::Close => return Ok(Incoming::Close(close_code(&frame.payload)?)),
                OpCode::Pong => return Ok(Incoming::Pong),
                OpCode::Ping => return Ok(Incoming::Ping(frame.payload.to_vec())),
            }
        }
    }
}

/// The message that fragments add up to.
#[derive(Debug)]
struct Assembly {
    /// The message so far, or the last one.
    message: Vec<u8>,
    /// Fragments of the message so far; 0 between messages.
    fragments: usize,
    bytes_max: usize,
    fragments_max: usize,
}

impl Assembly {
    fn new(limits: &Limits) -> Assembly {
        Assembly {
            message: Vec::new(),
            fragments: 0,
            bytes_max: limits.message_bytes,
            fragments_max: limits.message_fragments,
        }
    }

    /// Adds a data frame; true when the message is whole.
    fn add(&mut self, continued: bool, last: bool, payload: &[u8]) -> Result<bool, CloseReason> {
        if continued != (self.fragments > 0) {
            // A continuation of nothing, or a new message in the middle of another.
            return Err(CloseReason::WebSocketProtocol);
        }
        if !continued {
            self.message.clear();
        }
        if self.fragments >= self.fragments_max {
            return Err(CloseReason::TooManyFragments);
        }
        if self.message.len() + payload.len() > self.bytes_max {
            return Err(CloseReason::MessageTooLarge);
        }
        self.message.extend_from_slice(payload);
        self.fragments = if last { 0 } else { self.fragments + 1 };
        Ok(last)
    }
}

/// The frame's mask is private to the library; its head as the library would write it tells.
fn is_masked(frame: &mut Frame<'_>) -> bool {
    let mut head = [0; HEAD_ROOM_BYTES];
    frame.fmt_head(&mut head);
    head.get(1).is_some_and(|byte| byte & 0x80 != 0)
}

/// The code of a close frame, if it has one.
fn close_code(payload: &[u8]) -> Result<Option<u16>, CloseReason> {
    let [high, low, words @ ..] = payload else {
        return if payload.is_empty() {
            Ok(None)
        } else {
            Err(CloseReason::WebSocketProtocol)
        };
    };
    let code = u16::from_be_bytes([*high, *low]);
    // RFC 6455 7.4: the registered codes that may be sent, and the ranges for libraries and applications.
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if !may_be_sent || std::str::from_utf8(words).is_err() {
        return Err(CloseReason::WebSocketProtocol);
    }
    Ok(Some(code))
}

/// Whose fault it is that no frame could be read.
fn blame(error: &WebSocketError) -> ReadError {
    match error {
        WebSocketError::FrameTooLarge => CloseReason::MessageTooLarge.into(),
        // The library looks at a text frame's characters before we see the frame, and sees them masked.
        WebSocketError::InvalidUTF8 => CloseReason::TextFrame.into(),
        WebSocketError::UnexpectedEOF | WebSocketError::IoError(_) => ReadError::Lost,
        _ => CloseReason::WebSocketProtocol.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::ReadBuf;

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

    /// A stream that gives its pieces one read at a time.
    struct Pieces(Vec<Vec<u8>>);

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<std::io::Result<()>> {
            if let Some(piece) = self.0.first_mut() {
                let length = piece.len().min(buf.remaining());
                buf.put_slice(&piece[..length]);
                piece.drain(..length);
                if piece.is_empty() {
                    self.0.remove(0);
                }
            }
            Poll::Ready(Ok(()))
        }
    }

    /// Everything that a stream says, then why it ended, in words.
    fn read(pieces: Vec<Vec<u8>>) -> Vec<String> {
        let pieces = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        let mut reader = MessageReader::new(Pieces(pieces), &Limits::default());
        let mut said = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            loop {
                match reader.next().await {
                    Ok(incoming) => said.push(format!("{incoming:?}")),
                    Err(error) => break said.push(format!("{error:?}")),
                }
            }
        });
        said
    }

    /// Streams and what must come of them.
    fn table() -> Vec<(&'static str, Vec<Vec<u8>>, Vec<&'static str>)> {
        let protocol = "Refused(WebSocketProtocol)";
        let close = |payload: &[u8]| vec![frame(0x88, payload)];
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
            ("a pong", vec![frame(0x8A, b"x")], vec!["Pong", "Lost"]),
            (
                "an unmasked frame",
                vec![vec![BINARY, 1, b'a']],
                vec![protocol],
            ),
            ("an unmasked ping", vec![vec![0x89, 0]], vec![protocol]),
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
            (
                "a new message inside another",
                vec![frame(0x02, b"a"), frame(BINARY, b"b")],
                vec![protocol],
            ),
            (
                "a continuation of nothing",
                vec![frame(0x80, b"a")],
                vec![protocol],
            ),
            (
                "a continuation after the end",
                vec![frame(BINARY, b""), frame(0x00, b"")],
                vec!["Message([])", protocol],
            ),
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
                "a length of 2^63",
                vec![vec![BINARY, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
                vec!["Refused(MessageTooLarge)"],
            ),
            ("reserved bits", vec![frame(0xC2, b"a")], vec![protocol]),
            ("a reserved opcode", vec![frame(0x83, b"a")], vec![protocol]),
            (
                "a reserved control opcode",
                vec![frame(0x8B, b"a")],
                vec![protocol],
            ),
            ("a fragmented ping", vec![frame(0x09, b"a")], vec![protocol]),
            (
                "a ping of 126 bytes",
                vec![frame(0x89, &[0; 126])],
                vec![protocol],
            ),
            (
                "a pong of 126 bytes",
                vec![frame(0x8A, &[0; 126])],
                vec![protocol],
            ),
            (
                "a close of 126 bytes",
                close(&[&[3, 232], &[b'a'; 124][..]].concat()),
                vec![protocol],
            ),
            ("a close of one byte", close(&[3]), vec![protocol]),
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
                vec![protocol],
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
        for (name, pieces, expected) in table() {
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
}
