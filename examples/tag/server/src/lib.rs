//! What only the server decides: who is it, the scores and the rounds.

mod bots;
mod runners;

use tag_rules::{News, RADIUS, Round, Runner, Score, Tag, WALLS, Wall};
use tickwire::prelude::*;

use crate::runners::{distance, enter, runners, seconds};

const ROUND_S: f32 = 90.0;
const PAUSE_S: f32 = 6.0;
/// After a tag nobody can be tagged for a second: two who stand together would pass it on at every tick.
const SAFE_TICKS: u32 = 60;
/// So long may who is it be away. A reload of the page takes less, so it is no way out.
const PATIENCE_TICKS: u32 = 180;

/// All else is in components, which are saved with the room, too.
#[saved]
#[derive(Default)]
pub struct TagGame {
    round: EntityId,
    safe_until: Tick,
    away_ticks: u32,
}

#[game]
impl Game for TagGame {
    type Rules = Tag;

    fn seats(_options: &()) -> usize {
        12
    }

    fn setup(_options: &()) -> Vec<Wall> {
        WALLS.to_vec()
    }

    fn create(_options: &(), room: &mut Room<Tag>) -> TagGame {
        // No time is left of it: the first tick begins another.
        let round = room.spawn((Round::default(),));
        TagGame {
            round,
            ..TagGame::default()
        }
    }

    fn join(&mut self, room: &mut Room<Tag>, player: PlayerId) -> Result<(), Refusal> {
        enter(room, player);
        Ok(())
    }

    fn tick(&mut self, room: &mut Room<Tag>) {
        bots::play(room);
        room.step_avatars();
        let round_runs = self.pass_time(room);

        let here = runners(room);
        let Some((by, hunter)) = here.iter().find(|(_, runner)| runner.it) else {
            return self.choose(room, &here);
        };
        // Not to 0 at once: who goes and comes at every moment is as bad as who is away.
        self.away_ticks = self.away_ticks.saturating_sub(1);
        if !round_runs {
            return;
        }
        let dt_s = room.dt_s();
        for (runner, score) in room.world_mut().query_mut::<(&Runner, &mut Score)>() {
            score.seconds += if runner.it { dt_s } else { 0.0 };
        }
        let is_caught = |runner: &Runner| !runner.it && distance(runner, hunter) < 2.0 * RADIUS;
        let caught = here.iter().find(|(_, runner)| is_caught(runner));
        if let Some((whom, _)) = caught
            && room.tick().is_after(self.safe_until)
        {
            self.make_it(room, *whom);
            let (by, whom) = (*by, *whom);
            room.broadcast(News::Tagged { by, whom });
        }
    }
}

impl TagGame {
    /// Nobody here is it: the room is new, or who was it has left, or is away and may be back in a moment.
    fn choose(&mut self, room: &mut Room<Tag>, here: &[(PlayerId, Runner)]) {
        let is_it = |player: &Player<Tag>| room.avatar(player.id).is_some_and(|runner| runner.it);
        self.away_ticks += 1;
        if room.players().any(is_it) && self.away_ticks < PATIENCE_TICKS || here.is_empty() {
            return;
        }
        let (chosen, _) = here[room.rng().random_range(0..here.len())];
        self.make_it(room, chosen);
    }

    fn make_it(&mut self, room: &mut Room<Tag>, whom: PlayerId) {
        for runner in room.world_mut().query_mut::<&mut Runner>() {
            runner.it = false;
        }
        room.with_avatar(whom, |runner| runner.it = true);
        self.safe_until = room.tick().plus(SAFE_TICKS);
    }

    /// From the round to the pause and on to the next round. False in the pause.
    fn pass_time(&self, room: &mut Room<Tag>) -> bool {
        let mut round: Round = room.get(self.round).unwrap_or_default();
        round.left_s -= room.dt_s();
        if round.left_s <= 0.0 && round.runs {
            (round.runs, round.left_s) = (false, PAUSE_S);
            let winner = room
                .players()
                .min_by(|a, b| seconds(room, a).total_cmp(&seconds(room, b)));
            if let Some(player) = winner.map(|player| player.id) {
                room.broadcast(News::Won { player });
            }
        } else if round.left_s <= 0.0 {
            (round.runs, round.left_s) = (true, ROUND_S);
            for score in room.world_mut().query_mut::<&mut Score>() {
                score.seconds = 0.0;
            }
        }
        room.with(self.round, |kept| *kept = round.clone());
        round.runs
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tag_rules::Push;
    use tickwire::lab::Lab;

    use super::*;

    /// Two players on links of 40 ms each way, who both run into the same corner.
    fn two() -> Lab<TagGame> {
        let mut lab = Lab::<TagGame>::new((), 1);
        for _ in 0..2 {
            lab.add((40, 10), |_, _| Push { right: 1, down: 1 })
                .expect("a seat");
        }
        lab
    }

    fn run(lab: &mut Lab<TagGame>, seconds: u64) {
        lab.run(Duration::from_secs(seconds), |_| {});
    }

    /// The entity that is it, as this player sees it; 0 if nobody or more than one is.
    fn it(lab: &Lab<TagGame>, place: usize) -> u32 {
        let mut its = lab.drawn(place, "Runner");
        its.retain(|runner| runner["it"] == 1.0);
        if let [it] = &its[..] {
            it["id"] as u32
        } else {
            0
        }
    }

    #[test]
    fn a_touch_changes_who_is_it_for_everybody() {
        let mut lab = two();
        let mut its = [Vec::new(), Vec::new()];
        lab.run(Duration::from_secs(10), |lab| {
            for (place, seen) in its.iter_mut().enumerate() {
                seen.push(it(lab, place));
                seen.dedup();
            }
        });
        its.iter_mut().for_each(|seen| seen.retain(|it| *it != 0));
        assert!(
            its[0].len() > 2 && its[0].len() < 12,
            "back and forth, but not at every tick: {its:?}"
        );
        assert_eq!(its[0], its[1]);
        let heard = lab
            .heard(0)
            .filter(|news| matches!(news, News::Tagged { .. }));
        assert_eq!(heard.count(), its[0].len() - 1);
    }

    #[test]
    fn when_it_leaves_another_becomes_it() {
        let mut lab = two();
        lab.add((40, 10), |_, _| Push::default()).expect("a seat");
        run(&mut lab, 1);
        let was = it(&lab, 0);
        let owner = lab.room().room().owner(EntityId(was));
        let leaves = (0..3)
            .find(|place| lab.player(*place) == owner)
            .expect("a player is it");
        lab.leave(leaves);
        run(&mut lab, 1);
        for place in (0..3).filter(|place| *place != leaves) {
            let now = it(&lab, place);
            assert!(now != 0 && now != was, "{place} sees {now} after {was}");
        }
    }

    #[test]
    fn a_restart_keeps_scores() {
        let mut lab = two();
        run(&mut lab, 30);
        let before = lab.drawn(0, "Score");
        lab.restart();
        for place in 0..2 {
            lab.connect(place).expect("the old seat");
        }
        run(&mut lab, 1);
        assert!(
            before.iter().any(|score| score["seconds"] > 5.0),
            "{before:?}"
        );
        let after = lab.drawn(0, "Score");
        assert_eq!(after.len(), 2);
        for (old, new) in before.iter().zip(after) {
            let more = new["seconds"] - old["seconds"];
            assert!((0.0..=2.0).contains(&more), "{old:?} became {new:?}");
        }
    }

    #[test]
    fn a_reload_does_not_pass_it_on_and_going_away_does() {
        let mut lab = two();
        run(&mut lab, 1);
        let was = it(&lab, 0);
        let owner = lab.room().room().owner(EntityId(was));
        let place = (0..2)
            .find(|place| lab.player(*place) == owner)
            .expect("a player is it");
        let far = |_: &mut _, _| Push {
            right: -1,
            down: -1,
        }; // or they would tag each other
        lab.players[place].play = Box::new(far);
        lab.disconnect(place);
        run(&mut lab, 1);
        lab.connect(place).expect("the old seat");
        run(&mut lab, 1);
        assert_eq!(it(&lab, 1 - place), was);
        lab.disconnect(place);
        run(&mut lab, 4);
        assert!(![0, was].contains(&it(&lab, 1 - place)));
    }

    #[test]
    fn a_round_ends_with_a_winner_and_another_begins() {
        let mut lab = two();
        run(&mut lab, 92);
        assert_eq!(lab.drawn(1, "Round")[0]["runs"], 0.0);
        let won = lab.heard(1).filter(|news| matches!(news, News::Won { .. }));
        assert_eq!(won.count(), 1);
        run(&mut lab, 6);
        assert_eq!(lab.drawn(1, "Round")[0]["runs"], 1.0);
        assert!(
            lab.drawn(1, "Score")
                .iter()
                .all(|score| score["seconds"] < 5.0)
        );
    }

    #[test]
    fn who_is_alone_plays_with_bots_until_another_comes() {
        let mut lab = Lab::<TagGame>::new((), 3); // by this seed a bot is it first
        lab.add((40, 10), |_, _| Push::default()).expect("a seat");
        run(&mut lab, 20);
        assert_eq!(lab.drawn(0, "Runner").len(), 3);
        assert!(lab.heard(0).count() > 0, "bots tag who stands still");
        lab.add((40, 10), |_, _| Push::default()).expect("a seat");
        run(&mut lab, 1);
        assert_eq!(lab.drawn(0, "Runner").len(), 2);
    }
}
