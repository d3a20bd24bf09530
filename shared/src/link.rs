//! What both ends know of conditioned links: named ones to choose from.
//!
//! In: nothing. Out: names and descriptions. The server reads a description and delays bytes by it
//! (`tickwire_server::link`); a client only sends one as text, of at most [`crate::limits::LINK_BYTES`] bytes.

/// Named links and their descriptions: added round trip, jitter, stalls.
pub const LINK_PRESETS: [(&str, &str); 4] = [
    ("good", "20ms jitter 3ms"),
    ("4g", "60ms jitter 20ms"),
    ("bad-wifi", "40ms jitter 30ms stall 250ms every 5s"),
    ("intercontinental", "150ms jitter 15ms"),
];
