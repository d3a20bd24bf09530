//! HTTP requests that must not become a WebSocket, or must not be answered at all.

use std::sync::Arc;
use std::time::Duration;

use tickwire_server::{Limits, Page};
use tickwire_shared::message::Hello;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::serving::{Running, builder, roomy, start, start_with};
use crate::wire::{Bystander, Split, Wire, hello, upgrade};

/// What is changed in a good upgrade: (from, to). Then the status, the answer's words, and the metric's label.
type BadUpgrade = (
    &'static str,
    &'static [(&'static str, &'static str)],
    u16,
    &'static str,
    &'static str,
);

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

const BAD_UPGRADES: &[BadUpgrade] = &[
    ("a POST", &[("GET", "POST")], 405, "allow: get", "method"),
    (
        "HTTP/1.0",
        &[("HTTP/1.1", "HTTP/1.0")],
        400,
        "",
        "http_version",
    ),
    ("no host", &[("Host: ", "X-Host: ")], 400, "", "host"),
    (
        "two hosts",
        &[("Host: ", "Host: evil.example\r\nHost: ")],
        400,
        "",
        "host",
    ),
    (
        "no Upgrade header",
        &[("Upgrade: websocket\r\n", "")],
        426,
        "upgrade: websocket",
        "not_an_upgrade",
    ),
    (
        "another protocol",
        &[("Upgrade: websocket", "Upgrade: h2c")],
        426,
        "upgrade: websocket",
        "not_an_upgrade",
    ),
    (
        "no Connection header",
        &[("Connection: Upgrade\r\n", "")],
        426,
        "upgrade: websocket",
        "not_an_upgrade",
    ),
    (
        "version 12",
        &[("Version: 13", "Version: 12")],
        426,
        "sec-websocket-version: 13",
        "websocket_version",
    ),
    (
        "no version",
        &[(VERSION, "")],
        426,
        "sec-websocket-version: 13",
        "websocket_version",
    ),
    ("no key", &[(KEY, "")], 400, "", "key"),
    (
        "a short key",
        &[("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==")],
        400,
        "",
        "key",
    ),
    (
        "two keys",
        &[(
            VERSION,
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        )],
        400,
        "",
        "key",
    ),
    (
        "a body",
        &[(
            VERSION,
            "Sec-WebSocket-Version: 13\r\nContent-Length: 1\r\n",
        )],
        400,
        "",
        "body",
    ),
    (
        "a foreign origin",
        &[(
            VERSION,
            "Sec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n",
        )],
        403,
        "",
        "origin",
    ),
    (
        "a sandboxed origin",
        &[(VERSION, "Sec-WebSocket-Version: 13\r\nOrigin: null\r\n")],
        403,
        "",
        "origin",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_upgrade_gets_its_status_and_words_however_it_is_split() {
    let server = start(roomy()).await;
    let mut bystander = Bystander::join(server.address).await;
    let gate = Arc::new(Semaphore::new(32));
    for (name, changes, status, holds, label) in BAD_UPGRADES {
        let mut request = upgrade(server.address);
        for (from, to) in *changes {
            assert!(request.contains(from), "{name}");
            request = request.replacen(from, to, 1);
        }
        let before = server.upgrades_refused(label);
        let splits = Split::all(request.len());
        let runs = splits.len() as u64;
        let mut clients = JoinSet::new();
        for split in splits {
            let place = gate.clone().acquire_owned().await.unwrap();
            let (request, address) = (request.clone(), server.address);
            clients.spawn(async move {
                let mut wire = Wire::connect(address).await;
                wire.send_split(request.as_bytes(), split).await;
                let answer = wire.answer().await;
                drop(place);
                (split, answer)
            });
        }
        while let Some(client) = clients.join_next().await {
            let (split, (head, body)) = client.unwrap();
            assert_eq!(head[9..12], status.to_string(), "{name}, {split:?}: {head}");
            assert!(head.contains(holds), "{name}: {head}");
            assert!(
                body.len() > 10 && body.ends_with(b"\n"),
                "{name}: a person should read why"
            );
        }
        assert_eq!(server.upgrades_refused(label), before + runs, "{name}");
        bystander.is_served(name).await;
    }
    assert_eq!(
        server.metric("tickwire_sockets"),
        1,
        "only the bystander has a WebSocket"
    );
}

#[tokio::test]
async fn our_own_page_and_listed_origins_may_connect() {
    let server = start_with(builder(roomy()).allow_origin("https://friend.example")).await;
    for origin in [
        format!("http://{}", server.address),
        "https://friend.example".to_owned(),
    ] {
        let request =
            upgrade(server.address).replace(VERSION, &format!("{VERSION}Origin: {origin}\r\n"));
        Wire::connect(server.address).await.upgrade(&request).await;
    }
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = start(Limits {
        header_time: Duration::from_millis(100),
        keep_alive: Duration::from_millis(100),
        header_count: 32,
        header_bytes: 8192,
        ..roomy()
    })
    .await;
    let many = (0..33).map(|n| format!("X-{n}: a\r\n")).collect::<String>();
    let long = format!("X: {}\r\n", "a".repeat(8192));
    for headers in [many, long] {
        let mut wire = Wire::connect(server.address).await;
        wire.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes())
            .await;
        let head = wire.head().await;
        assert!(head.starts_with("HTTP/1.1 431"), "{head}");
    }
    let cut = |server: &Running, reason: &str| {
        server.metric(&format!(
            "tickwire_connections_cut_total{{reason=\"{reason}\"}}"
        ))
    };
    server
        .until("bad requests are counted", |server| {
            cut(server, "bad_request") == 2
        })
        .await;
    // Headers that never end, a request that never comes, and a connection that is kept alive for nothing.
    for start in [
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "",
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut wire = Wire::connect(server.address).await;
        wire.send(start.as_bytes()).await;
        wire.drained().await;
    }
    server
        .until("slow headers are counted", |server| {
            cut(server, "header_time") == 2
        })
        .await;
    server
        .until("all connections are gone", |server| {
            server.metric("tickwire_connections") == 0
        })
        .await;
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let page = Page::new([("big.txt".to_owned(), vec![b'a'; 32 << 20].into())]);
    let limits = Limits {
        http_still: Duration::from_millis(200),
        ..roomy()
    };
    let server = start_with(builder(limits).page(page)).await;
    let mut wire = Wire::connect_small(server.address).await;
    wire.send(b"GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let still = "tickwire_connections_cut_total{reason=\"http_still\"}";
    server
        .until("the reader of nothing is cut off", |server| {
            server.metric(still) == 1
        })
        .await;
}

#[tokio::test]
async fn everything_is_on_one_port() {
    let page = Page::new([("index.html".to_owned(), b"<!doctype html>hi"[..].into())]);
    let server = start_with(builder(roomy()).page(page)).await;
    let (_friend, _) = Wire::join(server.address, hello()).await;
    let anywhere = Hello {
        room: String::new(),
        ..hello()
    };
    let (_stranger, welcome) = Wire::join(server.address, anywhere).await;
    let mut wire = Wire::connect(server.address).await;
    let mut ask = async |request: &str| {
        wire.send(format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
            .await;
        let (head, body) = wire.answer().await;
        (head, String::from_utf8(body).unwrap())
    };
    let (head, body) = ask("GET /").await;
    assert!(
        head.starts_with("http/1.1 200") && head.contains("content-security-policy"),
        "{head}"
    );
    assert_eq!(body, "<!doctype html>hi");
    let (_, rooms) = ask("GET /api/rooms").await;
    let listed = format!(r#"[{{"game":"meadow","room":"{}","#, welcome.room);
    assert!(rooms.starts_with(&listed), "{rooms}");
    // A room that somebody opened by its name is for those who know the name.
    assert_ne!(welcome.room, "green");
    assert!(!rooms.contains("green"), "{rooms}");
    let (_, metrics) = ask("GET /metrics").await;
    assert!(
        metrics.contains("tickwire_sockets 2") && metrics.ends_with("# EOF\n"),
        "{metrics}"
    );
    assert!(ask("GET /healthz").await.0.starts_with("http/1.1 200"));
    assert!(ask("GET /nothing").await.0.starts_with("http/1.1 404"));
    assert!(ask("DELETE /api/rooms").await.0.starts_with("http/1.1 405"));
    assert!(ask("POST /").await.0.starts_with("http/1.1 405"));
}
