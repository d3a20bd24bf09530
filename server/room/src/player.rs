//! A seat in a room, and the buffer in which a player's inputs wait for their tick.
//!
//! In: inputs as they come, early or late. Out: exactly one input for each tick. An input that comes after its tick is
//! dropped, never shifted; a missing one repeats the last for a few ticks, then the player's hands are off the keys.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::limits::INPUT_AHEAD_TICKS;
use tickwire_shared::message::{Inputs, PlayerInfo};
use tickwire_shared::rules::{Input, Rules};

use crate::history::Moment;
use crate::inbox::ClientId;
use crate::limits::REPEAT_TICKS;

/// A seat in a room: a person's, also while the connection is lost, or a bot's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Player<R: Rules> {
    /// The seat.
    pub id: PlayerId,
    /// The name to show, cleaned.
    pub name: String,
    /// Played by the game itself.
    pub bot: bool,
    /// The connection is lost; the seat is kept for the grace time.
    pub away: bool,
    /// The entity that the input moves.
    pub avatar: Option<EntityId>,
    /// The input of the tick being simulated.
    pub input: R::Input,
    /// Its number, and so the newest one applied.
    pub input_sequence: InputSequence,
    /// The moment whose picture the player was looking at when it made the input, by its own word. See
    /// [`crate::Room::viewed_by`].
    pub(crate) viewed: Moment,
    /// The round trip that the server measured, seconds.
    pub(crate) round_trip_s: Option<f32>,
    pub(crate) client: ClientId,
    pub(crate) token: ResumeToken,
    /// Since when the connection is lost.
    pub(crate) away_since: Tick,
    buffer: VecDeque<Waiting<R::Input>>,
    starved_ticks: u32,
    /// The least slack since the last snapshot, ticks.
    pub(crate) slack_ticks: Option<i32>,
    /// Ticks of the last lines of chat.
    pub(crate) chat_ticks: VecDeque<Tick>,
    /// Channels of the game's own that this player sees.
    pub(crate) subscribed: BTreeSet<ChannelId>,
    /// Encoded events for this player alone since the last snapshot. Not saved: clients start anew after a restore.
    #[serde(skip)]
    pub(crate) own_events: Vec<u8>,
    /// The avatar's handle in the world.
    #[serde(skip)]
    pub(crate) handle: Option<hecs::Entity>,
    /// The place that its interest goes by, if not its avatar's.
    pub(crate) interest_place: Option<(f32, f32)>,
    /// Whether the client can tell where its avatar is. Not saved: clients start anew after a restore.
    #[serde(skip)]
    pub(crate) trail: Trail<R::Avatar>,
}

/// Follows an avatar from step to step: as long as nothing but the step moves it, by the inputs that its client sent for
/// just these ticks, the client knows where it is without being told.
#[derive(Debug)]
pub(crate) struct Trail<A> {
    stepped: Option<(Tick, A)>,
    /// Since the client was last told.
    unbroken: bool,
    /// The input of this tick is the one that the client sent for it.
    input_is_own: bool,
}

// Derived, it would ask the avatar to be `Default` too.
impl<A> Default for Trail<A> {
    fn default() -> Trail<A> {
        Trail {
            stepped: None,
            unbroken: false,
            input_is_own: false,
        }
    }
}

impl<A: Clone + PartialEq> Trail<A> {
    /// One step in `tick`.
    pub(crate) fn step(&mut self, tick: Tick, avatar: &mut A, step: impl FnOnce(&mut A)) {
        let as_left = self
            .stepped
            .as_ref()
            .is_some_and(|(last, left)| last.plus(1) == tick && left == avatar);
        step(avatar);
        self.unbroken &= as_left && self.input_is_own;
        match &mut self.stepped {
            Some((last, left)) => {
                *last = tick;
                left.clone_from(avatar);
            }
            None => self.stepped = Some((tick, avatar.clone())),
        }
    }

    /// True when the client can tell where the avatar is after `tick`, if it was told the last time that this was asked.
    pub(crate) fn is_unbroken(&mut self, tick: Tick, avatar: &A) -> bool {
        let here = self
            .stepped
            .as_ref()
            .is_some_and(|(last, left)| *last == tick && left == avatar);
        if !here {
            // The game moved it after the step: the next step starts from here.
            self.stepped = Some((tick, avatar.clone()));
        }
        std::mem::replace(&mut self.unbroken, true) && here
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting<I> {
    tick: Tick,
    sequence: InputSequence,
    viewed: Moment,
    input: I,
}

/// Inputs that were not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Their tick was over.
    pub late: u32,
    /// Their tick is further ahead than the buffer is deep.
    pub early: u32,
}

impl<R: Rules> Player<R> {
    pub(crate) fn person(
        id: PlayerId,
        name: String,
        client: ClientId,
        token: ResumeToken,
    ) -> Player<R> {
        Player {
            id,
            name,
            bot: false,
            away: false,
            avatar: None,
            input: R::Input::default(),
            input_sequence: InputSequence(0),
            viewed: Moment::default(),
            round_trip_s: None,
            client,
            token,
            away_since: Tick(0),
            buffer: VecDeque::new(),
            starved_ticks: 0,
            slack_ticks: None,
            chat_ticks: VecDeque::new(),
            subscribed: BTreeSet::new(),
            own_events: Vec::new(),
            handle: None,
            interest_place: None,
            trail: Trail::default(),
        }
    }

    pub(crate) fn bot(id: PlayerId, name: String) -> Player<R> {
        // Nobody resumes a bot: people's tokens are looked for among people.
        Player {
            bot: true,
            ..Player::person(id, name, ClientId(0), ResumeToken([0; 16]))
        }
    }

    pub(crate) fn info(&self) -> PlayerInfo {
        PlayerInfo {
            player: self.id,
            name: self.name.clone(),
            bot: self.bot,
            away: self.away,
        }
    }

    /// Another connection took the seat: its inputs are numbered from 1 again.
    pub(crate) fn resume(&mut self, client: ClientId, token: ResumeToken) {
        (self.client, self.token, self.away) = (client, token, false);
        self.forget_inputs();
    }

    /// The connection is lost.
    pub(crate) fn lose(&mut self, tick: Tick) {
        (self.away, self.away_since) = (true, tick);
        self.own_events = Vec::new();
        self.forget_inputs();
    }

    fn forget_inputs(&mut self) {
        self.buffer.clear();
        self.input = self.input.released();
        self.input_sequence = InputSequence(0);
        self.starved_ticks = 0;
        self.slack_ticks = None;
    }

    /// Takes a batch whose ticks are still to come; `now` is the tick about to be simulated.
    pub(crate) fn take_inputs(&mut self, now: Tick, batch: Inputs<R::Input>) -> Dropped {
        let mut dropped = Dropped::default();
        for (n, input) in batch.inputs.into_iter().enumerate() {
            let tick = batch.first_tick.plus(n as u32);
            let slack = tick.since(now);
            self.slack_ticks = Some(self.slack_ticks.map_or(slack, |least| least.min(slack)));
            if slack < 0 {
                dropped.late += 1;
            } else if slack >= INPUT_AHEAD_TICKS as i32
                || self.buffer.len() >= INPUT_AHEAD_TICKS as usize
            {
                dropped.early += 1;
            } else {
                let sequence = InputSequence(batch.first_sequence.0.wrapping_add(n as u32));
                self.buffer.push_back(Waiting {
                    tick,
                    sequence,
                    viewed: Moment {
                        tick: batch.viewed_tick,
                        part: f32::from(batch.viewed_part) / 256.0,
                    },
                    input,
                });
            }
        }
        dropped
    }

    /// Puts the input for `tick` in place. Of two inputs for one tick the later counts.
    pub(crate) fn resolve_input(&mut self, tick: Tick) {
        if self.bot {
            return;
        }
        let mut found = false;
        let (input, sequence) = (&mut self.input, &mut self.input_sequence);
        let viewed = &mut self.viewed;
        self.buffer.retain(|waiting| {
            if waiting.tick == tick {
                (*input, *sequence, found) = (waiting.input.clone(), waiting.sequence, true);
                *viewed = waiting.viewed;
            }
            waiting.tick.is_after(tick)
        });
        self.trail.input_is_own = found;
        self.starved_ticks = if found {
            0
        } else {
            self.starved_ticks.saturating_add(1)
        };
        if self.starved_ticks > REPEAT_TICKS {
            self.input = self.input.released();
        }
    }
}
