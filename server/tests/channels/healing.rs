//! What a client holds and should not hold: a check finds it, it is counted, and it is healed.

use super::*;

/// Spoils a value or an id of what a client holds. Returns the channel and the entity.
fn flip_a_bit(lab: &mut Lab<PrairieGame>, index: usize, flip: usize) -> (ChannelId, u32) {
    let core = &mut lab.players[index].core;
    let channels = core.channels().filter(|channel| *channel != ChannelId::OWN);
    let channels = channels.collect::<Vec<_>>().into_iter();
    let is_full = |channel: &ChannelId| {
        let heard = core.heard(*channel);
        heard.is_some_and(|(_, state)| state.row_count() > 0)
    };
    let full = channels.filter(is_full).collect::<Vec<_>>();
    let channel = full[flip % full.len()];
    let tables = &mut core.tamper(channel).unwrap().tables;
    let table = tables.iter_mut().find(|table| !table.ids.is_empty());
    let table = table.unwrap();
    let entity = table.ids[0];
    match table.values.first_mut() {
        Some(value) if flip.is_multiple_of(2) => *value ^= 1,
        _ => table.ids[0] = 0,
    }
    (channel, entity)
}

#[test]
fn a_flipped_bit_is_found_within_sixty_ticks_counted_and_healed() {
    for grid in [false, true] {
        let mut lab = Lab::<PrairieGame>::new(
            Options {
                grid,
                ..Options::default()
            },
            5,
        );
        let index = add(&mut lab, 10, 5);
        lab.run(Duration::from_secs(2), |_| {});
        let mut founds = 0;
        for flip in 0..40 {
            let before = lab.players[index].core.stats(lab.now).desyncs;
            let (channel, entity) = flip_a_bit(&mut lab, index, flip);
            let tampered = lab.room().room().tick();
            let mut found = None;
            lab.run(Duration::from_secs(2), |lab| {
                let stats = lab.players[index].core.stats(lab.now);
                if stats.desyncs > before && found.is_none() {
                    found = Some(lab.room().room().tick());
                }
            });
            if let Some(found) = found {
                let took = found.since(tampered);
                assert!(took <= 60, "found after {took} ticks");
                let last = lab.players[index].core.stats(lab.now).desync_last;
                let last = last.unwrap();
                assert_eq!(last.channel, channel.0);
                let core = &lab.players[index].core;
                let stays = core.heard(channel).is_some_and(|(_, state)| {
                    let mut ids = state.tables.iter().flat_map(|table| &table.ids);
                    ids.any(|id| *id == entity)
                });
                let is_named = [entity, 0].contains(&last.entity);
                assert!(is_named || !stays, "{last:?} instead of {entity}");
                founds += 1;
            }
            let mut same = 0;
            lab.run(Duration::from_secs(1), |lab| {
                same += u32::from(holds_the_same(lab, index))
            });
            assert!(same > 0, "and healed");
        }
        let text = lab.metrics().text();
        assert!(
            text.contains(&format!("tickwire_desyncs_total {founds}")),
            "{text}"
        );
        // What is wrong may also leave, or be sent anew, before a check finds it.
        assert!(founds >= 20, "{founds} of 40");
    }
}

#[test]
fn a_wrong_own_channel_is_healed_too() {
    let mut lab = Lab::<PrairieGame>::new(Options::default(), 5);
    let index = add(&mut lab, 10, 0);
    lab.run(Duration::from_secs(2), |_| {});
    let pouches = Prairie::schema()
        .tables
        .iter()
        .position(|table| table.owner_only)
        .unwrap();
    let gold = |lab: &Lab<PrairieGame>| {
        let (_, state) = lab.players[index].core.heard(ChannelId::OWN).unwrap();
        state.tables[pouches].values[0]
    };
    // Right after a change, so that the next change does not heal it before it is found.
    let before = gold(&lab);
    while gold(&lab) == before {
        lab.run(Duration::from_millis(20), |_| {});
    }
    let state = lab.players[index].core.tamper(ChannelId::OWN).unwrap();
    state.tables[pouches].values[0] += 1;
    lab.run(Duration::from_millis(1000), |_| {});
    assert_eq!(lab.players[index].core.stats(lab.now).desyncs, 1);
    assert_eq!(gold(&lab) % 7, 0, "as the game counts it");
}
