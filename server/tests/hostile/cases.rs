//! Everything wrong that a client can say over a WebSocket, and the reason with which it must be closed.

use tickwire_shared::close::CloseReason;
use tickwire_shared::ids::{InputSequence, Tick};
use tickwire_shared::limits::{CHAT_BYTES, INPUT_NONSENSE_S, INPUTS_PER_MESSAGE, NAME_BYTES};
use tickwire_shared::message::{ClientMessage, Hello, Inputs, PROTOCOL_VERSION, Ping, Welcome};
use tickwire_shared::rules::Rules;

use crate::meadow::{Meadow, Step};
use crate::wire::{BINARY, CLOSE, Message, PING, PONG, encoded, forged, frame, hello, said};

const FAR_TICKS: i32 = (INPUT_NONSENSE_S * Meadow::TICK_RATE_HZ * 2) as i32;

/// What is sent, given the welcome if there was one.
type Bytes = Box<dyn Fn(Option<&Welcome<()>>) -> Vec<u8> + Send + Sync>;

/// One wrong thing. `bytes` follow an upgrade, or a welcome.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) reason: CloseReason,
}

fn case(name: &'static str, reason: CloseReason, bytes: impl AsRef<[u8]>) -> Case {
    let bytes = bytes.as_ref().to_vec();
    Case {
        name,
        bytes: Box::new(move |_| bytes.clone()),
        reason,
    }
}

/// A wrong message in one correct frame.
fn message(name: &'static str, reason: CloseReason, bytes: impl AsRef<[u8]>) -> Case {
    case(name, reason, frame(BINARY, bytes.as_ref()))
}

/// A hello with something wrong in it.
fn bad_hello(name: &'static str, reason: CloseReason, change: impl Fn(&mut Hello)) -> Case {
    let mut hello = hello();
    change(&mut hello);
    case(name, reason, said(&ClientMessage::Hello(hello)))
}

/// What is wrong before a client has a seat. The room `green` is open.
pub(crate) fn before_a_seat() -> Vec<Case> {
    use CloseReason::*;
    let good = encoded(&ClientMessage::Hello(hello()));
    let short = good.split_last().unwrap().1.to_vec();
    let trailing = [&good[..], &[0]].concat();
    // The hello of another version may have other fields: only its version can be read.
    let mut unknown_layout = vec![0, PROTOCOL_VERSION as u8 + 1];
    unknown_layout.extend_from_slice(&[0xFF; 30]);
    let mut cases = vec![
        bad_hello("another protocol version", ProtocolVersion, |hello| {
            hello.protocol += 1
        }),
        message("another version's hello", ProtocolVersion, unknown_layout),
        bad_hello("another schema", SchemaMismatch, |hello| hello.schema ^= 1),
        bad_hello("an unknown game", UnknownGame, |hello| {
            hello.game = "chess".to_owned()
        }),
        bad_hello("an unknown room", UnknownRoom, |hello| {
            (hello.room, hello.create) = ("blue".to_owned(), false)
        }),
        bad_hello("a room's name with a slash", BadRoomName, |hello| {
            hello.room = "../green".to_owned()
        }),
        bad_hello("a room's name of 33 bytes", BadRoomName, |hello| {
            hello.room = "g".repeat(33)
        }),
        bad_hello("a full room", RoomFull, |hello| {
            hello.game = "bench".to_owned()
        }),
        bad_hello("a name that is too long", BadName, |hello| {
            hello.name = "n".repeat(NAME_BYTES + 1)
        }),
        bad_hello("a name of 3 KB", BadName, |hello| {
            hello.name = "n".repeat(3000)
        }),
        bad_hello("a name of 10 KB", MessageTooLarge, |hello| {
            hello.name = "n".repeat(10_000)
        }),
        bad_hello("no name", BadName, |hello| hello.name.clear()),
        bad_hello("a name that nobody can see", BadName, |hello| {
            hello.name = "\u{200B}\u{202E}\u{7}".to_owned()
        }),
        bad_hello("a forged token", ResumeRefused, |hello| {
            hello.resume = Some(forged())
        }),
        bad_hello("a token of a room that is gone", ResumeRefused, |hello| {
            (hello.resume, hello.room) = (Some(forged()), "gone".to_owned());
        }),
        message("a hello that is cut short", Malformed, short),
        message("a hello with a byte behind it", Malformed, trailing),
        message("a hello of its tag alone", Malformed, [0]),
        message(
            "a ping before the hello",
            HelloExpected,
            encoded(&ClientMessage::Ping(Ping { nonce: 1 })),
        ),
        message("an unknown tag before the hello", HelloExpected, [200]),
        message("an empty message before the hello", HelloExpected, []),
        case(
            "a flood of pings before the hello",
            ControlFlood,
            frame(PING, b"p").repeat(400),
        ),
    ];
    cases.extend(broken_frames());
    cases
}

/// What is wrong once a client has a seat.
pub(crate) fn in_a_seat() -> Vec<Case> {
    use CloseReason::*;
    let chat = ClientMessage::Chat("c".repeat(CHAT_BYTES + 1));
    let trailing = [encoded(&ClientMessage::Ping(Ping { nonce: 1 })), vec![0]].concat();
    // A command that claims to be a string of 2^60 bytes.
    let claim = [&[2, 253][..], &(1_u64 << 60).to_le_bytes(), b"abc"].concat();
    let mut long_link = vec![8, 200];
    long_link.resize(202, b'4');
    let mut cases = vec![
        case(
            "a second hello",
            HelloExpected,
            said(&ClientMessage::Hello(hello())),
        ),
        message("a second hello that is cut short", HelloExpected, [0, 4]),
        message("an unknown tag", Malformed, [200]),
        message("a link outside of dev mode", Malformed, [8, 2, b'4', b'g']),
        message("a link of 200 bytes", Malformed, long_link),
        message("an empty message", Malformed, []),
        message("a byte behind a message", Malformed, trailing),
        message("a message that is cut short", Malformed, [3]),
        message("a length that the bytes do not carry", Malformed, claim),
        message("text that is not UTF-8", Malformed, [5, 2, 0xC3, 0x28]),
        case("a line of chat that is too long", Malformed, said(&chat)),
    ];
    cases.extend(wrong_inputs());
    cases.extend(floods());
    cases.extend(broken_frames());
    cases
}

fn wrong_inputs() -> Vec<Case> {
    use CloseReason::*;
    vec![
        inputs("no inputs", Malformed, 1, 0, vec![]),
        inputs(
            "too many inputs",
            Malformed,
            1,
            0,
            vec![0.0; INPUTS_PER_MESSAGE + 1],
        ),
        inputs(
            "an input that is not a number",
            InvalidInput,
            1,
            0,
            vec![0.0, f32::NAN],
        ),
        inputs("an endless input", InvalidInput, 1, 0, vec![f32::INFINITY]),
        inputs("an input out of range", InvalidInput, 1, 0, vec![1.01]),
        inputs(
            "an input for a far-future tick",
            InputTick,
            1,
            FAR_TICKS,
            vec![0.0],
        ),
        inputs(
            "an input for a tick long ago",
            InputTick,
            1,
            -FAR_TICKS,
            vec![0.0],
        ),
        inputs(
            "an input for a tick half a world away",
            InputTick,
            1,
            i32::MIN,
            vec![0.0],
        ),
        inputs("input number 0", InputSequence, 0, 0, vec![0.0]),
        inputs(
            "input numbers past their end",
            InputSequence,
            u32::MAX,
            0,
            vec![0.0, 0.0],
        ),
        twice("a number that does not grow"),
    ]
}

fn floods() -> Vec<Case> {
    use CloseReason::*;
    let one_message = said(&ClientMessage::Ping(Ping { nonce: 7 }));
    vec![
        case(
            "a flood of messages",
            MessageFlood,
            one_message.repeat(20_000),
        ),
        case(
            "a flood of pings",
            ControlFlood,
            frame(PING, &[b'p'; 125]).repeat(400),
        ),
        case(
            "a flood of pongs",
            ControlFlood,
            frame(PONG, b"").repeat(400),
        ),
        case(
            "a flood of pings within a message",
            ControlFlood,
            [frame(0x02, b"a"), frame(PING, b"").repeat(400)].concat(),
        ),
    ]
}

/// What is wrong at any time: RFC 6455 and the limits of messages.
fn broken_frames() -> Vec<Case> {
    let mut cases = broken_messages();
    cases.extend(broken_control_frames());
    cases
}

fn broken_messages() -> Vec<Case> {
    use CloseReason::*;
    let fragments = [frame(0x02, b"a"), frame(0x00, b"b").repeat(16)].concat();
    let large_fragments = [
        frame(0x02, &[0; 2000]),
        frame(0x00, &[0; 2000]),
        frame(0x00, &[0; 97]),
    ]
    .concat();
    vec![
        case("a text frame", TextFrame, frame(0x81, b"hello")),
        // The library looks at text before it is unmasked. These bytes are text even then.
        case("a text frame of two letters", TextFrame, frame(0x81, b"hi")),
        case(
            "a text frame of bytes that are not text",
            TextFrame,
            frame(0x81, &[0xFF; 9]),
        ),
        case("an unmasked message", WebSocketProtocol, [BINARY, 1, b'a']),
        case(
            "a message of 4097 bytes",
            MessageTooLarge,
            frame(BINARY, &[9; 4097]),
        ),
        // Refused because of what its head says: its payload never comes.
        case(
            "a frame that claims 4097 bytes",
            MessageTooLarge,
            [BINARY, 0xFE, 0x10, 0x01, 1, 2, 3, 4],
        ),
        case(
            "a frame that claims 2^62 bytes",
            MessageTooLarge,
            [BINARY, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
        ),
        case(
            "fragments of more than 4096 bytes",
            MessageTooLarge,
            large_fragments,
        ),
        case("more than 16 fragments", TooManyFragments, fragments),
        case(
            "a message within a message",
            WebSocketProtocol,
            [frame(0x02, b"a"), frame(BINARY, b"b")].concat(),
        ),
        case(
            "a length of 5 in two bytes",
            WebSocketProtocol,
            [BINARY, 0xFE, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        ),
        case(
            "a length of 300 in eight bytes",
            WebSocketProtocol,
            [BINARY, 0xFF, 0, 0, 0, 0, 0, 0, 1, 44, 1, 2, 3, 4],
        ),
        case(
            "a continuation of nothing",
            WebSocketProtocol,
            frame(0x80, b"a"),
        ),
    ]
}

fn broken_control_frames() -> Vec<Case> {
    use CloseReason::*;
    vec![
        case("an unmasked ping", WebSocketProtocol, [PING, 1, b'a']),
        case("an unmasked close", WebSocketProtocol, [CLOSE, 2, 3, 232]),
        case("reserved bits", WebSocketProtocol, frame(0xC2, b"a")),
        case("a reserved opcode", WebSocketProtocol, frame(0x83, b"a")),
        case(
            "a reserved control opcode",
            WebSocketProtocol,
            frame(0x8B, b"a"),
        ),
        case("a ping in fragments", WebSocketProtocol, frame(0x09, b"a")),
        case(
            "a ping of 126 bytes",
            WebSocketProtocol,
            frame(PING, &[1; 126]),
        ),
        case(
            "a pong of 126 bytes",
            WebSocketProtocol,
            frame(PONG, &[1; 126]),
        ),
        case(
            "a close of 126 bytes",
            WebSocketProtocol,
            frame(CLOSE, &[&[3, 232], &[b'a'; 124][..]].concat()),
        ),
        case("a close of one byte", WebSocketProtocol, frame(CLOSE, &[3])),
        case(
            "a close with a code that may not be sent",
            WebSocketProtocol,
            frame(CLOSE, &1005_u16.to_be_bytes()),
        ),
        case(
            "a close with words that are not text",
            WebSocketProtocol,
            frame(CLOSE, &[3, 232, 0xFF]),
        ),
    ]
}

fn batch(first_sequence: u32, tick: Tick, pushes: &[f32]) -> Message {
    ClientMessage::Inputs(Inputs {
        first_sequence: InputSequence(first_sequence),
        first_tick: tick,
        viewed_tick: tick,
        viewed_part: 0,
        inputs: pushes.iter().map(|push| Step { push: *push }).collect(),
    })
}

/// Inputs for a tick that is `ahead` ticks after the welcome's.
pub(crate) fn inputs_ahead(
    welcome: &Welcome<()>,
    first_sequence: u32,
    ahead: i32,
    pushes: &[f32],
) -> Vec<u8> {
    said(&batch(
        first_sequence,
        Tick(welcome.tick.0.wrapping_add_signed(ahead)),
        pushes,
    ))
}

fn inputs(
    name: &'static str,
    reason: CloseReason,
    first_sequence: u32,
    ahead: i32,
    pushes: Vec<f32>,
) -> Case {
    let bytes = move |welcome: Option<&Welcome<()>>| {
        inputs_ahead(welcome.unwrap(), first_sequence, ahead, &pushes)
    };
    Case {
        name,
        bytes: Box::new(bytes),
        reason,
    }
}

fn twice(name: &'static str) -> Case {
    let bytes =
        |welcome: Option<&Welcome<()>>| inputs_ahead(welcome.unwrap(), 5, 2, &[0.0]).repeat(2);
    Case {
        name,
        bytes: Box::new(bytes),
        reason: CloseReason::InputSequence,
    }
}
