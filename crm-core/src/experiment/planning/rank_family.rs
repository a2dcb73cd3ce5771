//! How values are distributed, as far as ranks see it: the variances of placements for every effect.
//!
//! - Lehmann (1975), "Nonparametrics: Statistical Methods Based on Ranks", section 2.3 and appendix, example 20.
//! - Plackett (1954), "A reduction formula for normal multivariate integrals", Biometrika 41.
//! - Zhao, Rahardja and Qu (2008), "Sample size calculation for the Wilcoxon-Mann-Whitney test adjusting for ties", Statistics in Medicine 27.

use std::f64::consts::{PI, SQRT_2};

use crate::error::{Error, ErrorKind, Result};
use crate::math::{GAUSS_LEGENDRE_16, normal_quantile};

/// Effects this near to 0 and 1 leave nothing to plan.
const LEAST: f64 = 1e-6;
/// What sums over all values may be off.
const ROUNDING: f64 = 1e-12;

/// Variances of `phi = 1(x > y) + 1(x = y) / 2` for a pair of a target value x and a control value y.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placements {
    /// Of one pair.
    pub(super) pair: f64,
    /// Of the mean over all y: what the choice of x contributes.
    pub(super) target: f64,
    /// Of the mean over all x.
    pub(super) control: f64,
}

/// Distributions of target and control, one pair for every probability of superiority in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RankFamily {
    /// Normal distributions whose means differ; the share of the target in the sum of both variances.
    Normal { target_share: f64 },
    /// Values or categories with weights.
    Weighted(Weighted),
}

/// A target whose customers are, by a share, as those of the target given, and else as those of the control. The share is 1 for the
/// distributions as given, and moves the probability of superiority proportionally; sums over all values are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weighted {
    /// The probability of superiority of the distributions given, less 1/2.
    reach: f64,
    /// The least and the greatest share that leave no weight negative.
    shares: (f64, f64),
    /// Sums of squared placements among the control, over control and target.
    squares: [f64; 2],
    /// Variances and covariance, over the control, of placements among the control and among the target.
    spreads: [f64; 3],
    /// Probabilities that two of the control are tied, and a target and a control.
    ties: [f64; 2],
    /// Coefficients of the sum of squares and of cubes of the pooled weights.
    pooled: [[f64; 4]; 2],
}

impl RankFamily {
    pub(super) fn normal(target_deviation: f64, control_deviation: f64) -> Self {
        let ratio = control_deviation / target_deviation;
        Self::Normal { target_share: 1.0 / (1.0 + ratio * ratio) }
    }

    /// Weights of target and control at the same ordered values; checked and not all 0.
    pub(super) fn weighted(target: &[f64], control: &[f64]) -> Result<Self> {
        let (all_target, all_control): (f64, f64) = (target.iter().sum(), control.iter().sum());
        let rows = || target.iter().zip(control).map(|(f, g)| (f / all_target, g / all_control));
        let (mut below, mut reach) = (0.0, 0.0);
        for (f, g) in rows() {
            reach += f * (below + 0.5 * g - 0.5);
            below += g;
        }
        let reach = reach.clamp(-0.5, 0.5);
        if reach.abs() < LEAST {
            let message = "neither arm tends to be higher: there is no effect to plan for";
            return Err(Error::new(ErrorKind::InvalidValue, message).on("target"));
        }
        let mut family = Weighted {
            reach,
            shares: (f64::NEG_INFINITY, f64::INFINITY),
            squares: [0.0; 2],
            spreads: [0.0; 3],
            ties: [0.0; 2],
            pooled: [[0.0; 4]; 2],
        };
        let (mut below_target, mut below_control) = (0.0, 0.0);
        for (f, g) in rows() {
            let e = f - g;
            let among_control = below_control + 0.5 * g - 0.5;
            let among_target = below_target + 0.5 * f - 0.5 + reach;
            (below_target, below_control) = (below_target + f, below_control + g);
            let square = among_control * among_control;
            let add = |sums: &mut [f64], terms: &[f64]| {
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum += term;
                }
            };
            add(&mut family.squares, &[g * square, f * square]);
            add(
                &mut family.spreads,
                &[g * square, g * among_control * among_target, g * among_target * among_target],
            );
            add(&mut family.ties, &[g * g, f * g]);
            add(&mut family.pooled[0], &[g * g, 2.0 * g * e, e * e, 0.0]);
            add(&mut family.pooled[1], &[g * g * g, 3.0 * g * g * e, 3.0 * g * e * e, e * e * e]);
            if e < 0.0 {
                family.shares.1 = family.shares.1.min(g / -e);
            } else if e > 0.0 {
                family.shares.0 = family.shares.0.max(-g / e);
            }
        }
        Ok(Self::Weighted(family))
    }

    /// The probability of superiority of the distributions given.
    pub(super) fn superiority(&self) -> Option<f64> {
        match self {
            Self::Normal { .. } => None,
            Self::Weighted(family) => Some(0.5 + family.reach),
        }
    }

    /// The lowest and the highest probability of superiority.
    pub(super) fn range(&self) -> (f64, f64) {
        match self {
            Self::Normal { .. } => (LEAST, 1.0 - LEAST),
            Self::Weighted(family) => {
                let end = |share: f64| 0.5 + family.reach * share;
                let (one, other) = (end(family.shares.0), end(family.shares.1));
                // The effect given lies within, whatever rounding says.
                ((one.min(other) - ROUNDING).max(0.0), (one.max(other) + ROUNDING).min(1.0))
            }
        }
    }

    pub(super) fn placements(&self, superiority: f64) -> Placements {
        match self {
            Self::Normal { target_share } => {
                let h = normal_quantile(superiority);
                Placements {
                    pair: superiority * (1.0 - superiority),
                    target: covariance(h, *target_share),
                    control: covariance(h, 1.0 - target_share),
                }
            }
            Self::Weighted(family) => {
                let share = family.share(superiority);
                let rest = 1.0 - share;
                let mean = superiority - 0.5;
                let [one, both, other] = family.spreads;
                let tied = rest * family.ties[0] + share * family.ties[1];
                let target = rest * family.squares[0] + share * family.squares[1] - mean * mean;
                let control = rest * rest * one + 2.0 * rest * share * both + share * share * other;
                let pair = superiority * (1.0 - superiority) - 0.25 * tied;
                // Where arms do not overlap nothing but rounding is left.
                if pair < ROUNDING {
                    return Placements { pair: 0.0, target: 0.0, control: 0.0 };
                }
                Placements { pair, target: target.max(0.0), control: control.max(0.0) }
            }
        }
    }

    /// Sums of squares and of cubes of the pooled probabilities of values: 0 where no two are equal.
    pub(super) fn ties(&self, superiority: f64, target: f64, control: f64) -> (f64, f64) {
        match self {
            Self::Normal { .. } => (0.0, 0.0),
            Self::Weighted(family) => {
                let share = family.share(superiority) * target / (target + control);
                let sum = |[a, b, c, d]: [f64; 4]| ((d * share + c) * share + b) * share + a;
                (sum(family.pooled[0]), sum(family.pooled[1]))
            }
        }
    }
}

impl Weighted {
    fn share(&self, superiority: f64) -> f64 {
        (superiority - 0.5) / self.reach
    }
}

/// The covariance of `1(u < h)` and `1(v < h)` for standard normal u and v of a correlation from 0 to 1 (Plackett 1954, eq. 3 integrated).
fn covariance(h: f64, correlation: f64) -> f64 {
    let end = correlation.asin();
    let panels = 4;
    let length = end / f64::from(panels);
    let mut sum = 0.0;
    for panel in 0..panels {
        for (node, weight) in GAUSS_LEGENDRE_16 {
            let angle = length * (f64::from(panel) + node);
            sum += weight * (-h * h / (1.0 + angle.sin())).exp();
        }
    }
    sum * length / (2.0 * PI)
}

/// `Phi(d / sqrt(s_t^2 + s_c^2))`.
pub(super) fn standardised(difference: f64, target_deviation: f64, control_deviation: f64) -> f64 {
    if target_deviation == control_deviation {
        return difference / target_deviation / SQRT_2;
    }
    difference / target_deviation.hypot(control_deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair and every two pairs, one by one.
    fn counted(target: &[f64], control: &[f64]) -> (f64, Placements) {
        let sum = |x: &[f64]| x.iter().sum::<f64>();
        let f: Vec<f64> = target.iter().map(|x| x / sum(target)).collect();
        let g: Vec<f64> = control.iter().map(|x| x / sum(control)).collect();
        let phi = |i: usize, j: usize| f64::from(u8::from(i > j)) + 0.5 * f64::from(u8::from(i == j));
        let count = f.len();
        let (mut mean, mut pair, mut own, mut other) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..count {
            for j in 0..count {
                mean += f[i] * g[j] * phi(i, j);
                pair += f[i] * g[j] * phi(i, j) * phi(i, j);
                for k in 0..count {
                    own += f[i] * g[j] * g[k] * phi(i, j) * phi(i, k);
                    other += f[i] * f[k] * g[j] * phi(i, j) * phi(k, j);
                }
            }
        }
        let square = mean * mean;
        (mean, Placements { pair: pair - square, target: own - square, control: other - square })
    }

    #[test]
    fn sums_are_those_over_all_pairs() {
        let (target, control) = ([0.1, 0.0, 0.3, 0.25, 0.35], [0.3, 0.1, 0.2, 0.4, 0.0]);
        let family = RankFamily::weighted(&target, &control).unwrap();
        let given = family.superiority().unwrap();
        for share in [0.0, 0.3, 1.0] {
            let mixed: Vec<f64> =
                target.iter().zip(&control).map(|(f, g)| share * f + (1.0 - share) * g).collect();
            let (mean, known) = counted(&mixed, &control);
            let superiority = 0.5 + share * (given - 0.5);
            assert!((superiority - mean).abs() < 1e-15);
            let found = family.placements(superiority);
            for (found, known) in
                [(found.pair, known.pair), (found.target, known.target), (found.control, known.control)]
            {
                assert!((found - known).abs() < 1e-15, "{share}: {found} {known}");
            }
            let (squares, cubes) = family.ties(superiority, 3.0, 1.0);
            let pooled = mixed.iter().zip(&control).map(|(f, g)| 0.75 * f + 0.25 * g);
            let (two, three) = pooled.fold((0.0, 0.0), |(two, three), p| (two + p * p, three + p * p * p));
            assert!((squares - two).abs() < 1e-15 && (cubes - three).abs() < 1e-15);
        }
        // Nobody of the target is in the second category: the share can be 1 at the most.
        assert!((family.range().1 - given).abs() < 2e-12);
    }

    #[test]
    fn normal_values_without_an_effect_have_uniform_placements() {
        let found = RankFamily::normal(2.0, 2.0).placements(0.5);
        assert!((found.target - 1.0 / 12.0).abs() < 1e-15 && (found.control - 1.0 / 12.0).abs() < 1e-15);
        // With a correlation of 1 both are one.
        assert!((covariance(0.7, 1.0) - found_variance(0.7)).abs() < 1e-14);
    }

    fn found_variance(h: f64) -> f64 {
        crate::math::normal_probability(h) * crate::math::normal_upper(h)
    }
}
