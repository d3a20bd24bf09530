//! What a screen shows after the link or the tab was interrupted for three seconds.
//!
//! In: a preset, a seed. Out: how far from the truth the picture is a quarter of a second after the first byte, whether
//! drawn time ran fast, and how many keyframes were needed.

use std::time::Duration;

use anyhow::{Context, Result};

use super::measure::length;
use super::play::{PLAYERS, Script, Stage, TICK_S};
use super::preset::Preset;
use super::record::Drawn;
use crate::spread::quantile;

/// Nothing arrives, or nothing is drawn, for this long.
const FREEZE: Duration = Duration::from_secs(3);
/// The picture must be right this long after the first byte.
const RIGHT_AFTER: Duration = Duration::from_millis(250);
/// How long to watch, to detect fast-forwarding too.
const LOOK: Duration = Duration::from_secs(3);
/// Number of interruptions to try.
const TRIES: usize = 8;

/// The effects of an interruption.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Aftermath {
    /// Distance from the drawn place to the true one at the room's time minus the usual delay, 0.25 s after the first
    /// byte; the worst of all tries and players, metres.
    pub error_m: f64,
    /// Drawn time against real time from then on, in the fastest animation frame; 1 is real time.
    pub fastest: f64,
    /// The largest number of keyframes that one client took.
    pub keyframes: u32,
}

/// The part that freezes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// The link, in both directions, while the screen goes on drawing.
    Link,
    /// The tab: there are no animation frames, and nothing that arrives is read until the first one.
    Tab,
}

/// Interrupts one screen several times.
///
/// # Errors
/// A player was refused or lost.
pub fn interrupt(preset: &Preset, script: Script, frozen: Frozen) -> Result<Aftermath> {
    let mut preset = *preset;
    preset.stall = None;
    let mut stage = Stage::new(&preset, script)?;
    let mut worst = Aftermath::default();
    for _ in 0..TRIES {
        stage.play(Duration::from_secs(12));
        let mut delays = frames(&stage)
            .filter(|frame| frame.at_s > stage.lab.now.as_secs_f64() - 2.0)
            .map(|frame| frame.at_s - stage.record.truth.time_s(frame.tick, TICK_S))
            .collect::<Vec<_>>();
        let usual_ticks = quantile(&mut delays, 0.5) / TICK_S;
        let keyframes = stage.lab.players[0].core.stats(stage.lab.now).keyframes;
        let end = stage.lab.now + FREEZE;
        let player = &mut stage.lab.players[0];
        player.up.stall_until(end);
        player.down.stall_until(end);
        player.draws = frozen == Frozen::Link;
        stage.play(FREEZE);
        stage.lab.players[0].draws = true;
        stage.play(LOOK);
        let after = stage.lab.players[0].core.stats(stage.lab.now).keyframes;
        worst.keyframes = worst.keyframes.max(after.wrapping_sub(keyframes));
        let begin_s = (end + RIGHT_AFTER).as_secs_f64();
        worst.add(&stage, begin_s, usual_ticks)?;
    }
    stage.check()?;
    Ok(worst)
}

/// What the first player's screen drew of the others.
fn frames(stage: &Stage) -> impl Iterator<Item = &Drawn> {
    let tracks = stage.record.tracks.iter().take(PLAYERS);
    tracks.flat_map(|track| track.frames.iter())
}

impl Aftermath {
    fn add(&mut self, stage: &Stage, begin_s: f64, usual_ticks: f64) -> Result<()> {
        let truth = &stage.record.truth;
        for track in stage.record.tracks.iter().take(PLAYERS).skip(1) {
            let path = truth.path(track.entity).context("a player has no path")?;
            let at = track.frames.iter().position(|frame| frame.at_s >= begin_s);
            let at = at.context("nothing was drawn")?;
            for (number, pair) in track
                .frames
                .get(at..)
                .unwrap_or_default()
                .windows(2)
                .enumerate()
            {
                let [frame, next] = pair else { continue };
                if number == 0 {
                    let now_tick = (frame.at_s - truth.time_s(0.0, TICK_S)) / TICK_S;
                    let place = path.at(now_tick - usual_ticks);
                    let place = place.context("the truth ends early")?;
                    let way = [frame.place[0] - place[0], frame.place[1] - place[1]];
                    self.error_m = self.error_m.max(length(way));
                }
                let speed = (next.tick - frame.tick) * TICK_S / (next.at_s - frame.at_s);
                self.fastest = self.fastest.max(speed);
            }
        }
        Ok(())
    }
}
