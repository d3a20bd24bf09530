//! The people that a room's snapshots are for, as the room sees them: what it asks of them in the middle of a tick, and
//! what it hands them.
//!
//! In: a host's answers. Out: the snapshot: entries, own parts, what each player sees. `tick` says when each is asked.
//! Must not: know what a host is.

use std::sync::Arc;

use tickwire_shared::close::Refusal;
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, PlayerId, Tick};
use tickwire_shared::message::RoomEvent;
use tickwire_shared::rules::Rules;

use crate::channels::Channels;
use crate::encode::{STREAMS, STRIDES, Stream};
use crate::entry::Entry;
use crate::events::EventBatch;
use crate::inbox::ClientId;
use crate::interest::{Interests, PlayerInterest};
use crate::own::{OwnChannel, OwnChannels, OwnPart};
use crate::room::Room;
use crate::seating::JoinOutcome;

/// The stages of a tick, in their order. Those from `Capture` to `Encode` run in ticks with a snapshot only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Joins, leaves, inputs, commands and chat were received.
    Receive,
    /// The game's tick was played.
    Simulate,
    /// The world was quantised, channel by channel.
    Capture,
    /// It is known what each player sees.
    Interest,
    /// Each channel's change was encoded.
    Encode,
}

/// The people that a room's snapshots are for, as its host knows them. The room asks in the middle of its tick; what a
/// method is not written for goes by its default: nobody listens, and nothing is lost by that.
pub trait Audience<R: Rules> {
    /// Ticks from one snapshot to the next: a host may tell less often than the rules say.
    fn ticks_per_snapshot(&self) -> u32 {
        R::TICKS_PER_SNAPSHOT
    }

    /// After `Receive`: joins were answered. What is left in `outcomes` is kept for [`crate::RoomCore::take_outcomes`].
    fn admit(&mut self, room: &Room<R>, outcomes: &mut Vec<JoinOutcome>) {
        let _ = (room, outcomes);
    }

    /// After `Simulate`: the room ends these connections. What is left is offered again.
    fn dismiss(&mut self, sent_away: &mut Vec<(ClientId, Refusal)>) {
        let _ = sent_away;
    }

    /// Before `Interest`, in a tick with a snapshot: who listens to which stream, and sees how far.
    fn attend(&mut self, room: &Room<R>, attendance: &mut Attendance<'_>) {
        let _ = (room, attendance);
    }

    /// Before `Encode`, when it is known what each player sees: the channels that somebody needs whole.
    fn request(&mut self, tick: Tick, requests: &mut Requests<'_>) {
        let _ = (tick, requests);
    }

    /// After `Encode`: what was made. Events that are not taken are forgotten.
    fn publish(&mut self, told: &mut Told<'_, R>) {
        let _ = told;
    }

    /// A stage is done: for whoever measures them.
    fn stage_done(&mut self, stage: Stage) {
        let _ = stage;
    }
}

/// A room without connections.
impl<R: Rules> Audience<R> for () {}

/// Who listens to which stream, and how far each player sees: for an audience to say. See [`Audience::attend`].
pub struct Attendance<'a> {
    pub(crate) streams: &'a mut [Stream; STREAMS],
    pub(crate) interests: &'a mut Interests,
    pub(crate) snapshots: u32,
}

impl Attendance<'_> {
    /// True when this snapshot belongs to a stream, so that a client may come to it now.
    pub fn is_open(&self, stream: usize) -> bool {
        self.snapshots.is_multiple_of(STRIDES[stream])
    }

    /// Somebody follows a stream from now on, or nobody does any more: then it is not encoded.
    pub fn set_active(&mut self, stream: usize, active: bool) {
        self.streams[stream].set_active(active);
    }

    /// How much of the game's radius a player sees from now on, 0..=1.
    pub fn set_interest_scale(&mut self, player: PlayerId, scale: f64) {
        if let Some(interest) = self.interests.get_mut(player) {
            interest.scale = scale;
        }
    }
}

/// The channels that somebody needs whole: for an audience to say. See [`Audience::request`].
pub struct Requests<'a> {
    pub(crate) streams: &'a mut [Stream; STREAMS],
    pub(crate) channels: &'a mut Channels,
    pub(crate) interests: &'a Interests,
}

impl Requests<'_> {
    /// What a player sees in this snapshot.
    #[inline]
    pub fn interest(&self, player: PlayerId) -> Option<&PlayerInterest> {
        self.interests.get(player)
    }

    /// All that a player sees is to be whole in this snapshot of a stream.
    pub fn want_all(&mut self, stream: usize, player: PlayerId) {
        if let Some(interest) = self.interests.get(player) {
            want(self.streams, self.channels, stream, interest.channels());
        }
    }

    /// What has come into a player's interest is to be whole in this snapshot of a stream.
    pub fn want_entered(&mut self, stream: usize, player: PlayerId) {
        if let Some(interest) = self.interests.get(player) {
            want(self.streams, self.channels, stream, interest.entered());
        }
    }

    /// These channels are to be whole in this snapshot of a stream.
    pub fn want(&mut self, stream: usize, channels: &[ChannelId]) {
        want(self.streams, self.channels, stream, channels);
    }
}

fn want(
    streams: &mut [Stream; STREAMS],
    known: &mut Channels,
    stream: usize,
    channels: &[ChannelId],
) {
    // A client's own channel is whole whenever it is told.
    for channel in channels
        .iter()
        .filter(|channel| **channel != ChannelId::OWN)
    {
        streams[stream].want(known.index(*channel));
    }
}

/// By stream, what a snapshot made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Made {
    /// It has an entry.
    pub(crate) streams: [bool; STREAMS],
    /// Its entry tells hashes.
    pub(crate) checked: [bool; STREAMS],
}

/// A snapshot, for an audience to take. See [`Audience::publish`].
pub struct Told<'a, R: Rules> {
    pub(crate) room: &'a mut Room<R>,
    pub(crate) streams: &'a mut [Stream; STREAMS],
    pub(crate) own: &'a OwnChannels,
    pub(crate) interests: &'a Interests,
    pub(crate) made: Made,
}

impl<R: Rules> Told<'_, R> {
    /// The tick that was simulated.
    pub fn tick(&self) -> Tick {
        self.room.tick
    }

    /// By stream, whether it has an entry of this snapshot.
    #[inline]
    pub fn streams(&self) -> [bool; STREAMS] {
        self.made.streams
    }

    /// True when a stream's entry tells hashes, so that own channels should, too.
    #[inline]
    pub fn is_checked(&self, stream: usize) -> bool {
        self.made.checked[stream]
    }

    /// The entry of a stream, for a ring; `spare` takes its place, for its memory.
    pub fn swap_entry(&mut self, stream: usize, spare: Arc<Entry>) -> Arc<Entry> {
        self.streams[stream].swap_entry(spare)
    }

    /// Fills in what a player alone is told.
    pub fn fill_own(&mut self, player: PlayerId, own: &mut OwnPart) {
        self.room.fill_own(player, own);
    }

    /// A player's owner-only rows, if the game has any.
    pub fn own_channel(&self, player: PlayerId) -> Option<&OwnChannel> {
        self.own.channel(player)
    }

    /// What a player sees.
    #[inline]
    pub fn interest(&self, player: PlayerId) -> Option<&PlayerInterest> {
        self.interests.get(player)
    }

    /// True when something happened since the last snapshot.
    pub fn has_events(&self) -> bool {
        self.room.events.mark() > 0
    }

    /// The events of this snapshot, for the room's log; none when nothing happened. `spare` takes their place, for its
    /// memory.
    pub fn take_events(&mut self, spare: Arc<EventBatch>) -> Option<Arc<EventBatch>> {
        let tick = self.room.tick;
        self.room.events.take(tick, spare)
    }

    /// Who is in the room as of this snapshot, as encoded [`RoomEvent::Joined`]s.
    pub fn roster(&self) -> Vec<u8> {
        let mut roster = Vec::new();
        for player in self.room.players.iter() {
            // What cannot be encoded is left out whole; a name and three numbers always can.
            let joined = RoomEvent::<R::Event>::Joined(player.info());
            let _ = codec::encode_into(&joined, &mut roster);
        }
        roster
    }
}
