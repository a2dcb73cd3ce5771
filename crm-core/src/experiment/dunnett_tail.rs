//! The largest of several t statistics that share a control: its tail and critical value.
//!
//! Given the control's deviation z and the scale s the statistics are independent (Dunnett 1955, "A multiple comparison procedure for comparing
//! several treatments with a control", Journal of the American Statistical Association 50, eq. 3): two integrals in all, both of positive
//! terms, so that tails keep their digits.

use std::f64::consts::PI;

use super::test_options::Alternative;
use crate::math::{
    GAUSS_LEGENDRE_16, ln_mean_over_scale, ln_normal_upper, ln_one_less_exp, normal_quantile_ln,
    root_of_falling, student_t_quantile,
};

/// What of the control's deviation is left out on either side has a probability of 1e-20.
const REACH: f64 = 9.5;
/// The longest panel, in standard deviations of what changes over it.
const PANEL: f64 = 2.5;

/// The joint distribution of `T[i] = (D[i] + lambda[i] Z) / S` under no effect: one control for all.
#[derive(Clone, Debug)]
pub(super) struct ManyToOne {
    /// Different shares, with the number of targets that have each.
    shares: Vec<Share>,
    df: f64,
}

#[derive(Clone, Copy, Debug)]
struct Share {
    /// The correlation of a statistic with the control's deviation, `sqrt(n_i / (n_i + n_0))`.
    control: f64,
    /// The standard deviation of what is its own, `sqrt(n_0 / (n_i + n_0))`.
    own: f64,
    targets: f64,
}

impl ManyToOne {
    /// For targets and a control of these sizes, whole or not, and degrees of freedom that may be infinite.
    pub(super) fn new(targets: &[f64], control: f64, df: f64) -> Self {
        let mut sizes = targets.to_vec();
        sizes.sort_by(f64::total_cmp);
        let mut shares: Vec<Share> = Vec::new();
        let mut last = f64::NAN;
        for size in sizes {
            match shares.last_mut() {
                Some(share) if size == last => share.targets += 1.0,
                _ => {
                    let ratio = size / control;
                    let (control, own) = ((ratio / (1.0 + ratio)).sqrt(), (1.0 + ratio).sqrt().recip());
                    shares.push(Share { control, own, targets: 1.0 });
                }
            }
            last = size;
        }
        Self { shares, df }
    }

    fn targets(&self) -> f64 {
        self.shares.iter().map(|share| share.targets).sum()
    }

    /// The logarithm of the probability that any statistic is beyond `critical`; its absolute value if two-sided, below if `Less`.
    pub(super) fn ln_any_beyond(&self, critical: f64, alternative: Alternative) -> f64 {
        let critical = if alternative == Alternative::Less { -critical } else { critical };
        let two_sided = alternative == Alternative::TwoSided;
        if critical.is_nan() {
            return f64::NAN;
        }
        if (two_sided && critical <= 0.0) || critical == f64::NEG_INFINITY {
            return 0.0;
        }
        if critical == f64::INFINITY {
            return f64::NEG_INFINITY;
        }
        let ln = if self.df == f64::INFINITY {
            self.ln_any_beyond_at(critical, two_sided)
        } else {
            ln_mean_over_scale(self.df, (-critical, 0.0), |s| self.ln_any_beyond_at(critical * s, two_sided))
        };
        ln.min(0.0)
    }

    /// The same for the scale 1: the mean over the control's deviation.
    fn ln_any_beyond_at(&self, critical: f64, two_sided: bool) -> f64 {
        // Two-sided, z and -z give the same.
        let (from, doubled) = if two_sided { (0.0, 2.0f64.ln()) } else { (critical.min(0.0) - REACH, 0.0) };
        let to = critical.max(0.0) + REACH;
        let ends = self.panels(critical, from, to);
        let mut terms = Vec::with_capacity(16 * ends.len());
        let mut largest = f64::NEG_INFINITY;
        for pair in ends.windows(2) {
            let length = pair[1] - pair[0];
            for (node, weight) in GAUSS_LEGENDRE_16 {
                let z = length.mul_add(node, pair[0]);
                let ln = self.ln_any_given(critical, z, two_sided) - 0.5 * z * z;
                largest = largest.max(ln);
                terms.push((ln, weight * length));
            }
        }
        if largest == f64::NEG_INFINITY {
            return largest;
        }
        let sum: f64 = terms.into_iter().map(|(ln, weight)| weight * (ln - largest).exp()).sum();
        largest + sum.ln() + doubled - 0.5 * (2.0 * PI).ln()
    }

    /// The logarithm of the probability that any statistic is beyond, given the control's deviation: `1 - product of (1 - q)`.
    fn ln_any_given(&self, critical: f64, z: f64, two_sided: bool) -> f64 {
        let mut ln_none = 0.0;
        // Where every q is too small for 1 - q, they add up.
        let (mut largest, mut sum) = (f64::NEG_INFINITY, 0.0);
        for share in &self.shares {
            let above = ln_normal_upper((critical - share.control * z) / share.own);
            let mut ln_q = above;
            if two_sided {
                let below = ln_normal_upper((critical + share.control * z) / share.own);
                if below > f64::NEG_INFINITY {
                    ln_q = above.max(below) + (-(above - below).abs()).exp().ln_1p();
                }
            }
            let ln_q = ln_q.min(0.0);
            ln_none += share.targets * ln_one_less_exp(ln_q);
            let ln_term = ln_q + share.targets.ln();
            if ln_term == f64::NEG_INFINITY {
                continue;
            }
            if ln_term > largest {
                sum = sum * (largest - ln_term).exp() + 1.0;
                largest = ln_term;
            } else {
                sum += (ln_term - largest).exp();
            }
        }
        if largest < -40.0 { largest + sum.ln() } else { ln_one_less_exp(ln_none) }
    }

    /// Ends of panels: close together where a target's own deviation decides.
    fn panels(&self, critical: f64, from: f64, to: f64) -> Vec<f64> {
        let mut ends = vec![from, to];
        let whole = ((to - from) / PANEL).ceil();
        ends.extend((1..whole as u32).map(|k| from + (to - from) * f64::from(k) / whole));
        for share in &self.shares {
            let width = share.own / share.control;
            if width < 1.0 {
                let centre = critical / share.control;
                ends.extend([-10.0, -7.5, -5.0, -2.5, 0.0, 2.5, 5.0, 7.5, 10.0].map(|k| centre + k * width));
            }
        }
        ends.retain(|end| (from..=to).contains(end));
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        ends
    }

    /// The statistic that any exceeds with probability alpha; of the absolute ones if two-sided, negative for `Less`.
    pub(super) fn critical_value(&self, alpha: f64, alternative: Alternative) -> f64 {
        let target = alpha.ln();
        let (two_sided, less) = (alternative == Alternative::TwoSided, alternative == Alternative::Less);
        let sided = if two_sided { Alternative::TwoSided } else { Alternative::Greater };
        // Between the levels of one test alone and of Bonferroni's.
        let tails = if two_sided { 2.0 } else { 1.0 };
        let single = |level: f64| {
            if self.df == f64::INFINITY {
                -normal_quantile_ln(level.ln())
            } else {
                -student_t_quantile(level, self.df)
            }
        };
        let (low, high) = (single(alpha / tails), single(alpha / (tails * self.targets())));
        // A function of a positive argument: the distance above the lower bound's reach.
        let shift = if low > 0.0 { 0.0 } else { 2.0 * low.abs() + 1.0 };
        let root = root_of_falling(
            |c| self.ln_any_beyond(c - shift, sided) - target,
            f64::midpoint(low, high) + shift,
        );
        if less { shift - root } else { root - shift }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{ln_student_t_upper, student_t_upper};

    #[test]
    fn one_target_is_student() {
        for df in [2.0, 11.0, 500.0, 1e9, f64::INFINITY] {
            for (size, control) in [(1.0, 1.0), (19.0, 1.0), (1e9, 1.0), (1.0, 50.0)] {
                let joint = ManyToOne::new(&[size], control, df);
                for t in [0.01, 1.0, 2.5, 8.0, 30.0] {
                    let (two, one) = (
                        joint.ln_any_beyond(t, Alternative::TwoSided),
                        joint.ln_any_beyond(t, Alternative::Greater),
                    );
                    let known = ln_student_t_upper(t, df);
                    let allowed = 1e-12 * (1.0 + 0.01 * known.abs());
                    assert!(
                        (two - (2.0 * student_t_upper(t, df)).ln()).abs() < allowed,
                        "{df} {size} {t}: {two} {known}"
                    );
                    assert!((one - known).abs() < allowed, "{df} {size} {t}: {one} {known}");
                    let below = joint.ln_any_beyond(-t, Alternative::Greater);
                    assert!(
                        (below.exp() - student_t_upper(-t, df)).abs() < 1e-12,
                        "{df} {size} {t}: {below}"
                    );
                }
            }
        }
    }

    #[test]
    fn critical_values_give_the_level_back() {
        for targets in [vec![10.0], vec![10.0; 3], vec![5.0, 100.0, 1e4, 1e6]] {
            for df in [3.0, 60.0, f64::INFINITY] {
                let joint = ManyToOne::new(&targets, 20.0, df);
                for alpha in [1e-12, 0.01, 0.05, 0.4, 0.7] {
                    for alternative in Alternative::ALL {
                        let critical = joint.critical_value(alpha, *alternative);
                        let back = joint.ln_any_beyond(critical, *alternative).exp();
                        assert!(
                            (back / alpha - 1.0).abs() < 1e-11,
                            "{targets:?} {df} {alpha} {alternative:?}: {critical} {back}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn far_tails_add_up() {
        // Two statistics beyond 40 at once are rarer than one by far.
        let joint = ManyToOne::new(&[10.0; 4], 10.0, f64::INFINITY);
        let sum = ln_normal_upper(400.0) + 8f64.ln();
        assert!((joint.ln_any_beyond(400.0, Alternative::TwoSided) / sum - 1.0).abs() < 1e-14);
    }
}
