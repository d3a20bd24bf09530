//! Hostile company: what strangers may do to a server while others play there.
//!
//! In: the server's address, and what to do. Out: nothing but the trouble, until dropped. It comes from another loopback
//! address than the players, so that a server whose budgets count by address counts it apart.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use tickwire_arena::Arena;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::join::hello_frame;
use crate::websocket::upgrade_request;

/// Where the trouble comes from.
const FROM: [u8; 4] = [127, 0, 0, 2];
/// HTTP connections, and requests a second over all of them.
const ASKERS: usize = 4;
const REQUESTS_PER_S: u64 = 2000;
/// Requests that one connection sends in one go.
const PIPELINED: u64 = 10;
/// Sockets that say no hello.
const SILENT: usize = 1200;
/// Rooms that are asked for in a second.
const ROOMS_PER_S: u64 = 100;

/// What strangers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// 2,000 requests a second on four connections, ten at a time, every other one a HEAD.
    Requests,
    /// 1,200 sockets that are upgraded and say nothing, opened anew when they are cut off.
    Silence,
    /// 100 hellos a second that each ask for a new room, and leave.
    Rooms,
}

impl Trouble {
    /// Its name in tables.
    pub fn label(self) -> &'static str {
        match self {
            Trouble::Requests => "2,000 HTTP requests a second",
            Trouble::Silence => "1,200 silent sockets",
            Trouble::Rooms => "100 new rooms a second",
        }
    }
}

/// Trouble under way. Dropping it ends it.
pub struct Flood {
    ended: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    /// Begins to make trouble.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(address: &str, trouble: Trouble) -> Result<Flood> {
        let address = address.parse().context("the address of the server")?;
        let (ended, done) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let troublemaker = Troublemaker {
            address,
            ended: ended.clone(),
            done: Arc::clone(&done),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name("flood".to_owned())
            .spawn(move || runtime.block_on(troublemaker.make(trouble)))?;
        Ok(Flood {
            ended,
            done,
            thread: Some(thread),
        })
    }

    /// Requests answered, sockets opened or rooms asked for so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Troublemaker {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
}

impl Troublemaker {
    async fn make(self, trouble: Trouble) {
        let count = match trouble {
            Trouble::Requests => ASKERS,
            Trouble::Silence => SILENT,
            Trouble::Rooms => 1,
        };
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..count {
            let one = self.clone();
            tasks.spawn(async move {
                match trouble {
                    Trouble::Requests => one.asks().await,
                    Trouble::Silence => one.is_silent(number).await,
                    Trouble::Rooms => one.opens_rooms().await,
                }
            });
        }
        while !self.is_over() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tasks.shutdown().await;
    }

    fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    async fn asks(&self) {
        let request = |method: &str| format!("{method} /api/rooms HTTP/1.1\r\nHost: here\r\n\r\n");
        let batch = [request("GET"), request("HEAD")].concat();
        let batch = batch.repeat(PIPELINED as usize / 2);
        let mut every = tokio::time::interval(
            Duration::from_secs(ASKERS as u64 * PIPELINED) / REQUESTS_PER_S as u32,
        );
        let mut stream = None;
        let mut answers = vec![0; 64 << 10];
        loop {
            every.tick().await;
            let asked = async {
                let mut open = match stream.take() {
                    Some(open) => open,
                    None => connect(self.address).await?,
                };
                open.write_all(batch.as_bytes()).await?;
                if open.read(&mut answers).await? > 0 {
                    stream = Some(open);
                }
                Ok::<(), anyhow::Error>(())
            };
            if asked.await.is_ok() {
                self.done.fetch_add(PIPELINED, Ordering::Relaxed);
            }
        }
    }

    async fn is_silent(&self, number: usize) {
        // Not all in the same moment.
        tokio::time::sleep(Duration::from_millis(number as u64)).await;
        loop {
            let held = async {
                let mut stream = upgraded_elsewhere(self.address).await?;
                self.done.fetch_add(1, Ordering::Relaxed);
                while stream.read(&mut [0; 256]).await? > 0 {}
                Ok::<(), anyhow::Error>(())
            };
            let _ = held.await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn opens_rooms(&self) {
        let mut every = tokio::time::interval(Duration::from_secs(1) / ROOMS_PER_S as u32);
        for number in 0_u64.. {
            every.tick().await;
            if visit(self.address, format!("flood-{number}")).await.is_ok() {
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((FROM, 0).into())?;
    Ok(socket.connect(address).await?)
}

/// A socket that is upgraded, from the troublemakers' address.
pub async fn upgraded_elsewhere(address: SocketAddr) -> Result<TcpStream> {
    let mut stream = connect(address).await?;
    let request = upgrade_request(&address.to_string(), "/ws");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = [0; 512];
    let count = stream.read(&mut answer).await?;
    let is_in = answer[..count].starts_with(b"HTTP/1.1 101");
    anyhow::ensure!(is_in, "no upgrade");
    Ok(stream)
}

/// Asks for a room, waits for the answer, and leaves.
pub async fn visit(address: SocketAddr, room: String) -> Result<()> {
    let frame = hello_frame::<Arena>(room)?;
    let mut stream = upgraded_elsewhere(address).await?;
    stream.write_all(&frame).await?;
    anyhow::ensure!(stream.read(&mut [0; 512]).await? > 0, "no answer");
    Ok(())
}
