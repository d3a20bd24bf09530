//! The authors' tool, `cargo tickwire`, and what this repository's own commands share with it.
//!
//! A game is a project of its own: rules, server, module and page. `new` writes one, `build` makes one program of it, and
//! `dev` builds, serves and watches. In the order in which a build goes: `needs` (what the machine must have) -> `game`
//! (where what is) -> `stages` (WASM, types, page, server), each a step of `steps`. `run` starts other programs, `stamp`
//! says what need not be done again, `bind` makes JavaScript of a module.

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks to its user on stdout"
)]

pub mod bind;
pub mod dev;
pub mod game;
pub mod needs;
pub mod new;
pub mod run;
pub mod running;
pub mod stages;
pub mod stamp;
pub mod steps;
pub mod test;
