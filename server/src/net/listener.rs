//! The accept loop: which connections are let in at all.
//!
//! In: a bound listener, a future that ends the server. Out: one HTTP task for each connection. A connection over the
//! limits is told why before a byte of it is read. At most a few tasks do that; connections beyond those are cut off.
//! Must not: bind, or stop for anything but the future.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use socket2::SockRef;
use tickwire_shared::close::CloseReason;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::context::{Net, Peer};
use super::http;
use crate::limits::ACCEPT_PAUSE;

/// Serves until `shutdown` is ready, then ends every connection, each with its reason.
pub(crate) async fn run(listener: TcpListener, net: Arc<Net>, shutdown: impl Future<Output = ()>) {
    let (alive, mut all_gone) = mpsc::channel(1);
    let router = http::router(Arc::clone(&net));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => admit(stream, address, &net, &router, &alive),
                Err(error) => pause(&error).await,
            },
        }
    }
    drop(listener);
    tracing::info!("shutting down");
    net.closing.send_replace(true);
    net.directory.close_all(&CloseReason::ShuttingDown.into());
    drop(alive);
    if tokio::time::timeout(net.limits.shutdown, all_gone.recv())
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time: they are cut off");
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
        return refuse(stream, net, alive, "server_full", TOO_MANY);
    };
    // A proxy's connections belong to many people. They are counted by the forwarded address, at the upgrade.
    let lease = if net.proxies.iter().any(|range| range.contains(address)) {
        None
    } else {
        let Some(lease) = net.addresses.connect(address) else {
            return refuse(stream, net, alive, "address_full", TOO_MANY_OF_ADDRESS);
        };
        Some(lease)
    };
    // Snapshots are small and due now. They must not be held back and sent with the next one.
    let _ = stream.set_nodelay(true);
    limit_unsent(&stream, net.limits.unsent_bytes);
    let peer = Peer {
        address,
        _lease: lease,
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

/// Status line and words of a refusal that comes before HTTP.
type Answer = (&'static str, &'static str);
const TOO_MANY: Answer = (
    "503 Service Unavailable",
    "the server has as many connections as it may\n",
);
const TOO_MANY_OF_ADDRESS: Answer = (
    "429 Too Many Requests",
    "your address has too many connections open\n",
);

/// Counts the refusal and sends it, without reading a request.
fn refuse(
    mut stream: TcpStream,
    net: &Arc<Net>,
    alive: &mpsc::Sender<Infallible>,
    label: &'static str,
    (status, words): Answer,
) {
    net.metrics.connection_cut(label);
    let Ok(permit) = Arc::clone(&net.refusals).try_acquire_owned() else {
        return;
    };
    let (alive, patience) = (alive.clone(), net.limits.close_wait);
    tokio::spawn(async move {
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nRetry-After: 1\r\n\
             Connection: close\r\n\r\n{words}",
            words.len()
        );
        let say = async {
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            // A request that is on its way and stays unread would reset the connection before the answer is seen.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
        };
        let _ = tokio::time::timeout(patience, say).await;
        drop((alive, permit));
    });
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
