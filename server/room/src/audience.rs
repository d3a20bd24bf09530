//! The clients that a room's snapshots are for, as the room sees them: what it asks about them in the middle of a tick,
//! and what it hands over to them.
//!
//! In: a host's answers. Out: the snapshot: entries, own parts, what each player sees. `tick` has the order of the
//! calls. Must not: know what a host is.

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

/// The stages of a tick, in order. Those from `Capture` to `Encode` run only in ticks with a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Joins, leaves, inputs, commands and chat were received.
    Receive,
    /// The game's tick was played.
    Simulate,
    /// The world was quantised, channel by channel.
    Capture,
    /// What each player sees was found.
    Interest,
    /// Each channel's change was encoded.
    Encode,
}

/// The clients that a room's snapshots are for, as its host knows them. The room calls these methods in the middle of
/// its tick. Their defaults are for an audience in which nobody listens.
pub trait Audience<R: Rules> {
    /// Ticks from one snapshot to the next. A host may make snapshots less often than the rules say. 0 counts as 1.
    fn ticks_per_snapshot(&self) -> u32 {
        R::TICKS_PER_SNAPSHOT
    }

    /// After `Receive`: joins were answered. Outcomes that are left are kept for [`crate::RoomCore::take_outcomes`].
    fn admit(&mut self, room: &Room<R>, outcomes: &mut Vec<JoinOutcome>) {
        let _ = (room, outcomes);
    }

    /// After `Simulate`: the room ends these connections. Those that are left are offered again in the next tick.
    fn dismiss(&mut self, sent_away: &mut Vec<(ClientId, Refusal)>) {
        let _ = sent_away;
    }

    /// Before `Interest`, in a tick with a snapshot: say which streams are followed, and how far each player sees.
    fn attend(&mut self, room: &Room<R>, attendance: &mut Attendance<'_>) {
        let _ = (room, attendance);
    }

    /// Before `Encode`, when it is known what each player sees: ask for the channels that somebody needs whole.
    fn request(&mut self, tick: Tick, requests: &mut Requests<'_>) {
        let _ = (tick, requests);
    }

    /// After `Encode`: take what was made. Events that are not taken are forgotten.
    fn publish(&mut self, told: &mut Told<'_, R>) {
        let _ = told;
    }

    /// A stage is done. This is for measuring how long each takes.
    fn stage_done(&mut self, stage: Stage) {
        let _ = stage;
    }
}

/// The audience of a room without connections.
impl<R: Rules> Audience<R> for () {}

/// Where an audience says which streams are followed, and how far each player sees. See [`Audience::attend`].
pub struct Attendance<'a> {
    pub(crate) streams: &'a mut [Stream; STREAMS],
    pub(crate) interests: &'a mut Interests,
    pub(crate) snapshots: u32,
}

impl Attendance<'_> {
    /// True if this snapshot belongs to a stream, so that a client may change to it now.
    ///
    /// # Panics
    /// When `stream` is not below [`STREAMS`], as all methods here that take one.
    pub fn is_open(&self, stream: usize) -> bool {
        self.snapshots.is_multiple_of(STRIDES[stream])
    }

    /// Says whether anybody follows a stream from now on. A stream that nobody follows is not encoded.
    pub fn set_active(&mut self, stream: usize, active: bool) {
        self.streams[stream].set_active(active);
    }

    /// Sets how much of the game's radius a player sees from now on, 0..=1. Does nothing before a player's first
    /// snapshot: until then it sees all of it.
    pub fn set_interest_scale(&mut self, player: PlayerId, scale: f64) {
        if let Some(interest) = self.interests.get_mut(player) {
            interest.scale = scale;
        }
    }
}

/// Where an audience asks for the channels that somebody needs whole. See [`Audience::request`].
pub struct Requests<'a> {
    pub(crate) streams: &'a mut [Stream; STREAMS],
    pub(crate) channels: &'a mut Channels,
    pub(crate) interests: &'a Interests,
}

impl Requests<'_> {
    /// What a player sees in this snapshot. `None` for a bot or a player that has left.
    #[inline]
    pub fn interest(&self, player: PlayerId) -> Option<&PlayerInterest> {
        self.interests.get(player)
    }

    /// Asks for a keyframe of every channel that a player sees, in a stream's next entry.
    pub fn want_all(&mut self, stream: usize, player: PlayerId) {
        if let Some(interest) = self.interests.get(player) {
            want(self.streams, self.channels, stream, interest.channels());
        }
    }

    /// Asks for a keyframe of each channel that has just come into a player's interest, in a stream's next entry.
    pub fn want_entered(&mut self, stream: usize, player: PlayerId) {
        if let Some(interest) = self.interests.get(player) {
            want(self.streams, self.channels, stream, interest.entered());
        }
    }

    /// Asks for a keyframe of each of these channels, in a stream's next entry.
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
    // A client's own channel is always sent whole.
    for channel in channels
        .iter()
        .filter(|channel| **channel != ChannelId::OWN)
    {
        streams[stream].want(known.index(*channel));
    }
}

/// What a snapshot made, by stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Made {
    /// The stream has an entry.
    pub(crate) streams: [bool; STREAMS],
    /// The stream's entry carries hashes.
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
    /// The tick of the snapshot.
    pub fn tick(&self) -> Tick {
        self.room.tick
    }

    /// By stream: true if it has an entry of this snapshot.
    #[inline]
    pub fn streams(&self) -> [bool; STREAMS] {
        self.made.streams
    }

    /// True if a stream's entry carries hashes, so that own channels should, too.
    #[inline]
    pub fn is_checked(&self, stream: usize) -> bool {
        self.made.checked[stream]
    }

    /// Takes the entry of a stream, for a ring. `spare` takes its place, for its memory.
    pub fn swap_entry(&mut self, stream: usize, spare: Arc<Entry>) -> Arc<Entry> {
        self.streams[stream].swap_entry(spare)
    }

    /// Fills in a player's own part. This takes the player's slack, and later predictions start from here: call it only
    /// if the player is told.
    pub fn fill_own(&mut self, player: PlayerId, own: &mut OwnPart) {
        self.room.fill_own(player, own);
    }

    /// A player's owner-only rows, if the game has any.
    pub fn own_channel(&self, player: PlayerId) -> Option<&OwnChannel> {
        self.own.channel(player)
    }

    /// What a player sees. `None` for a bot or a player that has left.
    #[inline]
    pub fn interest(&self, player: PlayerId) -> Option<&PlayerInterest> {
        self.interests.get(player)
    }

    /// True if something happened since the last snapshot.
    pub fn has_events(&self) -> bool {
        self.room.events.mark() > 0
    }

    /// Takes the events of this snapshot, for the room's log. `None` if nothing happened. `spare` takes their place,
    /// for its memory.
    pub fn take_events(&mut self, spare: Arc<EventBatch>) -> Option<Arc<EventBatch>> {
        let tick = self.room.tick;
        self.room.events.take(tick, spare)
    }

    /// The players that are in the room as of this snapshot, as encoded [`RoomEvent::Joined`]s.
    pub fn roster(&self) -> Vec<u8> {
        let mut roster = Vec::new();
        for player in self.room.players.iter() {
            // A player that cannot be encoded would be left out, but a name and three numbers always can.
            let joined = RoomEvent::<R::Event>::Joined(player.info());
            let _ = codec::encode_into(&joined, &mut roster);
        }
        roster
    }
}
