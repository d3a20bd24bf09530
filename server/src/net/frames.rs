//! WebSocket frames in, whole messages out.
//!
//! In: a wire. Out: messages and control frames, in the place where they were read, or the reason to close.
//! fastwebsockets does masks and opcodes. Its reader is not used: it keeps 8 KiB for every client, and leaves
//! connections open that RFC 6455 and our limits close. Here all clients of a thread are read into one buffer, and only
//! incomplete frames are kept: an idle connection holds no memory for reading, and a busy one finds the buffer in the
//! cache. Must not: write, or know what a message means.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::cell::RefCell;
use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

use fastwebsockets::{OpCode, unmask};
use tickwire_shared::close::CloseReason;

use super::wire::Wire;
use crate::limits::Limits;

/// Longest payload of a control frame, bytes (RFC 6455 5.5).
const CONTROL_BYTES: usize = 125;
/// Size of one read, bytes: some hundred inputs.
const READ_BYTES: usize = 4096;
/// Reads in a row from one client. What is left waits in its socket until the next time: others are waiting, too.
const READS: usize = 16;

thread_local! {
    /// This thread's read buffer. It grows to one read and an incomplete frame, which is shorter than a message.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// A whole binary message.
    Message(&'a [u8]),
    /// The client wants a pong with the same payload.
    Ping(&'a [u8]),
    /// The client answers a ping, or nothing.
    Pong(&'a [u8]),
    /// The client is leaving, with this code if it gave one. Nothing may follow.
    Close(Option<u16>),
}

/// Why nothing more can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
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

/// Builds messages from frames.
pub(crate) struct MessageReader {
    /// What was read of a frame that is incomplete, or that nobody has asked for yet.
    rest: Vec<u8>,
    in_parts: MessageInParts,
    payload_max: usize,
    /// Clients mask what they send, and servers do not.
    masked: bool,
}

impl MessageReader {
    /// A reader that has already been given `early`.
    pub(crate) fn new(early: &[u8], limits: &Limits) -> MessageReader {
        MessageReader {
            rest: early.to_vec(),
            in_parts: MessageInParts::new(limits),
            payload_max: limits.message_bytes.max(CONTROL_BYTES),
            masked: true,
        }
    }

    /// A reader at the other end, of what a server sends.
    pub(crate) fn of_a_client(message_bytes_max: usize) -> MessageReader {
        let limits = Limits {
            message_bytes: message_bytes_max,
            ..Limits::default()
        };
        MessageReader {
            masked: false,
            ..MessageReader::new(&[], &limits)
        }
    }

    /// Reads what has come, and hands on every message and control frame, with the time at which it came, until `take`
    /// breaks off. `None` if nothing more is there now.
    ///
    /// # Errors
    /// `Refused` if the client broke a rule: nothing that follows can be understood. `Lost` at the stream's end.
    pub(crate) fn read<T>(
        &mut self,
        wire: &mut impl Wire,
        now: Instant,
        mut take: impl FnMut(Incoming<'_>, Instant) -> ControlFlow<T>,
    ) -> Result<Option<T>, ReadError> {
        READ.with_borrow_mut(|read| self.read_into(read, wire, now, &mut take))
    }

    fn read_into<T>(
        &mut self,
        read: &mut Vec<u8>,
        wire: &mut impl Wire,
        now: Instant,
        take: &mut impl FnMut(Incoming<'_>, Instant) -> ControlFlow<T>,
    ) -> Result<Option<T>, ReadError> {
        let (mut filled, mut at) = (self.rest.len(), now);
        make_room(read, filled);
        if let Some(start) = read.get_mut(..filled) {
            start.copy_from_slice(&self.rest);
        }
        let mut reads = 0;
        loop {
            let (used, done) = self.take_frames(
                read.get_mut(..filled).unwrap_or_default(),
                &mut |incoming| take(incoming, at),
            );
            if let Some(done) = done {
                self.keep(read.get(used..filled).unwrap_or_default());
                return done.map(Some);
            }
            read.copy_within(used..filled, 0);
            filled -= used;
            make_room(read, filled);
            let into = read.get_mut(filled..).unwrap_or_default();
            let space = into.len();
            let more = if reads == READS {
                Err(io::ErrorKind::WouldBlock.into())
            } else {
                wire.read(now, into)
            };
            match more {
                Ok(came) if came.bytes > 0 => {
                    filled += came.bytes;
                    at = came.at;
                    // A read that was not filled has emptied the socket: another look would find nothing.
                    reads = if came.bytes < space { READS } else { reads + 1 };
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.keep(read.get(..filled).unwrap_or_default());
                    return Ok(None);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return Err(ReadError::Lost),
            }
        }
    }

    fn keep(&mut self, rest: &[u8]) {
        if rest.is_empty() {
            self.rest = Vec::new();
        } else {
            self.rest.clear();
            self.rest.extend_from_slice(rest);
        }
    }

    /// Hands on every whole frame. Returns how many bytes they took, and how reading ended if it did.
    fn take_frames<T>(
        &mut self,
        bytes: &mut [u8],
        take: &mut impl FnMut(Incoming<'_>) -> ControlFlow<T>,
    ) -> (usize, Option<Result<T, ReadError>>) {
        let mut used = 0;
        loop {
            let rest = bytes.get_mut(used..).unwrap_or_default();
            let head = match Head::parse(rest, self.payload_max, self.masked) {
                Ok(Some(head)) => head,
                Ok(None) => return (used, None),
                Err(reason) => return (used, Some(Err(reason.into()))),
            };
            let end = head.bytes + head.payload_bytes;
            let Some(payload) = rest.get_mut(head.bytes..end) else {
                return (used, None);
            };
            used += end;
            if let Some(mask) = head.mask {
                unmask(payload, mask);
            }
            let taken = match self.in_parts.incoming(&head, payload) {
                Ok(Some(incoming)) => take(incoming),
                Ok(None) => continue,
                Err(reason) => return (used, Some(Err(reason.into()))),
            };
            if let ControlFlow::Break(end) = taken {
                return (used, Some(Ok(end)));
            }
        }
    }
}

/// Makes room for a read behind what is there.
fn make_room(read: &mut Vec<u8>, filled: usize) {
    if read.len() < filled + READ_BYTES {
        read.resize(filled + READ_BYTES, 0);
    }
}

/// What comes before a frame's payload (RFC 6455 5.2).
#[derive(Debug)]
struct Head {
    fin: bool,
    opcode: OpCode,
    mask: Option<[u8; 4]>,
    /// The head's own length, bytes.
    bytes: usize,
    payload_bytes: usize,
}

impl Head {
    /// `None` while the head is incomplete. A broken rule is refused as soon as it can be seen.
    fn parse(bytes: &[u8], payload_max: usize, masked: bool) -> Result<Option<Head>, CloseReason> {
        let Some(([first, second], rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let opcode = OpCode::try_from(first & 0x0F).map_err(|_| CloseReason::WebSocketProtocol)?;
        let (fin, reserved) = (first & 0x80 != 0, first & 0x70 != 0);
        if reserved || (second & 0x80 != 0) != masked {
            return Err(CloseReason::WebSocketProtocol);
        }
        let is_control = matches!(opcode, OpCode::Close | OpCode::Ping | OpCode::Pong);
        let length = second & 0x7F;
        if is_control && (!fin || usize::from(length) > CONTROL_BYTES) {
            return Err(CloseReason::WebSocketProtocol);
        }
        if opcode == OpCode::Text {
            return Err(CloseReason::TextFrame);
        }
        let (payload_bytes, rest) = match length {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (u64::from(length), rest),
        };
        // RFC 6455 5.2: the shortest way to write a length is the only one.
        let is_shortest = match length {
            126 => payload_bytes > 125,
            127 => payload_bytes > u64::from(u16::MAX) && payload_bytes >> 63 == 0,
            _ => true,
        };
        if !is_shortest {
            return Err(CloseReason::WebSocketProtocol);
        }
        let payload_bytes = usize::try_from(payload_bytes).unwrap_or(usize::MAX);
        if payload_bytes > payload_max {
            return Err(CloseReason::MessageTooLarge);
        }
        let (mask, payload) = match rest.split_first_chunk() {
            Some((mask, payload)) if masked => (Some(*mask), payload),
            None if masked => return Ok(None),
            _ => (None, rest),
        };
        Ok(Some(Head {
            fin,
            opcode,
            mask,
            bytes: bytes.len() - payload.len(),
            payload_bytes,
        }))
    }
}

/// A message that comes in several frames. One that comes in a single frame does not need this.
#[derive(Debug)]
struct MessageInParts {
    /// The message so far, or the last one.
    message: Vec<u8>,
    /// Fragments of the message so far; 0 between messages.
    fragments: usize,
    bytes_max: usize,
    fragments_max: usize,
}

impl MessageInParts {
    fn new(limits: &Limits) -> MessageInParts {
        MessageInParts {
            message: Vec::new(),
            fragments: 0,
            bytes_max: limits.message_bytes,
            fragments_max: limits.message_fragments,
        }
    }

    /// What a frame means, if it completes anything.
    fn incoming<'a>(
        &'a mut self,
        head: &Head,
        payload: &'a [u8],
    ) -> Result<Option<Incoming<'a>>, CloseReason> {
        Ok(Some(match head.opcode {
            OpCode::Binary if head.fin && self.fragments == 0 => {
                if payload.len() > self.bytes_max {
                    return Err(CloseReason::MessageTooLarge);
                }
                Incoming::Message(payload)
            }
            OpCode::Binary | OpCode::Continuation => {
                let continued = head.opcode == OpCode::Continuation;
                if !self.add(continued, head.fin, payload)? {
                    return Ok(None);
                }
                Incoming::Message(&self.message)
            }
            OpCode::Text => return Err(CloseReason::TextFrame),
            OpCode::Close => Incoming::Close(close_code(payload)?),
            OpCode::Pong => Incoming::Pong(payload),
            OpCode::Ping => Incoming::Ping(payload),
        }))
    }

    /// Adds a fragment; true if the message is whole now.
    fn add(&mut self, continued: bool, last: bool, payload: &[u8]) -> Result<bool, CloseReason> {
        if continued != (self.fragments > 0) {
            // A continuation without a beginning, or a new message in the middle of another.
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

#[cfg(test)]
mod tests;
