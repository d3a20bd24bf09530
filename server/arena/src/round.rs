//! Rounds: a fight until somebody has enough kills or the time is up, then the winner, then the next round.
//!
//! In: scores after a tick. Out: the `Round` that clients see, scores back to 0, events.

use tickwire_arena::{ArenaEvent, Fighter, Phase, Round};
use tickwire_shared::ids::PlayerId;

use crate::components::{ArenaRoom, Flight, Seen, look};
use crate::game::ArenaGame;
use crate::life;

/// How long the winner is shown, seconds.
const OVER_S: f32 = 6.0;

impl ArenaGame {
    /// Runs one tick of the round.
    pub(crate) fn advance_round(&mut self, room: &mut ArenaRoom) {
        let Some(round) = room.get::<Round>(self.round) else {
            return;
        };
        self.phase_left_s -= room.dt_s();
        let time_is_over = self.phase_left_s <= 0.0;
        match round.phase {
            Phase::Fight => {
                look(room, &mut self.fighters);
                let leader = leader(&self.fighters);
                let won = leader.is_some_and(|leader| leader.kills >= self.options.kills_to_win);
                if won || time_is_over {
                    self.end_round(room, leader.map(|leader| leader.player));
                }
            }
            Phase::Over if time_is_over => self.start_round(room),
            Phase::Over => {}
        }
        // Under 1,024, so it fits.
        let seconds_left = libm::ceilf(self.phase_left_s) as u16;
        room.with(self.round, |round: &mut Round| {
            round.seconds_left = seconds_left;
        });
    }

    /// Stops the fight and names the winner.
    fn end_round(&mut self, room: &mut ArenaRoom, winner: Option<PlayerId>) {
        self.phase_left_s = OVER_S;
        self.remove_shots(room);
        for seen in &self.fighters {
            if Some(seen.player) == winner {
                room.with(seen.id, |fighter: &mut Fighter| {
                    fighter.wins = fighter.wins.saturating_add(1);
                });
            }
        }
        // 0 is nobody: players are counted from 1.
        let winner = winner.map_or(0, |player| player.0);
        room.with(self.round, |round: &mut Round| {
            round.phase = Phase::Over;
            round.winner = winner;
        });
        room.broadcast(ArenaEvent::RoundOver { winner });
    }

    /// Starts a new round, in which everybody begins from nothing.
    fn start_round(&mut self, room: &mut ArenaRoom) {
        self.phase_left_s = f32::from(self.options.round_seconds);
        self.remove_shots(room);
        room.with(self.round, |round: &mut Round| {
            round.phase = Phase::Fight;
            round.winner = 0;
        });
        room.broadcast(ArenaEvent::RoundStarted);
        look(room, &mut self.fighters);
        // Nobody is in the way of others until placed.
        for seen in &mut self.fighters {
            seen.alive = false;
        }
        for index in 0..self.fighters.len() {
            room.with(self.fighters[index].id, |fighter: &mut Fighter| {
                fighter.kills = 0;
                fighter.deaths = 0;
            });
            life::spawn(room, &mut self.fighters, index);
        }
    }

    fn remove_shots(&mut self, room: &mut ArenaRoom) {
        self.shots.clear();
        for (id, entity) in room.entities() {
            if room.world().get::<&Flight>(entity).is_ok() {
                self.shots.push(id);
            }
        }
        for id in self.shots.drain(..) {
            room.despawn(id);
        }
    }
}

/// The fighter with the most kills, and of those with the fewest deaths. `None` if two are equal or nobody has a kill.
fn leader(fighters: &[Seen]) -> Option<Seen> {
    let mut best: Option<Seen> = None;
    let mut tied = false;
    for fighter in fighters {
        let better = best.map_or(std::cmp::Ordering::Greater, |best| {
            let by_kills = fighter.kills.cmp(&best.kills);
            by_kills.then(best.deaths.cmp(&fighter.deaths))
        });
        match better {
            std::cmp::Ordering::Greater => (best, tied) = (Some(*fighter), false),
            std::cmp::Ordering::Equal => tied = true,
            std::cmp::Ordering::Less => {}
        }
    }
    best.filter(|best| !tied && best.kills > 0)
}
