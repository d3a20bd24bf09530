//! Decides whether a request is a WebSocket upgrade that may happen. The library's helper looks only at the key and the
//! version (it would upgrade a POST), so everything is checked here, before it.
//!
//! In: a request's method, version and headers. Out: permission to upgrade, or a refusal with an HTTP status, words for
//! a person and a metric label. Must not: answer, count, or touch the socket.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName};
use http::{HeaderMap, Method, StatusCode, Version};

/// Why there will be no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpgradeRefusal {
    Method,
    HttpVersion,
    Host,
    NotAnUpgrade,
    WebSocketVersion,
    Key,
    Body,
    Origin,
    TooOften,
    TooManyConnections,
    TooManyUnhelloed,
    ShuttingDown,
}

impl UpgradeRefusal {
    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        use UpgradeRefusal::*;
        match self {
            Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "a WebSocket starts with a GET",
            ),
            HttpVersion => (
                StatusCode::BAD_REQUEST,
                "http_version",
                "a WebSocket needs HTTP/1.1",
            ),
            Host => (
                StatusCode::BAD_REQUEST,
                "host",
                "the request needs one Host header",
            ),
            NotAnUpgrade => (
                StatusCode::UPGRADE_REQUIRED,
                "not_an_upgrade",
                "this address speaks WebSocket: open it with a client",
            ),
            WebSocketVersion => (
                StatusCode::UPGRADE_REQUIRED,
                "websocket_version",
                "only WebSocket version 13 is spoken",
            ),
            Key => (
                StatusCode::BAD_REQUEST,
                "key",
                "Sec-WebSocket-Key must be 16 bytes in base64, once",
            ),
            Body => (StatusCode::BAD_REQUEST, "body", "an upgrade has no body"),
            Origin => (
                StatusCode::FORBIDDEN,
                "origin",
                "pages of this origin may not connect here",
            ),
            TooOften => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_often",
                "your address connects too often: wait a second",
            ),
            TooManyConnections => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_connections",
                "your address has too many connections open",
            ),
            TooManyUnhelloed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_unhelloed",
                "too many clients are about to join: try again in a moment",
            ),
            ShuttingDown => (
                StatusCode::SERVICE_UNAVAILABLE,
                "shutting_down",
                "the server is shutting down",
            ),
        }
    }

    /// The HTTP status that says so.
    pub(super) const fn status(self) -> StatusCode {
        self.row().0
    }

    /// A stable name for metrics and logs.
    pub(super) const fn label(self) -> &'static str {
        self.row().1
    }
}

impl IntoResponse for UpgradeRefusal {
    fn into_response(self) -> Response {
        let (status, _, words) = self.row();
        let mut response = (status, format!("{words}\n")).into_response();
        let extra: &[(HeaderName, &'static str)] = match self {
            UpgradeRefusal::Method => &[(header::ALLOW, "GET")],
            UpgradeRefusal::NotAnUpgrade => &[
                (header::UPGRADE, "websocket"),
                (header::CONNECTION, "upgrade"),
            ],
            UpgradeRefusal::WebSocketVersion => &[
                (header::SEC_WEBSOCKET_VERSION, "13"),
                (header::UPGRADE, "websocket"),
                (header::CONNECTION, "upgrade"),
            ],
            UpgradeRefusal::TooOften
            | UpgradeRefusal::TooManyUnhelloed
            | UpgradeRefusal::TooManyConnections => &[(header::RETRY_AFTER, "1")],
            _ => &[],
        };
        // A page of any origin may read why it gets no socket: it has sent no secret.
        let readable = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        for (name, value) in extra.iter().chain([&readable]) {
            response
                .headers_mut()
                .insert(name, http::HeaderValue::from_static(value));
        }
        response
    }
}

/// True if a request says which host it is for. HTTP/1.0 need not.
pub(super) fn has_host(version: Version, headers: &HeaderMap) -> bool {
    the_only(headers, header::HOST).is_some_and(is_host)
        || (version == Version::HTTP_10 && !headers.contains_key(header::HOST))
}

/// Checks everything that the request itself says. `allowed_origins` may connect besides the page's own.
pub(super) fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
    allowed_origins: &[String],
) -> Result<(), UpgradeRefusal> {
    if method != Method::GET {
        return Err(UpgradeRefusal::Method);
    }
    if version != Version::HTTP_11 {
        return Err(UpgradeRefusal::HttpVersion);
    }
    let host = the_only(headers, header::HOST)
        .filter(|host| is_host(host))
        .ok_or(UpgradeRefusal::Host)?;
    check_origin(headers, host, allowed_origins)?;
    if !lists(headers, header::CONNECTION, "upgrade")
        || !lists(headers, header::UPGRADE, "websocket")
    {
        return Err(UpgradeRefusal::NotAnUpgrade);
    }
    if the_only(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(UpgradeRefusal::WebSocketVersion);
    }
    if !the_only(headers, header::SEC_WEBSOCKET_KEY).is_some_and(is_16_bytes) {
        return Err(UpgradeRefusal::Key);
    }
    let has_length = headers
        .get(header::CONTENT_LENGTH)
        .is_some_and(|length| length.as_bytes() != b"0");
    if has_length || headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(UpgradeRefusal::Body);
    }
    Ok(())
}

/// Programs other than browsers send no origin, and could send any: this guards people's browsers.
fn check_origin(
    headers: &HeaderMap,
    host: &str,
    allowed_origins: &[String],
) -> Result<(), UpgradeRefusal> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let origin = the_only(headers, header::ORIGIN).ok_or(UpgradeRefusal::Origin)?;
    let mut allowed = allowed_origins.iter();
    if is_own(origin, host) || allowed.any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    Err(UpgradeRefusal::Origin)
}

/// True for a host as RFC 9110 7.2 has it: a name or an address, perhaps a port, and nothing else.
fn is_host(host: &str) -> bool {
    host.parse::<http::uri::Authority>().is_ok_and(|authority| {
        let has_port = authority.host().len() < authority.as_str().len();
        !host.contains('@')
            && !authority.host().is_empty()
            && (!has_port || authority.port_u16().is_some())
    })
}

/// True if the page came from the host that it connects to. Behind a proxy that speaks TLS the schemes differ.
fn is_own(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    // Browsers leave the scheme's own port out of an origin; what stands between us and them may write it, and a dot behind
    // the whole name of a host.
    let (host, host_port) = host_and_port(host, port);
    let (authority, own_port) = host_and_port(authority, port);
    authority.eq_ignore_ascii_case(host) && own_port == host_port
}

/// A host without the dot at its end, and its port: `usual` if none is written.
fn host_and_port<'a>(authority: &'a str, usual: &'a str) -> (&'a str, &'a str) {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, port),
        _ => (authority, usual),
    };
    (host.strip_suffix('.').unwrap_or(host), port)
}

/// The header's value, if it is there exactly once and is text.
fn the_only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// True if the header, over all its lines, lists `token`.
fn lists(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let lines = headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// True for 16 bytes in base64 as RFC 4648 writes them: 22 characters, of which the last has four bits that are 0, and two
/// of padding.
fn is_16_bytes(key: &str) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = key.strip_suffix("==").map(str::as_bytes);
    digits.is_some_and(|digits| {
        digits.len() == 22
            && digits.iter().all(base64)
            && digits.last().is_some_and(|last| b"AQgw".contains(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 6] = [
        ("host", "game.example:4000"),
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", "https://game.example:4000"),
    ];

    fn answer(changes: &[(&'static str, Option<&'static str>)]) -> Result<(), UpgradeRefusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in GOOD {
            headers.insert(name, value.parse().unwrap());
        }
        for (name, value) in changes {
            headers.remove(*name);
            if let Some(value) = value {
                headers.insert(*name, value.parse().unwrap());
            }
        }
        check(
            &Method::GET,
            Version::HTTP_11,
            &headers,
            &["https://friend.example".to_owned()],
        )
    }

    #[test]
    fn only_a_complete_and_correct_upgrade_is_let_through() {
        use UpgradeRefusal::*;
        assert_eq!(answer(&[]), Ok(()));
        for none in [
            None,
            Some(""),
            Some("a b"),
            Some("game.example/path"),
            Some("me@game.example"),
            Some("game.example:x"),
        ] {
            assert_eq!(answer(&[("host", none)]), Err(Host), "{none:?}");
        }
        assert_eq!(
            answer(&[("connection", Some("keep-alive"))]),
            Err(NotAnUpgrade)
        );
        assert_eq!(
            answer(&[("connection", Some("upgrades"))]),
            Err(NotAnUpgrade)
        );
        assert_eq!(answer(&[("upgrade", Some("h2c"))]), Err(NotAnUpgrade));
        assert_eq!(
            answer(&[("sec-websocket-version", Some("12"))]),
            Err(WebSocketVersion)
        );
        assert_eq!(
            answer(&[("sec-websocket-version", None)]),
            Err(WebSocketVersion)
        );
        for key in [
            "dGhlIHNhbXBsZQ==",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZ!==",
            "dGhlIHNhbXBsZSBub25jZQaa",
            "dGhlIHNhbXBsZSBub25jZR==",
        ] {
            assert_eq!(
                answer(&[("sec-websocket-key", Some(key))]),
                Err(Key),
                "{key}"
            );
        }
        assert_eq!(answer(&[("content-length", Some("5"))]), Err(Body));
        assert_eq!(answer(&[("content-length", Some("0"))]), Ok(()));
        assert_eq!(answer(&[("transfer-encoding", Some("chunked"))]), Err(Body));
    }

    #[test]
    fn the_own_origin_is_as_the_table_says() {
        let mut tried = 0;
        for line in include_str!("../../tests/cases/same-origin.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let [host, origin, _, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            assert_eq!(is_own(origin, host), expected == "yes", "{line}");
            tried += 1;
        }
        assert!(tried > 12);
    }

    #[test]
    fn only_our_own_page_and_listed_origins_may_connect() {
        assert_eq!(answer(&[("origin", None)]), Ok(()));
        assert_eq!(
            answer(&[("origin", Some("https://friend.example"))]),
            Ok(())
        );
        for foreign in [
            "null",
            "https://evil.example",
            "https://game.example",
            "game.example:4000",
            "https://game.example:4000.evil.example",
        ] {
            assert_eq!(
                answer(&[("origin", Some(foreign))]),
                Err(UpgradeRefusal::Origin),
                "{foreign}"
            );
        }
    }

    #[test]
    fn other_methods_and_versions_are_refused() {
        let headers = HeaderMap::new();
        assert_eq!(
            check(&Method::POST, Version::HTTP_11, &headers, &[]),
            Err(UpgradeRefusal::Method)
        );
        assert_eq!(
            check(&Method::GET, Version::HTTP_10, &headers, &[]),
            Err(UpgradeRefusal::HttpVersion)
        );
    }
}
