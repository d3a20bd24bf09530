//! Binds any game's rules, and the client core that runs them, to JavaScript.
//!
//! In: a game's `Rules`. Out: a [`Client`] class for its WASM module, and its TypeScript types ([`types`]). The SDK
//! (`demo-client/sdk`) speaks to that class. No game is known here, and nothing of the game's own functions.
//!
//! A game's own crate is a `cdylib` with one line, and a program with one line that writes its types:
//!
//! ```text
//! tickwire_bind::client!(Chess);      // lib.rs
//! tickwire_bind::types_main!(Chess);  // main.rs
//! ```
//!
//! The arena's is `demo-client/arena/wasm`.

#[cfg(test)]
mod chess;
mod client;
mod convert;
mod indent;
#[doc(hidden)]
pub mod program;
pub mod types;

pub use client::Client;

// What the macros name.
#[doc(hidden)]
pub use {tickwire_shared, wasm_bindgen};

/// Exports `client(room, create, name)` from a game's WASM module: a [`Client`] of these rules. An empty `room` asks for any
/// room with a free seat; `create` opens the room if it is not there.
#[macro_export]
macro_rules! client {
    ($rules:ty) => {
        /// A client of the game.
        #[$crate::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = $crate::wasm_bindgen)]
        pub fn client(room: String, create: bool, name: String) -> $crate::Client {
            let destination = $crate::tickwire_shared::client::Destination { room, create, name };
            $crate::Client::new::<$rules>(destination)
        }

        /// The trace of the step, to compare with the server's: only in development, since no page needs it.
        ///
        /// # Errors
        /// As [`tickwire_shared::trace::trace`].
        #[cfg(debug_assertions)]
        #[$crate::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = $crate::wasm_bindgen)]
        pub fn trace(
            steps: u32,
        ) -> ::std::result::Result<::std::vec::Vec<u8>, $crate::wasm_bindgen::JsError> {
            ::std::result::Result::Ok($crate::tickwire_shared::trace::write::<$rules>(steps)?)
        }
    };
}

/// The `main` of the program beside a game's WASM module: writes the game's TypeScript half to the file that it is given.
/// With `--trace FILE` it compares the trace of a browser in that file with its own, and prints where they first differ.
#[macro_export]
macro_rules! types_main {
    ($rules:ty) => {
        fn main() -> ::std::process::ExitCode {
            $crate::program::run::<$rules>(env!("CARGO_CRATE_NAME"))
        }
    };
}
