//! Figures of a run: how the drawn motion differs from the true one.
//!
//! In: a record. Out: errors, velocity jitter, frozen and jumping animation frames, the delay. The velocity jitter is
//! the RMS over animation frames of (second difference of what was drawn - second difference of the true path at the
//! drawn ticks), divided by the RMS of the true path's movement per animation frame. 0 is true motion; 0.1 is a speed
//! that is wrong by a tenth from one animation frame to the next.

use super::record::{Drawn, Path, Place, Record, Truth};
use crate::spread::quantile;

/// An animation frame is frozen if the truth moved more than this in its time, metres,
const FROZEN_TRUTH_M: f64 = 0.01;
/// and the drawn place moved less than this part of it.
const FROZEN_PART: f64 = 0.1;
/// An animation frame jumps if it moves this much further than the truth in its time, metres.
const JUMP_M: f64 = 0.25;

/// The figures of remote motion.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Distance from the drawn place to the true one at the drawn tick, RMS, metres.
    pub error_rms_m: f64,
    /// The same, 99th percentile.
    pub error_p99_m: f64,
    /// Defined at the top of this file.
    pub velocity_jitter: f64,
    /// How unevenly drawn time passes against real time: RMS of its second difference, in animation frames.
    pub time_jitter: f64,
    /// Animation frames that moved over 0.25 m beyond the truth.
    pub jumps: u32,
    /// Frozen animation frames.
    pub frozen: u32,
    /// Animation frames, summed over every other player that every screen drew.
    pub frames: u32,
    /// Room time minus drawn time, median, milliseconds.
    pub delay_ms: f64,
    /// The longest delay, milliseconds.
    pub delay_max_ms: f64,
}

impl Figures {
    /// Measures a run.
    pub fn of(record: &Record, tick_s: f64) -> Figures {
        let mut sums = Sums::default();
        for track in &record.tracks {
            if let Some(path) = record.truth.path(track.entity) {
                sums.add(&record.truth, path, &track.frames, tick_s);
            }
        }
        sums.figures()
    }

    /// Share of the animation frames that are frozen.
    pub fn frozen_ratio(&self) -> f64 {
        f64::from(self.frozen) / f64::from(self.frames.max(1))
    }
}

#[derive(Default)]
struct Sums {
    errors_m: Vec<f64>,
    delays_ms: Vec<f64>,
    bends: Mean,
    time_bends: Mean,
    moves: Mean,
    jumps: u32,
    frozen: u32,
    frames: u32,
}

/// Computes a mean of squares.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value * value;
        self.count += 1;
    }

    fn root(&self) -> f64 {
        (self.sum / f64::from(self.count.max(1))).sqrt()
    }
}

impl Sums {
    fn add(&mut self, truth: &Truth, path: &Path, frames: &[Drawn], tick_s: f64) {
        for frame in frames {
            if let Some(place) = path.at(frame.tick) {
                self.errors_m.push(length(minus(frame.place, place)));
                let delay_s = frame.at_s - truth.time_s(frame.tick, tick_s);
                self.delays_ms.push(delay_s * 1000.0);
            }
        }
        for pair in frames.windows(2) {
            if let [before, now] = pair {
                self.add_move(path, before, now, tick_s);
            }
        }
        for three in frames.windows(3) {
            let [a, b, c] = three else { continue };
            let places = [a, b, c].map(|frame| path.at(frame.tick));
            let [Some(true_a), Some(true_b), Some(true_c)] = places else {
                continue;
            };
            let drawn = bend(a.place, b.place, c.place);
            self.bends
                .add(length(minus(drawn, bend(true_a, true_b, true_c))));
            let frame_ticks = (c.at_s - a.at_s) / 2.0 / tick_s;
            // If animation frames come unevenly, that is the screen's doing.
            let screen_ticks = (c.at_s - 2.0 * b.at_s + a.at_s) / tick_s;
            let drawn_ticks = c.tick - 2.0 * b.tick + a.tick;
            self.time_bends
                .add((drawn_ticks - screen_ticks) / frame_ticks);
        }
    }

    fn add_move(&mut self, path: &Path, before: &Drawn, now: &Drawn, tick_s: f64) {
        // How far the truth moved in the time that passed on the screen, whatever drawn time did.
        let passed = (now.at_s - before.at_s) / tick_s;
        let (Some(from), Some(to)) = (path.at(before.tick), path.at(before.tick + passed)) else {
            return;
        };
        let true_m = length(minus(to, from));
        let drawn_m = length(minus(now.place, before.place));
        self.moves.add(true_m);
        self.frames += 1;
        self.jumps += u32::from(drawn_m - true_m > JUMP_M);
        self.frozen += u32::from(true_m > FROZEN_TRUTH_M && drawn_m < true_m * FROZEN_PART);
    }

    fn figures(mut self) -> Figures {
        let mut squares = Mean::default();
        self.errors_m.iter().for_each(|error| squares.add(*error));
        Figures {
            error_rms_m: squares.root(),
            error_p99_m: quantile(&mut self.errors_m, 0.99),
            velocity_jitter: self.bends.root() / self.moves.root().max(f64::EPSILON),
            time_jitter: self.time_bends.root(),
            jumps: self.jumps,
            frozen: self.frozen,
            frames: self.frames,
            delay_ms: quantile(&mut self.delays_ms, 0.5),
            delay_max_ms: quantile(&mut self.delays_ms, 1.0),
        }
    }
}

fn minus(a: Place, b: Place) -> Place {
    [a[0] - b[0], a[1] - b[1]]
}

fn bend(a: Place, b: Place, c: Place) -> Place {
    minus(minus(c, b), minus(b, a))
}

/// The length of a path, metres.
pub fn length(way: Place) -> f64 {
    way[0].hypot(way[1])
}

#[cfg(test)]
mod tests {
    use tickwire_shared::ids::{EntityId, Tick};

    use super::super::record::Track;
    use super::*;

    const TICK_S: f64 = 1.0 / 60.0;

    /// A player runs east at 6 m/s and is drawn 4 ticks late; `draw` changes the true x into the drawn one.
    fn run(draw: impl Fn(u32, f64) -> f64) -> Figures {
        let mut record = Record::default();
        let entity = EntityId(1);
        let mut frames = Vec::new();
        for tick in 0..600_u32 {
            let now_s = f64::from(tick) * TICK_S;
            record.truth.note_tick(Tick(tick), now_s, TICK_S);
            let place = [f64::from(tick) * 0.1, 0.0];
            record.truth.note_place(entity, Tick(tick), place);
            if tick >= 4 {
                let x = f64::from(tick - 4) * 0.1;
                frames.push(Drawn {
                    at_s: now_s,
                    tick: f64::from(tick - 4),
                    place: [draw(tick, x), 0.0],
                });
            }
        }
        record.tracks.push(Track { entity, frames });
        Figures::of(&record, TICK_S)
    }

    #[test]
    fn motion_drawn_as_true_has_only_a_delay() {
        let figures = run(|_, x| x);
        assert!(figures.velocity_jitter < 1e-9 && figures.error_p99_m < 1e-9);
        assert_eq!((figures.jumps, figures.frozen), (0, 0));
        assert!((figures.delay_ms - 66.7).abs() < 0.1, "{figures:?}");
    }

    #[test]
    fn motion_that_trembles_has_velocity_jitter() {
        // 1 cm back and forth: second differences of 4 cm, against 10 cm of movement.
        let figures = run(|tick, x| x + if tick % 2 == 0 { 0.01 } else { -0.01 });
        assert!((figures.velocity_jitter - 0.4).abs() < 0.01, "{figures:?}");
    }

    #[test]
    fn a_held_picture_is_frozen_and_then_jumps() {
        let figures = run(|tick, x| if (300..310).contains(&tick) { 29.6 } else { x });
        // 29.6 is drawn at tick 300 too, where it is the true value.
        assert_eq!((figures.jumps, figures.frozen), (1, 9), "{figures:?}");
    }
}
