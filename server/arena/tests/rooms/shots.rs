//! Shots: shown immediately, judged by the picture that the shooter had, taken back when the server refuses.

use super::*;

/// Runs about as a person does: in one direction for a while, then in another, sometimes not at all.
fn roam() -> impl FnMut(&mut Pcg64Mcg, Duration) -> ArenaInput {
    let mut until = Duration::ZERO;
    let mut held = ArenaInput::default();
    move |rng, now| {
        if now >= until {
            until = now + Duration::from_millis(rng.random_range(300..1500));
            held.right = rng.random_range(-1..=1);
            held.down = rng.random_range(-1..=1);
        }
        held.clone()
    }
}

/// How many shots of the rail were hits on the shooter's screen, and how many of those the server counted.
fn duel(latency_ms: u64, rewind: bool) -> (u32, u32) {
    let options = ArenaOptions {
        bots: 0,
        rewind,
        kills_to_win: 255,
        round_seconds: 1000,
        ..ArenaOptions::default()
    };
    let mut lab = Lab::<ArenaGame>::new(options, 77);
    let runner = lab.add((20, 5), roam()).unwrap();
    // The shooter runs about too. It pulls the trigger for two animation frames, since one may have no tick in it.
    let shot = Rc::new(Cell::new((0.0, 0)));
    let pulled = shot.clone();
    let mut run = roam();
    let shooter = lab.add((latency_ms, 8), move |rng, now| {
        let (aim, frames) = pulled.get();
        pulled.set((aim, i32::max(frames - 1, 0)));
        ArenaInput {
            aim,
            rail: frames > 0,
            ..run(rng, now)
        }
    });
    let shooter = shooter.unwrap();
    lab.run(Duration::from_secs(3), |_| {});
    let (mut seen, mut counted) = (0, 0);
    for _ in 0..30_000 {
        if seen == 60 {
            break;
        }
        lab.run(Duration::from_millis(50), |_| {});
        let core = &lab.players[shooter].core;
        let enemy = lab.players[runner].core.avatar_entity().unwrap();
        let own = core.avatar_entity().unwrap();
        let (Some(me), Some(it)) = (core.component::<Body>(own), core.component::<Body>(enemy))
        else {
            continue;
        };
        let map = lab.room().room().map();
        let away_m = (it.x - me.x).hypot(it.y - me.y);
        // In the open, where it does not vanish behind a corner soon.
        let open = [(-0.7, 0.0), (0.7, 0.0), (0.0, -0.7), (0.0, 0.7)];
        let open = open
            .iter()
            .all(|(dx, dy)| map.line_of_sight((me.x, me.y), (it.x + dx, it.y + dy)));
        if !me.alive || !it.alive || !open || away_m < 3.0 {
            continue;
        }
        let before = rails(&lab, shooter);
        shot.set((tickwire_arena::angle_of(it.x - me.x, it.y - me.y), 2));
        lab.run(Duration::from_millis(500), |_| {});
        let after = rails(&lab, shooter);
        if after.0 > before.0 {
            seen += 1;
            counted += after.1 - before.1;
        }
        lab.run(Duration::from_millis(1000), |_| {});
    }
    (seen, counted)
}

/// How many of a player's rail shots the server judged, and how many of those were hits.
fn rails(lab: &Lab<ArenaGame>, shooter: usize) -> (u32, u32) {
    let events = lab.players[shooter].events.iter();
    let results = events.filter_map(|event| match event {
        ClientEvent::Room(RoomEvent::Game(ArenaEvent::Rewound { hit, .. })) => Some(*hit),
        _ => None,
    });
    results.fold((0, 0), |(shots, hits), hit| {
        (shots + 1, hits + u32::from(hit))
    })
}

#[test]
fn a_beam_that_hit_on_the_shooters_screen_hits_on_the_server() {
    let (seen, counted) = duel(75, true);
    let (seen_without, counted_without) = duel(75, false);
    println!(
        "at 150 ms: {counted} of {seen} with rewind, {counted_without} of {seen_without} without"
    );
    assert_eq!((seen, seen_without), (60, 60), "shots");
    assert!(counted * 100 >= seen * 98, "{counted} of {seen}");
    assert!(
        counted_without * 2 < seen_without,
        "{counted_without} of {seen_without}"
    );
}

#[test]
fn a_shot_is_on_the_shooters_screen_immediately_and_confirmed_and_never_drawn_twice() {
    let mut lab = arena(4, 0);
    let index = add(&mut lab, 60, 10);
    lab.players[index].play = Box::new(|_, _| ArenaInput::default());
    lab.run(Duration::from_secs(3), |_| {});
    let schema = Arena::schema();
    let shots = schema.component_index("Projectile").unwrap();
    let mut fields = schema.components[shots].fields.iter();
    let sequences = fields.position(|field| field.name == "sequence").unwrap();
    lab.players[index].play = Box::new(|_, _| ArenaInput {
        fire: true,
        ..ArenaInput::default()
    });
    let pressed = lab.now;
    let mut first = None;
    lab.run(Duration::from_millis(1500), |lab| {
        let table = &lab.players[index].core.drawn().tables[shots];
        if table.count > 0 && first.is_none() {
            first = Some(lab.now - pressed);
        }
        let mut shown = table.column(sequences).to_vec();
        shown.sort_by(f64::total_cmp);
        shown.dedup();
        assert_eq!(shown.len(), table.count, "a ghost and its shot");
    });
    assert!(first.unwrap() < Duration::from_millis(35), "{first:?}");
    let count = |lab: &Lab<ArenaGame>,
                 wanted: fn(&ClientEvent<ArenaEvent, ArenaAction>) -> bool| {
        lab.players[index]
            .events
            .iter()
            .filter(|event| wanted(event))
            .count()
    };
    let predicted = count(&lab, |event| matches!(event, ClientEvent::Predicted { .. }));
    let confirmed = count(&lab, |event| matches!(event, ClientEvent::Confirmed { .. }));
    let withdrawn = count(&lab, |event| matches!(event, ClientEvent::Withdrawn { .. }));
    assert!(
        predicted >= 8 && confirmed + 2 >= predicted,
        "{predicted} {confirmed}"
    );
    assert_eq!(withdrawn, 0);
}

#[test]
fn a_shot_that_the_server_refuses_is_taken_back() {
    let mut lab = arena(4, 0);
    let index = add(&mut lab, 80, 0);
    lab.players[index].play = Box::new(|_, _| ArenaInput::default());
    lab.run(Duration::from_secs(3), |_| {});
    // The way up stands still for longer than inputs are early, so what is shot in that time comes too late.
    lab.players[index]
        .up
        .stall_until(lab.now + Duration::from_millis(700));
    lab.players[index].play = Box::new(|_, _| ArenaInput {
        fire: true,
        ..ArenaInput::default()
    });
    lab.run(Duration::from_millis(300), |_| {});
    lab.players[index].play = Box::new(|_, _| ArenaInput::default());
    lab.run(Duration::from_secs(2), |_| {});
    let events = &lab.players[index].events;
    let withdrawn = |event: &&ClientEvent<_, _>| matches!(event, ClientEvent::Withdrawn { .. });
    assert!(events.iter().filter(withdrawn).count() >= 1, "{events:?}");
    let shots = Arena::schema().component_index("Projectile").unwrap();
    assert_eq!(lab.players[index].core.drawn().tables[shots].count, 0);
}
