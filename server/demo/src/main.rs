//! The `tickwire` binary: the arena and the examples on one port, each with its page. `build.rs` brings the pages.

use cards::CardsGame;
use dots::DotsGame;
use swarm_game::SwarmGame;
use tag::TagGame;
use tickwire_arena_server::ArenaGame;

tickwire::main!(
    [ArenaGame, CardsGame, DotsGame, SwarmGame, TagGame],
    "$OUT_DIR/page"
);
