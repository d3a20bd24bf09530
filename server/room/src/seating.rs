//! Who has a seat in a room: joins, resumes, lost connections, leaves, and what players say to each other.
//!
//! In: the inbox's messages of that kind, by way of `tick`. Out: outcomes for those who asked, connections to be ended,
//! events for everybody.

use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tickwire_shared::message::RoomEvent;

use crate::game::Game;
use crate::inbox::ClientId;
use crate::player::Player;
use crate::room::Room;

/// How a join ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinOutcome {
    /// The client has a seat.
    Seated {
        /// The connection that asked.
        client: ClientId,
        /// Its seat.
        player: PlayerId,
        /// The token that takes it back.
        token: ResumeToken,
        /// The seat was the client's before.
        resumed: bool,
    },
    /// The client was not let in.
    Refused(ClientId, Refusal),
}

/// What a room's host decides for it. Part of a re-run's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomConfig {
    /// Where the room's generator starts.
    pub seed: u64,
    /// How long a lost player's seat is kept, ticks.
    pub grace_ticks: u32,
    /// Lines of chat per player within `chat_span_ticks`.
    pub chat_lines: usize,
    /// The span of the chat limit, ticks.
    pub chat_span_ticks: u32,
}

/// A game and the room that it has authority over.
pub(crate) struct Authority<G: Game> {
    pub(crate) game: G,
    pub(crate) room: Room<G::Rules>,
    pub(crate) options: G::Options,
    pub(crate) config: RoomConfig,
    /// Connections that the room ends.
    pub(crate) sent_away: Vec<(ClientId, Refusal)>,
}

impl<G: Game> Authority<G> {
    /// A client asks for a seat, or for its old one.
    pub(crate) fn join(
        &mut self,
        client: ClientId,
        name: String,
        token: ResumeToken,
        resume: Option<ResumeToken>,
    ) -> JoinOutcome {
        if let Some(resume) = resume {
            return self.resume(client, token, resume);
        }
        if self.room.people() >= G::seats(&self.options) {
            return JoinOutcome::Refused(client, CloseReason::RoomFull.into());
        }
        let player = self.room.next_player_id();
        let seat = Player::person(player, name, client, token);
        let (joined, events_before) = (RoomEvent::Joined(seat.info()), self.room.events.mark());
        self.room.players.insert(seat);
        self.room.announce(&joined);
        if let Err(refusal) = self.game.join(&mut self.room, player) {
            // Nobody hears of somebody who was never in.
            self.room.events.forget_since(events_before);
            self.room.players.remove(player);
            return JoinOutcome::Refused(client, refusal);
        }
        self.tell_roster(player);
        JoinOutcome::Seated {
            client,
            player,
            token,
            resumed: false,
        }
    }

    fn resume(&mut self, client: ClientId, token: ResumeToken, resume: ResumeToken) -> JoinOutcome {
        let seat = self
            .room
            .players
            .iter_mut()
            .find(|player| !player.bot && player.token == resume);
        let Some(seat) = seat else {
            return JoinOutcome::Refused(client, CloseReason::ResumeRefused.into());
        };
        let player = seat.id;
        let replaced = (!seat.away).then_some(seat.client);
        seat.resume(client, token);
        self.room.announce(&RoomEvent::Away(player, false));
        self.tell_roster(player);
        if let Some(replaced) = replaced {
            self.sent_away
                .push((replaced, CloseReason::Replaced.into()));
        }
        JoinOutcome::Seated {
            client,
            player,
            token,
            resumed: true,
        }
    }

    /// Tells a newcomer who is there.
    fn tell_roster(&mut self, newcomer: PlayerId) {
        let infos = self
            .room
            .players
            .iter()
            .map(Player::info)
            .collect::<Vec<_>>();
        for info in infos {
            self.room.tell(newcomer, &RoomEvent::Joined(info));
        }
    }

    /// True when this connection holds the seat.
    fn holds(&self, player: PlayerId, client: ClientId) -> bool {
        self.room
            .players
            .get(player)
            .is_some_and(|seat| seat.client == client && !seat.bot)
    }

    /// This connection of a player is gone; its seat is kept for the grace time.
    pub(crate) fn lose(&mut self, player: PlayerId, client: ClientId) {
        if self.holds(player, client) {
            let tick = self.room.tick;
            if let Some(seat) = self.room.players.get_mut(player) {
                seat.lose(tick);
            }
            self.room.announce(&RoomEvent::Away(player, true));
        }
    }

    /// A line of chat, cleaned; empty when nothing was left of it.
    pub(crate) fn chat(&mut self, player: PlayerId, text: String) {
        let (tick, span, lines) = (
            self.room.tick,
            self.config.chat_span_ticks,
            self.config.chat_lines,
        );
        let Some(seat) = self.room.players.get_mut(player) else {
            return;
        };
        while seat
            .chat_ticks
            .front()
            .is_some_and(|said| tick.since(*said) >= span as i32)
        {
            seat.chat_ticks.pop_front();
        }
        if text.is_empty() || seat.chat_ticks.len() >= lines {
            self.room.tell(player, &RoomEvent::ChatRefused);
        } else {
            seat.chat_ticks.push_back(tick);
            self.room.announce(&RoomEvent::Chat(player, text));
        }
    }

    /// The player gives up its seat, over this connection.
    pub(crate) fn leave(&mut self, player: PlayerId, client: ClientId) {
        if self.holds(player, client) {
            self.remove(player);
        }
    }

    /// Carries out the kicks that the game asked for in this tick.
    pub(crate) fn kick(&mut self) {
        for (player, refusal) in std::mem::take(&mut self.room.kicks) {
            if let Some(seat) = self.room.players.get(player) {
                self.sent_away.push((seat.client, refusal));
                self.remove(player);
            }
        }
    }

    fn remove(&mut self, player: PlayerId) {
        if self.room.players.contains(player) {
            self.game.leave(&mut self.room, player);
            self.room.remove_player(player);
        }
    }

    /// Frees the seats whose grace time is over.
    pub(crate) fn remove_overdue(&mut self) {
        let (tick, grace) = (self.room.tick, self.config.grace_ticks as i32);
        let overdue = |seat: &Player<G::Rules>| seat.away && tick.since(seat.away_since) >= grace;
        while let Some(player) = self
            .room
            .players
            .iter()
            .find(|seat| overdue(seat))
            .map(|seat| seat.id)
        {
            self.remove(player);
        }
    }
}
