//! The bots' roster: how many bots there are, what they are called, and when each gets to think.
//!
//! In: the people in the room. Out: bots that fill it up and make way, and their inputs for this tick. What a bot wants
//! to do is decided in `brain`.

use rand::RngExt;

use crate::brain::{Brain, Scene};
use crate::components::{ArenaRoom, look};
use crate::game::ArenaGame;
use crate::ground::Ground;

/// What bots are called. More names than there can be bots.
const NAMES: [&str; 24] = [
    "Anvil", "Bellows", "Bolt", "Brass", "Cinder", "Clinker", "Cog", "Dross", "Ember", "Flux",
    "Gantry", "Ingot", "Kiln", "Ladle", "Mallet", "Nickel", "Piston", "Quench", "Rivet", "Slag",
    "Spindle", "Tongs", "Vice", "Widget",
];

impl ArenaGame {
    /// Adds or removes bots until people and bots together are as many as the options say.
    pub(crate) fn balance_bots(&mut self, room: &mut ArenaRoom) {
        let people = room.players().filter(|player| !player.bot).count();
        let bots = room.players().filter(|player| player.bot).count();
        let wanted = usize::from(self.options.bots).saturating_sub(people);
        for _ in bots..wanted {
            self.add_bot(room);
        }
        for _ in wanted..bots {
            self.remove_a_bot(room);
        }
    }

    fn add_bot(&mut self, room: &mut ArenaRoom) {
        let name = free_name(room);
        let player = room.add_bot(name);
        let id = self.add_fighter(room, player);
        let brain = Brain::new(room.rng());
        if let Some(entity) = room.entity(id) {
            // The entity exists, so this cannot fail.
            let _ = room.world_mut().insert_one(entity, brain);
        }
    }

    /// Removes the bot with the fewest kills; of equals, the one that came last.
    fn remove_a_bot(&mut self, room: &mut ArenaRoom) {
        look(room, &mut self.fighters);
        let bots = self.fighters.iter().filter(|fighter| fighter.bot);
        let Some(player) = bots.rev().min_by_key(|bot| bot.kills).map(|bot| bot.player) else {
            return;
        };
        self.remove_fighter(room, player);
        room.remove_bot(player);
    }

    /// Lets every bot decide on its input for this tick.
    pub(crate) fn think_for_bots(&mut self, room: &mut ArenaRoom) {
        look(room, &mut self.fighters);
        let ground = self.ground.get_or_insert_with(|| Ground::new(room.map()));
        let dt_s = room.dt_s();
        for me in self.fighters.iter().filter(|fighter| fighter.bot) {
            // Taken out while it thinks, so that it can use the room's generator.
            let Some(mut brain) = room.with(me.id, |brain: &mut Brain| std::mem::take(brain))
            else {
                continue;
            };
            let input = brain.think(&mut Scene {
                me,
                fighters: &self.fighters,
                ground: &mut *ground,
                rng: room.rng(),
                dt_s,
            });
            room.with(me.id, |place: &mut Brain| *place = brain);
            room.set_bot_input(me.player, input);
        }
    }
}

/// A name that nobody in the room has.
fn free_name(room: &mut ArenaRoom) -> &'static str {
    let start = room.rng().random_range(0..NAMES.len());
    let taken = |name: &str| room.players().any(|player| player.name == name);
    (0..NAMES.len())
        .map(|offset| NAMES[(start + offset) % NAMES.len()])
        .find(|name| !taken(name))
        .unwrap_or("Bot")
}
