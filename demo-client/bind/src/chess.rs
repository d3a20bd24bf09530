//! A small game for the tests of this crate.
//!
//! It has what the writer of types must find: types inside other types, one of the framework's, and some without a name.

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::PlayerId;
use tickwire_shared::prelude::{component, message};
use tickwire_shared::rules::{ComponentVisitor, Rules};
use ts_rs::TS;

#[component]
pub(crate) struct Piece {
    #[net(range = 0..=7)]
    file: u8,
}

/// Where a piece stands.
#[message]
pub(crate) struct Square(u8, u8);

#[message]
pub(crate) struct Moved {
    /// Whose move it was.
    player: PlayerId,
    path: Vec<Square>,
}

#[derive(Serialize, Deserialize, TS)]
pub(crate) struct Clock {
    left_ms: u32,
}

pub(crate) struct Chess;

impl Rules for Chess {
    const GAME: &'static str = "chess";
    const REVISION: u32 = 1;
    type Input = ();
    type Avatar = ();
    type Setup = Vec<Square>;
    type Map = ();
    type Command = (Square, Square);
    type Event = Moved;
    type Action = ();
    type Ghost = ();
    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Piece>();
    }
    fn map(_setup: &Vec<Square>) {}
    fn step(_avatar: &mut (), _input: &(), _map: &(), _dt_s: f32) {}
}
