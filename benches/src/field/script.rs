//! A field that plays itself, without sockets: for measuring the room's own part of a tick.
//!
//! In: a number of players, a seed, what they see. Out: a room, and an inbox for each tick, the same ones every time.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_server::room::{ClientId, Inbound, RoomConfig, RoomCore};
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;

use super::{Field, FieldGame, FieldOptions, Heading};

/// Played before anything counts, ticks: ten seconds.
const WARM_UP_TICKS: usize = 200;
/// How far a player turns with an input at most: one radian, in 256ths of a whole turn.
const TURN_MAX: i8 = 40;

/// A field in which everybody turns with every input.
pub struct ScriptedField {
    /// The room, to be ticked by who measures it.
    pub room: RoomCore<FieldGame>,
    people: Vec<(PlayerId, Heading)>,
    rng: Pcg64Mcg,
}

impl ScriptedField {
    /// A field of `players`, of whom each sees all, or about forty with `interest`; warmed up by ten seconds of play.
    ///
    /// # Panics
    /// When the field does not take them all: a bench of fewer would lie.
    pub fn new(players: usize, interest: bool, seed: u64) -> ScriptedField {
        let options = FieldOptions {
            seats: players,
            seen_of: interest.then_some(players),
        };
        let config = RoomConfig {
            seed,
            grace_ticks: 200,
            chat_lines: 5,
            chat_span_ticks: 200,
        };
        let mut room = RoomCore::open(options, config);
        let join = |n: usize| Inbound::Join {
            client: ClientId(n as u64 + 1),
            name: format!("player {n}"),
            token: ResumeToken((n as u128 + 1).to_le_bytes()),
            resume: None,
        };
        let mut inbox = Vec::with_capacity(players);
        // Some at a time: events about all at once would not fit between two snapshots.
        for n in 0..players {
            inbox.push(join(n));
            if n % 64 == 63 {
                room.tick(&mut inbox);
            }
        }
        room.tick(&mut inbox);
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let people = room.room().players();
        let people = people
            .map(|player| (player.id, Heading(rng.random())))
            .collect::<Vec<_>>();
        assert_eq!(people.len(), players, "a field has a seat for everybody");
        room.take_outcomes();
        let mut field = ScriptedField { room, people, rng };
        for _ in 0..WARM_UP_TICKS {
            field.fill_inbox(&mut inbox);
            field.room.tick(&mut inbox);
        }
        field
    }

    /// What everybody sends for the next tick.
    pub fn fill_inbox(&mut self, inbox: &mut Vec<Inbound<Field>>) {
        let tick = self.room.room().tick();
        for (player, heading) in &mut self.people {
            let turn = self.rng.random_range(-TURN_MAX..=TURN_MAX);
            heading.0 = heading.0.wrapping_add_signed(turn);
            inbox.push(Inbound::Inputs(
                *player,
                Inputs {
                    first_sequence: InputSequence(tick.0 + 1),
                    first_tick: tick,
                    viewed_tick: Tick(tick.0.saturating_sub(2)),
                    viewed_part: 0,
                    inputs: vec![*heading],
                },
            ));
        }
    }

    /// Channels and rows that a player sees, on average.
    pub fn sight(&self) -> (f64, f64) {
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
}
