//! How smooth the picture is: real rooms, real feeds and real client cores in virtual time, over links as people have.
//!
//! In: a link, a span, a seed. `play` records what each screen drew beside what was true; `measure` makes figures of
//! it, `freeze` tries interruptions, `shots` duels, `report` prints, `plot` draws. Must not: know what the client core does inside.

pub mod freeze;
pub mod measure;
pub mod play;
pub mod plot;
pub mod preset;
pub mod record;
pub mod report;
pub mod shots;
