//! HTTP by the letter: what a strict server does, and what lets two programs understand one request in two ways.

use std::time::Duration;

use tickwire_server::{Limits, MetricsAccess, Page};
use tokio::net::TcpListener;

use crate::serving::{builder, roomy, start, start_with};
use crate::wire::{Wire, upgrade};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";

async fn answer(wire: &mut Wire, request: &str) -> (String, String) {
    wire.send(request.as_bytes()).await;
    let (head, body) = wire.answer().await;
    (head, String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn a_request_says_once_which_host_it_is_for() {
    let server = start(roomy()).await;
    for (host, status) in [
        ("Host: here\r\n", 200),
        ("", 400),
        ("Host: a\r\nHost: b\r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: me@here\r\n", 400),
        ("Host: here:x\r\n", 400),
        ("Host: [::1]:80\r\n", 200),
    ] {
        let mut wire = Wire::connect(server.address).await;
        let request = format!("GET /api/rooms HTTP/1.1\r\n{host}\r\n");
        let (head, _) = answer(&mut wire, &request).await;
        assert!(
            head.starts_with(&format!("http/1.1 {status}")),
            "{host}: {head}"
        );
    }
    // HTTP/1.0 need not.
    let mut wire = Wire::connect(server.address).await;
    let (head, _) = answer(&mut wire, "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(head.contains(" 200"), "{head}");
}

#[tokio::test]
async fn a_line_feed_that_stands_alone_ends_no_line() {
    let server = start(roomy()).await;
    for request in [
        "GET /healthz HTTP/1.1\nHost: here\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: here\nX: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: here\r\n\n",
        "GET /healthz HTTP/1.1\r\nHost: here\n\n",
    ] {
        let mut wire = Wire::connect(server.address).await;
        let (head, _) = answer(&mut wire, request).await;
        assert!(head.starts_with("http/1.1 400"), "{request:?}: {head}");
    }
    // The second request on a connection is no other, and what follows an upgrade is no HTTP.
    let mut wire = Wire::connect(server.address).await;
    assert!(
        answer(&mut wire, HEALTH)
            .await
            .0
            .starts_with("http/1.1 200")
    );
    let (head, _) = answer(&mut wire, "GET / HTTP/1.1\nHost: a\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    let mut wire = Wire::connect(server.address).await;
    let two = [HEALTH, "GET /healthz HTTP/1.1\nHost: a\n\n"].concat();
    assert!(answer(&mut wire, &two).await.0.starts_with("http/1.1 200"));
    let (head, _) = answer(&mut wire, "").await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
    let mut wire = Wire::connect(server.address).await;
    wire.send(&HEALTH.repeat(3).as_bytes()[..HEALTH.len() * 3 - 1])
        .await;
    for last in ["", "", "\n"] {
        let (head, _) = answer(&mut wire, last).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
    }
    let ping = crate::wire::frame(crate::wire::PING, b"\n\n\n\n");
    let mut wire = Wire::connect(server.address).await;
    wire.send(&[upgrade(server.address).as_bytes(), &ping].concat())
        .await;
    wire.head().await;
    let (_, pong) = wire.frame().await.unwrap();
    assert_eq!(pong, b"\n\n\n\n");
}

#[tokio::test]
async fn a_sender_that_shuts_its_half_down_gets_its_answer() {
    let server = start(roomy()).await;
    let mut wire = Wire::connect(server.address).await;
    wire.send(HEALTH.as_bytes()).await;
    wire.shut_down().await;
    assert!(wire.answer().await.0.starts_with("http/1.1 200"));
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_exit() {
    let long = Duration::from_secs(60);
    let limits = Limits {
        header_time: long,
        keep_alive: long,
        shutdown: long,
        ..roomy()
    };
    let server = start(limits).await;
    let mut wire = Wire::connect(server.address).await;
    wire.send(b"GET /healthz HTT").await;
    let mut kept = Wire::connect(server.address).await;
    let (head, _) = answer(&mut kept, HEALTH).await;
    assert!(head.contains("keep-alive: timeout=60"), "{head}");
    let served = server.end();
    let patience = Duration::from_secs(10);
    tokio::time::timeout(patience, served)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn metrics_are_for_the_operator() {
    let ask = |token: &str| format!("GET /metrics HTTP/1.1\r\nHost: here\r\n{token}\r\n");
    let right = ask("Authorization: Bearer s3cret\r\n");
    for (access, request, status) in [
        (MetricsAccess::Nobody, &right, 404),
        (MetricsAccess::Token("s3cret".into()), &right, 200),
        (MetricsAccess::Token("s3cret".into()), &ask(""), 401),
        (
            MetricsAccess::Token("s3cret".into()),
            &ask("Authorization: Bearer s3cre\r\n"),
            401,
        ),
        (MetricsAccess::Everybody, &ask(""), 200),
    ] {
        let server = start_with(builder(roomy()).metrics(access)).await;
        let mut wire = Wire::connect(server.address).await;
        let (head, _) = answer(&mut wire, request).await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
    }
    let operator = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = operator.local_addr().unwrap();
    let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = builder(roomy()).metrics(MetricsAccess::Nobody).build();
    let server = server.unwrap().metrics_on(operator);
    tokio::spawn(server.serve(public, std::future::pending()));
    let mut wire = Wire::connect(address).await;
    let (head, body) = answer(&mut wire, &ask("")).await;
    assert!(
        head.starts_with("http/1.1 200") && body.ends_with("# EOF\n"),
        "{head}"
    );
    let mut wire = Wire::connect(address).await;
    let (head, _) = answer(&mut wire, "GET /api/rooms HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
}

#[tokio::test]
async fn listed_pages_may_show_ours_in_a_frame() {
    let page = || Page::new([("index.html".to_owned(), b"hi"[..].into())]);
    let ask = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    let policy = |head: String| {
        let start = head.find("frame-ancestors").unwrap();
        head[start..].lines().next().unwrap().to_owned()
    };
    let server = start_with(builder(roomy()).page(page())).await;
    let (head, _) = answer(&mut Wire::connect(server.address).await, ask).await;
    assert_eq!(policy(head), "frame-ancestors 'self'");
    let embedded = builder(roomy())
        .page(page())
        .allow_embed("https://portal.example");
    let server = start_with(embedded).await;
    let (head, _) = answer(&mut Wire::connect(server.address).await, ask).await;
    assert_eq!(
        policy(head),
        "frame-ancestors 'self' https://portal.example"
    );
}

#[tokio::test]
async fn too_many_requests_of_one_address_are_refused_and_health_is_not() {
    let limits = Limits {
        requests_per_s: 1,
        request_burst: 3,
        ..roomy()
    };
    let server = start(limits).await;
    let ask = "GET /api/rooms HTTP/1.1\r\nHost: here\r\n\r\n";
    let mut wire = Wire::connect(server.address).await;
    for _ in 0..3 {
        assert!(answer(&mut wire, ask).await.0.starts_with("http/1.1 200"));
    }
    let (head, body) = answer(&mut wire, ask).await;
    assert!(
        head.starts_with("http/1.1 429") && head.contains("retry-after: 1"),
        "{head}"
    );
    assert_eq!(body, "your address connects too often: wait a second\n");
    // Who asks too much has to connect again for each try.
    assert_eq!(wire.head().await, "", "the connection ends");
    let mut wire = Wire::connect(server.address).await;
    let (head, _) = answer(&mut wire, HEALTH).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(wire.head().await, "", "the connection ends");
}
