//! A ratio of two estimates, judged by the linear combination that is 0 where the ratio has the value of the null.
//!
//! Fieller (1954), "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2).

use super::interval::Interval;
use super::test_options::Alternative;

/// Two estimates with their variances and what they share, and a ratio of theirs less an offset.
///
/// ```text
/// T = e + k m,  C = f + m > 0,  contrast = T / C - offset
/// V(r) = var(T - r C) = v_t + r^2 v_c + (k - r)^2 w + 2 (k - r)(u_t - r u_c)
/// ```
///
/// with independent e and f of variances `v_t` and `v_c`, a common part m of variance w, and covariances `u_t = cov(e, m)`, `u_c = cov(f, m)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fraction {
    /// T.
    pub(super) target: f64,
    /// C, above 0.
    pub(super) control: f64,
    /// T - offset C, computed without cancellation.
    pub(super) numerator: f64,
    pub(super) offset: f64,
    pub(super) target_variance: f64,
    pub(super) control_variance: f64,
    pub(super) common: Common,
}

/// What two estimates share; all 0 for independent ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    /// k, 1 or -1.
    pub(super) sign: f64,
    /// w.
    pub(super) variance: f64,
    pub(super) with_target: f64,
    pub(super) with_control: f64,
}

impl Common {
    /// Nothing.
    pub(super) const NOTHING: Self = Self { sign: 0.0, variance: 0.0, with_target: 0.0, with_control: 0.0 };
}

impl Fraction {
    /// The estimate of the contrast.
    pub(super) fn estimate(&self) -> f64 {
        self.numerator / self.control
    }

    /// V at a ratio.
    fn variance(&self, ratio: f64) -> f64 {
        let Common { sign, variance, with_target, with_control } = self.common;
        let rest = sign - ratio;
        let shared = rest * rest * variance + 2.0 * rest * (with_target - ratio * with_control);
        (self.target_variance + ratio * ratio * self.control_variance + shared).max(0.0)
    }

    /// The standard error of the estimate by a linear expansion.
    pub(super) fn delta_error(&self) -> f64 {
        self.variance(self.target / self.control).sqrt() / self.control
    }

    /// `(T - r C) / sqrt(V(r))` where the contrast has the value `null`.
    pub(super) fn statistic(&self, null: f64) -> f64 {
        (self.numerator - null * self.control) / self.variance(self.offset + null).sqrt()
    }

    /// The values of the contrast whose statistic does not exceed the critical value.
    pub(super) fn interval(&self, critical: f64, alternative: Alternative) -> Interval {
        if alternative == Alternative::Less {
            let mirrored = self.mirrored().interval(critical, Alternative::Greater);
            return Interval { lower: -mirrored.upper, upper: -mirrored.lower, kind: mirrored.kind };
        }
        // Far to the left the statistic is C over its spread, far to the right the negative of that.
        let spread = critical * self.control_spread();
        let (left, right) = (self.control <= spread, -self.control <= spread);
        let roots = self.roots(critical);
        if alternative == Alternative::TwoSided {
            return match roots {
                None => Interval::unbounded(),
                Some((first, second)) if self.control >= spread => Interval::bounded(first, second),
                Some((first, second)) => Interval::exclusive(first, second),
            };
        }
        // The roots belong to the critical value or to its negative.
        let of_sign = |root: f64| (self.numerator - root * self.control) * critical >= 0.0;
        let roots = roots.filter(|&(first, second)| left != right || (of_sign(first) && of_sign(second)));
        match (left, right, roots) {
            (false, true, Some((first, second))) => {
                Interval::bounded(if critical >= 0.0 { first } else { second }, f64::INFINITY)
            }
            (true, _, Some((first, second))) => Interval::exclusive(first, second),
            (true, _, None) | (false, true, None) => Interval::unbounded(),
            (false, false, Some((first, second))) => Interval::bounded(first, second),
            // At a level above a half everything may be rejected.
            (false, false, None) => Interval::bounded(f64::INFINITY, f64::NEG_INFINITY),
        }
    }

    /// The same question for -T.
    fn mirrored(&self) -> Self {
        let common = Common { sign: -self.common.sign, with_target: -self.common.with_target, ..self.common };
        Self { target: -self.target, numerator: -self.numerator, offset: -self.offset, common, ..*self }
    }

    fn control_spread(&self) -> f64 {
        let Common { variance, with_control, .. } = self.common;
        (self.control_variance + variance + 2.0 * with_control).max(0.0).sqrt()
    }

    /// The contrasts, ascending, at which the statistic has the size of the critical value.
    ///
    /// With `r = offset + x`, `N = T - offset C` and `V(r) = q0 + 2 q1 r + q2 r^2`, they are the roots of `a x^2 - 2 b x + c` with
    /// `a = C^2 - t^2 q2`, `b = N C + t^2 (q1 + offset q2)`, `c = N^2 - t^2 V(offset)`; and `b^2 - a c = t^2 (C^2 V(T/C) - t^2 (q0 q2 - q1^2))`.
    fn roots(&self, critical: f64) -> Option<(f64, f64)> {
        let Common { sign, variance: w, with_target, with_control } = self.common;
        let (t, offset) = (critical, self.offset);
        let (t_var, c_var) = (self.target_variance, self.control_variance);
        let spread = t * self.control_spread();
        let a = (self.control - spread) * (self.control + spread);
        let slope = offset * c_var + (offset - sign) * w + (2.0 * offset - sign) * with_control - with_target;
        let b = self.numerator * self.control + t * t * slope;
        let at_offset = t * self.variance(offset).sqrt();
        let c = (self.numerator - at_offset) * (self.numerator + at_offset);
        let rest = sign * self.control - self.target;
        let shared = rest * rest * w + 2.0 * rest * (with_target * self.control - with_control * self.target);
        let at_estimate = t_var * self.control.powi(2) + c_var * self.target.powi(2) + shared;
        let determinant =
            t_var * c_var + w * (t_var + c_var) + 2.0 * (sign * with_target * c_var + with_control * t_var)
                - (sign * with_target - with_control).powi(2);
        let discriminant = at_estimate - t * t * determinant;
        if discriminant < 0.0 {
            return None;
        }
        let q = b + (t.abs() * discriminant.sqrt()).copysign(b);
        if q == 0.0 {
            return (a != 0.0).then_some((0.0, 0.0));
        }
        let (one, other) = (if a == 0.0 { q * f64::INFINITY } else { q / a }, c / q);
        Some((one.min(other), one.max(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::IntervalKind;

    fn fraction(target: f64, control: f64, offset: f64) -> Fraction {
        Fraction {
            target,
            control,
            numerator: target - offset * control,
            offset,
            target_variance: 0.04,
            control_variance: 0.09,
            common: Common::NOTHING,
        }
    }

    #[test]
    fn the_statistic_has_the_critical_size_at_every_end() {
        let shared = Common { sign: 1.0, variance: 0.02, with_target: 0.01, with_control: -0.015 };
        for alternative in Alternative::ALL.iter().copied() {
            for (target, control, offset) in
                [(5.0, 4.0, 1.0), (-5.0, 4.0, 0.0), (0.3, 0.2, 1.0), (4.0, 0.1, -1.0)]
            {
                for critical in [0.3, 1.96, -0.4] {
                    for common in [Common::NOTHING, shared, Common { sign: -1.0, ..shared }] {
                        if critical < 0.0 && alternative == Alternative::TwoSided {
                            continue;
                        }
                        let fraction = Fraction { common, ..fraction(target, control, offset) };
                        let interval = fraction.interval(critical, alternative);
                        for end in [interval.lower, interval.upper].into_iter().filter(|end| end.is_finite())
                        {
                            let size = fraction.statistic(end);
                            let size = match alternative {
                                Alternative::TwoSided => size.abs(),
                                Alternative::Greater => size,
                                Alternative::Less => -size,
                            };
                            assert!(
                                (size - critical).abs() < 1e-9,
                                "{fraction:?} {critical} {interval:?} {size}"
                            );
                        }
                        for step in -200..200 {
                            let value = f64::from(step) * 0.173 + 0.01;
                            let size = fraction.statistic(value);
                            let rejected = match alternative {
                                Alternative::TwoSided => size.abs() > critical,
                                Alternative::Greater => size > critical,
                                Alternative::Less => -size > critical,
                            };
                            assert_eq!(
                                interval.contains(value),
                                !rejected,
                                "{fraction:?} {value} {interval:?} {critical}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_control_close_to_zero_has_no_end() {
        let kind = |control| fraction(1.0, control, 0.0).interval(1.96, Alternative::TwoSided).kind;
        assert_eq!((kind(2.0), kind(0.5)), (IntervalKind::Bounded, IntervalKind::Exclusive));
        assert_eq!(
            fraction(0.1, 0.1, 0.0).interval(1.96, Alternative::TwoSided).kind,
            IntervalKind::Unbounded
        );
    }
}
