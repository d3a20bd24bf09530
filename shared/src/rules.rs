//! What a game author writes for both ends: the input, the avatar, the map and the movement step.
//!
//! In: the author's types. Out: what the server's room and the client core agree on. One source for both: the step runs
//! on the server for the truth, and in the browser to predict it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::{EntityId, InputSequence, PlayerId};
use crate::random::Random;
pub use crate::replicate::ComponentVisitor;
use crate::replicate::{GameVersion, Replicate, Schema, SchemaBuilder};
use crate::shape::{Shape, Text};
pub use tickwire_derive::Input;

/// A type that travels as a whole, in bincode: inputs, commands, events, setups. Write `#[message]` above it.
pub trait Wire:
    Shape + Clone + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
}
impl<T: Shape + Clone + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Wire
    for T
{
}

/// A player's intent for one tick. `Default` is the neutral input: hands off the keys.
pub trait Input: Wire + PartialEq + Default {
    /// False for what no honest client can send (NaN, out of range). Such a client is closed with
    /// [`crate::close::CloseReason::InvalidInput`].
    fn is_valid(&self) -> bool;

    /// What this input becomes when no more inputs come from the player: hands off the keys. Keep what a player with
    /// its hands off the keys would keep, like the direction in which it looks.
    #[must_use]
    fn released(&self) -> Self {
        Self::default()
    }

    /// An input that an honest client could send, for tests that press any keys. `#[input]` writes it from the declared
    /// ranges.
    #[must_use]
    fn sample(random: &mut Random) -> Self {
        let _ = random;
        Self::default()
    }
}

/// A type that may stand in a field of an input without a range: whatever bytes it comes from, it is fine or says that it is
/// not. Numbers with a fraction are not among them, so none reaches a step unchecked.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an input: nothing says which of its values a client may send",
    label = "in an input",
    note = "write `#[input]` above the type, with `#[net(range = ..)]` or `#[net(angle)]` on its numbers"
)]
pub trait Checked {
    /// False for what no honest client can send.
    fn is_fine(&self) -> bool;
    /// A value that is.
    fn sample(random: &mut Random) -> Self;
}

/// Types of which every value is fine. No 64-bit numbers: JavaScript has others.
macro_rules! all_fine {
    ($($type:ty: $random:ident => $sample:expr),+ $(,)?) => {
        $(impl Checked for $type {
            fn is_fine(&self) -> bool {
                true
            }
            fn sample($random: &mut Random) -> Self {
                $sample
            }
        })+
    };
}

all_fine!(
    (): _random => (),
    bool: random => random.bits() & 1 == 1,
    u8: random => random.bits() as u8,
    u16: random => random.bits() as u16,
    u32: random => random.bits() as u32,
    i8: random => random.bits() as i8,
    i16: random => random.bits() as i16,
    i32: random => random.bits() as i32,
    char: random => char::from(random.integer(0x20, 0x7e) as u8),
    PlayerId: random => PlayerId(random.below(16) as u32),
    EntityId: random => EntityId(random.below(256) as u32),
);

impl<T: Checked> Checked for Option<T> {
    fn is_fine(&self) -> bool {
        self.as_ref().is_none_or(T::is_fine)
    }
    fn sample(random: &mut Random) -> Self {
        (random.bits() & 1 == 1).then(|| T::sample(random))
    }
}

impl<T: Checked, const N: usize> Checked for [T; N] {
    fn is_fine(&self) -> bool {
        self.iter().all(T::is_fine)
    }
    fn sample(random: &mut Random) -> Self {
        std::array::from_fn(|_| T::sample(random))
    }
}

/// The input of a room that has none.
impl Input for () {
    fn is_valid(&self) -> bool {
        true
    }
}

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
        })
    }
}
