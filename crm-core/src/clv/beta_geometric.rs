//! Discrete lifetimes: each customer leaves with a probability of their own at each opportunity, and these probabilities follow a
//! beta distribution.
//!
//! Fader and Hardie (2007), "How to project customer retention", *Journal of Interactive Marketing* 21(1).

use super::slow_sum::{Falling, Terms};
use crate::math::{digamma_rising, ln_rising};

/// The chance to leave at the next opportunity is distributed as Beta(`leave`, `stay`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BetaGeometric {
    pub(super) leave: f64,
    pub(super) stay: f64,
}

impl BetaGeometric {
    /// Of those who are still there after so many more opportunities.
    pub(super) fn after(self, opportunities: f64) -> Self {
        Self { leave: self.leave, stay: self.stay + opportunities }
    }

    /// ln P(still there after `m` opportunities), `B(leave, stay + m) / B(leave, stay)`.
    pub(super) fn ln_survival(self, m: f64) -> f64 {
        if m == f64::INFINITY {
            return f64::NEG_INFINITY;
        }
        Falling { low: self.stay, gap: self.leave }.ln(m)
    }

    pub(super) fn survival(self, m: f64) -> f64 {
        self.ln_survival(m).exp()
    }

    /// Expected number of the next `m` opportunities, which may be infinite, that they are there for, each discounted at a
    /// continuous rate: the sum of `e^(-rate k) S(k)` for k = 1, ..., m.
    pub(super) fn discounted(self, m: f64, rate: f64) -> f64 {
        let Self { leave, stay } = self;
        if rate == 0.0 && m > 64.0 {
            return self.expected(m);
        }
        let first = (-rate).exp() * (stay / (leave + stay));
        first * Terms::new(rate, Falling { low: stay + 1.0, gap: leave }).ln_sum(m).exp()
    }

    /// The sum of S(k) for k = 1, ..., m in closed form: `stay / (leave - 1) (1 - (stay + 1)_m / (leave + stay)_m)`, which is written
    /// so that nothing special happens at `leave` = 1.
    fn expected(self, m: f64) -> f64 {
        let Self { leave, stay } = self;
        let excess = leave - 1.0;
        if m == f64::INFINITY {
            return if excess > 0.0 { stay / excess } else { f64::INFINITY };
        }
        if excess.abs() < 1e-5 {
            // The mean of the digamma function over (stay + 1, stay + leave) is that of the middle, up to the square of the excess.
            let exponent = digamma_rising(stay + 1.0 + 0.5 * excess, m);
            return stay * exponent * expm1_over(-excess * exponent);
        }
        let rising = |from: f64| {
            if excess > 0.0 { ln_rising(from, excess) } else { -ln_rising(from + excess, -excess) }
        };
        stay * -(rising(stay + 1.0) - rising(stay + 1.0 + m)).exp_m1() / excess
    }
}

/// `(e^z - 1) / z`.
fn expm1_over(z: f64) -> f64 {
    if z == 0.0 { 1.0 } else { z.exp_m1() / z }
}
