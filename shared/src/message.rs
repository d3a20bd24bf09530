//! Every message on the wire except snapshots: hello and welcome, inputs and commands, pings, goodbyes.
//!
//! In: values of these types. Out: the bytes of one WebSocket message, by way of [`crate::codec`]. The first byte of a
//! message is the variant's number; server messages from 0x80 on are snapshots (see [`crate::snapshot`]).
//! `docs/protocol.md` shows each byte by byte. New variants are added at the end and nowhere else.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;
use ts_rs::TS;

use crate::codec::{self, CodecError};
use crate::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use crate::input::Input;
use crate::limits::{CLIENT_MESSAGE_BYTES, INPUTS_PER_MESSAGE, LINK_BYTES, SERVER_MESSAGE_BYTES};
use crate::snapshot::{BitReader, BitWriter, SnapshotError};

/// The version of the protocol. Raised with every change that an older peer would misread.
pub const PROTOCOL_VERSION: u16 = 6;

/// The tag of a hello: the first byte of its message, in every version.
pub const HELLO: u8 = 0;

/// The first message of a connection: the game, the room, the player's name.
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
    /// The name to be shown under, at most [`crate::limits::NAME_BYTES`] bytes.
    pub name: String,
    /// The token of the last welcome, to get the same seat back.
    pub resume: Option<ResumeToken>,
}

/// Consecutive inputs of one client, oldest first: one for each tick from `first_tick` on.
///
/// On the wire the inputs are bits, the first one whole. Before each further one is a bit 1, and another that is 1 if it
/// equals the one before it; else it follows whole. A bit 0 ends them. `viewed_tick` travels as the way back from `first_tick`.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs<I> {
    /// The number of the first input; each one after it has the next number.
    pub first_sequence: InputSequence,
    /// The tick that the first input is meant for.
    pub first_tick: Tick,
    /// The tick whose picture was on the player's screen: to here the server rewinds.
    pub viewed_tick: Tick,
    /// How far the picture was on the way to the next tick, in 256ths.
    pub viewed_part: u8,
    /// 1 to [`INPUTS_PER_MESSAGE`] of them. As a rule there is one, which takes no memory of its own.
    pub inputs: SmallVec<[I; 2]>,
}

/// [`Inputs`] as they travel.
#[derive(Serialize, Deserialize)]
struct PackedInputs<'a> {
    first_sequence: InputSequence,
    first_tick: Tick,
    /// From `first_tick` back to `viewed_tick`, ticks.
    viewed_back: i32,
    viewed_part: u8,
    bits: &'a [u8],
}

impl<I: Input> Serialize for Inputs<I> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut bits = BitWriter::default();
        let mut before = None;
        for input in &self.inputs {
            if before.is_some() {
                bits.bit(true);
                bits.bit(before == Some(input));
            }
            if before != Some(input) {
                input.pack(&mut bits);
            }
            before = Some(input);
        }
        bits.bit(false);
        PackedInputs {
            first_sequence: self.first_sequence,
            first_tick: self.first_tick,
            viewed_back: self.first_tick.since(self.viewed_tick),
            viewed_part: self.viewed_part,
            bits: bits.finish(),
        }
        .serialize(to)
    }
}

impl<'de, I: Input> Deserialize<'de> for Inputs<I> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let packed = PackedInputs::deserialize(from)?;
        let inputs = unpack_inputs(packed.bits).map_err(D::Error::custom)?;
        let back = Tick(packed.viewed_back as u32);
        Ok(Inputs {
            first_sequence: packed.first_sequence,
            first_tick: packed.first_tick,
            viewed_tick: packed.first_tick.minus(back.0),
            viewed_part: packed.viewed_part,
            inputs,
        })
    }
}

fn unpack_inputs<I: Input>(bits: &[u8]) -> Result<SmallVec<[I; 2]>, SnapshotError> {
    let mut bits = BitReader::new(bits);
    let mut inputs = SmallVec::new();
    let mut input = I::unpack(&mut bits)?;
    while bits.bit()? {
        // One more is to come, and one in hand.
        if inputs.len() + 2 > INPUTS_PER_MESSAGE {
            return Err(SnapshotError::Invalid);
        }
        let next = match bits.bit()? {
            true => input.clone(),
            false => I::unpack(&mut bits)?,
        };
        inputs.push(std::mem::replace(&mut input, next));
    }
    inputs.push(input);
    bits.finish()?;
    Ok(inputs)
}

/// A message of a client. `I` and `C` are the game's input and command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(
    serialize = "I: Input, C: Serialize",
    deserialize = "I: Input, C: Deserialize<'de>"
))]
pub enum ClientMessage<I, C> {
    /// 0: the first message, sent once.
    Hello(Hello),
    /// 1: what the player intends, tick by tick.
    Inputs(Inputs<I>),
    /// 2: a reliable message to the game.
    Command(C),
    /// 3: asks for a [`ServerMessage::Pong`]. Also keeps the connection from being idle.
    Ping(Ping),
    /// 4: the client leaves for good; its seat is not kept.
    Goodbye,
    /// 5: a line of chat for everybody in the room, at most [`crate::limits::CHAT_BYTES`] bytes.
    Chat(String),
    /// 6: whether the picture is hidden (a tab in the background). Then the client gets fewer snapshots.
    Hidden(bool),
    /// 7: the client holds something else than the server says it should.
    Desync(Desync),
    /// 8: a description of how the client's own link should be made worse, such as `80ms jitter 20ms`; at most
    /// [`LINK_BYTES`] bytes. Only a server that has sent a [`LinkReport`] listens.
    Link(String),
}

/// A channel's check did not match what the client holds. The client says so twice: first to ask for a keyframe that
/// heals the channel, and after that keyframe with what it showed to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desync {
    /// The channel. [`ChannelId::OWN`] stands for the client's avatar too.
    pub channel: ChannelId,
    /// None asks for the keyframe. After it: the first entity that differed, or 0 when no entity did.
    pub found: Option<EntityId>,
}

/// A question for the room's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// The pong brings it back.
    pub nonce: u32,
}

/// The answer to a [`Ping`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The nonce of the ping.
    pub nonce: u32,
    /// The room's time half-way between when the ping came and when it was answered, microseconds: tick n is due at
    /// n / tick rate.
    pub room_time_us: u64,
}

/// The room lets a client in. `S` is the game's setup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome<S> {
    /// The seat.
    pub player: PlayerId,
    /// The token that gets the seat back after a lost connection. The ones before it are good until the client
    /// has said something.
    pub resume: ResumeToken,
    /// True when the hello's token was accepted: same player, same score.
    pub resumed: bool,
    /// The room that the client is in.
    pub room: String,
    /// The name that the player is shown under, after cleaning.
    pub name: String,
    /// The next tick that the room will simulate.
    pub tick: Tick,
    /// The room's time now, microseconds, as in a pong.
    pub room_time_us: u64,
    /// [`crate::trace::step_hash`] on the server; 0 if it has none.
    pub step: u64,
    /// What the game tells each client on joining.
    pub setup: S,
}

/// Something that happened in a room, by the framework or by the game. Events travel inside snapshots, so that an event
/// and the state that it belongs to arrive together. `E` is the game's event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum RoomEvent<E> {
    /// 0: a player has a seat. The roster is made of these, too.
    Joined(PlayerInfo),
    /// 1: a player's seat is empty again.
    Left(PlayerId),
    /// 2: a player's connection was lost (true) or is back (false); the seat is kept meanwhile.
    Away(PlayerId, bool),
    /// 3: a line of chat, cleaned.
    Chat(PlayerId, String),
    /// 4: the receiver's last line of chat was not passed on: too many lines, or nothing left to show.
    ChatRefused,
    /// 5: an event of the game.
    Game(E),
    /// 6: the server carried out the receiver's own action of this input. The page never sees it: the client core turns
    /// it into [`crate::client::ClientEvent::Confirmed`].
    Acted(InputSequence),
    /// 7: a player's inputs move this entity from now on.
    Avatar(PlayerId, EntityId),
}

/// A player as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlayerInfo {
    /// The seat.
    pub player: PlayerId,
    /// The name to show, cleaned: at most [`crate::limits::NAME_CHARS`] characters.
    pub name: String,
    /// The server plays this player.
    pub bot: bool,
    /// The connection is lost and the seat is kept.
    pub away: bool,
    /// The entity that its inputs move. It may be gone, and others may not see it.
    pub avatar: Option<EntityId>,
}

/// Why the server is about to close, in words. A close frame with the same code follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// The close code, see [`crate::close::CloseReason`].
    pub code: u16,
    /// For a person to read.
    pub words: String,
}

/// How a server in dev mode conditions the client's link. It says so after the welcome, and whenever the client has
/// asked for another link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkReport {
    /// The link as it is now, such as `80ms jitter 20ms`, or `none`.
    pub link: String,
    /// Why the link that the client asked for was refused, for a person to read: then the link stays as it was. Empty
    /// when nothing was refused.
    pub error: String,
}

/// A message of a server that is not a snapshot. `S` is the game's setup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerMessage<S> {
    /// 0: answers a hello.
    Welcome(Welcome<S>),
    /// 1: answers a ping.
    Pong(Pong),
    /// 2: the server is about to close the connection.
    Goodbye(Goodbye),
    /// 3: the client may condition its link, and this is how the link is now.
    Link(LinkReport),
}

impl<I, C> ClientMessage<I, C>
where
    I: Input,
    C: serde::de::DeserializeOwned,
{
    /// Decodes one whole message from a client.
    ///
    /// # Errors
    /// Those of [`codec::decode`]; `Invalid` for an empty or too long batch of inputs, or a too long link.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let message = codec::decode::<Self, CLIENT_MESSAGE_BYTES>(bytes)?;
        match &message {
            ClientMessage::Link(link) if link.len() > LINK_BYTES => Err(CodecError::Invalid),
            _ => Ok(message),
        }
    }
}

impl<S: serde::de::DeserializeOwned> ServerMessage<S> {
    /// Decodes one whole message from a server that is not a snapshot.
    ///
    /// # Errors
    /// Those of [`codec::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode::<Self, SERVER_MESSAGE_BYTES>(bytes)
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use proptest::prelude::*;

    type Message = ClientMessage<[u8; 2], String>;

    impl Input for [u8; 2] {}

    fn message(inputs: SmallVec<[[u8; 2]; 2]>) -> Message {
        ClientMessage::Inputs(Inputs {
            first_sequence: InputSequence(1),
            first_tick: Tick(5),
            viewed_tick: Tick(u32::MAX),
            viewed_part: 0,
            inputs,
        })
    }

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
    fn an_empty_endless_or_padded_batch_of_inputs_is_refused() {
        let most = codec::encode(&message(smallvec![[0, 0]; INPUTS_PER_MESSAGE])).unwrap();
        assert!(Message::decode(&most).is_ok());
        let over = codec::encode(&message(smallvec![[0, 0]; INPUTS_PER_MESSAGE + 1])).unwrap();
        assert_eq!(Message::decode(&over), Err(CodecError::Invalid));
        let one = codec::encode(&message(smallvec![[7, 9]])).unwrap();
        // tag, sequence, tick, 6 ticks back, part, 3 bytes of bits: 16 of the input, and the bit that ends it.
        assert_eq!(one, [1, 1, 5, 12, 0, 3, 7, 9, 0]);
        for wrong in [
            &[1, 1, 5, 12, 0, 0][..],
            &[1, 1, 5, 12, 0, 2, 7, 9],
            &[1, 1, 5, 12, 0, 3, 7, 9, 2],
            &[1, 1, 5, 12, 0, 4, 7, 9, 0, 0],
            &[1, 1, 5, 12, 0, 3, 7, 9, 1],
        ] {
            assert_eq!(
                Message::decode(wrong),
                Err(CodecError::Invalid),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_held_input_costs_two_bits() {
        let held = message(smallvec![[7, 9]; 4]);
        assert_eq!(codec::encode(&held).unwrap().len(), 9);
    }

    proptest! {
        #[test]
        fn a_batch_comes_back(
            inputs in proptest::collection::vec(any::<[bool; 2]>(), 1..=INPUTS_PER_MESSAGE),
        ) {
            let inputs = inputs.iter().map(|[a, b]| [u8::from(*a), u8::from(*b)]);
            let said = message(inputs.collect());
            prop_assert_eq!(Message::decode(&codec::encode(&said).unwrap()), Ok(said));
        }

        #[test]
        fn any_bytes_give_ok_or_err(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = Message::decode(&bytes);
            let _ = ServerMessage::<(u8, String)>::decode(&bytes);
        }
    }
}
