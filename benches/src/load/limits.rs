//! What a server must allow to be loaded from one machine.
//!
//! In: the server's default limits. Out: the same, without those that keep out thousands of players from one address.

use tickwire_server::Limits;

/// A server's limits for a load: the defaults, except for those that keep out thousands of players from one address.
pub fn roomy() -> Limits {
    Limits {
        connections: 19_000,
        connections_per_address: 19_000,
        clients_per_address: 19_000,
        rooms_per_address: 19_000,
        rooms_opened_per_min: 1_000_000,
        chat_lines_per_min: 1_000_000,
        request_burst: 1_000_000,
        upgrades_per_s: 10_000,
        upgrade_burst: 10_000,
        unhelloed: 10_000,
        rooms_max: 4000,
        ..Limits::default()
    }
}
