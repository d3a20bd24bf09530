//! A seat in a room.
//!
//! In: connections that come and go, inputs. Out: exactly one input for each tick: a missing one repeats the last for a
//! few ticks, then the player's hands are off the keys.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use tickwire_shared::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::message::PlayerInfo;
use tickwire_shared::rules::{Input, Rules};

use crate::history::Moment;
use crate::inbox::ClientId;
use crate::inputs::InputBuffer;
use crate::limits::REPEAT_S;
use crate::trail::Trail;

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
    /// The token of the last welcome.
    token: ResumeToken,
    /// The token that the client is known to have. A welcome may be lost on its way, so the one before stays good until
    /// the client has said something that it can only say after its welcome.
    known_token: Option<ResumeToken>,
    /// Since when the connection is lost.
    pub(crate) away_since: Tick,
    pub(crate) inputs: InputBuffer<R::Input>,
    starved_ticks: u32,
    /// Ticks of the last lines of chat.
    pub(crate) chat_ticks: VecDeque<Tick>,
    /// Channels of the game's own that this player sees.
    pub(crate) subscribed: BTreeSet<ChannelId>,
    /// The avatar's handle in the world.
    #[serde(skip)]
    pub(crate) handle: Option<hecs::Entity>,
    /// The place that its interest goes by, if not its avatar's.
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
            viewed: Moment::default(),
            round_trip_s: None,
            client,
            token,
            known_token: None,
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

    /// True for a token that takes this seat back.
    pub(crate) fn is_resumed_by(&self, token: ResumeToken) -> bool {
        !self.bot && (self.token == token || self.known_token == Some(token))
    }

    /// Another connection took the seat by the token `used`: its inputs are numbered from 1 again.
    pub(crate) fn resume(&mut self, client: ClientId, used: ResumeToken, token: ResumeToken) {
        (self.client, self.token, self.away) = (client, token, false);
        self.known_token = Some(used);
        self.forget_inputs();
    }

    /// The client has its welcome: the token before it is spent.
    pub(crate) fn note_arrival(&mut self) {
        self.known_token = Some(self.token);
    }

    /// True when the client has a token to come back with.
    pub(crate) fn can_come_back(&self) -> bool {
        self.known_token.is_some()
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
                self.viewed = found.viewed;
                self.starved_ticks = 0;
            }
            None => self.starved_ticks = self.starved_ticks.saturating_add(1),
        }
        if f64::from(self.starved_ticks) > REPEAT_S * f64::from(R::TICK_RATE_HZ) {
            self.input = self.input.released();
        }
    }
}
