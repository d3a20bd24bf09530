//! One player of a lab: a client core, its link, its screen, and the server's end of its connection.
//!
//! In: time, and bytes from the server's net layer. Out: the core's state and events, and bytes for the server.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use fastwebsockets::OpCode;
use rand_pcg::Pcg64Mcg;
use tickwire_shared::client::{Client, ClientEvent};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::PlayerId;
use tickwire_shared::limits::SERVER_MESSAGE_BYTES;
use tickwire_shared::rules::Rules;

use super::way::{Pipe, Way};
use crate::net::{Conditioned, End, Incoming, MessageReader, Seated, SeatedSetup, client_frame};
use crate::seat::{Ending, Seat, SeatReply};

/// The time from one animation frame of a 60 Hz screen to the next.
pub const ANIMATION_FRAME: Duration = Duration::from_micros(16_667);
/// Clients must mask, and any mask will do.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Gives a player's input now, from the lab's random generator and the time since its start.
pub type Play<R> = Box<dyn FnMut(&mut Pcg64Mcg, Duration) -> <R as Rules>::Input>;

/// One player: a client core, its link, its screen.
pub struct LabPlayer<R: Rules> {
    /// The client core.
    pub core: Client<R>,
    /// The way from client to server.
    pub up: Way,
    /// The way from server to client.
    pub down: Way,
    /// True if the client reads its socket. Otherwise the server's socket takes nothing.
    pub reads: bool,
    /// The time from one of its animation frames to the next.
    pub frame: Duration,
    /// True if it has animation frames. A frozen or hidden tab has none.
    pub draws: bool,
    /// Its whole process stands still until this time since the lab's start. What comes meanwhile waits in its socket.
    pub stands_still_until: Duration,
    /// Why the room refused it or closed its connection, if it did.
    pub closed: Option<Refusal>,
    /// All events of its core so far.
    pub events: Vec<ClientEvent<R::Event, R::Action>>,
    /// Bytes of all messages that it has got, without the welcomes.
    pub bytes_down: u64,
    /// How many messages it has got, without the welcomes.
    pub messages_down: u64,
    /// If there is a list, all its messages are added to it.
    pub record: Option<Vec<Vec<u8>>>,
    /// What the player does.
    pub play: Play<R>,
    /// What the server's socket knows of [`LabPlayer::reads`].
    read: bool,
    connection: Option<Connection>,
    pub(super) joining: Option<SeatReply>,
    pub(super) next_frame: Duration,
}

/// Both ends of a connection.
struct Connection {
    /// The server's, until it has closed it.
    server: Option<ServersEnd>,
    socket: Pipe,
    messages: MessageReader,
    has_welcome: bool,
}

struct ServersEnd {
    player: PlayerId,
    seated: Arc<Seated<Pipe>>,
    ending: Arc<Ending>,
}

impl<R: Rules> LabPlayer<R> {
    pub(super) fn new(
        core: Client<R>,
        [up, down]: [Way; 2],
        play: Play<R>,
        now: Duration,
    ) -> LabPlayer<R> {
        LabPlayer {
            core,
            up,
            down,
            reads: true,
            frame: ANIMATION_FRAME,
            draws: true,
            stands_still_until: Duration::ZERO,
            closed: None,
            events: Vec::new(),
            bytes_down: 0,
            messages_down: 0,
            record: None,
            play,
            read: true,
            connection: None,
            joining: None,
            next_frame: now,
        }
    }

    /// When it does something next, as far as it knows.
    pub(super) fn next(&self) -> Option<Duration> {
        let frame = self.draws.then_some(self.next_frame);
        let next = [frame, self.down.next()].into_iter().flatten().min();
        next.map(|next| next.max(self.stands_still_until))
    }

    /// The player whose seat it has. `None` while it has none.
    pub fn seated(&self) -> Option<PlayerId> {
        let server = self.connection.as_ref()?.server.as_ref();
        server.map(|server| server.player)
    }

    /// True if it has asked for a seat and the room has not answered.
    pub fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// The connection is gone, with all that was on its way.
    pub(super) fn disconnect(&mut self) {
        self.hang_up();
        self.core.handle_disconnected(1006);
    }

    fn hang_up(&mut self) {
        self.joining = None;
        self.end(End::Lost);
        self.connection = None;
        self.up.clear();
        self.down.clear();
    }

    /// Waits for a seat, over a new connection.
    pub(super) fn join(&mut self, reply: SeatReply) {
        self.hang_up();
        self.joining = Some(reply);
    }

    /// Takes the seat if the room has granted one, or learns why it has not. `start` is when the lab's time began.
    pub(super) fn sit_down(&mut self, setup: &SeatedSetup<'_>, start: Instant, now: Duration) {
        let Some(Ok(answer)) = self.joining.as_mut().map(SeatReply::try_recv) else {
            return;
        };
        self.joining = None;
        match answer {
            Ok(seat) => {
                self.core.handle_connected();
                // The server has already read the hello.
                let _hello = self.core.poll_transmit(now);
                self.connection = Some(self.connect(seat, setup, start, now));
                self.closed = None;
            }
            Err(refusal) => self.closed = Some(refusal),
        }
    }

    fn connect(
        &self,
        seat: Seat,
        setup: &SeatedSetup<'_>,
        start: Instant,
        now: Duration,
    ) -> Connection {
        let end = |incoming: &Way, outgoing: &Way| Pipe {
            incoming: incoming.clone(),
            outgoing: outgoing.clone(),
            start,
        };
        let (player, ending) = (seat.player, seat.feed.ending());
        let wire = Conditioned::bare(end(&self.up, &self.down));
        let messages = MessageReader::new(&[], setup.limits);
        let at = start + now;
        let seated = Arc::new(Seated::new(
            wire,
            messages,
            Default::default(),
            seat,
            setup,
            at,
        ));
        seated.begin(at);
        Connection {
            server: Some(ServersEnd {
                player,
                seated,
                ending,
            }),
            socket: end(&self.down, &self.up),
            messages: MessageReader::of_a_client(SERVER_MESSAGE_BYTES),
            has_welcome: false,
        }
    }

    /// If the client has begun to read or ceased to, the server's socket knows now.
    pub(super) fn turn(&mut self, at: Instant) {
        if self.read != self.reads {
            self.read = self.reads;
            self.down.open(self.reads);
            self.attend(at);
        }
    }

    /// Does what the connection's own task does: it ends the connection for the room, and writes on when the socket
    /// takes more.
    pub(super) fn attend(&mut self, at: Instant) {
        let connection = self.connection.as_ref();
        let Some(server) = connection.and_then(|connection| connection.server.as_ref()) else {
            return;
        };
        if let Some(refusal) = server.ending.refusal() {
            return self.end(End::Refused(refusal));
        }
        let mut cx = Context::from_waker(Waker::noop());
        let _ = server.seated.poll_unblock(&mut cx, at);
        if server.seated.has_ended() {
            self.end(End::Lost);
        }
    }

    /// The server ends the connection, if there is one. If it has already ended in another way, that way counts. What
    /// the server has said before still arrives.
    fn end(&mut self, end: End) {
        let connection = self.connection.as_mut();
        let Some(server) = connection.and_then(|connection| connection.server.take()) else {
            return;
        };
        if let Some((.., End::Refused(refusal))) = server.seated.end(end) {
            self.closed = Some(refusal);
        }
    }

    /// Reads what has arrived, and draws a frame if it is time. `at` is `now` as an instant.
    pub(super) fn live(&mut self, rng: &mut Pcg64Mcg, now: Duration, at: Instant) {
        if now < self.stands_still_until {
            return;
        }
        self.read(now, at);
        if self.draws && now >= self.next_frame {
            self.next_frame = (self.next_frame + self.frame).max(now);
            self.core.set_input((self.play)(rng, now));
            self.core.update(now);
            self.core.view(now);
        }
        while let Some(bytes) = self.core.poll_transmit(now) {
            if self.connection.is_some() {
                let frame = client_frame(OpCode::Binary, &bytes, MASK);
                self.up.send(now, &frame);
            }
        }
        let news = std::iter::from_fn(|| self.core.poll_event());
        self.events.extend(news);
    }

    fn read(&mut self, now: Duration, at: Instant) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let (core, up, record) = (&mut self.core, &self.up, &mut self.record);
        let (bytes_down, messages_down) = (&mut self.bytes_down, &mut self.messages_down);
        let has_welcome = &mut connection.has_welcome;
        while self.down.next().is_some_and(|next| next <= now) {
            let read = connection
                .messages
                .read(&mut connection.socket, at, |incoming, _| {
                    match incoming {
                        Incoming::Message(message) => {
                            if std::mem::replace(has_welcome, true) {
                                *bytes_down += message.len() as u64;
                                *messages_down += 1;
                                if let Some(record) = record {
                                    record.push(message.to_vec());
                                }
                            }
                            core.handle_bytes(now, message);
                        }
                        Incoming::Ping(payload) => {
                            up.send(now, &client_frame(OpCode::Pong, payload, MASK));
                        }
                        Incoming::Pong(_) | Incoming::Close(_) => {}
                    }
                    ControlFlow::<()>::Continue(())
                });
            assert!(
                read.is_ok(),
                "the server sent what no client can read: {read:?}"
            );
        }
    }
}
