//! What a game author writes for the server: the authority over one room.
//!
//! In: players who join and leave, their inputs and commands. Out: changes to the room's world, events. Both the
//! game and the world are saved and restored by serde, so a game keeps its state in these two places only.
//!
//! Determinism: same seed and same inbox give the same room. Take randomness from [`Room::rng`], time from
//! [`Room::tick`], and iterate with [`Room::entities`] (ordered by id) where order matters: the order of a plain
//! hecs query is not part of a saved room.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::PlayerId;
use tickwire_shared::rules::{Rules, Wire};

use crate::grid::Interest;
use crate::history::RewindVisitor;
use crate::room::Room;

/// Receives the component types that are saved with a room. See [`Game::saved_components`].
pub trait SavedVisitor {
    /// One more component type.
    fn component<C: hecs::Component + Clone + Serialize + DeserializeOwned>(&mut self);
}

/// A room type: the rules that only the server knows.
pub trait Game: Sized + Send + Serialize + DeserializeOwned + 'static {
    /// What both ends share.
    type Rules: Rules;
    /// What the creator of a room may choose. `Default` is used when nothing is chosen.
    type Options: Wire + Default;

    /// Seats for people in a room.
    fn seats(options: &Self::Options) -> usize;

    /// How far players see: everything, unless the game says otherwise.
    fn interest(options: &Self::Options) -> Interest {
        let _ = options;
        Interest::Everything
    }

    /// Names the components that can be seen as they were when a player acted ([`Room::rewound`]). None, unless the game
    /// says otherwise.
    fn rewinds(set: &mut impl RewindVisitor) {
        let _ = set;
    }

    /// What clients are told on joining, and what the map is built from.
    fn setup(options: &Self::Options) -> <Self::Rules as Rules>::Setup;

    /// Opens the room: spawn what is there from the start.
    fn create(options: &Self::Options, room: &mut Room<Self::Rules>) -> Self;

    /// Names every component type that a saved room must keep, replicated or not. What is not named is lost by a
    /// save.
    fn saved_components(set: &mut impl SavedVisitor);

    /// A player takes a seat: spawn its avatar and hand it over with [`Room::give_avatar`].
    ///
    /// # Errors
    /// A refusal sends the player away with its words.
    fn join(&mut self, room: &mut Room<Self::Rules>, player: PlayerId) -> Result<(), Refusal>;

    /// A player is gone for good (said goodbye, or did not come back in time): remove what is its.
    fn leave(&mut self, room: &mut Room<Self::Rules>, player: PlayerId);

    /// One simulation step. Players' inputs for it are in [`Room::players`].
    fn tick(&mut self, room: &mut Room<Self::Rules>);

    /// A player's reliable message.
    fn command(
        &mut self,
        room: &mut Room<Self::Rules>,
        player: PlayerId,
        command: <Self::Rules as Rules>::Command,
    ) {
        let _ = (room, player, command);
    }
}
