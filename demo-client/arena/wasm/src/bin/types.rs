//! Writes the TypeScript types of the arena: `types FILE`.
//!
//! In: the arena's rules, and the type of its map, which the page asks the module for. Out: one TypeScript file, which
//! imports the framework's types from the `tickwire` package.

use tickwire_arena::{Arena, ArenaMap};
use tickwire_bind::types;

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else {
        return Err(std::io::Error::other("usage: types FILE"));
    };
    std::fs::write(path, types::game::<Arena, ArenaMap>("Arena"))
}
