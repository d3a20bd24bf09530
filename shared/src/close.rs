//! Why a connection ends. One table for both ends: code, metric label, and whether trying again makes sense.
//!
//! In: a decision of the server. Out: a WebSocket close code and words that a person can read; on the client, whether
//! and how to reconnect. `docs/protocol.md` lists the codes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a client should do after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub enum Retry {
    /// Reconnect with the resume token, after a backoff.
    Resume,
    /// Reconnect as a newcomer: the token is of no more use.
    Fresh,
    /// The same request would get the same answer: tell the person.
    Never,
}

/// Every reason for which a server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CloseReason {
    /// The client said goodbye.
    Left,
    /// The server is shutting down.
    ShuttingDown,
    /// The client broke RFC 6455: unmasked frame, reserved bits, bad control frame, interleaved fragments.
    WebSocketProtocol,
    /// A text frame came, but the protocol is binary.
    TextFrame,
    /// A message larger than the limit.
    MessageTooLarge,
    /// A message in more fragments than the limit.
    TooManyFragments,
    /// The server had a fault of its own.
    Internal,
    /// The hello asks for another protocol version.
    ProtocolVersion,
    /// The client was built from other components or rules than this server.
    SchemaMismatch,
    /// No hello in time.
    HelloTimeout,
    /// The first message was not a hello, or a second hello came.
    HelloExpected,
    /// No such game on this server.
    UnknownGame,
    /// No such room, and the hello did not ask to create one.
    UnknownRoom,
    /// Every seat of the room is taken.
    RoomFull,
    /// The resume token is old, forged or used.
    ResumeRefused,
    /// The player's name is too long or has no character to show.
    BadName,
    /// The room's name is too long or has characters that do not belong in a web address.
    BadRoomName,
    /// The server holds as many rooms as it may.
    ServerFull,
    /// The game's own rules refused the player.
    GameRefused,
    /// Bytes that are not a message: unknown tag, cut short, trailing bytes, a count over its limit.
    Malformed,
    /// An input that the rules call impossible: NaN or out of range.
    InvalidInput,
    /// An input for a tick so far away that no clock error explains it.
    InputTick,
    /// Input sequence numbers did not grow.
    InputSequence,
    /// The client sent more messages per second than allowed.
    MessageFlood,
    /// The client sent more control frames (ping, pong) per second than allowed.
    ControlFlood,
    /// Nothing came from the client for too long.
    Idle,
    /// The client does not read what is sent to it.
    TooSlow,
    /// The same seat was resumed from another connection.
    Replaced,
    /// Another connection took the seat before this one was known to have its welcome.
    Overtaken,
    /// The game removed the player.
    Kicked,
    /// The room ended.
    RoomClosed,
    /// The room's game panicked; the room is gone.
    RoomPanicked,
}

impl CloseReason {
    /// Every reason, for docs, metrics and tests.
    pub const ALL: [CloseReason; 32] = {
        use CloseReason::*;
        [
            Left,
            ShuttingDown,
            WebSocketProtocol,
            TextFrame,
            MessageTooLarge,
            TooManyFragments,
            Internal,
            ProtocolVersion,
            SchemaMismatch,
            HelloTimeout,
            HelloExpected,
            UnknownGame,
            UnknownRoom,
            RoomFull,
            ResumeRefused,
            BadName,
            BadRoomName,
            ServerFull,
            GameRefused,
            Malformed,
            InvalidInput,
            InputTick,
            InputSequence,
            MessageFlood,
            ControlFlood,
            Idle,
            TooSlow,
            Replaced,
            Overtaken,
            Kicked,
            RoomClosed,
            RoomPanicked,
        ]
    };

    /// Code, metric label, what to do next, and words for a person.
    const fn row(self) -> (u16, &'static str, Retry, &'static str) {
        use CloseReason::*;
        use Retry::{Fresh, Never, Resume};
        match self {
            Left => (1000, "left", Never, "you left the room"),
            ShuttingDown => (1001, "shutting_down", Resume, "the server is shutting down"),
            WebSocketProtocol => (
                1002,
                "websocket_protocol",
                Never,
                "the WebSocket protocol was broken",
            ),
            TextFrame => (
                1003,
                "text_frame",
                Never,
                "text frames are not accepted: the protocol is binary",
            ),
            MessageTooLarge => (
                1009,
                "message_too_large",
                Never,
                "the message is larger than the limit",
            ),
            TooManyFragments => (
                4011,
                "too_many_fragments",
                Never,
                "the message is in more fragments than the limit",
            ),
            Internal => (1011, "internal", Resume, "the server had a fault"),
            ProtocolVersion => (
                4000,
                "protocol_version",
                Never,
                "this server speaks another protocol version: reload the page",
            ),
            SchemaMismatch => (
                4001,
                "schema_mismatch",
                Never,
                "this server runs other rules than this client: reload the page",
            ),
            HelloTimeout => (4002, "hello_timeout", Resume, "no hello came in time"),
            HelloExpected => (
                4003,
                "hello_expected",
                Never,
                "a hello must come first, and once",
            ),
            UnknownGame => (
                4004,
                "unknown_game",
                Never,
                "there is no such game on this server",
            ),
            UnknownRoom => (4005, "unknown_room", Never, "there is no such room"),
            RoomFull => (4006, "room_full", Never, "the room is full"),
            ResumeRefused => (
                4007,
                "resume_refused",
                Fresh,
                "the seat is gone: its time to come back has passed",
            ),
            BadName => (4008, "bad_name", Never, "that name cannot be used"),
            BadRoomName => (
                4009,
                "bad_room_name",
                Never,
                "a room's name is 1 to 32 letters, digits, - or _",
            ),
            ServerFull => (
                4010,
                "server_full",
                Fresh,
                "the server holds as many rooms as it may",
            ),
            GameRefused => (4012, "game_refused", Never, "the game did not let you in"),
            Malformed => (
                4020,
                "malformed",
                Never,
                "the bytes are not a message of this protocol",
            ),
            InvalidInput => (4021, "invalid_input", Never, "the input is impossible"),
            InputTick => (
                4022,
                "input_tick",
                Resume,
                "the input is for a tick far from now",
            ),
            InputSequence => (
                4023,
                "input_sequence",
                Never,
                "input sequence numbers must grow",
            ),
            MessageFlood => (4024, "message_flood", Never, "too many messages per second"),
            ControlFlood => (
                4025,
                "control_flood",
                Never,
                "too many pings or pongs per second",
            ),
            Idle => (
                4026,
                "idle",
                Resume,
                "nothing was heard from you for too long",
            ),
            TooSlow => (
                4027,
                "too_slow",
                Resume,
                "your connection is too slow for this room",
            ),
            Replaced => (
                4028,
                "replaced",
                Never,
                "your seat was taken over from another window",
            ),
            Overtaken => (
                4029,
                "overtaken",
                Resume,
                "another connection of yours came first",
            ),
            Kicked => (4030, "kicked", Never, "you were removed from the room"),
            RoomClosed => (4031, "room_closed", Fresh, "the room has ended"),
            RoomPanicked => (
                4032,
                "room_panicked",
                Fresh,
                "the room had a fault and was closed",
            ),
        }
    }

    /// The WebSocket close code.
    pub const fn code(self) -> u16 {
        self.row().0
    }

    /// A stable name for metrics and logs.
    pub const fn label(self) -> &'static str {
        self.row().1
    }

    /// What a client should do next.
    pub const fn retry(self) -> Retry {
        self.row().2
    }

    /// The default words, at most [`crate::limits::CLOSE_REASON_BYTES`] bytes.
    pub const fn words(self) -> &'static str {
        self.row().3
    }

    /// The reason with this close code. None for codes that this protocol does not use, 1006 (a lost connection)
    /// among them.
    pub fn from_code(code: u16) -> Option<CloseReason> {
        CloseReason::ALL
            .into_iter()
            .find(|reason| reason.code() == code)
    }
}

impl std::fmt::Display for CloseReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words())
    }
}

/// A refusal with words for the person whom it concerns: `reason` decides, `words` explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Refusal {
    /// What the program needs: code, label, retry.
    pub reason: CloseReason,
    /// What the person reads. Of longer words only [`crate::limits::CLOSE_REASON_BYTES`] bytes are sent.
    pub words: String,
}

impl Refusal {
    /// A refusal with words of its own.
    pub fn new(reason: CloseReason, words: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            words: words.into(),
        }
    }

    /// The words, cut between two characters to the length that a close frame carries.
    pub fn close_words(&self) -> &str {
        let end = self
            .words
            .floor_char_boundary(crate::limits::CLOSE_REASON_BYTES);
        self.words.get(..end).unwrap_or_default()
    }
}

impl From<CloseReason> for Refusal {
    fn from(reason: CloseReason) -> Refusal {
        Refusal::new(reason, reason.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_labels_are_unique_and_words_fit_a_close_frame() {
        for (i, a) in CloseReason::ALL.iter().enumerate() {
            assert_eq!(CloseReason::from_code(a.code()), Some(*a));
            assert!(a.words().len() <= crate::limits::CLOSE_REASON_BYTES);
            for b in &CloseReason::ALL[i + 1..] {
                assert_ne!(a.code(), b.code());
                assert_ne!(a.label(), b.label());
            }
        }
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let refusal = Refusal::new(CloseReason::Kicked, "é".repeat(100));
        assert_eq!(refusal.close_words().len(), 122);
    }
}
