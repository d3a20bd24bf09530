//! What one address may hold and do, and how it is told that it may not.

use tickwire_server::Limits;
use tickwire_shared::close::{CloseReason, Retry};
use tickwire_shared::message::{ClientMessage, Hello};

use crate::limits::expect_reason;
use crate::serving::{builder, roomy, start, start_on, start_with};
use crate::wire::{Wire, frame, hello, said, upgrade};

#[tokio::test]
async fn the_connections_of_one_address_are_bounded() {
    let server = start(Limits {
        connections_per_address: 2,
        ..roomy()
    })
    .await;
    // A client is not counted here.
    let (_client, _) = Wire::join(server.address, hello()).await;
    let first = Wire::connect(server.address).await;
    let _second = Wire::connect(server.address).await;
    server
        .until("all are accepted", |server| {
            server.metric("tickwire_connections") == 3
        })
        .await;
    let mut third = Wire::connect(server.address).await;
    third.send(upgrade(server.address).as_bytes()).await;
    let (head, body) = third.answer().await;
    assert!(head.starts_with("http/1.1 429"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    assert_eq!(body, b"your address has too many connections open\n");
    // Whoever looks after the server learns how it is all the same.
    let mut health = Wire::connect(server.address).await;
    let ask = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";
    health.send(ask.as_bytes()).await;
    assert!(health.answer().await.0.starts_with("http/1.1 200"));
    let mut ready = Wire::connect(server.address).await;
    ready
        .send(ask.replace("healthz", "readyz").as_bytes())
        .await;
    assert_eq!(ready.answer().await.1, b"ready\n");
    assert_eq!(
        server.metric("tickwire_connections_cut_total{reason=\"address_full\"}"),
        3
    );
    drop(first);
    server
        .until("the place is free again", |server| {
            server.metric("tickwire_connections") == 2
        })
        .await;
    Wire::open(server.address).await;
}

#[tokio::test]
async fn the_clients_of_one_address_are_bounded_and_a_page_can_ask_why() {
    let server = start(Limits {
        clients_per_address: 2,
        ..roomy()
    })
    .await;
    let (_first, _) = Wire::join(server.address, hello()).await;
    let (second, _) = Wire::join(server.address, hello()).await;
    let plain = "GET /ws HTTP/1.1\r\nHost: here\r\n\r\n";
    for request in [upgrade(server.address), plain.to_owned()] {
        let mut third = Wire::connect(server.address).await;
        third.send(request.as_bytes()).await;
        let (head, body) = third.answer().await;
        assert!(head.starts_with("http/1.1 429"), "{head}");
        assert!(head.contains("access-control-allow-origin: *"), "{head}");
        assert_eq!(body, b"your address has too many connections open\n");
    }
    assert_eq!(server.upgrades_refused("too_many_connections"), 2);
    drop(second);
    server
        .until("the place is free again", |server| {
            server.metric("tickwire_sockets") == 1
        })
        .await;
    let mut asks = Wire::connect(server.address).await;
    asks.send(plain.as_bytes()).await;
    assert!(asks.answer().await.0.starts_with("http/1.1 426"));
    Wire::join(server.address, hello()).await;
}

/// A page asks why its socket did not open, and reads the reason that the socket got.
#[tokio::test]
async fn a_plain_request_learns_every_reason_for_which_a_socket_is_refused() {
    let limits = Limits {
        upgrade_burst: 2,
        upgrades_per_s: 1,
        unhelloed: 1,
        ..roomy()
    };
    let server = start(limits).await;
    let ask = async |more: &str| {
        let mut wire = Wire::connect(server.address).await;
        let plain = format!("GET /ws HTTP/1.1\r\nHost: here\r\n{more}\r\n");
        wire.send(plain.as_bytes()).await;
        wire.answer().await
    };
    let (head, _) = ask("Origin: http://here\r\n").await;
    assert!(head.starts_with("http/1.1 426"), "{head}");
    let (head, _) = ask("Origin: http://elsewhere.example\r\n").await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    let _unhelloed = Wire::open(server.address).await;
    let (head, _) = ask("").await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    let mut refused = Wire::connect(server.address).await;
    refused.send(upgrade(server.address).as_bytes()).await;
    assert!(refused.answer().await.0.starts_with("http/1.1 503"));
    let (head, body) = ask("").await;
    assert!(head.starts_with("http/1.1 429"), "{head}");
    assert_eq!(body, b"your address connects too often: wait a second\n");
}

#[tokio::test]
async fn one_address_opens_so_many_rooms_in_a_minute() {
    let server = start(Limits {
        rooms_opened_per_min: 3,
        ..roomy()
    })
    .await;
    let named = |n: usize| Hello {
        room: format!("room-{n}"),
        create: true,
        ..hello()
    };
    let mut wires = Vec::new();
    for n in 0..3 {
        wires.push(Wire::join(server.address, named(n)).await);
    }
    let mut fourth = Wire::open(server.address).await;
    fourth.send(&said(&ClientMessage::Hello(named(3)))).await;
    expect_reason(&server, fourth, CloseReason::ServerFull).await;
    // It may still join those that are open.
    Wire::join(server.address, named(2)).await;
}

#[tokio::test]
async fn one_address_has_so_many_rooms_open() {
    let server = start(Limits {
        rooms_per_address: 2,
        ..roomy()
    })
    .await;
    let named = |n: usize| Hello {
        room: format!("room-{n}"),
        create: true,
        ..hello()
    };
    let _first = Wire::join(server.address, named(0)).await;
    let second = Wire::join(server.address, named(1)).await;
    let mut third = Wire::open(server.address).await;
    third.send(&said(&ClientMessage::Hello(named(2)))).await;
    // It comes again by itself, until a room is over.
    assert_eq!(CloseReason::ServerFull.retry(), Retry::Fresh);
    expect_reason(&server, third, CloseReason::ServerFull).await;
    drop(second);
    server
        .until("the room is over", |server| {
            server.metric("tickwire_rooms") == 1
        })
        .await;
    Wire::join(server.address, named(2)).await;
}

#[tokio::test]
async fn the_connections_of_a_server_are_bounded() {
    let server = start(Limits {
        connections: 2,
        ..roomy()
    })
    .await;
    let _two = [
        Wire::open(server.address).await,
        Wire::open(server.address).await,
    ];
    let mut third = Wire::connect(server.address).await;
    third.send(upgrade(server.address).as_bytes()).await;
    let (head, _) = third.answer().await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    for (path, status, words) in [("healthz", "200", "ok\n"), ("readyz", "503", "full\n")] {
        let mut probe = Wire::connect(server.address).await;
        let ask = format!("GET /{path} HTTP/1.1\r\nHost: here\r\n\r\n");
        probe.send(ask.as_bytes()).await;
        let (head, body) = probe.answer().await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        assert_eq!(body, words.as_bytes());
    }
    assert_eq!(
        server.metric("tickwire_connections_cut_total{reason=\"server_full\"}"),
        3
    );
}

#[tokio::test]
async fn the_upgrades_of_one_address_are_bounded() {
    let server = start(Limits {
        upgrade_burst: 2,
        upgrades_per_s: 1,
        ..roomy()
    })
    .await;
    let _two = [
        Wire::open(server.address).await,
        Wire::open(server.address).await,
    ];
    let mut wire = Wire::connect(server.address).await;
    wire.send(upgrade(server.address).as_bytes()).await;
    let (head, _) = wire.answer().await;
    assert!(
        head.starts_with("http/1.1 429") && head.contains("retry-after: 1"),
        "{head}"
    );
    assert_eq!(server.upgrades_refused("too_often"), 1);
}

#[tokio::test]
async fn behind_a_listed_proxy_people_are_counted_one_by_one() {
    let limits = Limits {
        clients_per_address: 1,
        ..roomy()
    };
    let server = start_with(builder(limits).trust_proxy("127.0.0.1".parse().unwrap())).await;
    let via = |client: &str| {
        upgrade(server.address).replace(
            "Host:",
            &format!("X-Forwarded-For: 1.1.1.1, {client}\r\nHost:"),
        )
    };
    let mut first = Wire::connect(server.address).await;
    first.upgrade(&via("192.0.2.1")).await;
    let mut again = Wire::connect(server.address).await;
    again.send(via("192.0.2.1").as_bytes()).await;
    assert!(again.answer().await.0.starts_with("http/1.1 429"));
    assert_eq!(server.upgrades_refused("too_many_connections"), 1);
    let mut other = Wire::connect(server.address).await;
    other.upgrade(&via("192.0.2.2")).await;
    first.send(&frame(crate::wire::CLOSE, &[])).await;
    first.ending().await;
    server
        .until("the first is gone", |server| {
            server.metric("tickwire_sockets") == 1
        })
        .await;
    Wire::connect(server.address)
        .await
        .upgrade(&via("192.0.2.1"))
        .await;
}

#[tokio::test]
async fn a_forwarded_address_from_any_other_peer_is_not_believed() {
    let server = start(Limits {
        upgrade_burst: 1,
        upgrades_per_s: 1,
        ..roomy()
    })
    .await;
    let via = |client: &str| {
        upgrade(server.address).replace("Host:", &format!("X-Forwarded-For: {client}\r\nHost:"))
    };
    let mut first = Wire::connect(server.address).await;
    first.upgrade(&via("192.0.2.1")).await;
    let mut second = Wire::connect(server.address).await;
    second.send(via("192.0.2.2").as_bytes()).await;
    assert!(second.answer().await.0.starts_with("http/1.1 429"));
}

/// A class that opens the page at the bell: nobody's SYN is dropped, which would cost them a second.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn three_thousand_connect_at_once_and_the_kernel_drops_none() {
    /// How many connections found a listener's queue full, on this machine.
    fn dropped() -> u64 {
        let text = std::fs::read_to_string("/proc/net/netstat").unwrap();
        let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
        let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
        let place = names.split(' ').position(|name| name == "ListenOverflows");
        let value = values.split(' ').nth(place.unwrap()).unwrap();
        value.parse().unwrap()
    }
    let files = tickwire_server::raise_open_files();
    assert!(files.is_some_and(|most| most > 6500), "{files:?}");
    let listener = tickwire_server::listen("127.0.0.1:0".parse().unwrap());
    let listener = listener.await.unwrap();
    let server = start_on(listener, builder(roomy()), Vec::new());
    let before = dropped();
    let connects = (0..3000).map(|_| tokio::spawn(Wire::connect(server.address)));
    let mut wires = Vec::new();
    for connect in connects.collect::<Vec<_>>() {
        wires.push(connect.await.unwrap());
    }
    assert_eq!(dropped(), before);
    server
        .until("all are accepted", |server| {
            server.metric("tickwire_connections") == 3000
        })
        .await;
}
