//! A wide world with a grid: riders that players move, cattle that wander, appear and vanish, two teams with a channel
//! each, and a pouch that only its owner sees. Everything that channels can do happens here all the time.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Interest, Room};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{ChannelId, EntityId, PlayerId};
use tickwire_shared::prelude::{component, input};
use tickwire_shared::rules::{ComponentVisitor, Rules};

#[component]
pub(crate) struct Body {
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    pub(crate) x: f32,
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    pub(crate) y: f32,
}

/// Comes and goes on entities that stay.
#[component]
pub(crate) struct Dust {
    #[net(range = 0..=7)]
    thick: u8,
}

#[component]
pub(crate) struct Pouch {
    #[net(range = 0..=1000, owner_only)]
    gold: u16,
}

/// What the members of a team see of each other, wherever they are.
#[component]
pub(crate) struct Plan {
    #[net(range = 0..=255)]
    step: u8,
}

#[input]
pub(crate) struct Ride {
    #[net(range = -1..=1)]
    pub(crate) right: i8,
    #[net(range = -1..=1)]
    pub(crate) down: i8,
}

pub(crate) struct Prairie;

impl Rules for Prairie {
    const GAME: &'static str = "prairie";
    const REVISION: u32 = 1;
    const TICK_RATE_HZ: u32 = 60;
    type Input = Ride;
    type Avatar = Body;
    type Setup = ();
    type Map = ();
    type Command = ();
    type Event = u32;
    type Action = ();
    type Ghost = ();

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Dust>();
        set.component::<Body>();
        set.component::<Pouch>();
        set.component::<Plan>();
    }

    fn map((): &()) {}

    fn step(body: &mut Body, ride: &Ride, (): &(), dt_s: f32) {
        body.x = (body.x + f32::from(ride.right) * 20.0 * dt_s).clamp(0.0, 200.0);
        body.y = (body.y + f32::from(ride.down) * 20.0 * dt_s).clamp(0.0, 200.0);
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Options {
    pub(crate) cattle: usize,
    pub(crate) grid: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            cattle: 150,
            grid: true,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PrairieGame {
    cattle: Vec<EntityId>,
    pub(crate) teams: [ChannelId; 2],
    plans: [EntityId; 2],
}

impl PrairieGame {
    /// A player's team.
    pub(crate) fn team(player: PlayerId) -> usize {
        player.0 as usize % 2
    }
}

fn somewhere(room: &mut Room<Prairie>) -> Body {
    Body {
        x: room.rng().random_range(0.0..200.0),
        y: room.rng().random_range(0.0..200.0),
    }
}

impl Game for PrairieGame {
    type Rules = Prairie;
    type Options = Options;

    fn seats(_: &Options) -> usize {
        256
    }

    fn interest(options: &Options) -> Interest {
        if options.grid {
            Interest::grid(10.0, 30.0)
        } else {
            Interest::Everything
        }
    }

    fn setup(_: &Options) {}

    fn create(options: &Options, room: &mut Room<Prairie>) -> PrairieGame {
        let teams = [room.open_channel(), room.open_channel()];
        let plans = teams.map(|team| {
            let plan = room.spawn((Plan::default(),));
            room.put_in_channel(plan, Some(team));
            plan
        });
        let mut cattle = Vec::new();
        for _ in 0..options.cattle {
            let body = somewhere(room);
            cattle.push(room.spawn((body,)));
        }
        PrairieGame {
            cattle,
            teams,
            plans,
        }
    }

    fn join(&mut self, room: &mut Room<Prairie>, player: PlayerId) -> Result<(), Refusal> {
        let body = somewhere(room);
        let rider = room.spawn_for(player, (body, Pouch::default()));
        room.give_avatar(player, rider);
        room.subscribe(player, self.teams[PrairieGame::team(player)]);
        Ok(())
    }

    fn leave(&mut self, room: &mut Room<Prairie>, player: PlayerId) {
        if let Some(rider) = room.player(player).and_then(|player| player.avatar) {
            room.despawn(rider);
        }
    }

    fn tick(&mut self, room: &mut Room<Prairie>) {
        room.step_avatars();
        for place in 0..self.cattle.len() {
            let id = self.cattle[place];
            match room.rng().random_range(0..1000) {
                0..3 => {
                    room.despawn(id);
                    let body = somewhere(room);
                    self.cattle[place] = room.spawn((body,));
                }
                3..10 => {
                    if let Some(entity) = room.entity(id) {
                        let had = room.world_mut().remove_one::<Dust>(entity).is_ok();
                        let _ = had
                            || room
                                .world_mut()
                                .insert_one(entity, Dust { thick: 1 })
                                .is_ok();
                    }
                }
                10..12 => {
                    let at = room.get::<Body>(id).unwrap_or_default();
                    room.broadcast_at((at.x, at.y), id.0);
                }
                12..14 => {
                    let body = somewhere(room);
                    room.with(id, |old: &mut Body| *old = body);
                }
                _ => {
                    let push = (room.rng().random_range(-0.05..0.05), 0.03);
                    room.with(id, |body: &mut Body| {
                        body.x = (body.x + push.0).rem_euclid(200.0);
                        body.y = (body.y + push.1).rem_euclid(200.0);
                    });
                }
            }
        }
        let tick = room.tick().0;
        for (team, plan) in self.plans.iter().enumerate() {
            if tick.is_multiple_of(50 + team as u32) {
                room.with(*plan, |plan: &mut Plan| {
                    plan.step = plan.step.wrapping_add(1)
                });
                room.broadcast_in(self.teams[team], 1_000_000 + team as u32);
            }
        }
        let riders = room.players().filter_map(|player| player.avatar);
        let riders = riders.collect::<Vec<_>>();
        for rider in riders {
            if (tick + rider.0).is_multiple_of(97) {
                room.with(rider, |pouch: &mut Pouch| {
                    pouch.gold = (pouch.gold + 7) % 1000
                });
            }
        }
    }
}
