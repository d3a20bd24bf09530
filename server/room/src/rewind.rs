//! Lag compensation: what a player was looking at when it acted.
//!
//! In: with each input, the moment whose picture its player saw; now and then, the round trip that the server measured.
//! Out: that moment, but no older than an honest player with that round trip can have seen it, and the world as it was
//! then.

use tickwire_shared::ids::{EntityId, PlayerId};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rules::Rules;

use crate::history::Moment;
use crate::limits::{REWIND_MAX_S, VIEW_DELAY_MAX_S};
use crate::room::Room;

impl<R: Rules> Room<R> {
    /// The moment whose picture a player was looking at when it made the input of this tick. It is no further back than
    /// [`REWIND_MAX_S`], and no further than an honest player with the measured round trip can have seen. A player who answers
    /// no ping counts as one without any way to go. For a bot,
    /// and for a player that is not in the room, it is the end of the last tick.
    pub fn viewed_by(&self, player: PlayerId) -> Moment {
        let last = Moment {
            tick: self.tick.minus(1),
            part: 0.0,
        };
        let Some(player) = self.players.get(player).filter(|player| !player.bot) else {
            return last;
        };
        let rate = f64::from(R::TICK_RATE_HZ);
        let by_round_trip_s = player
            .round_trip_s
            .map_or(VIEW_DELAY_MAX_S, |s| f64::from(s) + VIEW_DELAY_MAX_S);
        let furthest_ticks = (by_round_trip_s.min(REWIND_MAX_S) * rate) as f32;
        let Some(viewed) = player.honest_view(self.tick) else {
            return last;
        };
        let age_ticks = viewed.age_ticks(last.tick);
        if age_ticks <= 0.0 || !age_ticks.is_finite() {
            return last;
        }
        Moment::aged(last.tick, age_ticks.min(furthest_ticks))
    }

    /// A component of an entity as it was at a moment. `None` if the game does not rewind the component
    /// ([`crate::Game::rewinds`]) or the entity was not there. Interpolated fields are interpolated here, too; skipped
    /// fields have their defaults.
    pub fn rewound<C: Replicate>(&self, entity: EntityId, moment: Moment) -> Option<C> {
        self.history.rewound(entity, moment)
    }
}
