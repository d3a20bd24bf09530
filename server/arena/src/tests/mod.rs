//! The arena played in virtual time: whole rooms, tick by tick, without sockets.

mod bots;
mod fights;
mod rooms;

use tickwire_arena::{Arena, ArenaInput, Round};
use tickwire_shared::ids::{InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::Inputs;

use tickwire_room::{Arrival, ClientId, Game, Inbound, JoinOutcome, RoomConfig, RoomCore, Sender};

use crate::components::{Seen, look};
use crate::game::ArenaOptions;

const TICKS_PER_S: u32 = 60;

/// A room of a game that plays by the arena's rules, and what waits to reach it.
struct Host<G: Game<Rules = Arena, Options = ArenaOptions>> {
    core: RoomCore<G>,
    inbox: Vec<Inbound<Arena>>,
    clients: u64,
}

const CONFIG: RoomConfig = RoomConfig {
    seed: 7,
    first_tick: Tick(0),
    grace_ticks: 60,
    chat_lines: 5,
    chat_span_ticks: 600,
};

fn options(bots: u8) -> ArenaOptions {
    ArenaOptions {
        bots,
        ..ArenaOptions::default()
    }
}

impl<G: Game<Rules = Arena, Options = ArenaOptions>> Host<G> {
    fn open(options: ArenaOptions, seed: u64) -> Host<G> {
        let core = RoomCore::open(options, RoomConfig { seed, ..CONFIG });
        Host {
            core,
            inbox: Vec::new(),
            clients: 0,
        }
    }

    fn tick(&mut self) {
        self.core.tick(&mut self.inbox, &mut ());
    }

    fn run(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    /// Runs until `done`, at most `limit_s` virtual seconds. Returns how many ticks it took.
    fn run_until(&mut self, limit_s: u32, mut done: impl FnMut(&[Seen]) -> bool) -> u32 {
        for ticks in 0..limit_s * TICKS_PER_S {
            if done(&self.fighters()) {
                return ticks;
            }
            self.tick();
        }
        panic!("not within {limit_s} s: {:?}", self.fighters());
    }

    fn join(&mut self) -> PlayerId {
        self.clients += 1;
        self.inbox.push(Inbound::Join {
            client: ClientId(self.clients),
            name: format!("guest {}", self.clients),
            token: ResumeToken([self.clients as u8; 16]),
            resume: None,
        });
        self.tick();
        match self.core.take_outcomes().as_slice() {
            [JoinOutcome::Seated { player, .. }] => *player,
            other => panic!("not seated: {other:?}"),
        }
    }

    fn leave(&mut self, player: PlayerId, client: u64) {
        self.inbox.push(Inbound::Left(Sender {
            player,
            client: ClientId(client),
        }));
        self.tick();
    }

    /// Runs one tick with this input of a person.
    fn play(&mut self, player: PlayerId, input: ArenaInput) {
        let tick = self.core.room().tick();
        let mut senders = self.core.connections();
        let sender = senders.find(|sender| sender.player == player).unwrap();
        drop(senders);
        self.inbox.push(Inbound::Inputs(
            sender,
            Arrival::at(tick),
            Inputs {
                first_sequence: InputSequence(tick.0 + 1),
                first_tick: tick,
                viewed_tick: tick,
                viewed_part: 0,
                inputs: vec![input].into(),
            },
        ));
        self.tick();
    }

    fn fighters(&self) -> Vec<Seen> {
        let mut fighters = Vec::new();
        look(self.core.room(), &mut fighters);
        fighters
    }

    fn fighter(&self, player: PlayerId) -> Seen {
        let fighters = self.fighters();
        *fighters.iter().find(|seen| seen.player == player).unwrap()
    }

    fn bots(&self) -> usize {
        self.fighters().iter().filter(|seen| seen.bot).count()
    }

    fn all<C: hecs::Component + Clone>(&self) -> Vec<C> {
        let room = self.core.room();
        room.entities()
            .filter_map(|(id, _)| room.get::<C>(id))
            .collect()
    }

    fn round(&self) -> Round {
        self.all::<Round>().remove(0)
    }
}
