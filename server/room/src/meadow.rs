//! The smallest rules that have a position, for this crate's own tests.

use tickwire_shared::prelude::component;
use tickwire_shared::rules::{ComponentVisitor, Rules};

/// A sheep on the meadow, which is 64 m wide and 64 m long.
#[component]
pub(crate) struct Sheep {
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, position)]
    pub(crate) x: f32,
    #[net(range = -32.0..=32.0, step = 0.01, interpolate, position)]
    pub(crate) y: f32,
}

pub(crate) struct Meadow;

impl Rules for Meadow {
    const GAME: &'static str = "meadow";
    const REVISION: u32 = 1;
    type Input = ();
    type Avatar = Sheep;
    type Setup = ();
    type Map = ();
    type Command = ();
    type Event = ();
    type Action = ();
    type Ghost = ();

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Sheep>();
    }

    fn map((): &()) {}

    fn step(_: &mut Sheep, (): &(), (): &(), _: f32) {}
}
