//! From a component to columns of integers: the trait that `#[derive(Replicate)]` implements, and the schema that
//! both ends build from it.
//!
//! In: a game's component types (`component`). Out: quantised fields (`field`) in tables (`schema`), some with a `heading`;
//! `snapshot` encodes them.

mod component;
mod field;
mod heading;
mod schema;

pub use component::{ComponentVisitor, Replicate};
pub use field::{FieldKind, FieldSchema, FieldValue};
pub use heading::Heading;
pub use schema::{GameVersion, MovingColumn, PlainColumn, Schema, SchemaBuilder, TableSchema};
pub use tickwire_derive::Replicate;
