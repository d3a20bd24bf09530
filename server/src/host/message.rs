//! One message for one client: which sections of which ring entries, in which order.
//!
//! In: ring entries, the channels that the client follows, its own part, its events. Out: the bytes of a snapshot
//! message. Shared bytes are copied as they are. Only the header, the own channel and the names of channels are written
//! here.

use std::ops::Range;
use std::sync::Arc;

use tickwire_room::{Entry, EventBatch, OwnPart, SAME_CHANNEL};
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};
use tickwire_shared::snapshot::layout::{
    Header, OwnAvatar, SectionKind, ServiceLevel, write_channel, write_header, write_next_group,
    write_section, write_section_head,
};

use super::event_log::Interest;
use super::handoff::Taken;
use super::slow_client::ticks_on;

/// What the next message does about one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The client holds it, and gets all updates.
    Follow,
    /// The client does not hold it. It gets the keyframe in this entry and all updates after it. `None`: no entry has a
    /// keyframe yet.
    Start(Option<usize>),
    /// The client holds something wrong. It gets all updates, and the keyframe in this entry.
    Heal(usize),
    /// The client holds it and must forget it.
    Leave,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    channel: ChannelId,
    held: bool,
    step: Step,
}

/// The channels that a client follows or is about to follow, ascending.
#[derive(Debug, Default)]
pub(super) struct Plan {
    channels: Vec<Planned>,
    spare: Vec<Planned>,
    healed: Vec<ChannelId>,
    /// True if all steps are `Follow`.
    follows_all: bool,
}

impl Plan {
    /// Starts every channel from a keyframe: what the client holds is of no use any more.
    pub(super) fn restart(&mut self) {
        self.follows_all = false;
        for planned in &mut self.channels {
            planned.step = Step::Start(None);
        }
    }

    /// From now on the client sees these channels (ascending) and no others.
    pub(super) fn follow(&mut self, interest: &[ChannelId]) {
        self.follows_all = false;
        self.spare.clear();
        let mut wanted = interest.iter().peekable();
        let new = |channel: ChannelId| Planned {
            channel,
            held: false,
            step: Step::Start(None),
        };
        for planned in &self.channels {
            while let Some(channel) = wanted.next_if(|channel| **channel < planned.channel) {
                self.spare.push(new(*channel));
            }
            if wanted
                .next_if(|channel| **channel == planned.channel)
                .is_some()
            {
                self.spare.push(*planned);
            } else if planned.held {
                self.spare.push(Planned {
                    step: Step::Leave,
                    ..*planned
                });
            }
        }
        self.spare.extend(wanted.copied().map(new));
        std::mem::swap(&mut self.channels, &mut self.spare);
    }

    /// True if an entry has nothing for this client and nothing that it sees moves by itself.
    pub(super) fn is_silent(&self, entry: &Entry) -> bool {
        let (mut search, mut moving) = (0, 0);
        self.follows_all
            && !self.channels.iter().any(|planned| {
                entry.is_moving(planned.channel, &mut moving)
                    || entry
                        .find(planned.channel, &mut search)
                        .is_some_and(|sections| !entry.update(sections).is_empty())
            })
    }

    /// Bytes of the updates that an entry has for this client.
    pub(super) fn bytes(&self, entry: &Entry) -> usize {
        let mut search = 0;
        let sections = self
            .channels
            .iter()
            .filter_map(|planned| entry.find(planned.channel, &mut search));
        sections.map(|sections| entry.update(sections).len()).sum()
    }

    /// Finds the keyframes, from entry `first` on, from which channels start or by which they are healed.
    pub(super) fn find_starts(
        &mut self,
        entries: &[Arc<Entry>],
        first: usize,
        healing: &[ChannelId],
    ) {
        self.healed.clear();
        if self.follows_all && healing.is_empty() {
            return;
        }
        let find = |channel| {
            let entries = entries.get(first..).unwrap_or_default();
            last_keyframe(entries, channel).map(|place| first + place)
        };
        for planned in &mut self.channels {
            let heals = healing.contains(&planned.channel);
            planned.step = match planned.step {
                Step::Start(_) => Step::Start(find(planned.channel)),
                Step::Follow if heals => find(planned.channel).map_or(Step::Follow, Step::Heal),
                step => step,
            };
            if heals && matches!(planned.step, Step::Start(Some(_)) | Step::Heal(_)) {
                self.healed.push(planned.channel);
            }
        }
    }

    /// The channels that the message heals.
    pub(super) fn healed(&self) -> &[ChannelId] {
        &self.healed
    }

    /// Goes on to the next message, after one has been written. True if a channel found no keyframe to start from.
    pub(super) fn advance(&mut self) -> bool {
        if self.follows_all && self.healed.is_empty() {
            return false;
        }
        self.channels.retain(|planned| planned.step != Step::Leave);
        let mut stuck = false;
        for planned in &mut self.channels {
            if planned.step == Step::Start(None) {
                stuck = true;
            } else {
                (planned.step, planned.held) = (Step::Follow, true);
            }
        }
        self.follows_all = !stuck;
        stuck
    }
}

/// The room's events that a client has not heard.
pub(super) struct Heard<'a> {
    pub(super) player: PlayerId,
    pub(super) batches: &'a [Arc<EventBatch>],
    /// The number of the first of `batches`.
    pub(super) first: u64,
    /// The numbers of the batches that the message carries.
    pub(super) numbers: Range<u64>,
    /// What the client saw, and from which batch on.
    pub(super) interests: &'a [Interest],
}

impl Heard<'_> {
    /// Appends a section with the events that the client hears up to `tick`, after a channel's name. Appends nothing if
    /// it hears none. Call in the order of ticks: each event is then written once.
    fn write_until(&mut self, tick: Tick, out: &mut Vec<u8>) {
        let due = self.numbers.clone();
        let due = due.take_while(|number| {
            self.batch(*number)
                .is_some_and(|batch| !batch.tick().is_after(tick))
        });
        let due = self.numbers.start..self.numbers.start + due.count() as u64;
        self.numbers.start = due.end;
        let heard = || due.clone().flat_map(|number| self.events(number));
        let len_bytes = heard().map(<[u8]>::len).sum();
        if len_bytes > 0 {
            // A section needs a channel's name. Events belong to none, so they take the first name of the group.
            write_channel(out, ChannelId::GLOBAL, ChannelId::GLOBAL);
            write_section_head(out, SectionKind::Events, len_bytes);
            heard().for_each(|events| out.extend_from_slice(events));
        }
    }

    fn batch(&self, number: u64) -> Option<&EventBatch> {
        let place = number.checked_sub(self.first)?;
        Some(self.batches.get(place as usize)?)
    }

    /// The events of a batch that the client hears, by what it saw then.
    fn events(&self, number: u64) -> impl Iterator<Item = &[u8]> {
        let mut interests = self.interests.iter().rev();
        let seen = interests.find(|interest| interest.from <= number);
        let seen = seen.map_or(&[][..], |interest| &interest.channels);
        let batch = self.batch(number).into_iter();
        batch.flat_map(|batch| batch.heard_by(self.player, seen))
    }
}

/// Everything that a message is made of.
pub(super) struct Message<'a> {
    pub(super) heard: Heard<'a>,
    /// The players in the room, encoded, for a client that missed events. Otherwise empty.
    pub(super) roster: &'a [u8],
    /// The entries that the client has missed, oldest first.
    pub(super) entries: &'a [Arc<Entry>],
    /// The place of the first entry that the message tells. Of the entries before it, it tells only the events.
    pub(super) first: usize,
    /// The newest tick that the client was told before.
    pub(super) told: Tick,
    /// Until this tick nothing happened, and the client was not told.
    pub(super) rested: Option<Tick>,
    /// The newest entry's tick.
    pub(super) newest: Tick,
    /// The client's service level, if it has changed.
    pub(super) service: Option<ServiceLevel>,
    pub(super) taken: &'a Taken,
}

impl Message<'_> {
    /// Appends the message to `out`.
    pub(super) fn write(mut self, plan: &Plan, out: &mut Vec<u8>) {
        let entries = self.entries.get(self.first..).unwrap_or_default();
        let Some(first) = entries.first().map(|entry| entry.tick()) else {
            return;
        };
        // While the room rested, its clients heard nothing. Now that the rest ends, they must know when it does.
        let start = self.rested.unwrap_or(first);
        let own = &self.taken.own;
        let header = Header {
            ticks_on: ticks_on(self.told, self.newest),
            applied_low: own.applied_low,
            slack_parts: own.slack_parts,
            service: self.service,
            avatar: avatar(own),
            roster: self.roster,
            span_ticks: ticks_on(start, self.newest),
        };
        write_header(out, &header);
        let mut at = start;
        for (place, entry) in entries.iter().enumerate() {
            if entry.tick() != at {
                write_next_group(out, ticks_on(at, entry.tick()));
                at = entry.tick();
            }
            let is_last = place + 1 == entries.len();
            self.heard.write_until(entry.tick(), out);
            self.write_group(plan, (self.first + place, entry), is_last, out);
        }
    }

    fn write_group(
        &self,
        plan: &Plan,
        (place, entry): (usize, &Entry),
        is_last: bool,
        out: &mut Vec<u8>,
    ) {
        let (mut before, mut search) = (ChannelId::GLOBAL, 0);
        let mut own_is_due = is_last && self.has_own();
        for planned in &plan.channels {
            let channel = planned.channel;
            if own_is_due && channel > ChannelId::OWN {
                before = self.write_own(before, out);
                own_is_due = false;
            }
            let sections = entry.find(channel, &mut search);
            let update = sections.map_or(&[][..], |sections| entry.update(sections));
            let keyframe = sections.map_or(&[][..], |sections| entry.keyframe(sections));
            let heals = planned.step == Step::Heal(place) && !keyframe.is_empty();
            let bytes = match planned.step {
                Step::Follow | Step::Heal(_) if !update.is_empty() => Some(update),
                Step::Heal(_) if heals => Some(keyframe),
                Step::Start(Some(start)) if place == start => Some(keyframe),
                Step::Start(Some(start)) if place > start && !update.is_empty() => Some(update),
                Step::Leave if is_last => None,
                _ => continue,
            };
            write_channel(out, before, channel);
            before = channel;
            match bytes {
                Some(bytes) => out.extend_from_slice(bytes),
                None => write_section(out, SectionKind::Leave, &[]),
            }
            if heals && !update.is_empty() {
                out.push(SAME_CHANNEL);
                out.extend_from_slice(keyframe);
            }
        }
        if own_is_due {
            self.write_own(before, out);
        }
    }

    fn has_own(&self) -> bool {
        self.taken.own_channel_is_new || self.taken.own_check.is_some()
    }

    /// Writes the client's own channel: whole if it has changed, and its check if one is due. Gives the channel whose
    /// name was written last.
    fn write_own(&self, before: ChannelId, out: &mut Vec<u8>) -> ChannelId {
        let mut before = before;
        if self.taken.own_channel_is_new {
            write_channel(out, before, ChannelId::OWN);
            before = ChannelId::OWN;
            let bytes = self.taken.own_channel.as_slice();
            let kind = if bytes.is_empty() {
                SectionKind::Leave
            } else {
                SectionKind::Keyframe
            };
            write_section(out, kind, bytes);
        }
        if let Some(check) = self.taken.own_check {
            write_channel(out, before, ChannelId::OWN);
            before = ChannelId::OWN;
            write_section(out, SectionKind::Check, &check.to_le_bytes());
        }
        before
    }
}

/// What the header says about the avatar.
fn avatar(own: &OwnPart) -> OwnAvatar<'_> {
    match own.avatar {
        None => OwnAvatar::None,
        Some(_) if own.predicted => OwnAvatar::Predicted,
        Some(entity) => OwnAvatar::Whole(entity, &own.avatar_bytes),
    }
}

/// The place of the last entry that has a keyframe of this channel.
fn last_keyframe(entries: &[Arc<Entry>], channel: ChannelId) -> Option<usize> {
    entries.iter().rposition(|entry| {
        let sections = entry.find(channel, &mut 0);
        sections.is_some_and(|sections| !entry.keyframe(sections).is_empty())
    })
}
