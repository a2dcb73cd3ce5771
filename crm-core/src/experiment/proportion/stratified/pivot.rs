//! The stratified score test: its statistic at any value of the contrast, and where that is critical.

use super::super::super::test_options::Contrast;
use super::super::super::test_result::TestStatus;
use super::super::evidence::{Asked, Evidence};
use super::super::rates::Relative;
use super::super::score::{above_ratio, falling_root};
use super::moments::excess_and_variance;
use super::strata::{Strata, Stratum};

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// Logarithms of ratios beyond these are taken as those of 0 and infinity: what is multiplied by counts stays a double.
const LEAST_LN: f64 = -600.0;
const MOST_LN: f64 = 600.0;
/// Steps outwards double: a bound in case of rounding.
const MOST_LOOKS: u32 = 1000;

/// A statistic that, but for strata that contradict each other, falls as the value that it is held against rises.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pivot<'a> {
    pub(super) strata: &'a Strata,
    pub(super) contrast: Contrast,
    /// What the correction for continuity takes from the size of the deviation.
    pub(super) half: f64,
}

impl Pivot<'_> {
    pub(super) fn evidence(&self, asked: &Asked) -> Evidence {
        let null = asked.options.null_value();
        Evidence::normal(
            self.at(null),
            asked,
            self.standard_error(null),
            |critical| self.end(critical, End::Lower),
            |critical| self.end(-critical, End::Upper),
        )
        .status(TestStatus::Ok)
    }

    /// The statistic at a value of the contrast.
    fn at(&self, value: f64) -> f64 {
        match self.contrast {
            Contrast::Difference => self.at_difference(value),
            Contrast::Lift => self.at_relative(Relative::of_lift(value)),
            Contrast::Ratio | Contrast::OddsRatio => self.at_relative(Relative::of_ratio(value)),
        }
    }

    fn at_difference(&self, value: f64) -> f64 {
        let deviation = self.sum(|s| s.weight * (s.rates.difference() - value));
        self.scaled(deviation, self.variance(Relative::of_lift(0.0), Some(value)))
    }

    fn at_relative(&self, value: Relative) -> f64 {
        if self.contrast == Contrast::OddsRatio {
            let (mut excess, mut variance) = (0.0, 0.0);
            for stratum in &self.strata.all {
                let (above, more) = excess_and_variance(&stratum.rates, value);
                excess += above;
                variance += more;
            }
            return self.scaled(excess, variance);
        }
        let deviation = self.sum(|s| s.weight * above_ratio(&s.rates, value));
        self.scaled(deviation, self.variance(value, None))
    }

    /// The variance of the weighted deviation from a ratio, or from a difference.
    fn variance(&self, ratio: Relative, difference: Option<f64>) -> f64 {
        self.sum(|s| {
            let (rates, r) = (&s.rates, ratio.ratio);
            let fit = match difference {
                Some(difference) => rates.fit_difference(difference),
                None => rates.fit_ratio(ratio),
            };
            // r^2 p0 (1 - p0), of which r p0 is p1, without a square that could overflow.
            let of_control =
                if difference.is_some() { fit.p0 * fit.q0 } else { r * fit.p1.min(r * fit.p0) * fit.q0 };
            s.weight * s.weight * s.inflation() * (fit.p1 * fit.q1 / rates.n1 + of_control / rates.n0)
        })
    }

    fn sum(&self, of: impl Fn(&Stratum) -> f64) -> f64 {
        self.strata.sum(of)
    }

    fn scaled(&self, deviation: f64, variance: f64) -> f64 {
        let left = (deviation.abs() - self.half).max(0.0).copysign(deviation);
        if left == 0.0 { 0.0 } else { left / variance.max(0.0).sqrt() }
    }

    /// The standard error of the estimate under the null; NaN for the odds ratio.
    fn standard_error(&self, null: f64) -> f64 {
        let (variance, unit) = match self.contrast {
            Contrast::Difference => {
                (self.variance(Relative::of_lift(0.0), Some(null)), self.sum(|s| s.weight))
            }
            Contrast::Lift => (self.variance(Relative::of_lift(null), None), self.control()),
            Contrast::Ratio => (self.variance(Relative::of_ratio(null), None), self.control()),
            Contrast::OddsRatio => return f64::NAN,
        };
        if unit == 0.0 { f64::NAN } else { variance.sqrt() / unit }
    }

    /// The sum of the control's rates times the weights.
    fn control(&self) -> f64 {
        self.sum(|s| s.weight * s.rates.p0())
    }

    /// The value of the contrast furthest out at which the statistic is `target`; the end of what is possible where it never is.
    fn end(&self, target: f64, end: End) -> f64 {
        if self.contrast == Contrast::Difference {
            return self.difference_at(target, end);
        }
        let ln = self.limit(target, end).unwrap_or_else(|| self.ln_relative_at(target, end));
        let lift = self.contrast == Contrast::Lift;
        match ln {
            ln if ln <= LEAST_LN && lift => -1.0,
            ln if ln <= LEAST_LN => 0.0,
            ln if ln >= MOST_LN => f64::INFINITY,
            ln if lift => ln.exp_m1(),
            ln => ln.exp(),
        }
    }

    fn difference_at(&self, target: f64, end: End) -> f64 {
        // Arms with a conversion and a failure more, as Agresti and Caffo (2000) have it, are near enough to start from.
        let near = |x: f64, f: f64, n: f64| (x + 1.0) * (f + 1.0) / ((n + 2.0) * (n + 2.0) * (n + 2.0));
        let variance = self.sum(|s| {
            let r = &s.rates;
            s.weight * s.weight * (near(r.x1, r.f1, r.n1) + near(r.x0, r.f0, r.n0))
        });
        let error = variance.sqrt() / self.sum(|s| s.weight);
        let start = (self.strata.difference() - target * error).clamp(-1.0 + 1e-3, 1.0 - 1e-3);
        self.furthest(|value| self.at_difference(value) - target, start, error, (-1.0, 1.0), end)
    }

    fn ln_relative_at(&self, target: f64, end: End) -> f64 {
        // Half a conversion and half a failure more, and a rough error, to start from.
        let (above, below, error) = if self.contrast == Contrast::OddsRatio {
            let product = |x: f64, f: f64, n: f64| (x + 0.5) * ((f + 0.5) / n);
            let above = self.sum(|s| product(s.rates.x1, s.rates.f0, s.rates.trials()));
            let below = self.sum(|s| product(s.rates.x0, s.rates.f1, s.rates.trials()));
            (above, below, (above.recip() + below.recip()).sqrt())
        } else {
            let rate = |x: f64, n: f64| (x + 0.5) / n;
            let above = self.sum(|s| s.weight * rate(s.rates.x1, s.rates.n1));
            let below = self.sum(|s| s.weight * rate(s.rates.x0, s.rates.n0));
            let square = self.sum(|s| {
                let (one, other) = (s.weight / above / s.rates.n1, s.weight / below / s.rates.n0);
                (s.rates.x1 + 0.5) * one * one + (s.rates.x0 + 0.5) * other * other
            });
            (above, below, square.sqrt())
        };
        let start = ((above / below).ln() - target * error).clamp(LEAST_LN + 100.0, MOST_LN - 100.0);
        let at = |ln: f64| self.at_relative(Relative::of_ln(ln)) - target;
        self.furthest(at, start, error, (LEAST_LN, MOST_LN), end)
    }

    /// Where a relative contrast has no end because the statistic does not get so far from 0: an infinite one.
    fn limit(&self, target: f64, end: End) -> Option<f64> {
        let odds = self.contrast == Contrast::OddsRatio;
        let none = |one: fn(&Stratum) -> f64, other: fn(&Stratum) -> f64| {
            self.strata.all.iter().all(|s| one(s) == 0.0 || (odds && other(s) == 0.0))
        };
        let no_least = none(|s| s.rates.x1, |s| s.rates.f0);
        let no_most = none(|s| s.rates.x0, |s| s.rates.f1);
        if no_least && no_most {
            // The statistic is 0 throughout: all is accepted, or for one-sided levels above a half nothing.
            let accepted = if end == End::Lower { target >= 0.0 } else { target <= 0.0 };
            return Some(if (end == End::Lower) == accepted { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        if no_least && target >= 0.0 {
            return Some(f64::NEG_INFINITY);
        }
        (no_most && target <= 0.0).then_some(f64::INFINITY)
    }

    /// The root of a function that falls, and from there outwards the last value that is not rejected either.
    fn furthest(
        &self,
        f: impl Fn(f64) -> f64,
        start: f64,
        step: f64,
        (least, most): (f64, f64),
        end: End,
    ) -> f64 {
        let mut found = falling_root(&f, start, step, (least, most));
        if self.strata.all.len() == 1 {
            return found;
        }
        let direction = if end == End::Lower { -1.0 } else { 1.0 };
        let (mut length, mut inner, mut rejected) = (0.5 * step, found, false);
        for _ in 0..MOST_LOOKS {
            if inner <= least || inner >= most {
                break;
            }
            let outer = (found + direction * length).clamp(least, most);
            let side = f(outer) * direction;
            if side > 0.0 && rejected {
                // Strata that contradict each other: another piece begins here, whose end lies further out.
                found = falling_root(&f, outer, length, (least, most));
                if (found - outer) * direction <= 0.0 {
                    return outer;
                }
                (inner, length, rejected) = (found, 0.5 * step, false);
                continue;
            }
            (inner, rejected) = (outer, side < 0.0);
            length *= 2.0;
        }
        found
    }
}
