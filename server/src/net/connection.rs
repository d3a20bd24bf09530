//! One WebSocket from its upgrade to its end: two tasks, and what they tell each other.
//!
//! In: an upgraded stream. Out: exactly one end, counted and logged. The reader task takes messages to the room; this
//! task writes. Either may end the connection: the reader because of what the client did, the writer because of what
//! the room or the socket did. Then the client is told why, and the reader throws away what still comes until the
//! client has closed its end. All bytes leave through the client's [`Outlet`], to which the room's pump writes as well.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use fastwebsockets::upgrade::UpgradeFut;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::address::AddressLease;
use super::context::{Net, Peer};
use super::outlet::Outlet;
use super::reader::{self, Door, Reader};
use super::round_trip::RoundTrip;
use super::stop::Stop;
use super::writer::Writer;
use crate::protocol::{Call, Protocol};

/// What was granted to an upgrade.
pub(super) struct Admission {
    /// The address that it counts for.
    pub(super) address: IpAddr,
    /// One connection of its address, if it came through a proxy. Others have been counted since they were accepted.
    pub(super) lease: Option<AddressLease>,
    /// Its place among the connections whose hello has not come yet; given back when it comes.
    pub(super) hello_permit: OwnedSemaphorePermit,
    /// The protocol that it speaks.
    pub(super) protocol: Arc<dyn Protocol>,
    /// The path that it asked for.
    pub(super) path: String,
}

/// Runs a connection from its upgrade to its end. `peer` holds the connection's counts until then.
pub(super) async fn run(
    upgraded: UpgradeFut,
    peer: Arc<Peer>,
    admission: Admission,
    net: Arc<Net>,
) {
    let Some((early, read, write)) = take_apart(upgraded).await else {
        return;
    };
    // What the client sent right behind its upgrade was read together with it. Usually that is nothing, and a copy of
    // nothing does not keep the HTTP library's buffer alive.
    let read = std::io::Cursor::new(early.to_vec()).chain(read);
    drop(early);
    let socket = net.metrics.socket();
    converse(read, write, admission, net).await;
    drop((socket, peer));
}

async fn take_apart(upgraded: UpgradeFut) -> Option<(Bytes, OwnedReadHalf, OwnedWriteHalf)> {
    // An error means that the client went away before it was answered.
    let stream = upgraded.await.ok()?.into_inner().into_inner();
    let Ok(parts) = stream.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("an upgraded stream is not the TCP stream that was accepted");
        return None;
    };
    let (read, write) = parts.io.into_inner().into_split();
    Some((parts.read_buf, read, write))
}

async fn converse<R>(read: R, write: OwnedWriteHalf, admission: Admission, net: Arc<Net>)
where
    R: tokio::io::AsyncRead + Unpin + Send + 'static,
{
    let limits = Arc::clone(&net.limits);
    let link = net.links.start();
    let read = net.links.condition(read, link.as_ref());
    let write = net.links.condition(write, link.as_ref());
    let (read_ended, mut read_end) = oneshot::channel();
    let stop = Arc::new(Stop::default());
    let round_trip = Arc::new(RoundTrip::default());
    let outlet = Arc::new(Outlet::new(
        write,
        Arc::clone(&net.metrics),
        Arc::clone(&round_trip),
        limits.replies_queued,
    ));
    let door = Door {
        protocol: admission.protocol.clone(),
        call: Call {
            path: admission.path,
            hello: Vec::new(),
        },
        hello_permit: admission.hello_permit,
    };
    let reader = Reader::new(Arc::clone(&net), outlet.clone(), door, (round_trip, link));
    let mut reading = tokio::spawn(reader::run(read, reader, read_ended, stop.clone()));
    let mut writer = Writer::new(outlet, admission.protocol, &net);
    let end = writer.run(&mut read_end).await;
    // From here on nothing is delivered. A player that has not given up its seat counts as away.
    stop.now();
    end.note(admission.address, &net.metrics);
    writer.farewell(&end).await;
    let wait = limits.close_wait + writer.longest_way();
    let closed = tokio::time::timeout(wait, &mut reading).await;
    if closed.is_err() {
        reading.abort();
    }
    drop(admission.lease);
}
