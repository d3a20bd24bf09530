//! What Tickwire's benches share: rooms that play themselves, without sockets.
//!
//! In: a number of players and a seed. Out: the same inbox, tick by tick, every time.

pub mod bandwidth;
pub mod codes;
pub mod contest;
pub mod crowd;
pub mod field;
pub mod load;
pub mod smoothness;
pub mod websocket;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{Arena, ArenaInput};
use tickwire_server::arena::{ArenaGame, ArenaOptions};
use tickwire_server::room::{ClientId, Inbound, RoomConfig, RoomCore};
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;

/// Ticks for which a scripted player keeps doing the same.
pub(crate) const HOLD_TICKS: u32 = 20;

/// An arena in which people run, aim and shoot by a script.
pub struct ScriptedArena {
    /// The room, to be ticked by the bench.
    pub room: RoomCore<ArenaGame>,
    people: Vec<(PlayerId, ArenaInput)>,
    rng: Pcg64Mcg,
}

impl ScriptedArena {
    /// An arena with `people` players and no bots, warmed up by ten seconds of play.
    ///
    /// # Panics
    /// When the arena does not take them all: a bench of fewer would lie.
    pub fn new(people: u64, seed: u64) -> ScriptedArena {
        let options = ArenaOptions {
            bots: 0,
            seats: people.min(128) as u8,
            ..ArenaOptions::default()
        };
        let config = RoomConfig {
            seed,
            grace_ticks: 600,
            chat_lines: 5,
            chat_span_ticks: 600,
        };
        let mut room = RoomCore::open(options, config);
        let join = |n: u64| Inbound::Join {
            client: ClientId(n + 1),
            name: format!("player {n}"),
            token: ResumeToken((u128::from(n) + 1).to_le_bytes()),
            resume: None,
        };
        room.tick(&mut (0..people).map(join).collect());
        let people = room
            .room()
            .players()
            .map(|player| (player.id, ArenaInput::default()))
            .collect::<Vec<_>>();
        assert_eq!(people.len() as u64, room.take_outcomes().len() as u64);
        let mut arena = ScriptedArena {
            room,
            people,
            rng: Pcg64Mcg::seed_from_u64(seed),
        };
        let mut inbox = Vec::new();
        for _ in 0..600 {
            arena.fill_inbox(&mut inbox);
            arena.room.tick(&mut inbox);
        }
        arena
    }

    /// What everybody sends for the next tick.
    pub fn fill_inbox(&mut self, inbox: &mut Vec<Inbound<Arena>>) {
        let tick = self.room.room().tick();
        for (n, (player, held)) in self.people.iter_mut().enumerate() {
            if (tick.0 + n as u32).is_multiple_of(HOLD_TICKS) {
                held.right = self.rng.random_range(-1..=1);
                held.down = self.rng.random_range(-1..=1);
                held.fire = self.rng.random_bool(0.5);
            }
            held.aim = (held.aim + self.rng.random_range(-0.1..0.1)).clamp(-3.1, 3.1);
            inbox.push(Inbound::Inputs(
                *player,
                Inputs {
                    first_sequence: InputSequence(tick.0 + 1),
                    first_tick: tick,
                    viewed_tick: Tick(tick.0.saturating_sub(6)),
                    viewed_part: 0,
                    inputs: vec![held.clone()],
                },
            ));
        }
    }
}
