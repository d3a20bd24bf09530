//! A seat in a room.
//!
//! In: connections that come and go, inputs. Out: exactly one input for each tick. If one is missing, the last one is
//! repeated for a few ticks; after that the keys count as released.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::PlayerInfo;
use tickwire_shared::rules::{Input, InputField, Rules};

use crate::gaze::Gaze;
use crate::history::Moment;
use crate::inbox::ClientId;
use crate::inputs::{InputBuffer, of_shape, one_of_shape};
use crate::limits::{REPEAT_S, TOKENS};
use crate::trail::Trail;

/// A seat in a room: a bot's or a person's. A person's is kept for a while when the connection is lost.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Player<R: Rules> {
    /// The player's id, which names the seat.
    pub id: PlayerId,
    /// The name to show. It has been cleaned.
    pub name: String,
    /// True if the game itself plays this seat.
    pub bot: bool,
    /// True if the connection is lost. The seat is kept for the grace time.
    pub away: bool,
    /// The entity that the input moves, if the game has given one.
    pub avatar: Option<EntityId>,
    /// The input of the tick being simulated.
    #[serde(with = "one_of_shape")]
    pub input: R::Input,
    /// The number of that input. It is the newest that was applied.
    pub input_sequence: InputSequence,
    /// The moment whose picture the player was looking at when it made the input, as the client itself says. See
    /// [`crate::Room::viewed_by`].
    pub(crate) viewed: Option<Moment>,
    /// Looked at only when the game asks what the player saw.
    gaze: Cell<Gaze>,
    /// The least of the last round trips that the server measured, seconds.
    pub(crate) round_trip_s: Option<f32>,
    pub(crate) client: ClientId,
    /// The tokens of the last welcomes, newest last, but first the one that was used last. A welcome may be lost on its way, and hellos may overtake each other.
    /// So all of them are good until the client has sent something that it can only send after its welcome; from then on
    /// only that connection's.
    tokens: VecDeque<ResumeToken>,
    /// The client is known to have one of the tokens.
    has_token: bool,
    /// This connection's welcome has arrived.
    pub(crate) arrived: bool,
    /// The tick in which the connection was lost.
    pub(crate) away_since: Tick,
    #[serde(with = "of_shape")]
    pub(crate) inputs: InputBuffer<R::Input>,
    starved_ticks: u32,
    /// The ticks of the player's last lines of chat.
    pub(crate) chat_ticks: VecDeque<Tick>,
    /// The game's own channels that this player sees.
    pub(crate) subscribed: BTreeSet<ChannelId>,
    /// The avatar's handle in the world. Not saved: it is found again after a restore.
    #[serde(skip)]
    pub(crate) handle: Option<hecs::Entity>,
    /// The place that its interest follows instead of its avatar's.
    pub(crate) interest_place: Option<(f32, f32)>,
    /// Whether the client can tell where its avatar is. Not saved: clients start anew after a restore.
    #[serde(skip)]
    pub(crate) trail: Trail<R::Avatar>,
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
            viewed: None,
            gaze: Cell::default(),
            round_trip_s: None,
            client,
            tokens: VecDeque::from([token]),
            has_token: false,
            arrived: false,
            away_since: Tick(0),
            inputs: InputBuffer::default(),
            starved_ticks: 0,
            chat_ticks: VecDeque::new(),
            subscribed: BTreeSet::new(),
            handle: None,
            interest_place: None,
            trail: Trail::default(),
        }
    }

    /// Forgets inputs that no client could send now.
    pub(crate) fn forget_invalid_inputs(&mut self) {
        self.inputs.retain(InputField::is_valid);
        if !self.input.is_valid() {
            self.input = R::Input::default();
        }
    }

    pub(crate) fn bot(id: PlayerId, name: String) -> Player<R> {
        // Nobody can resume a bot by this token: only people's seats have tokens that count.
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
            avatar: self.avatar,
        }
    }

    /// True if this token takes the seat back.
    pub(crate) fn is_resumed_by(&self, token: ResumeToken) -> bool {
        !self.bot && self.tokens.contains(&token)
    }

    /// Another connection took the seat with `used`, one of its tokens. Its inputs are numbered from 1 again.
    pub(crate) fn resume(&mut self, client: ClientId, token: ResumeToken, used: ResumeToken) {
        (self.client, self.away) = (client, false);
        // The client is known to have this one, so it goes first, and the others go before it does.
        self.tokens.retain(|token| *token != used);
        self.tokens.push_front(used);
        if self.tokens.len() >= TOKENS {
            self.tokens.remove(1);
        }
        self.tokens.push_back(token);
        (self.has_token, self.arrived) = (true, false);
        (self.viewed, self.gaze) = (None, Cell::default());
        self.round_trip_s = None;
        self.forget_inputs();
    }

    /// The client has its welcome, so the tokens before it are no longer good.
    pub(crate) fn note_arrival(&mut self) {
        let past = self.tokens.len().saturating_sub(1);
        self.tokens.drain(..past);
        (self.has_token, self.arrived) = (true, true);
    }

    /// True if the client has a token to come back with.
    pub(crate) fn can_come_back(&self) -> bool {
        self.has_token
    }

    /// What the player saw when it made the input of `tick`, which is this one: what its client says, or the nearest moment that an honest
    /// client can have come to. Asked again in a tick, it is the same.
    pub(crate) fn honest_view(&self, tick: Tick) -> Option<Moment> {
        let viewed = self.viewed?;
        let mut gaze = self.gaze.get();
        let moment = gaze.follow(tick, viewed, R::TICK_RATE_HZ as f32);
        self.gaze.set(gaze);
        Some(moment)
    }

    /// The connection is lost.
    pub(crate) fn lose(&mut self, tick: Tick) {
        (self.away, self.away_since) = (true, tick);
        self.forget_inputs();
    }

    fn forget_inputs(&mut self) {
        self.inputs.clear();
        self.input = self.input.released();
        self.input_sequence = InputSequence(0);
        self.starved_ticks = 0;
    }

    /// Puts the input for `tick` in place.
    pub(crate) fn resolve_input(&mut self, tick: Tick) {
        if self.bot {
            return;
        }
        let found = self.inputs.resolve(tick);
        self.trail.input_is_own = found.is_some();
        match found {
            Some(found) => {
                (self.input, self.input_sequence) = (found.input, found.sequence);
                self.viewed = Some(found.viewed);
                self.starved_ticks = 0;
            }
            None => self.starved_ticks = self.starved_ticks.saturating_add(1),
        }
        if f64::from(self.starved_ticks) > REPEAT_S * f64::from(R::TICK_RATE_HZ) {
            self.input = self.input.released();
        }
    }
}
