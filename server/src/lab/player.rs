//! One player of a lab: a client core, its link, its screen.
//!
//! In: time, and messages from the room's feed. Out: the core's state and events, and messages to the room.

use std::time::{Duration, Instant};

use rand_pcg::Pcg64Mcg;
use tickwire_shared::client::{Client, ClientEvent};
use tickwire_shared::close::Refusal;
use tickwire_shared::rules::Rules;

use super::way::Way;
use crate::seat::{Delivery, Seat, SeatReply};

/// The time from one animation frame of a 60 Hz screen to the next.
pub const ANIMATION_FRAME: Duration = Duration::from_micros(16_667);

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
    /// True if the client reads its socket. Otherwise the server's writer is stuck and takes nothing from the feed.
    pub reads: bool,
    /// The time from one of its animation frames to the next.
    pub frame: Duration,
    /// True if it has animation frames. A frozen or hidden tab has none.
    pub draws: bool,
    /// Why the room refused it or closed its connection, if it did.
    pub closed: Option<Refusal>,
    /// All events of its core so far.
    pub events: Vec<ClientEvent<R::Event, R::Action>>,
    /// Bytes of all messages that were sent to it, without the welcome.
    pub bytes_down: u64,
    /// How many messages were sent to it, without the welcome.
    pub messages_down: u64,
    /// What the player does.
    pub play: Play<R>,
    pub(super) seat: Option<Seat>,
    pub(super) joining: Option<SeatReply>,
    pub(super) next_frame: Duration,
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
            closed: None,
            events: Vec::new(),
            bytes_down: 0,
            messages_down: 0,
            play,
            seat: None,
            joining: None,
            next_frame: now,
        }
    }

    /// Its seat in the room, while it has one.
    pub fn seat(&self) -> Option<&Seat> {
        self.seat.as_ref()
    }

    /// True if it has asked for a seat and the room has not answered.
    pub fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Its seat, for changing. A test can take it out and keep it: then the connection is lost while its ends still
    /// live.
    pub fn seat_mut(&mut self) -> &mut Option<Seat> {
        &mut self.seat
    }

    /// Takes the seat if the room has granted one, or learns why it has not.
    pub(super) fn sit_down(&mut self, now: Duration) {
        let Some(Ok(answer)) = self.joining.as_mut().map(SeatReply::try_recv) else {
            return;
        };
        self.joining = None;
        match answer {
            Ok(seat) => {
                // The net layer's pings would measure this.
                seat.port.note_round_trip(self.down.spec().round_trip);
                self.core.handle_connected();
                // The net layer has already read the hello.
                let _hello = self.core.poll_transmit(now);
                self.down.send(now, seat.welcome.clone());
                (self.seat, self.closed) = (Some(seat), None);
            }
            Err(refusal) => self.closed = Some(refusal),
        }
    }

    /// The server writes the feed's next message, if the socket takes it.
    pub(super) fn feed(&mut self, now: Duration) {
        let Some(seat) = self.seat.as_mut().filter(|_| self.reads) else {
            return;
        };
        // The net layer waits for the end as well as for messages.
        if let Some(refusal) = seat.feed.ending().refusal() {
            (self.closed, self.seat) = (Some(refusal), None);
            return;
        }
        let mut message = Vec::new();
        match seat.feed.write_message(&mut message) {
            Ok(true) => self.send_down(now, message),
            Ok(false) => {}
            Err(refusal) => (self.closed, self.seat) = (Some(refusal), None),
        }
    }

    fn send_down(&mut self, now: Duration, message: Vec<u8>) {
        self.bytes_down += message.len() as u64;
        self.messages_down += 1;
        self.down.send(now, message);
    }

    /// Reads at both ends what has arrived, and draws a frame if it is time. `at` is `now` as an instant.
    pub(super) fn live(&mut self, rng: &mut Pcg64Mcg, now: Duration, at: Instant) {
        while let Some(bytes) = self.down.arrived(now) {
            self.core.handle_bytes(now, &bytes);
        }
        while let Some(bytes) = self.up.arrived(now) {
            let Some(seat) = &self.seat else { continue };
            match seat.port.deliver(at, &bytes) {
                Ok(Delivery::Reply(bytes)) => self.send_down(now, bytes),
                Ok(Delivery::Taken | Delivery::Link(_)) => {}
                Ok(Delivery::Goodbye) => self.seat = None,
                Err(reason) => (self.closed, self.seat) = (Some(reason.into()), None),
            }
        }
        if self.draws && now >= self.next_frame {
            self.next_frame = (self.next_frame + self.frame).max(now);
            self.core.set_input((self.play)(rng, now));
            self.core.update(now);
            self.core.view(now);
        }
        while let Some(bytes) = self.core.poll_transmit(now) {
            self.up.send(now, bytes);
        }
        let news = std::iter::from_fn(|| self.core.poll_event());
        self.events.extend(news);
    }
}
