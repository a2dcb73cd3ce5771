//! Acceleration from the jackknife.
//!
//! Efron and Tibshirani (1993), "An Introduction to the Bootstrap", eq. 14.15; for several samples the sums over samples of Davison and Hinkley (1997),
//! "Bootstrap Methods and their Application", eq. 5.26 with empirical influence values `(n - 1) (mean - estimate without a row)`.

/// The acceleration, from the contrast without each row of each arm and how many rows give it; 0 if no row matters.
pub(super) fn acceleration(arms: &[Vec<(f64, u64)>]) -> f64 {
    let (mut cubes, mut squares) = (0.0, 0.0);
    let largest = arms.iter().map(|runs| spread(runs)).fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        return 0.0;
    }
    for runs in arms {
        let rows: u64 = runs.iter().map(|run| run.1).sum();
        let n = rows as f64;
        let mean = mean(runs);
        for &(value, times) in runs {
            // Free of the unit, so that neither cubes nor squares leave the range.
            let influence = (n - 1.0) * ((mean - value) / largest) / n;
            squares += times as f64 * influence * influence;
            cubes += times as f64 * influence * influence * influence;
        }
    }
    if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 }
}

fn mean(runs: &[(f64, u64)]) -> f64 {
    let rows: u64 = runs.iter().map(|run| run.1).sum();
    let origin = runs.first().map_or(0.0, |run| run.0);
    origin
        + runs.iter().map(|&(value, times)| (value - origin) * times as f64).sum::<f64>() / rows.max(1) as f64
}

fn spread(runs: &[(f64, u64)]) -> f64 {
    let mean = mean(runs);
    runs.iter()
        .filter(|run| run.1 > 0)
        .map(|run| (run.0 - mean).abs())
        .fold(0.0, |most, distance| if distance.is_nan() { f64::NAN } else { f64::max(most, distance) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_mean_it_is_a_sixth_of_the_skewness() {
        // Efron and Tibshirani (1993), eq. 14.15: for the mean, sum d^3 / (6 (sum d^2)^1.5).
        let values = [1.0, 2.0, 2.0, 3.0, 11.0];
        let mean = 3.8;
        let without: Vec<(f64, u64)> = values.iter().map(|v| ((19.0 - v) / 4.0, 1)).collect();
        let (squares, cubes) = values.iter().fold((0.0, 0.0), |(s, c), v| {
            let d: f64 = v - mean;
            (s + d * d, c + d * d * d)
        });
        assert!((acceleration(&[without]) - cubes / (6.0 * f64::powf(squares, 1.5))).abs() < 1e-14);
        assert_eq!(acceleration(&[vec![(2.0, 5)]]), 0.0);
    }
}
