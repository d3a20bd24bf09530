//! The tick's side of one client: what it follows, and what it needs of a snapshot.
//!
//! In: its requests. Out: the stream that it goes over to, how far it sees, the channels that it needs whole.

use std::sync::Arc;

use tickwire_room::{Attendance, InterestSet, Requests};
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};

use super::handoff::Handoff;
use super::requests::Requested;

/// The tick's side of one client.
pub(super) struct Client {
    pub(super) player: PlayerId,
    pub(super) handoff: Arc<Handoff>,
    /// The stream that it follows.
    pub(super) stream: usize,
    /// With the next entry of its stream come keyframes of all that it sees.
    pub(super) starts: bool,
    /// When it last went over to another stream.
    switched: Option<Tick>,
    /// When it was last healed.
    pub(super) healed: Tick,
    /// The part of its interest that it was granted.
    pub(super) scale: Option<f64>,
    /// It gets the roster with the next entry of its stream.
    pub(super) needs_roster: bool,
    /// What it sees, as its handoff knows it.
    pub(super) interest: InterestSet,
}

impl Client {
    pub(super) fn new(player: PlayerId, handoff: Arc<Handoff>, tick: Tick) -> Client {
        Client {
            player,
            handoff,
            stream: 0,
            starts: false,
            switched: None,
            healed: tick,
            scale: None,
            needs_roster: false,
            interest: InterestSet::default(),
        }
    }

    /// Puts the client on the stream that it asked for, if an entry of that stream comes now, and lets the player see
    /// as far as was asked for. Each change costs keyframes, so there are as few of them as of healings.
    pub(super) fn attend(
        &mut self,
        (tick, heal_ticks): (Tick, u32),
        requested: Requested,
        attendance: &mut Attendance<'_>,
    ) {
        let stream = requested.stream();
        let is_late = |then: Tick| tick.since(then) >= heal_ticks as i32;
        if stream != self.stream && attendance.is_open(stream) && self.switched.is_none_or(is_late)
        {
            attendance.set_active(stream, true);
            (self.stream, self.starts, self.switched) = (stream, true, Some(tick));
        }
        if self.scale != Some(requested.scale()) {
            attendance.set_interest_scale(self.player, requested.scale());
            self.scale = Some(requested.scale());
        }
    }

    /// Asks for the channels that the client needs whole: all of them when it starts anew, those that have come into
    /// its interest, and those that must be healed.
    pub(super) fn request(
        &mut self,
        (tick, heal_ticks): (Tick, u32),
        requests: &mut Requests<'_>,
        healing: &mut Vec<ChannelId>,
    ) {
        let Some(interest) = requests.interest(self.player) else {
            return;
        };
        let requested = self.handoff.requested();
        if requested.has(Requested::RESTART) {
            self.handoff.grant_restart();
            self.starts = true;
        }
        if requested.has(Requested::ROSTER) {
            self.handoff.grant_roster();
            (self.starts, self.needs_roster) = (true, true);
        }
        let may_heal = tick.since(self.healed) >= heal_ticks as i32;
        healing.clear();
        if requested.has(Requested::HEAL_ALL) && may_heal {
            self.handoff.grant_heal_all();
            (self.starts, self.healed) = (true, tick);
        } else if requested.has(Requested::HEALING) && may_heal {
            let seen = interest.channels();
            let is_seen = |channel| seen.binary_search(&channel).is_ok();
            self.handoff.healing(is_seen, healing);
        }
        if self.starts {
            requests.want_all(self.stream, self.player);
        } else if !interest.entered().is_empty() {
            requests.want_entered(self.stream, self.player);
        }
        if !healing.is_empty() {
            self.healed = tick;
            requests.want(self.stream, healing);
        }
    }
}
