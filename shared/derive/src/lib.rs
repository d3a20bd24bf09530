//! What an author writes above types: one word for each kind of type, and for each of the two impls of a game.
//!
//! In: structs, enums and impls. Out: the same with their derives, and implementations of the traits of `tickwire_shared`.
//! `replicate`, `shape` and `input` are derives; `item` adds the derives that a type needs; `filled` writes out what an
//! impl leaves out; `attributes` reads `#[net(..)]`.

mod attributes;
mod filled;
mod input;
mod item;
mod replicate;
mod shape;
#[cfg(test)]
mod tests;

use item::Work;
use proc_macro::TokenStream;
use syn::{DeriveInput, Error, ItemImpl, parse_macro_input};

/// Implements `Replicate` for a struct, or makes a unit enum usable as a field.
#[proc_macro_derive(Replicate, attributes(net))]
pub fn derive_replicate(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    finish(replicate::expand(&input))
}

/// Implements `Shape`: how the bytes of a type are laid out.
#[proc_macro_derive(Shape)]
pub fn derive_shape(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    finish(shape::expand(&input))
}

/// Implements `Input`: valid is what the fields' `#[net(..)]` declare.
#[proc_macro_derive(Input, attributes(net))]
pub fn derive_input(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    finish(input::expand(&input))
}

/// A component, or an enum in one: clients see it, quantised as `#[net(..)]` says, and rooms save it.
#[proc_macro_attribute]
pub fn component(words: TokenStream, item: TokenStream) -> TokenStream {
    work(Work::Component, words, item)
}

/// What a player wants in one tick. `#[net(range = ..)]` says what a client may send.
#[proc_macro_attribute]
pub fn input(words: TokenStream, item: TokenStream) -> TokenStream {
    work(Work::Input, words, item)
}

/// What travels whole: a command, an event, an action, a setup, and types inside of these.
#[proc_macro_attribute]
pub fn message(words: TokenStream, item: TokenStream) -> TokenStream {
    work(Work::Message, words, item)
}

/// What only the server has and a saved room keeps: the game itself, and components that no client sees.
#[proc_macro_attribute]
pub fn saved(words: TokenStream, item: TokenStream) -> TokenStream {
    work(Work::Saved, words, item)
}

/// Writes out what an `impl Rules` leaves out: types that are `()`, the name, the avatar as the only component.
#[proc_macro_attribute]
pub fn rules(words: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    finish(filled::rules(words.into(), item))
}

/// Writes out what an `impl Game` leaves out: no options, a game and a setup by default, an avatar for each player.
#[proc_macro_attribute]
pub fn game(words: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    finish(filled::game(words.into(), item))
}

fn work(work: Work, words: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as DeriveInput);
    finish(item::expand(work, words.into(), item))
}

fn finish(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(Error::into_compile_error).into()
}
