//! The shape of what travels as a whole: how its bytes are laid out, as a text.
//!
//! In: a game's types, by `#[message]`, `#[input]` and `#[component]`. Out: one line of text for each, whose hash goes into
//! the schema's. So two builds that would misread each other's bytes differ in the hash, and nobody has to raise a number.
//! All of it happens in the compiler: a page has none of the texts in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;
pub use tickwire_derive::Shape;
use xxhash_rust::const_xxh3::xxh3_64;

use crate::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};

/// The longest text, bytes.
const TEXT_BYTES: usize = 4096;

/// A type whose bytes are laid out in a way that both ends can compare. Write `#[message]` above a type of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel: nothing says how its bytes are laid out",
    label = "in a message, an input, an event or a component",
    note = "write `#[message]` above the type; if it is another crate's, make a type of your own that holds what you need"
)]
pub trait Shape {
    /// The type's shape: `u8`, `string`, `[f32]`, `{x:f32,y:f32}`, `<Hit(u32)|Miss>`.
    const TEXT: Text;
    /// XXH3 of that text.
    const HASH: u64 = Self::TEXT.hash();
}

/// A text that is put together in the compiler.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    bytes: [u8; TEXT_BYTES],
    length: usize,
}

impl Text {
    /// A text of one word.
    pub const fn of(word: &str) -> Text {
        let empty = Text {
            bytes: [0; TEXT_BYTES],
            length: 0,
        };
        empty.word(word)
    }

    /// This text and then a word.
    #[must_use]
    pub const fn word(self, word: &str) -> Text {
        self.append(word.as_bytes(), word.len())
    }

    /// This text and then another.
    #[must_use]
    pub const fn then(self, other: &Text) -> Text {
        self.append(&other.bytes, other.length)
    }

    /// This text and then a number.
    #[must_use]
    pub const fn number(self, number: usize) -> Text {
        let text = if number >= 10 {
            self.number(number / 10)
        } else {
            self
        };
        text.append(&[b'0' + (number % 10) as u8], 1)
    }

    const fn append(mut self, bytes: &[u8], length: usize) -> Text {
        assert!(
            self.length + length <= TEXT_BYTES,
            "this type holds too many others to travel: make it smaller"
        );
        let mut at = 0;
        while at < length {
            self.bytes[self.length + at] = bytes[at];
            at += 1;
        }
        self.length += length;
        self
    }

    const fn hash(&self) -> u64 {
        let (text, _) = self.bytes.split_at(self.length);
        xxh3_64(text)
    }

    /// The text, for people.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.bytes.get(..self.length).unwrap_or_default()).unwrap_or_default()
    }
}

/// Types that are one word.
macro_rules! words {
    ($($type:ty = $word:literal),+ $(,)?) => {
        $(impl Shape for $type {
            const TEXT: Text = Text::of($word);
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
    const TEXT: Text = T::TEXT.word("?");
}

impl<T: Shape> Shape for Box<T> {
    const TEXT: Text = T::TEXT;
}

impl<T: Shape, const N: usize> Shape for [T; N] {
    const TEXT: Text = Text::of("[").then(&T::TEXT).word(",").number(N).word("]");
}

/// Types that are many of one other.
macro_rules! lists {
    ($($list:ident),+) => {
        $(impl<T: Shape> Shape for $list<T> {
            const TEXT: Text = Text::of("[").then(&T::TEXT).word("]");
        })+
    };
}

lists!(Vec, VecDeque, BTreeSet);

// Other keys than words are none that an object of JavaScript could have.
impl<V: Shape> Shape for BTreeMap<String, V> {
    const TEXT: Text = Text::of("map(").then(&V::TEXT).word(")");
}

/// Tuples.
macro_rules! tuples {
    ($(($first:ident $(, $item:ident)*)),+) => {
        $(impl<$first: Shape $(, $item: Shape)*> Shape for ($first, $($item,)*) {
            const TEXT: Text =
                Text::of("(").then(&$first::TEXT)$(.word(",").then(&$item::TEXT))*.word(")");
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

/// A type that travels as a whole, in bincode: inputs, commands, events, setups. Write `#[message]` above it.
pub trait Wire:
    Shape + Clone + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
}
impl<T: Shape + Clone + std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Wire
    for T
{
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::message;

    #[message]
    struct Card {
        suit: Suit,
        rank: u8,
    }

    #[message]
    enum Suit {
        Hearts,
        Spades,
    }

    #[message]
    enum Deal {
        Nothing,
        Hand(Vec<Card>, Option<PlayerId>),
        Trick {
            by: BTreeMap<String, (i8, f32)>,
            last: [bool; 12],
        },
        Undo(Box<Deal>),
    }

    #[test]
    fn a_text_says_how_bytes_are_laid_out_and_has_an_end() {
        assert_eq!(
            Deal::TEXT.as_str(),
            "<Nothing|Hand([{suit:<Hearts|Spades>,rank:u8}],player?)\
             |Trick{by:map((i8,f32)),last:[bool,12]}|Undo(Box<Deal>)>"
        );
        assert_eq!(<() as Shape>::TEXT.as_str(), "()");
        assert_eq!(Suit::HASH, xxh3_64(b"<Hearts|Spades>"));
    }

    #[test]
    fn what_would_be_misread_has_another_hash() {
        mod swapped {
            #[tickwire_derive::message]
            pub(super) enum Suit {
                Spades,
                Hearts,
            }
        }
        assert_ne!(Suit::HASH, swapped::Suit::HASH);
        mod trees {
            #[tickwire_derive::message]
            pub(super) struct One(Vec<One>, Option<u8>);
            pub(super) mod other {
                #[tickwire_derive::message]
                pub(in super::super) struct One(Option<Box<One>>, Option<u8>);
            }
        }
        assert_ne!(trees::One::HASH, trees::other::One::HASH);
        let hashes = [
            u8::HASH,
            i8::HASH,
            <[u8; 1]>::HASH,
            <(u8,)>::HASH,
            Vec::<u8>::HASH,
        ];
        for (n, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..n].contains(hash), "{n}");
        }
    }
}
