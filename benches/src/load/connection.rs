//! One client's connection: bytes in and out without waiting, frames to and from its speaker.
//!
//! In: bytes from the kernel, when it reports some. Out: counts and gaps for the [`Outcome`]. Nothing is parsed twice,
//! and nothing is copied while messages come whole.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::TcpStream;

use super::outcome::{ClientCounts, Outcome};
use super::speaker::{Heard, Outbox, Speaker};
use crate::websocket::{BINARY, CLOSE, PING, TEXT, first_frame};

/// Bytes that may wait to leave; beyond this the server counts as one that does not read.
const WAITING_BYTES: usize = 1 << 20;

/// One client's connection.
pub(super) struct Connection {
    stream: TcpStream,
    speaker: Box<dyn Speaker>,
    /// The beginning of a frame that is not complete yet.
    partial: Vec<u8>,
    outbox: Outbox,
    last_snapshot: Option<Duration>,
    /// Within the measured time: snapshots, and gaps over one and a half intervals.
    snapshots: u64,
    late: u64,
    /// No snapshot has come yet.
    refused: bool,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        mut speaker: Box<dyn Speaker>,
        early: Vec<u8>,
        now: Duration,
    ) -> Connection {
        let mut outbox = Outbox::default();
        speaker.connected(now, &mut outbox);
        Connection {
            stream,
            speaker,
            partial: early,
            outbox,
            last_snapshot: None,
            snapshots: 0,
            late: 0,
            refused: true,
        }
    }

    /// Reads and handles everything that is there, and sends what waits. Some: the connection is over, with the reason.
    pub(super) fn serve(
        &mut self,
        now: Duration,
        scratch: &mut [u8],
        outcome: &mut Outcome,
    ) -> Option<String> {
        if !self.partial.is_empty() && self.last_snapshot.is_none() {
            // Bytes that came along with the answer to the upgrade.
            if let Some(words) = self.hear(now, &[], outcome) {
                return Some(words);
            }
        }
        loop {
            let count = match self.stream.read(scratch) {
                Ok(0) => return Some("the server closed the connection".to_owned()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Some(error.to_string()),
            };
            outcome.bytes_down(count);
            if let Some(words) = self.hear(now, &scratch[..count], outcome) {
                return Some(words);
            }
            // The socket is empty, so the next read can wait for the next event.
            if count < scratch.len() {
                break;
            }
        }
        (!self.flush(outcome)).then(|| "the connection broke".to_owned())
    }

    fn hear(&mut self, now: Duration, bytes: &[u8], outcome: &mut Outcome) -> Option<String> {
        let mut joined = std::mem::take(&mut self.partial);
        let mut rest = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined[..]
        };
        while let Some((frame, used)) = first_frame(rest) {
            rest = &rest[used..];
            match frame.opcode {
                TEXT | BINARY => {
                    let text = frame.opcode == TEXT;
                    match self
                        .speaker
                        .hear(now, text, frame.payload, &mut self.outbox)
                    {
                        Heard::Snapshot { acknowledged } => {
                            self.snapshot(now, outcome);
                            if let Some(took) = acknowledged {
                                outcome.acknowledged(took);
                            }
                        }
                        Heard::Other => {}
                        Heard::Ended(words) => return Some(words),
                    }
                }
                PING => self.outbox.pong(frame.payload),
                CLOSE => return Some(close_words(frame.payload)),
                _ => {}
            }
        }
        self.partial = rest.to_vec();
        None
    }

    fn snapshot(&mut self, now: Duration, outcome: &mut Outcome) {
        self.refused = false;
        let gap = self.last_snapshot.map(|last| now.saturating_sub(last));
        self.last_snapshot = Some(now);
        let Some(late) = outcome.snapshot(gap) else {
            return;
        };
        self.snapshots += 1;
        self.late += u64::from(late);
    }

    /// Sends an input that is due. Returns false when the connection is over.
    pub(super) fn speak(&mut self, now: Duration, outcome: &mut Outcome) -> bool {
        self.speaker.speak(now, &mut self.outbox);
        self.flush(outcome) && self.outbox.bytes.len() < WAITING_BYTES
    }

    /// What it has counted so far.
    pub(super) fn counts(&self) -> ClientCounts {
        ClientCounts {
            refused: self.refused,
            snapshots: self.snapshots,
            late: self.late,
            desyncs: self.speaker.desyncs(),
            entities: self.speaker.entities(),
        }
    }

    fn flush(&mut self, outcome: &mut Outcome) -> bool {
        while !self.outbox.bytes.is_empty() {
            match self.stream.write(&self.outbox.bytes) {
                Ok(count) => {
                    outcome.bytes_up(count);
                    self.outbox.bytes.drain(..count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
        }
        true
    }
}

/// The code and words of a close frame.
fn close_words(payload: &[u8]) -> String {
    match payload.split_at_checked(2) {
        Some((code, words)) => format!(
            "{} {}",
            u16::from_be_bytes([code[0], code[1]]),
            String::from_utf8_lossy(words)
        ),
        None => "closed without a reason".to_owned(),
    }
}
