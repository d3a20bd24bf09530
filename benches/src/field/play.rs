//! A field without sockets: a real room and real feeds, with nobody at the other end.
//!
//! In: number of players, whether with interest. Out: the bytes of their messages by purpose, and how many movers they
//! see. Everybody turns by up to one radian at every tick, as in `swarm`.

use std::time::Duration;

use anyhow::{Result, anyhow};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use tickwire_server::Seat;
use tickwire_server::lab::Lab;
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, InputSequence, Tick};
use tickwire_shared::message::{ClientMessage, Inputs};
use tickwire_shared::rules::Rules;

use super::{Field, FieldGame, FieldOptions, Heading};
use crate::bandwidth::message::Bytes;

/// Ticks played before anything counts: the codes learn, and everybody holds what they see.
const WARM_UP_TICKS: usize = 60;

/// A field and its seats.
pub struct FieldRoom {
    lab: Lab<FieldGame>,
    seats: Vec<(Seat, Heading)>,
    rng: Pcg64Mcg,
    sequence: u32,
    message: Vec<u8>,
}

/// The cost of the messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct FieldBytes {
    /// All bytes, by purpose.
    pub bytes: Bytes,
    /// Movers that the receivers saw, summed over all messages.
    pub seen: u64,
    /// Channels with rows that the receivers saw, summed over all messages.
    pub channels: u64,
}

impl FieldBytes {
    /// Bytes per message, its WebSocket frame head included.
    pub fn per_message(&self) -> f64 {
        self.bytes.total() as f64 / self.bytes.messages as f64
    }

    /// Bytes per mover that the receiver sees.
    pub fn per_seen(&self) -> f64 {
        self.bytes.total() as f64 / self.seen as f64
    }
}

impl FieldRoom {
    /// Opens a field on which everybody has a seat and holds what they see.
    ///
    /// # Errors
    /// A player was refused or closed.
    pub fn open(players: usize, interest: bool, seed: u64) -> Result<FieldRoom> {
        let options = FieldOptions {
            seats: players,
            seen_of: interest.then_some(players),
            ..FieldOptions::default()
        };
        let mut room = FieldRoom {
            lab: Lab::new(options, seed),
            seats: Vec::with_capacity(players),
            rng: Pcg64Mcg::seed_from_u64(seed),
            sequence: 1,
            message: Vec::new(),
        };
        let mut nothing = FieldBytes::default();
        for _ in 0..players {
            let seat = room.lab.take_seat(None);
            let seat = seat.map_err(|refusal| anyhow!("refused: {refusal:?}"))?;
            room.seats.push((seat, Heading::any(&mut room.rng)));
            // The players who are already in must not fall behind while others join.
            room.read(&mut nothing)?;
        }
        room.play(WARM_UP_TICKS)?;
        Ok(room)
    }

    /// Plays this many ticks and counts.
    ///
    /// # Errors
    /// A client was closed.
    pub fn play(&mut self, ticks: usize) -> Result<FieldBytes> {
        let mut counted = FieldBytes::default();
        for _ in 0..ticks {
            self.deliver()?;
            self.lab
                .run(Duration::from_secs(1) / Field::TICK_RATE_HZ, |_| {});
            self.read(&mut counted)?;
        }
        Ok(counted)
    }

    fn deliver(&mut self) -> Result<()> {
        let (tick, now) = (self.lab.room().room().tick(), self.lab.instant());
        self.sequence += 1;
        for (seat, heading) in &mut self.seats {
            *heading = heading.turned(&mut self.rng);
            let inputs = ClientMessage::<Heading, ()>::Inputs(Inputs {
                first_sequence: InputSequence(self.sequence),
                first_tick: tick,
                viewed_tick: Tick(tick.0.saturating_sub(2)),
                viewed_part: 0,
                inputs: vec![*heading].into(),
            });
            let delivered = seat.port.deliver(now, now, &codec::encode(&inputs)?);
            delivered.map_err(|reason| anyhow!("an input was not taken: {reason:?}"))?;
        }
        Ok(())
    }

    fn read(&mut self, counted: &mut FieldBytes) -> Result<()> {
        let room = self.lab.room();
        for (seat, _) in &mut self.seats {
            self.message.clear();
            let written = seat.feed.write_message(&mut self.message);
            let any = written.map_err(|refusal| anyhow!("a client was closed: {refusal:?}"))?;
            if !any {
                continue;
            }
            counted.bytes.add(&self.message)?;
            for channel in room.seen_by(seat.player) {
                let state = room.channel_state(*channel, 1);
                counted.seen += state.map_or(0, |state| state.row_count() as u64);
                counted.channels += u64::from(*channel != ChannelId::GLOBAL);
            }
        }
        Ok(())
    }
}
