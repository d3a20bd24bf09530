//! The client's own avatar, ahead of the server: each input is applied when it is made, and again after each snapshot.
//!
//! In: the player's input per tick, the server's avatar per snapshot. Out: inputs to send, and the avatar to draw
//! now. When the server disagrees, the picture does not jump: the difference fades in about 100 ms. A teleport snaps.

use std::collections::VecDeque;

use crate::ids::InputSequence;
use crate::replicate::Replicate;
use crate::rules::Rules;

/// Inputs kept to be replayed: 8 s at 60 ticks a second, longer than a write may stall.
const INPUTS: usize = 512;
/// Ticks that one call may catch up. If more are missing, the prediction skips ahead without inputs for them.
const CATCH_UP_TICKS: i64 = 16;
/// The prediction falls back when it is further ahead of its tick than this; otherwise it waits for the tick.
const FALL_BACK_TICKS: i64 = 128;
/// The visual error shrinks to 1/e in this time, seconds: 5 % is left after 100 ms.
const ERROR_FADE_S: f64 = 0.033;
/// A larger difference than this counts as a correction, in the field's unit (1 cm for metres).
const CORRECTION: f64 = 0.01;

#[derive(Debug)]
pub(super) struct Prediction<R: Rules> {
    inputs: VecDeque<Made<R::Input>>,
    /// The last tick that was simulated here, counted without wrap.
    tick: i64,
    sequence: InputSequence,
    avatar: Option<R::Avatar>,
    /// A tick, and the server's avatar after it: the newest that is certain.
    base: Option<(i64, R::Avatar)>,
    /// What is drawn minus what is predicted, by field.
    error: Vec<f64>,
    pub(super) corrections: u32,
    pub(super) last_correction: f64,
}

#[derive(Debug)]
struct Made<I> {
    tick: i64,
    input: I,
}

/// The inputs of one advance, with consecutive ticks and sequence numbers.
#[derive(Debug)]
pub(super) struct NewInputs<I, A> {
    pub(super) first_sequence: InputSequence,
    pub(super) first_tick: i64,
    pub(super) inputs: Vec<I>,
    /// What they did beside moving the avatar, each with its input and its tick.
    pub(super) actions: Vec<(InputSequence, i64, A)>,
}

impl<R: Rules> Prediction<R> {
    /// A prediction that has simulated up to `tick` and knows no avatar yet.
    pub(super) fn new(tick: i64) -> Prediction<R> {
        Prediction {
            inputs: VecDeque::with_capacity(INPUTS),
            tick,
            sequence: InputSequence(0),
            avatar: None,
            base: None,
            error: vec![0.0; R::Avatar::FIELDS.len()],
            corrections: 0,
            last_correction: 0.0,
        }
    }

    /// Simulates up to and including `tick` with `input` held.
    pub(super) fn advance(
        &mut self,
        tick: i64,
        input: &R::Input,
        map: &R::Map,
    ) -> Option<NewInputs<R::Input, R::Action>> {
        if tick - self.tick > CATCH_UP_TICKS || tick < self.tick - FALL_BACK_TICKS {
            self.tick = tick - 1;
            // Inputs for earlier ticks may still be applied by the server. Of two inputs for one tick, the later counts.
            while self.inputs.back().is_some_and(|made| made.tick >= tick) {
                self.inputs.pop_back();
            }
        }
        if tick <= self.tick {
            return None;
        }
        let count = (tick - self.tick) as usize;
        let mut made = NewInputs {
            first_sequence: InputSequence(self.sequence.0.wrapping_add(1)),
            first_tick: self.tick + 1,
            inputs: vec![input.clone(); count],
            actions: Vec::new(),
        };
        for _ in 0..count {
            self.tick += 1;
            self.sequence = InputSequence(self.sequence.0.wrapping_add(1));
            if self.inputs.len() == INPUTS {
                self.inputs.pop_front();
            }
            self.inputs.push_back(Made {
                tick: self.tick,
                input: input.clone(),
            });
            if let Some(avatar) = &mut self.avatar {
                let before = avatar.clone();
                R::step(avatar, input, map, R::dt_s());
                let action = R::action(&before, avatar, input);
                made.actions
                    .extend(action.map(|action| (self.sequence, self.tick, action)));
            }
        }
        Some(made)
    }

    /// Takes the server's avatar after tick `tick`, and replays the inputs of later ticks.
    pub(super) fn reconcile(&mut self, tick: i64, avatar: R::Avatar, map: &R::Map) {
        while self.inputs.front().is_some_and(|made| made.tick <= tick) {
            self.inputs.pop_front();
        }
        self.base = Some((tick, avatar));
        self.replay(map);
    }

    /// The server's avatar after tick `tick` is where the inputs of all ticks until then bring it. False when some of those
    /// inputs are not known here: then the server must send the avatar.
    pub(super) fn confirm(&mut self, tick: i64, map: &R::Map) -> bool {
        let Some((at, avatar)) = &mut self.base else {
            return false;
        };
        while *at < tick {
            let Some(made) = self.inputs.front() else {
                return false;
            };
            if made.tick > *at + 1 {
                return false;
            }
            if made.tick == *at + 1 {
                R::step(avatar, &made.input, map, R::dt_s());
                *at += 1;
            }
            self.inputs.pop_front();
        }
        self.replay(map);
        true
    }

    fn replay(&mut self, map: &R::Map) {
        let Some((_, base)) = &self.base else {
            return;
        };
        let mut avatar = base.clone();
        for made in &self.inputs {
            R::step(&mut avatar, &made.input, map, R::dt_s());
        }
        if let Some(before) = &self.avatar {
            self.absorb(&before.clone(), &avatar);
        }
        self.avatar = Some(avatar);
    }

    /// There is no avatar now.
    pub(super) fn forget(&mut self) {
        (self.avatar, self.base) = (None, None);
        self.error.fill(0.0);
    }

    /// Keeps the picture where it was: the difference becomes visual error. A teleport drops all visual error instead.
    fn absorb(&mut self, before: &R::Avatar, after: &R::Avatar) {
        let width = R::Avatar::FIELDS.len();
        let (mut was, mut is) = (vec![0.0; width], vec![0.0; width]);
        before.values(&mut was);
        after.values(&mut is);
        let (mut largest, mut teleport) = (0.0_f64, false);
        for (((field, was), is), error) in R::Avatar::FIELDS
            .iter()
            .zip(&was)
            .zip(&is)
            .zip(&mut self.error)
        {
            if field.interpolate {
                let difference = field.kind.difference(*was, *is);
                largest = largest.max(difference.abs());
                teleport |= difference.abs() > field.snap_over;
                *error += difference;
            }
        }
        if teleport {
            self.error.fill(0.0);
        } else if largest > CORRECTION {
            self.corrections = self.corrections.wrapping_add(1);
            self.last_correction = largest;
        }
    }

    /// The newest sequence number made so far whose low bits are `low`. Correct while fewer than 256 inputs (4 s at 60
    /// ticks a second) are on their way.
    pub(super) fn full_sequence(&self, low: u8) -> InputSequence {
        let behind = (self.sequence.0 as u8).wrapping_sub(low);
        InputSequence(self.sequence.0.wrapping_sub(u32::from(behind)))
    }

    /// Lets the visual error fade over `passed_s`.
    pub(super) fn fade(&mut self, passed_s: f64) {
        let keep = (-passed_s / ERROR_FADE_S).exp();
        for error in &mut self.error {
            *error *= keep;
        }
    }

    /// Writes the avatar's fields as they are drawn at `tick` (with its fraction). The part of a tick that has passed is
    /// stepped with the input held now, so that a key press shows in the very next picture. False when there is no avatar.
    pub(super) fn draw(&self, tick: f64, input: &R::Input, map: &R::Map, out: &mut [f64]) -> bool {
        let Some(avatar) = &self.avatar else {
            return false;
        };
        let part = (tick - self.tick as f64).clamp(0.0, 1.0);
        let mut drawn = avatar.clone();
        R::step(&mut drawn, input, map, R::dt_s() * part as f32);
        drawn.values(out);
        for ((field, value), error) in R::Avatar::FIELDS.iter().zip(out).zip(&self.error) {
            if field.interpolate {
                *value = field.kind.blend(*value, *value + *error, 1.0);
            }
        }
        true
    }

    pub(super) fn avatar(&self) -> Option<&R::Avatar> {
        self.avatar.as_ref()
    }
}
