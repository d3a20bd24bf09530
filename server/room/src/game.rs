//! What a game author writes for the server: the authority over one room.
//!
//! In: players that join and leave, their inputs and commands. Out: changes to the room's world, events. Serde saves
//! and restores both the game and the world, so a game keeps its state in these two places only.
//!
//! Determinism: the same seed and the same inbox give the same room. Take randomness from [`Room::rng`] and time from
//! [`Room::tick`]. Where order matters, iterate with [`Room::entities`] (ordered by id): the order of a plain hecs
//! query is not part of a saved room.

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
    /// The rules that client and server share.
    type Rules: Rules;
    /// What the creator of a room may choose. `Default` holds where nothing is chosen.
    type Options: Wire + Default;

    /// The number of seats for people in a room.
    fn seats(options: &Self::Options) -> usize;

    /// How far players see. Without this method they see everything.
    fn interest(options: &Self::Options) -> Interest {
        let _ = options;
        Interest::Everything
    }

    /// Names the components that can be rewound to the moment when a player acted ([`Room::rewound`]). Without this
    /// method there are none.
    fn rewinds(set: &mut impl RewindVisitor) {
        let _ = set;
    }

    /// What clients are told when they join. The map is built from it, too.
    fn setup(options: &Self::Options) -> <Self::Rules as Rules>::Setup;

    /// Opens the room. Spawn here what is there from the start.
    fn create(options: &Self::Options, room: &mut Room<Self::Rules>) -> Self;

    /// Names every component type that a saved room must keep, replicated or not. A save loses the components that are
    /// not named.
    fn saved_components(set: &mut impl SavedVisitor);

    /// A player takes a seat. Spawn its avatar here and hand it over with [`Room::give_avatar`].
    ///
    /// # Errors
    /// A refusal: the player gets no seat and is sent away with the refusal's words.
    fn join(&mut self, room: &mut Room<Self::Rules>, player: PlayerId) -> Result<(), Refusal>;

    /// A player is gone for good: it said goodbye, was kicked, or did not come back in time. Remove its entities here.
    fn leave(&mut self, room: &mut Room<Self::Rules>, player: PlayerId);

    /// One simulation step. The players in [`Room::players`] have their inputs for it.
    fn tick(&mut self, room: &mut Room<Self::Rules>);

    /// A reliable message from a player.
    fn command(
        &mut self,
        room: &mut Room<Self::Rules>,
        player: PlayerId,
        command: <Self::Rules as Rules>::Command,
    ) {
        let _ = (room, player, command);
    }
}
