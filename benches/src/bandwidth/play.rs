//! An arena full of scripted people in virtual time, with real feeds and real client cores.
//!
//! In: number of people, length, seed. Out: every message's bytes by purpose, and the recorded room. People have links
//! of 20 ms, so their inputs come as early and as unevenly as real ones; what comes down is read without delay.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{Arena, ArenaInput};
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_server::lab::Lab;
use tickwire_server::link::LinkSpec;
use tickwire_shared::ids::{ChannelId, Tick};
use tickwire_shared::rules::Rules;

use super::message::Bytes;
use super::trace::{Snapshot, Trace};
use crate::script::{HOLD_TICKS, any_keys, moved_aim};

/// Play before anything is counted: by then everybody has joined, and clocks have settled.
const WARM_UP: Duration = Duration::from_secs(8);
/// Delay one way and its variation, milliseconds.
const LINK_MS: (u64, u64) = (20, 5);

/// How to play.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Number of people, 1 to 128.
    pub players: usize,
    /// Length of the counted part.
    pub span: Duration,
    /// Seed of all randomness.
    pub seed: u64,
    /// True: nobody touches anything.
    pub idle: bool,
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct Played {
    /// The script that was played.
    pub script: Script,
    /// Bytes over all clients and the whole span.
    pub bytes: Bytes,
    /// The room, snapshot by snapshot.
    pub trace: Trace,
}

impl Played {
    /// Turns a sum over all clients and the whole span into bytes per client per second.
    pub fn per_client_per_s(&self, sum: f64) -> f64 {
        sum / self.script.players as f64 / self.script.span.as_secs_f64()
    }
}

/// A player who runs, turns a little each tick, and shoots now and then.
fn scripted(number: usize) -> impl FnMut(&mut Pcg64Mcg, Duration) -> ArenaInput {
    let mut held = ArenaInput::default();
    let mut ticks = number as u32;
    move |rng, _| {
        if ticks.is_multiple_of(HOLD_TICKS) || (held.right, held.down) == (0, 0) {
            (held.right, held.down) = any_keys(rng);
            held.fire = number.is_multiple_of(4) && rng.random_bool(0.5);
        }
        held.aim = moved_aim(held.aim, rng);
        ticks += 1;
        held.clone()
    }
}

/// A room full of the script's people, after all have joined and settled down.
///
/// # Errors
/// A player was refused.
pub fn crowd(script: Script) -> Result<Lab<ArenaGame>> {
    let mut lab = fill(script)?;
    lab.run(WARM_UP, |_| {});
    Ok(lab)
}

fn fill(script: Script) -> Result<Lab<ArenaGame>> {
    let mut lab = Lab::<ArenaGame>::new(
        ArenaOptions {
            bots: 0,
            seats: 128,
            kills_to_win: 255,
            round_seconds: 1000,
            ..ArenaOptions::default()
        },
        script.seed,
    );
    for number in 0..script.players {
        let mut hands = scripted(number);
        let play = move |rng: &mut Pcg64Mcg, now| match script.idle {
            true => ArenaInput::default(),
            false => hands(rng, now),
        };
        let index = lab.add(LINK_MS, play);
        let index = index.map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
        lab.players[index].down.set(&LinkSpec::default());
    }
    Ok(lab)
}

/// Plays the script. `progress` gets the finished part, 0..=1, about once per second of play.
///
/// # Errors
/// A player was refused or closed, or the record differs from what was sent to clients: the figures would be wrong.
pub fn play(script: Script, mut progress: impl FnMut(f64)) -> Result<Played> {
    let mut lab = fill(script)?;
    // By then all know their room.
    lab.run(Duration::from_secs(1), |_| {});
    for player in &mut lab.players {
        player.record = Some(Vec::new());
    }
    let mut reader = Reader::new(&lab);
    let mut outcome = Ok(());
    lab.run(WARM_UP, |lab| {
        if outcome.is_ok() {
            outcome = reader.read(lab, false);
        }
    });
    outcome?;
    reader.start(&lab);
    let second = Duration::from_secs(1);
    let end = lab.now + script.span;
    while lab.now < end && !lab.closed {
        let left = end - lab.now;
        progress(1.0 - left.as_secs_f64() / script.span.as_secs_f64());
        let mut outcome = Ok(());
        lab.run(left.min(second), |lab| {
            if outcome.is_ok() {
                outcome = reader.read(lab, true);
            }
        });
        outcome?;
    }
    progress(1.0);
    reader.finish(script, &lab)
}

/// Counts what every client gets, and keeps the room at every snapshot.
struct Reader {
    last: Option<Tick>,
    bytes: Bytes,
    trace: Trace,
}

impl Reader {
    fn new(lab: &Lab<ArenaGame>) -> Reader {
        Reader {
            last: None,
            bytes: Bytes::default(),
            trace: Trace {
                schema: lab.room().schema().clone(),
                before: None,
                snapshots: Vec::new(),
            },
        }
    }

    /// Starts counting.
    fn start(&mut self, lab: &Lab<ArenaGame>) {
        self.trace.before = lab.room().channel_state(ChannelId::GLOBAL, 1).cloned();
    }

    fn read(&mut self, lab: &mut Lab<ArenaGame>, counts: bool) -> Result<()> {
        for player in &mut lab.players {
            player.events.clear();
            for message in player.record.iter_mut().flat_map(|record| record.drain(..)) {
                if counts {
                    self.bytes.add(&message)?;
                }
            }
        }
        let last = lab.room().last_snapshot();
        if counts && last != self.last {
            let snapshot = Snapshot::of(lab.room().room(), lab.room().schema());
            self.trace.snapshots.push(snapshot);
        }
        self.last = last;
        Ok(())
    }

    fn finish(self, script: Script, lab: &Lab<ArenaGame>) -> Result<Played> {
        for player in &lab.players {
            ensure!(player.closed.is_none(), "a client was closed");
            let stats = player.core.stats(lab.now);
            ensure!(
                player.core.player().is_some() && stats.desyncs == 0 && stats.entities > 0,
                "a client lost the room: {stats:?}"
            );
        }
        // The record must equal what clients hold, otherwise the trace's figures are of another room.
        let told = lab.room().channel_state(ChannelId::GLOBAL, 1);
        let told = told.context("the arena has no global channel")?;
        let last = self
            .trace
            .snapshots
            .last()
            .context("nothing was recorded")?;
        for (recorded, told) in last.quantised(&self.trace.schema).iter().zip(&told.tables) {
            ensure!(
                recorded.ids == told.ids && recorded.values == told.values,
                "the recorded rows differ from what clients hold"
            );
        }
        let due =
            script.span.as_secs_f64() * f64::from(Arena::TICK_RATE_HZ / Arena::TICKS_PER_SNAPSHOT);
        let snapshots = self.trace.snapshots.len() as f64;
        ensure!(
            (snapshots - due).abs() <= 2.0,
            "{snapshots} snapshots instead of {due}"
        );
        Ok(Played {
            script,
            bytes: self.bytes,
            trace: self.trace,
        })
    }
}
