//! The players of the room.
//!
//! In: room events. Out: each player who has a seat, by seat.

use std::collections::BTreeMap;

use crate::ids::PlayerId;
use crate::message::{PlayerInfo, RoomEvent};

#[derive(Debug, Default)]
pub(super) struct Roster {
    players: BTreeMap<PlayerId, PlayerInfo>,
}

impl Roster {
    pub(super) fn players(&self) -> &BTreeMap<PlayerId, PlayerInfo> {
        &self.players
    }

    pub(super) fn clear(&mut self) {
        self.players.clear();
    }

    /// These are all.
    pub(super) fn replace(&mut self, players: &[PlayerInfo]) {
        self.players.clear();
        // Not collected: that would sort first, in 2 kB of code that browsers download.
        for info in players {
            self.players.insert(info.player, info.clone());
        }
    }

    pub(super) fn note<E>(&mut self, event: &RoomEvent<E>) {
        match event {
            RoomEvent::Joined(info) => {
                self.players.insert(info.player, info.clone());
            }
            RoomEvent::Left(player) => {
                self.players.remove(player);
            }
            RoomEvent::Away(player, away) => {
                if let Some(info) = self.players.get_mut(player) {
                    info.away = *away;
                }
            }
            RoomEvent::Avatar(player, entity) => {
                if let Some(info) = self.players.get_mut(player) {
                    info.avatar = Some(*entity);
                }
            }
            _ => {}
        }
    }
}
