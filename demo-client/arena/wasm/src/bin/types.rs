//! Writes the TypeScript types of the arena: `types FILE`.
//!
//! In: the arena's rules, and the type of its map, which the page asks the module for. Out: one TypeScript file, which
//! imports the framework's types from the `tickwire` package.

use std::io::{Error, Result};

use tickwire_arena::{Arena, ArenaMap};

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1);
    let path = path.ok_or_else(|| Error::other("say which file to write"))?;
    std::fs::write(
        path,
        tickwire_bind::types::game::<Arena, ArenaMap>("tickwire_arena_wasm"),
    )
}
