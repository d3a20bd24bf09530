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
    Pong(Vec<u8>),
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
                OpCode::Pong => return Ok(Incoming::Pong(frame.payload.to_vec())),
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
mod tests;
