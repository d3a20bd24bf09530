//! The arena's authority: what only the server decides. It is also an example of a game: it uses only the public API.
//!
//! In: players that join and leave, their inputs. Out: fighters, shots, scores and events in the room's world. `game`
//! has the order of a tick, and each of its stages has a file: `bots` (with `brain`, `hands` and `ground`), `combat`
//! (with `rail` and `hits`), `life`, `round`. The rules that both ends run are in `tickwire_arena`.

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
