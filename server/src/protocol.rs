//! What is spoken over the WebSockets of one path: how a client says where it wants to go, and how it is told goodbye.
//!
//! In: a client's first message. Out: a seat in a room, or why there is none. All that follows is between the client
//! and the seat's two ends ([`crate::Port`], [`crate::Feed`]): a room of any kind can bring a protocol of its own.

use std::pin::Pin;

use tickwire_shared::close::Refusal;

use crate::directory::{Entrance, Joined};

/// A protocol and the path that it is spoken on.
pub trait Protocol: Send + Sync + 'static {
    /// The path of its WebSockets, such as `/ws`. A part in braces (`/notes/{note}`) matches any.
    fn path(&self) -> &str;

    /// True if a client speaks first: its first message is then waited for. Otherwise it is let in immediately.
    fn waits_for_hello(&self) -> bool {
        true
    }

    /// Finds the room that a client wants, opens it if need be, and waits for its answer.
    fn join<'a>(&'a self, entrance: Entrance<'a>, call: Call) -> Joining<'a>;

    /// A whole message that says why the server is about to close; a close frame with the same words follows. `None`
    /// when the protocol has no such message.
    fn goodbye(&self, refusal: &Refusal) -> Option<Vec<u8>>;
}

/// A client that asks to be let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The path that it asked for, without the query.
    pub path: String,
    /// Its first message, if the protocol waits for one.
    pub hello: Vec<u8>,
}

/// What [`Protocol::join`] gives.
pub type Joining<'a> = Pin<Box<dyn Future<Output = Result<Joined, Refusal>> + Send + 'a>>;
