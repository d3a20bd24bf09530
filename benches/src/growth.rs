//! How a cost grows with a count: one number for a whole curve.
//!
//! In: pairs of a count and its cost, all above 0. Out: the exponent of the power that fits them best.

/// The exponent `e` of `y = a * x^e` that fits best: least squares over logarithms.
pub fn growth_exponent(points: &[(f64, f64)]) -> f64 {
    let logs = points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let count = points.len() as f64;
    let (x, y) = logs
        .clone()
        .fold((0.0, 0.0), |sums, log| (sums.0 + log.0, sums.1 + log.1));
    let (x, y) = (x / count, y / count);
    let (over, under) = logs.fold((0.0, 0.0), |sums, log| {
        let off = log.0 - x;
        (sums.0 + off * (log.1 - y), sums.1 + off * off)
    });
    over / under
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_has_its_exponent() {
        let points = [1.0, 2.0, 4.0, 8.0].map(|x: f64| (x, 3.0 * x.powf(1.25)));
        assert!((growth_exponent(&points) - 1.25).abs() < 1e-9);
    }
}
