//! What a game author writes for both ends: the input, the avatar, the map and the movement step.
//!
//! In: the author's types. Out: what the server's room and the client core agree on. One source for both: the step runs
//! on the server for the truth, and in the browser to predict it.

use serde::Serialize;

use crate::ids::{InputSequence, PlayerId};
use crate::input::InputLayout;
pub use crate::input::{Input, InputField};
pub use crate::replicate::ComponentVisitor;
use crate::replicate::{GameVersion, Replicate, Schema, SchemaBuilder};
pub use crate::shape::Wire;
use crate::shape::{Shape, Text};

/// An action, with its player and its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Act<A> {
    /// The player who acts.
    pub player: PlayerId,
    /// The input that does it; 0 for bots.
    pub sequence: InputSequence,
    /// What it does.
    pub action: A,
}

impl<A: Shape> Shape for Act<A> {
    const TEXT: Text = Text::of("act(").then(&A::TEXT).word(")");
}

/// The part of a game that both ends run. `#[rules]` above the `impl` writes out what it leaves out.
///
/// Determinism: on floats, `step` may use only `+ - * /`, `sqrt` and functions of the `libm` crate, so that native
/// code and WASM agree bit for bit.
pub trait Rules: Sized + Send + Sync + 'static {
    /// The game's name in hellos and web addresses. Letters, digits, `-` and `_`.
    const GAME: &'static str;
    /// Part of the schema hash. Raise it when `step` or what a message means has changed, though nothing travels
    /// differently: then an old page is told to reload. How all that travels is laid out is in the hash anyway.
    const REVISION: u32 = 1;
    /// Simulation steps per second.
    const TICK_RATE_HZ: u32 = 60;
    /// Ticks from one snapshot to the next.
    const TICKS_PER_SNAPSHOT: u32 = 2;

    /// What a player sends each tick.
    type Input: Input;
    /// The component that a player's input moves, predicted on the player's own screen. `()` for a room without
    /// avatars.
    type Avatar: Replicate + std::fmt::Debug + PartialEq;
    /// What a room tells each client on joining (which map, which mode).
    type Setup: Wire;
    /// What `step` may read beside the avatar. Both ends build it once, from the setup.
    type Map: Send + Sync + 'static;
    /// A reliable message from client to room.
    type Command: Wire;
    /// A reliable message from room to client.
    type Event: Wire;
    /// What an input does beside moving the avatar: a shot, a sound. `()` when no input does anything else.
    type Action: Wire + PartialEq;
    /// The component of an entity that an action shows on the player's own screen before the server confirms it: a shot
    /// in flight. `()` when no action shows one.
    type Ghost: Replicate;

    /// Names every replicated component, in the same order each time.
    fn components(set: &mut impl ComponentVisitor);

    /// Builds the map that the setup names.
    fn map(setup: &Self::Setup) -> Self::Map;

    /// Moves one avatar by one input over `dt_s` seconds. Both ends call it with a whole tick; the client also calls it
    /// with part of a tick, only to draw between ticks.
    fn step(avatar: &mut Self::Avatar, input: &Self::Input, map: &Self::Map, dt_s: f32);

    /// What a whole step did beside moving the avatar, seen from the avatar before and after it. The client shows it
    /// before the server answers ([`crate::client::ClientEvent::Predicted`]); the server finds it in
    /// `Room::next_action` and confirms what it carries out. An action that is not confirmed is withdrawn.
    fn action(
        before: &Self::Avatar,
        after: &Self::Avatar,
        input: &Self::Input,
    ) -> Option<Self::Action> {
        let _ = (before, after, input);
        None
    }

    /// The ghost of an action, `age_s` seconds after the action. `None` when it is over, or when the action has none.
    fn ghost(act: &Act<Self::Action>, age_s: f32, map: &Self::Map) -> Option<Self::Ghost> {
        let _ = (act, age_s, map);
        None
    }

    /// True when `entity`, which is the server's, is the one that the ghost stands for: then only the ghost is drawn.
    fn is_ghost_of(ghost: &Self::Ghost, entity: &Self::Ghost) -> bool {
        let _ = (ghost, entity);
        false
    }

    /// Seconds per tick.
    fn dt_s() -> f32 {
        1.0 / Self::TICK_RATE_HZ as f32
    }

    /// The schema of these rules: tables, fields, hash.
    fn schema() -> Schema {
        let mut builder = SchemaBuilder::default();
        Self::components(&mut builder);
        let mut input = InputLayout::default();
        Self::Input::layout(&mut input);
        builder.finish(GameVersion {
            name: Self::GAME,
            revision: Self::REVISION,
            tick_rate_hz: Self::TICK_RATE_HZ,
            ticks_per_snapshot: Self::TICKS_PER_SNAPSHOT,
            shapes: [
                Self::Input::HASH,
                Self::Setup::HASH,
                Self::Command::HASH,
                Self::Event::HASH,
            ],
            input: input.described(),
        })
    }
}
