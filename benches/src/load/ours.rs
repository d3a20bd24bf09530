//! Our own client as load: the browser's client core, without drawing.
//!
//! In: messages from a Tickwire server. Out: what the core sends, and when the server had applied an input. Bots that
//! decode everything are full clients. Bots that decode nothing read each snapshot's own header and hand only that to
//! the core, so its clock and its inputs go on as if it had read everything.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use tickwire_arena::{Arena, ArenaInput};
use tickwire_shared::client::{Client, ClientEvent, Destination};
use tickwire_shared::message::ClientMessage;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::{
    Header, OwnAvatar, SNAPSHOT_TAG, SnapshotMessage, write_header,
};

use super::speaker::{Heard, Outbox, Speaker, Wanderer};
use crate::field::{Field, Heading};

/// With `Decode::Some`, one client of this many decodes everything.
const SOME: usize = 16;
/// Inputs whose acknowledgement may still come.
const UNHEARD: usize = 128;

/// Which clients decode what they get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Decode {
    /// Every client, as in a browser.
    All,
    /// Every sixteenth client.
    Some,
    /// No client, so the load is as light as it can be.
    None,
}

/// A client of `field`.
pub fn field(client: usize, room: String, decode: Decode) -> Box<dyn Speaker> {
    let steer = |wanderer: &mut Wanderer, heading: &mut Heading| heading.turn = wanderer.turn();
    Box::new(Ours::<Field>::new(client, room, decode, steer))
}

/// A client of the arena that runs about, aims and shoots.
pub fn arena(client: usize, room: String, decode: Decode) -> Box<dyn Speaker> {
    let steer = |wanderer: &mut Wanderer, input: &mut ArenaInput| {
        if wanderer.rng.random_bool(0.1) {
            input.right = wanderer.rng.random_range(-1..=1);
            input.down = wanderer.rng.random_range(-1..=1);
            input.fire = wanderer.rng.random_bool(0.3);
        }
        input.aim = (input.aim + wanderer.rng.random_range(-0.2..0.2)).clamp(-3.1, 3.1);
    };
    Box::new(Ours::<Arena>::new(client, room, decode, steer))
}

/// A client of `field` that joins and never sends anything again.
pub fn idle(client: usize, room: String) -> Box<dyn Speaker> {
    let mut ours = Ours::<Field>::new(client, room, Decode::None, |_, _| {});
    ours.idle = true;
    Box::new(ours)
}

struct Ours<R: Rules> {
    core: Client<R>,
    wanderer: Wanderer,
    input: R::Input,
    steer: fn(&mut Wanderer, &mut R::Input),
    decode: bool,
    idle: bool,
    /// The newest sequence of each sent message, and when it was sent; oldest first.
    unheard: VecDeque<(u32, Duration)>,
    header: Vec<u8>,
}

impl<R: Rules> Ours<R> {
    fn new(
        client: usize,
        room: String,
        decode: Decode,
        steer: fn(&mut Wanderer, &mut R::Input),
    ) -> Ours<R> {
        Ours {
            core: Client::new(Destination {
                create: !room.is_empty(),
                room,
                name: format!("swarm {client}"),
            }),
            wanderer: Wanderer::new(client),
            input: R::Input::default(),
            steer,
            decode: match decode {
                Decode::All => true,
                Decode::Some => client.is_multiple_of(SOME),
                Decode::None => false,
            },
            idle: false,
            unheard: VecDeque::with_capacity(UNHEARD),
            header: Vec::new(),
        }
    }

    fn transmit(&mut self, now: Duration, out: &mut Outbox) {
        while let Some(message) = self.core.poll_transmit(now) {
            if let Ok(ClientMessage::<R::Input, R::Command>::Inputs(inputs)) =
                ClientMessage::decode(&message)
            {
                let newest = inputs
                    .first_sequence
                    .0
                    .wrapping_add(inputs.inputs.len() as u32 - 1);
                if self.unheard.len() == UNHEARD {
                    self.unheard.pop_front();
                }
                self.unheard.push_back((newest, now));
            }
            out.binary(&message);
        }
    }

    /// The time from sending the newest applied input until now.
    fn acknowledge(&mut self, now: Duration, applied_low: u8) -> Option<Duration> {
        let newest = self.unheard.back()?.0;
        let applied = newest.wrapping_sub(u32::from((newest as u8).wrapping_sub(applied_low)));
        let mut took = None;
        while let Some((sequence, sent)) = self.unheard.front().copied() {
            if (applied.wrapping_sub(sequence) as i32) < 0 {
                break;
            }
            took = Some(now.saturating_sub(sent));
            self.unheard.pop_front();
        }
        took
    }

    fn snapshot(&mut self, now: Duration, message: &[u8]) -> Result<Heard, String> {
        let snapshot = SnapshotMessage::parse(message).map_err(|error| error.to_string())?;
        let acknowledged = self.acknowledge(now, snapshot.header.applied_low);
        if self.decode {
            self.core.handle_bytes(now, message);
        } else {
            self.header.clear();
            let time_only = Header {
                avatar: OwnAvatar::None,
                roster: &[],
                span_ticks: 0,
                ..snapshot.header
            };
            write_header(&mut self.header, &time_only);
            self.core.handle_bytes(now, &self.header);
        }
        Ok(Heard::Snapshot { acknowledged })
    }

    /// The first bad news, if any.
    fn bad_news(&mut self) -> Option<String> {
        while let Some(event) = self.core.poll_event() {
            match event {
                ClientEvent::Goodbye { code, words } => return Some(format!("{code} {words}")),
                ClientEvent::Broken(words) => return Some(format!("unreadable: {words}")),
                _ => {}
            }
        }
        None
    }
}

impl<R: Rules> Speaker for Ours<R> {
    fn connected(&mut self, now: Duration, out: &mut Outbox) {
        self.core.handle_connected();
        self.transmit(now, out);
    }

    fn hear(&mut self, now: Duration, _: bool, message: &[u8], _: &mut Outbox) -> Heard {
        let is_snapshot = message
            .first()
            .is_some_and(|first| first & SNAPSHOT_TAG != 0);
        let heard = if is_snapshot {
            self.snapshot(now, message)
        } else {
            self.core.handle_bytes(now, message);
            Ok(Heard::Other)
        };
        match (self.bad_news(), heard) {
            (Some(words), _) | (None, Err(words)) => Heard::Ended(words),
            (None, Ok(heard)) => heard,
        }
    }

    fn speak(&mut self, now: Duration, out: &mut Outbox) {
        if self.idle {
            return;
        }
        (self.steer)(&mut self.wanderer, &mut self.input);
        self.core.set_input(self.input.clone());
        self.core.update(now);
        self.transmit(now, out);
    }

    fn desyncs(&self) -> u64 {
        if self.decode {
            u64::from(self.core.stats(Duration::ZERO).desyncs)
        } else {
            0
        }
    }

    fn entities(&self) -> Option<u32> {
        self.decode
            .then(|| self.core.stats(Duration::ZERO).entities)
    }
}
