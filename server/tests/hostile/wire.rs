//! A client made by hand: a TCP stream and bytes, so that it can do everything wrong.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_shared::codec;
use tickwire_shared::ids::ResumeToken;
use tickwire_shared::message::{
    ClientMessage, Hello, PROTOCOL_VERSION, Ping, ServerMessage, Welcome,
};
use tickwire_shared::rules::Rules;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::meadow::{Meadow, Step};

pub(crate) type Message = ClientMessage<Step, String>;

pub(crate) const BINARY: u8 = 0x82;
pub(crate) const CLOSE: u8 = 0x88;
pub(crate) const PING: u8 = 0x89;
pub(crate) const PONG: u8 = 0x8A;

/// Nothing here takes this long. A test that waits longer is stuck.
pub(crate) const STUCK: Duration = Duration::from_secs(20);
const MASK: [u8; 4] = [0x1B, 0, 0xFF, 0x80];

pub(crate) fn hello() -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        schema: Meadow::schema().hash,
        game: "meadow".to_owned(),
        room: "green".to_owned(),
        create: true,
        name: "Ada".to_owned(),
        resume: None,
    }
}

/// A client's message as its bytes, without a frame.
pub(crate) fn encoded(message: &Message) -> Vec<u8> {
    codec::encode(message).unwrap()
}

/// A client's message in one frame.
pub(crate) fn said(message: &Message) -> Vec<u8> {
    frame(BINARY, &encoded(message))
}

/// A client's frame as bytes.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

/// The bytes of an upgrade that the server should grant.
pub(crate) fn upgrade(address: SocketAddr) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// How bytes are cut into writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Split {
    Whole,
    At(usize),
    EachByte,
}

impl Split {
    /// Whole, byte by byte, and at every place if the bytes are few; at a spread of places if they are many.
    pub(crate) fn all(length: usize) -> Vec<Split> {
        let step = if length <= 400 { 1 } else { length / 32 };
        [Split::Whole, Split::EachByte]
            .into_iter()
            .chain((1..length).step_by(step).map(Split::At))
            .collect()
    }
}

/// How a connection ended, as its client sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) goodbye: Option<(u16, String)>,
    pub(crate) close: Option<(u16, String)>,
}

pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Wire {
        Wire::of(TcpStream::connect(address).await.unwrap())
    }

    /// Connects as a client for which the kernel takes little.
    pub(crate) async fn connect_small(address: SocketAddr) -> Wire {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        Wire::of(socket.connect(address).await.unwrap())
    }

    fn of(stream: TcpStream) -> Wire {
        stream.set_nodelay(true).unwrap();
        Wire {
            stream,
            unread: Vec::new(),
        }
    }

    /// Connects and upgrades.
    pub(crate) async fn open(address: SocketAddr) -> Wire {
        let mut wire = Wire::connect(address).await;
        wire.upgrade(&upgrade(address)).await;
        wire
    }

    /// Connects, upgrades and joins a room.
    pub(crate) async fn join(address: SocketAddr, hello: Hello) -> (Wire, Welcome<()>) {
        let mut wire = Wire::open(address).await;
        wire.send(&said(&ClientMessage::Hello(hello))).await;
        let welcome = wire.welcome().await;
        (wire, welcome)
    }

    pub(crate) async fn upgrade(&mut self, request: &str) {
        self.send(request.as_bytes()).await;
        let head = self.head().await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        // RFC 6455 1.3 gives this answer to this key.
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    }

    /// Writes what it can: a client that is being closed may find its stream broken.
    /// Says that nothing more comes from here.
    pub(crate) async fn shut_down(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn send_split(&mut self, bytes: &[u8], split: Split) {
        match split {
            Split::Whole => self.send(bytes).await,
            Split::At(place) => {
                let (front, back) = bytes.split_at(place);
                self.send(front).await;
                tokio::task::yield_now().await;
                self.send(back).await;
            }
            Split::EachByte => {
                for byte in bytes {
                    self.send(&[*byte]).await;
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// The welcome, which must be the first message.
    pub(crate) async fn welcome(&mut self) -> Welcome<()> {
        let (first, payload) = self.frame().await.unwrap();
        assert_eq!(first, BINARY);
        match ServerMessage::<()>::decode(&payload).unwrap() {
            ServerMessage::Welcome(welcome) => welcome,
            other => panic!("not a welcome: {other:?}"),
        }
    }

    /// The next frame: its first byte and its payload. `None` at the stream's end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.take(2).await?;
        assert_eq!(head[1] & 0x80, 0, "a server must not mask");
        let length = match head[1] {
            126 => u16::from_be_bytes(self.take(2).await?.try_into().unwrap()).into(),
            127 => u64::from_be_bytes(self.take(8).await?.try_into().unwrap()) as usize,
            length => length.into(),
        };
        Some((head[0], self.take(length).await?))
    }

    /// Reads on until a frame that `wanted` accepts.
    pub(crate) async fn frame_where(
        &mut self,
        wanted: impl Fn(u8, &[u8]) -> bool,
    ) -> (u8, Vec<u8>) {
        loop {
            let (first, payload) = self.frame().await.expect("the server ended the connection");
            assert_ne!(
                first,
                CLOSE,
                "closed: {}",
                String::from_utf8_lossy(&payload)
            );
            if wanted(first, &payload) {
                return (first, payload);
            }
        }
    }

    /// Waits for a snapshot.
    pub(crate) async fn snapshot(&mut self) -> Vec<u8> {
        self.frame_where(|first, payload| first == BINARY && payload[0] & 0x80 != 0)
            .await
            .1
    }

    /// Waits for an answer, which shows that the server still serves this client.
    pub(crate) async fn is_alive(&mut self) {
        self.send(&frame(PING, b"alive?")).await;
        self.frame_where(|first, payload| first == PONG && payload == b"alive?")
            .await;
    }

    /// Says something in the protocol, and waits for the answer: the room then knows that its welcome has arrived.
    pub(crate) async fn speaks(&mut self) {
        self.send(&said(&ClientMessage::Ping(Ping { nonce: 77 })))
            .await;
        let is_answer = |first, payload: &[u8]| {
            let message = ServerMessage::<()>::decode(payload);
            first == BINARY && matches!(message, Ok(ServerMessage::Pong(pong)) if pong.nonce == 77)
        };
        self.frame_where(is_answer).await;
    }

    /// Reads to the stream's end, whatever comes.
    pub(crate) async fn ending(&mut self) -> Ending {
        let mut ending = Ending::default();
        while let Some((first, payload)) = self.frame().await {
            assert!(ending.close.is_none(), "a frame after the close frame");
            if first == CLOSE {
                let (code, words) = payload.split_at(payload.len().min(2));
                let code = code.try_into().map_or(0, u16::from_be_bytes);
                ending.close = Some((code, String::from_utf8(words.to_vec()).unwrap()));
            } else if first == BINARY
                && payload[0] & 0x80 == 0
                && let Ok(ServerMessage::Goodbye(goodbye)) = ServerMessage::<()>::decode(&payload)
            {
                ending.goodbye = Some((goodbye.code, goodbye.words));
            }
        }
        ending
    }

    /// An HTTP answer's head.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self
                .unread
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                let head = self.unread.drain(..end + 4).collect();
                return String::from_utf8(head).unwrap();
            }
            if !self.fill().await {
                return String::from_utf8(std::mem::take(&mut self.unread)).unwrap();
            }
        }
    }

    /// An HTTP answer: its head and its body.
    pub(crate) async fn answer(&mut self) -> (String, Vec<u8>) {
        let head = self.head().await.to_ascii_lowercase();
        let length = head
            .split_once("content-length: ")
            .map(|(_, rest)| rest.lines().next().unwrap());
        let body = self
            .take(length.map_or(0, |length| length.parse().unwrap()))
            .await
            .unwrap_or_default();
        (head, body)
    }

    /// Reads to the stream's end and says how many bytes came.
    pub(crate) async fn drained(&mut self) -> usize {
        while self.fill().await {}
        self.unread.len()
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.unread.len() < count {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.unread.drain(..count).collect())
    }

    /// False at the stream's end, and after a reset.
    async fn fill(&mut self) -> bool {
        let mut piece = [0; 4096];
        let read = tokio::time::timeout(STUCK, self.stream.read(&mut piece))
            .await
            .expect("nothing came: stuck");
        let count = read.unwrap_or(0);
        self.unread.extend_from_slice(&piece[..count]);
        count > 0
    }
}

/// A client that does nothing wrong and counts what it is told.
pub(crate) struct Bystander {
    snapshots: tokio::sync::watch::Receiver<u64>,
}

impl Bystander {
    pub(crate) async fn join(address: SocketAddr) -> Bystander {
        let (mut wire, _) = Wire::join(address, hello()).await;
        let (count, snapshots) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            while let Some((first, payload)) = wire.frame().await {
                match first {
                    PING => wire.send(&frame(PONG, &payload)).await,
                    BINARY if payload[0] & 0x80 != 0 => count.send_modify(|count| *count += 1),
                    _ => {}
                }
            }
        });
        Bystander { snapshots }
    }

    /// Waits for snapshots that were sent after this was called.
    pub(crate) async fn is_served(&mut self, after: &str) {
        let seen = *self.snapshots.borrow();
        let more =
            tokio::time::timeout(STUCK, self.snapshots.wait_for(|count| *count >= seen + 3)).await;
        assert!(
            matches!(more, Ok(Ok(_))),
            "the bystander got nothing more after: {after}"
        );
    }
}

/// A token that nobody was given.
pub(crate) fn forged() -> ResumeToken {
    ResumeToken([7; 16])
}
