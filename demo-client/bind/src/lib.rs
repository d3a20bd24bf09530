//! Binds any game's rules, and the client core that runs them, to JavaScript.
//!
//! In: a game's `Rules`. Out: a [`Client`] class for its WASM module, and its TypeScript types ([`types`]). The SDK
//! (`demo-client/sdk`) speaks to that class. No game is known here, and nothing of the game's own functions.
//!
//! A game's own crate is a `cdylib` with one function:
//!
//! ```text
//! #[wasm_bindgen(js_name = chessClient)]
//! pub fn chess_client(room: String, create: bool, name: String) -> Client {
//!     Client::new::<Chess>(Destination { room, create, name })
//! }
//! ```
//!
//! The arena's is `demo-client/arena/wasm`.

#[cfg(test)]
mod chess;
mod client;
pub mod types;

pub use client::Client;
