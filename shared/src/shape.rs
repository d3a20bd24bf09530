//! The shape of what travels as a whole: how its bytes are laid out, as a text.
//!
//! In: a game's types, by `#[message]`, `#[input]` and `#[component]`. Out: one line of text for each, which goes into the
//! schema's hash. So two builds that would misread each other's bytes differ in the hash, and nobody has to raise a number.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
pub use tickwire_derive::Shape;

/// A type whose bytes are laid out in a way that both ends can compare. Write `#[message]` above a type of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel: nothing says how its bytes are laid out",
    label = "in a message, an input, an event or a component",
    note = "write `#[message]` above the type; if it is another crate's, make a type of your own that holds what you need"
)]
pub trait Shape {
    /// Appends the type's shape.
    fn shape(out: &mut Shapes);
}

/// Shapes as they are written, type by type.
#[derive(Debug, Default)]
pub struct Shapes {
    text: String,
    /// The types that are being written, so that one that holds itself has an end.
    open: Vec<&'static str>,
}

impl Shapes {
    /// The shape of one type: `u8`, `string`, `[f32]`, `{x:f32,y:f32}`, `<Hit(u32)|Miss>`.
    pub fn of<T: Shape>() -> String {
        let mut shapes = Shapes::default();
        T::shape(&mut shapes);
        shapes.text
    }

    /// Appends text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends the shape of a type that has a name, between two brackets. Inside of itself it is its name alone.
    pub fn named<T: ?Sized>(
        &mut self,
        name: &str,
        brackets: [&str; 2],
        inside: impl FnOnce(&mut Shapes),
    ) {
        let whole = std::any::type_name::<T>();
        if self.open.contains(&whole) {
            return self.push(name);
        }
        self.open.push(whole);
        let [left, right] = brackets;
        self.push(left);
        inside(self);
        self.push(right);
        self.open.pop();
    }

    /// Appends the shapes of a list's items, between two brackets.
    pub fn list(&mut self, brackets: [&str; 2], items: &[fn(&mut Shapes)]) {
        let [left, right] = brackets;
        self.push(left);
        for (n, item) in items.iter().enumerate() {
            self.push(if n == 0 { "" } else { "," });
            item(self);
        }
        self.push(right);
    }
}

/// Types that are one word.
macro_rules! words {
    ($($type:ty = $word:literal),+ $(,)?) => {
        $(impl Shape for $type {
            fn shape(out: &mut Shapes) {
                out.push($word);
            }
        })+
    };
}

// No `usize`: it has another length in a browser.
words! {
    () = "()", bool = "bool", char = "char", String = "string",
    u8 = "u8", u16 = "u16", u32 = "u32", u64 = "u64",
    i8 = "i8", i16 = "i16", i32 = "i32", i64 = "i64",
    f32 = "f32", f64 = "f64",
    PlayerId = "player", EntityId = "entity", ChannelId = "channel",
    Tick = "tick", InputSequence = "sequence", ResumeToken = "token",
}

impl<T: Shape> Shape for Option<T> {
    fn shape(out: &mut Shapes) {
        T::shape(out);
        out.push("?");
    }
}

impl<T: Shape> Shape for Box<T> {
    fn shape(out: &mut Shapes) {
        T::shape(out);
    }
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    fn shape(out: &mut Shapes) {
        out.list(["[", "]"], &[T::shape, |out| out.push(&N.to_string())]);
    }
}

/// Types that are many of one other.
macro_rules! lists {
    ($($list:ident),+) => {
        $(impl<T: Shape> Shape for $list<T> {
            fn shape(out: &mut Shapes) {
                out.list(["[", "]"], &[T::shape]);
            }
        })+
    };
}

lists!(Vec, VecDeque, BTreeSet);

impl<K: Shape, V: Shape> Shape for BTreeMap<K, V> {
    fn shape(out: &mut Shapes) {
        out.list(["map(", ")"], &[K::shape, V::shape]);
    }
}

/// Tuples.
macro_rules! tuples {
    ($(($($item:ident),+)),+) => {
        $(impl<$($item: Shape),+> Shape for ($($item,)+) {
            fn shape(out: &mut Shapes) {
                out.list(["(", ")"], &[$($item::shape),+]);
            }
        })+
    };
}

tuples!(
    (A),
    (A, B),
    (A, B, C),
    (A, B, C, D),
    (A, B, C, D, E),
    (A, B, C, D, E, F)
);
