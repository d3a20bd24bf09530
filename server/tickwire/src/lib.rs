//! Tickwire, as the author of a game sees it: both halves of a game in Rust, and the program that serves it.
//!
//! In: an `impl Rules` (for both ends) and an `impl Game` (for the server alone). Out: a program with flags, log, signals,
//! metrics and the page in it, by one line: `tickwire::main!(DotsGame);`.
//!
//! | you write | above | it is |
//! |---|---|---|
//! | `#[component]` | a struct, an enum | something in the world that clients see |
//! | `#[input]` | a struct | what a player wants in one tick |
//! | `#[rules]` | `impl Rules for ..` | what both ends run |
//! | `#[game]` | `impl Game for ..` | what the server decides |
//! | `#[message]` | a struct, an enum | a command, an event, a setup |
//! | `#[saved]` | a struct, an enum | what only the server has |
//!
//! [`Game`](tickwire_room::Game), [`Rules`](tickwire_shared::rules::Rules) and [`Room`](tickwire_room::Room) say the rest.
//! A test drives a whole room with clients in virtual time by [`lab`].

mod config_file;
mod flags;
mod folder_lock;
mod limit_flags;
mod page;
mod place;
mod rooms_folder;
#[cfg(test)]
mod scratch;
mod serve;
mod settings;
#[cfg(unix)]
mod takeover;

pub use page::{Page, page};
pub use serve::{Program, serve};
pub use tickwire_room::SavedRoom;
pub use tickwire_server::lab;

/// All that a game's server needs in scope.
pub mod prelude {
    /// What can be asked of [`Room::rng`]: `random_range(1..=6)`, `random_bool(0.5)`, `random::<u32>()`.
    pub use rand::RngExt;
    pub use tickwire_derive::game;
    pub use tickwire_room::{Game, Interest, Player, RewindVisitor, Room, SavedRoom, SavedVisitor};
    pub use tickwire_shared::close::{CloseReason, Refusal};
    pub use tickwire_shared::prelude::*;
}

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Those of the authors' page.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/your-game.md")]
struct YourGame;

/// The library of [`tickwire_room::Room::rng`]'s numbers.
pub use rand;

// What the macro names.
#[doc(hidden)]
pub mod parts {
    pub use tickwire_room::{Game, Room};
    pub use tickwire_shared::close::Refusal;
    pub use tickwire_shared::ids::PlayerId;
    pub use tickwire_shared::rules::Rules;
}
#[doc(hidden)]
pub use {mimalloc, rust_embed};

/// The whole `main` of a game's server: `tickwire::main!(DotsGame);`, or `tickwire::main!([DotsGame, TagGame]);` for a server
/// of several games. A second word is the folder of the built page, which a release build has in it; without it, it is
/// `../page/dist`.
#[macro_export]
macro_rules! main {
    ([$($game:ty),+ $(,)?]) => {
        $crate::main!([$($game),+], "../page/dist");
    };
    ([$($game:ty),+ $(,)?], $page:literal) => {
        #[derive($crate::rust_embed::RustEmbed)]
        #[crate_path = "tickwire::rust_embed"]
        #[folder = $page]
        #[allow_missing = true]
        struct BuiltPage;

        /// Gives memory back when a crowd has gone.
        #[global_allocator]
        static ALLOCATOR: $crate::mimalloc::MiMalloc = $crate::mimalloc::MiMalloc;

        fn main() -> ::std::process::ExitCode {
            let program = $crate::Program {
                name: match option_env!("CARGO_BIN_NAME") {
                    Some(name) => name,
                    None => env!("CARGO_PKG_NAME"),
                },
                version: env!("CARGO_PKG_VERSION"),
                page: $crate::page::<BuiltPage>,
                games: |server| server$(.game::<$game>())+,
            };
            $crate::serve(&program)
        }
    };
    ($game:ty) => {
        $crate::main!([$game], "../page/dist");
    };
    ($game:ty, $page:literal) => {
        $crate::main!([$game], $page);
    };
}
