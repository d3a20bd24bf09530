//! What both ends know: the server runs it for the truth, and each browser to predict its own player.

use tickwire_shared::prelude::*;

/// A player's dot. Metres.
#[component]
pub struct Dot {
    #[net(range = -50.0..=50.0, step = 0.05, interpolate)]
    pub x: f32,
    #[net(range = -50.0..=50.0, step = 0.05, interpolate)]
    pub y: f32,
}

#[input]
pub struct Push {
    #[net(range = -1..=1)]
    pub right: i8,
    #[net(range = -1..=1)]
    pub down: i8,
}

pub struct Tag;

#[rules]
impl Rules for Tag {
    type Input = Push;
    type Avatar = Dot;

    fn step(dot: &mut Dot, push: &Push, _map: &(), dt_s: f32) {
        dot.x = (dot.x + f32::from(push.right) * 20.0 * dt_s).clamp(-50.0, 50.0);
        dot.y = (dot.y + f32::from(push.down) * 20.0 * dt_s).clamp(-50.0, 50.0);
    }
}
