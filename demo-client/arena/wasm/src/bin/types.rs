//! Writes the TypeScript types of the arena: `types FILE`.
//!
//! In: the arena's rules, and the type of its map, which the page asks the module for. Out: one TypeScript file, which
//! imports the framework's types from the `tickwire` package.

use tickwire_arena::{Arena, ArenaMap};

fn main() -> std::io::Result<()> {
    tickwire_bind::types::write::<Arena, ArenaMap>("tickwire_arena_wasm")
}
