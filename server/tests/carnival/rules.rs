//! The rules of the game with everything: what players hold, ask for and throw. Its rates are parameters.

use tickwire_shared::prelude::{component, input, message};
use tickwire_shared::rules::{Act, ComponentVisitor, Rules};

/// Side of the world.
pub(crate) const SIDE: f32 = 200.0;

#[component]
pub(crate) struct Body {
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    pub(crate) x: f32,
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    pub(crate) y: f32,
    /// Its own player predicts it.
    #[net(skip)]
    pub(crate) throws: u8,
}

/// A thrown ball: east, for a second.
#[component]
pub(crate) struct Ball {
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    x: f32,
    #[net(range = 0.0..=200.0, step = 0.1, interpolate, position)]
    y: f32,
    #[net(range = 0..=65535)]
    thrower: u32,
    #[net(range = 0..=4095)]
    sequence: u16,
}

#[component]
pub(crate) struct Purse {
    #[net(range = 0..=1000, owner_only)]
    pub(crate) coins: u16,
}

/// What a troupe knows. It has no place in the world.
#[component]
pub(crate) struct Tune {
    #[net(range = 0..=255)]
    pub(crate) beat: u8,
}

#[input]
pub(crate) struct Steps {
    #[net(range = -1..=1)]
    pub(crate) right: i8,
    #[net(range = -1..=1)]
    pub(crate) down: i8,
    pub(crate) throws: bool,
}

#[message]
pub(crate) enum Ask {
    /// To hear from the game, alone.
    Whisper,
    /// To see another place, or what is near again.
    Look(Option<(u8, u8)>),
    /// To go over to the other troupe.
    Change,
    /// To be thrown out.
    Out,
}

#[message]
pub(crate) struct Throw {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// The rules, at `HZ` ticks a second and a snapshot every `TPS` ticks.
pub(crate) struct Carnival<const HZ: u32, const TPS: u32>;

impl<const HZ: u32, const TPS: u32> Rules for Carnival<HZ, TPS> {
    const GAME: &'static str = "carnival";
    const REVISION: u32 = 1;
    const TICK_RATE_HZ: u32 = HZ;
    const TICKS_PER_SNAPSHOT: u32 = TPS;
    type Input = Steps;
    type Avatar = Body;
    type Setup = ();
    type Map = ();
    type Command = Ask;
    type Event = u32;
    type Action = Throw;
    type Ghost = Ball;

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Body>();
        set.component::<Ball>();
        set.component::<Purse>();
        set.component::<Tune>();
    }

    fn map((): &()) {}

    fn step(body: &mut Body, steps: &Steps, (): &(), dt_s: f32) {
        body.x = (body.x + f32::from(steps.right) * 20.0 * dt_s).clamp(0.0, SIDE);
        body.y = (body.y + f32::from(steps.down) * 20.0 * dt_s).clamp(0.0, SIDE);
        body.throws = body.throws.wrapping_add(steps.throws.into());
    }

    fn action(before: &Body, after: &Body, _: &Steps) -> Option<Throw> {
        (before.throws != after.throws).then_some(Throw {
            x: after.x,
            y: after.y,
        })
    }

    fn ghost(act: &Act<Throw>, age_s: f32, (): &()) -> Option<Ball> {
        (age_s < 1.0).then_some(Ball {
            x: (act.action.x + 30.0 * age_s).min(SIDE),
            y: act.action.y,
            thrower: act.player.0,
            sequence: (act.sequence.0 & 4095) as u16,
        })
    }

    fn is_ghost_of(ghost: &Ball, ball: &Ball) -> bool {
        (ghost.thrower, ghost.sequence) == (ball.thrower, ball.sequence)
    }
}
