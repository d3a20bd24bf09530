//! What a client of each server sends and understands: just enough of each peer's protocol to take part and to count.
//!
//! In: messages. Out: messages, and whether one was a snapshot. No state of a peer is decoded: its client would pay for
//! that, not its server.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::websocket::{BINARY, PONG, TEXT, push_masked};

/// The largest turn of one input, in 256ths of a whole turn: one radian.
const TURN: i32 = 41;

/// Frames on their way to the server.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The frames, masked.
    pub(super) bytes: Vec<u8>,
}

impl Outbox {
    /// Adds one binary message.
    pub fn binary(&mut self, payload: &[u8]) {
        push_masked(&mut self.bytes, BINARY, payload);
    }

    /// Adds one text message.
    pub fn text(&mut self, payload: &str) {
        push_masked(&mut self.bytes, TEXT, payload.as_bytes());
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        push_masked(&mut self.bytes, PONG, payload);
    }
}

/// The kind of a message.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// State of the game.
    Snapshot {
        /// The time from sending an input to this acknowledgement of it, if the protocol has acknowledgements.
        acknowledged: Option<Duration>,
    },
    /// Something else.
    Other,
    /// The server ends the connection, with the reason.
    Ended(String),
}

/// A snapshot of a protocol without acknowledgements.
pub(super) const SNAPSHOT: Heard = Heard::Snapshot { acknowledged: None };

/// One client's half of a protocol.
pub trait Speaker {
    /// The socket is open.
    fn connected(&mut self, now: Duration, out: &mut Outbox);
    /// A whole message has come.
    fn hear(&mut self, now: Duration, text: bool, message: &[u8], out: &mut Outbox) -> Heard;
    /// An input is due.
    fn speak(&mut self, now: Duration, out: &mut Outbox);
    /// How often, so far, the client held something else than the server said it should.
    fn desyncs(&self) -> u64 {
        0
    }
    /// The number of entities that the client holds now, if it decodes.
    fn entities(&self) -> Option<u32> {
        None
    }
}

/// A player who turns a little with every input. The same number always turns in the same way.
#[derive(Debug)]
pub(super) struct Wanderer {
    pub(super) rng: Pcg64Mcg,
    heading: u8,
}

impl Wanderer {
    pub(super) fn new(client: usize) -> Wanderer {
        let mut rng = Pcg64Mcg::seed_from_u64(client as u64);
        let heading = rng.random();
        Wanderer { rng, heading }
    }

    pub(super) fn turn(&mut self) -> u8 {
        let turn = self.rng.random_range(-TURN..=TURN);
        self.heading = (i32::from(self.heading) + turn).rem_euclid(256) as u8;
        self.heading
    }
}

/// A bare binary protocol: every message is a snapshot, every input is one byte. For `ws`, Bun and the limit.
#[derive(Debug)]
pub struct Plain(Wanderer);

impl Plain {
    /// The client with this number.
    pub fn new(client: usize) -> Plain {
        Plain(Wanderer::new(client))
    }
}

impl Speaker for Plain {
    fn connected(&mut self, _: Duration, _: &mut Outbox) {}

    fn hear(&mut self, _: Duration, _: bool, _: &[u8], _: &mut Outbox) -> Heard {
        SNAPSHOT
    }

    fn speak(&mut self, _: Duration, out: &mut Outbox) {
        let heading = self.0.turn();
        out.binary(&[heading]);
    }
}

/// Socket.IO 4 (Engine.IO 4) over WebSocket alone.
#[derive(Debug)]
pub struct SocketIo {
    wanderer: Wanderer,
    connected: bool,
}

impl SocketIo {
    /// The client with this number.
    pub fn new(client: usize) -> SocketIo {
        SocketIo {
            wanderer: Wanderer::new(client),
            connected: false,
        }
    }
}

impl Speaker for SocketIo {
    fn connected(&mut self, _: Duration, out: &mut Outbox) {
        // Engine.IO message (4), Socket.IO connect (0) to the main namespace.
        out.text("40");
    }

    fn hear(&mut self, _: Duration, text: bool, message: &[u8], out: &mut Outbox) -> Heard {
        if !text {
            // The attachment of an event that was announced as text: this is the state.
            return SNAPSHOT;
        }
        match message {
            b"2" => out.text("3"),
            [b'4', b'0', ..] => self.connected = true,
            [b'4', b'1', ..] | [b'1', ..] => return Heard::Ended("disconnected".to_owned()),
            [b'4', b'4', words @ ..] => {
                return Heard::Ended(String::from_utf8_lossy(words).into_owned());
            }
            _ => {}
        }
        Heard::Other
    }

    fn speak(&mut self, _: Duration, out: &mut Outbox) {
        if self.connected {
            out.text(&format!("42[\"heading\",{}]", self.wanderer.turn()));
        }
    }
}

/// Colyseus 0.18, after its matchmaking.
#[derive(Debug)]
pub struct Colyseus {
    wanderer: Wanderer,
    joined: bool,
}

/// Codes of Colyseus's protocol: the low five bits of a message's first byte.
mod code {
    pub(super) const JOIN_ROOM: u8 = 10;
    pub(super) const ERROR: u8 = 11;
    pub(super) const LEAVE_ROOM: u8 = 12;
    pub(super) const ROOM_DATA: u8 = 13;
    pub(super) const ROOM_STATE: u8 = 14;
    pub(super) const ROOM_STATE_PATCH: u8 = 15;
    pub(super) const MASK: u8 = 0x1F;
}

impl Colyseus {
    /// The client with this number.
    pub fn new(client: usize) -> Colyseus {
        Colyseus {
            wanderer: Wanderer::new(client),
            joined: false,
        }
    }
}

impl Speaker for Colyseus {
    fn connected(&mut self, _: Duration, _: &mut Outbox) {}

    fn hear(&mut self, _: Duration, _: bool, message: &[u8], out: &mut Outbox) -> Heard {
        match message.first().map(|first| first & code::MASK) {
            Some(code::JOIN_ROOM) => {
                self.joined = true;
                out.binary(&[code::JOIN_ROOM]);
                Heard::Other
            }
            Some(code::ROOM_STATE | code::ROOM_STATE_PATCH) => SNAPSHOT,
            Some(code::ERROR) => Heard::Ended(String::from_utf8_lossy(message).into_owned()),
            Some(code::LEAVE_ROOM) => Heard::Ended("the server asked us to leave".to_owned()),
            _ => Heard::Other,
        }
    }

    fn speak(&mut self, _: Duration, out: &mut Outbox) {
        if !self.joined {
            return;
        }
        let heading = self.wanderer.turn();
        // MessagePack: a string of seven bytes, then a small or a one-byte integer.
        let mut message = vec![code::ROOM_DATA, 0xA7];
        message.extend_from_slice(b"heading");
        if heading >= 0x80 {
            message.push(0xCC);
        }
        message.push(heading);
        out.binary(&message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wanderer_turns_by_at_most_a_radian_and_does_so_again_the_same() {
        let (mut one, mut other) = (Wanderer::new(7), Wanderer::new(7));
        let mut heading = one.turn();
        assert_eq!(heading, other.turn());
        for _ in 0..1000 {
            let next = one.turn();
            assert_eq!(next, other.turn());
            let turned = i32::from(next.wrapping_sub(heading) as i8);
            assert!(turned.abs() <= TURN, "{turned}");
            heading = next;
        }
    }

    #[test]
    fn socket_io_answers_pings_and_counts_attachments_only() {
        let (mut client, mut out) = (SocketIo::new(0), Outbox::default());
        let now = Duration::ZERO;
        assert_eq!(
            client.hear(now, true, b"40{\"sid\":\"a\"}", &mut out),
            Heard::Other
        );
        assert_eq!(
            client.hear(now, true, b"451-[\"state\",{}]", &mut out),
            Heard::Other
        );
        assert!(out.bytes.is_empty());
        assert_eq!(client.hear(now, true, b"2", &mut out), Heard::Other);
        assert!(!out.bytes.is_empty());
        assert_eq!(client.hear(now, false, &[1, 2], &mut out), SNAPSHOT);
    }

    #[test]
    fn colyseus_says_nothing_before_it_is_let_in() {
        let (mut client, mut out) = (Colyseus::new(0), Outbox::default());
        client.speak(Duration::ZERO, &mut out);
        assert!(out.bytes.is_empty());
        client.hear(Duration::ZERO, false, &[10, 0], &mut out);
        client.speak(Duration::ZERO, &mut out);
        assert!(!out.bytes.is_empty());
        assert_eq!(
            client.hear(Duration::ZERO, false, &[15, 255], &mut out),
            SNAPSHOT
        );
    }
}
