//! People who run about an arena over one kind of link, and what each of their screens draws of the others.
//!
//! In: a preset, a span, a seed. Out: a record. Everybody runs and everybody watches. Nobody shoots, so nobody dies and
//! every path is complete. The same seed gives the same record.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{Arena, ArenaInput, Body};
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_server::lab::{ANIMATION_FRAME, Lab};
use tickwire_shared::ids::{EntityId, Tick};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rules::Rules;

use super::measure::length;
use super::preset::{Preset, Stall};
use super::record::{Drawn, Own, Place, Record, Track, Truth};
use crate::script::{any_keys, moved_aim};

/// Number of people in the arena.
pub const PLAYERS: usize = 6;
/// Seconds per tick.
pub const TICK_S: f64 = 1.0 / Arena::TICK_RATE_HZ as f64;
/// Play before anything is recorded: everybody joins, and clocks settle.
const WARM_UP: Duration = Duration::from_secs(10);
/// A correction of the own avatar counts as made by a stall until this long after the stall.
pub const AFTER_STALL: Duration = Duration::from_secs(1);
/// The shortest and the longest time that a hand holds a direction, milliseconds.
const HOLD_MS: (u64, u64) = (300, 1500);
/// Share of these times in which nothing is pressed.
const STANDING: f64 = 0.2;
/// The smallest drawn movement that counts, metres; anything less is rounding.
const MOVED_M: f64 = 1e-5;
/// A player who has not come this far, metres, within [`BLOCKED_FRAMES`] after a key press runs into a wall.
const UNBLOCKED_M: f64 = 0.1;
const BLOCKED_FRAMES: u32 = 12;

/// How to play.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Length of the recorded part.
    pub span: Duration,
    /// Seed of all randomness.
    pub seed: u64,
    /// Animation frames per second of every screen.
    pub screen_hz: u32,
}

/// What a player's hands did last, for the recorder.
#[derive(Debug, Default)]
struct Hands {
    /// Number of animation frames so far.
    frames: u64,
    /// Whether the last input had a key pressed.
    pressed: bool,
}

type Shared = Rc<RefCell<Hands>>;

/// A player who runs like a person: a new direction every 0.3 to 1.5 s, sometimes none, with the aim always moving.
fn runner(hands: Shared) -> impl FnMut(&mut Pcg64Mcg, Duration) -> ArenaInput {
    let mut held = ArenaInput::default();
    let mut until = Duration::ZERO;
    move |rng, now| {
        if now >= until {
            until = now + Duration::from_millis(rng.random_range(HOLD_MS.0..HOLD_MS.1));
            (held.right, held.down) = match rng.random_bool(STANDING) {
                true => (0, 0),
                false => any_keys(rng),
            };
        }
        held.aim = moved_aim(held.aim, rng);
        let mut hands = hands.borrow_mut();
        hands.frames += 1;
        hands.pressed = (held.right, held.down) != (0, 0);
        held.clone()
    }
}

/// An arena in which players only run.
pub fn arena(seed: u64) -> Lab<ArenaGame> {
    let options = ArenaOptions {
        bots: 0,
        kills_to_win: 255,
        round_seconds: 1000,
        ..ArenaOptions::default()
    };
    Lab::new(options, seed)
}

/// One person's screen.
struct Screen {
    hands: Shared,
    seen_frames: u64,
    was: Option<Place>,
    /// Number of animation frames for which the own avatar has stood still.
    still: u32,
    /// The key press that is being watched, if there is one.
    press: Option<Press>,
    pressed: bool,
    corrections: u32,
    stall_ends: Duration,
    next_stall: Duration,
}

/// A key press while standing.
struct Press {
    from: Place,
    /// Number of animation frames since the press.
    frames: u32,
    /// The animation frame in which movement began.
    moved: Option<u32>,
}

/// An arena, its people, and what is recorded of them.
pub struct Stage {
    /// The room and its clients.
    pub lab: Lab<ArenaGame>,
    /// What has been recorded so far.
    pub record: Record,
    screens: Vec<Screen>,
    stall: Option<Stall>,
}

impl Stage {
    /// Opens an arena in which everybody has joined and has played for a while.
    ///
    /// # Errors
    /// A player was refused.
    pub fn new(preset: &Preset, script: Script) -> Result<Stage> {
        let mut stage = Stage {
            lab: arena(script.seed),
            record: Record::default(),
            screens: Vec::new(),
            stall: preset.stall,
        };
        for number in 0..PLAYERS {
            let hands = Shared::default();
            let way = (preset.latency_ms, preset.jitter_ms);
            let index = stage.lab.add(way, runner(hands.clone()));
            let index = index.map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
            stage.lab.players[index].frame = match script.screen_hz {
                60 => ANIMATION_FRAME,
                other => Duration::from_secs(1) / other.max(1),
            };
            let every = preset.stall.map_or(Duration::ZERO, |stall| stall.every);
            stage.screens.push(Screen {
                hands,
                seen_frames: 0,
                was: None,
                still: 0,
                press: None,
                pressed: false,
                corrections: 0,
                stall_ends: Duration::ZERO,
                next_stall: every.mul_f64((number + 1) as f64 / PLAYERS as f64),
            });
        }
        stage.play(WARM_UP);
        let truth = std::mem::take(&mut stage.record.truth);
        let own = vec![Own::default(); PLAYERS];
        stage.record = Record {
            truth,
            own,
            ..Record::default()
        };
        Ok(stage)
    }

    /// Plays on, and records.
    pub fn play(&mut self, span: Duration) {
        let Stage {
            lab,
            record,
            screens,
            stall,
        } = self;
        record.own.resize_with(PLAYERS, Own::default);
        record.span_s += span.as_secs_f64();
        let dropped = lab.inputs_dropped();
        lab.run(span, |lab| {
            if lab.ticked {
                note_truth(&mut record.truth, lab);
            }
            for (index, screen) in screens.iter_mut().enumerate() {
                if let Some(stall) = stall
                    && lab.now >= screen.next_stall
                {
                    screen.next_stall += stall.every;
                    screen.stall_ends = lab.now + stall.length;
                    let player = &mut lab.players[index];
                    player.up.stall_until(screen.stall_ends);
                    player.down.stall_until(screen.stall_ends);
                    record.stalls += 1;
                }
                let frames = screen.hands.borrow().frames;
                if std::mem::replace(&mut screen.seen_frames, frames) != frames {
                    note_remote(&mut record.tracks, lab, index);
                    if let Some(own) = record.own.get_mut(index) {
                        screen.note_own(own, lab, index);
                    }
                }
                lab.players[index].events.clear();
            }
        });
        record.inputs_dropped += lab.inputs_dropped() - dropped;
    }

    /// Checks that no player was lost on the way: the figures would be wrong.
    ///
    /// # Errors
    /// A player was lost.
    pub fn check(&self) -> Result<()> {
        for player in &self.lab.players {
            let stats = player.core.stats(self.lab.now);
            ensure!(player.closed.is_none(), "a client was closed");
            ensure!(
                player.core.avatar_entity().is_some() && stats.desyncs == 0,
                "a client lost the room: {stats:?}"
            );
        }
        Ok(())
    }
}

fn note_truth(truth: &mut Truth, lab: &Lab<ArenaGame>) {
    let room = lab.room().room();
    // The room has already gone on to the next tick.
    let tick = Tick(room.tick().0.saturating_sub(1));
    truth.note_tick(tick, lab.now.as_secs_f64(), TICK_S);
    for (id, _) in room.entities() {
        if let Some(body) = room.get::<Body>(id) {
            truth.note_place(id, tick, [f64::from(body.x), f64::from(body.y)]);
        }
    }
}

/// The tracks of one screen are next to each other, in the order of players.
fn note_remote(tracks: &mut Vec<Track>, lab: &Lab<ArenaGame>, watcher: usize) {
    if tracks.is_empty() {
        let entities = lab.players.iter().map(|player| player.core.avatar_entity());
        let entities = entities.map(|id| id.unwrap_or(EntityId(0)));
        let entities = entities.collect::<Vec<_>>();
        for _ in 0..lab.players.len() {
            tracks.extend(entities.iter().map(|entity| Track {
                entity: *entity,
                frames: Vec::new(),
            }));
        }
    }
    let (at_s, count) = (lab.now.as_secs_f64(), lab.players.len());
    let core = &lab.players[watcher].core;
    for (runner, track) in tracks
        .iter_mut()
        .skip(watcher * count)
        .take(count)
        .enumerate()
    {
        if runner != watcher
            && let Some(place) = place(lab, watcher, track.entity)
        {
            track.frames.push(Drawn {
                at_s,
                tick: core.drawn().drawn_tick,
                place,
            });
        }
    }
}

/// Where a screen drew an entity.
pub fn place(lab: &Lab<ArenaGame>, watcher: usize, entity: EntityId) -> Option<Place> {
    let core = &lab.players.get(watcher)?.core;
    let component = core.schema().component_index(Body::NAME)?;
    let table = core.drawn().tables.get(component)?;
    let row = table.find(entity.0)?;
    let axis = |field: usize| table.column(field).get(row).copied();
    Some([axis(0)?, axis(1)?])
}

impl Screen {
    fn note_own(&mut self, own: &mut Own, lab: &Lab<ArenaGame>, index: usize) {
        let core = &lab.players[index].core;
        let corrections = core.stats(lab.now).corrections;
        let more = corrections.wrapping_sub(std::mem::replace(&mut self.corrections, corrections));
        own.corrections += more;
        if lab.now < self.stall_ends + AFTER_STALL {
            own.corrections_by_stalls += more;
        }
        let here = core.avatar_entity().and_then(|id| place(lab, index, id));
        let Some(here) = here else { return };
        let was = self.was.replace(here).unwrap_or(here);
        let moved = length([here[0] - was[0], here[1] - was[1]]) > MOVED_M;
        let pressed = self.hands.borrow().pressed;
        let was_pressed = std::mem::replace(&mut self.pressed, pressed);
        let just_pressed = pressed && !was_pressed;
        // Count only presses from standing: a turn while running moves anyway.
        if just_pressed && self.still >= 2 {
            self.press = Some(Press {
                from: was,
                frames: 0,
                moved: None,
            });
        }
        self.still = if moved { 0 } else { self.still + 1 };
        let Some(press) = &mut self.press else {
            return;
        };
        press.frames += 1;
        if moved {
            press.moved.get_or_insert(press.frames);
        }
        if press.frames >= BLOCKED_FRAMES {
            let come = length([here[0] - press.from[0], here[1] - press.from[1]]);
            own.frames_to_move
                .extend(press.moved.filter(|_| come > UNBLOCKED_M));
            self.press = None;
        }
    }
}

/// Plays the script over a preset's links; `progress` gets the finished part, 0..=1.
///
/// # Errors
/// A player was refused, closed, or lost the room.
pub fn play(preset: &Preset, script: Script, mut progress: impl FnMut(f64)) -> Result<Record> {
    let mut stage = Stage::new(preset, script)?;
    let end = stage.lab.now + script.span;
    while stage.lab.now < end && !stage.lab.closed {
        let left = end - stage.lab.now;
        progress(1.0 - left.as_secs_f64() / script.span.as_secs_f64());
        stage.play(left.min(Duration::from_secs(1)));
    }
    progress(1.0);
    stage.check()?;
    Ok(stage.record)
}
