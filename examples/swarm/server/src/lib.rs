//! What only the server decides: where a thousand fireflies fly, and whose lantern they follow.

use swarm_rules::{Firefly, Lantern, Mark, Night, Swarm, glide};
use tickwire::prelude::*;

const FLIES: usize = 1000;
/// Fireflies that keep together.
const MATES: usize = 40;
/// A page shows this far and no further, metres.
const SIGHT_M: f32 = 48.0;
/// A lantern draws fireflies from this near, metres.
const LIGHT_M: f32 = 14.0;

#[saved]
pub struct SwarmGame {
    flies: Vec<EntityId>,
}

#[game]
impl Game for SwarmGame {
    type Rules = Swarm;

    /// A player is sent the cells that reach into its sight, whatever else there is.
    fn interest(_options: &()) -> Interest {
        Interest::grid(24.0, SIGHT_M.into())
    }

    fn setup(_options: &()) -> Night {
        let (flies, sight_m) = (FLIES as u16, SIGHT_M);
        Night { flies, sight_m }
    }

    fn create(_options: &(), room: &mut Room<Swarm>) -> SwarmGame {
        let mut home = (0.0, 0.0);
        let spawn = |n| {
            if n % MATES == 0 {
                home = any(room, 180.0);
            }
            let off = any(room, 12.0);
            let mut fly = Firefly::default();
            (fly.x, fly.y) = (home.0 + off.0, home.1 + off.1);
            room.spawn((fly,))
        };
        let flies = (0..FLIES).map(spawn).collect();
        SwarmGame { flies }
    }

    /// A player begins where a firefly is, so nobody begins in the dark.
    fn join(&mut self, room: &mut Room<Swarm>, player: PlayerId) -> Result<(), Refusal> {
        let near = self.flies[room.rng().random_range(0..FLIES)];
        let Firefly { x, y, .. } = room.get(near).unwrap_or_default();
        room.spawn_avatar(player, Lantern::default());
        room.with_avatar(player, |lantern| (lantern.x, lantern.y) = (x, y));
        let mark = Mark {
            player,
            ..Mark::default()
        };
        room.spawn_for(player, (mark,));
        Ok(())
    }

    fn tick(&mut self, room: &mut Room<Swarm>) {
        room.step_avatars();
        let dt_s = room.dt_s();
        let lantern = |player: &Player<Swarm>| Some((player.id, room.avatar(player.id)?, 0));
        let mut lanterns: Vec<(PlayerId, Lantern, u16)> =
            room.players().filter_map(lantern).collect();
        for (n, id) in self.flies.iter().enumerate() {
            let mut fly: Firefly = room.get(*id).unwrap_or_default();
            let mut nearest = (LIGHT_M * LIGHT_M, None);
            for (player, lantern, lit) in &mut lanterns {
                let (x, y) = (lantern.x - fly.x, lantern.y - fly.y);
                if x * x + y * y < nearest.0 {
                    nearest = (x * x + y * y, Some((*player, lantern, lit)));
                }
            }
            let (x, y, around_m, top) = if let Some((player, lantern, lit)) = nearest.1 {
                (fly.of, *lit) = (player, *lit + 1);
                (lantern.x, lantern.y, 6.0, 13.0) // slower than a lantern: who hurries loses them
            } else {
                // Each flies after the next of its swarm, and the last after the first.
                let next = self.flies[n - n % MATES + (n + 1) % MATES];
                let next: Firefly = room.get(next).unwrap_or_default();
                fly.of = PlayerId(0);
                (next.x, next.y, 14.0, 4.0)
            };
            // Beside it, in fact: and the side changes now and then. So swarms wander.
            if room.rng().random_bool(0.03) {
                fly.whim = any(room, around_m);
            }
            let to = (x + fly.whim.0 - fly.x, y + fly.whim.1 - fly.y);
            glide((&mut fly.x, &mut fly.y), &mut fly.speed, to, top, dt_s);
            room.with(*id, |it| *it = fly);
        }
        for mark in room.world_mut().query_mut::<&mut Mark>() {
            let its = lanterns.iter().find(|(player, ..)| *player == mark.player);
            if let Some((_, lantern, lit)) = its {
                (mark.x, mark.y, mark.lit) = (lantern.x, lantern.y, *lit);
            }
        }
    }
}

/// A place anywhere in a square.
fn any(room: &mut Room<Swarm>, half: f32) -> (f32, f32) {
    let mut one = || room.rng().random_range(-half..=half);
    (one(), one())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use swarm_rules::Push;
    use tickwire::lab::Lab;

    use super::*;

    /// The ids of the fireflies that a player sees.
    fn seen(lab: &Lab<SwarmGame>, place: usize) -> BTreeSet<u64> {
        lab.drawn(place, "Firefly")
            .iter()
            .map(|fly| fly["id"] as u64)
            .collect()
    }

    /// Two players fly apart, one to the left and one to the right.
    fn far_apart() -> (Lab<SwarmGame>, [usize; 2]) {
        let mut lab = Lab::<SwarmGame>::new((), 1);
        let players = [-1, 1].map(|right| {
            lab.add((40, 10), move |_, _| Push { right, down: 0 })
                .unwrap()
        });
        lab.run(Duration::from_secs(10), |_| {});
        (lab, players)
    }

    #[test]
    fn a_player_sees_what_is_near_and_no_more() {
        let (lab, [one, other]) = far_apart();
        let (one, other) = (seen(&lab, one), seen(&lab, other));
        for seen in [&one, &other] {
            assert!((5..400).contains(&seen.len()), "{}", seen.len());
        }
        assert!(one.is_disjoint(&other));
    }

    #[test]
    fn marks_are_seen_from_everywhere() {
        let (lab, players) = far_apart();
        for place in players {
            assert_eq!(lab.drawn(place, "Lantern").len(), 1);
            assert_eq!(lab.drawn(place, "Mark").len(), 2);
        }
    }

    /// What is left to chance or to a clock would differ here, and so would what a save forgets.
    #[test]
    fn a_room_goes_on_as_it_would_have_over_a_restart() {
        let [mut one, mut other] = [1, 1].map(|seed| Lab::<SwarmGame>::new((), seed));
        for lab in [&mut one, &mut other] {
            lab.run(Duration::from_secs(5), |_| {});
        }
        other.restart();
        for lab in [&mut one, &mut other] {
            lab.run(Duration::from_secs(5), |_| {});
        }
        assert_eq!(one.room().hash().unwrap(), other.room().hash().unwrap());
    }

    /// Eight players fly about, each by its own dice, and turn twice a second.
    #[test]
    fn what_a_player_is_sent() {
        let mut lab = Lab::<SwarmGame>::new((), 1);
        for _ in 0..8 {
            let (mut right, mut down, mut turned) = (0, 0, 0);
            let added = lab.add((40, 10), move |rng, time| {
                if time.as_millis() / 500 != turned {
                    turned = time.as_millis() / 500;
                    (right, down) = (rng.random_range(-1..=1), rng.random_range(-1..=1));
                }
                Push { right, down }
            });
            added.unwrap();
        }
        lab.run(Duration::from_secs(30), |_| {});
        let bytes = lab
            .players
            .iter()
            .map(|player| player.bytes_down as f64)
            .sum::<f64>();
        let kilobytes = bytes / 8.0 / 30.0 / 1000.0;
        let near: usize = (0..8).map(|place| seen(&lab, place).len()).sum();
        println!(
            "{kilobytes:.1} kB/s for each player, who sees {} fireflies",
            near / 8
        );
        assert!(kilobytes < 5.0);
    }

    /// A player begins among fireflies; with its hands off the keys it keeps some.
    #[test]
    fn fireflies_follow_a_lantern() {
        let mut lab = Lab::<SwarmGame>::new((), 1);
        let player = lab.add((40, 10), |_, _| Push::default()).unwrap();
        lab.run(Duration::from_secs(10), |_| {});
        let id = lab.player(player).unwrap().0;
        let follow = lab
            .drawn(player, "Firefly")
            .iter()
            .filter(|fly| fly["of"] == f64::from(id))
            .count();
        assert!(follow >= 5);
        assert!((lab.drawn(player, "Mark")[0]["lit"] - follow as f64).abs() < 5.0);
    }
}
