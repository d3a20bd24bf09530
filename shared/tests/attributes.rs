//! What the words above types and impls write: inputs that check themselves, and rules that leave nearly all out.

use tickwire_shared::input::{InputLayout, Packing};
use tickwire_shared::prelude::*;
use tickwire_shared::random::Random;
use tickwire_shared::replicate::{FieldKind, Replicate};
use tickwire_shared::snapshot::{BitReader, BitWriter};

#[component]
#[derive(Eq)]
enum Weapon {
    Rifle,
    Rail,
}

#[component]
struct Fighter {
    #[net(range = -50.0..=50.0, step = 0.05, interpolate)]
    x: f32,
    weapon: Weapon,
    shooter: PlayerId,
    target: EntityId,
    #[net(skip)]
    wait_s: f32,
}

#[input]
struct Keys {
    #[net(range = -1..=1)]
    right: i8,
    #[net(range = 0.0..=2.0)]
    throttle: f32,
    #[net(angle, held)]
    aim: f32,
    fire: bool,
}

#[input]
struct Stick {
    #[net(range = -1.0..=1.0)]
    x: f32,
}

#[input]
struct Glide {
    #[net(range = 0.0..=1.0, step = 0.25)]
    lift: f32,
    #[net(angle, bits = 12)]
    aim: f32,
    #[net(range = -3..=200)]
    wing: i16,
}

#[input]
enum Tool {
    None,
    Brush(#[net(range = 1..=9)] u8),
    Lamp {
        #[net(angle)]
        angle: f32,
    },
}

#[input]
struct Hands {
    left: Stick,
    right: Option<Stick>,
    tools: [Tool; 2],
}

struct TagRound;

#[rules]
impl Rules for TagRound {
    type Input = Keys;
    type Avatar = Fighter;
    fn step(fighter: &mut Fighter, keys: &Keys, _map: &(), dt_s: f32) {
        fighter.x += f32::from(keys.right) * dt_s;
    }
}

struct Chat;

#[rules]
impl Rules for Chat {}

#[test]
fn inputs_are_valid_as_far_as_their_fields_say() {
    let keys = Keys {
        right: -1,
        throttle: 2.0,
        aim: -3.1,
        fire: true,
    };
    assert!(keys.is_valid() && Keys::default().is_valid());
    let wrong: [fn(&mut Keys); 6] = [
        |keys| keys.right = 2,
        |keys| keys.throttle = -0.1,
        |keys| keys.throttle = f32::NAN,
        |keys| keys.throttle = f32::INFINITY,
        |keys| keys.aim = 3.2,
        |keys| keys.aim = f32::NAN,
    ];
    for (n, spoil) in wrong.iter().enumerate() {
        let mut spoiled = keys.clone();
        spoil(&mut spoiled);
        assert!(!spoiled.is_valid(), "{n}: {spoiled:?}");
    }
    let held = Keys {
        aim: -3.1,
        ..Keys::default()
    };
    assert_eq!(keys.released(), held);
}

#[test]
fn inputs_inside_of_inputs_are_checked_too() {
    let mut hands = Hands::default();
    assert!(hands.is_valid());
    hands.left.x = f32::NAN;
    assert!(!hands.is_valid());
    hands.left.x = 1.0;
    hands.right = Some(Stick { x: 1e30 });
    assert!(!hands.is_valid());
    hands.right = None;
    for (tool, fine) in [
        (Tool::Brush(9), true),
        (Tool::Brush(10), false),
        (Tool::Lamp { angle: 3.0 }, true),
        (Tool::Lamp { angle: f32::NAN }, false),
    ] {
        hands.tools[1] = tool;
        assert_eq!(hands.is_valid(), fine, "{hands:?}");
    }
}

fn bits_of<I: InputField>(input: &I) -> (usize, Vec<u8>) {
    let mut bits = BitWriter::default();
    input.pack(&mut bits);
    (bits.len_bits(), bits.finish().to_vec())
}

fn layout_of<I: InputField>() -> InputLayout {
    let mut layout = InputLayout::default();
    I::layout(&mut layout);
    layout
}

#[test]
fn an_input_takes_the_bits_that_its_ranges_need() {
    let keys = Keys {
        right: 1,
        ..Keys::default()
    };
    assert_eq!(bits_of(&keys).0, 2 + 32 + 32 + 1);
    assert_eq!(bits_of(&Glide::default()).0, 3 + 12 + 8);
    // A tag of 2 bits, and what the variant holds.
    let tools = [Tool::None, Tool::Brush(9), Tool::Lamp { angle: 1.0 }];
    assert_eq!(tools.map(|tool| bits_of(&tool).0), [2, 2 + 4, 2 + 32]);
    let layout = layout_of::<Glide>().0;
    let whole = Packing::Whole {
        bits: 32,
        start: -1.0,
        end: 1.0,
    };
    assert_eq!(layout_of::<Stick>().0, [whole]);
    let wing = Packing::Kind(FieldKind::integer(-3, 200));
    assert_eq!((layout.len(), layout[2]), (3, wing));
    assert_eq!(
        layout_of::<Tool>().0[0],
        Packing::Kind(FieldKind::Enum { count: 3 })
    );
    assert_ne!(
        layout_of::<Keys>().described(),
        layout_of::<Glide>().described()
    );
}

#[test]
fn what_an_honest_client_sends_comes_back_and_is_valid() {
    let mut random = Random(7);
    for _ in 0..2000 {
        let hands = Hands::sample(&mut random);
        let (_, bytes) = bits_of(&hands);
        assert_eq!(Hands::unpack(&mut BitReader::new(&bytes)).unwrap(), hands);
        let glide = Glide::sample(&mut random).rounded();
        assert!(glide.is_valid() && glide.rounded() == glide, "{glide:?}");
    }
    let top = Glide {
        lift: 1.0,
        aim: std::f32::consts::PI,
        wing: 200,
    };
    let there = top.rounded();
    assert_eq!((there.lift, there.wing, there.is_valid()), (1.0, 200, true));
    assert_eq!(bits_of(&Stick { x: -0.0 }), bits_of(&Stick { x: 0.0 }));
    // Half a turn is the same either way.
    assert_eq!(there.aim, -std::f32::consts::PI);
}

#[test]
fn any_bits_give_an_input_or_an_error() {
    let mut random = Random(3);
    for _ in 0..5000 {
        let bytes = random.bits().to_le_bytes();
        if let Ok(hands) = Hands::unpack(&mut BitReader::new(&bytes)) {
            let _ = hands.is_valid();
        }
        if let Ok(glide) = Glide::unpack(&mut BitReader::new(&bytes)) {
            assert!(glide.is_valid(), "{glide:?}");
        }
    }
}

#[test]
fn a_component_has_ids_and_enums_as_fields() {
    let kinds = Fighter::FIELDS.iter().map(|field| field.kind);
    let kinds = kinds.collect::<Vec<_>>();
    assert_eq!(kinds[1], FieldKind::Enum { count: 2 });
    assert_eq!((kinds[2], kinds.len()), (kinds[3], 4));
    let fighter = Fighter {
        x: 1.0,
        weapon: Weapon::Rail,
        shooter: PlayerId(7),
        target: EntityId(u32::MAX),
        wait_s: 3.0,
    };
    let mut values = [0.0; 4];
    fighter.values(&mut values);
    assert_eq!(values, [1.0, 1.0, 7.0, f64::from(u32::MAX)]);
    let seen = Fighter {
        wait_s: 0.0,
        ..fighter
    };
    assert_eq!(Fighter::from_values(&values), seen);
    assert_eq!(Fighter::default().weapon, Weapon::Rifle);
}

#[test]
fn rules_that_leave_nearly_all_out_are_whole() {
    assert_eq!((TagRound::GAME, Chat::GAME), ("tag-round", "chat"));
    let schema = TagRound::schema();
    assert_eq!(schema.components.len(), 1);
    assert_eq!(Chat::schema().components.len(), 0);
    assert_ne!(schema.hash, Chat::schema().hash);
    let mut fighter = Fighter::default();
    let keys = Keys {
        right: 1,
        ..Keys::default()
    };
    TagRound::step(&mut fighter, &keys, &TagRound::map(&()), 0.5);
    assert_eq!(fighter.x, 0.5);
}
