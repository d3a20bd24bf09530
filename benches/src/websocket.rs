//! The small part of WebSocket (RFC 6455) that measuring needs: the upgrade on both ends, and frames, as plain bytes.
//!
//! In: bytes from a socket. Out: heads and frames. There are no sockets here, no fragments and no extensions: neither
//! the peers nor the limit loop sends any. The code is lean on purpose, because the load takes its time from the
//! machine that is measured.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

/// The opcode of a text frame.
pub const TEXT: u8 = 1;
/// The opcode of a binary frame.
pub const BINARY: u8 = 2;
/// The opcode of a close frame.
pub const CLOSE: u8 = 8;
/// The opcode of a ping.
pub const PING: u8 = 9;
/// The opcode of a pong.
pub const PONG: u8 = 10;

/// The key that every load client sends; its value does not matter.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The mask of every load client. Servers must unmask with any mask; only browsers have to choose one at random.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's request for a WebSocket.
pub fn upgrade_request(address: &str, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
}

/// The server's answer to a client's key.
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(hash.finalize())
}

/// The value of a header in a request or an answer, if it is there.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Where a head ends: after its empty line. None if it is not complete.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// One whole frame from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its kind.
    pub opcode: u8,
    /// Its content.
    pub payload: &'a [u8],
}

/// Takes the first frame off `bytes`, which come from a server and so are not masked. Returns the frame and its length
/// in bytes. None if it is not complete.
pub fn first_frame(bytes: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second & 0x7F {
        126 => (
            4,
            u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        ),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let end = start + usize::try_from(length).ok()?;
    let payload = bytes.get(start..end)?;
    let opcode = first & 0x0F;
    Some((Frame { opcode, payload }, end))
}

/// Appends a client's frame, masked.
pub fn push_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_head(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&MASK);
    out.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
}

/// Appends a server's frame, not masked.
pub fn push_plain(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    push_head(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

fn push_head(out: &mut Vec<u8>, opcode: u8, length: usize, masked: u8) {
    out.push(0x80 | opcode);
    match length {
        0..126 => out.push(masked | length as u8),
        126..=0xFFFF => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        assert_eq!(accept_key(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_frame_of_any_size_comes_back_whole_and_only_when_it_is_all_there() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![7; length];
            let mut bytes = Vec::new();
            push_plain(&mut bytes, BINARY, &payload);
            assert_eq!(first_frame(&bytes[..bytes.len() - 1]), None);
            let end = bytes.len();
            bytes.push(0x89);
            let (frame, used) = first_frame(&bytes).unwrap();
            assert_eq!(
                (frame.opcode, frame.payload.len(), used),
                (BINARY, length, end)
            );
        }
    }

    #[test]
    fn a_clients_frame_is_masked() {
        let mut bytes = Vec::new();
        push_masked(&mut bytes, BINARY, &[3, 7]);
        // The example in section 4 of docs/protocol.md.
        assert_eq!(bytes, [0x82, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0xfd]);
    }

    #[test]
    fn a_header_is_found_whatever_its_letters() {
        let head = "GET / HTTP/1.1\r\nsec-websocket-KEY:  abc \r\n\r\n";
        assert_eq!(header(head, "Sec-WebSocket-Key"), Some("abc"));
        assert_eq!(head_end(head.as_bytes()), Some(head.len()));
        assert_eq!(head_end(b"GET / HTTP/1.1\r\n"), None);
    }
}
