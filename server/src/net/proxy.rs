//! Who a request comes from: the peer itself, or a client of a proxy that the operator has listed.
//!
//! In: a peer's address, a request's headers. Out: the client's address, or that there is something to tell the operator. A
//! forwarded address counts only if the peer is a listed proxy: any other peer could write there what it likes.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::HeaderMap;

/// A block of addresses, written as `10.0.0.0/8` or as one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    base: u128,
    prefix_bits: u32,
    v4: bool,
}

impl AddressRange {
    /// True when `address` lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, v4) = bits_of(address);
        v4 == self.v4
            && (bits ^ self.base)
                .checked_shr(128 - self.prefix_bits)
                .unwrap_or(0)
                == 0
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<AddressRange, String> {
        let wrong =
            || format!("`{text}` is not an address like 127.0.0.1 or a range like 10.0.0.0/8");
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, bits)| (address, Some(bits)));
        let (base, v4) = bits_of(address.parse::<IpAddr>().map_err(|_| wrong())?);
        let width = if v4 { 32 } else { 128 };
        let prefix_bits = prefix
            .map_or(Ok(width), str::parse::<u32>)
            .map_err(|_| wrong())?;
        if prefix_bits > width {
            return Err(wrong());
        }
        Ok(AddressRange {
            base,
            prefix_bits,
            v4,
        })
    }
}

/// An address as 128 bits from the left, and whether it is IPv4. An IPv4 address in IPv6 form counts as IPv4.
fn bits_of(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
        IpAddr::V6(v6) => (v6.to_bits(), false),
    }
}

/// Who sent a request, by what its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The peer itself.
    Peer,
    /// This client of a listed proxy.
    Client(IpAddr),
    /// A listed proxy does not say whose request it is, or not so that it can be read.
    Unreadable,
    /// The peer forwards addresses, but it is not listed. It may be a proxy that the operator has forgotten.
    Unlisted,
}

/// True for addresses that the internet does not route: those of proxies on the same machine or in the same network.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The client behind a listed proxy is the last forwarded address that is not itself a listed proxy. `X-Forwarded-For`
/// counts before `Forwarded` (RFC 7239): most proxies write only the first, and hand on what a client wrote into the other.
pub(super) fn from(peer: IpAddr, headers: &HeaderMap, proxies: &[AddressRange]) -> From {
    let listed = |address: IpAddr| proxies.iter().any(|range| range.contains(address));
    let items = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
            .map(|item| str::from_utf8(item).unwrap_or_default())
    };
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    if !listed(peer) {
        return if forwarded {
            From::Unlisted
        } else {
            From::Peer
        };
    }
    // Each proxy appends the peer that it saw. So the list is read from the right, as far as listed proxies wrote it.
    let client = if headers.contains_key("x-forwarded-for") {
        last_unlisted(items("x-forwarded-for").map(node), listed)
    } else {
        last_unlisted(items("forwarded").map(forwarded_node), listed)
    };
    match client {
        Some(client) => From::Client(client),
        None if forwarded => From::Unreadable,
        None => From::Peer,
    }
}

fn last_unlisted(
    hops: impl Iterator<Item = Option<IpAddr>>,
    listed: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let mut client = None;
    for hop in hops {
        let Some(address) = hop else { break };
        client = Some(address);
        if !listed(address) {
            break;
        }
    }
    client
}

/// The address of one node, with or without a port and brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

/// The `for` of one element of a `Forwarded` header.
fn forwarded_node(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    node(value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, line)| {
            let name = http::header::HeaderName::from_static(name);
            (
                name,
                http::HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            )
        });
        lines.collect()
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let range = |text: &str| text.parse::<AddressRange>().unwrap();
        assert!(range("10.0.0.0/8").contains(address("10.200.3.4")));
        assert!(range("10.0.0.0/8").contains(address("::ffff:10.200.3.4")));
        assert!(!range("10.0.0.0/8").contains(address("11.0.0.1")));
        assert!(range("0.0.0.0/0").contains(address("1.2.3.4")));
        assert!(!range("0.0.0.0/0").contains(address("2001:db8::1")));
        assert!(range("2001:db8::/32").contains(address("2001:db8:5::1")));
        assert!(range("127.0.0.1").contains(address("127.0.0.1")));
        assert!(!range("127.0.0.1").contains(address("127.0.0.2")));
        for wrong in ["", "10.0.0.0/33", "example.org", "10.0.0.0/x", "::1/129"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn forwarded_addresses_are_as_the_table_says() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let mut tried = 0;
        for line in include_str!("../../tests/cases/forwarded.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
        {
            let [name, value, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let headers = headers(&[(
                if name == "Forwarded" {
                    "forwarded"
                } else {
                    "x-forwarded-for"
                },
                value,
            )]);
            let expected = match expected {
                "the peer's" => From::Unreadable,
                client => From::Client(address(client)),
            };
            assert_eq!(
                from(address("10.0.0.1"), &headers, &proxies),
                expected,
                "{line}"
            );
            assert_eq!(
                from(address("192.0.2.1"), &headers, &proxies),
                From::Unlisted
            );
            tried += 1;
        }
        assert!(tried > 12);
    }

    #[test]
    fn lines_are_read_from_the_last_one_and_the_usual_header_counts_first() {
        let proxies = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let from =
            |lines: &[(&'static str, &str)]| from(address("127.0.0.1"), &headers(lines), &proxies);
        let client = From::Client(address("198.51.100.1"));
        let xff = "x-forwarded-for";
        assert_eq!(from(&[(xff, "1.1.1.1"), (xff, "198.51.100.1")]), client);
        assert_eq!(
            from(&[(xff, "198.51.100.1"), ("forwarded", "for=1.1.1.1")]),
            client
        );
        assert_eq!(from(&[]), From::Peer);
    }
}
