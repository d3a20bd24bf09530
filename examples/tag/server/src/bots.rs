//! Two bots for who is alone. They press keys, as people do.

use tag_rules::{Push, Tag};
use tickwire::prelude::*;

use crate::runners::{distance, enter, runners};

/// A bot thinks three times a second, so people have a chance.
const THINKS_EVERY: u32 = 20;
/// How many ticks it looks ahead.
const AHEAD: u32 = 30;

pub(crate) fn play(room: &mut Room<Tag>) {
    let bots = room.players().filter(|player| player.bot);
    let bots: Vec<PlayerId> = bots.map(|player| player.id).collect();
    if bots.is_empty() && room.people() == 1 {
        for name in ["Robin (bot)", "Kim (bot)"] {
            let bot = room.add_bot(name);
            enter(room, bot);
        }
    }
    for bot in bots {
        if room.people() > 1 {
            room.remove_bot(bot);
        } else if room.tick().0.is_multiple_of(THINKS_EVERY) {
            let push = think(room, bot).unwrap_or_default();
            room.set_bot_input(bot, push);
        }
    }
}

/// Tries every direction on a copy of its runner, by the very `step` that moves it, and takes the best.
fn think(room: &mut Room<Tag>, bot: PlayerId) -> Option<Push> {
    let me = room.avatar(bot)?;
    // Who is it looks at the nearest of the others, and these look at who is it.
    let others = runners(room).into_iter().map(|(_, runner)| runner);
    let others = others.filter(|other| other.it != me.it);
    let other = others.min_by(|a, b| distance(a, &me).total_cmp(&distance(b, &me)))?;
    let mut best = (f32::MIN, Push::default());
    for way in 0..9 {
        let (right, down) = (way % 3 - 1, way / 3 - 1);
        let push = Push { right, down };
        let mut ahead = me.clone();
        (0..AHEAD).for_each(|_| Tag::step(&mut ahead, &push, &(), room.dt_s()));
        let away = distance(&ahead, &other);
        // Without luck it would stay behind a wall for ever.
        let value = room.rng().random_range(0.0..3.0) + if me.it { -away } else { away };
        if value > best.0 {
            best = (value, push);
        }
    }
    Some(best.1)
}
