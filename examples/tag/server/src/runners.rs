//! The runners, each with its score.

use tag_rules::{EDGE, Runner, Score, Tag, is_free};
use tickwire::prelude::*;

/// Spawns a runner. Who comes late has as many seconds as the worst, or the last to come would win.
pub(crate) fn enter(room: &mut Room<Tag>, player: PlayerId) {
    let others = room.players().map(|other| seconds(room, other));
    let seconds = others.fold(0.0, f32::max);
    let mut place = || room.rng().random_range(-EDGE..=EDGE);
    let (mut x, mut y) = (place(), place());
    while !is_free(x, y) {
        (x, y) = (place(), place());
    }
    let it = false;
    room.spawn_avatar_with(player, Runner { x, y, it }, (Score { seconds },));
}

pub(crate) fn seconds(room: &Room<Tag>, player: &Player<Tag>) -> f32 {
    let score = room.get_of::<Score>(player.id);
    score.map_or(0.0, |score| score.seconds)
}

/// The runners of all who are connected. Those of others stand still, and nobody can tag them.
pub(crate) fn runners(room: &Room<Tag>) -> Vec<(PlayerId, Runner)> {
    let here = room.players().filter(|player| !player.away);
    here.filter_map(|player| Some((player.id, room.avatar(player.id)?)))
        .collect()
}

pub(crate) fn distance(a: &Runner, b: &Runner) -> f32 {
    let (x, y) = (a.x - b.x, a.y - b.y);
    (x * x + y * y).sqrt()
}
