//! A game that uses all that a room can do: a grid, channels of the game's own, owner-only fields, commands, kicks,
//! rewinds, bots, actions and ghosts. Its rates are parameters. Each event that it sends has a number of its own and is
//! written down with who should hear it, so that a test can compare what clients heard.

use std::cell::RefCell;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use tickwire_room::{Game, Interest, RewindVisitor, Room};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, EntityId, PlayerId};
use tickwire_shared::rules::{Act, Rules};

use crate::rules::{Ask, Ball, Body, Carnival, Purse, SIDE, Steps, Throw, Tune};

/// Side of a cell of the grid.
const CELL: f32 = 10.0;
/// Cells come after all other channels, row by row.
const FIRST_CELL: u32 = 1024;

/// Who should hear an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ears {
    All,
    Channel(ChannelId),
    One(PlayerId),
}

thread_local! {
    /// The events since the last snapshot: their numbers, and who should hear them.
    static SAID: RefCell<Vec<(u32, Ears)>> = const { RefCell::new(Vec::new()) };
}

/// Takes what was said since this was last asked.
pub(crate) fn take_said() -> Vec<(u32, Ears)> {
    SAID.take()
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Options {
    pub(crate) grid: bool,
    pub(crate) seats: usize,
    /// Bots with long names that stand about.
    pub(crate) crowd: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            grid: true,
            seats: 256,
            crowd: 0,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CarnivalGame<const HZ: u32, const TPS: u32> {
    options: Options,
    troupes: [ChannelId; 2],
    tunes: [EntityId; 2],
    /// An entity that goes from channel to channel and back to none.
    stray: EntityId,
    /// Whose turn it is: players of the first troupe are even.
    changed: Vec<PlayerId>,
    balls: Vec<(EntityId, Act<Throw>, u32)>,
    bots: Vec<PlayerId>,
    next_number: u32,
}

type Place<'a, const HZ: u32, const TPS: u32> = &'a mut Room<Carnival<HZ, TPS>>;

impl<const HZ: u32, const TPS: u32> CarnivalGame<HZ, TPS> {
    fn troupe(&self, player: PlayerId) -> usize {
        let changed = self.changed.contains(&player);
        (player.0 as usize + usize::from(changed)) % 2
    }

    fn say(&mut self, room: Place<HZ, TPS>, ears: Ears) {
        self.next_number += 1;
        let number = self.next_number;
        match ears {
            Ears::All => room.broadcast(number),
            Ears::Channel(channel) => room.broadcast_in(channel, number),
            Ears::One(player) => room.send(player, number),
        }
        SAID.with_borrow_mut(|said| said.push((number, ears)));
    }

    /// Tells those who see the middle of a cell.
    fn say_at(&mut self, room: Place<HZ, TPS>, column: u32, row: u32) {
        self.next_number += 1;
        let middle = |cell: u32| cell as f32 * CELL + CELL / 2.0;
        room.broadcast_at((middle(column), middle(row)), self.next_number);
        let columns = (SIDE / CELL) as u32;
        let ears = if self.options.grid {
            Ears::Channel(ChannelId(FIRST_CELL + row * columns + column))
        } else {
            Ears::All
        };
        SAID.with_borrow_mut(|said| said.push((self.next_number, ears)));
    }

    fn body(room: Place<HZ, TPS>) -> Body {
        Body {
            x: room.rng().random_range(0.0..SIDE),
            y: room.rng().random_range(0.0..SIDE),
            throws: 0,
        }
    }

    fn throw(&mut self, room: Place<HZ, TPS>) {
        while let Some(act) = room.next_action() {
            // One in eight is refused: its thrower takes it back.
            if room.rng().random_range(0..8) == 0 {
                continue;
            }
            room.confirm(&act);
            let ball = Carnival::<HZ, TPS>::ghost(&act, 0.0, &()).unwrap_or_default();
            self.balls
                .push((room.spawn((ball,)), act.clone(), room.tick().0));
            let seen = room.viewed_by(act.player);
            let others = room.players().filter(|player| player.id != act.player);
            let others = others.filter_map(|player| Some((player.id, player.avatar?)));
            let hit = others.collect::<Vec<_>>().into_iter().find(|(_, avatar)| {
                let was = room.rewound::<Body>(*avatar, seen);
                was.is_some_and(|was| (was.x - act.action.x).abs() < 3.0)
            });
            if let Some((hit, _)) = hit {
                self.say(room, Ears::One(hit));
            }
        }
        let (now, dt_s) = (room.tick().0, room.dt_s());
        self.balls.retain(|(id, act, thrown)| {
            let age_s = now.wrapping_sub(*thrown) as f32 * dt_s;
            let ball = Carnival::<HZ, TPS>::ghost(act, age_s, &());
            match ball.clone() {
                Some(ball) => _ = room.with(*id, |flying: &mut Ball| *flying = ball),
                None => room.despawn(*id),
            }
            ball.is_some()
        });
    }

    fn talk(&mut self, room: Place<HZ, TPS>) {
        if room.rng().random_range(0..8) == 0 {
            self.say(room, Ears::All);
        }
        for troupe in self.troupes {
            if room.rng().random_range(0..12) == 0 {
                self.say(room, Ears::Channel(troupe));
            }
        }
        for _ in 0..2 {
            let cells = (SIDE / CELL) as u32;
            let (column, row) = (
                room.rng().random_range(0..cells),
                room.rng().random_range(0..cells),
            );
            self.say_at(room, column, row);
        }
    }

    fn play_bots(&mut self, room: Place<HZ, TPS>) {
        if room.rng().random_range(0..200) == 0 {
            if self.bots.len() > 3 {
                let bot = self.bots.remove(0);
                self.leave(room, bot);
                room.remove_bot(bot);
            } else {
                let bot = room.add_bot("bot");
                self.bots.push(bot);
                let body = Self::body(room);
                let avatar = room.spawn_for(bot, (body, Purse::default()));
                room.give_avatar(bot, avatar);
            }
        }
        for bot in self.bots.clone() {
            let steps = Steps {
                right: room.rng().random_range(-1..=1),
                down: room.rng().random_range(-1..=1),
                throws: room.rng().random_range(0..20) == 0,
            };
            room.set_bot_input(bot, steps);
        }
    }
}

impl<const HZ: u32, const TPS: u32> Game for CarnivalGame<HZ, TPS> {
    type Rules = Carnival<HZ, TPS>;
    type Options = Options;

    fn seats(options: &Options) -> usize {
        options.seats
    }

    fn interest(options: &Options) -> Interest {
        if options.grid {
            Interest::grid(f64::from(CELL), 30.0)
        } else {
            Interest::Everything
        }
    }

    fn rewinds(set: &mut impl RewindVisitor) {
        set.component::<Body>();
    }

    fn setup(_: &Options) {}

    fn create(options: &Options, room: Place<HZ, TPS>) -> Self {
        for n in 0..options.crowd {
            room.add_bot(&format!("someone in a crowd {n:05}"));
        }
        let troupes = [room.open_channel(), room.open_channel()];
        let tunes = troupes.map(|troupe| {
            let tune = room.spawn((Tune::default(),));
            room.put_in_channel(tune, Some(troupe));
            tune
        });
        CarnivalGame {
            options: options.clone(),
            troupes,
            tunes,
            stray: room.spawn((Tune::default(),)),
            changed: Vec::new(),
            balls: Vec::new(),
            bots: Vec::new(),
            next_number: 0,
        }
    }

    fn join(&mut self, room: Place<HZ, TPS>, player: PlayerId) -> Result<(), Refusal> {
        // Everybody is let in but every 13th, of whom nobody may hear.
        if player.0.is_multiple_of(13) {
            room.broadcast(0);
            return Err(CloseReason::GameRefused.into());
        }
        let body = Self::body(room);
        let avatar = room.spawn_for(player, (body, Purse::default()));
        room.give_avatar(player, avatar);
        room.subscribe(player, self.troupes[self.troupe(player)]);
        self.say(room, Ears::One(player));
        Ok(())
    }

    fn leave(&mut self, room: Place<HZ, TPS>, player: PlayerId) {
        if let Some(avatar) = room.player(player).and_then(|player| player.avatar) {
            room.despawn(avatar);
        }
    }

    fn command(&mut self, room: Place<HZ, TPS>, player: PlayerId, ask: Ask) {
        match ask {
            Ask::Whisper => self.say(room, Ears::One(player)),
            Ask::Look(place) => {
                let place = place.map(|(x, y)| (f32::from(x), f32::from(y)));
                room.set_interest_place(player, place);
            }
            Ask::Change => {
                room.unsubscribe(player, self.troupes[self.troupe(player)]);
                match self.changed.iter().position(|changed| *changed == player) {
                    Some(place) => _ = self.changed.remove(place),
                    None => self.changed.push(player),
                }
                room.subscribe(player, self.troupes[self.troupe(player)]);
            }
            Ask::Out => room.kick(player, "as you asked"),
        }
    }

    fn tick(&mut self, room: Place<HZ, TPS>) {
        self.play_bots(room);
        room.step_avatars();
        self.throw(room);
        self.talk(room);
        let tick = room.tick().0;
        for (troupe, tune) in self.tunes.iter().enumerate() {
            if tick.is_multiple_of(50 + troupe as u32) {
                room.with(*tune, |tune: &mut Tune| {
                    tune.beat = tune.beat.wrapping_add(1)
                });
            }
        }
        if tick.is_multiple_of(71) {
            let home = match tick / 71 % 3 {
                0 => Some(self.troupes[0]),
                1 => Some(self.troupes[1]),
                _ => None,
            };
            room.put_in_channel(self.stray, home);
        }
        let avatars = room.players().filter_map(|player| player.avatar);
        for avatar in avatars.collect::<Vec<_>>() {
            if (tick.wrapping_add(avatar.0)).is_multiple_of(97) {
                room.with(avatar, |purse: &mut Purse| {
                    purse.coins = (purse.coins + 7) % 1000;
                });
            }
        }
    }
}
