//! Conditioned ways in paused time: when bytes come through, and what waits until then.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// One end behind a link, the bare other end, and the sender that sets the link.
fn link(
    text: &str,
) -> (
    Conditioned<DuplexStream>,
    DuplexStream,
    watch::Sender<LinkSpec>,
) {
    let links = Links::new(text.parse().expect("a link"), BTreeMap::new(), true);
    let told = links.start().expect("a link is possible");
    let (near, far) = duplex(1 << 20);
    (links.condition(near, Some(&told)), far, told)
}

/// Reads everything that comes through within `span`.
async fn read_for(io: &mut (impl AsyncRead + Unpin), span: Duration) -> Vec<u8> {
    let mut read = Vec::new();
    let _ = timeout(span, io.read_to_end(&mut read)).await;
    read
}

#[test]
fn a_server_without_links_or_dev_mode_conditions_nothing() {
    let none = Links::new(LinkSpec::default(), BTreeMap::new(), false);
    assert!(none.start().is_none());
    assert!(none.condition((), None).line.is_none());
}

#[test]
fn a_room_has_its_own_link_or_the_one_for_all_rooms() {
    let (all, own) = ("20ms".parse().unwrap(), "80ms".parse().unwrap());
    let links = Links::new(all, BTreeMap::from([("main".into(), own)]), false);
    assert_eq!((links.of("main"), links.of("other")), (own, all));
}

/// Lets the waiting bytes arrive.
async fn deliver<W: AsyncWrite + Unpin>(way: &mut Conditioned<W>) -> io::Error {
    std::future::poll_fn(|cx| way.poll_deliver(cx)).await
}

#[tokio::test(start_paused = true)]
async fn what_is_read_arrives_half_a_round_trip_later() {
    let (mut near, mut far, _told) = link("100ms");
    far.write_all(b"hello").await.unwrap();
    assert_eq!(read_for(&mut near, ms(49)).await, b"");
    assert_eq!(read_for(&mut near, ms(2)).await, b"hello");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_arrives_half_a_round_trip_later() {
    let (mut near, mut far, _told) = link("100ms");
    near.write_all(b"hello").await.unwrap();
    near.flush().await.unwrap();
    let _ = timeout(ms(49), deliver(&mut near)).await;
    assert_eq!(read_for(&mut far, ms(0)).await, b"");
    let _ = timeout(ms(2), deliver(&mut near)).await;
    assert_eq!(read_for(&mut far, ms(0)).await, b"hello");
}

#[tokio::test(start_paused = true)]
async fn a_stall_holds_both_ways_up_and_loses_nothing() {
    let (mut reader, mut sender, _told) = link("stall 300ms every 1s");
    let (mut writer, mut receiver, _told) = link("stall 300ms every 1s");
    tokio::time::sleep(ms(1_001)).await;
    for byte in 0..10 {
        sender.write_all(&[byte]).await.unwrap();
        writer.write_all(&[byte]).await.unwrap();
        assert_eq!(read_for(&mut reader, ms(20)).await, b"");
        assert_eq!(read_for(&mut receiver, ms(0)).await, b"");
    }
    let all = (0..10).collect::<Vec<u8>>();
    assert_eq!(read_for(&mut reader, ms(150)).await, all);
    let _ = timeout(ms(1), deliver(&mut writer)).await;
    assert_eq!(read_for(&mut receiver, ms(1)).await, all);
}

#[tokio::test(start_paused = true)]
async fn a_writer_waits_when_its_line_is_full() {
    let (mut near, mut far, _told) = link("1s");
    let much = vec![7; 3 * LINK_HELD_BYTES];
    assert!(timeout(ms(499), near.write_all(&much)).await.is_err());
    assert_eq!(read_for(&mut far, ms(0)).await, b"");
    let _ = timeout(ms(2), deliver(&mut near)).await;
    assert_eq!(read_for(&mut far, ms(0)).await.len(), LINK_HELD_BYTES);
}

#[tokio::test(start_paused = true)]
async fn a_reader_takes_no_more_than_its_line_holds() {
    let (mut near, mut far, _told) = link("1s");
    far.write_all(&vec![7; 3 * LINK_HELD_BYTES]).await.unwrap();
    drop(far);
    assert_eq!(read_for(&mut near, ms(499)).await, b"");
    assert_eq!(read_for(&mut near, ms(400)).await.len(), LINK_HELD_BYTES);
    assert_eq!(
        read_for(&mut near, ms(5_000)).await.len(),
        2 * LINK_HELD_BYTES
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_line_carries_what_it_says() {
    // 10 bytes per millisecond.
    let (mut near, mut far, _told) = link("100ms kbps 80");
    let start = Instant::now();
    near.write_all(&[7; 20_000]).await.unwrap();
    near.shutdown().await.unwrap();
    assert_eq!(read_for(&mut far, ms(0)).await.len(), 20_000);
    let took_ms = start.elapsed().as_millis();
    assert!((2_050..2_100).contains(&took_ms), "{took_ms} ms");

    let (mut near, mut far, _told) = link("100ms kbps 80");
    let start = Instant::now();
    far.write_all(&[7; 20_000]).await.unwrap();
    drop(far);
    assert_eq!(read_for(&mut near, ms(60_000)).await.len(), 20_000);
    let took_ms = start.elapsed().as_millis();
    assert!((2_050..2_100).contains(&took_ms), "{took_ms} ms");
}

#[tokio::test(start_paused = true)]
async fn the_end_arrives_behind_the_last_bytes() {
    let (mut near, mut far, _told) = link("100ms");
    far.write_all(b"bye").await.unwrap();
    drop(far);
    let start = Instant::now();
    let mut read = Vec::new();
    near.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"bye");
    assert!(start.elapsed() >= ms(50));
}

#[tokio::test(start_paused = true)]
async fn shutting_down_lets_everything_arrive_first() {
    let (mut near, mut far, _told) = link("100ms");
    near.write_all(b"bye").await.unwrap();
    near.shutdown().await.unwrap();
    let mut read = Vec::new();
    far.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"bye");
}

#[tokio::test(start_paused = true)]
async fn a_link_may_change_while_bytes_are_on_it() {
    let (mut near, mut far, told) = link("100ms");
    near.write_all(b"first ").await.unwrap();
    told.send_replace(LinkSpec::default());
    near.write_all(b"second").await.unwrap();
    assert_eq!(read_for(&mut far, ms(0)).await, b"");
    let _ = timeout(ms(51), deliver(&mut near)).await;
    assert_eq!(read_for(&mut far, ms(0)).await, b"first second");
    near.write_all(b"third").await.unwrap();
    assert_eq!(read_for(&mut far, ms(0)).await, b"third", "bare again");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_breaks_is_noticed() {
    let (mut near, far, _told) = link("100ms");
    near.write_all(b"hello").await.unwrap();
    drop(far);
    let broken = timeout(ms(51), deliver(&mut near)).await;
    assert_eq!(broken.unwrap().kind(), io::ErrorKind::BrokenPipe);
}
