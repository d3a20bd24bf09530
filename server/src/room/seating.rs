//! Who has a seat in a room: joins, resumes, lost connections, leaves, and what players say to each other.
//!
//! In: the inbox's messages of that kind, from `core`. Out: outcomes for those who asked, events for everybody. Part
//! of the pure room.

use tickwire_shared::close::CloseReason;
use tickwire_shared::ids::{PlayerId, ResumeToken};
use tickwire_shared::message::RoomEvent;

use super::core::{JoinOutcome, RoomCore};
use super::inbox::ClientId;
use super::player::Player;
use crate::game::Game;

impl<G: Game> RoomCore<G> {
    pub(super) fn join(
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
        let (joined, events_before) = (RoomEvent::Joined(seat.info()), self.room.events.len());
        self.room.players.insert(seat);
        self.room.announce(&joined);
        if let Err(refusal) = self.game.join(&mut self.room, player) {
            // Nobody hears of somebody who was never in.
            self.room.events.truncate(events_before);
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

    pub(super) fn holds(&self, player: PlayerId, client: ClientId) -> bool {
        self.room
            .players
            .get(player)
            .is_some_and(|seat| seat.client == client && !seat.bot)
    }

    pub(super) fn lose(&mut self, player: PlayerId, client: ClientId) {
        if self.holds(player, client) {
            let tick = self.room.tick;
            if let Some(seat) = self.room.players.get_mut(player) {
                seat.lose(tick);
            }
            self.room.announce(&RoomEvent::Away(player, true));
        }
    }

    pub(super) fn chat(&mut self, player: PlayerId, text: String) {
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

    pub(super) fn remove(&mut self, player: PlayerId) {
        if self.room.players.contains(player) {
            self.game.leave(&mut self.room, player);
            self.room.remove_player(player);
        }
    }

    pub(super) fn remove_overdue(&mut self) {
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
