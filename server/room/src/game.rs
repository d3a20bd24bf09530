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
use tickwire_shared::rules::Rules;

use crate::grid::Interest;
use crate::history::RewindVisitor;
use crate::migrate::SavedRoom;
use crate::room::Room;

/// Receives the component types that are saved with a room. See [`Game::saved_components`].
pub trait SavedVisitor {
    /// One more component type.
    fn component<C: hecs::Component + Clone + Serialize + DeserializeOwned>(&mut self);
}

/// Seats of a room whose game does not say.
const USUAL_SEATS: usize = 16;

/// A room type: the rules that only the server knows. `#[game]` above the `impl` writes out what it leaves out.
pub trait Game: Sized + Send + Serialize + DeserializeOwned + 'static {
    /// The rules that client and server share.
    type Rules: Rules;
    /// What the creator of a room may choose. `Default` holds where nothing is chosen.
    type Options: Clone
        + std::fmt::Debug
        + Default
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static;

    /// The number of seats for people in a room.
    fn seats(options: &Self::Options) -> usize {
        let _ = options;
        USUAL_SEATS
    }

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

    /// True for a room that goes on even if the server is killed: on a server that keeps rooms, what would be left of it is
    /// written down every second, and the next server opens it from there. That costs an encoding of the whole room a second.
    /// Without this method a room is kept only when the server ends by itself.
    fn is_checkpointed(options: &Self::Options) -> bool {
        let _ = options;
        false
    }

    /// What clients are told when they join. The map is built from it, too.
    fn setup(options: &Self::Options) -> <Self::Rules as Rules>::Setup;

    /// Opens the room. Spawn here what is there from the start.
    fn create(options: &Self::Options, room: &mut Room<Self::Rules>) -> Self;

    /// Names the component types that only the server has and that a saved room must keep. Those that clients see
    /// ([`Rules::components`]) are kept anyway; a save loses all others.
    fn saved_components(set: &mut impl SavedVisitor) {
        let _ = set;
    }

    /// Brings a room over that was saved under another `REVISION` of the rules, before it is read. True if it can go on.
    /// Without this method it begins anew. A save of the same revision is read by the names of fields: what is new has its
    /// default, what is gone falls away.
    fn migrate(saved: &mut SavedRoom<'_>) -> bool {
        let _ = saved;
        false
    }

    /// A player takes a seat. Spawn its avatar here, with [`Room::spawn_avatar`], or with [`Room::spawn_avatar_with`] if it has
    /// more components.
    ///
    /// # Errors
    /// A refusal: the player gets no seat and is sent away with the refusal's words.
    fn join(&mut self, room: &mut Room<Self::Rules>, player: PlayerId) -> Result<(), Refusal>;

    /// A player is gone for good: it said goodbye, was kicked, or did not come back in time. Remove its entities here;
    /// without this method, those that belong to it ([`Room::spawn_for`]) go.
    fn leave(&mut self, room: &mut Room<Self::Rules>, player: PlayerId) {
        room.despawn_all_of(player);
    }

    /// One simulation step. The players in [`Room::players`] have their inputs for it. Without this method every avatar
    /// steps, and nothing else happens.
    fn tick(&mut self, room: &mut Room<Self::Rules>) {
        room.step_avatars();
    }

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
