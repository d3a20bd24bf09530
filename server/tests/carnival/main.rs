//! One game that uses all that a room can do, played in virtual time at many rates, through all that can happen to
//! connections: what its clients hear, what they hold, and whether a room that is run again is the same.

mod ends;
mod game;
mod heard;
mod reruns;
mod rules;
mod stalls;
mod witness;

use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use tickwire_server::lab::Lab;

use crate::game::CarnivalGame;
use crate::rules::{Ask, Steps};

/// Walks in a straight line for some time, then in another, and throws now and then.
fn walk() -> impl FnMut(&mut Pcg64Mcg, Duration) -> Steps {
    let mut held = (u64::MAX, Steps::default());
    move |rng, now| {
        let turn = now.as_millis() as u64 / 1500;
        if held.0 != turn {
            let right = rng.random_range(-1..=1);
            let down = rng.random_range(-1..=1);
            let throws = false;
            held = (
                turn,
                Steps {
                    right,
                    down,
                    throws,
                },
            );
        }
        held.1.throws = rng.random_bool(0.01);
        held.1.clone()
    }
}

/// Lets a client ask for something, and says what.
fn ask<const HZ: u32, const TPS: u32>(
    lab: &mut Lab<CarnivalGame<HZ, TPS>>,
    index: usize,
    rng: &mut Pcg64Mcg,
) -> Ask {
    let place = rng
        .random_bool(0.5)
        .then(|| (rng.random_range(0..200), 100));
    let ask = match rng.random_range(0..100) {
        0..50 => Ask::Whisper,
        50..70 => Ask::Look(place),
        70..95 => Ask::Change,
        _ => Ask::Out,
    };
    lab.players[index].core.send_command(ask.clone()).unwrap();
    ask
}
