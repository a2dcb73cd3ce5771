//! How values of a dimension become numbers from 0 to 1, by parameters that are saved.
//!
//! References:
//! - Iglewicz, B. and Hoaglin, D. C. (1993), *How to Detect and Handle Outliers*, ASQC, p. 11: robust z-scores by the median absolute
//!   deviation, and by the mean absolute deviation where that is 0.
//! - Hyndman, R. J. and Fan, Y. (1996), "Sample quantiles in statistical packages", The American Statistician 50(4), definition 7.

use serde::{Deserialize, Serialize};

use super::dimension::Direction;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{MidrankLookup, MidrankTable, normal_probability, quantile_type_7};
use crate::named::named;

/// How the values of a dimension become numbers from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Normalization {
    /// The share of the fitted population below, and half of the share at the value: `(less + equal / 2) / n`. The default, with a resolution of
    /// 65,536.
    MidRank {
        /// So many distinct values are kept exactly, from 2 to 16,777,216. With more, percentiles err by up to `1 / resolution`.
        resolution: u32,
    },
    /// `(x - low) / (high - low)` within 0 and 1, `low` and `high` the quantiles of the shares `tail` and `1 - tail`.
    MinMax {
        /// The share that is cut off at either end, from 0 to below one half; 0.01 is usual.
        tail: f64,
    },
    /// The normal probability of `(x - mean) / sd`, the standard deviation with n - 1.
    ZScore,
    /// The normal probability of `(x - median) / (1.482602 MAD)`, MAD the median absolute deviation from the median; where that is 0 though the
    /// values differ, `1.253314` times the mean absolute deviation takes its place (Iglewicz and Hoaglin 1993).
    RobustZ,
    /// `(x - low) / (high - low)` within 0 and 1, by two values that are set and not estimated.
    Anchors {
        /// What becomes 0.
        low: f64,
        /// What becomes 1.
        high: f64,
    },
}

impl Default for Normalization {
    fn default() -> Self {
        Self::MidRank { resolution: 1 << 16 }
    }
}

impl Normalization {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::MidRank { resolution } if !(2..=1 << 24).contains(&resolution) => {
                Err(Error::argument("resolution", resolution, "from 2 to 16777216"))
            }
            Self::MinMax { tail } if !(0.0..0.5).contains(&tail) => {
                Err(Error::argument("tail", tail, "from 0 to below 0.5"))
            }
            Self::Anchors { low, high } if !(low < high && low.is_finite() && high.is_finite()) => {
                Err(Error::argument(
                    "anchors",
                    format!("{low} and {high}"),
                    "finite, the low one below the high one",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// What is peculiar about a fitted dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum DimensionStatus {
    /// Nothing.
    #[default]
    Fine = 0,
    /// All known values are equal: they become one half, lower ones 0 and higher ones 1.
    Constant = 1,
    /// More than half of the values are equal: a robust z-score takes the mean absolute deviation for the median one.
    MostlyEqual = 2,
    /// No value is known: what comes later is not known either.
    Unknown = 3,
}

named! { DimensionStatus, "status", {
    Fine: "fine", Constant: "constant", MostlyEqual: "mostly_equal", Unknown: "unknown",
} }

/// 1 / the normal quantile of 3/4.
const PER_MAD: f64 = 1.482_602_218_505_602;
/// The square root of half of pi.
const PER_MEAN_DEVIATION: f64 = 1.253_314_137_315_500_3;

/// A normalisation with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FittedNormalization {
    MidRank(MidrankTable),
    /// From 0 at `low` to 1 at `high`.
    Line {
        low: f64,
        high: f64,
    },
    /// The normal probability of the distance to the centre in spreads.
    Normal {
        centre: f64,
        spread: f64,
    },
    /// 0 below, one half at and 1 above the value.
    Step {
        at: f64,
    },
    /// No value was known.
    Unknown,
}

impl FittedNormalization {
    /// Fits to the known values in ascending order.
    pub(super) fn fit(kind: Normalization, sorted: &[f64]) -> Result<(Self, DimensionStatus)> {
        if let Normalization::Anchors { low, high } = kind {
            return Ok((Self::Line { low, high }, DimensionStatus::Fine));
        }
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return Ok((Self::Unknown, DimensionStatus::Unknown));
        };
        let constant = if first == last { DimensionStatus::Constant } else { DimensionStatus::Fine };
        Ok(match kind {
            Normalization::MidRank { resolution } => {
                (Self::MidRank(MidrankTable::new(sorted, resolution as usize)), constant)
            }
            _ if first == last => (Self::Step { at: first }, constant),
            Normalization::MinMax { tail } => {
                let (Some(low), Some(high)) = (quantile(sorted, tail), quantile(sorted, 1.0 - tail)) else {
                    return Err(Error::new(ErrorKind::Empty, "there is no value"));
                };
                if low == high {
                    // All but the tails are one value.
                    (Self::Step { at: low }, DimensionStatus::MostlyEqual)
                } else {
                    (Self::Line { low, high }, DimensionStatus::Fine)
                }
            }
            Normalization::ZScore => {
                let (centre, spread) = mean_and_deviation(sorted);
                (Self::Normal { centre, spread }, DimensionStatus::Fine)
            }
            Normalization::RobustZ => robust(sorted),
            Normalization::Anchors { low, high } => (Self::Line { low, high }, DimensionStatus::Fine),
        })
    }

    /// Whether parameters that came from outside can be such.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::MidRank(table) => table.is_sound(),
            Self::Line { low, high } => low < high && low.is_finite() && high.is_finite(),
            Self::Normal { centre, spread } => centre.is_finite() && *spread > 0.0 && spread.is_finite(),
            Self::Step { at } => at.is_finite(),
            Self::Unknown => true,
        }
    }

    /// The normalisation made ready for many values.
    pub(super) fn ready(&self, direction: Direction) -> Normalizer {
        let rule = match self {
            Self::MidRank(table) => Rule::MidRank(table.lookup()),
            Self::Line { low, high } => Rule::Line {
                low: low / 2.0,
                per_width: (high / 2.0 - low / 2.0).recip().min(f64::MAX),
                ends: (*low, *high),
            },
            Self::Normal { centre, spread } => Rule::Normal { centre: *centre, spread: *spread },
            Self::Step { at } => Rule::Step { at: *at },
            Self::Unknown => Rule::Unknown,
        };
        Normalizer { rule, lower: direction == Direction::Lower }
    }
}

fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let half: Option<f64> = if sorted.iter().any(|value| value.abs() > f64::MAX / 4.0) {
        // The difference of two values may overflow.
        let halves: Vec<f64> = sorted.iter().map(|value| value / 4.0).collect();
        quantile_type_7(&halves, share).map(|value| value * 4.0)
    } else {
        quantile_type_7(sorted, share)
    };
    half
}

/// Mean and standard deviation (n - 1) of ascending values of which two at least differ.
fn mean_and_deviation(sorted: &[f64]) -> (f64, f64) {
    // Squares of what is as large as 1 do not overflow, nor vanish all.
    let largest = sorted[0].abs().max(sorted[sorted.len() - 1].abs());
    let size = sorted.len() as f64;
    let middle = sorted[sorted.len() / 2] / largest;
    let shift = sorted.iter().map(|value| value / largest - middle).sum::<f64>() / size;
    let squares: f64 = sorted.iter().map(|value| (value / largest - middle - shift).powi(2)).sum();
    let spread = (squares / (size - 1.0)).sqrt() * largest;
    ((middle + shift) * largest, spread.clamp(f64::MIN_POSITIVE, f64::MAX))
}

/// Median and median absolute deviation of ascending values of which two at least differ.
fn robust(sorted: &[f64]) -> (FittedNormalization, DimensionStatus) {
    let centre = quantile(sorted, 0.5).unwrap_or(sorted[0]);
    let mut deviations: Vec<f64> = sorted.iter().map(|value| (value / 2.0 - centre / 2.0).abs()).collect();
    deviations.sort_unstable_by(f64::total_cmp);
    let median = quantile_type_7(&deviations, 0.5).unwrap_or(0.0);
    let (half, status) = if median > 0.0 {
        (median * PER_MAD, DimensionStatus::Fine)
    } else {
        let size = deviations.len() as f64;
        let mean: f64 = deviations.iter().map(|deviation| deviation / size).sum();
        (mean * PER_MEAN_DEVIATION, DimensionStatus::MostlyEqual)
    };
    let spread = (2.0 * half).clamp(f64::MIN_POSITIVE, f64::MAX);
    (FittedNormalization::Normal { centre, spread }, status)
}

#[derive(Clone, Debug)]
enum Rule {
    MidRank(MidrankLookup),
    Line { low: f64, per_width: f64, ends: (f64, f64) },
    Normal { centre: f64, spread: f64 },
    Step { at: f64 },
    Unknown,
}

/// A normalisation ready for many values.
#[derive(Clone, Debug)]
pub(super) struct Normalizer {
    rule: Rule,
    lower: bool,
}

impl Normalizer {
    /// Numbers from 0 to 1, 1 the loyal end; NaN where a value is not known. Says whether any is not known.
    pub(super) fn write(&self, values: &[f64], numbers: &mut [f64]) -> bool {
        let pairs = values.iter().zip(numbers.iter_mut());
        match &self.rule {
            Rule::MidRank(table) => pairs.for_each(|(&x, number)| *number = table.percentile(x)),
            // What is at or beyond an end is that end exactly, however the division rounds; NaN passes every comparison by.
            &Rule::Line { low, per_width, ends: (first, last) } => pairs.for_each(|(&x, number)| {
                let inside = ((x / 2.0 - low) * per_width).clamp(0.0, 1.0);
                let inside = if x >= last { 1.0 } else { inside };
                *number = if x <= first { 0.0 } else { inside };
            }),
            &Rule::Normal { centre, spread } => {
                pairs.for_each(|(&x, number)| *number = normal_probability(distance(x, centre, spread)));
            }
            &Rule::Step { at } => pairs.for_each(|(&x, number)| *number = step(x, at)),
            Rule::Unknown => numbers.fill(f64::NAN),
        }
        if self.lower {
            for number in numbers.iter_mut() {
                *number = 1.0 - *number;
            }
        }
        numbers.iter().fold(false, |any, number| any | number.is_nan())
    }
}

/// The distance to the centre in spreads; halves keep the difference of two large numbers from overflowing.
fn distance(x: f64, centre: f64, spread: f64) -> f64 {
    let half = x / 2.0 - centre / 2.0;
    // Beyond 40 spreads the probability is 0 or 1 to the last bit.
    (half / spread * 2.0).clamp(-40.0, 40.0)
}

fn step(x: f64, at: f64) -> f64 {
    if x.is_nan() { x } else { f64::midpoint(f64::from(u8::from(x > at)), f64::from(u8::from(x >= at))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(kind: Normalization, fitted: &[f64], values: &[f64]) -> (Vec<f64>, DimensionStatus) {
        let mut sorted: Vec<f64> = fitted.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (fit, status) = FittedNormalization::fit(kind, &sorted).unwrap();
        assert!(fit.is_sound());
        let mut numbers = vec![0.0; values.len()];
        fit.ready(Direction::Higher).write(values, &mut numbers);
        (numbers, status)
    }

    const VALUES: [f64; 7] = [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 100.0];

    #[test]
    fn mid_ranks() {
        let expected = [0.5, 2.0, 2.0, 3.5, 4.5, 5.5, 6.5].map(|rank: f64| rank / 7.0);
        assert_eq!(numbers(Normalization::default(), &VALUES, &VALUES).0, expected);
    }

    #[test]
    fn min_max_between_quantiles() {
        // numpy.quantile(values, [.1, .9]) is 1.6 and 44.8.
        let (found, _) = numbers(Normalization::MinMax { tail: 0.1 }, &VALUES, &VALUES);
        let known = VALUES.map(|x| ((x - 1.6) / 43.2).clamp(0.0, 1.0));
        assert!(found.iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-15));
        assert_eq!((found[0], found[6]), (0.0, 1.0));
        let (found, _) =
            numbers(Normalization::MinMax { tail: 0.0 }, &VALUES, &[0.0, 1.0, 50.5, 100.0, 101.0]);
        assert_eq!(found, [0.0, 0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn z_scores_through_the_normal_distribution() {
        // scipy.stats.norm.cdf((x - mean) / std(ddof=1)): mean 17.285714285714285, sd 36.55003094259651.
        let (found, _) = numbers(Normalization::ZScore, &VALUES, &[17.285_714_285_714_285, 100.0, 1.0]);
        assert!((found[0] - 0.5).abs() < 1e-15);
        let z = |x: f64| normal_probability((x - 17.285_714_285_714_285) / 36.550_030_942_596_51);
        assert!((found[1] - z(100.0)).abs() < 1e-14 && (found[2] - z(1.0)).abs() < 1e-14);
    }

    #[test]
    fn robust_z_scores_do_not_see_how_far_the_farthest_is() {
        // Median 3, absolute deviations 2 1 1 0 2 5 97: median 2.
        let (found, status) = numbers(Normalization::RobustZ, &VALUES, &[3.0, 5.0]);
        assert_eq!((found[0], status), (0.5, DimensionStatus::Fine));
        assert!((found[1] - 0.75).abs() < 1e-15);
        let mostly = [0.0, 0.0, 0.0, 0.0, 4.0];
        let (found, status) = numbers(Normalization::RobustZ, &mostly, &[0.0, 4.0]);
        assert_eq!(status, DimensionStatus::MostlyEqual);
        // Mean absolute deviation 0.8.
        assert!((found[1] - normal_probability(4.0 / (0.8 * 1.253_314_137_315_500_3))).abs() < 1e-15);
    }

    #[test]
    fn anchors_do_not_move_with_the_data() {
        let anchors = Normalization::Anchors { low: -10.0, high: 10.0 };
        assert_eq!(numbers(anchors, &VALUES, &[-11.0, 0.0, 5.0, 10.0]).0, [0.0, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn a_constant_column_is_one_half() {
        for kind in [
            Normalization::default(),
            Normalization::MinMax { tail: 0.01 },
            Normalization::ZScore,
            Normalization::RobustZ,
        ] {
            let (found, status) = numbers(kind, &[4.0; 5], &[3.0, 4.0, 5.0, f64::NAN]);
            assert_eq!(found[..3], [0.0, 0.5, 1.0], "{kind:?}");
            assert!(found[3].is_nan());
            assert_eq!(status, DimensionStatus::Constant);
            let (found, status) = numbers(kind, &[], &[3.0]);
            assert!(found[0].is_nan() && status == DimensionStatus::Unknown);
        }
    }

    #[test]
    fn values_at_the_ends_of_the_range_stay_within() {
        let wide = [-f64::MAX, -1.0, 0.0, 5e-324, f64::MAX];
        for kind in [
            Normalization::default(),
            Normalization::MinMax { tail: 0.0 },
            Normalization::MinMax { tail: 0.1 },
            Normalization::ZScore,
            Normalization::RobustZ,
        ] {
            for fitted in [&wide[..], &wide[2..4], &[0.0, 5e-324, 1e-323], &[f64::MAX, f64::MAX.next_down()]]
            {
                let (found, _) = numbers(kind, fitted, &wide);
                assert!(
                    found.iter().all(|number| (0.0..=1.0).contains(number)),
                    "{kind:?} {fitted:?} {found:?}"
                );
                assert!(found.windows(2).all(|pair| pair[0] <= pair[1]), "{kind:?} {fitted:?} {found:?}");
            }
        }
    }

    #[test]
    fn the_other_direction_is_the_rest() {
        let (fit, _) = FittedNormalization::fit(Normalization::default(), &VALUES).unwrap();
        let (mut up, mut down) = ([0.0; 7], [0.0; 7]);
        fit.ready(Direction::Higher).write(&VALUES, &mut up);
        fit.ready(Direction::Lower).write(&VALUES, &mut down);
        assert!(up.iter().zip(down).all(|(up, down)| up + down == 1.0));
    }
}
