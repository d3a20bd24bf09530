//! Rows with a heading: how well the codec predicts them.
//!
//! In: rovers that turn and move. Out: pass or fail, by the bits that their deltas take.

use super::*;

/// How many bits a rover takes in a snapshot. Rovers turn at random and move along their headings; `mirrored` says whether
/// the signs of x and y are turned round.
fn bits_per_rover(mirrored: (bool, bool)) -> usize {
    const ROVERS: usize = 20;
    const SNAPSHOTS: usize = 300;
    let mut told = Told::new();
    let mut client = told.server.clone();
    let mut rovers = vec![(50.0_f64, 50.0_f64, 0.0_f64); ROVERS];
    let (mut random, mut bytes) = (1_u32, 0);
    let sign = |mirrored: bool| if mirrored { -1.0 } else { 1.0 };
    for snapshot in 0..SNAPSHOTS {
        let mut tables = vec![TableState::default(); told.schema.tables.len()];
        for (id, (x, y, heading)) in rovers.iter_mut().enumerate() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let turn = random >> 22;
            *heading += (f64::from(turn) - 511.5) / 512.0;
            // Rovers stay near the middle, so walls play no part.
            let to_middle = (*y - 50.0).atan2(*x - 50.0);
            if (*x - 50.0).hypot(*y - 50.0) > 30.0 {
                let (x_sign, y_sign) = (sign(mirrored.0), sign(mirrored.1));
                *heading = (-to_middle.sin() * y_sign).atan2(-to_middle.cos() * x_sign);
            }
            *x += sign(mirrored.0) * heading.cos() * 1.5;
            *y += sign(mirrored.1) * heading.sin() * 1.5;
            let fields = &told.schema.tables[3].fields;
            let row = [*x, *y, 50.0, id as f64, *heading, 0.0];
            let row = row
                .iter()
                .zip(fields)
                .map(|(value, field)| field.kind.quantise(*value));
            tables[3].push(id as u32 + 1, &row.collect::<Vec<_>>(), &[]);
        }
        let delta = told.tell(&tables);
        assert_eq!(told.hear(&mut client, delta.as_deref()), Ok(()));
        assert_eq!(client, told.server);
        if snapshot >= 50 {
            bytes += delta.map_or(0, |delta| delta.len());
        }
    }
    bytes * 8 / (ROVERS * (SNAPSHOTS - 50))
}

#[test]
fn rows_that_move_along_their_headings_pay_for_their_turns_alone() {
    // A turn of 13 bits by up to a radian takes about 12.5 bits, a tilt that stays takes 1; x and y add little.
    for mirrored in [(false, false), (true, false), (false, true), (true, true)] {
        let bits = bits_per_rover(mirrored);
        assert!((12..20).contains(&bits), "{bits} bits, {mirrored:?}");
    }
}

#[test]
fn a_new_row_is_as_fast_along_its_heading_as_the_row_before_it() {
    let mut told = Told::new();
    let mut tables = vec![TableState::default(); told.schema.tables.len()];
    let tell = |told: &mut Told, rows: &[(u32, [u32; 6])], tables: &mut [TableState]| {
        tables[3] = TableState::default();
        for (id, row) in rows {
            tables[3].push(*id, row, &[]);
        }
        told.tell(tables)
    };
    let quarter = 1 << 11;
    let along_x = |x: u32| [x, 500, 50, 7, 0, 10];
    let along_y = |y: u32| [200, y, 50, 7, quarter, 10];
    tell(&mut told, &[(1, along_x(100))], &mut tables);
    tell(&mut told, &[(1, along_x(115))], &mut tables);
    let both = [(1, along_x(130)), (2, along_y(300))];
    assert!(tell(&mut told, &both, &mut tables).is_some());
    let both = [(1, along_x(145)), (2, along_y(315))];
    assert_eq!(tell(&mut told, &both, &mut tables), None);
    let still = [(1, along_x(145)), (2, along_y(315))];
    assert!(tell(&mut told, &still, &mut tables).is_some(), "they stop");
    assert!(tell(&mut told, &still, &mut tables).is_none() && told.server.is_at_rest());
}
