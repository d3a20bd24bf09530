//! The seats of a room and who holds them: joins, resumes, lost connections, leaves, and what players say to each
//! other.
//!
//! In: the inbox's messages of these kinds, from `tick`. Out: an outcome for each client that asked, connections to
//! end, events for everybody.

use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{EntityId, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::Rules;

use crate::game::Game;
use crate::inbox::{ClientId, Sender};
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
        /// The token that takes the seat back.
        token: ResumeToken,
        /// True if the seat was the client's before.
        resumed: bool,
    },
    /// The client was not let in, for this reason.
    Refused(ClientId, Refusal),
}

/// What a room's host decides for it. A re-run must start with the same values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomConfig {
    /// The seed of the room's random generator.
    pub seed: u64,
    /// The tick that is simulated first.
    pub first_tick: Tick,
    /// How long the seat of a player is kept after its connection is lost, ticks.
    pub grace_ticks: u32,
    /// How many lines of chat one player may send within `chat_span_ticks`.
    pub chat_lines: usize,
    /// The span of the chat limit, ticks.
    pub chat_span_ticks: u32,
}

/// A game, and the room that it has authority over.
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
        let token = token.of(player);
        let seat = Player::person(player, name, client, token);
        let (joined, events_before) = (RoomEvent::Joined(seat.info()), self.room.events.mark());
        self.room.players.insert(seat);
        self.room.announce(&joined);
        let first = EntityId(self.room.next_entity);
        if let Err(refusal) = self.game.join(&mut self.room, player) {
            // Nobody hears of a player that was never in.
            self.room.events.forget_since(events_before);
            self.room.despawn_since(player, first);
            self.room.players.remove(player);
            return JoinOutcome::Refused(client, refusal);
        }
        JoinOutcome::Seated {
            client,
            player,
            token,
            resumed: false,
        }
    }

    fn resume(&mut self, client: ClientId, token: ResumeToken, used: ResumeToken) -> JoinOutcome {
        let player = used.player();
        let token = token.of(player);
        let seat = self.room.players.get_mut(player);
        let Some(seat) = seat.filter(|seat| seat.is_resumed_by(used)) else {
            return JoinOutcome::Refused(client, CloseReason::ResumeRefused.into());
        };
        // A connection that is not known to have its welcome may be the newer one, overtaken by an older one's hello. It
        // may come back: its token is good.
        let reason = if seat.arrived {
            CloseReason::Replaced
        } else {
            CloseReason::Overtaken
        };
        let replaced = (!seat.away).then_some(seat.client);
        seat.resume(client, token, used);
        if let Some(replaced) = replaced {
            self.sent_away.push((replaced, reason.into()));
        } else {
            self.room.announce(&RoomEvent::Away(player, false));
        }
        JoinOutcome::Seated {
            client,
            player,
            token,
            resumed: true,
        }
    }

    /// The host stood still for this many ticks. Those who were away could not come back meanwhile.
    pub(crate) fn skip(&mut self, ticks: u32) {
        self.room.tick = self.room.tick.plus(ticks);
        for player in self.room.players.iter_mut() {
            player.away_since = player.away_since.plus(ticks);
        }
    }

    /// The sender's player, if its connection holds the seat.
    #[inline]
    pub(crate) fn held(&mut self, sender: Sender) -> Option<&mut Player<G::Rules>> {
        let player = self.room.players.get_mut(sender.player)?;
        (player.client == sender.client && !player.bot).then_some(player)
    }

    /// A reliable message from a player.
    pub(crate) fn command(&mut self, sender: Sender, command: <G::Rules as Rules>::Command) {
        if self.held(sender).is_some() {
            self.game.command(&mut self.room, sender.player, command);
        }
    }

    /// This connection of a player is gone. Its seat is kept for the grace time, unless the client has no token to come
    /// back with. Such a client would join as a new player, and its old one would stand beside it as a ghost.
    pub(crate) fn lose(&mut self, sender: Sender) {
        let tick = self.room.tick;
        let Some(seat) = self.held(sender) else {
            return;
        };
        if seat.can_come_back() {
            seat.lose(tick);
            self.room.announce(&RoomEvent::Away(sender.player, true));
        } else {
            self.remove(sender.player);
        }
    }

    /// A line of chat. It has been cleaned, and is empty if nothing was left of it.
    pub(crate) fn chat(&mut self, sender: Sender, text: String) {
        let player = sender.player;
        let (tick, span, lines) = (
            self.room.tick,
            self.config.chat_span_ticks,
            self.config.chat_lines,
        );
        let Some(seat) = self.held(sender) else {
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

    /// The player gives up its seat over this connection.
    pub(crate) fn leave(&mut self, sender: Sender) {
        if self.held(sender).is_some() {
            self.remove(sender.player);
        }
    }

    /// Carries out the kicks that the game asked for in this tick.
    pub(crate) fn kick(&mut self) {
        for (player, refusal) in std::mem::take(&mut self.room.kicks) {
            if let Some(seat) = self.room.players.get(player) {
                // The connection of one who is away is gone, and its number may be another's on this server.
                if !seat.away {
                    self.sent_away.push((seat.client, refusal));
                }
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
