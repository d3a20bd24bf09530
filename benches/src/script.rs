//! Rooms that play themselves: a pure room, and people who follow a script.
//!
//! In: a game, number of people, a seed. Out: the same inbox, tick by tick, every time. Must not: know the time or a
//! lock, so that only the room is measured.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_arena::ArenaInput;
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_room::{Arrival, ClientId, Game, Inbound, RoomConfig, RoomCore, Sender};
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;
use tickwire_shared::rules::Rules;

use crate::crowd::{Crowd, CrowdOptions, Steer};
use crate::field::{FieldGame, FieldOptions, Heading};

/// Ticks for which a scripted player keeps doing the same thing.
pub(crate) const HOLD_TICKS: u32 = 20;
/// Seconds of play before anything counts.
const WARM_UP_S: u32 = 10;
/// Age of the picture that people act upon, seconds.
const VIEW_AGE_S: f64 = 0.1;

/// The directions that keys can hold: right, down.
const KEYS: [(i8, i8); 8] = [
    (1, 0),
    (1, 1),
    (0, 1),
    (-1, 1),
    (-1, 0),
    (-1, -1),
    (0, -1),
    (1, -1),
];

/// Decides what a player holds from this tick on; `turn` is true when it is time for something else.
type Play<I> = fn(held: &mut I, rng: &mut Pcg64Mcg, turn: bool);

/// A room in which people follow a script.
pub struct ScriptedRoom<G: Game> {
    /// The room; the bench ticks it.
    pub room: RoomCore<G>,
    people: Vec<(PlayerId, <G::Rules as Rules>::Input)>,
    rng: Pcg64Mcg,
    play: Play<<G::Rules as Rules>::Input>,
}

impl ScriptedRoom<ArenaGame> {
    /// An arena without bots in which people run, aim and shoot.
    ///
    /// # Panics
    /// The room does not take them all: a bench with fewer people would give wrong figures.
    pub fn arena(people: u64, seed: u64) -> ScriptedRoom<ArenaGame> {
        let options = ArenaOptions {
            bots: 0,
            seats: people.min(128) as u8,
            ..ArenaOptions::default()
        };
        ScriptedRoom::open(options, people, seed, |held: &mut ArenaInput, rng, turn| {
            if turn {
                held.right = rng.random_range(-1..=1);
                held.down = rng.random_range(-1..=1);
                held.fire = rng.random_bool(0.5);
            }
            held.aim = moved_aim(held.aim, rng);
        })
    }
}

impl ScriptedRoom<Crowd> {
    /// A crowd in which each player walks straight on for a while.
    ///
    /// # Panics
    /// The room does not take them all.
    pub fn crowd(options: CrowdOptions, seed: u64) -> ScriptedRoom<Crowd> {
        let people = options.players as u64;
        ScriptedRoom::open(options, people, seed, |held, rng, turn| {
            if turn {
                *held = Steer::any(rng);
            }
        })
    }
}

impl ScriptedRoom<FieldGame> {
    /// A field in which everybody turns by up to a radian at every tick.
    ///
    /// # Panics
    /// The room does not take them all.
    pub fn field(options: FieldOptions, people: u64, seed: u64) -> ScriptedRoom<FieldGame> {
        ScriptedRoom::open(options, people, seed, |held: &mut Heading, rng, _| {
            *held = held.turned(rng);
        })
    }
}

impl<G: Game> ScriptedRoom<G> {
    /// A room with all of them seated, warmed up by ten seconds of play.
    fn open(
        options: G::Options,
        people: u64,
        seed: u64,
        play: Play<<G::Rules as Rules>::Input>,
    ) -> ScriptedRoom<G> {
        let seconds = |seconds: u32| seconds * G::Rules::TICK_RATE_HZ;
        let config = RoomConfig {
            seed,
            first_tick: Tick(0),
            grace_ticks: seconds(10),
            chat_lines: 5,
            chat_span_ticks: seconds(10),
        };
        let mut room = RoomCore::open(options, config);
        let join = |n: u64| Inbound::Join {
            client: ClientId(n + 1),
            name: format!("player {n}"),
            token: ResumeToken((u128::from(n) + 1).to_le_bytes()),
            resume: None,
        };
        room.tick(&mut (0..people).map(join).collect(), &mut ());
        let seated = room.room().players();
        let seated = seated.map(|player| (player.id, Default::default()));
        let seated = seated.collect::<Vec<_>>();
        assert_eq!(
            (seated.len() as u64, room.take_outcomes().len() as u64),
            (people, people)
        );
        let mut scripted = ScriptedRoom {
            room,
            people: seated,
            rng: Pcg64Mcg::seed_from_u64(seed),
            play,
        };
        let mut inbox = Vec::new();
        for _ in 0..seconds(WARM_UP_S) {
            scripted.fill_inbox(&mut inbox);
            scripted.room.tick(&mut inbox, &mut ());
        }
        scripted
    }

    /// Channels and rows that a player sees, on average.
    pub fn interest(&self) -> (f64, f64) {
        let (mut channels, mut rows) = (0, 0);
        for (player, _) in &self.people {
            for channel in self.room.seen_by(*player) {
                channels += 1;
                let state = self.room.channel_state(*channel, 1);
                rows += state.map_or(0, |state| state.row_count());
            }
        }
        let players = self.people.len() as f64;
        (f64::from(channels) / players, rows as f64 / players)
    }

    /// Fills in what everybody sends for the next tick.
    pub fn fill_inbox(&mut self, inbox: &mut Vec<Inbound<G::Rules>>) {
        let tick = self.room.room().tick();
        let age_ticks = (f64::from(G::Rules::TICK_RATE_HZ) * VIEW_AGE_S) as u32;
        for (n, (player, held)) in self.people.iter_mut().enumerate() {
            let turn = (tick.0 + n as u32).is_multiple_of(HOLD_TICKS);
            (self.play)(held, &mut self.rng, turn);
            inbox.push(Inbound::Inputs(
                Sender {
                    player: *player,
                    client: ClientId(n as u64 + 1),
                },
                Arrival::at(tick),
                Inputs {
                    first_sequence: InputSequence(tick.0 + 1),
                    first_tick: tick,
                    viewed_tick: Tick(tick.0.saturating_sub(age_ticks)),
                    viewed_part: 0,
                    inputs: vec![held.clone()].into(),
                },
            ));
        }
    }

    /// The people in the room.
    pub fn people(&self) -> impl Iterator<Item = PlayerId> + '_ {
        self.people.iter().map(|(player, _)| *player)
    }

    /// Checks that this room has played with all its people and their rows, and took every input. A room in which
    /// nothing happens would be quick, and its figures worthless.
    ///
    /// # Panics
    /// The room has not.
    pub fn check(&mut self) {
        let dropped = self.room.take_dropped();
        assert_eq!((dropped.late, dropped.early), (0, 0), "inputs were dropped");
        let rows = self.room.row_count();
        assert!(
            rows >= self.people.len(),
            "{rows} rows of {} people",
            self.people.len()
        );
        let still = (self.room.hash(), self.room.shared_bytes());
        let mut inbox = Vec::new();
        for _ in 0..G::Rules::TICKS_PER_SNAPSHOT {
            self.fill_inbox(&mut inbox);
            self.room.tick(&mut inbox, &mut ());
        }
        assert!(
            self.room.hash() != still.0 && still.1 > 0,
            "nothing happens"
        );
    }
}

/// A random direction of the keys: right, down.
pub(crate) fn any_keys(rng: &mut impl RngExt) -> (i8, i8) {
    KEYS[rng.random_range(0..KEYS.len())]
}

/// An aim that has moved a little, as a hand moves it.
pub(crate) fn moved_aim(aim: f32, rng: &mut impl RngExt) -> f32 {
    (aim + rng.random_range(-0.1..0.1)).clamp(-3.1, 3.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_plays_the_same_every_time_and_every_input_counts() {
        let hashes = [7, 7, 8].map(|seed| {
            let mut arena = ScriptedRoom::arena(4, seed);
            arena.check();
            arena.room.hash()
        });
        assert_eq!(hashes[0], hashes[1]);
        assert_ne!(hashes[0], hashes[2]);
    }
}
