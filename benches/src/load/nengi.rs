//! A client of nengi 2, as far as its server can tell.
//!
//! In: its messages: sections of engine messages, then of entities. Out: the handshake, then for each input what its
//! client sends in a frame: its tick, and one command. Entities are not decoded. All numbers are big-endian.

use std::time::Duration;

use super::speaker::{Heard, Outbox, SNAPSHOT, Speaker, Wanderer};

/// The sections of a message.
mod section {
    pub(super) const ENGINE: u8 = 1;
    pub(super) const COMMANDS: u8 = 6;
}

/// The kinds of engine messages.
mod engine {
    pub(super) const ACCEPTED: u8 = 1;
    pub(super) const DENIED: u8 = 2;
    pub(super) const ATTEMPT: u8 = 3;
    pub(super) const TERMINATED: u8 = 8;
    pub(super) const CLIENT_TICK: u8 = 10;
}

/// The kind that the peer's script gives to the command with a heading.
const HEADING: u8 = 2;

/// One client of nengi.
#[derive(Debug)]
pub struct Nengi {
    wanderer: Wanderer,
    accepted: bool,
    tick: u16,
}

impl Nengi {
    /// The client with this number.
    pub fn new(client: usize) -> Nengi {
        Nengi {
            wanderer: Wanderer::new(client),
            accepted: false,
            tick: 0,
        }
    }
}

impl Speaker for Nengi {
    fn connected(&mut self, _: Duration, out: &mut Outbox) {
        let handshake = b"{}";
        // Every message has an entity's number, which only entities use.
        let mut message = vec![section::ENGINE, 1, engine::ATTEMPT, 0, 0];
        message.extend_from_slice(&(handshake.len() as u32).to_be_bytes());
        message.extend_from_slice(handshake);
        out.binary(&message);
    }

    fn hear(&mut self, _: Duration, _: bool, message: &[u8], _: &mut Outbox) -> Heard {
        // Each snapshot begins with engine messages: at least the newest tick that came from this client.
        match message {
            [section::ENGINE, _, engine::ACCEPTED] => {
                self.accepted = true;
                Heard::Other
            }
            [
                section::ENGINE,
                _,
                engine::DENIED | engine::TERMINATED,
                words @ ..,
            ] => Heard::Ended(String::from_utf8_lossy(words).into_owned()),
            [section::ENGINE, ..] => SNAPSHOT,
            _ => Heard::Other,
        }
    }

    fn speak(&mut self, _: Duration, out: &mut Outbox) {
        if !self.accepted {
            return;
        }
        // From 1 on, and 1 again after the largest.
        self.tick = self.tick.checked_add(1).unwrap_or(1);
        let [high, low] = self.tick.to_be_bytes();
        let heading = self.wanderer.turn();
        let tick = [section::ENGINE, 1, engine::CLIENT_TICK, 0, 0, high, low];
        let command = [section::COMMANDS, 1, HEADING, 0, 0, heading];
        out.binary(&[&tick[..], &command].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_let_in_then_speaks_and_counts_snapshots_only() {
        let (mut client, mut out) = (Nengi::new(0), Outbox::default());
        let now = Duration::ZERO;
        client.speak(now, &mut out);
        assert!(out.bytes.is_empty());
        assert_eq!(client.hear(now, false, &[1, 1, 1], &mut out), Heard::Other);
        client.speak(now, &mut out);
        // Head, mask and thirteen bytes.
        assert_eq!(out.bytes.len(), 2 + 4 + 13);
        let snapshot = [1, 1, 10, 0, 0, 0, 1, 3, 0, 0, 0, 0];
        assert_eq!(client.hear(now, false, &snapshot, &mut out), SNAPSHOT);
    }

    #[test]
    fn a_refusal_ends_it_with_the_reason() {
        let (mut client, mut out) = (Nengi::new(0), Outbox::default());
        let heard = client.hear(Duration::ZERO, false, b"\x01\x01\x02full", &mut out);
        assert_eq!(heard, Heard::Ended("full".to_owned()));
    }
}
