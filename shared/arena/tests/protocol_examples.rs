//! Encodes anew every hex byte and every bit that `docs/protocol.md` shows, so the page cannot become outdated.
//!
//! In: the page, and the encoders that the server and the client core use. Out: nothing, or the bytes that the page
//! should show. The bytes of a code block are those at the beginning of its lines; those of a table with the head
//! "bits" are in its first column.

use tickwire_arena::{Arena, ArenaEvent, ArenaInput, ArenaSetup, Body, Fighter, Projectile, Round};
use tickwire_shared::codec;
use tickwire_shared::ids::{ChannelId, EntityId, InputSequence, PlayerId, ResumeToken, Tick};
use tickwire_shared::link::LINK_PRESETS;
use tickwire_shared::message::{
    ClientMessage, Desync, Goodbye, Hello, Inputs, LinkReport, PROTOCOL_VERSION, Ping, PlayerInfo,
    Pong, RoomEvent, ServerMessage, Welcome,
};
use tickwire_shared::replicate::{FieldKind, Schema};
use tickwire_shared::rules::Rules;
use tickwire_shared::shape::{Shape, Text};
use tickwire_shared::snapshot::layout::{
    Header, OwnAvatar, Rung, SectionKind, ServiceLevel, write_channel, write_header,
    write_next_group, write_section,
};
use tickwire_shared::snapshot::{
    BitWriter, ChannelState, Code, DeltaDecoder, DeltaEncoder, Rows, apply_keyframe, coast_all,
    encode_keyframe,
};
use xxhash_rust::xxh3::xxh3_64;

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// The bytes of all code blocks, as text, with `|` between two blocks.
fn page_bytes() -> String {
    let mut bytes = String::new();
    let mut inside = false;
    for line in PAGE.lines() {
        if line.starts_with("```") {
            inside = !inside;
            bytes.push('|');
        } else if inside {
            let shown = line.split("  ").next().unwrap_or_default();
            let shown = shown.split(' ').collect::<Vec<_>>();
            let is_byte = |word: &&str| word.len() == 2 && u8::from_str_radix(word, 16).is_ok();
            if shown.iter().all(is_byte) {
                bytes.extend(shown);
            }
        }
    }
    bytes
}

/// The bits of all tables of bits, one text for each table.
fn page_bits() -> Vec<String> {
    let mut tables = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        if line == "| bits | meaning |" {
            tables.push(String::new());
            inside = true;
        } else if !line.starts_with('|') {
            inside = false;
        } else if inside && let Some(bits) = tables.last_mut() {
            let column = line.split('|').nth(1).unwrap_or_default();
            bits.extend(column.chars().filter(|c| ['0', '1'].contains(c)));
        }
    }
    tables
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The page shows these bytes, one after the other, in one block.
#[track_caller]
fn shown(what: &str, bytes: &[u8]) {
    let spaced = bytes.iter().map(|byte| format!("{byte:02x}"));
    let spaced = spaced.collect::<Vec<_>>().join(" ");
    assert!(
        page_bytes().contains(&hex(bytes)),
        "{what} is not on the page: {spaced}"
    );
}

/// The page shows this text within a line.
#[track_caller]
fn shown_in_text(what: &str, text: &str) {
    assert!(PAGE.contains(text), "{what} is not on the page: {text}");
}

/// The page shows these bytes in a table, bit by bit.
#[track_caller]
fn shown_bit_by_bit(what: &str, bytes: &[u8]) {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| if byte >> bit & 1 == 1 { '1' } else { '0' }))
        .collect::<String>();
    assert!(
        page_bits().contains(&bits),
        "{what} is not on the page: {bits}"
    );
}

fn encoded<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    codec::encode(value).expect("it encodes")
}

type Said = ClientMessage<ArenaInput, ()>;
type Event = RoomEvent<ArenaEvent>;

const TOKEN: ResumeToken = ResumeToken([
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
]);

#[test]
fn values_and_numbers_are_as_shown() {
    shown("u32 250", &encoded(&250_u32));
    shown("u32 251", &encoded(&251_u32));
    shown("u32 300", &encoded(&300_u32));
    shown("u32 70000", &encoded(&70_000_u32));
    shown("i32 -1", &encoded(&-1_i32));
    shown("i32 -126", &encoded(&-126_i32));
    shown("i8 -1", &encoded(&-1_i8));
    shown("f32 0.5", &encoded(&0.5_f32));
    shown("a string", &encoded("é!"));
    shown("a list", &encoded(&vec![1_u16, 300]));
    shown("an option", &encoded(&Some(5_u8)));
    let mut bits = BitWriter::default();
    bits.bits(5, 3);
    bits.bits(0x1234, 13);
    bits.bit(true);
    shown("plain bits", bits.finish());
    // Varints, through the only code here that writes them: ticks on.
    for ticks_on in [42, 300] {
        let header = Header {
            ticks_on,
            ..Header::default()
        };
        let out = message(&header);
        shown("a varint", &out[1..out.len() - 1]);
    }
    let mut golomb = BitWriter::default();
    for value in 0..8 {
        golomb.exp_golomb(value);
    }
    shown("exp-golomb numbers", golomb.finish());
}

#[test]
fn what_a_client_says_is_as_shown() {
    let hello = |resume| {
        encoded(&Said::Hello(Hello {
            protocol: PROTOCOL_VERSION,
            schema: Arena::schema().hash,
            game: "arena".to_owned(),
            room: "lobby".to_owned(),
            create: true,
            name: "Ada".to_owned(),
            resume,
        }))
    };
    shown("hello", &hello(None));
    let with_token = hello(Some(TOKEN));
    shown("a token", &with_token[with_token.len() - 17..]);

    let fire = ArenaInput {
        right: 1,
        down: -1,
        aim: 0.5,
        fire: true,
        ..ArenaInput::default()
    };
    let no_fire = ArenaInput {
        fire: false,
        ..fire.clone()
    };
    let inputs = Said::Inputs(Inputs {
        first_sequence: InputSequence(300),
        first_tick: Tick(70_000),
        viewed_tick: Tick(69_990),
        viewed_part: 128,
        inputs: vec![fire, no_fire].into(),
    });
    shown("inputs", &encoded(&inputs));
    shown("a command", &encoded(&Said::Command(())));
    shown("a ping", &encoded(&Said::Ping(Ping { nonce: 7 })));
    shown("a goodbye", &encoded(&Said::Goodbye));
    shown("chat", &encoded(&Said::Chat("gg".to_owned())));
    shown("hidden", &encoded(&Said::Hidden(true)));
    let desync = |channel, found: Option<u32>| {
        let found = found.map(EntityId);
        encoded(&Said::Desync(Desync { channel, found }))
    };
    shown("a desync", &desync(ChannelId::GLOBAL, None));
    shown("a desync found", &desync(ChannelId::GLOBAL, Some(3)));
    shown("an avatar unknown", &desync(ChannelId::OWN, None));
    shown("a link", &encoded(&Said::Link("4g".to_owned())));
}

#[test]
fn what_a_server_says_is_as_shown() {
    let welcome = ServerMessage::Welcome(Welcome {
        player: PlayerId(6),
        resume: TOKEN,
        resumed: false,
        room: "lobby".to_owned(),
        name: "Ada".to_owned(),
        tick: Tick(600),
        room_time_us: 10_000_000,
        step: 0x1122_3344_5566_7788,
        setup: ArenaSetup {
            map: "foundry".to_owned(),
        },
    });
    shown("welcome", &encoded(&welcome));
    let pong = ServerMessage::<()>::Pong(Pong {
        nonce: 7,
        room_time_us: 10_250_000,
    });
    shown("pong", &encoded(&pong));
    let goodbye = ServerMessage::<()>::Goodbye(Goodbye {
        code: 4006,
        words: "the room is full".to_owned(),
    });
    shown("goodbye", &encoded(&goodbye));
    let link = ServerMessage::<()>::Link(LinkReport {
        link: "60ms jitter 20ms".to_owned(),
        error: String::new(),
    });
    shown("a link report", &encoded(&link));
    for (name, link) in LINK_PRESETS {
        shown_in_text("a preset", &format!("`{name}` ({link})"));
    }
    for (what, event) in [
        ("joined", joined()),
        ("left", Event::Left(PlayerId(6))),
        ("away", Event::Away(PlayerId(6), true)),
        ("avatar", Event::Avatar(PlayerId(6), EntityId(3))),
        ("chat", Event::Chat(PlayerId(6), "gg".to_owned())),
        ("chat refused", Event::ChatRefused),
        ("a shot", shot()),
        ("acted", Event::Acted(InputSequence(300))),
    ] {
        shown(what, &encoded(&event));
    }
    let (x, y) = (1.5, -2.0);
    for event in [
        ArenaEvent::Rail {
            player: 6,
            x,
            y,
            to_x: 4.0,
            to_y: 0.5,
        },
        ArenaEvent::Rewound {
            victim: 3,
            x,
            y,
            now_x: 4.0,
            now_y: 0.5,
            rewound_ms: 93.75,
            hit: true,
        },
        ArenaEvent::Hit {
            shooter: 6,
            victim: 3,
            damage: 20,
            x,
            y,
        },
        ArenaEvent::Spark { x, y },
        ArenaEvent::Kill {
            killer: 6,
            victim: 3,
            x,
            y,
        },
        ArenaEvent::Spawned { player: 6 },
        ArenaEvent::RoundStarted,
        ArenaEvent::RoundOver { winner: 0 },
    ] {
        shown("an event of the arena", &encoded(&Event::Game(event)));
    }
}

/// The bytes that are hashed for the schema's hash.
fn schema_bytes(schema: &Schema) -> Vec<u8> {
    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    }
    let mut out = Vec::new();
    text(&mut out, Arena::GAME);
    for number in [
        u32::from(PROTOCOL_VERSION),
        Arena::REVISION,
        Arena::TICK_RATE_HZ,
        Arena::TICKS_PER_SNAPSHOT,
    ] {
        out.extend(number.to_le_bytes());
    }
    let kind = |out: &mut Vec<u8>, kind: FieldKind, moves: u8, owner_only: u8| {
        let (tag, a, b, c) = match kind {
            FieldKind::Float { min, step, max } => (0, min.to_bits(), step.to_bits(), max),
            FieldKind::Angle { bits } => (1, 0, 0, bits),
            FieldKind::Bool => (2, 0, 0, 0),
            FieldKind::Enum { count } => (3, 0, 0, count),
            FieldKind::Integer { min, max } => (4, min as u64, 0, max),
        };
        out.extend([tag, moves, owner_only]);
        out.extend(a.to_le_bytes());
        out.extend(b.to_le_bytes());
        out.extend(c.to_le_bytes());
    };
    let shape = |out: &mut Vec<u8>, shape: Text, hash: u64| {
        shown_in_text("a shape", &format!("`{}`", shape.as_str()));
        assert_eq!(hash, xxh3_64(shape.as_str().as_bytes()));
        out.extend(hash.to_le_bytes());
    };
    shape(&mut out, ArenaInput::TEXT, ArenaInput::HASH);
    shape(&mut out, ArenaSetup::TEXT, ArenaSetup::HASH);
    shape(&mut out, <() as Shape>::TEXT, <() as Shape>::HASH);
    shape(&mut out, ArenaEvent::TEXT, ArenaEvent::HASH);
    for input in [
        FieldKind::integer(-1, 1),
        FieldKind::integer(-1, 1),
        FieldKind::angle(16),
        FieldKind::Bool,
        FieldKind::Bool,
        FieldKind::Bool,
        FieldKind::Bool,
    ] {
        kind(&mut out, input, 0, 0);
    }
    let texts = [Body::TEXT, Fighter::TEXT, Projectile::TEXT, Round::TEXT];
    for (component, whole) in schema.components.iter().zip(texts) {
        text(&mut out, component.name);
        shape(&mut out, whole, component.shape);
        for field in component.fields {
            text(&mut out, field.name);
            let moves = u8::from(field.interpolate) + 2 * u8::from(field.heading);
            kind(&mut out, field.kind, moves, u8::from(field.owner_only));
        }
    }
    out
}

#[test]
fn hashes_are_as_shown() {
    let schema = Arena::schema();
    let bytes = schema_bytes(&schema);
    assert_eq!(xxh3_64(&bytes), schema.hash, "the page's rule gives it");
    let (hash, length) = (schema.hash, bytes.len());
    shown_in_text(
        "the schema hash",
        &format!("They are {length} bytes, and their hash is **`{hash:016x}`** ({hash})"),
    );
    // Up to the shapes.
    shown("the schema's first bytes", &bytes[..25]);
    for (input, words) in [("", "no bytes give"), ("abc", "the 3 bytes `abc` give")] {
        let hash = xxh3_64(input.as_bytes());
        shown_in_text("a hash", &format!("{words} `{hash:016x}`"));
    }
    let empty = [0_u32, 32, 32, 32, 0, 0, 0, 32, 32, 32, 0];
    let empty = empty.map(u32::to_le_bytes).concat();
    let hash = ChannelState::empty(&schema).hash();
    assert_eq!(hash, xxh3_64(&empty));
    shown_in_text("an empty channel's hash", &format!("`{hash:016x}`"));
}

fn joined() -> Event {
    Event::Joined(PlayerInfo {
        player: PlayerId(6),
        name: "Ada".to_owned(),
        bot: false,
        away: false,
        avatar: None,
    })
}

fn bot_joined() -> Event {
    Event::Joined(PlayerInfo {
        player: PlayerId(1),
        name: "Cog".to_owned(),
        bot: true,
        away: false,
        avatar: None,
    })
}

fn shot() -> Event {
    Event::Game(ArenaEvent::Shot { player: 6 })
}

/// One captured table: rows of an id and the values.
type Table = Vec<(u32, Vec<u32>)>;

/// A capture of the page's room: a bot's fighter (entity 2), the client's (entity 3), the match (entity 1).
struct Capture {
    bodies: Table,
    health: u32,
    shots: Table,
    seconds_left: u32,
}

impl Capture {
    /// The tables in the schema's order.
    fn tables(&self) -> [Table; 5] {
        [
            self.bodies.clone(),
            vec![
                (2, vec![1, self.health, 0, 0, 0, 0]),
                (3, vec![6, 100, 0, 0, 0, 0]),
            ],
            vec![],
            self.shots.clone(),
            vec![(1, vec![0, self.seconds_left, 15, 0])],
        ]
    }
}

/// The room's one channel, as the server encodes it and as a client holds it.
struct Told {
    schema: Schema,
    encoder: DeltaEncoder,
    decoder: DeltaDecoder,
    server: ChannelState,
    client: ChannelState,
}

impl Told {
    fn new() -> Told {
        let schema = Arena::schema();
        Told {
            server: ChannelState::empty(&schema),
            client: ChannelState::empty(&schema),
            encoder: DeltaEncoder::default(),
            decoder: DeltaDecoder::default(),
            schema,
        }
    }

    /// Encodes the delta to `capture`. A client that decodes it, or coasts if it is empty, holds the same.
    fn tell(&mut self, capture: &Capture) -> Vec<u8> {
        let columns = capture.tables().map(|table| {
            let ids = table.iter().map(|row| row.0).collect::<Vec<_>>();
            let values = table.into_iter().flat_map(|row| row.1);
            (ids, values.collect::<Vec<_>>())
        });
        let rows = columns.iter().map(|(ids, values)| Rows { ids, values });
        let mut bytes = Vec::new();
        self.encoder.encode(
            &self.schema,
            &mut self.server,
            rows,
            &(),
            &mut (),
            &mut bytes,
        );
        bytes
    }

    fn hear(&mut self, delta: &[u8]) {
        if delta.is_empty() {
            coast_all(&self.schema, &mut self.client);
        } else {
            let applied = self.decoder.apply(&self.schema, &mut self.client, delta);
            assert_eq!(applied, Ok(()));
        }
        assert_eq!(self.client, self.server);
    }

    fn keyframe(&self, state: &ChannelState) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_keyframe(&self.schema, state, &mut BitWriter::default(), &mut bytes);
        bytes
    }
}

/// A client's own channel: its fighter's ammunition.
fn own_channel(schema: &Schema, ammo: u32) -> ChannelState {
    let mut state = ChannelState::empty(schema);
    state.tables[2].ids = vec![3];
    state.tables[2].values = vec![ammo, 0];
    state
}

fn body(x: f32, aim: f32) -> Vec<u8> {
    encoded(&Body {
        x,
        y: 2.0,
        aim,
        alive: true,
        ..Body::default()
    })
}

fn message(header: &Header) -> Vec<u8> {
    let mut out = Vec::new();
    write_header(&mut out, header);
    out
}

/// Writes the sections of one group.
fn sections(out: &mut Vec<u8>, sections: &[(ChannelId, SectionKind, &[u8])]) {
    let mut before = ChannelId::GLOBAL;
    for (channel, kind, bytes) in sections {
        write_channel(out, before, *channel);
        write_section(out, *kind, bytes);
        before = *channel;
    }
}

#[test]
fn snapshots_are_as_shown_and_leave_what_the_page_says() {
    const GLOBAL: ChannelId = ChannelId::GLOBAL;
    let mut told = Told::new();
    let capture = |bot_x, x, aim, health, shots: Table, seconds_left| Capture {
        bodies: vec![(2, vec![bot_x, 3600, 0, 1]), (3, vec![x, 3400, aim, 1])],
        health,
        shots,
        seconds_left,
    };

    // 600: everything is sent whole. The bot has been running for some snapshots.
    told.tell(&capture(2200, 3300, 0, 100, vec![], 170));
    told.tell(&capture(2220, 3300, 0, 100, vec![], 170));
    let keyframe = told.keyframe(&told.server);
    assert_eq!(
        apply_keyframe(&told.schema, &mut told.client, &keyframe),
        Ok(())
    );
    shown_bit_by_bit("the keyframe", &keyframe);
    let own = told.keyframe(&own_channel(&told.schema, 12));
    shown_bit_by_bit("the own channel", &own);
    let mut out = message(&Header {
        avatar: OwnAvatar::Whole(EntityId(3), &body(1.0, 0.0)),
        roster: &[encoded(&bot_joined()), encoded(&joined())].concat(),
        ..Header::default()
    });
    sections(
        &mut out,
        &[
            (GLOBAL, SectionKind::Events, &encoded(&joined())),
            (GLOBAL, SectionKind::Keyframe, &keyframe),
            (ChannelId::OWN, SectionKind::Keyframe, &own),
        ],
    );
    shown("the snapshot of tick 600", &out);

    // 602: the client's fighter runs and shoots.
    let delta = told.tell(&capture(
        2240,
        3303,
        4,
        100,
        vec![(7, vec![1685, 1705, 4, 6, 2])],
        170,
    ));
    told.hear(&delta);
    shown_bit_by_bit("the delta of tick 602", &delta);
    let own = told.keyframe(&own_channel(&told.schema, 11));
    let mut out = message(&Header {
        ticks_on: 2,
        applied_low: 2,
        slack_parts: Some(16),
        avatar: OwnAvatar::Whole(EntityId(3), &body(1.03, 0.1)),
        ..Header::default()
    });
    let shot = encoded(&shot());
    sections(
        &mut out,
        &[
            (GLOBAL, SectionKind::Events, &shot),
            (GLOBAL, SectionKind::Delta, &delta),
            (ChannelId::OWN, SectionKind::Keyframe, &own),
        ],
    );
    shown("the snapshot of tick 602", &out);

    // 604 and 606, in one message, because the client was late.
    let first = told.tell(&capture(
        2260,
        3313,
        8,
        100,
        vec![(7, vec![1731, 1710, 4, 6, 2])],
        169,
    ));
    told.hear(&first);
    shown_bit_by_bit("the delta of tick 604", &first);
    assert_eq!(told.server.tables[3].motion, [0, 370, 1]);
    let second = told.tell(&capture(2280, 3323, 12, 80, vec![], 169));
    told.hear(&second);
    shown_bit_by_bit("the delta of tick 606", &second);
    let mut out = message(&Header {
        ticks_on: 4,
        applied_low: 6,
        slack_parts: Some(8),
        service: Some(ServiceLevel {
            rung: Rung::Merged,
            stride: 1,
        }),
        avatar: OwnAvatar::Predicted,
        span_ticks: 2,
        ..Header::default()
    });
    sections(&mut out, &[(GLOBAL, SectionKind::Delta, &first)]);
    write_next_group(&mut out, 2);
    let check = told.server.hash().to_le_bytes();
    sections(
        &mut out,
        &[
            (GLOBAL, SectionKind::Delta, &second),
            (GLOBAL, SectionKind::Check, &check),
        ],
    );
    shown("the snapshot of ticks 604 and 606", &out);

    // 608: everything moved on as before.
    let delta = told.tell(&capture(2300, 3333, 16, 80, vec![], 169));
    assert!(delta.is_empty());
    told.hear(&delta);
    let out = message(&Header {
        ticks_on: 2,
        applied_low: 8,
        slack_parts: Some(16),
        service: Some(ServiceLevel::default()),
        avatar: OwnAvatar::Predicted,
        ..Header::default()
    });
    shown("the snapshot of tick 608", &out);
    let codes = told.server.tables[0].codes.clone();
    assert!(codes.iter().all(|code| *code != Code::default()));
    let keyframe = told.keyframe(&told.server);
    shown("a keyframe of tick 608", &keyframe);
    let hash = told.server.hash();
    shown_in_text("the hash of tick 608", &format!("`{hash:016x}`"));
}

#[test]
fn the_end_of_a_rest_is_as_shown() {
    let mut out = message(&Header {
        ticks_on: 14,
        applied_low: 0x4a,
        slack_parts: Some(16),
        avatar: OwnAvatar::Predicted,
        span_ticks: 2,
        ..Header::default()
    });
    write_next_group(&mut out, 2);
    let mut told = Told::new();
    let capture = |x| Capture {
        bodies: vec![(2, vec![2300, 3600, 0, 1]), (3, vec![x, 3400, 16, 1])],
        health: 80,
        shots: vec![],
        seconds_left: 160,
    };
    told.tell(&capture(3333));
    told.client = told.server.clone();
    assert!(told.server.is_at_rest());
    let delta = told.tell(&capture(3337));
    told.hear(&delta);
    shown_bit_by_bit("the delta after the rest", &delta);
    sections(&mut out, &[(ChannelId::GLOBAL, SectionKind::Delta, &delta)]);
    shown("the snapshot after a rest", &out);
}
