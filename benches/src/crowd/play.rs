//! A crowd without sockets: a real room and real feeds, with nobody at the other end.
//!
//! In: number of players. Out: how long each tick of the room and each message took, tick by tick. Inputs come as bytes
//! and are decoded before the tick, as the network layer's readers do it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_server::Seat;
use tickwire_server::lab::Lab;
use tickwire_shared::codec;
use tickwire_shared::ids::{InputSequence, Tick};
use tickwire_shared::message::{ClientMessage, Inputs};
use tickwire_shared::rules::Rules;

use super::{Crowd, CrowdOptions, CrowdRules, Steer};
use crate::script::HOLD_TICKS;

/// Ticks played before anything counts: rows get motions, and everybody holds what they see.
const WARM_UP_TICKS: usize = 60;

/// A crowd and its seats.
pub struct CrowdRoom {
    lab: Lab<Crowd>,
    seats: Vec<(Seat, Steer)>,
    rng: Pcg64Mcg,
    sequence: u32,
    message: Vec<u8>,
    /// What everybody sends for this tick, in the order of the seats.
    sent: Vec<Vec<u8>>,
}

/// The cost of one tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct TickCost {
    /// Time to take one input message in (decoding, checks, the mailbox), nanoseconds, averaged over all clients.
    pub deliver_ns: f64,
    /// Time of the room's whole tick, from its mailbox to each client's handoff, microseconds.
    pub tick_us: f64,
    /// Time to write one message, nanoseconds, averaged over all clients.
    pub message_ns: f64,
    /// Mean size of a message, bytes.
    pub bytes: f64,
}

impl CrowdRoom {
    /// Opens a room in which everybody has a seat and holds what they see.
    ///
    /// # Errors
    /// A player was refused or closed.
    pub fn open(options: CrowdOptions, seed: u64) -> Result<CrowdRoom> {
        let players = options.players;
        let mut room = CrowdRoom {
            lab: Lab::new(options, seed),
            seats: Vec::with_capacity(players),
            rng: Pcg64Mcg::seed_from_u64(seed),
            sequence: 1,
            message: Vec::new(),
            sent: Vec::new(),
        };
        for _ in 0..players {
            let seat = room.lab.take_seat(None);
            let seat = seat.map_err(|refusal| anyhow!("refused: {refusal:?}"))?;
            room.seats.push((seat, Steer::any(&mut room.rng)));
            // The players who are already in must not fall behind while others join.
            room.write_messages()?;
        }
        for _ in 0..WARM_UP_TICKS {
            room.tick()?;
        }
        Ok(room)
    }

    /// Everybody sends an input, the room ticks, and each client's message is written.
    ///
    /// # Errors
    /// A client was closed.
    pub fn tick(&mut self) -> Result<TickCost> {
        self.write();
        let deliver_ns = self.deliver()?;
        let tick_us = self.play();
        let (message_ns, bytes) = self.write_messages()?;
        Ok(TickCost {
            deliver_ns,
            tick_us,
            message_ns,
            bytes,
        })
    }

    /// Channels and walkers that a client sees now, on average.
    pub fn interest(&self) -> (f64, f64) {
        let room = self.lab.room();
        let (mut channels, mut seen) = (0, 0);
        for (seat, _) in &self.seats {
            for channel in room.seen_by(seat.player) {
                channels += 1;
                let state = room.channel_state(*channel, 1);
                seen += state.map_or(0, |state| state.row_count());
            }
        }
        let players = self.seats.len() as f64;
        (f64::from(channels) / players, seen as f64 / players)
    }

    /// Encodes everybody's next input.
    pub(crate) fn write(&mut self) {
        let tick = self.lab.room().room().tick();
        self.sequence += 1;
        self.sent.clear();
        for (number, (_, steer)) in self.seats.iter_mut().enumerate() {
            if (tick.0 + number as u32).is_multiple_of(HOLD_TICKS) {
                *steer = Steer::any(&mut self.rng);
            }
            let inputs = ClientMessage::<Steer, ()>::Inputs(Inputs {
                first_sequence: InputSequence(self.sequence),
                first_tick: tick,
                viewed_tick: Tick(tick.0.saturating_sub(2)),
                viewed_part: 0,
                inputs: vec![steer.clone()].into(),
            });
            // An input that is too long to encode would not be taken by the room either.
            self.sent.push(codec::encode(&inputs).unwrap_or_default());
        }
    }

    /// Delivers what was encoded. Returns nanoseconds per message.
    pub(crate) fn deliver(&mut self) -> Result<f64> {
        let (started, now) = (Instant::now(), self.lab.instant());
        for ((seat, _), message) in self.seats.iter().zip(&self.sent) {
            let delivered = seat.port.deliver(now, now, message);
            delivered.map_err(|reason| anyhow!("an input was not taken: {reason:?}"))?;
        }
        Ok(started.elapsed().as_secs_f64() * 1e9 / self.seats.len() as f64)
    }

    /// Plays the room's tick, with its mailbox and everything that it leaves for its clients. Returns microseconds.
    pub(crate) fn play(&mut self) -> f64 {
        let period = Duration::from_secs(1) / CrowdRules::TICK_RATE_HZ;
        let started = Instant::now();
        self.lab.run(period, |_| {});
        started.elapsed().as_secs_f64() * 1e6
    }

    /// Writes each client's message. Returns nanoseconds and bytes per message.
    pub(crate) fn write_messages(&mut self) -> Result<(f64, f64)> {
        // The order differs each time, as it does when sockets become writable, so no message always finds its bytes in
        // the cache.
        let first = self.rng.random_range(0..self.seats.len());
        let (before, after) = self.seats.split_at_mut(first);
        let mut bytes = 0;
        let started = Instant::now();
        for (seat, _) in after.iter_mut().chain(before) {
            self.message.clear();
            let written = seat.feed.write_message(&mut self.message);
            written.map_err(|refusal| anyhow!("a client was closed: {refusal:?}"))?;
            bytes += black_box(&self.message).len();
        }
        let spent = started.elapsed().as_secs_f64() * 1e9;
        let seats = self.seats.len() as f64;
        Ok((spent / seats, bytes as f64 / seats))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_in_a_crowd_sees_its_neighbours_and_hears_of_them() {
        let mut room = CrowdRoom::open(CrowdOptions::of_players(60), 1).unwrap();
        let cost = room.tick().unwrap();
        let (channels, seen) = room.interest();
        assert!(channels > 4.0 && seen > 10.0, "{channels} {seen}");
        assert!(cost.bytes > seen, "most of whom it sees walk: {cost:?}");
    }
}
