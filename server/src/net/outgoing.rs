//! Frames on their way to a client, built in place: a snapshot costs no copy and leaves in one write.
//!
//! In: a snapshot that its feed writes in place, and small frames with a copy of their payload. Out: bytes to write,
//! and how far they are written. If a slow client has taken half of a frame, the rest can leave before the goodbye.

use std::cell::RefCell;

use fastwebsockets::{Frame, OpCode, Payload};

use crate::limits::{THREAD_WRITE_KEPT_BYTES, WRITE_KEPT_BYTES};

/// Longest head of a frame without a mask, bytes.
const HEAD_BYTES: usize = 10;
/// Room that fastwebsockets needs to format a head, bytes.
const HEAD_ROOM_BYTES: usize = 16;
thread_local! {
    /// Where this thread builds messages. It stays warm in the cache, whichever client a message is for.
    static MESSAGE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Frames on their way to a client: the part that is not written yet. Never masked (RFC 6455 5.1), never fragmented.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    /// Where the unwritten bytes start.
    start: usize,
}

impl Outgoing {
    /// What is left to write.
    pub(super) fn unwritten(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Notes that the first `bytes` of [`Outgoing::unwritten`] are written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.start += bytes;
        if self.start >= self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Builds messages in this thread's buffer until [`Outgoing::give_back`]. Call it when nothing is left to write.
    pub(super) fn start(&mut self) {
        MESSAGE.with_borrow_mut(|message| std::mem::swap(&mut self.bytes, message));
    }

    /// Gives the thread's buffer back and keeps a copy of what was not written.
    pub(super) fn give_back(&mut self) {
        let rest = self.unwritten().to_vec();
        MESSAGE.with_borrow_mut(|message| {
            std::mem::swap(&mut self.bytes, message);
            message.clear();
            message.shrink_to(THREAD_WRITE_KEPT_BYTES);
        });
        self.start = 0;
        if rest.is_empty() {
            self.bytes.shrink_to(WRITE_KEPT_BYTES);
        } else {
            self.bytes = rest;
        }
    }

    /// Builds a message that `fill` writes in its place, behind room for its head: no copy, one write. False if `fill`
    /// had nothing to say. Call it when nothing is left to write.
    pub(super) fn frame<E>(
        &mut self,
        fill: impl FnOnce(&mut Vec<u8>) -> Result<bool, E>,
    ) -> Result<bool, E> {
        self.bytes.clear();
        self.bytes.resize(HEAD_BYTES, 0);
        let filled = fill(&mut self.bytes);
        if !matches!(filled, Ok(true)) {
            self.bytes.clear();
            self.start = 0;
            return filled;
        }
        let mut room = [0; HEAD_ROOM_BYTES];
        let payload = self.bytes.get(HEAD_BYTES..).unwrap_or_default();
        let head = head_of(OpCode::Binary, payload, &mut room);
        self.start = HEAD_BYTES - head.len();
        if let Some(place) = self.bytes.get_mut(self.start..HEAD_BYTES) {
            place.copy_from_slice(head);
        }
        filled
    }

    /// Moves everything behind what is left to write in `other`.
    pub(super) fn move_to(&mut self, other: &mut Outgoing) {
        other.bytes.extend_from_slice(self.unwritten());
        self.bytes.clear();
        self.bytes.shrink_to(WRITE_KEPT_BYTES);
        self.start = 0;
    }

    /// Adds a frame behind what is left to write. Returns how many bytes it has.
    pub(super) fn append(&mut self, opcode: OpCode, payload: &[u8]) -> usize {
        let mut room = [0; HEAD_ROOM_BYTES];
        let head = head_of(opcode, payload, &mut room);
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(payload);
        head.len() + payload.len()
    }
}

/// The head of an unmasked frame: 2, 4 or 10 bytes.
fn head_of<'a>(opcode: OpCode, payload: &[u8], room: &'a mut [u8; HEAD_ROOM_BYTES]) -> &'a [u8] {
    let length = Frame::new(true, opcode, None, Payload::Borrowed(payload)).fmt_head(room);
    room.get(..length).unwrap_or_default()
}

/// A frame as clients send it, masked.
pub(crate) fn client_frame(opcode: OpCode, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut room = [0; HEAD_ROOM_BYTES];
    let mut frame = Frame::new(true, opcode, Some(mask), Payload::Owned(payload.to_vec()));
    let length = frame.fmt_head(&mut room);
    frame.mask();
    [room.get(..length).unwrap_or_default(), &frame.payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const BINARY: u8 = 0x82;

    #[test]
    fn a_framed_message_and_appended_frames_are_one_run_of_bytes() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let mut outgoing = Outgoing::default();
            let filled = outgoing.frame(|out| {
                out.resize(out.len() + length, 7);
                Ok::<_, Infallible>(true)
            });
            assert_eq!(filled, Ok(true));
            let framed = outgoing.unwritten().to_vec();
            let mut appended = Outgoing::default();
            appended.append(OpCode::Binary, &vec![7; length]);
            assert_eq!(framed, appended.unwritten());
            assert_eq!(framed[0], BINARY);
            // A frame behind one that is half written.
            outgoing.wrote(1);
            outgoing.append(OpCode::Close, &[3, 232]);
            assert_eq!(
                outgoing.unwritten(),
                [&framed[1..], &[0x88, 2, 3, 232]].concat()
            );
            outgoing.wrote(outgoing.unwritten().len());
            assert!(outgoing.unwritten().is_empty());
        }
    }

    #[test]
    fn a_message_in_the_threads_buffer_leaves_no_memory_behind_but_what_was_not_written() {
        let mut outgoing = Outgoing::default();
        for written in [20_000 + 4, 7_000] {
            outgoing.start();
            let filled = outgoing.frame(|out| {
                out.resize(out.len() + 20_000, 7);
                Ok::<_, Infallible>(true)
            });
            assert_eq!(filled, Ok(true));
            let whole = outgoing.unwritten().to_vec();
            outgoing.wrote(written);
            outgoing.give_back();
            assert_eq!(outgoing.unwritten(), &whole[written..]);
            assert!(outgoing.bytes.capacity() <= whole.len() - written);
        }
    }

    #[test]
    fn a_message_that_is_not_filled_leaves_nothing() {
        let mut outgoing = Outgoing::default();
        assert_eq!(outgoing.frame(|_| Ok::<_, Infallible>(false)), Ok(false));
        assert_eq!(outgoing.frame(|_| Err("no")), Err("no"));
        assert!(outgoing.unwritten().is_empty());
    }
}
