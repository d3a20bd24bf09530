//! How smooth the picture is: real rooms, real feeds and real client cores in virtual time, over links like real ones.
//!
//! In: a link, a span, a seed. `play` records what each screen drew together with what was true; `measure` computes the
//! figures, `freeze` tries interruptions, `shots` tries duels, `report` prints, `plot` draws. Must not: know what the
//! client core does inside.

pub mod freeze;
pub mod measure;
pub mod play;
pub mod plot;
pub mod preset;
pub mod record;
pub mod report;
pub mod shots;
