//! Getting in: connect, upgrade, and, for servers that want it, a seat by HTTP first. This runs on a few threads that
//! may wait, so that the measuring thread never does.
//!
//! In: the plan's address and its joins per second. Out: connected sockets, or the reason why there is none.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::Waker;
use tickwire_shared::client::{Client, Destination};
use tickwire_shared::rules::Rules;

use super::plan::Plan;
use crate::websocket::{BINARY, KEY, accept_key, head_end, header, push_masked, upgrade_request};

/// Joins that may be under way together.
const THREADS: usize = 8;
/// The longest wait for one step of a join.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest head of an answer, bytes.
const HEAD_BYTES: usize = 8192;

/// The outcome of a join.
pub(super) enum Joined {
    /// The client, its socket, and what came after the answer to the upgrade.
    In(usize, TcpStream, Vec<u8>),
    Refused(String),
}

/// The joining threads. They end when all clients have joined, or when they are told to.
pub(super) struct Joiner {
    ended: Arc<AtomicBool>,
    /// Held for as long as the poll runs: dropping the last waker would lose a wake-up that was not noticed yet.
    _waker: Arc<Waker>,
}

struct Order {
    address: String,
    path: String,
    matchmake: bool,
    players: usize,
    joins_per_s: f64,
    started: Instant,
    next: AtomicUsize,
    ended: Arc<AtomicBool>,
}

impl Joiner {
    pub(super) fn start(
        plan: &Plan,
        started: Instant,
        send: Sender<Joined>,
        waker: Waker,
    ) -> Result<Joiner> {
        let ended = Arc::new(AtomicBool::new(false));
        let order = Arc::new(Order {
            address: plan.address.clone(),
            path: plan.path.clone(),
            matchmake: plan.matchmake,
            players: plan.players,
            joins_per_s: plan.joins_per_s,
            started,
            next: AtomicUsize::new(0),
            ended: ended.clone(),
        });
        let waker = Arc::new(waker);
        for _ in 0..THREADS {
            let (order, send, waker) = (order.clone(), send.clone(), waker.clone());
            std::thread::Builder::new()
                .name("join".to_owned())
                .spawn(move || order.run(&send, &waker))?;
        }
        Ok(Joiner {
            ended,
            _waker: waker,
        })
    }

    pub(super) fn stop(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Order {
    fn run(&self, send: &Sender<Joined>, waker: &Waker) {
        loop {
            let client = self.next.fetch_add(1, Ordering::Relaxed);
            if client >= self.players {
                return;
            }
            let due = Duration::from_secs_f64(client as f64 / self.joins_per_s);
            std::thread::sleep(due.saturating_sub(self.started.elapsed()));
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
            let joined = match self.join() {
                Ok((stream, early)) => Joined::In(client, stream, early),
                Err(error) => Joined::Refused(format!("{error:#}")),
            };
            if send.send(joined).is_err() || waker.wake().is_err() {
                return;
            }
        }
    }

    fn join(&self) -> Result<(TcpStream, Vec<u8>)> {
        let path = if self.matchmake {
            self.seat()?
        } else {
            self.path.clone()
        };
        let (stream, early) = upgraded(&self.address, &path)?;
        stream.set_nonblocking(true)?;
        Ok((stream, early))
    }

    /// Colyseus's way in: a client that asks for a seat is told where the seat is.
    fn seat(&self) -> Result<String> {
        let mut stream = connect(&self.address)?;
        let body = "{}";
        write!(
            stream,
            "POST /matchmake/joinOrCreate/field HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .context("could not ask for a seat")?;
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .context("no answer to the request for a seat")?;
        let seat = answer
            .split_once("\r\n\r\n")
            .and_then(|(_, body)| serde_json::from_str::<Seat>(body).ok())
            .with_context(|| format!("no seat: {answer}"))?;
        Ok(format!(
            "/{}/{}?sessionId={}",
            seat.process_id, seat.room_id, seat.session_id
        ))
    }
}

/// A WebSocket in blocking mode, and what came after the answer to the upgrade.
pub(crate) fn upgraded(address: &str, path: &str) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = connect(address)?;
    stream
        .write_all(upgrade_request(address, path).as_bytes())
        .context("could not send the upgrade")?;
    let (head, early) = read_head(&mut stream)?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "101" || header(&head, "Sec-WebSocket-Accept") != Some(&accept_key(KEY)) {
        let words = String::from_utf8_lossy(&early).trim().to_owned();
        bail!("HTTP {status} {words}");
    }
    Ok((stream, early))
}

/// The first frame of somebody who asks for a room of its own.
pub(crate) fn hello_frame<R: Rules>(room: String) -> Result<Vec<u8>> {
    let mut core = Client::<R>::new(Destination {
        room,
        create: true,
        name: "nobody".to_owned(),
    });
    core.handle_connected();
    let hello = core.poll_transmit(Duration::ZERO).context("no hello")?;
    let mut frame = Vec::new();
    push_masked(&mut frame, BINARY, &hello);
    Ok(frame)
}

fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).context("cannot connect")?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Where Colyseus wants us to connect.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seat {
    session_id: String,
    room_id: String,
    process_id: String,
}

/// The head of an answer, and what came after it.
fn read_head(stream: &mut TcpStream) -> Result<(String, Vec<u8>)> {
    let (mut bytes, mut some) = (Vec::new(), [0; 1024]);
    loop {
        let count = stream.read(&mut some).context("no answer to the upgrade")?;
        if count == 0 {
            bail!("the server closed the connection without an answer");
        }
        bytes.extend_from_slice(&some[..count]);
        if let Some(end) = head_end(&bytes) {
            let early = bytes.split_off(end);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), early));
        }
        if bytes.len() > HEAD_BYTES {
            bail!("the answer has no end");
        }
    }
}
