//! Conditioned wires, with times as arguments: when bytes come through, and what waits until then.

use std::collections::VecDeque;

use super::*;
use crate::limits::LINK_HELD_BYTES;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The bare wire: what the other end has sent, and what it has got.
#[derive(Default)]
struct Bare {
    coming: VecDeque<u8>,
    /// The other end sends nothing more.
    closed: bool,
    got: Vec<u8>,
    broken: bool,
}

impl Wire for Bare {
    fn read(&mut self, now: Instant, into: &mut [u8]) -> io::Result<Came> {
        let bytes = self.coming.len().min(into.len());
        if bytes == 0 && !self.closed {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        for (place, byte) in into.iter_mut().zip(self.coming.drain(..bytes)) {
            *place = byte;
        }
        Ok(Came { bytes, at: now })
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.got.extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

struct Line {
    wire: Conditioned<Bare>,
    epoch: Instant,
}

fn line(text: &str) -> Line {
    let links = Links::new(text.parse().expect("a link"), BTreeMap::new(), true);
    let wire = links.condition(Bare::default());
    let epoch = wire.lines.as_ref().expect("a link is possible").epoch;
    Line { wire, epoch }
}

impl Line {
    /// Everything that has come through by then, and when the last of it came.
    fn read(&mut self, at: Duration) -> (Vec<u8>, Option<Duration>) {
        let (mut read, mut last, mut into) = (Vec::new(), None, [0; 512]);
        loop {
            match self.wire.read(self.epoch + at, &mut into) {
                Ok(came) if came.bytes > 0 => {
                    read.extend_from_slice(&into[..came.bytes]);
                    last = Some(came.at - self.epoch);
                }
                _ => return (read, last),
            }
        }
    }

    fn write(&mut self, at: Duration, bytes: &[u8]) -> usize {
        self.wire.write(self.epoch + at, bytes).unwrap_or(0)
    }

    /// Everything that has reached the other end by then.
    fn got(&mut self, at: Duration) -> Vec<u8> {
        self.wire.attend(self.epoch + at).unwrap();
        std::mem::take(&mut self.wire.inner.got)
    }

    fn ended(&mut self, at: Duration) -> bool {
        let read = self.wire.read(self.epoch + at, &mut [0]);
        read.is_ok_and(|came| came.bytes == 0)
    }
}

#[test]
fn a_server_without_links_or_dev_mode_conditions_nothing() {
    let none = Links::new(LinkSpec::default(), BTreeMap::new(), false);
    assert!(none.condition(()).lines.is_none());
}

#[test]
fn a_room_has_its_own_link_or_the_one_for_all_rooms() {
    let (all, own) = ("20ms".parse().unwrap(), "80ms".parse().unwrap());
    let links = Links::new(all, BTreeMap::from([("main".into(), own)]), false);
    assert_eq!((links.of("main"), links.of("other")), (own, all));
}

#[test]
fn what_is_read_arrives_half_a_round_trip_later_and_says_when_however_late_it_is_read() {
    let mut line = line("100ms");
    line.wire.inner.coming.extend(b"hello");
    assert_eq!(line.read(ms(0)).0, b"");
    assert_eq!(line.read(ms(49)).0, b"");
    assert_eq!(line.read(ms(80)), (b"hello".to_vec(), Some(ms(50))));
}

#[test]
fn what_is_written_arrives_half_a_round_trip_later() {
    let mut line = line("100ms");
    assert_eq!(line.write(ms(0), b"hello"), 5);
    assert_eq!(line.got(ms(49)), b"");
    assert!(!line.wire.is_empty());
    assert_eq!(line.got(ms(51)), b"hello");
    assert!(line.wire.is_empty());
}

#[test]
fn a_stall_holds_both_ways_up_and_loses_nothing() {
    let mut line = line("stall 300ms every 1s");
    for byte in 0..10 {
        let at = ms(1_001 + 20 * u64::from(byte));
        line.wire.inner.coming.push_back(byte);
        line.write(at, &[byte]);
        assert_eq!((line.read(at).0, line.got(at)), (vec![], vec![]));
    }
    let all = (0..10).collect::<Vec<u8>>();
    assert_eq!(line.read(ms(1_301)).0, all);
    assert_eq!(line.got(ms(1_301)), all);
}

#[test]
fn a_write_would_block_when_the_line_is_full() {
    let mut line = line("1s");
    let much = vec![7; 3 * LINK_HELD_BYTES];
    assert_eq!(line.write(ms(0), &much), LINK_HELD_BYTES);
    let now = line.epoch + ms(499);
    let error = line.wire.write(now, &much).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert!(line.wire.due(now).is_some(), "somebody must attend to it");
    assert_eq!(line.got(ms(501)).len(), LINK_HELD_BYTES);
    assert_eq!(line.write(ms(501), &much), LINK_HELD_BYTES);
}

#[test]
fn a_line_takes_no_more_from_its_wire_than_it_holds() {
    let mut line = line("1s");
    line.wire.inner.coming.extend(vec![7; 3 * LINK_HELD_BYTES]);
    line.wire.inner.closed = true;
    assert_eq!(line.read(ms(0)).0, b"");
    assert_eq!(line.wire.inner.coming.len(), 2 * LINK_HELD_BYTES);
    assert_eq!(line.read(ms(501)).0.len(), LINK_HELD_BYTES);
    line.read(ms(502));
    let mut rest = 0;
    for at in [1_100, 1_101, 1_700, 1_701, 2_300] {
        rest += line.read(ms(at)).0.len();
    }
    assert_eq!(rest, 2 * LINK_HELD_BYTES);
    assert!(line.ended(ms(3_000)));
}

#[test]
fn a_slow_line_carries_what_it_says() {
    // 10 bytes per millisecond.
    let mut line = line("100ms kbps 80");
    line.wire.inner.coming.extend(vec![7; 20_000]);
    let (mut written, mut got, mut read) = (0, 0, 0);
    let (mut out_at, mut in_at) = (None, None);
    for at in (0..3_000).map(ms) {
        written += line.write(at, &vec![7; 20_000 - written]);
        got += line.got(at).len();
        read += line.read(at).0.len();
        out_at = out_at.or((got == 20_000).then_some(at));
        in_at = in_at.or((read == 20_000).then_some(at));
    }
    for at in [out_at, in_at] {
        let at = at.expect("all came through").as_millis();
        assert!((2_050..2_100).contains(&at), "{at} ms");
    }
}

#[test]
fn the_end_arrives_behind_the_last_bytes() {
    let mut line = line("100ms");
    line.wire.inner.coming.extend(b"bye");
    line.wire.inner.closed = true;
    assert_eq!(line.read(ms(0)).0, b"");
    assert!(!line.ended(ms(49)));
    assert_eq!(line.read(ms(51)).0, b"bye");
    assert!(line.ended(ms(51)));
}

#[test]
fn a_link_may_change_while_bytes_are_on_it() {
    let mut line = line("100ms");
    line.write(ms(0), b"first ");
    line.wire.set(&LinkSpec::default());
    line.write(ms(1), b"second");
    assert_eq!(line.got(ms(40)), b"");
    assert_eq!(line.got(ms(51)), b"first second");
    line.write(ms(52), b"third");
    assert_eq!(line.got(ms(52)), b"third", "bare again");
    assert!(line.wire.due(line.epoch + ms(52)).is_none());
}

#[test]
fn a_wire_that_breaks_is_noticed() {
    let mut line = line("100ms");
    line.write(ms(0), b"hello");
    line.wire.inner.broken = true;
    let broken = line.wire.attend(line.epoch + ms(51));
    assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}
