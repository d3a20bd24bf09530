//! What happened in a run: where everybody really was at each tick, and what each screen drew in each animation frame.
//!
//! In: positions by tick and by animation frame. Out: the true path between ticks, and tracks to compare with it.

use std::collections::BTreeMap;

use tickwire_shared::ids::{EntityId, Tick};

/// Metres east and south of the centre.
pub type Place = [f64; 2];

/// Where an entity really was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    first_tick: u32,
    places: Vec<Place>,
}

impl Path {
    /// Where it was at a tick with a fraction; `None` before the first tick and after the last.
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

/// The paths of all entities, and the times of ticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    paths: BTreeMap<EntityId, Path>,
    /// Local time of tick 0, seconds.
    origin_s: Option<f64>,
}

impl Truth {
    /// The room simulated `tick` at `now_s`.
    pub fn note_tick(&mut self, tick: Tick, now_s: f64, tick_s: f64) {
        let origin_s = now_s - f64::from(tick.0) * tick_s;
        // The lab looks up to half a millisecond after a tick, so the earliest look is the most exact.
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

    /// The time of a tick with a fraction, seconds.
    pub fn time_s(&self, tick: f64, tick_s: f64) -> f64 {
        self.origin_s.unwrap_or_default() + tick * tick_s
    }
}

/// What one animation frame drew of one entity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The time, seconds.
    pub at_s: f64,
    /// The tick at which remote entities were drawn.
    pub tick: f64,
    /// The drawn place.
    pub place: Place,
}

/// What one screen drew of one other player, in each animation frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// The other player's entity.
    pub entity: EntityId,
    /// The animation frames, in order, with none missing.
    pub frames: Vec<Drawn>,
}

/// What one screen drew of its own avatar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// For each key press, animation frames until the first drawn movement. 1 means the first frame that knew of the
    /// press.
    pub frames_to_move: Vec<u32>,
    /// Corrections over 1 cm.
    pub corrections: u32,
    /// The corrections that a stall caused: those until [`super::play::AFTER_STALL`] after its end.
    pub corrections_by_stalls: u32,
}

/// A whole run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// What really happened.
    pub truth: Truth,
    /// Every other player on every screen.
    pub tracks: Vec<Track>,
    /// The own avatar on every screen.
    pub own: Vec<Own>,
    /// Stalls, summed over the links.
    pub stalls: u32,
    /// Inputs that came too late or too early to be used.
    pub inputs_dropped: u64,
    /// Length of the run, seconds.
    pub span_s: f64,
}
