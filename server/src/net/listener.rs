//! The accept loop: which connections are let in at all.
//!
//! In: a bound listener, a future that ends the server. Out: one HTTP task for each connection. A connection over the
//! limits is told why. At most a few tasks do that; connections beyond those are cut off.
//! Must not: bind, or stop for anything but the future.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use parking_lot::Mutex;
use socket2::SockRef;
use tickwire_shared::close::CloseReason;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::address::Held;
use super::context::{Net, Peer};
use super::http::{self, Refused};
use crate::limits::ACCEPT_PAUSE;

/// Connections that end, each with its reason.
pub(crate) struct Goodbyes {
    net: Arc<Net>,
    all_gone: mpsc::Receiver<Infallible>,
}

/// Serves until `shutdown` is ready. Then nobody is let in any more, and all who are here are told; it does not wait until
/// they are gone.
pub(crate) async fn run(
    listener: TcpListener,
    net: Arc<Net>,
    shutdown: impl Future<Output = ()>,
) -> Goodbyes {
    let (alive, all_gone) = mpsc::channel(1);
    let router = http::router(Arc::clone(&net));
    tokio::pin!(shutdown);
    let mut reserve = reserve();
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => admit(stream, address, &net, &router, &alive),
                Err(error) if is_out_of_files(&error) => {
                    drop(reserve.take());
                    turn_away(&listener, &net, &alive).await;
                    reserve = self::reserve();
                }
                Err(error) => pause(&error).await,
            },
        }
    }
    drop(listener);
    tracing::info!("shutting down");
    net.closing.send_replace(true);
    net.directory.close_all(&CloseReason::ShuttingDown.into());
    Goodbyes { net, all_gone }
}

impl Goodbyes {
    /// Waits until all are gone. What has not ended within the limit is cut off.
    pub(crate) async fn said(mut self) {
        let limit = self.net.limits.shutdown;
        let gone = tokio::time::timeout(limit, self.all_gone.recv()).await;
        if gone.is_err() {
            tracing::warn!("some connections did not end in time: they are cut off");
        }
    }
}

/// Serves metrics to whoever reaches this listener, until the server goes down.
pub(crate) async fn run_operator(listener: TcpListener, net: Arc<Net>) {
    let mut closing = net.closing.subscribe();
    let serve = async {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    pause(&error).await;
                    continue;
                }
            };
            // More than a few at once are cut off.
            if let Ok(permit) = Arc::clone(&net.operator).try_acquire_owned() {
                let net = Arc::clone(&net);
                tokio::spawn(async move {
                    http::serve_operator(stream, net).await;
                    drop(permit);
                });
            }
        }
    };
    tokio::select! {
        () = serve => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

fn admit(
    stream: TcpStream,
    address: SocketAddr,
    net: &Arc<Net>,
    router: &Router,
    alive: &mpsc::Sender<Infallible>,
) {
    let address = address.ip().to_canonical();
    let Ok(permit) = Arc::clone(&net.connections).try_acquire_owned() else {
        refuse(stream, address, net, alive, Refused::ServerFull);
        return;
    };
    // A proxy's connections belong to many people. Their clients are counted by the forwarded address, at the upgrade.
    let lease = if net.proxies.iter().any(|range| range.contains(address)) {
        None
    } else {
        let Some(lease) = net.addresses.hold(address, Held::Connection) else {
            refuse(stream, address, net, alive, Refused::AddressFull);
            return;
        };
        Some(lease)
    };
    // Snapshots are small and due now. They must not be held back and sent with the next one.
    let _ = stream.set_nodelay(true);
    limit_unsent(&stream, net.limits.unsent_bytes);
    let peer = Peer {
        address,
        lease: Mutex::new(lease),
        _permit: permit,
        _counted: net.metrics.connection(),
        _alive: alive.clone(),
    };
    tokio::spawn(http::serve(
        stream,
        Arc::new(peer),
        Arc::clone(net),
        router.clone(),
    ));
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn limit_unsent(stream: &TcpStream, bytes: u32) {
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(bytes);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn limit_unsent(stream: &TcpStream, bytes: u32) {
    let _ = SockRef::from(stream).set_send_buffer_size(bytes as usize);
}

/// Counts the refusal and says why, for a short while. Whoever asks for the server's health is answered all the same.
fn refuse(
    stream: TcpStream,
    address: IpAddr,
    net: &Arc<Net>,
    alive: &mpsc::Sender<Infallible>,
    refused: Refused,
) -> Option<JoinHandle<()>> {
    let (label, words) = (refused.label(), refused.words());
    net.metrics.connection_cut(label);
    if let Some(left_out) = net.seldom.may_say(label, Instant::now()) {
        tracing::warn!(%address, reason = label, words, left_out, "connection refused");
    }
    let permit = Arc::clone(&net.refusals).try_acquire_owned().ok()?;
    let (alive, net) = (alive.clone(), Arc::clone(net));
    Some(tokio::spawn(async move {
        http::serve_refusal(stream, &net, refused).await;
        drop((alive, permit));
    }))
}

/// A file that is given up when the system has no more: then one connection can be accepted, to say so.
fn reserve() -> Option<std::fs::File> {
    std::fs::File::open("/dev/null").ok()
}

/// True if this process, or the machine, has as many files as it may (EMFILE, ENFILE).
fn is_out_of_files(error: &std::io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(24 | 23))
}

/// Tells the next connection that there is no place, and waits until it knows: its place is needed for the one after it.
async fn turn_away(listener: &TcpListener, net: &Arc<Net>, alive: &mpsc::Sender<Infallible>) {
    match tokio::time::timeout(ACCEPT_PAUSE, listener.accept()).await {
        Ok(Ok((stream, address))) => {
            let told = refuse(stream, address.ip(), net, alive, Refused::NoFiles);
            if let Some(told) = told {
                let _ = told.await;
            }
        }
        Ok(Err(error)) => pause(&error).await,
        Err(_) => {}
    }
}

/// After a failed accept. A connection that broke while it waited does not matter; a lack of files is worth a pause.
async fn pause(error: &std::io::Error) {
    if matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    ) {
        return;
    }
    tracing::error!(%error, "cannot accept connections");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
