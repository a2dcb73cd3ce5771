//! Exact tests and intervals from a distribution on whole numbers whose natural parameter shifts it: binomial, hypergeometric.

use std::f64::consts::LN_2;

use super::interval::Interval;
use super::normal_tail::PValue;
use super::test_options::Alternative;
use crate::math::root_between;

/// `f(k; t) ~ w(k) e^(k t)`: with t tails move to the right.
pub(crate) trait Family {
    /// The least possible number.
    fn least(&self) -> f64;
    /// The greatest possible number.
    fn most(&self) -> f64;
    /// ln P(K = k).
    fn ln_point(&self, k: f64, t: f64) -> f64;
    /// ln P(K = k), but for a term that is the same for all k.
    fn ln_weight(&self, k: f64, t: f64) -> f64;
    /// ln P(K <= k), for k from the least number less 1.
    fn ln_lower(&self, k: f64, t: f64) -> f64;
    /// ln P(K >= k), for k up to the greatest number and 1.
    fn ln_upper(&self, k: f64, t: f64) -> f64;
    /// The most likely number.
    fn mode(&self, t: f64) -> f64;
}

/// What counts as at least as extreme as what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extreme {
    /// What is not more likely (Fisher 1935, Freeman and Halton 1951).
    MinimumLikelihood,
    /// Twice the smaller tail.
    Central,
    /// Twice the smaller tail, of which what was seen counts half (Lancaster 1961).
    MidP,
}

/// Points are taken as equally likely when their logarithms differ by no more: rounding, not chance.
const TIE: f64 = 1e-11;

/// ln(e^a + e^b).
pub(crate) fn ln_add(a: f64, b: f64) -> f64 {
    let (most, least) = (a.max(b), a.min(b));
    if most == f64::NEG_INFINITY { most } else { most + (least - most).exp().ln_1p() }
}

/// An exact test of what was seen.
pub(crate) struct Exact<'a, F> {
    pub(crate) family: &'a F,
    pub(crate) seen: f64,
    pub(crate) extreme: Extreme,
    /// How many jumps of the p-value are looked at beyond the last that matters.
    pub(crate) patience: usize,
}

impl<F: Family> Exact<'_, F> {
    fn ln_upper(&self, t: f64) -> f64 {
        match self.extreme {
            Extreme::MidP => {
                let half = self.family.ln_point(self.seen, t) - LN_2;
                ln_add(self.family.ln_upper(self.seen + 1.0, t), half)
            }
            _ => self.family.ln_upper(self.seen, t),
        }
    }

    fn ln_lower(&self, t: f64) -> f64 {
        match self.extreme {
            Extreme::MidP => {
                let half = self.family.ln_point(self.seen, t) - LN_2;
                ln_add(self.family.ln_lower(self.seen - 1.0, t), half)
            }
            _ => self.family.ln_lower(self.seen, t),
        }
    }

    /// The p-value at a natural parameter.
    pub(crate) fn p_value(&self, t: f64, alternative: Alternative) -> PValue {
        match (alternative, self.extreme) {
            (Alternative::Greater, _) => PValue::from_ln(self.ln_upper(t)),
            (Alternative::Less, _) => PValue::from_ln(self.ln_lower(t)),
            (_, Extreme::MinimumLikelihood) => self.minimum_likelihood(t),
            _ => PValue::central(self.ln_lower(t), self.ln_upper(t)),
        }
    }

    fn minimum_likelihood(&self, t: f64) -> PValue {
        let (family, seen) = (self.family, self.seen);
        let mode = family.mode(t);
        if family.ln_weight(seen, t) >= family.ln_weight(mode, t) - TIE {
            return PValue::ONE;
        }
        PValue::from_ln(if seen > mode {
            ln_add(family.ln_upper(seen, t), family.ln_lower(below(family, seen, t), t))
        } else {
            let mirrored = Mirrored(family);
            ln_add(family.ln_lower(seen, t), family.ln_upper(-below(&mirrored, -seen, -t), t))
        })
    }

    /// The natural parameters that the test does not reject; where these are several pieces, from the first to the last.
    pub(crate) fn interval(&self, alternative: Alternative, alpha: f64) -> (f64, f64) {
        let share = alternative.alpha_at_end(alpha).ln();
        let two_sided = alternative == Alternative::TwoSided;
        let (lower, upper) = if two_sided && self.extreme == Extreme::MinimumLikelihood {
            let mirrored = Mirrored(self.family);
            (
                first_accepted(self.family, self.seen, alpha.ln(), self.patience),
                -first_accepted(&mirrored, -self.seen, alpha.ln(), self.patience),
            )
        } else {
            let lower = rising_root(|t| self.ln_upper(t) - share);
            (lower, -rising_root(|t| self.ln_lower(-t) - share))
        };
        match alternative {
            Alternative::TwoSided => (lower, upper),
            Alternative::Greater => (lower, f64::INFINITY),
            Alternative::Less => (f64::NEG_INFINITY, upper),
        }
    }
}

/// The distribution of -K.
struct Mirrored<'a, F>(&'a F);

impl<F: Family> Family for Mirrored<'_, F> {
    fn least(&self) -> f64 {
        -self.0.most()
    }
    fn most(&self) -> f64 {
        -self.0.least()
    }
    fn ln_point(&self, k: f64, t: f64) -> f64 {
        self.0.ln_point(-k, -t)
    }
    fn ln_weight(&self, k: f64, t: f64) -> f64 {
        self.0.ln_weight(-k, -t)
    }
    fn ln_lower(&self, k: f64, t: f64) -> f64 {
        self.0.ln_upper(-k, -t)
    }
    fn ln_upper(&self, k: f64, t: f64) -> f64 {
        self.0.ln_lower(-k, -t)
    }
    fn mode(&self, t: f64) -> f64 {
        -self.0.mode(-t)
    }
}

/// The greatest number below the mode that is not more likely than `seen`, which is above it; one below the least if there is none.
fn below(family: &impl Family, seen: f64, t: f64) -> f64 {
    let most = family.ln_weight(seen, t) + TIE;
    let (mut inside, mut outside) = (family.least() - 1.0, family.mode(t));
    while outside - inside > 1.0 {
        let middle = (0.5 * (inside + outside)).floor();
        if family.ln_weight(middle, t) <= most { inside = middle } else { outside = middle }
    }
    inside
}

/// Beyond these natural parameters are no odds among the doubles.
const END: f64 = 700.0;

/// The root of a function that rises; infinite where it has none.
fn rising_root(f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 0.0);
    let mut step = 1.0;
    if f(0.0) > 0.0 {
        while f(low) > 0.0 {
            if low <= -END {
                return f64::NEG_INFINITY;
            }
            (high, low) = (low, low - step);
            step *= 2.0;
        }
    } else {
        while f(high) <= 0.0 {
            if high >= END {
                return f64::INFINITY;
            }
            (low, high) = (high, high + step);
            step *= 2.0;
        }
    }
    root_between(f, low, high)
}

/// The smallest natural parameter at which the minimum-likelihood test does not reject.
///
/// The p-value is `P(K >= seen) + P(K <= k)`, where k grows by one at `t_k = (ln w(k) - ln w(seen)) / (seen - k)`. Between two such
/// jumps it falls and then rises, so that a piece of accepted values starts at a jump or ends at the next. `P(K <= k)` is at most as
/// many times `P(K = seen)` as there are numbers up to k, which bounds where pieces can be.
fn first_accepted(family: &impl Family, seen: f64, ln_alpha: f64, patience: usize) -> f64 {
    if seen <= family.least() {
        return f64::NEG_INFINITY;
    }
    let one_sided = rising_root(|t| family.ln_upper(seen, t) - ln_alpha);
    let jump = |k: f64| {
        let difference = family.ln_weight(k, one_sided) - family.ln_weight(seen, one_sided);
        one_sided + difference / (seen - k)
    };
    let excess = |k: f64, t: f64| ln_add(family.ln_upper(seen, t), family.ln_lower(k, t)) - ln_alpha;
    let mut best = one_sided;
    // The last jump up to there, by halving.
    let (mut k, mut after) = (family.least() - 1.0, seen);
    while after - k > 1.0 {
        let middle = (0.5 * (k + after)).floor();
        if jump(middle) <= one_sided { k = middle } else { after = middle }
    }
    // With many trials there are millions of jumps: those far from the last accepted one are leapt over.
    let (last, mut leap) = (k, patience as f64);
    let accepted = |k: f64| k >= family.least() && excess(k, jump(k)) >= -TIE;
    while accepted(k - leap) {
        k -= leap;
        leap *= 2.0;
    }
    while leap > patience as f64 {
        leap *= 0.5;
        if accepted(k - leap) {
            k -= leap;
        }
    }
    let (mut end, mut idle) = (if k < last { jump(k + 1.0) } else { one_sided }, 0);
    while k >= family.least() && idle < patience {
        let start = jump(k);
        let count = k - family.least() + 1.0;
        idle += 1;
        // A tie counts: a little right of the jump, where rounding cannot hide it.
        if excess(k, start) >= -TIE {
            (best, idle) = (start, 0);
        } else if excess(k, end) >= 0.0 {
            (best, idle) = (root_between(|t| excess(k, t), start, end), 0);
        }
        if family.ln_upper(seen, start) + count.ln_1p() < ln_alpha {
            break;
        }
        (end, k) = (start, k - 1.0);
    }
    best
}

impl Interval {
    /// The hull of what an exact test does not reject, made to agree with the verdict on the null.
    ///
    /// A null that is not rejected belongs to it. One that is rejected, though values on both sides are not, cuts it: what remains is the
    /// part on the estimate's side, and of an interval without end that without an end.
    pub(crate) fn hull_agreeing(
        self,
        null: f64,
        rejected: bool,
        estimate: f64,
        alternative: Alternative,
    ) -> Self {
        if rejected {
            let side = match alternative {
                Alternative::TwoSided => estimate,
                Alternative::Greater => f64::INFINITY,
                Alternative::Less => f64::NEG_INFINITY,
            };
            self.agreeing(null, true).cut_at_rejected(null, side)
        } else {
            Self { lower: self.lower.min(null), upper: self.upper.max(null), ..self }
        }
    }
}
