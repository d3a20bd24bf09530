//! A game with nothing to win: one flower that grows every tick, so that there is always a snapshot to send, and sheep
//! that jump about, as many as a test needs to make its snapshots large.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Room};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::prelude::{component, input};
use tickwire_shared::rules::{ComponentVisitor, Rules};

#[component]
pub(crate) struct Flower {
    #[net(range = 0..=65535)]
    height: u32,
}

/// It is somewhere else in every tick: 4 bytes in every snapshot.
#[component]
pub(crate) struct Sheep {
    #[net(range = 0..=65535)]
    x: u32,
    #[net(range = 0..=65535)]
    y: u32,
}

#[input]
pub(crate) struct Step {
    #[net(range = -1.0..=1.0)]
    pub(crate) push: f32,
}

pub(crate) struct Meadow;

impl Rules for Meadow {
    const GAME: &'static str = "meadow";
    const REVISION: u32 = 1;
    type Input = Step;
    type Avatar = ();
    type Setup = ();
    type Map = ();
    type Command = String;
    type Event = String;
    type Action = ();
    type Ghost = ();

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Flower>();
        set.component::<Sheep>();
    }

    fn map((): &()) {}

    fn step((): &mut (), _: &Step, (): &(), _: f32) {}
}

/// Makes snapshots as large as a test needs them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Options {
    /// Bytes that are said to everybody in every tick.
    pub(crate) gossip_bytes: usize,
    /// Sheep that jump about.
    pub(crate) sheep: usize,
    /// The game panics as it begins.
    pub(crate) panics: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MeadowGame<const SEATS: usize> {
    flower: EntityId,
    sheep: Vec<EntityId>,
    gossip_bytes: usize,
}

impl<const SEATS: usize> Game for MeadowGame<SEATS> {
    type Rules = Meadow;
    type Options = Options;
    fn seats(_: &Options) -> usize {
        SEATS
    }

    fn setup(_: &Options) {}

    fn create(options: &Options, room: &mut Room<Meadow>) -> Self {
        assert!(!options.panics, "this game is meant to panic");
        MeadowGame {
            flower: room.spawn((Flower::default(),)),
            sheep: (0..options.sheep)
                .map(|_| room.spawn((Sheep::default(),)))
                .collect(),
            gossip_bytes: options.gossip_bytes,
        }
    }

    fn join(&mut self, _: &mut Room<Meadow>, _: PlayerId) -> Result<(), Refusal> {
        Ok(())
    }

    fn leave(&mut self, _: &mut Room<Meadow>, _: PlayerId) {}

    fn tick(&mut self, room: &mut Room<Meadow>) {
        room.with(self.flower, |flower: &mut Flower| {
            flower.height = (flower.height * 31 + 7) % 65_536
        });
        for id in &self.sheep {
            let (x, y) = (
                room.rng().random_range(0..65_536),
                room.rng().random_range(0..65_536),
            );
            room.with(*id, |sheep: &mut Sheep| *sheep = Sheep { x, y });
        }
        if self.gossip_bytes > 0 {
            room.broadcast("x".repeat(self.gossip_bytes));
        }
    }

    fn command(&mut self, room: &mut Room<Meadow>, player: PlayerId, command: String) {
        if command == "kick me" {
            room.kick(player, "you asked for it");
        }
    }
}
