//! HTTP on one connection: the page, the API, metrics, and the way to a WebSocket.
//!
//! In: an accepted TCP stream. Out: answers, or a task for the WebSocket. The time for headers, their bytes and their
//! number are bounded, and so is how long a connection may stand still. No route reads a body.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::address::{Account, Act, Held};
use super::answers;
use super::connection::{self, Admission};
use super::context::{Net, Peer};
use super::pace::{Paced, Patience, Stuck};
use super::proxy::{self, From};
use super::upgrade::{self, UpgradeRefusal};
use crate::protocol::Protocol;

/// The path that answers whatever the limits say.
const HEALTH: &str = "/healthz";
const READY: &str = "/readyz";

/// Everything that the port serves.
pub(super) fn router(net: Arc<Net>) -> Router {
    let mut router = Router::new();
    for protocol in &net.protocols {
        let spoken = Arc::clone(protocol);
        let upgrade =
            move |State(net): State<Arc<Net>>,
                  Extension(peer): Extension<Arc<Peer>>,
                  request: Request| async move { websocket(spoken, net, peer, request) };
        let path = protocol.path();
        for folder in net.page.folders() {
            router = router.route(&format!("/{folder}{path}"), any(upgrade.clone()));
        }
        router = router.route(path, any(upgrade));
    }
    router
        .route("/api/rooms", get(answers::rooms))
        .route("/metrics", get(answers::public_metrics))
        .route(HEALTH, get("ok\n"))
        .route(READY, get(answers::ready))
        .fallback(page)
        .with_state(net)
}

/// What a listener serves that is for the operator alone.
pub(super) async fn serve_operator(stream: TcpStream, net: Arc<Net>) {
    let router = Router::new()
        .route("/metrics", get(answers::metrics))
        .route(HEALTH, get("ok\n"))
        .route(READY, get(answers::ready))
        .with_state(net.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        router.clone().call(request)
    });
    let mut server = server(&net);
    let connection = server
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = tokio::time::timeout(net.limits.http_still, connection).await;
}

/// Serves one connection until it ends, becomes a WebSocket, or stands still.
pub(super) async fn serve(stream: TcpStream, peer: Arc<Peer>, net: Arc<Net>, router: Router) {
    let limits = &net.limits;
    let (stream, pace) = Paced::new(stream);
    let patience = Patience {
        head: limits.header_time,
        answer: limits.http_still,
        idle: limits.keep_alive,
    };
    let (own_pace, own_net) = (pace.clone(), net.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        own_pace.serve();
        let (pace, net, peer, router) = (
            own_pace.clone(),
            own_net.clone(),
            peer.clone(),
            router.clone(),
        );
        async move {
            let answer = answer(request, peer, &net, router).await;
            pace.served();
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = server(&net).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection.with_upgrades());
    let mut closing = net.closing.subscribe();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut asked_to_end = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    if error.is_parse() {
                        net.metrics.connection_cut("bad_request");
                    }
                    tracing::debug!(%error, "HTTP connection ended");
                }
                return;
            }
            now = look.tick() => match pace.stuck(now.into(), patience) {
                Some(Stuck::Head) => return net.metrics.connection_cut("header_time"),
                Some(Stuck::Answer) => return net.metrics.connection_cut("http_still"),
                Some(Stuck::Idle) => return,
                // A request that is not whole must not hold up the exit.
                None if asked_to_end && pace.is_idle() => return,
                None => {}
            },
            _ = closing.wait_for(|closing| *closing), if !asked_to_end => {
                asked_to_end = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// How often a connection is looked at that does not get on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

fn server(net: &Net) -> http1::Builder {
    let limits = &net.limits;
    let mut server = http1::Builder::new();
    // A sender that shuts its half down still wants its answer.
    server
        .half_close(true)
        .header_read_timeout(None)
        .max_headers(limits.header_count)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(8192));
    server
}

/// The address that a request counts for.
#[derive(Clone, Copy)]
struct CountedAddress(IpAddr);

async fn answer(
    mut request: hyper::Request<Incoming>,
    peer: Arc<Peer>,
    net: &Net,
    mut router: Router,
) -> Response {
    let address = client_of(net, &peer, request.headers());
    let too_often = !net.addresses.allow(address, Act::Request);
    if too_often && ![HEALTH, READY].contains(&request.uri().path()) {
        return refused(net, "requests_too_often", UpgradeRefusal::TooOften);
    }
    if !upgrade::has_host(request.version(), request.headers()) {
        return refused(net, UpgradeRefusal::Host.label(), UpgradeRefusal::Host);
    }
    request.extensions_mut().insert(CountedAddress(address));
    request.extensions_mut().insert(peer);
    let Ok(mut answer) = router.call(request).await;
    if too_often {
        hang_up(&mut answer);
    } else if let Ok(announced) = format!("timeout={}", net.limits.keep_alive.as_secs()).parse() {
        let keep_alive = HeaderName::from_static("keep-alive");
        answer.headers_mut().insert(keep_alive, announced);
    }
    answer
}

/// Why a connection gets no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The server has as many connections as it may.
    ServerFull,
    /// Its address has as many as it may.
    AddressFull,
    /// The system has no more files to give.
    NoFiles,
}

impl Refused {
    pub(super) fn label(self) -> &'static str {
        match self {
            Refused::ServerFull => "server_full",
            Refused::AddressFull => "address_full",
            Refused::NoFiles => "no_files",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Refused::ServerFull => "the server has as many connections as it may",
            Refused::AddressFull => "your address has too many connections open",
            Refused::NoFiles => "the server's machine has as many connections as it may",
        }
    }
}

/// Answers one request of a connection over the limits: with the server's health, or why it gets no further.
pub(super) async fn serve_refusal(stream: TcpStream, net: &Arc<Net>, refused: Refused) {
    let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| async move {
        match request.uri().path() {
            HEALTH => return Ok::<_, Infallible>("ok\n".into_response()),
            READY => return Ok(answers::ready(State(net.clone())).await.into_response()),
            _ => {}
        }
        let status = match refused {
            Refused::AddressFull => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        let headers = [
            (header::RETRY_AFTER, "1"),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ];
        Ok((status, headers, format!("{}\n", refused.words())).into_response())
    });
    let mut server = server(net);
    let connection = server
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let _ = tokio::time::timeout(net.limits.close_wait, connection).await;
}

/// Ends the connection with this answer: whoever asks too much, or nonsense, has to connect again for each try.
fn hang_up(answer: &mut Response) {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(header::CONNECTION, close);
}

/// Counts a refusal, and says it in the log now and then.
fn refused(net: &Net, label: &'static str, refusal: UpgradeRefusal) -> Response {
    net.metrics.upgrade_refused(label);
    if let Some(left_out) = net.seldom.may_say(label, Instant::now()) {
        tracing::warn!(reason = label, left_out, "request refused");
    }
    let mut answer = refusal.into_response();
    if refusal.status() != StatusCode::UPGRADE_REQUIRED {
        hang_up(&mut answer);
    }
    answer
}

/// The address that a request counts for.
fn client_of(net: &Net, peer: &Peer, headers: &HeaderMap) -> IpAddr {
    match proxy::from(peer.address, headers, &net.proxies) {
        From::Client(address) => return address,
        From::Peer => {}
        From::Unreadable => {
            if let Some(left_out) = net.seldom.may_say("unreadable_proxy", Instant::now()) {
                let proxy = peer.address;
                tracing::warn!(%proxy, left_out, "a listed proxy does not say for whom it asks: its clients count as one address");
            }
        }
        From::Unlisted => {
            if proxy::is_private(peer.address)
                && let Some(left_out) = net.seldom.may_say("unlisted_proxy", Instant::now())
            {
                let peer = peer.address;
                tracing::warn!(%peer, left_out, "this peer forwards addresses, but it is not listed: if it is your proxy, start with --trust-proxy {peer}, or all its clients count as one address");
            }
        }
    }
    peer.address
}

fn websocket(
    protocol: Arc<dyn Protocol>,
    net: Arc<Net>,
    peer: Arc<Peer>,
    mut request: Request,
) -> Response {
    let answer = admit(protocol, &net, &peer, &request).and_then(|admission| {
        // The library checks the key and the version once more; `upgrade::check` is stricter.
        let (response, upgraded) =
            fastwebsockets::upgrade::upgrade(&mut request).map_err(|_| UpgradeRefusal::Key)?;
        // From now on it counts as a client, and not as a connection for the page's files.
        drop(peer.lease.lock().take());
        tokio::spawn(connection::run(upgraded, peer, admission, Arc::clone(&net)));
        Ok(response.map(|_| Body::empty()))
    });
    answer.unwrap_or_else(|refusal| refused(&net, refusal.label(), refusal))
}

/// Says why the address would get no WebSocket now.
fn would_admit(net: &Net, address: IpAddr) -> Result<(), UpgradeRefusal> {
    if !net.addresses.could_do(address, Act::Upgrade) {
        return Err(UpgradeRefusal::TooOften);
    }
    if !net.addresses.could_hold(address, Held::Client) {
        return Err(UpgradeRefusal::TooManyConnections);
    }
    if !net.waiting.could_take(address) {
        return Err(UpgradeRefusal::TooManyUnhelloed);
    }
    Ok(())
}

/// Checks first what the request says, then what its address may have. A request that asks for no WebSocket learns whether it
/// would get one: a browser does not tell a page why a socket was refused, so the page asks in this way.
fn admit(
    protocol: Arc<dyn Protocol>,
    net: &Net,
    peer: &Peer,
    request: &Request,
) -> Result<Admission, UpgradeRefusal> {
    if *net.closing.borrow() {
        return Err(UpgradeRefusal::ShuttingDown);
    }
    let headers = request.headers();
    let asked = upgrade::check(
        request.method(),
        request.version(),
        headers,
        &net.allowed_origins,
    );
    let counted = request.extensions().get::<CountedAddress>();
    let address = counted.map_or(peer.address, |counted| counted.0);
    if asked == Err(UpgradeRefusal::NotAnUpgrade) {
        would_admit(net, address)?;
    }
    asked?;
    if !net.addresses.allow(address, Act::Upgrade) {
        return Err(UpgradeRefusal::TooOften);
    }
    let lease = net.addresses.hold(address, Held::Client);
    let lease = lease.ok_or(UpgradeRefusal::TooManyConnections)?;
    let place = net.waiting.take(address);
    let place = place.ok_or(UpgradeRefusal::TooManyUnhelloed)?;
    let account = Account {
        addresses: Arc::clone(&net.addresses),
        address,
    };
    Ok(Admission {
        account,
        lease,
        place,
        protocol,
        path: request.uri().path().to_owned(),
    })
}

async fn page(State(net): State<Arc<Net>>, request: Request) -> Response {
    net.page
        .answer(request.method(), request.uri(), request.headers())
}
