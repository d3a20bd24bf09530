//! What a component is to both ends: a name, fields, and its values as numbers.
//!
//! In: a game's types, by `#[derive(Replicate)]`. Out: the traits by which the schema, the encoder and the view know them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::field::FieldSchema;
use crate::shape::Shape;

/// A component that clients see, and that a saved room keeps:
///
/// ```
/// use tickwire_shared::prelude::*;
///
/// #[component]
/// enum Weapon { Rifle, Railgun }
///
/// #[component]
/// struct Body {
///     /// Metres; centimetre steps; drawn smoothly; a jump over 2 m is a teleport.
///     #[net(range = -64.0..=64.0, step = 0.01, interpolate, snap_over = 2.0)]
///     x: f32,
///     /// Radians, 256 directions.
///     #[net(angle, bits = 8, interpolate)]
///     aim: f32,
///     #[net(range = 0..=100)]
///     health: u8,
///     weapon: Weapon,
///     running: bool,
///     /// Only the owner's client learns it.
///     #[net(range = 0..=999, owner_only)]
///     ammo: u16,
///     /// Not sent, and no view has a column for it. In an avatar, the owner's prediction has it.
///     #[net(skip)]
///     vx: f32,
/// }
/// ```
///
/// Field kinds: a float needs `range` and `step`, or `angle` and `bits`; an integer takes its type's range unless
/// `range` narrows it; `bool` and derived unit enums need nothing. `interpolate` draws a float between snapshots
/// (without it the value snaps). `position`, on two interpolated fields, says where the entity is: a room with a grid puts
/// the entity into the channel of its cell. `heading`, on an interpolated angle of the same component, says that the entity
/// moves along this angle, or at a steady angle to it: then a turn costs only the bits of the angle, and none for x and y
/// (0 and 90 degrees are the axes x and y, either way round). `owner_only` hides a field from everybody but the entity's
/// owner. `skip` keeps a field off the wire; the owner of an avatar still gets it, since the whole avatar travels to its
/// owner.
///
/// An interpolated field does not compile when its motion could overflow:
///
/// ```compile_fail
/// #[tickwire_shared::prelude::component]
/// struct Wide {
///     #[net(interpolate)]
///     n: i32,
/// }
/// ```
pub trait Replicate: Shape + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The component's name, in TypeScript too.
    const NAME: &'static str;
    /// Its fields, in wire order.
    const FIELDS: &'static [FieldSchema];

    /// Writes each field quantised: `out` has `FIELDS.len()` elements.
    fn quantise(&self, out: &mut [u32]);

    /// Writes each field as a number: `out` has `FIELDS.len()` elements.
    fn values(&self, out: &mut [f64]);

    /// Makes the component from one number per field. Each number saturates at the bounds of the field's type.
    fn from_values(values: &[f64]) -> Self;
}

/// The avatar of a room that has none.
impl Replicate for () {
    const NAME: &'static str = "None";
    const FIELDS: &'static [FieldSchema] = &[];
    fn quantise(&self, _out: &mut [u32]) {}
    fn values(&self, _out: &mut [f64]) {}
    fn from_values(_values: &[f64]) -> Self {}
}

/// Receives a game's replicated components, in an order that both ends share. See [`crate::rules::Rules::components`].
pub trait ComponentVisitor {
    /// One more component type.
    fn component<C: Replicate>(&mut self);

    /// The avatar, which is none if it is `()`.
    fn avatar<A: Replicate>(&mut self) {
        if A::NAME != <() as Replicate>::NAME {
            self.component::<A>();
        }
    }
}
