//! One WebSocket from its upgrade to its end, as its own task sees it.
//!
//! In: an upgraded stream. Out: exactly one end, counted and logged. The task waits for the hello and asks for a seat.
//! From then on the room's thread reads and writes ([`Seated`]), and the task sleeps until it is called: because the
//! socket is full, or because the connection has ended. Then it says why, and throws away what still comes until the
//! client has closed its end: unread bytes would make the kernel answer with a reset, which can overtake the goodbye.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use fastwebsockets::OpCode;
use fastwebsockets::upgrade::UpgradeFut;
use hyper_util::rt::TokioIo;
use tickwire_shared::close::CloseReason;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout};

use super::address::{Account, AddressLease};
use super::conditioned::Conditioned;
use super::context::{Net, Peer};
use super::end::End;
use super::frames::{Incoming, MessageReader};
use super::inlet::DoorControl;
use super::outgoing::Outgoing;
use super::outlet::poll_push;
use super::pace::Paced;
use super::seated::{Seated, SeatedSetup};
use super::socket::Socket;
use super::waiting::Place;
use super::wire::Wire;
use crate::directory::Entrance;
use crate::protocol::{Call, Protocol};
use crate::seat::Ending;

/// What was granted to an upgrade.
pub(super) struct Admission {
    /// The address that it counts for.
    pub(super) account: Account,
    /// One client of its address.
    pub(super) lease: AddressLease,
    /// Its place among the connections whose hello has not come yet; given back when it comes.
    pub(super) place: Place,
    /// The protocol that it speaks.
    pub(super) protocol: Arc<dyn Protocol>,
    /// The path that it asked for.
    pub(super) path: String,
}

/// A client's socket behind its link, if it has one.
type Line = Conditioned<Socket>;

/// Runs a connection from its upgrade to its end. `peer` holds the connection's counts until then.
pub(super) async fn run(
    upgraded: UpgradeFut,
    peer: Arc<Peer>,
    admission: Admission,
    net: Arc<Net>,
) {
    let Some((early, stream)) = take_apart(upgraded).await else {
        return;
    };
    let socket = net.metrics.socket();
    let line = net.links.condition(Socket::Waking(stream));
    // What the client sent right behind its upgrade was read together with it. Usually that is nothing.
    let messages = MessageReader::new(&early, &net.limits);
    drop(early);
    let (account, protocol) = (admission.account, admission.protocol);
    let lease = admission.lease;
    let door = Door {
        line,
        messages,
        unwritten: Outgoing::default(),
    };
    let place = admission.place;
    let call = Call {
        path: admission.path,
        hello: Vec::new(),
    };
    let (line, unwritten, end) = converse(door, (&*protocol, call), &account, place, &net).await;
    end.note(account.address, &net);
    farewell(line, unwritten, &end, &*protocol, &net).await;
    drop((lease, socket, peer));
}

async fn take_apart(upgraded: UpgradeFut) -> Option<(Bytes, TcpStream)> {
    // An error means that the client went away before it was answered.
    let stream = upgraded.await.ok()?.into_inner().into_inner();
    let Ok(parts) = stream.downcast::<TokioIo<Paced>>() else {
        tracing::error!("an upgraded stream is not the TCP stream that was accepted");
        return None;
    };
    Some((parts.read_buf, parts.io.into_inner().into_stream()))
}

/// A client that has no seat yet.
struct Door {
    line: Line,
    messages: MessageReader,
    /// What its socket has not taken yet.
    unwritten: Outgoing,
}

/// What is left of a conversation: the line, what is still to be written, and how it ended.
type Ended = (Option<Line>, Outgoing, End);

async fn converse(
    mut door: Door,
    (protocol, mut call): (&dyn Protocol, Call),
    account: &Account,
    place: Place,
    net: &Net,
) -> Ended {
    if protocol.waits_for_hello() {
        match door.hello(&place, net).await {
            Ok(hello) => call.hello = hello,
            Err(end) => return (Some(door.line), door.unwritten, end),
        }
    }
    let may_open = || account.open_room();
    let entrance = Entrance::new(&net.directory, &may_open);
    let joined = match protocol.join(entrance, call).await {
        Ok(joined) => joined,
        Err(refusal) => return (Some(door.line), door.unwritten, End::Refused(refusal)),
    };
    drop(place);
    let (now, seat) = (Instant::now(), joined.seat);
    door.line.set(&net.links.of(&joined.room));
    if let Err(error) = door.line.inner_mut().sweep() {
        tracing::error!(%error, "a client's socket could not be kept");
        return (None, door.unwritten, End::Lost);
    }
    let ending = seat.feed.ending();
    let setup = SeatedSetup {
        limits: &net.limits,
        metrics: &net.metrics,
        dev: net.links.dev,
        account: Some(account),
    };
    let (line, messages) = (door.line, door.messages);
    let seated = Seated::new(line, messages, door.unwritten, seat, &setup, now);
    let seated = Arc::new(seated);
    seated.begin(now);
    let end = attend(&seated, &ending).await;
    match seated.end(end) {
        Some((mut line, unwritten, end)) => match line.inner_mut().wake() {
            Ok(()) => (Some(line), unwritten, end),
            Err(_) => (None, unwritten, end),
        },
        // Nobody else ends it.
        None => (None, Outgoing::default(), End::Lost),
    }
}

/// Waits until the connection ends, and helps when the socket is full. Gives the room's reason; the client's own comes
/// first.
async fn attend(seated: &Seated<Socket>, ending: &Ending) -> End {
    loop {
        let now = Instant::now();
        let link_due = seated.link_due(now);
        tokio::select! {
            biased;
            refusal = ending.ended() => return End::Refused(refusal),
            () = seated.called() => {}
            () = poll_fn(|cx| seated.poll_unblock(cx, Instant::now())) => {}
            () = sleep_until(link_due.unwrap_or(now).into()), if link_due.is_some() => {
                seated.attend(Instant::now());
            }
        }
        if seated.has_ended() {
            return End::Lost;
        }
    }
}

impl Door {
    /// Reads the first message, within its time.
    async fn hello(&mut self, place: &Place, net: &Net) -> Result<Vec<u8>, End> {
        let mut closing = net.closing.subscribe();
        let mut control = DoorControl::new(&net.limits, Instant::now());
        let said = async {
            loop {
                if let Some(hello) = self.read(&mut control, net)? {
                    return Ok(hello);
                }
                self.push().await.map_err(|_| End::Lost)?;
                self.line.readable().await;
            }
        };
        tokio::select! {
            said = timeout(net.limits.hello, said) => {
                said.unwrap_or(Err(CloseReason::HelloTimeout.into()))
            }
            _ = closing.wait_for(|closing| *closing) => Err(CloseReason::ShuttingDown.into()),
            // Somebody else needs it more.
            () = place.lost() => Err(CloseReason::HelloTimeout.into()),
        }
    }

    /// Reads what is there. `None` if there is no whole message yet.
    fn read(&mut self, control: &mut DoorControl, net: &Net) -> Result<Option<Vec<u8>>, End> {
        let (now, unwritten) = (Instant::now(), &mut self.unwritten);
        let said = self.messages.read(&mut self.line, now, |incoming, _| {
            if let Incoming::Message(message) = incoming {
                net.metrics.message_in(message.len());
                return ControlFlow::Break(Ok(message.to_vec()));
            }
            match control.take(&incoming, now) {
                Ok(Some(ping)) => {
                    let bytes = unwritten.append(OpCode::Pong, ping);
                    net.metrics.message_out(bytes);
                    ControlFlow::Continue(())
                }
                Ok(None) => ControlFlow::Continue(()),
                Err(end) => ControlFlow::Break(Err(end)),
            }
        });
        said?.transpose()
    }

    async fn push(&mut self) -> io::Result<()> {
        push(&mut self.unwritten, &mut self.line).await
    }
}

impl Line {
    /// Waits until something may have come.
    async fn readable(&mut self) {
        let now = Instant::now();
        let Some(due) = self.due(now) else {
            return self.inner().readable().await;
        };
        sleep_until(due.into()).await;
        // An error shows at the next read or write.
        let _ = self.attend(Instant::now());
    }
}

async fn push(unwritten: &mut Outgoing, line: &mut Line) -> io::Result<()> {
    loop {
        let now = Instant::now();
        let link_due = line.due(now);
        tokio::select! {
            biased;
            pushed = poll_fn(|cx| poll_push(unwritten, line, cx, Instant::now())) => return pushed,
            () = sleep_until(link_due.unwrap_or(now).into()), if link_due.is_some() => {}
        }
        line.attend(Instant::now())?;
    }
}

/// Says why, closes, and waits for the other end. If a slow client has half of a frame, that frame is finished first:
/// within it nothing else would be understood.
async fn farewell(
    line: Option<Line>,
    mut unwritten: Outgoing,
    end: &End,
    protocol: &dyn Protocol,
    net: &Net,
) {
    let Some(mut line) = line else { return };
    match end {
        End::Refused(refusal) => {
            if let Some(goodbye) = protocol.goodbye(refusal) {
                unwritten.append(OpCode::Binary, &goodbye);
            }
            let code = refusal.reason.code().to_be_bytes();
            let close = [&code, refusal.close_words().as_bytes()].concat();
            unwritten.append(OpCode::Close, &close);
        }
        End::ClientClosed(code) => {
            let code = code.map(u16::to_be_bytes);
            let code = code.as_ref().map_or(&[][..], |code| &code[..]);
            unwritten.append(OpCode::Close, code);
        }
        End::Lost => return,
    }
    let wait = net.limits.close_wait + line.longest_way();
    let say = async {
        push(&mut unwritten, &mut line).await?;
        while !line.is_empty() {
            line.readable().await;
        }
        line.inner().shutdown();
        Ok::<_, io::Error>(())
    };
    // A client that does not take even this learns it from the end of the connection.
    if !matches!(timeout(wait, say).await, Ok(Ok(()))) {
        return;
    }
    let _ = timeout(wait, drain(&mut line)).await;
}

/// Throws away what comes, until the client has closed its end.
async fn drain(line: &mut Line) {
    let mut waste = [0; 4096];
    loop {
        match line.read(Instant::now(), &mut waste) {
            Ok(came) if came.bytes > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => line.readable().await,
            _ => return,
        }
    }
}
