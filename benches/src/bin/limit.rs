//! The limit: what this machine's kernel can do at best. One thread, no game, no codec, no timeouts.
//!
//! In: flags, sockets. Out: one frame, made once, written to every socket at each tick. What clients send is read and
//! thrown away. By default the loop reads when epoll says that something came. With `--by-tick` it is the floor: it reads
//! each socket once a tick, just before it writes, and asks epoll for nothing but new connections. With the arena, it
//! reads at 60 ticks a second and writes at every second one. A server that does
//! something for its players can come close to these loops, but not pass the floor.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tickwire_benches::contest::Game;
use tickwire_benches::field::ROOM_SEATS;
use tickwire_benches::websocket::{BINARY, accept_key, head_end, header, push_plain};

/// The rooms' ticks are spread over the interval in this many steps, as if people had opened the rooms at any time.
const ROOM_PHASES: usize = 25;
/// The longest request head, bytes; a longer one ends the connection.
const HEAD_BYTES: usize = 8192;
const LISTENER: Token = Token(usize::MAX);

/// Writes a frame of a given size to every WebSocket at a given rate, and does nothing else.
#[derive(Parser)]
struct Flags {
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:4189")]
    listen: SocketAddr,
    /// When to write: to everybody together, or to rooms of 8 spread over the interval; with the arena, at every second tick.
    #[arg(long, value_enum, default_value = "field")]
    game: Game,
    /// Frames per second for each socket.
    #[arg(long, default_value_t = 20.0)]
    hz: f64,
    /// Payload of each frame, bytes.
    #[arg(long, default_value_t = 2000)]
    frame_bytes: usize,
    /// Read each socket once a tick, just before its write, instead of when something came.
    #[arg(long)]
    by_tick: bool,
    /// Accepted so that all servers start with the same flags; here only the frame's size matters.
    #[arg(long, default_value_t = 0)]
    players: usize,
}

struct Socket {
    stream: TcpStream,
    /// The request so far. None once the connection is a WebSocket.
    head: Option<Vec<u8>>,
    /// How much of the frame has not left yet.
    left: usize,
}

struct Limit {
    poll: Poll,
    listener: TcpListener,
    sockets: Vec<Option<Socket>>,
    free: Vec<usize>,
    frame: Vec<u8>,
    scratch: Vec<u8>,
    by_tick: bool,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let phases = if flags.game.has_rooms() {
        ROOM_PHASES
    } else {
        1
    };
    let mut limit = Limit::new(flags.listen, flags.frame_bytes, flags.by_tick)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", limit.listener.local_addr()?)?;
    stdout.flush()?;
    // Who reads when epoll says so has nothing to do at a tick without a frame.
    let ticks_per_frame = if flags.by_tick {
        flags.game.ticks_per_snapshot()
    } else {
        1
    };
    let every =
        Duration::from_secs_f64(1.0 / flags.hz / f64::from(ticks_per_frame) / phases as f64);
    let (mut due, mut phase, mut ticks) = (Instant::now() + every, 0, 0);
    let mut events = Events::with_capacity(4096);
    loop {
        let now = Instant::now();
        if now >= due {
            limit.tick(phase, phases, ticks == 0);
            phase = (phase + 1) % phases;
            ticks = (ticks + u32::from(phase == 0)) % ticks_per_frame;
            // A loop that is more than a few ticks behind gives up what it missed.
            due = (due + every).max(now.checked_sub(every * 3).unwrap_or(now));
            continue;
        }
        match limit.poll.poll(&mut events, Some(due - now)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &events {
            if event.token() == LISTENER {
                limit.accept()?;
            } else {
                limit.serve(event.token().0);
            }
        }
    }
}

impl Limit {
    fn new(listen: SocketAddr, frame_bytes: usize, by_tick: bool) -> Result<Limit> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(listen)?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let mut frame = Vec::new();
        // Not zeros, in case something on the way handles zeros faster.
        let payload: Vec<u8> = (0..frame_bytes).map(|at| (at * 31) as u8).collect();
        push_plain(&mut frame, BINARY, &payload);
        Ok(Limit {
            poll,
            listener,
            sockets: Vec::new(),
            free: Vec::new(),
            frame,
            scratch: vec![0; 64 << 10],
            by_tick,
        })
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // The connection broke before it was accepted.
                Err(_) => continue,
            };
            let _ = stream.set_nodelay(true);
            let place = self.free.pop().unwrap_or(self.sockets.len());
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll
                .registry()
                .register(&mut stream, Token(place), interest)?;
            let socket = Socket {
                stream,
                head: Some(Vec::new()),
                left: 0,
            };
            match self.sockets.get_mut(place) {
                Some(empty) => *empty = Some(socket),
                None => self.sockets.push(Some(socket)),
            }
        }
    }

    /// Reads and throws away what came, and continues an unfinished write.
    fn serve(&mut self, place: usize) {
        let Some(Some(socket)) = self.sockets.get_mut(place) else {
            return;
        };
        if !(socket.drain(&mut self.scratch) && socket.push(&self.frame)) {
            self.sockets[place] = None;
            self.free.push(place);
        } else if self.by_tick && socket.head.is_none() {
            // From now on nothing wakes the loop for it. The tick finishes what it could not write.
            let _ = self.poll.registry().deregister(&mut socket.stream);
        }
    }

    /// Reads every socket whose turn it is, by tick, and writes the frame to it if this tick has one. A socket that has
    /// not taken the last frame yet misses this one.
    fn tick(&mut self, phase: usize, phases: usize, has_frame: bool) {
        for place in 0..self.sockets.len() {
            if place / ROOM_SEATS % phases != phase {
                continue;
            }
            let Some(socket) = &mut self.sockets[place] else {
                continue;
            };
            if socket.head.is_some() {
                continue;
            }
            let mut lives = !self.by_tick || socket.drain(&mut self.scratch);
            // Nobody but the tick looks after the rest of a frame.
            let may_write = socket.left == 0 || self.by_tick;
            if lives && may_write {
                if socket.left == 0 && has_frame {
                    socket.left = self.frame.len();
                }
                lives = socket.push(&self.frame);
            }
            if !lives {
                self.sockets[place] = None;
                self.free.push(place);
            }
        }
    }
}

impl Socket {
    /// Returns false when the connection is over.
    fn drain(&mut self, scratch: &mut [u8]) -> bool {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return false,
                Ok(count) => {
                    if self.head.is_some() && !self.upgrade(&scratch[..count]) {
                        return false;
                    }
                    // The socket is empty, so the next read can wait for the next event.
                    if count < scratch.len() {
                        return true;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }
    }

    fn upgrade(&mut self, bytes: &[u8]) -> bool {
        let Some(head) = &mut self.head else {
            return true;
        };
        head.extend_from_slice(bytes);
        let Some(end) = head_end(head) else {
            return head.len() < HEAD_BYTES;
        };
        let text = String::from_utf8_lossy(&head[..end]);
        let Some(key) = header(&text, "Sec-WebSocket-Key") else {
            return false;
        };
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            accept_key(key)
        );
        self.head = None;
        // A new socket has room for two hundred bytes.
        self.stream.write_all(answer.as_bytes()).is_ok()
    }

    /// Writes the rest of the frame, as far as the kernel takes it. Returns false when the connection is over.
    fn push(&mut self, frame: &[u8]) -> bool {
        while self.left > 0 {
            match self.stream.write(&frame[frame.len() - self.left..]) {
                Ok(count) => self.left -= count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }
        true
    }
}
