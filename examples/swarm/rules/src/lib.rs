//! What both ends know: the server runs it for the truth, and each browser to predict its own lantern.

use tickwire_shared::prelude::*;

/// A player's lantern. Metres. `position` puts it into the grid.
#[component]
pub struct Lantern {
    #[net(range = -200.0..=200.0, step = 0.05, interpolate, position)]
    pub x: f32,
    #[net(range = -200.0..=200.0, step = 0.05, interpolate, position)]
    pub y: f32,
    #[net(skip)] // for the step alone: the server and the owner have it
    pub speed: (f32, f32),
}

/// One of a thousand. It is a glow, so 10 cm are fine enough.
#[component]
pub struct Firefly {
    #[net(range = -200.0..=200.0, step = 0.1, interpolate, position)]
    pub x: f32,
    #[net(range = -200.0..=200.0, step = 0.1, interpolate, position)]
    pub y: f32,
    /// The player whose lantern it follows; 0 is nobody.
    pub of: PlayerId,
    #[net(skip)]
    pub speed: (f32, f32),
    #[net(skip)] // where it likes to be beside what it flies after
    pub whim: (f32, f32),
}

/// A player's score and its dot on the map. Without `position` it is seen from everywhere.
#[component]
pub struct Mark {
    pub player: PlayerId,
    #[net(range = 0..=1000)]
    pub lit: u16,
    #[net(range = -200.0..=200.0, step = 4.0, interpolate)]
    pub x: f32,
    #[net(range = -200.0..=200.0, step = 4.0, interpolate)]
    pub y: f32,
}

#[input]
pub struct Push {
    #[net(range = -1..=1)]
    pub right: i8,
    #[net(range = -1..=1)]
    pub down: i8,
}

/// What a page is told when it joins, so that it need not repeat these numbers.
#[message]
pub struct Night {
    pub flies: u16,
    pub sight_m: f32,
}

pub struct Swarm;

#[rules]
impl Rules for Swarm {
    // Nobody aims here, so ten snapshots a second do: the page draws curves between them.
    const TICK_RATE_HZ: u32 = 20;
    const TICKS_PER_SNAPSHOT: u32 = 2;
    type Input = Push;
    type Avatar = Lantern;
    type Setup = Night;

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Lantern>();
        set.component::<Firefly>();
        set.component::<Mark>();
    }

    fn step(lantern: &mut Lantern, push: &Push, _map: &(), dt_s: f32) {
        // Four metres ahead is where `glide` is at its fastest.
        let to = (f32::from(push.right) * 4.0, f32::from(push.down) * 4.0);
        let Lantern { x, y, speed } = lantern;
        glide((x, y), speed, to, 16.0, dt_s);
    }
}

/// Moves something towards `to`, as seen from itself: at `top` m/s, and slower when it is near. It turns softly, which is
/// pretty, and cheap to send: what goes on as before takes few bits.
pub fn glide(at: (&mut f32, &mut f32), v: &mut (f32, f32), to: (f32, f32), top: f32, dt_s: f32) {
    let pace = top / (to.0 * to.0 + to.1 * to.1).sqrt().max(4.0);
    v.0 += (to.0 * pace - v.0) * 3.0 * dt_s;
    v.1 += (to.1 * pace - v.1) * 3.0 * dt_s;
    *at.0 = (*at.0 + v.0 * dt_s).clamp(-200.0, 200.0);
    *at.1 = (*at.1 + v.1 * dt_s).clamp(-200.0, 200.0);
}
