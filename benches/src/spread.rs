//! How measured values spread: what every bench reports about its times, in the same form.
//!
//! In: values in any order. Out: the middle and the bad ends.

use std::fmt;

/// The middle and the bad ends of some values, in their own unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Half of the values are at most this.
    pub p50: f64,
    /// 99 of 100 values are at most this.
    pub p99: f64,
    /// 999 of 1,000 values are at most this.
    pub p999: f64,
    /// The largest value.
    pub max: f64,
}

impl Spread {
    /// The column heads for printing a spread.
    pub const HEADS: [&str; 4] = ["p50", "p99", "p99.9", "max"];

    /// The spread of these values; sorts them. All zero for no values.
    pub fn of(values: &mut [f64]) -> Spread {
        Spread {
            p50: quantile(values, 0.5),
            p99: quantile(values, 0.99),
            p999: quantile(values, 0.999),
            max: quantile(values, 1.0),
        }
    }

    /// The column heads, aligned with the columns.
    pub fn heads() -> String {
        Spread::HEADS.map(|head| format!(" {head:>9}")).concat()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = [self.p50, self.p99, self.p999, self.max];
        values
            .iter()
            .try_for_each(|value| write!(out, " {value:>9.2}"))
    }
}

/// The value that `part` of the values do not exceed; 0 for no values. Sorts them.
pub fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let place = (values.len().saturating_sub(1)) as f64 * part;
    values.get(place.round() as usize).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_tells_the_middle_and_the_bad_ends() {
        let mut values = (0..=1000).rev().map(f64::from).collect::<Vec<_>>();
        let spread = Spread::of(&mut values);
        let expected = Spread {
            p50: 500.0,
            p99: 990.0,
            p999: 999.0,
            max: 1000.0,
        };
        assert_eq!(spread, expected);
        assert_eq!(Spread::of(&mut []), Spread::default());
    }

    #[test]
    fn heads_stand_above_their_values() {
        assert_eq!(Spread::heads().len(), Spread::default().to_string().len());
    }
}
