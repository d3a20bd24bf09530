//! HTTP on one connection: the page, the API, metrics, and the way to a WebSocket.
//!
//! In: an accepted TCP stream. Out: answers, or a task for the WebSocket. The time for headers, their bytes and their
//! number are bounded, and so is the connection's life. No route reads a body.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Json, Router};
use http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower::Service;

use super::address::forwarded_for;
use super::connection::{self, Admission};
use super::context::{Net, Peer};
use super::upgrade::{self, UpgradeRefusal};
use crate::protocol::Protocol;

/// Everything that the port serves.
pub(super) fn router(net: Arc<Net>) -> Router {
    let mut router = Router::new();
    for protocol in &net.protocols {
        let spoken = Arc::clone(protocol);
        let upgrade =
            move |State(net): State<Arc<Net>>,
                  Extension(peer): Extension<Arc<Peer>>,
                  request: Request| async move { websocket(spoken, net, peer, request) };
        router = router.route(protocol.path(), any(upgrade));
    }
    router
        .route("/api/rooms", get(rooms))
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .fallback(page)
        .with_state(net)
}

/// Serves one connection until it ends, becomes a WebSocket, or has lived too long.
pub(super) async fn serve(stream: TcpStream, peer: Arc<Peer>, net: Arc<Net>, router: Router) {
    let limits = &net.limits;
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&peer));
        // A router is always ready.
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(limits.header_count)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(8192))
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut closing = net.closing.subscribe();
    let life = tokio::time::sleep(limits.http_lifetime);
    tokio::pin!(connection, life);
    let mut asked_to_end = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    if error.is_timeout() {
                        net.metrics.connection_cut("header_time");
                    } else if error.is_parse() {
                        net.metrics.connection_cut("bad_request");
                    }
                    tracing::debug!(%error, "HTTP connection ended");
                }
                return;
            }
            () = &mut life => return net.metrics.connection_cut("http_lifetime"),
            _ = closing.wait_for(|closing| *closing), if !asked_to_end => {
                asked_to_end = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
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
        tokio::spawn(connection::run(upgraded, peer, admission, Arc::clone(&net)));
        Ok(response.map(|_| Body::empty()))
    });
    answer.unwrap_or_else(|refusal| {
        net.metrics.upgrade_refused(refusal.label());
        tracing::debug!(reason = refusal.label(), "upgrade refused");
        refusal.into_response()
    })
}

/// Checks first what the request says, then what its address may have.
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
    upgrade::check(
        request.method(),
        request.version(),
        headers,
        &net.allowed_origins,
    )?;
    let forwarded = forwarded_for(peer.address, headers, &net.proxies);
    let address = forwarded.unwrap_or(peer.address);
    if !net.addresses.upgrade(address) {
        return Err(UpgradeRefusal::TooOften);
    }
    let lease = match forwarded {
        Some(address) => Some(
            net.addresses
                .connect(address)
                .ok_or(UpgradeRefusal::TooManyConnections)?,
        ),
        // This connection has been counted since it was accepted.
        None => None,
    };
    let hello_permit = Arc::clone(&net.hello_permits)
        .try_acquire_owned()
        .map_err(|_| UpgradeRefusal::TooManyUnhelloed)?;
    Ok(Admission {
        address,
        lease,
        hello_permit,
        protocol,
        path: request.uri().path().to_owned(),
    })
}

async fn rooms(State(net): State<Arc<Net>>) -> Response {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(net.directory.rooms()),
    )
        .into_response()
}

async fn metrics(State(net): State<Arc<Net>>) -> Response {
    let kind =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], net.metrics.text()).into_response()
}

async fn health(State(net): State<Arc<Net>>) -> (StatusCode, &'static str) {
    if *net.closing.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

async fn page(State(net): State<Arc<Net>>, request: Request) -> Response {
    net.page
        .answer(request.method(), request.uri().path(), request.headers())
}
