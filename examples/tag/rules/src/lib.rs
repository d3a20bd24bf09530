//! What both ends know: the server runs it for the truth, and each browser to predict its own player.

use tickwire_shared::prelude::*;

/// A runner is a disc of this radius. Metres.
pub const RADIUS: f32 = 1.2;
/// How far from the middle of the field its centre may be.
pub const EDGE: f32 = 24.0;
const SPEED: f32 = 12.0;
/// At the others' speed, "it" would catch nobody.
const IT_SPEED: f32 = 14.0;

/// Left, top, width and height.
pub type Wall = [f32; 4];
pub const WALLS: [Wall; 5] = [
    [-3.5, -3.5, 7.0, 7.0],
    [-16.0, -14.0, 11.0, 2.5],
    [11.5, -16.0, 2.5, 11.0],
    [5.0, 11.5, 11.0, 2.5],
    [-14.0, 5.0, 2.5, 11.0],
];

#[component]
pub struct Runner {
    #[net(range = -EDGE..=EDGE, step = 0.02, interpolate)]
    pub x: f32,
    #[net(range = -EDGE..=EDGE, step = 0.02, interpolate)]
    pub y: f32,
    /// Only the server sets it. It is in the avatar because `step` needs it.
    pub it: bool,
}

/// On the same entity as the runner. The server has it exactly; with this step only whole seconds travel.
#[component]
pub struct Score {
    #[net(range = 0.0..=90.0, step = 1.0)]
    pub seconds: f32,
}

#[component]
pub struct Round {
    /// False in the pause after a round, in which everybody reads the scores.
    pub runs: bool,
    #[net(range = 0.0..=90.0, step = 1.0)]
    pub left_s: f32,
}

/// What happens once. What lasts, such as who is it, is in components: who joins later sees it, too.
#[message]
pub enum News {
    Tagged { by: PlayerId, whom: PlayerId },
    Won { player: PlayerId },
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
    type Avatar = Runner;
    type Event = News;
    /// The page knows no Rust constants: the room tells it the walls that it draws.
    type Setup = Vec<Wall>;

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Runner>();
        set.component::<Score>();
        set.component::<Round>();
    }

    fn step(runner: &mut Runner, push: &Push, _map: &(), dt_s: f32) {
        let (right, down) = (f32::from(push.right), f32::from(push.down));
        let length = (right * right + down * down).sqrt().max(1.0); // no faster along diagonals
        let way = if runner.it { IT_SPEED } else { SPEED } * dt_s / length;
        // One axis after the other: who runs into a wall slides along it.
        let x = (runner.x + right * way).clamp(-EDGE, EDGE);
        if is_free(x, runner.y) {
            runner.x = x;
        }
        let y = (runner.y + down * way).clamp(-EDGE, EDGE);
        if is_free(runner.x, y) {
            runner.y = y;
        }
    }
}

/// True if no wall is where a runner would be.
pub fn is_free(x: f32, y: f32) -> bool {
    let clear = |at, from, length| at <= from - RADIUS || at >= from + length + RADIUS;
    let mut walls = WALLS.iter();
    walls.all(|[left, top, width, height]| clear(x, *left, *width) || clear(y, *top, *height))
}
