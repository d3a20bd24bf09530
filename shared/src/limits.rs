//! The bounds that both ends of the wire hold to.
//!
//! In: nothing. Out: constants. What an operator may tune (timeouts, rates, connection counts) is in the server's
//! `limits`, which starts from these.

/// Largest message a client may send, bytes of payload over all its fragments.
pub const CLIENT_MESSAGE_BYTES: usize = 4096;
/// Largest message that a server should send, bytes. The largest is the keyframe of a full room. The server does not check
/// it, and the client core reads longer snapshots. Where a client decodes values (a welcome, an event, an avatar), they may
/// take no more than this. The lab's client refuses a longer message.
pub const SERVER_MESSAGE_BYTES: usize = 4 << 20;
/// Inputs in one message: enough for a client at 4 animation frames and 60 ticks a second.
pub const INPUTS_PER_MESSAGE: usize = 16;
/// A player's name, bytes of UTF-8 in the hello. Longer ones are refused before they are looked at.
pub const NAME_BYTES: usize = 256;
/// A player's name after cleaning, characters as people count them (extended grapheme clusters of Unicode)...
pub const NAME_CHARS: usize = 20;
/// ...and bytes of UTF-8.
pub const NAME_SHOWN_BYTES: usize = 128;
/// A room's or a game's name, bytes. Letters, digits, `-` and `_`.
pub const ROOM_NAME_BYTES: usize = 32;
/// A line of chat, bytes of UTF-8.
pub const CHAT_BYTES: usize = 256;
/// A description of a conditioned link, bytes of UTF-8.
pub const LINK_BYTES: usize = 128;
/// A close frame's reason, bytes (RFC 6455 5.5 allows 123).
pub const CLOSE_REASON_BYTES: usize = 123;
/// Component types of one game: a set of them fits a mask of 32 bits.
pub const COMPONENT_TYPES: usize = 32;
/// Channels that one client sees at a time, its own one included. A server that names more is broken.
pub const CHANNELS_PER_CLIENT: usize = 4096;
/// Inputs further ahead of the room than this are refused, ticks. Also the depth of a player's input buffer.
pub const INPUT_AHEAD_TICKS: u32 = 64;
/// No clock error explains an input further than this from the room's tick, either way, seconds: such a client is closed.
pub const INPUT_NONSENSE_S: u32 = 30;
