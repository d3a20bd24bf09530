//! What the plain paths answer, besides the page: the open rooms, the metrics, and whether newcomers are let in.
//!
//! In: a request. Out: JSON or text.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq;

use super::context::{MetricsAccess, Net};

pub(super) async fn rooms(State(net): State<Arc<Net>>) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "application/json"),
    ];
    (headers, net.directory.listed()).into_response()
}

pub(super) async fn public_metrics(State(net): State<Arc<Net>>, headers: HeaderMap) -> Response {
    let sent = headers.get(header::AUTHORIZATION);
    let sent = sent.and_then(|sent| sent.as_bytes().strip_prefix(b"Bearer "));
    match &net.metrics_access {
        MetricsAccess::Everybody => metrics(State(net)).await,
        MetricsAccess::Token(token)
            if sent.is_some_and(|sent| sent.ct_eq(token.as_bytes()).into()) =>
        {
            metrics(State(net)).await
        }
        MetricsAccess::Token(_) => {
            let ask = [(header::WWW_AUTHENTICATE, "Bearer")];
            (StatusCode::UNAUTHORIZED, ask, "metrics need a token\n").into_response()
        }
        MetricsAccess::Nobody => {
            let words = "metrics are not served here: they have a listener of their own\n";
            (StatusCode::NOT_FOUND, words).into_response()
        }
    }
}

pub(super) async fn metrics(State(net): State<Arc<Net>>) -> Response {
    let kind =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], net.metrics.text()).into_response()
}

/// Whether a newcomer would be let in.
pub(super) async fn ready(State(net): State<Arc<Net>>) -> (StatusCode, &'static str) {
    let words = match *net.closing.borrow() {
        true => "shutting down\n",
        false if net.connections.available_permits() == 0 => "full\n",
        false => return (StatusCode::OK, "ready\n"),
    };
    (StatusCode::SERVICE_UNAVAILABLE, words)
}
