//! The arena's authority: what only the server decides. Also an example of a game, so it uses the public API alone.
//!
//! In: players who join and leave, their inputs. Out: fighters, shots, scores and events in the room's world. `game` has
//! the order of a tick, and there is one file for each of its stages: `bots` (with `brain`, `hands` and `ground`),
//! `combat` (with `rail` and `hits`), `life`, `round`. The rules that both ends run are in `tickwire_arena`.

mod bots;
mod brain;
mod combat;
mod components;
mod game;
mod ground;
mod hands;
mod hits;
mod life;
mod rail;
mod round;
#[cfg(test)]
mod tests;

pub use game::{ArenaGame, ArenaOptions};
