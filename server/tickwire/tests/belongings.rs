//! What belongs to a player: found by the player, and gone with it, however it goes.

use std::time::Duration;

use tickwire::lab::Lab;
use tickwire::prelude::*;

#[component]
struct Dot {
    #[net(range = -50.0..=50.0, step = 0.05)]
    x: f32,
}

#[component]
struct Score {
    points: u16,
}

#[component]
struct Flag {
    raised: bool,
}

#[input]
struct Push {
    #[net(range = -1..=1)]
    right: i8,
}

struct Dots;

#[rules]
impl Rules for Dots {
    type Input = Push;
    type Avatar = Dot;
    type Command = ();
    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Dot>();
        set.component::<Score>();
        set.component::<Flag>();
    }
    fn step(dot: &mut Dot, push: &Push, _map: &(), dt_s: f32) {
        dot.x += f32::from(push.right) * dt_s;
    }
}

/// Plays with one bot until it is told to send it away, and lets two people in.
#[saved]
#[derive(Default)]
struct DotsGame {
    bot: Option<PlayerId>,
}

impl DotsGame {
    fn enter(room: &mut Room<Dots>, player: PlayerId) {
        room.spawn_avatar_with(player, Dot::default(), (Score { points: 3 },));
        room.spawn_for(player, (Flag::default(),));
    }
}

#[game]
impl Game for DotsGame {
    type Rules = Dots;

    fn create(_options: &(), room: &mut Room<Dots>) -> DotsGame {
        let bot = room.add_bot("Robin");
        DotsGame::enter(room, bot);
        DotsGame { bot: Some(bot) }
    }

    fn join(&mut self, room: &mut Room<Dots>, player: PlayerId) -> Result<(), Refusal> {
        DotsGame::enter(room, player);
        match room.people() {
            0..=2 => Ok(()),
            _ => Err(Refusal::new(CloseReason::Kicked, "two are enough")),
        }
    }

    fn command(&mut self, room: &mut Room<Dots>, player: PlayerId, (): ()) {
        room.with_of(player, |score: &mut Score| score.points += 1);
        room.with_of(player, |flag: &mut Flag| flag.raised = true);
        if let Some(bot) = self.bot.take() {
            room.remove_bot(bot);
        }
    }
}

fn entities(lab: &mut Lab<DotsGame>) -> usize {
    lab.room().room().entities().count()
}

#[test]
fn it_is_found_by_the_player_and_goes_with_it() {
    let mut lab = Lab::<DotsGame>::new((), 1);
    let ana = lab.add((10, 0), |_, _| Push { right: 1 }).unwrap();
    let ben = lab.add((10, 0), |_, _| Push::default()).unwrap();
    lab.run(Duration::from_secs(1), |_| {});
    assert_eq!(entities(&mut lab), 6);

    let refused = lab.add((10, 0), |_, _| Push::default());
    assert_eq!(refused.unwrap_err().words, "two are enough");
    assert_eq!(entities(&mut lab), 6, "who is refused leaves nothing");

    lab.send(ana, ());
    lab.run(Duration::from_millis(500), |_| {});
    assert_eq!(entities(&mut lab), 4, "the bot's dot and flag went with it");
    let [ana_id, ben_id] = [ana, ben].map(|place| lab.player(place).unwrap());
    let room = lab.room().room();
    let points = [ana_id, ben_id].map(|player| room.get_of::<Score>(player).unwrap().points);
    assert_eq!(points, [4, 3]);
    let raised = [ana_id, ben_id].map(|player| room.get_of::<Flag>(player).unwrap().raised);
    assert_eq!(raised, [true, false]);
    assert!(room.get_of::<Dot>(ana_id).unwrap().x > 0.5);
    assert!(room.get_of::<Dot>(PlayerId(99)).is_none());

    lab.leave(ana);
    lab.run(Duration::from_millis(500), |_| {});
    assert_eq!(entities(&mut lab), 2);
}
