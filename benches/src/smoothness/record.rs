//! What happened in a run: where everybody truly was at each tick, and what each screen drew at each animation frame.
//!
//! In: positions by tick and by animation frame. Out: the true path between ticks, and tracks to compare with it.

use std::collections::BTreeMap;

use tickwire_shared::ids::{EntityId, Tick};

/// Metres east and south of the middle.
pub type Place = [f64; 2];

/// Where an entity truly was.
#[derive(Clone, Debug, Default)]
pub struct Path {
    first_tick: u32,
    places: Vec<Place>,
}

impl Path {
    /// Where it was at a tick with fraction; `None` before the first and after the last.
    pub fn at(&self, tick: f64) -> Option<Place> {
        let past = tick - f64::from(self.first_tick);
        if past < 0.0 {
            return None;
        }
        let (whole, part) = (past.floor(), past.fract());
        let from = self.places.get(whole as usize)?;
        let to = self.places.get(whole as usize + 1)?;
        Some([0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * part))
    }
}

/// The paths of all, and when ticks were.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    paths: BTreeMap<EntityId, Path>,
    /// Local time of tick 0, seconds.
    origin_s: Option<f64>,
}

impl Truth {
    /// The room simulated `tick` at `now_s`.
    pub fn note_tick(&mut self, tick: Tick, now_s: f64, tick_s: f64) {
        let origin_s = now_s - f64::from(tick.0) * tick_s;
        // The lab looks up to half a millisecond after a tick; the earliest look is the truest.
        self.origin_s = Some(self.origin_s.map_or(origin_s, |least| least.min(origin_s)));
    }

    /// Where an entity was at the tick just simulated.
    pub fn note_place(&mut self, entity: EntityId, tick: Tick, place: Place) {
        let path = self.paths.entry(entity).or_insert_with(|| Path {
            first_tick: tick.0,
            places: Vec::new(),
        });
        path.places.push(place);
    }

    /// The path of an entity.
    pub fn path(&self, entity: EntityId) -> Option<&Path> {
        self.paths.get(&entity)
    }

    /// When a tick with fraction was, seconds.
    pub fn time_s(&self, tick: f64, tick_s: f64) -> f64 {
        self.origin_s.unwrap_or_default() + tick * tick_s
    }
}

/// What one animation frame drew of one entity.
#[derive(Clone, Copy, Debug)]
pub struct Drawn {
    /// When, seconds.
    pub at_s: f64,
    /// The tick that remote entities were drawn at.
    pub tick: f64,
    /// Where.
    pub place: Place,
}

/// What one screen drew of one other player, animation frame by animation frame.
#[derive(Clone, Debug)]
pub struct Track {
    /// Whom.
    pub entity: EntityId,
    /// In order, none missing.
    pub frames: Vec<Drawn>,
}

/// What one screen drew of its own avatar.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Animation frames from a key press to the first drawn movement, by press. 1: the first that knew of it.
    pub frames_to_move: Vec<u32>,
    /// Corrections over 1 cm.
    pub corrections: u32,
    /// Those that a stall made: until [`super::play::AFTER_STALL`] after its end.
    pub corrections_by_stalls: u32,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// What was true.
    pub truth: Truth,
    /// Every screen's every other player.
    pub tracks: Vec<Track>,
    /// Every screen's own avatar.
    pub own: Vec<Own>,
    /// Stalls, summed over the links.
    pub stalls: u32,
    /// How long, seconds.
    pub span_s: f64,
}
