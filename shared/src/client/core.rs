//! One client: what its owner calls.
//!
//! In: bytes of messages, the player's input, the time. Out: bytes to send, news, what to draw. `session` does the work
//! from a welcome to the end of its connection; what outlives a connection is here.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{ClientEvent, Destination};
use super::news::News;
use super::outbox::Outbox;
use super::room_events::Told;
use super::roster::Roster;
use super::session::Session;
use super::stats::{Rates, Stats};
use super::view::View;
use crate::close::{CloseReason, Retry};
use crate::codec::{self, CodecError};
use crate::ids::{EntityId, InputSequence, PlayerId, ResumeToken};
use crate::limits::{CHAT_BYTES, CLIENT_MESSAGE_BYTES, LINK_BYTES};
use crate::message::{
    ClientMessage, Goodbye, Hello, LinkReport, PROTOCOL_VERSION, PlayerInfo, ServerMessage, Welcome,
};
use crate::replicate::{Replicate, Schema};
use crate::rules::{Input, InputField, Rules};
use crate::snapshot::layout::SNAPSHOT_TAG;
use crate::trace;

/// One client of one room, across reconnects.
#[derive(Debug)]
pub struct Client<R: Rules> {
    schema: Schema,
    destination: Destination,
    resume: Option<ResumeToken>,
    pub(super) session: Option<Session<R>>,
    input: R::Input,
    /// What the last room told, also while its connection is lost.
    setup: Option<R::Setup>,
    hidden: bool,
    /// The server of this connection is in dev mode: it lets us condition our link.
    dev: bool,
    /// The link that the owner wants, across reconnects.
    link: Option<String>,
    /// The last session ended with bytes that could not be read, and none since has read a whole snapshot.
    was_broken: bool,
    outbox: Outbox,
    news: News<R::Event, R::Action>,
    roster: Roster,
    view: View,
    rates: Rates,
    /// What the step computes here, once a server has told what it computes there.
    step: Option<u64>,
}

impl<R: Rules> Client<R> {
    /// A client that is not connected yet.
    pub fn new(destination: Destination) -> Client<R> {
        Client {
            schema: R::schema(),
            destination,
            resume: None,
            session: None,
            input: R::Input::default().rounded(),
            setup: None,
            hidden: false,
            dev: false,
            link: None,
            was_broken: false,
            outbox: Outbox::default(),
            news: News::default(),
            roster: Roster::default(),
            view: View::default(),
            rates: Rates::default(),
            step: None,
        }
    }

    /// A connection has opened: queues the hello, with the resume token if there is one.
    pub fn handle_connected(&mut self) {
        self.session = None;
        self.outbox.clear();
        let hello = Hello {
            protocol: PROTOCOL_VERSION,
            schema: self.schema.hash,
            game: R::GAME.to_owned(),
            room: self.destination.room.clone(),
            create: self.destination.create,
            name: self.destination.name.clone(),
            resume: self.resume,
        };
        self.say(&ClientMessage::Hello(hello));
    }

    /// The connection has ended with this close code (1006 when it broke without one). Says what to do next.
    pub fn handle_disconnected(&mut self, code: u16) -> Retry {
        self.session = None;
        self.dev = false;
        self.outbox.clear();
        let retry = CloseReason::from_code(code).map_or(Retry::Resume, CloseReason::retry);
        if retry != Retry::Resume {
            self.resume = None;
        }
        retry
    }

    /// One whole WebSocket message came. Bytes that cannot be read end the session with [`ClientEvent::Broken`]: close the
    /// connection and come back. The token is kept for one such return, since what is sent then is whole; if that cannot
    /// be read either, the client comes back as a newcomer.
    ///
    /// Poll the events before the next message: of those that nobody asks for, only the newest 4,096 are kept.
    pub fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) {
        self.news.trim();
        let result = match bytes.first() {
            Some(first) if first & SNAPSHOT_TAG != 0 => self.handle_snapshot(now, bytes),
            _ => ServerMessage::decode(bytes)
                .map_err(|error| error.to_string())
                .map(|message| self.handle_message(now, message)),
        };
        if let Err(words) = result {
            self.session = None;
            if std::mem::replace(&mut self.was_broken, true) {
                self.resume = None;
            }
            self.news.push(ClientEvent::Broken(words));
        }
    }

    fn handle_message(&mut self, now: Duration, message: ServerMessage<R::Setup>) {
        match message {
            ServerMessage::Welcome(welcome) => self.handle_welcome(now, welcome),
            ServerMessage::Pong(pong) => {
                if let Some(session) = &mut self.session {
                    session.handle_pong(now, pong);
                }
            }
            ServerMessage::Goodbye(Goodbye { code, words }) => {
                self.news.push(ClientEvent::Goodbye { code, words })
            }
            ServerMessage::Link(report) => self.handle_link(report),
        }
    }

    fn handle_link(&mut self, report: LinkReport) {
        if !report.error.is_empty() {
            // The same request would be refused again after a reconnect.
            self.link = None;
        }
        let newly = !std::mem::replace(&mut self.dev, true);
        self.news.push(ClientEvent::Link(report));
        // Each connection starts with the link that the server chooses.
        if newly && let Some(link) = self.link.clone() {
            self.say(&ClientMessage::Link(link));
        }
    }

    fn handle_welcome(&mut self, now: Duration, welcome: Welcome<R::Setup>) {
        self.resume = Some(welcome.resume);
        // A reconnect goes to this room, not to any room with a free seat.
        self.destination.room.clone_from(&welcome.room);
        self.destination.create = true;
        self.roster.clear();
        self.news.push(ClientEvent::Welcome {
            player: welcome.player.0,
            resumed: welcome.resumed,
            room: welcome.room.clone(),
            name: welcome.name.clone(),
            stale: welcome.step != 0
                && welcome.step != *self.step.get_or_insert_with(trace::step_hash::<R>),
        });
        self.setup = Some(welcome.setup.clone());
        self.session = Some(Session::new(now, welcome, &self.schema));
        if self.hidden {
            self.say(&ClientMessage::Hidden(true));
        }
        self.update(now);
    }

    fn handle_snapshot(&mut self, now: Duration, bytes: &[u8]) -> Result<(), String> {
        let count = self.rates.count(now);
        count.snapshots += 1.0;
        count.snapshot_bytes += bytes.len() as f64;
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        session.handle_snapshot(now, &self.schema, bytes)?;
        self.was_broken = false;
        for desync in session.world.take_desyncs() {
            self.say(&ClientMessage::Desync(desync));
        }
        Ok(())
    }

    /// Asks for a worse link, to try things out: `80ms jitter 20ms stall 300ms every 5s kbps 512`, a preset of
    /// [`crate::link::LINK_PRESETS`], or `none`. What is longer than [`LINK_BYTES`] bytes is cut off. Only a server in dev
    /// mode is asked; it answers with [`ClientEvent::Link`]. The client asks again after each reconnect.
    pub fn condition_link(&mut self, link: &str) {
        let end = link.floor_char_boundary(LINK_BYTES);
        let link = link.get(..end).unwrap_or_default().to_owned();
        if self.dev {
            self.say(&ClientMessage::Link(link.clone()));
        }
        self.link = Some(link);
    }

    /// Tells the server whether the picture is hidden (a tab in the background); it sends less meanwhile. The input stays
    /// as it is: call [`Client::set_input`] if the player's hands are off the keys.
    pub fn set_hidden(&mut self, hidden: bool) {
        if std::mem::replace(&mut self.hidden, hidden) != hidden && self.session.is_some() {
            self.say(&ClientMessage::Hidden(hidden));
        }
    }

    /// Holds this input until the next call, as the server will have it. Replaces an impossible input by the neutral one.
    pub fn set_input(&mut self, input: R::Input) {
        self.input = if input.is_valid() {
            input.rounded()
        } else {
            R::Input::default().rounded()
        };
    }

    /// Queues a command. Does nothing while there is no session.
    ///
    /// # Errors
    /// `Short` if a server would close the connection because the message is longer than [`CLIENT_MESSAGE_BYTES`], or what
    /// the codec says.
    pub fn send_command(&mut self, command: R::Command) -> Result<(), CodecError> {
        let message = ClientMessage::<R::Input, R::Command>::Command(command);
        let bytes = codec::encode(&message)?;
        if bytes.len() > CLIENT_MESSAGE_BYTES {
            return Err(CodecError::Short);
        }
        if self.session.is_some() {
            self.outbox.push_bytes(bytes);
        }
        Ok(())
    }

    /// Queues a line of chat: the first [`CHAT_BYTES`] of it, cut between two characters. Does nothing while there is no
    /// session.
    pub fn chat(&mut self, text: &str) {
        if self.session.is_some() {
            let end = text.floor_char_boundary(CHAT_BYTES);
            let line = text.get(..end).unwrap_or_default();
            self.say(&ClientMessage::Chat(line.to_owned()));
        }
    }

    /// Queues a goodbye: the seat is given up.
    pub fn leave(&mut self) {
        self.resume = None;
        self.say(&ClientMessage::Goodbye);
    }

    /// Lets time pass: advances clocks and prediction, makes inputs and pings, and releases the events whose tick is drawn
    /// by now. Call it in each animation frame.
    pub fn update(&mut self, now: Duration) {
        self.rates.count(now);
        let Some(session) = &mut self.session else {
            return;
        };
        session.update(now, &self.input);
        let ping = session.due_ping(now);
        let told = session.take_due_events();
        for news in session.take_action_news() {
            self.news.push(news.into());
        }
        for told in told {
            match told {
                Told::Roster(roster) => {
                    self.roster.replace(&roster);
                    self.news.push(ClientEvent::Roster(roster));
                }
                Told::Event(event) => {
                    self.roster.note(&event);
                    self.news.push(ClientEvent::Room(event));
                }
            }
        }
        if let Some(ping) = ping {
            self.say(&ClientMessage::Ping(ping));
        }
    }

    /// The next WebSocket message to send, binary.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Vec<u8>> {
        let bytes = self.outbox.pop().or_else(|| {
            let inputs = self.session.as_mut()?.take_inputs(now)?;
            codec::encode(&ClientMessage::<R::Input, R::Command>::Inputs(inputs)).ok()
        })?;
        self.rates.count(now).bytes_up += bytes.len() as f64;
        Some(bytes)
    }

    /// The next piece of news.
    pub fn poll_event(&mut self) -> Option<ClientEvent<R::Event, R::Action>> {
        self.news.pop()
    }

    /// What to draw at `now`. Call after [`Client::update`] with the same time.
    pub fn view(&mut self, now: Duration) -> &View {
        if let Some(session) = &mut self.session {
            session.draw(now, &self.schema, &self.input, &mut self.view);
        }
        &self.view
    }

    /// What the last [`Client::view`] returned.
    pub fn drawn(&self) -> &View {
        &self.view
    }

    /// A component of an entity as the last [`Client::view`] returned it. None when `C` is not a component of this game,
    /// or the entity is not drawn.
    pub fn component<C: Replicate>(&self, entity: EntityId) -> Option<C> {
        let table = self
            .view
            .tables
            .get(self.schema.component_index(C::NAME)?)?;
        let row = table.find(entity.0)?;
        let values = (0..C::FIELDS.len())
            .map(|field| table.column(field).get(row).copied())
            .collect::<Option<Vec<_>>>()?;
        Some(C::from_values(&values))
    }

    /// How the connection fares.
    pub fn stats(&self, now: Duration) -> Stats {
        let mut stats = self
            .session
            .as_ref()
            .map(|session| session.stats(now))
            .unwrap_or_default();
        stats.snapshots_per_s = self.rates.last.snapshots;
        stats.snapshot_bytes_per_s = self.rates.last.snapshot_bytes;
        stats.bytes_up_per_s = self.rates.last.bytes_up;
        stats
    }

    /// The room's tick at `now` as far as this client knows, with its fraction. None while there is no session.
    pub fn room_tick(&self, now: Duration) -> Option<f64> {
        self.session.as_ref().map(|session| session.room_tick(now))
    }

    /// The schema that this client speaks.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The players in the room.
    pub fn players(&self) -> &BTreeMap<PlayerId, PlayerInfo> {
        self.roster.players()
    }

    /// The client's seat, while it is in a room.
    pub fn player(&self) -> Option<PlayerId> {
        self.session.as_ref().map(|session| session.player)
    }

    /// The entity of the client's avatar, while there is one.
    pub fn avatar_entity(&self) -> Option<EntityId> {
        self.session.as_ref()?.avatar_entity
    }

    /// The client's avatar as predicted, while there is one.
    pub fn avatar(&self) -> Option<&R::Avatar> {
        self.session.as_ref()?.prediction().avatar()
    }

    /// The newest of this client's inputs that the server had applied by its newest snapshot.
    pub fn applied_sequence(&self) -> Option<InputSequence> {
        self.session.as_ref().map(|session| session.applied)
    }

    /// What the game told this client on joining, last. It stays while the client reconnects, as the view does.
    pub fn setup(&self) -> Option<&R::Setup> {
        self.setup.as_ref()
    }

    /// The room's name, while the client is in one.
    pub fn room(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.room.as_str())
    }

    /// The token that gets the seat back. A page keeps it across a reload.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.resume
    }

    /// Sets a token that was kept from an earlier session.
    pub fn set_resume_token(&mut self, token: ResumeToken) {
        self.resume = Some(token);
    }

    fn say(&mut self, message: &ClientMessage<R::Input, R::Command>) {
        self.outbox.push(message);
    }
}
