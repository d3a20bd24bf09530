//! The pure room: a game's world, its players, and what they are told, one tick at a time.
//!
//! In: what reaches the room from outside ([`Inbound`]), one tick at a time ([`RoomCore::tick`]). Out: the clients that
//! were let in or sent away, and every few ticks a snapshot: one [`Entry`] for each stream, and an [`OwnPart`] for each
//! player. All of it goes to the room's [`Audience`]. A game author implements [`Game`] and works with [`Room`].
//!
//! The way of the data: `inbox` -> `seating`, `inputs` (one input for each tick) -> `game` -> `capture` (world to
//! columns of integers, by channel) -> `interest` (which channels each player sees) -> `encode` (each change encoded
//! once) -> `entry`, `own`. `tick` puts all of this in order. `save` turns a room into bytes and back.
//!
//! The same start, the same seed and the same inbox give the same state at every tick. So this crate has no clock, no
//! lock, no socket, no thread and no I/O.

#![cfg_attr(
    not(test),
    forbid(clippy::disallowed_types, clippy::disallowed_methods)
)]

mod audience;
mod avatars;
mod capture;
mod channels;
mod encode;
mod entities;
mod entry;
mod events;
mod game;
mod gaze;
mod grid;
mod history;
mod inbox;
mod inputs;
mod interest;
mod limits;
#[cfg(test)]
mod meadow;
mod migrate;
mod own;
mod place;
mod player;
mod players;
mod rewind;
mod room;
mod save;
mod seating;
mod subscriptions;
mod tick;
mod trail;
mod unused;

pub use audience::{Attendance, Audience, Requests, Stage, Told};
pub use encode::{STREAMS, STRIDES};
pub use entry::{Entry, SAME_CHANNEL, Sections};
pub use events::{EventBatch, Listeners};
pub use game::{Game, SavedVisitor};
pub use grid::{BadInterest, Grid, Interest};
pub use history::{Moment, RewindVisitor};
pub use inbox::{Arrival, ClientId, Inbound, Sender};
pub use inputs::Dropped;
pub use interest::{InterestSet, PlayerInterest};
pub use limits::REWIND_MAX_S;
pub use migrate::{RestoreError, SavedRoom};
pub use own::{OwnChannel, OwnPart};
pub use player::Player;
pub use room::Room;
pub use seating::{JoinOutcome, RoomConfig};
pub use tick::RoomCore;
