//! The arithmetic of scores: whole steps of `2^-44` points.
//!
//! A score of at most 100 points is below 2^51 such steps, so every part, sum and difference of parts is a double without rounding. That is what "contributions
//! sum exactly" rests on: the law holds for the published doubles themselves, added in any order.
//!
//! Scores are rounded further, to `2^-24` points (6e-8): customers whose scores are equal by the formula then tie, and reach a threshold together, though their
//! parts were rounded differently.

/// Steps of one point.
const PER_POINT: f64 = (1u64 << 44) as f64;
/// Steps of what scores are rounded to.
const SCORE_STEPS: f64 = (1u64 << 20) as f64;
/// The steps of a full score, 100 points.
pub(super) const FULL: f64 = 100.0 * PER_POINT;
/// Adding and taking away this rounds to a whole number, ties to even, for magnitudes below 2^51. Unlike a call of `round`, it vectorises everywhere.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The nearest whole number, for magnitudes below 2^51.
#[inline]
pub(super) fn whole(x: f64) -> f64 {
    (x + ROUNDER) - ROUNDER
}

/// Steps of a score from the sum of its parts.
#[inline]
pub(super) fn score_steps(sum: f64) -> f64 {
    whole(sum / SCORE_STEPS) * SCORE_STEPS
}

/// Points from steps.
#[inline]
pub(super) fn points(steps: f64) -> f64 {
    steps / PER_POINT
}

/// Steps from points that came from steps.
pub(super) fn steps(points: f64) -> f64 {
    points * PER_POINT
}

/// A total split in proportion to `weights` into whole steps that sum to it exactly, by rounding the cumulated parts; 0 for each if no weight is positive.
///
/// `total` is whole, of any sign, and of a magnitude of at most [`FULL`].
pub(super) fn split(total: f64, weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    let (mut cumulated, mut before) = (0.0, 0.0);
    let last = weights.iter().rposition(|&weight| weight > 0.0);
    weights
        .iter()
        .enumerate()
        .map(|(place, weight)| {
            cumulated += weight;
            let reached = match last {
                Some(last) if place < last => whole(total * (cumulated / sum)),
                Some(_) => total,
                None => 0.0,
            };
            let part = if *weight > 0.0 { reached - before } else { 0.0 };
            before += part;
            part
        })
        .collect()
}

/// The mean of whole steps, rounded to whole steps; halves go to the even one.
pub(super) fn mean(total: i128, count: u64) -> f64 {
    let count = i128::from(count.max(1));
    let (below, rest) = (total.div_euclid(count), total.rem_euclid(count));
    let up = 2 * rest > count || (2 * rest == count && below % 2 != 0);
    (below + i128::from(up)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        for weights in [&[1.0, 1.0, 1.0][..], &[0.1, 0.0, 0.7, 0.2, 0.0], &[1e-300, 1.0], &[0.0, 3.0]] {
            for total in [FULL, -FULL, 7.0, 0.0, whole(FULL / 3.0)] {
                let parts = split(total, weights);
                assert_eq!(parts.iter().sum::<f64>(), total);
                let sum: f64 = weights.iter().sum();
                for (part, weight) in parts.iter().zip(weights) {
                    assert!((part - total * weight / sum).abs() <= 1.0 && part.fract() == 0.0);
                }
            }
        }
        assert_eq!(split(FULL, &[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn halves_go_to_the_even_step() {
        assert_eq!([0.5, 1.5, 2.5, -0.5, -1.5, 0.49].map(whole), [0.0, 2.0, 2.0, 0.0, -2.0, 0.0]);
        assert_eq!(
            [(1, 2), (3, 2), (-1, 2), (-3, 2), (7, 3), (8, 3)].map(|(t, n)| mean(t, n)),
            [0.0, 2.0, 0.0, -2.0, 2.0, 3.0]
        );
        assert_eq!(mean(i128::from(u32::MAX) * FULL as i128, u64::from(u32::MAX)), FULL);
    }

    #[test]
    fn points_and_steps_are_the_same_number() {
        assert_eq!((points(FULL), steps(100.0)), (100.0, FULL));
        assert_eq!(steps(points(123_456_789.0)), 123_456_789.0);
        assert_eq!((score_steps(FULL), score_steps(SCORE_STEPS * 0.6)), (FULL, SCORE_STEPS));
    }
}
