//! Rooms that are not games, with a protocol of their own on a path of their own: a board on which everybody writes.
//! Nothing here knows ticks, inputs or snapshots, and all guards of the net layer hold all the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tickwire_server::{
    Call, Delivery, Ending, Entrance, Feed, JoinRequest, Joining, Limits, OnClose, Port, Protocol,
    Pumps, RoomHandle, RoomKind, RoomOrder, Seat, SeatReply, Tickable, Verdict, Wanted,
};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::PlayerId;
use tokio::sync::oneshot;

use crate::serving::{Running, builder, roomy, start_with};
use crate::wire::{BINARY, Bystander, PING, Wire, frame, upgrade};

/// A board. What is written waits for the next tick; then every client is sent all that it has not read yet.
#[derive(Default)]
struct Board {
    state: Mutex<State>,
    pumps: Pumps,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    written: Vec<u8>,
    joins: Vec<(JoinRequest, oneshot::Sender<Result<Seat, Refusal>>)>,
    endings: Vec<Arc<Ending>>,
    close: Option<Refusal>,
    people: usize,
}

struct Ticking(Arc<Board>, Option<OnClose>);

impl Tickable for Ticking {
    fn period(&self) -> Duration {
        Duration::from_millis(5)
    }

    fn tick(&mut self, _due: Instant) -> Verdict {
        let mut state = self.0.state.lock();
        let waiting = std::mem::take(&mut state.waiting);
        state.written.extend(waiting);
        for (request, reply) in std::mem::take(&mut state.joins) {
            let ending = Arc::new(Ending::default());
            state.endings.push(ending.clone());
            state.people += 1;
            let _ = reply.send(Ok(Seat {
                player: PlayerId(request.client.0 as u32),
                welcome: b"welcome".to_vec(),
                tick_rate_hz: 10,
                feed: Box::new(Reader(self.0.clone(), 0, ending, state.people == 1)),
                port: Box::new(Pen(self.0.clone())),
            }));
        }
        let close = state.close.clone();
        drop(state);
        self.0.pumps.start();
        match close {
            Some(refusal) => {
                self.end(refusal);
                Verdict::Close
            }
            None => Verdict::Continue,
        }
    }

    fn pumps(&self) -> &Pumps {
        &self.0.pumps
    }

    fn skipped(&mut self, _ticks: u64) {}

    fn end(&mut self, refusal: Refusal) {
        for ending in &self.0.state.lock().endings {
            ending.end(refusal.clone());
        }
        if let Some(on_close) = self.1.take() {
            on_close(None);
        }
    }
}

impl RoomHandle for Board {
    fn join(&self, request: JoinRequest) -> Result<SeatReply, JoinRequest> {
        let (reply, answer) = oneshot::channel();
        self.state.lock().joins.push((request, reply));
        Ok(answer)
    }

    fn close(&self, refusal: Refusal) {
        self.state.lock().close = Some(refusal);
    }

    fn occupancy(&self) -> (usize, usize) {
        (self.state.lock().people, 100)
    }
}

/// A reader, how far it has read, and whether it panics at an exclamation mark.
struct Reader(Arc<Board>, usize, Arc<Ending>, bool);

impl Feed for Reader {
    fn write_message(&mut self, out: &mut Vec<u8>) -> Result<bool, Refusal> {
        if let Some(refusal) = self.2.refusal() {
            return Err(refusal);
        }
        let state = self.0.state.lock();
        let unread = &state.written[self.1..];
        // The first to sit down cannot take it.
        assert!(!self.3 || !unread.contains(&b'!'), "as the test wants it");
        out.extend_from_slice(unread);
        self.1 = state.written.len();
        Ok(!unread.is_empty())
    }

    fn ending(&self) -> Arc<Ending> {
        self.2.clone()
    }

    fn pumps(&self) -> &Pumps {
        &self.0.pumps
    }
}

struct Pen(Arc<Board>);

impl Port for Pen {
    fn deliver(&self, _: Instant, _: Instant, message: &[u8]) -> Result<Delivery, CloseReason> {
        match message {
            b"bye" => Ok(Delivery::Goodbye),
            b"again" => Ok(Delivery::Reply(self.0.state.lock().written.clone())),
            _ if message.is_ascii() => {
                self.0.state.lock().waiting.extend_from_slice(message);
                Ok(Delivery::Taken)
            }
            _ => Err(CloseReason::Malformed),
        }
    }

    fn note_round_trip(&self, _round_trip: Duration) {}

    fn link_report(&self, _link: String, _error: String) -> Option<Vec<u8>> {
        None
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.0.state.lock().people -= 1;
    }
}

/// `/board/NAME`: there is no hello, since the path says everything.
struct BoardProtocol;

impl Protocol for BoardProtocol {
    fn path(&self) -> &str {
        "/board/{name}"
    }

    fn waits_for_hello(&self) -> bool {
        false
    }

    fn join<'a>(&'a self, entrance: Entrance<'a>, call: Call) -> Joining<'a> {
        Box::pin(async move {
            let wanted = Wanted {
                kind: "board".to_owned(),
                room: call.path.trim_start_matches("/board/").to_owned(),
                create: true,
            };
            entrance.join(&wanted, "somebody".to_owned(), None).await
        })
    }

    fn goodbye(&self, _refusal: &Refusal) -> Option<Vec<u8>> {
        None
    }
}

fn open_board(order: RoomOrder) -> (Box<dyn Tickable>, Arc<dyn RoomHandle>) {
    let board = Arc::new(Board::default());
    let ticking = Ticking(board.clone(), Some(order.on_close));
    (Box::new(ticking), board)
}

async fn serving(limits: Limits) -> Running {
    let boards = builder(limits)
        .room_kind("board", RoomKind::new(open_board))
        .protocol(BoardProtocol);
    start_with(boards).await
}

async fn at_board(server: &Running, name: &str) -> Wire {
    let mut wire = Wire::connect(server.address).await;
    let request = upgrade(server.address).replace("/ws", &format!("/board/{name}"));
    wire.upgrade(&request).await;
    assert_eq!(wire.frame().await, Some((BINARY, b"welcome".to_vec())));
    wire
}

/// Reads until this many bytes have come.
async fn read(wire: &mut Wire, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        let (_, payload) = wire.frame_where(|first, _| first == BINARY).await;
        all.extend(payload);
    }
    all
}

/// The code of the close frame that ends the connection. No goodbye comes before it.
async fn closed(wire: &mut Wire) -> u16 {
    let ending = wire.ending().await;
    assert_eq!(ending.goodbye, None);
    ending.close.map_or(0, |(code, _)| code)
}

#[tokio::test]
async fn a_room_of_another_kind_speaks_its_own_protocol_on_its_own_path() {
    let server = serving(roomy()).await;
    let mut bystander = Bystander::join(server.address).await;
    let (mut ann, mut bob) = (
        at_board(&server, "wall").await,
        at_board(&server, "wall").await,
    );
    let mut elsewhere = at_board(&server, "door").await;
    ann.send(&frame(BINARY, b"hello ")).await;
    assert_eq!(read(&mut bob, 6).await, b"hello ");
    bob.send(&frame(BINARY, b"Ann")).await;
    assert_eq!(read(&mut ann, 9).await, b"hello Ann");
    // It has an answer of its own, and pings as on any path.
    ann.send(&frame(PING, b"?")).await;
    ann.send(&frame(BINARY, b"again")).await;
    assert_eq!(read(&mut ann, 9).await, b"hello Ann");
    // Nobody else hears of it.
    elsewhere.send(&frame(BINARY, b"mine")).await;
    assert_eq!(read(&mut elsewhere, 4).await, b"mine");
    bystander.is_served("boards").await;
    // A client that leaves is told so by a close frame alone: this protocol has no goodbye.
    ann.send(&frame(BINARY, b"bye")).await;
    assert_eq!(closed(&mut ann).await, 1000);
}

#[tokio::test]
async fn its_bad_messages_are_closed_and_counted_and_its_end_is_told() {
    let server = serving(roomy()).await;
    let mut bad = at_board(&server, "wall").await;
    let mut good = at_board(&server, "wall").await;
    bad.send(&frame(BINARY, &[0xFF])).await;
    assert_eq!(closed(&mut bad).await, CloseReason::Malformed.code());
    let text = frame(0x81, b"text");
    let mut texting = at_board(&server, "wall").await;
    texting.send(&text).await;
    assert_eq!(closed(&mut texting).await, CloseReason::TextFrame.code());
    assert_eq!(server.closed("malformed"), 1);
    good.send(&frame(BINARY, b"still here")).await;
    assert_eq!(read(&mut good, 10).await, b"still here");
    let served = server.end();
    assert_eq!(closed(&mut good).await, CloseReason::ShuttingDown.code());
    drop(good);
    served.await.unwrap();
}

#[tokio::test]
async fn a_panic_while_writing_to_one_client_closes_that_client_only() {
    let server = serving(roomy()).await;
    let mut first = at_board(&server, "wall").await;
    let mut second = at_board(&server, "wall").await;
    second.send(&frame(BINARY, b"fine")).await;
    assert_eq!(read(&mut first, 4).await, b"fine");
    second.send(&frame(BINARY, b"oh!")).await;
    assert_eq!(read(&mut second, 7).await, b"fineoh!");
    assert_eq!(closed(&mut first).await, CloseReason::Internal.code());
    assert_eq!(server.closed("internal"), 1);
    second.send(&frame(BINARY, b" again")).await;
    assert_eq!(read(&mut second, 6).await, b" again");
}
