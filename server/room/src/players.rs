//! A room's players by id, in one piece of memory: most of a tick is a walk over all of them.
//!
//! In: players as they join; their ids only ever ascend. Out: the same players, one by one, or all in the order of
//! their ids.

use tickwire_shared::ids::PlayerId;
use tickwire_shared::rules::Rules;

use crate::place::place_of;
use crate::player::Player;

/// Players, ascending.
#[derive(Debug)]
pub(crate) struct Players<R: Rules> {
    /// Kept apart from the players, so that a search touches few cache lines.
    ids: Vec<PlayerId>,
    players: Vec<Player<R>>,
    people: usize,
}

impl<R: Rules> Default for Players<R> {
    fn default() -> Players<R> {
        Players {
            ids: Vec::new(),
            players: Vec::new(),
            people: 0,
        }
    }
}

impl<R: Rules> FromIterator<Player<R>> for Players<R> {
    fn from_iter<I: IntoIterator<Item = Player<R>>>(players: I) -> Players<R> {
        let mut all = Players::default();
        players.into_iter().for_each(|player| all.insert(player));
        all
    }
}

impl<R: Rules> Players<R> {
    #[inline]
    fn place(&self, id: PlayerId) -> Option<usize> {
        place_of(&self.ids, id.0, |id| id.0).ok()
    }

    pub(crate) fn contains(&self, id: PlayerId) -> bool {
        self.place(id).is_some()
    }

    #[inline]
    pub(crate) fn get(&self, id: PlayerId) -> Option<&Player<R>> {
        self.players.get(self.place(id)?)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: PlayerId) -> Option<&mut Player<R>> {
        let place = self.place(id)?;
        self.players.get_mut(place)
    }

    /// Adds a player. It replaces the one with the same id, if there is one.
    pub(crate) fn insert(&mut self, player: Player<R>) {
        self.people += usize::from(!player.bot);
        match place_of(&self.ids, player.id.0, |id| id.0) {
            Ok(place) => {
                self.people -= usize::from(!self.players[place].bot);
                self.players[place] = player;
            }
            Err(place) => {
                self.ids.insert(place, player.id);
                self.players.insert(place, player);
            }
        }
    }

    /// Removes a player. True if it was there.
    pub(crate) fn remove(&mut self, id: PlayerId) -> bool {
        let place = self.place(id);
        if let Some(place) = place {
            self.ids.remove(place);
            let player = self.players.remove(place);
            self.people -= usize::from(!player.bot);
        }
        place.is_some()
    }

    /// How many of them are no bots.
    pub(crate) fn people(&self) -> usize {
        self.people
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Player<R>> {
        self.players.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Player<R>> {
        self.players.iter_mut()
    }
}
