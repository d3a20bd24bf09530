//! Everything that is said over the wire except snapshots: hello and welcome, inputs and commands, pings, goodbyes.
//!
//! In: values of these types. Out: bytes of one WebSocket message, by way of [`crate::codec`]. The first byte of a
//! message is the variant's number; server messages from 0x80 on are snapshots (see [`crate::snapshot`]).
//! `docs/protocol.md` shows each byte by byte. Variants are only ever added at the end.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::codec::{self, CodecError};
use crate::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use crate::limits::{CLIENT_MESSAGE_BYTES, INPUTS_PER_MESSAGE, LINK_BYTES, SERVER_MESSAGE_BYTES};

/// Raised with every change that an older peer would misread.
pub const PROTOCOL_VERSION: u16 = 3;

/// The first message of a connection: who wants to go where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Must equal [`PROTOCOL_VERSION`].
    pub protocol: u16,
    /// Must equal the server's [`crate::replicate::Schema::hash`] for the game.
    pub schema: u64,
    /// The game's name.
    pub game: String,
    /// The room's name; empty asks for any room with a free seat.
    pub room: String,
    /// Open the room if it is not there.
    pub create: bool,
    /// The name to show, at most [`crate::limits::NAME_BYTES`] bytes.
    pub name: String,
    /// The token of the last welcome, to take the same seat back.
    pub resume: Option<ResumeToken>,
}

/// Consecutive inputs of one client, oldest first: one for each tick from `first_tick` on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs<I> {
    /// The number of the first one; each next has the next number.
    pub first_sequence: InputSequence,
    /// The tick that the first one is meant for.
    pub first_tick: Tick,
    /// The tick whose picture the player was looking at, for rewinding...
    pub viewed_tick: Tick,
    /// ...and how far on to the next one, in 256ths.
    pub viewed_part: u8,
    /// 1 to [`INPUTS_PER_MESSAGE`] of them.
    pub inputs: Vec<I>,
}

/// What a client says. `I` and `C` are the game's input and command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClientMessage<I, C> {
    /// 0: first, and once.
    Hello(Hello),
    /// 1: intents, tick by tick.
    Inputs(Inputs<I>),
    /// 2: a reliable message to the game.
    Command(C),
    /// 3: asks for a [`ServerMessage::Pong`]. Also keeps the connection from being idle.
    Ping(Ping),
    /// 4: the client leaves for good; its seat is not kept.
    Goodbye,
    /// 5: a line for everybody in the room, at most [`crate::limits::CHAT_BYTES`] bytes.
    Chat(String),
    /// 6: nobody looks at the picture (true), or somebody does again: a hidden tab gets fewer snapshots.
    Hidden(bool),
    /// 7: what the client holds is not what the server says it should.
    Desync(Desync),
    /// 8: makes the client's own link worse, in words of at most [`LINK_BYTES`] bytes such as `80ms jitter 20ms`.
    /// Only a server that has sent a [`LinkReport`] listens.
    Link(String),
}

/// A channel's check did not fit what the client holds. Said twice: at once, to be healed by a keyframe; and when that
/// came, with what it showed to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desync {
    /// Where. [`ChannelId::OWN`]: what is the client's own, its avatar too.
    pub channel: ChannelId,
    /// None asks for healing; then the first entity that differed, or 0 when it was none.
    pub found: Option<EntityId>,
}

/// A question about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Comes back in the pong.
    pub nonce: u32,
}

/// The answer to a [`Ping`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The ping's.
    pub nonce: u32,
    /// The room's time when the ping was read, microseconds: tick n is due at n / tick rate.
    pub room_time_us: u64,
}

/// The room lets a client in. `S` is the game's setup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome<S> {
    /// The seat.
    pub player: PlayerId,
    /// Takes the seat back after a lost connection; replaces any earlier one.
    pub resume: ResumeToken,
    /// True when the hello's token was honoured: same player, same score.
    pub resumed: bool,
    /// The room that the client is in.
    pub room: String,
    /// The name that the player is shown under, after cleaning.
    pub name: String,
    /// The next tick that the room will simulate.
    pub tick: Tick,
    /// The room's time now, microseconds, as in a pong.
    pub room_time_us: u64,
    /// What the game tells each client.
    pub setup: S,
}

/// What happens in a room: the framework's own news and the game's. Travels inside snapshots, so that an event and
/// the state it belongs to arrive together. `E` is the game's event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum RoomEvent<E> {
    /// 0: a player has a seat. A newcomer gets one for each who is there already.
    Joined(PlayerInfo),
    /// 1: a seat is empty again.
    Left(PlayerId),
    /// 2: a player's connection was lost (true) or is back (false); the seat is kept meanwhile.
    Away(PlayerId, bool),
    /// 3: a line of chat, cleaned.
    Chat(PlayerId, String),
    /// 4: the receiver's last line of chat was not passed on: too many, or nothing to show.
    ChatRefused,
    /// 5: the game's own.
    Game(E),
    /// 6: the receiver's own action of this input was carried out. Not for the page: the client core makes
    /// [`crate::client::ClientEvent::Confirmed`] of it.
    Acted(InputSequence),
}

/// A player as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlayerInfo {
    /// The seat.
    pub player: PlayerId,
    /// The name to show, cleaned: at most [`crate::limits::NAME_CHARS`] characters.
    pub name: String,
    /// Played by the server.
    pub bot: bool,
    /// The connection is lost, the seat is kept.
    pub away: bool,
}

/// Why the server is about to close, in words. A close frame with the same code follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// The close code, see [`crate::close::CloseReason`].
    pub code: u16,
    /// For a person to read.
    pub words: String,
}

/// What a server in dev mode does to the client's own connection: told after the welcome, and whenever the client has
/// asked for something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkReport {
    /// What the server does to it now, such as `80ms jitter 20ms`, or `none`.
    pub link: String,
    /// What is wrong with what the client asked for, for a person to read; it changed nothing. Empty: nothing is.
    pub error: String,
}

/// What a server says, snapshots apart. `S` is the game's setup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerMessage<S> {
    /// 0: answers a hello.
    Welcome(Welcome<S>),
    /// 1: answers a ping.
    Pong(Pong),
    /// 2: the end is near.
    Goodbye(Goodbye),
    /// 3: the client may make its link worse, and how it is now.
    Link(LinkReport),
}

impl<I, C> ClientMessage<I, C>
where
    I: serde::de::DeserializeOwned,
    C: serde::de::DeserializeOwned,
{
    /// Decodes one whole message from a client.
    ///
    /// # Errors
    /// What [`codec::decode`] says; `Invalid` for an empty or too long batch of inputs, or a too long link.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let message = codec::decode::<Self, CLIENT_MESSAGE_BYTES>(bytes)?;
        match &message {
            ClientMessage::Inputs(batch)
                if batch.inputs.is_empty() || batch.inputs.len() > INPUTS_PER_MESSAGE =>
            {
                Err(CodecError::Invalid)
            }
            ClientMessage::Link(link) if link.len() > LINK_BYTES => Err(CodecError::Invalid),
            _ => Ok(message),
        }
    }
}

impl<S: serde::de::DeserializeOwned> ServerMessage<S> {
    /// Decodes one whole message from a server that is not a snapshot.
    ///
    /// # Errors
    /// What [`codec::decode`] says.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode::<Self, SERVER_MESSAGE_BYTES>(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Message = ClientMessage<(i8, f32), String>;

    #[test]
    fn the_first_byte_is_the_variants_number() {
        let message: Message = ClientMessage::Ping(Ping { nonce: 7 });
        assert_eq!(codec::encode(&message).unwrap(), [3, 7]);
        let pong: ServerMessage<()> = ServerMessage::Pong(Pong {
            nonce: 7,
            room_time_us: 250,
        });
        assert_eq!(codec::encode(&pong).unwrap(), [1, 7, 250]);
    }

    #[test]
    fn an_empty_or_endless_batch_of_inputs_is_refused() {
        for count in [0, INPUTS_PER_MESSAGE + 1] {
            let message: Message = ClientMessage::Inputs(Inputs {
                first_sequence: InputSequence(1),
                first_tick: Tick(1),
                viewed_tick: Tick(0),
                viewed_part: 0,
                inputs: vec![(0, 0.0); count],
            });
            assert_eq!(
                Message::decode(&codec::encode(&message).unwrap()),
                Err(CodecError::Invalid)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_ok_or_err(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = Message::decode(&bytes);
            let _ = ServerMessage::<(u8, String)>::decode(&bytes);
        }
    }
}
