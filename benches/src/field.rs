//! `field`, the game for measuring: everybody moves at nearly every tick, and turns with every input.
//!
//! In: a heading per player and tick. Out: movers in a world of 1000 x 1000 with steps of 0.1, twenty snapshots a
//! second. There is one room in which a player sees all movers or those nearby, or there are rooms of eight. It uses
//! the public API alone, like any game.

pub mod play;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Interest, Room};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::prelude::{component, input};
use tickwire_shared::rules::{ComponentVisitor, Rules};

use rand::RngExt;

/// Side of the world, units.
pub const WORLD: f32 = 1000.0;
/// Everybody's speed, units per second.
pub const SPEED_PER_S: f32 = 200.0;
/// Players in one room of `rooms`.
pub const ROOM_SEATS: usize = 8;
/// The largest turn of one input, in 256ths of a whole turn. A radian is 40.7 of them.
const TURN: i8 = 40;
/// About how many movers a player sees with interest, itself included.
const SEEN: f64 = 40.0;
/// The area that a grid with cells as large as its radius shows around a player, in squares of the radius: the cells
/// that a circle touches (1 + 4 + pi), and some more for those that the margin keeps in. The number was measured, and
/// chosen so that players see as many movers as the peers' circles show. Smaller cells show less beyond the radius, but
/// then everybody changes cells every few ticks.
const SEEN_AREA: f64 = 11.0;

/// A mover.
#[component]
pub struct Mover {
    /// Units from the left.
    #[net(range = 0.0..=1000.0, step = 0.1, interpolate, position)]
    pub x: f32,
    /// Units from the top.
    #[net(range = 0.0..=1000.0, step = 0.1, interpolate, position)]
    pub y: f32,
    /// The direction that its player gave, radians.
    #[net(angle, bits = 8, interpolate, heading)]
    pub heading: f32,
    /// Never changes: nobody is hurt here.
    #[net(range = 0..=100)]
    pub health: u8,
    /// True after it has bounced off the left or the right edge.
    #[net(skip)]
    pub mirrored_x: bool,
    /// True after it has bounced off the top or the bottom edge.
    #[net(skip)]
    pub mirrored_y: bool,
}

/// The direction to go, in 256ths of a whole turn.
#[input]
#[derive(Copy, Eq)]
pub struct Heading {
    /// 256ths of a whole turn.
    #[net(held)]
    pub turn: u8,
}

impl Heading {
    /// A random direction.
    pub(crate) fn any(rng: &mut impl RngExt) -> Heading {
        Heading { turn: rng.random() }
    }

    /// This direction after a random turn by up to a radian.
    pub(crate) fn turned(self, rng: &mut impl RngExt) -> Heading {
        let turn = self
            .turn
            .wrapping_add_signed(rng.random_range(-TURN..=TURN));
        Heading { turn }
    }
}

/// The rules of `field`.
#[derive(Debug)]
pub struct Field;

impl Rules for Field {
    const GAME: &'static str = "field";
    const REVISION: u32 = 1;
    const TICK_RATE_HZ: u32 = 20;
    const TICKS_PER_SNAPSHOT: u32 = 1;
    type Input = Heading;
    type Avatar = Mover;
    type Setup = ();
    type Map = ();
    type Command = ();
    type Event = ();
    type Action = ();
    type Ghost = ();

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Mover>();
    }

    fn map((): &()) {}

    fn step(mover: &mut Mover, heading: &Heading, (): &(), dt_s: f32) {
        // Wrapped to the range of the wire: -pi..pi.
        mover.heading = f32::from(heading.turn as i8) * (std::f32::consts::PI / 128.0);
        let step = SPEED_PER_S * dt_s;
        let (sine, cosine) = libm::sincosf(mover.heading);
        bounce(&mut mover.x, &mut mover.mirrored_x, cosine * step);
        bounce(&mut mover.y, &mut mover.mirrored_y, sine * step);
    }
}

/// Moves one coordinate and turns it round at the world's edges, so that no mover sticks to them.
fn bounce(at: &mut f32, mirrored: &mut bool, by: f32) {
    *at += if *mirrored { -by } else { by };
    if *at < 0.0 || *at > WORLD {
        *at = if *at < 0.0 { -*at } else { 2.0 * WORLD - *at };
        *mirrored = !*mirrored;
    }
}

/// How a field is opened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldOptions {
    /// Number of seats in the room.
    pub seats: usize,
    /// The number of players, spread evenly, among whom each sees about forty. None: each sees all.
    pub seen_of: Option<usize>,
    /// Nobody has an avatar, so nobody moves and there is never news. Shows what an idle client costs.
    pub still: bool,
}

impl Default for FieldOptions {
    fn default() -> FieldOptions {
        FieldOptions {
            seats: 20_000,
            seen_of: None,
            still: false,
        }
    }
}

/// The server's side of a field.
#[derive(Debug, Serialize, Deserialize)]
pub struct FieldGame {
    still: bool,
    movers: BTreeMap<PlayerId, EntityId>,
}

impl Game for FieldGame {
    type Rules = Field;
    type Options = FieldOptions;

    fn seats(options: &FieldOptions) -> usize {
        options.seats
    }

    fn interest(options: &FieldOptions) -> Interest {
        options.seen_of.map_or(Interest::Everything, |players| {
            let circle = f64::from(WORLD) * circle_of(SEEN / players.max(1) as f64);
            let radius = circle * (std::f64::consts::PI / SEEN_AREA).sqrt();
            Interest::grid(radius, radius)
        })
    }

    fn setup(_: &FieldOptions) {}

    fn create(options: &FieldOptions, _: &mut Room<Field>) -> FieldGame {
        FieldGame {
            still: options.still,
            movers: BTreeMap::new(),
        }
    }

    fn join(&mut self, room: &mut Room<Field>, player: PlayerId) -> Result<(), Refusal> {
        let mover = Mover {
            x: room.rng().random_range(0.0..WORLD),
            y: room.rng().random_range(0.0..WORLD),
            health: 100,
            ..Mover::default()
        };
        let mover = room.spawn_for(player, (mover,));
        self.movers.insert(player, mover);
        // A player with an avatar who sends no inputs would be sent the avatar in every snapshot.
        if !self.still {
            room.give_avatar(player, mover);
        }
        Ok(())
    }

    fn leave(&mut self, room: &mut Room<Field>, player: PlayerId) {
        if let Some(mover) = self.movers.remove(&player) {
            room.despawn(mover);
        }
    }

    fn tick(&mut self, room: &mut Room<Field>) {
        room.step_avatars();
    }
}

/// The radius, in sides of the world, of a circle that holds this share of the world on average, if its centre may be
/// anywhere in the world. Near the edges part of the circle lies outside; the wider the circle, the larger that part.
fn circle_of(share: f64) -> f64 {
    // The mean area that a disc of radius r shares with the unit square, when its centre may be anywhere in the square.
    let inside = |r: f64| r * r * (std::f64::consts::PI - r * (8.0 / 3.0 - r / 2.0));
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if inside(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ScriptedRoom;

    #[test]
    fn a_mover_goes_two_hundred_units_a_second_and_never_leaves_the_world() {
        let mut mover = Mover {
            x: 990.0,
            y: 500.0,
            ..Mover::default()
        };
        Field::step(&mut mover, &Heading::default(), &(), 0.05);
        assert_eq!((mover.x, mover.mirrored_x), (1000.0, false));
        Field::step(&mut mover, &Heading::default(), &(), 0.05);
        assert_eq!((mover.x, mover.mirrored_x), (990.0, true));
        let mut heading = 0_u8;
        for _ in 0..10_000 {
            heading = heading.wrapping_add(29);
            let before = mover.clone();
            Field::step(&mut mover, &Heading { turn: heading }, &(), 0.05);
            assert!((0.0..=WORLD).contains(&mover.x) && (0.0..=WORLD).contains(&mover.y));
            assert!((mover.x, mover.y) != (before.x, before.y));
        }
    }

    #[test]
    fn with_interest_a_player_sees_about_forty_however_many_there_are() {
        for players in [100, 400] {
            let options = FieldOptions {
                seen_of: Some(players),
                ..FieldOptions::default()
            };
            let mut field = ScriptedRoom::field(options, players as u64, 3);
            let (mut inbox, mut seen) = (Vec::new(), 0.0);
            for _ in 0..40 {
                for _ in 0..10 {
                    field.fill_inbox(&mut inbox);
                    field.room.tick(&mut inbox, &mut ());
                }
                seen += field.interest().1 / 40.0;
            }
            assert!((37.0..43.0).contains(&seen), "{seen} of {players}");
        }
    }
}
