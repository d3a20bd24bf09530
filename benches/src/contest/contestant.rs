//! The servers that take part in a contest, and the load's way into each of them.
//!
//! In: a flag, a game. Out: the server's name, the path of its WebSocket, and clients that speak its protocol.

use serde::Serialize;

use super::Game;
use crate::field::ROOM_SEATS;
use crate::load::{self, Cast, Colyseus, Decode, Nengi, Plain, SocketIo};

/// A server that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Contestant {
    /// Our server.
    Tickwire,
    /// A bare loop that writes frames of our size, and reads when epoll says so.
    Limit,
    /// The same, but it reads each socket once a tick and is woken by none.
    Floor,
    /// The library `ws`, a bare shared buffer.
    Ws,
    /// Socket.IO, one binary broadcast.
    Socketio,
    /// Colyseus, its own schema.
    Colyseus,
    /// Bun's own server, a bare shared buffer that it publishes.
    Bun,
    /// nengi 2 on Bun, its own schema.
    Nengi,
    /// Colyseus, the same script, on Bun.
    ColyseusBun,
}

impl Contestant {
    /// True for what needs packages of others, and Node or Bun.
    pub fn is_a_peer(self) -> bool {
        !matches!(
            self,
            Contestant::Tickwire | Contestant::Limit | Contestant::Floor
        )
    }

    /// True if a client asks for a seat by HTTP before it connects.
    pub(super) fn has_matchmaking(self) -> bool {
        matches!(self, Contestant::Colyseus | Contestant::ColyseusBun)
    }

    /// True if it has this game. The arena is ours; the bare loops write and read as often as it does.
    pub fn plays(self, game: Game) -> bool {
        game != Game::Arena || !self.is_a_peer()
    }

    /// The name in tables, files and flags.
    pub fn label(self) -> &'static str {
        match self {
            Contestant::Tickwire => "tickwire",
            Contestant::Limit => "limit",
            Contestant::Floor => "floor",
            Contestant::Ws => "ws",
            Contestant::Socketio => "socketio",
            Contestant::Colyseus => "colyseus",
            Contestant::Bun => "bun",
            Contestant::Nengi => "nengi",
            Contestant::ColyseusBun => "colyseus-bun",
        }
    }

    /// The path of its WebSocket, with its query.
    pub(super) fn path(self) -> &'static str {
        match self {
            Contestant::Tickwire => "/ws",
            Contestant::Socketio => "/socket.io/?EIO=4&transport=websocket",
            // Colyseus tells each client its own.
            _ => "/",
        }
    }

    /// Makes clients of it that play `game`.
    pub(super) fn cast(self, game: Game) -> Cast {
        match self {
            Contestant::Tickwire => Box::new(move |client| {
                // In every peer, a new client gets a free seat. Naming the room has the same effect, but costs less.
                let room = if game.has_rooms() {
                    format!("room-{}", client / ROOM_SEATS)
                } else {
                    String::new()
                };
                if game == Game::Arena {
                    load::arena(client, room, Decode::None)
                } else {
                    load::field(client, room, Decode::None)
                }
            }),
            Contestant::Limit | Contestant::Floor | Contestant::Ws | Contestant::Bun => {
                Box::new(|client| Box::new(Plain::new(client)))
            }
            Contestant::Socketio => Box::new(|client| Box::new(SocketIo::new(client))),
            Contestant::Colyseus | Contestant::ColyseusBun => {
                Box::new(|client| Box::new(Colyseus::new(client)))
            }
            Contestant::Nengi => Box::new(|client| Box::new(Nengi::new(client))),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn flags_tables_and_json_use_the_same_names() {
        for contestant in Contestant::value_variants() {
            let flag = contestant.to_possible_value().unwrap();
            assert_eq!(flag.get_name(), contestant.label());
            let json = serde_json::to_value(contestant).unwrap();
            assert_eq!(json, contestant.label());
        }
    }
}
