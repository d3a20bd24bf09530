//! A room that is kept over a restart, while its game becomes another build: fields come and go, a component is renamed.

use std::time::Duration;

use tickwire::lab::Lab;
use tickwire_room::{RestoreError, RoomConfig, RoomCore};

const CONFIG: RoomConfig = RoomConfig {
    seed: 1,
    first_tick: tickwire_shared::ids::Tick(0),
    grace_ticks: 600,
    chat_lines: 5,
    chat_span_ticks: 600,
};

/// A build of the game `dots`. What each build has of its own comes between.
macro_rules! build {
    ($name:ident, $revision:literal, { $($dot:tt)* }, { $($push:tt)* }, { $($state:tt)* }, { $($more:tt)* }) => {
        mod $name {
            use tickwire::prelude::*;

            #[component]
            pub(crate) struct Dot { $($dot)* }
            #[input]
            pub(crate) struct Push { $($push)* }
            pub(crate) struct Dots;
            #[rules]
            impl Rules for Dots {
                const REVISION: u32 = $revision;
                type Input = Push;
                type Avatar = Dot;
                fn step(dot: &mut Dot, push: &Push, _map: &(), dt_s: f32) {
                    dot.x += f32::from(push.right) * dt_s;
                }
            }
            #[saved]
            #[derive(Default)]
            pub(crate) struct DotsGame { $($state)* }
            #[game]
            impl Game for DotsGame {
                type Rules = Dots;
                fn tick(&mut self, room: &mut Room<Dots>) {
                    room.step_avatars();
                    self.ticks += 1;
                }
                $($more)*
            }
        }
    };
}

build!(old, 1,
    {
        #[net(range = -50.0..=50.0, step = 0.05)] pub(crate) x: f32,
        #[net(range = 0..=9)] pub(crate) lives: u8,
    },
    { #[net(range = -1..=1)] pub(crate) right: i8 },
    { pub(crate) ticks: u32, pub(crate) winner: String },
    {}
);
build!(new, 1,
    {
        #[net(range = -50.0..=50.0, step = 0.05)] pub(crate) x: f32,
        #[net(range = -50.0..=50.0, step = 0.05)] pub(crate) y: f32,
        pub(crate) shield: bool,
    },
    { #[net(range = -1..=1)] pub(crate) right: i8, pub(crate) jump: bool },
    { pub(crate) rounds: u32, pub(crate) ticks: u32 },
    {}
);
build!(broken, 1,
    { #[net(skip)] pub(crate) x: f32, #[net(skip)] pub(crate) lives: String },
    { #[net(range = -1..=1)] pub(crate) right: i8 },
    { pub(crate) ticks: u32 },
    {}
);
build!(raised, 2,
    { #[net(skip)] pub(crate) x: f32, #[net(skip)] pub(crate) lives: String },
    { #[net(range = -1..=1)] pub(crate) right: i8 },
    { pub(crate) ticks: u32 },
    {}
);
build!(migrated, 2,
    { #[net(skip)] pub(crate) x: f32, #[net(skip)] pub(crate) lives: String },
    { #[net(range = -1..=1)] pub(crate) right: i8 },
    { pub(crate) ticks: u32 },
    {
        fn migrate(saved: &mut tickwire::SavedRoom<'_>) -> bool {
            saved.component("Dot", "Dot", |_, old: super::old::Dot| {
                Some(Dot { x: old.x, lives: "*".repeat(old.lives.into()) })
            });
            saved.game(|old: super::old::DotsGame| DotsGame { ticks: 1000 + old.ticks });
            saved.revision() == 1
        }
    }
);

/// A room of the old build, with one player who went right for a second.
fn kept() -> Vec<u8> {
    let mut lab = Lab::<old::DotsGame>::new((), 1);
    lab.add((10, 0), |_, _| old::Push { right: 1 }).unwrap();
    lab.run(Duration::from_secs(1), |_| {});
    for player in ids(lab.room()) {
        assert!(player.is_some());
    }
    lab.room().keep().unwrap()
}

/// The avatars of a room's players.
fn ids<G: tickwire_room::Game>(
    core: &RoomCore<G>,
) -> Vec<Option<<G::Rules as tickwire_shared::rules::Rules>::Avatar>> {
    let room = core.room();
    room.players()
        .map(|player| room.avatar(player.id))
        .collect()
}

#[test]
fn what_is_new_has_its_default_and_what_is_gone_falls_away() {
    let core = RoomCore::<new::DotsGame>::restore(&kept(), CONFIG).unwrap();
    let dots = ids(&core);
    let [Some(dot)] = dots.as_slice() else {
        panic!("{dots:?}");
    };
    assert!(dot.x > 0.3, "{dot:?}");
    assert_eq!((dot.y, dot.shield), (0.0, false));
    assert!(core.game().ticks > 50, "{:?}", core.game());
    assert_eq!(core.game().rounds, 0);
}

#[test]
fn what_does_not_fit_is_named() {
    let Err(error) = RoomCore::<broken::DotsGame>::restore(&kept(), CONFIG) else {
        panic!("a number is no text");
    };
    assert!(
        matches!(&error, RestoreError::Part(name, _) if name == "Dot"),
        "{error}"
    );
    assert!(error.to_string().contains("`Dot`"), "{error}");
}

#[test]
fn another_revision_is_brought_over_by_its_game_or_begins_anew() {
    let raised = RoomCore::<raised::DotsGame>::restore(&kept(), CONFIG);
    assert_eq!(raised.err(), Some(RestoreError::Revision(1)));
    let core = RoomCore::<migrated::DotsGame>::restore(&kept(), CONFIG).unwrap();
    let dots = ids(&core);
    let [Some(dot)] = dots.as_slice() else {
        panic!("{dots:?}");
    };
    assert_eq!(dot.lives, "");
    assert!(
        dot.x > 0.3 && core.game().ticks > 1050,
        "{dot:?} {:?}",
        core.game()
    );
}

#[test]
fn a_save_of_exactly_this_build_is_read_by_no_other() {
    let mut lab = Lab::<old::DotsGame>::new((), 1);
    lab.run(Duration::from_millis(100), |_| {});
    let saved = lab.room().save().unwrap();
    assert!(RoomCore::<old::DotsGame>::restore(&saved, CONFIG).is_ok());
    assert!(RoomCore::<new::DotsGame>::restore(&saved, CONFIG).is_err());
}
