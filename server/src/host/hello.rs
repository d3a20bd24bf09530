//! The way into games' rooms: the protocol of docs/protocol.md from a client's hello to its seat, and how such rooms
//! are opened.
//!
//! In: a client's first message. Out: a seat in the room that it asks for, or a refusal.

use std::collections::BTreeMap;

use tickwire_room::{Game, RoomConfig};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec;
use tickwire_shared::ids::Tick;
use tickwire_shared::message::{
    ClientMessage, Goodbye, HELLO, Hello, PROTOCOL_VERSION, ServerMessage,
};
use tickwire_shared::rules::Rules;
use tickwire_shared::trace;

use super::room::{Clock, HostedRoom, RoomSetup};
use crate::directory::{Entrance, Joined, Wanted};
use crate::kind::{RoomKind, RoomOrder};
use crate::limits::ticks;
use crate::protocol::{Call, Joining, Protocol};
use crate::random;
use crate::text;

/// The kind of room that plays one game and is opened with `options`.
pub(crate) fn game_kind<G: Game>(options: G::Options) -> RoomKind {
    let seats = G::seats(&options);
    let step = step_hash::<G>();
    RoomKind::new(move |order: RoomOrder| {
        let rate = G::Rules::TICK_RATE_HZ;
        let config = RoomConfig {
            seed: random::fresh_seed(),
            first_tick: Tick(0),
            grace_ticks: ticks(order.limits.reconnect_grace, rate),
            chat_lines: order.limits.chat_lines as usize,
            chat_span_ticks: ticks(order.limits.chat_span, rate),
        };
        let setup = RoomSetup {
            name: order.name,
            options: options.clone(),
            seats,
            step,
            config,
            clock: Clock::Machine,
            limits: order.limits,
            metrics: order.metrics,
            on_checkpoint: order.on_checkpoint,
            on_close: order.on_close,
        };
        let (room, handle) = match order.kept {
            Some(state) => HostedRoom::<G>::restore_or_open(setup, &state),
            None => HostedRoom::<G>::open(setup),
        };
        (Box::new(room), handle)
    })
}

/// What the step computes here, so that a page can tell whether its own does. A game that panics at what its trace begins
/// with has none.
fn step_hash<G: Game>() -> u64 {
    std::panic::catch_unwind(trace::step_hash::<G::Rules>).unwrap_or_default()
}

/// The protocol of all games of a server.
#[derive(Debug, Default)]
pub(crate) struct GameProtocol {
    /// The schema of each game, by the game's name.
    schemas: BTreeMap<String, u64>,
}

impl GameProtocol {
    /// Lets clients of this game in, if they have its schema.
    pub(crate) fn add<G: Game>(&mut self, game: String) {
        self.schemas.insert(game, G::Rules::schema().hash);
    }

    fn check(&self, hello: &Hello) -> Result<(), Refusal> {
        let schema = self.schemas.get(&hello.game);
        if hello.schema != *schema.ok_or(CloseReason::UnknownGame)? {
            return Err(CloseReason::SchemaMismatch.into());
        }
        if !hello.room.is_empty() && !text::is_room_name(&hello.room) {
            return Err(CloseReason::BadRoomName.into());
        }
        Ok(())
    }

    async fn seat(&self, entrance: Entrance<'_>, call: Call) -> Result<Joined, Refusal> {
        let hello = decode_hello(&call.hello)?;
        self.check(&hello)?;
        let name = text::clean_name(&hello.name)?;
        let wanted = Wanted {
            kind: hello.game,
            room: hello.room,
            create: hello.create,
        };
        entrance.join(&wanted, name, hello.resume).await
    }
}

impl Protocol for GameProtocol {
    fn path(&self) -> &str {
        "/ws"
    }

    fn join<'a>(&'a self, entrance: Entrance<'a>, call: Call) -> Joining<'a> {
        Box::pin(self.seat(entrance, call))
    }

    fn goodbye(&self, refusal: &Refusal) -> Option<Vec<u8>> {
        let goodbye = Goodbye {
            code: refusal.reason.code(),
            words: refusal.close_words().to_owned(),
        };
        codec::encode(&ServerMessage::<()>::Goodbye(goodbye)).ok()
    }
}

/// Decodes a hello. The version is compared first, since a hello of another version may look different after it.
fn decode_hello(message: &[u8]) -> Result<Hello, Refusal> {
    let Some((&HELLO, body)) = message.split_first() else {
        return Err(CloseReason::HelloExpected.into());
    };
    match codec::decode_prefix::<u16, 16>(body) {
        Ok((PROTOCOL_VERSION, _)) => {}
        Ok((other, _)) => {
            let words = format!(
                "this server speaks protocol {PROTOCOL_VERSION}, not {other}: reload the page"
            );
            return Err(Refusal::new(CloseReason::ProtocolVersion, words));
        }
        Err(_) => return Err(CloseReason::Malformed.into()),
    }
    match ClientMessage::<(), ()>::decode(message) {
        Ok(ClientMessage::Hello(hello)) => Ok(hello),
        _ => Err(CloseReason::Malformed.into()),
    }
}
