//! p-values and critical values of a statistic that is near normal.

use std::f64::consts::LN_2;

use super::test_options::Alternative;
use crate::math::{normal_quantile, normal_upper_with_ln};

/// A p-value with its natural logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PValue {
    pub(crate) p: f64,
    pub(crate) ln_p: f64,
}

impl PValue {
    /// What cannot be told.
    pub(crate) const UNDEFINED: Self = Self { p: f64::NAN, ln_p: f64::NAN };
    /// Nothing speaks against the null.
    pub(crate) const ONE: Self = Self { p: 1.0, ln_p: 0.0 };

    fn of((p, ln_p): (f64, f64)) -> Self {
        Self { p, ln_p }
    }

    /// From the logarithm.
    pub(crate) fn from_ln(ln_p: f64) -> Self {
        let ln_p = ln_p.min(0.0);
        Self { p: ln_p.exp(), ln_p }
    }

    /// Twice the smaller of both tails, at most 1; from their logarithms.
    pub(crate) fn central(ln_lower: f64, ln_upper: f64) -> Self {
        Self::from_ln(LN_2 + ln_lower.min(ln_upper))
    }
}

impl Alternative {
    /// The p-value of a standard normal statistic that is large when the target is above the null.
    pub(crate) fn normal_p(self, z: f64) -> PValue {
        if z.is_nan() {
            return PValue::UNDEFINED;
        }
        match self {
            Self::TwoSided => {
                let (p, ln_p) = normal_upper_with_ln(z.abs());
                PValue { p: (2.0 * p).min(1.0), ln_p: (LN_2 + ln_p).min(0.0) }
            }
            Self::Greater => PValue::of(normal_upper_with_ln(z)),
            Self::Less => PValue::of(normal_upper_with_ln(-z)),
        }
    }

    /// The share of alpha at each end that the interval has.
    pub(crate) fn alpha_at_end(self, alpha: f64) -> f64 {
        if self == Self::TwoSided { alpha / 2.0 } else { alpha }
    }

    /// How far from 0 a standard normal statistic has to be; below 0 for one-sided tests with alpha above 1/2.
    pub(crate) fn normal_critical(self, alpha: f64) -> f64 {
        -normal_quantile(self.alpha_at_end(alpha))
    }
}
