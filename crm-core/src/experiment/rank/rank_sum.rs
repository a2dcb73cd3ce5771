//! The distribution of the Mann-Whitney statistic when all assignments of the pooled values to the arms are equally likely.
//!
//! Exact: given the groups of tied values, group by group (Mann and Whitney 1947, "On a test of whether one of two random variables is
//! stochastically larger than the other", Annals of Mathematical Statistics 18(1), for values without ties; Streitberg and Röhmel 1986, "Exact
//! distributions for permutation and rank tests", Statistical Software Newsletter 12, for the shift algorithm with ties). Normal: the same mean
//! and variance, with the correction for ties of Lehmann (1975), "Nonparametrics: Statistical Methods Based on Ranks", eq. 1.35.

use crate::math::{ln_normal_upper, normal_upper};

/// Which tail of the distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Upper,
    Lower,
}

/// A distribution of the doubled statistic, from 0 to 2 x target x control.
pub(super) enum RankSum {
    /// P(at least) and P(at most), by the doubled statistic.
    Exact { upper: Vec<f64>, lower: Vec<f64> },
    /// Mean, standard deviation and continuity correction of the statistic itself.
    Normal { mean: f64, deviation: f64, correction: f64 },
}

impl RankSum {
    /// All assignments of tied groups to arms of `target` and `control` values.
    pub(super) fn exact(target: usize, control: usize, ties: &[u64]) -> Self {
        let most = 2 * target * control;
        // ways[a][u]: assignments of the groups so far with a values in the target and a doubled statistic of u.
        let mut ways = vec![vec![0.0_f64; most + 1]; target + 1];
        ways[0][0] = 1.0;
        let mut before = 0;
        for &group in ties {
            let group = group as usize;
            for all in (1..=target.min(before + group)).rev() {
                let mut binomial = 1.0;
                for taken in 1..=group.min(all) {
                    binomial *= (group - taken + 1) as f64 / taken as f64;
                    let earlier = all - taken;
                    if earlier > before || before - earlier > control || before + group - all > control {
                        continue;
                    }
                    // Each of the new target values is above the controls so far, and ties with those of its group.
                    let gain = taken * (2 * (before - earlier) + (group - taken));
                    let (head, tail) = ways.split_at_mut(all);
                    for (sum, &number) in tail[0][gain..].iter_mut().zip(&head[earlier]) {
                        *sum += binomial.round() * number;
                    }
                }
            }
            before += group;
        }
        let ways = ways.swap_remove(target);
        let total: f64 = ways.iter().sum();
        let cumulated = |ways: &mut dyn Iterator<Item = &f64>| {
            let mut sum = 0.0;
            ways.map(|number| {
                sum += number;
                f64::min(sum / total, 1.0)
            })
            .collect::<Vec<f64>>()
        };
        let lower = cumulated(&mut ways.iter());
        let mut upper = cumulated(&mut ways.iter().rev());
        upper.reverse();
        Self::Exact { upper, lower }
    }

    /// The normal distribution of the same mean and variance; the correction is 0 or 1/2. Groups of one may be left out.
    pub(super) fn normal(target: usize, control: usize, ties: &[u64], correction: f64) -> Self {
        let (m, n) = (target as f64, control as f64);
        let all = m + n;
        let tied: f64 =
            ties.iter().filter(|&&t| t > 1).map(|&t| t as f64 * (t as f64 - 1.0) * (t as f64 + 1.0)).sum();
        let variance = m * n / 12.0 * ((all + 1.0) - tied / (all * (all - 1.0)));
        // With all values tied nothing may be left but rounding.
        let constant = ties == [(target + control) as u64];
        Self::Normal {
            mean: 0.5 * m * n,
            deviation: if constant { 0.0 } else { variance.sqrt() },
            correction,
        }
    }

    /// The standardised statistic; NaN for an exact distribution.
    pub(super) fn standardised(&self, twice_u: u64) -> f64 {
        match self {
            Self::Exact { .. } => f64::NAN,
            Self::Normal { mean, deviation, correction } => {
                let from_mean = 0.5 * twice_u as f64 - mean;
                (from_mean.abs() - correction).max(0.0).copysign(from_mean) / deviation
            }
        }
    }

    /// The probability of the tail from the doubled statistic on, and its logarithm.
    pub(super) fn tail(&self, tail: Tail, twice_u: u64) -> (f64, f64) {
        match self {
            Self::Exact { upper, lower } => {
                let p = (if tail == Tail::Upper { upper } else { lower })[twice_u as usize];
                (p, p.ln())
            }
            Self::Normal { mean, deviation, correction } => {
                let from_mean = 0.5 * twice_u as f64 - mean;
                let outward = if tail == Tail::Upper { from_mean } else { -from_mean };
                let z = (outward - correction) / deviation;
                (normal_upper(z), ln_normal_upper(z))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every assignment of the pooled values, one by one.
    fn enumerated(pooled: &[u32], target: usize) -> Vec<f64> {
        let count = pooled.len();
        let mut numbers = vec![0.0; 2 * target * (count - target) + 1];
        for subset in (0_u32..1 << count).filter(|subset| subset.count_ones() as usize == target) {
            let inside = |place: usize| subset >> place & 1 == 1;
            let mut twice_u = 0;
            for t in (0..count).filter(|&t| inside(t)) {
                for c in (0..count).filter(|&c| !inside(c)) {
                    twice_u += usize::from(pooled[t] > pooled[c]) + usize::from(pooled[t] >= pooled[c]);
                }
            }
            numbers[twice_u] += 1.0;
        }
        numbers
    }

    #[test]
    fn the_exact_distribution_is_that_of_all_assignments() {
        for (pooled, ties) in [
            (vec![1, 2, 3, 4, 5, 6, 7], vec![1; 7]),
            (vec![1, 1, 1, 2, 3, 3, 4, 4], vec![3, 1, 2, 2]),
            (vec![5; 6], vec![6]),
            (vec![1, 2, 2, 2, 2, 2, 2, 9, 9, 10], vec![1, 6, 2, 1]),
        ] {
            for target in 1..pooled.len() {
                let numbers = enumerated(&pooled, target);
                let total: f64 = numbers.iter().sum();
                let found = RankSum::exact(target, pooled.len() - target, &ties);
                for twice_u in 0..numbers.len() {
                    let upper = numbers[twice_u..].iter().sum::<f64>() / total;
                    let lower = numbers[..=twice_u].iter().sum::<f64>() / total;
                    let of = |tail| found.tail(tail, twice_u as u64).0;
                    assert!(
                        (of(Tail::Upper) - upper).abs() < 1e-15 && (of(Tail::Lower) - lower).abs() < 1e-15
                    );
                }
            }
        }
    }
}
