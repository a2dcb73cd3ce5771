//! Two tails of which one is known by its logarithm.

use std::f64::consts::LN_2;

/// The tail that was computed, by its logarithm; the other is what is left of 1.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tail {
    /// The logarithm of the lower tail.
    LnLower(f64),
    /// The logarithm of the upper tail.
    LnUpper(f64),
    /// An argument makes no sense.
    Undefined,
}

impl Tail {
    pub(super) fn lower(self) -> f64 {
        match self {
            Self::LnLower(ln) => ln.min(0.0).exp(),
            Self::LnUpper(ln) => -ln.min(0.0).exp_m1(),
            Self::Undefined => f64::NAN,
        }
    }

    pub(super) fn upper(self) -> f64 {
        self.mirrored().lower()
    }

    pub(super) fn ln_lower(self) -> f64 {
        match self {
            Self::LnLower(ln) => ln.min(0.0),
            Self::LnUpper(ln) => ln_one_less_exp(ln.min(0.0)),
            Self::Undefined => f64::NAN,
        }
    }

    pub(super) fn ln_upper(self) -> f64 {
        self.mirrored().ln_lower()
    }

    /// The same tails in the opposite direction.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::LnLower(ln) => Self::LnUpper(ln),
            Self::LnUpper(ln) => Self::LnLower(ln),
            Self::Undefined => Self::Undefined,
        }
    }
}

/// `ln(1 - e^v)` for `v <= 0`.
pub(crate) fn ln_one_less_exp(v: f64) -> f64 {
    if v > -LN_2 { (-v.exp_m1()).ln() } else { (-v.exp()).ln_1p() }
}

/// At `|r| <= 1/3` the terms from here on are below 1e-17 of the first.
const ARTANH_TERMS: u32 = 17;

/// `ln(1 + t) - t`, never positive; `one_plus` is `1 + t`, known better when it is small.
pub(crate) fn log_less_linear(t: f64, one_plus: f64) -> f64 {
    if t < -0.5 {
        return one_plus.ln() - t;
    }
    if t > 1.0 {
        return t.ln_1p() - t;
    }
    // ln(1 + t) = 2 artanh(r) with r = t / (2 + t), and t = 2r + r t.
    let r = t / (2.0 + t);
    let square = r * r;
    let series = (1..=ARTANH_TERMS).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    r * (2.0 * square * series - t)
}
