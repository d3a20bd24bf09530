//! The arena as a room's game: how players join and leave, and the stages of a tick in their order.
//!
//! In: players, their inputs. Out: fighters, shots, scores and events in the room's world.

use serde::{Deserialize, Serialize};
use tickwire_arena::{Arena, ArenaMap, ArenaSetup, Body, Fighter, Phase, Projectile, Round};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{EntityId, PlayerId};

use tickwire_room::{Game, RewindVisitor, SavedVisitor};

use crate::brain::Brain;
use crate::combat;
use crate::components::{ArenaRoom, Flight, Seen, Vitals, look};
use crate::ground::Ground;
use crate::life;

/// Most fighters in one arena.
const MAX_FIGHTERS: u8 = 128;

/// What the creator of an arena may choose. A value out of range becomes the nearest one in range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArenaOptions {
    /// One of [`ArenaMap::NAMES`]; another name gives the first.
    pub map: String,
    /// Seats for people, 1 to 128. The maps are made for 16.
    pub seats: u8,
    /// Bots fill the arena up to this many fighters, 0 to 128, and make way for people.
    pub bots: u8,
    /// Kills that win a round, 1 to 255.
    pub kills_to_win: u8,
    /// A round's length, seconds, 10 to 1,000.
    pub round_seconds: u16,
    /// The rail hits what its shooter saw, not what has become of it since.
    pub rewind: bool,
}

impl Default for ArenaOptions {
    fn default() -> ArenaOptions {
        ArenaOptions {
            map: ArenaMap::NAMES[0].to_owned(),
            seats: 16,
            bots: 4,
            kills_to_win: 15,
            round_seconds: 180,
            rewind: true,
        }
    }
}

/// One arena. Fighters and shots live in the room's world; this holds what belongs to none of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct ArenaGame {
    pub(crate) options: ArenaOptions,
    /// The entity with the [`Round`].
    pub(crate) round: EntityId,
    /// Seconds until the round's phase ends.
    pub(crate) phase_left_s: f32,
    /// Where bots can walk. It is made from the map when it is first needed, so it is not saved.
    #[serde(skip)]
    pub(crate) ground: Option<Ground>,
    /// Used within a tick; kept for its memory.
    #[serde(skip)]
    pub(crate) fighters: Vec<Seen>,
    /// Used within a tick; kept for its memory.
    #[serde(skip)]
    pub(crate) shots: Vec<EntityId>,
}

impl Game for ArenaGame {
    type Rules = Arena;
    type Options = ArenaOptions;

    fn seats(options: &ArenaOptions) -> usize {
        usize::from(options.seats.clamp(1, MAX_FIGHTERS))
    }

    fn is_checkpointed(_options: &ArenaOptions) -> bool {
        true
    }

    fn setup(options: &ArenaOptions) -> ArenaSetup {
        ArenaSetup {
            map: ArenaMap::named(&options.map).name,
        }
    }

    fn create(options: &ArenaOptions, room: &mut ArenaRoom) -> ArenaGame {
        let options = ArenaOptions {
            bots: options.bots.min(MAX_FIGHTERS),
            kills_to_win: options.kills_to_win.max(1),
            round_seconds: options.round_seconds.clamp(10, 1000),
            ..options.clone()
        };
        let round = room.spawn((Round {
            phase: Phase::Fight,
            seconds_left: options.round_seconds,
            kills_to_win: options.kills_to_win,
            winner: 0,
        },));
        ArenaGame {
            phase_left_s: f32::from(options.round_seconds),
            options,
            round,
            ground: None,
            fighters: Vec::new(),
            shots: Vec::new(),
        }
    }

    fn rewinds(set: &mut impl RewindVisitor) {
        set.component::<Body>();
    }

    fn saved_components(set: &mut impl SavedVisitor) {
        set.component::<Vitals>();
        set.component::<Brain>();
        set.component::<Flight>();
    }

    fn join(&mut self, room: &mut ArenaRoom, player: PlayerId) -> Result<(), Refusal> {
        self.add_fighter(room, player);
        Ok(())
    }

    fn leave(&mut self, room: &mut ArenaRoom, player: PlayerId) {
        self.remove_fighter(room, player);
    }

    fn tick(&mut self, room: &mut ArenaRoom) {
        self.balance_bots(room);
        self.think_for_bots(room);
        room.step_avatars();

        look(room, &mut self.fighters);
        combat::fly(room, &mut self.fighters, &mut self.shots);
        if self.phase(room) == Phase::Fight {
            combat::shoot(room, &mut self.fighters, self.options.rewind);
        }
        combat::show_hands(room, &self.fighters);
        life::tend(room, &mut self.fighters);
        self.advance_round(room);
    }
}

impl ArenaGame {
    /// A fighter for a player or a bot, ready to fight.
    pub(crate) fn add_fighter(&mut self, room: &mut ArenaRoom, player: PlayerId) -> EntityId {
        let fighter = Fighter {
            player: player.0,
            ..Fighter::default()
        };
        let parts = (Body::default(), fighter, Vitals::default());
        let id = room.spawn_for(player, parts);
        room.give_avatar(player, id);
        look(room, &mut self.fighters);
        if let Some(index) = self.fighters.iter().position(|fighter| fighter.id == id) {
            life::spawn(room, &mut self.fighters, index);
        }
        id
    }

    /// Removes a fighter and its shots.
    pub(crate) fn remove_fighter(&mut self, room: &mut ArenaRoom, player: PlayerId) {
        self.shots.clear();
        for (id, entity) in room.entities() {
            let world = room.world();
            let is_fighter = world
                .get::<&Fighter>(entity)
                .is_ok_and(|fighter| fighter.player == player.0);
            let is_shot = world
                .get::<&Projectile>(entity)
                .is_ok_and(|shot| shot.shooter == player.0);
            if is_fighter || is_shot {
                self.shots.push(id);
            }
        }
        for id in self.shots.drain(..) {
            room.despawn(id);
        }
    }

    pub(crate) fn phase(&self, room: &ArenaRoom) -> Phase {
        room.get::<Round>(self.round)
            .map_or(Phase::Fight, |round| round.phase)
    }
}
