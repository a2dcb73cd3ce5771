//! Intervals and p-values from replicates, one the inversion of the other.
//!
//! Each replicate counts against a shift from some value of it on: towards higher shifts from its `low` on, towards lower ones from its `high` on. With b
//! replicates counting, a side has the p-value `level((b + 1) / (m + 1))`; the ends of the interval are the order statistics at which it crosses alpha, so a null is outside
//! exactly if it is rejected.
//!
//! Davison and Hinkley (1997), "Bootstrap Methods and their Application", sections 4.2.5 and 5.2; Efron (1987), "Better bootstrap confidence intervals", Journal of the
//! American Statistical Association 82(397), eq. 2.3.

use crate::experiment::interval::Interval;
use crate::experiment::sample;
use crate::experiment::test_options::Alternative;
use crate::math::{normal_probability, normal_quantile};

/// How the share of replicates beyond a value becomes a p-value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    /// As it is.
    Share,
    /// Corrected for bias z0 and acceleration a (Efron 1987), both for the lower side.
    Accelerated { bias: f64, acceleration: f64 },
}

/// Replicates, and how they are read.
pub(super) struct Inversion {
    /// From which value on each replicate counts against it, ascending.
    pub(super) lows: Vec<f64>,
    /// Down to which value each replicate counts against it, ascending.
    pub(super) highs: Vec<f64>,
    pub(super) level: Level,
    /// By what the smaller side is multiplied if the alternative has two: 2, or 1 where a replicate counts by its size.
    pub(super) sides: f64,
    pub(super) alternative: Alternative,
}

#[derive(Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

impl Inversion {
    /// Puts the replicates in order; values that are not defined count against every null.
    pub(super) fn new(
        lows: Vec<f64>,
        highs: Vec<f64>,
        level: Level,
        sides: f64,
        alternative: Alternative,
    ) -> Self {
        let order = |mut values: Vec<f64>, undefined: f64| {
            values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = undefined);
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        let sides = if alternative == Alternative::TwoSided { sides } else { 1.0 };
        let (lows, highs) = (order(lows, f64::NEG_INFINITY), order(highs, f64::INFINITY));
        Self { lows, highs, level, sides, alternative }
    }

    /// The p-value of a side when so many replicates count against a value.
    fn p_of(&self, side: Side, counting: usize) -> f64 {
        let all = (self.lows.len() + 1) as f64;
        let share = (counting + 1) as f64 / all;
        let p = match self.level {
            Level::Share => share,
            // All count: nothing speaks against the value.
            Level::Accelerated { .. } if counting == self.lows.len() => 1.0,
            Level::Accelerated { bias, acceleration } => {
                let (bias, acceleration) = match side {
                    Side::Lower => (bias, acceleration),
                    Side::Upper => (-bias, -acceleration),
                };
                let from_bias = normal_quantile(share) - bias;
                let divisor = 1.0 + acceleration * from_bias;
                if divisor > 0.0 {
                    // No p-value is below what so many replicates can show.
                    normal_probability(from_bias / divisor - bias).max(1.0 / all)
                } else if from_bias < 0.0 {
                    1.0 / all
                } else {
                    1.0
                }
            }
        };
        (self.sides * p).min(1.0)
    }

    fn counting(&self, side: Side, value: f64) -> usize {
        match side {
            Side::Lower => self.lows.partition_point(|&low| low <= value),
            Side::Upper => self.highs.len() - self.highs.partition_point(|&high| high < value),
        }
    }

    fn has(&self, side: Side) -> bool {
        match side {
            Side::Lower => self.alternative != Alternative::Less,
            Side::Upper => self.alternative != Alternative::Greater,
        }
    }

    /// The p-value of a value.
    pub(super) fn p_value(&self, value: f64) -> f64 {
        [Side::Lower, Side::Upper]
            .into_iter()
            .filter(|&side| self.has(side))
            .map(|side| self.p_of(side, self.counting(side, value)))
            .fold(1.0, f64::min)
    }

    /// The values whose p-value is above `alpha`.
    pub(super) fn interval(&self, alpha: f64) -> Interval {
        let rejected = |side| {
            // So many replicates at most, less 1, may count for a rejection; the p-value rises with them.
            let (mut low, mut high) = (0, self.lows.len() + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.p_of(side, middle) <= alpha { low = middle + 1 } else { high = middle }
            }
            low
        };
        let end = |side, none: f64| match rejected(side) {
            0 => none,
            _ if !self.has(side) => none,
            // With all replicates counting p is 1, so `count` is at most their number.
            count => match side {
                Side::Lower => self.lows[count - 1],
                Side::Upper => self.highs[self.highs.len() - count],
            },
        };
        sample::interval(end(Side::Lower, f64::NEG_INFINITY), end(Side::Upper, f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_what_is_not_rejected() {
        let values: Vec<f64> = (0..99).map(|place| f64::from(place * place % 97) * 0.5).collect();
        let levels = [
            Level::Share,
            Level::Accelerated { bias: 0.2, acceleration: 0.1 },
            Level::Accelerated { bias: -1.5, acceleration: -0.45 },
            Level::Accelerated { bias: 0.0, acceleration: 0.9 },
        ];
        for level in levels {
            for &alternative in Alternative::ALL {
                let found = Inversion::new(values.clone(), values.clone(), level, 2.0, alternative);
                for alpha in [0.001, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.9] {
                    let interval = found.interval(alpha);
                    for value in values.iter().copied().chain([-1.0, 0.25, 48.1, 1e9]) {
                        let p = found.p_value(value);
                        assert_eq!(
                            p <= alpha,
                            !interval.contains(value),
                            "{level:?} {alternative:?} {alpha} {value} {p}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn ends_are_the_order_statistics_of_the_textbook() {
        // Davison and Hinkley (1997), eq. 5.6: of 999 replicates the 25th from either end.
        let values: Vec<f64> = (1..=999).map(f64::from).collect();
        let found = Inversion::new(values.clone(), values, Level::Share, 2.0, Alternative::TwoSided);
        assert_eq!(found.interval(0.05), Interval::bounded(25.0, 975.0));
        assert_eq!(found.p_value(0.0), 0.002);
    }
}
