//! A message of every shape that can travel. The server sends each back to who sent it.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::prelude::*;

#[message]
pub enum Shapes {
    Unit,
    UnitInside(()),
    Newtype(u8),
    Tuple(i16, bool),
    Struct { x: f32, y: Option<f64> },
    Small(i8, u8, i16, u16, i32, u32),
    Large(i64, u64),
    Floats(f32, f64),
    Text(String, char),
    List(Vec<u16>),
    Set(BTreeSet<u8>),
    Array([i8; 3]),
    Pair((u8, String)),
    Maybe(Option<u8>),
    Nested(Option<Vec<Option<String>>>),
    Map(BTreeMap<String, Vec<u32>>),
    Inner(Inner),
    Choices(Vec<Choice>),
    Nothing(Nothing),
    Meters(Meters),
    Boxed(Box<Inner>),
    Ids(PlayerId, EntityId, Tick, ChannelId),
}

#[message]
pub struct Inner {
    pub name: String,
    pub place: (f32, f32),
    pub next: Option<u64>,
}

#[message]
pub enum Choice {
    None,
    One(u8),
    Two { a: bool, b: Option<bool> },
}

#[message]
pub struct Nothing;

#[message]
pub struct Meters(pub f32);
