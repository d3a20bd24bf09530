//! The `tickwire` binary: the arena and its page on one port. `build.rs` brings the page.

use tickwire_arena_server::ArenaGame;

tickwire::main!(ArenaGame, "$OUT_DIR/page");
