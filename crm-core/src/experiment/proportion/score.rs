//! Score and likelihood-ratio tests of two rates: the statistic at a null uses the most likely rates under that null.
//!
//! Miettinen and Nurminen (1985), "Comparative analysis of two rates", Statistics in Medicine 4; without their N / (N - 1) Mee (1984) for the
//! difference and Koopman (1984) for the ratio. All are the pooled z at "no effect", whose square is Pearson's chi-square. Corrected for skewness:
//! Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44; Laud (2017), "Equal-tailed confidence
//! intervals for comparison of rates", Pharmaceutical Statistics 16.

use super::super::binomial::deviance_part as part;
use super::super::cornish_fisher::CornishFisher;
use super::super::test_options::{Alternative, Contrast};
use super::super::test_result::TestStatus;
use super::evidence::{Asked, Evidence};
use super::multiplier::{arms_exchanged, differences_below, odds_ratio_below, ratios_below};
use super::rates::{Fitted, Rates, Relative};
use crate::math::root_between;

/// Ratios are looked for between e^-600 and e^600: beyond, rates of one arm lose their digits.
const LOG_RELATIVE: f64 = 600.0;

/// How far the rates are from their fit under the null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// In standard errors under the null, with the variance times N / (N - 1).
    Corrected,
    /// As the last, less the skewness that the deviation has under the null: by Cornish and Fisher `z + A (z^2 - 1)` is the deviation in standard
    /// errors, with `A = mu3 / (6 V^(3/2))`. From where the slope in z is a quarter, z goes up with the deviation one by one.
    Skewness,
    /// In standard errors under the null.
    Plain,
    /// As the last, less half a unit of count (Yates); of the difference only.
    Continuity,
    /// By the likelihood ratio (G), with the sign of the deviation.
    Likelihood,
}

/// An end of an interval.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// Score and likelihood-ratio tests.
pub(super) fn evidence(rates: &Rates, distance: Distance, asked: &Asked) -> Evidence {
    let options = &asked.options;
    let pivot = Pivot { rates, distance, contrast: options.contrast };
    let null = options.null_value();
    let relative = options.contrast != Contrast::Difference;
    let statistic = pivot.at(null);
    let two_sided = options.alternative == Alternative::TwoSided;
    let both = if two_sided { pivot.both_ends(asked.critical) } else { None };
    let found = Evidence::normal(
        statistic,
        asked,
        pivot.standard_error(null),
        |critical| both.map_or_else(|| pivot.crossing(critical, End::Lower), |(lower, _)| lower),
        |critical| both.map_or_else(|| pivot.crossing(-critical, End::Upper), |(_, upper)| upper),
    );
    found.status(if rates.conversions() == 0.0 {
        TestStatus::NoConversions
    } else if rates.f1 + rates.f0 == 0.0 {
        TestStatus::AllConverted
    } else if relative && rates.x0 == 0.0 {
        TestStatus::ZeroBaseline
    } else {
        TestStatus::Ok
    })
}

/// A statistic that falls as the value that it is held against rises.
pub(super) struct Pivot<'a> {
    rates: &'a Rates,
    distance: Distance,
    contrast: Contrast,
}

impl<'a> Pivot<'a> {
    /// The score statistic of the difference, as exact tests order tables by.
    pub(super) fn of_difference(rates: &'a Rates) -> Self {
        Self { rates, distance: Distance::Plain, contrast: Contrast::Difference }
    }

    /// The standard error of the estimate under the null; NaN for what has none.
    fn standard_error(&self, null: f64) -> f64 {
        let (rates, likelihood) = (self.rates, self.distance == Distance::Likelihood);
        let (fit, ratio, unit) = match self.contrast {
            Contrast::Difference => (rates.fit_difference(null), 1.0, 1.0),
            Contrast::Lift => (rates.fit_ratio(Relative::of_lift(null)), 1.0 + null, rates.p0()),
            Contrast::Ratio => (rates.fit_ratio(Relative::of_ratio(null)), null, rates.p0()),
            Contrast::OddsRatio => return f64::NAN,
        };
        if likelihood || unit == 0.0 {
            return f64::NAN;
        }
        let variance = fit.p1 * fit.q1 / rates.n1 + ratio * ratio * fit.p0 * fit.q0 / rates.n0;
        (variance * self.inflation()).sqrt() / unit
    }

    /// What the variance is multiplied by.
    fn inflation(&self) -> f64 {
        let all = self.rates.trials();
        let corrected = matches!(self.distance, Distance::Corrected | Distance::Skewness);
        if corrected { all / (all - 1.0) } else { 1.0 }
    }

    /// The statistic at a value of the contrast.
    pub(super) fn at(&self, value: f64) -> f64 {
        match self.contrast {
            Contrast::Difference => self.at_difference(value),
            Contrast::Lift => self.at_relative(Relative::of_lift(value)),
            Contrast::Ratio | Contrast::OddsRatio => self.at_relative(Relative::of_ratio(value)),
        }
    }

    fn at_difference(&self, value: f64) -> f64 {
        if value == 0.0 {
            return self.at_no_effect();
        }
        let fit = self.rates.fit_difference(value);
        let variance = fit.p1 * fit.q1 / self.rates.n1 + fit.p0 * fit.q0 / self.rates.n0;
        self.scaled(self.rates.difference() - value, variance, fit, 1.0)
    }

    fn at_relative(&self, value: Relative) -> f64 {
        if value.less_one == 0.0 {
            return self.at_no_effect();
        }
        let rates = self.rates;
        if self.contrast == Contrast::OddsRatio {
            let fit = rates.fit_odds(value);
            let (excess, variance) = above_odds(rates, fit);
            return self.scaled(excess, variance, fit, f64::NAN);
        }
        let fit = rates.fit_ratio(value);
        // r^2 p0 (1 - p0) without the square, which could overflow.
        let variance = fit.p1 * fit.q1 / rates.n1 + value.ratio * fit.p1 * fit.q0 / rates.n0;
        self.scaled(above_ratio(rates, value), variance, fit, value.ratio)
    }

    fn at_no_effect(&self) -> f64 {
        let rates = self.rates;
        let fit = rates.fit_equal();
        if self.distance == Distance::Likelihood {
            let excess = rates.excess();
            let parts = [
                part(rates.x1, rates.n1 * fit.p1, excess),
                part(rates.f1, rates.n1 * fit.q1, -excess),
                part(rates.x0, rates.n0 * fit.p0, -excess),
                part(rates.f0, rates.n0 * fit.q0, excess),
            ];
            return (2.0 * parts.iter().sum::<f64>()).sqrt().copysign(excess);
        }
        let variance = fit.p1 * fit.q1 * (rates.n1.recip() + rates.n0.recip());
        self.scaled(rates.difference(), variance, fit, 1.0)
    }

    /// A deviation of the target's rate from so many times the control's, with the variance that it has under the null.
    fn scaled(&self, deviation: f64, variance: f64, fit: Fitted, times: f64) -> f64 {
        let rates = self.rates;
        let (deviation, variance) = match self.distance {
            Distance::Likelihood => {
                // Without conversions every ratio fits alike, and every odds ratio if all converted.
                let none = rates.x1 + rates.x0 == 0.0 && self.contrast != Contrast::Difference;
                let all = rates.f1 + rates.f0 == 0.0 && self.contrast == Contrast::OddsRatio;
                return if none || all { 0.0 } else { deviance(rates, fit).sqrt().copysign(deviation) };
            }
            Distance::Plain => (deviation, variance),
            Distance::Corrected => (deviation, variance * self.inflation()),
            Distance::Skewness => {
                return self.unskewed(deviation, variance * self.inflation(), fit, times);
            }
            Distance::Continuity => {
                ((deviation.abs() - self.half_a_count()).max(0.0).copysign(deviation), variance)
            }
        };
        if deviation == 0.0 { 0.0 } else { deviation / variance.max(0.0).sqrt() }
    }

    /// The normal deviate whose skewed counterpart the deviation is.
    fn unskewed(&self, deviation: f64, variance: f64, fit: Fitted, times: f64) -> f64 {
        let error = variance.max(0.0).sqrt();
        let z = if deviation == 0.0 { 0.0 } else { deviation / error };
        // Each arm's share of the variance first: cubes of ratios could overflow.
        let third =
            |spread: f64, lean: f64| if spread == 0.0 { 0.0 } else { spread / variance * (lean / error) };
        let rates = self.rates;
        let of_target = third(fit.p1 * fit.q1 / rates.n1, (fit.q1 - fit.p1) / rates.n1);
        // r^2 p0 is r p1.
        let spread = if times == 1.0 { fit.p0 * fit.q0 } else { times * fit.p1 * fit.q0 } / rates.n0;
        let of_control = third(spread, times * (fit.q0 - fit.p0) / rates.n0);
        CornishFisher::leaning((of_target - of_control) / 6.0).deviate(z)
    }

    /// The value of the contrast at which the statistic is `target`; the end of what is possible where it never is.
    fn crossing(&self, target: f64, end: End) -> f64 {
        // Without a distance from the estimate the correction for continuity leaves a stretch.
        let flat = self.distance == Distance::Continuity && target <= 0.0;
        let searched = matches!(self.distance, Distance::Likelihood | Distance::Skewness) || flat;
        if self.contrast == Contrast::Difference {
            return if searched { self.difference_at(target) } else { self.difference_by_multiplier(target) };
        }
        if let Some(limit) = self.limit(target, end) {
            return if self.contrast == Contrast::Lift { limit.max(-1.0) } else { limit.max(0.0) };
        }
        match self.contrast {
            Contrast::Lift if searched => self.ln_relative_at(target).exp_m1(),
            _ if searched => self.ln_relative_at(target).exp(),
            Contrast::Lift => self.relative_by_multiplier(target).less_one,
            _ => self.relative_by_multiplier(target).ratio,
        }
    }

    fn difference_by_multiplier(&self, target: f64) -> f64 {
        let (z, half) = (target.abs() * self.inflation().sqrt(), self.half_a_count());
        if z == 0.0 {
            self.rates.difference()
        } else if target > 0.0 {
            differences_below([self.seen()], z, half)[0]
        } else {
            -differences_below([self.exchanged()], z, half)[0]
        }
    }

    fn relative_by_multiplier(&self, target: f64) -> Relative {
        let z = target.abs() * self.inflation().sqrt();
        let below = |cells: ([f64; 4], f64)| match self.contrast {
            Contrast::OddsRatio => Relative::of_ratio(odds_ratio_below(cells.0, z)),
            _ => ratios_below([cells], z)[0],
        };
        if z == 0.0 {
            let odds = self.contrast == Contrast::OddsRatio;
            let ratio = estimate(self.rates, if odds { Contrast::OddsRatio } else { Contrast::Ratio });
            Relative { ratio, less_one: self.rates.lift() }
        } else if target > 0.0 {
            below(self.seen())
        } else {
            below(self.exchanged()).inverse()
        }
    }

    /// Both ends of an interval of which neither is a limit, where the search is by the multiplier.
    fn both_ends(&self, critical: f64) -> Option<(f64, f64)> {
        let limited =
            || self.limit(critical, End::Lower).is_some() || self.limit(-critical, End::Upper).is_some();
        let (z, cells) = (critical * self.inflation().sqrt(), [self.seen(), self.exchanged()]);
        match (self.distance, self.contrast) {
            (Distance::Likelihood | Distance::Skewness, _) | (_, Contrast::OddsRatio) => None,
            _ if critical <= 0.0 => None,
            (_, Contrast::Difference) => {
                let [lower, upper] = differences_below(cells, z, self.half_a_count());
                Some((lower, -upper))
            }
            _ if limited() => None,
            (_, contrast) => {
                let [lower, upper] = ratios_below(cells, z);
                let of =
                    |value: Relative| if contrast == Contrast::Lift { value.less_one } else { value.ratio };
                Some((of(lower), of(upper.inverse())))
            }
        }
    }

    /// Conversions and failures of target and control, with the difference of their rates.
    fn seen(&self) -> ([f64; 4], f64) {
        (self.rates.cells(), self.rates.difference())
    }

    /// As if the control were the target.
    fn exchanged(&self) -> ([f64; 4], f64) {
        (arms_exchanged(self.rates.cells()), -self.rates.difference())
    }

    /// Half a unit of count, as a difference of rates; 0 without the correction for continuity.
    fn half_a_count(&self) -> f64 {
        match self.distance {
            Distance::Continuity => 0.5 * (self.rates.n1.recip() + self.rates.n0.recip()),
            _ => 0.0,
        }
    }

    fn difference_at(&self, target: f64) -> f64 {
        let rates = self.rates;
        // An arm with a conversion and a failure more, as Agresti and Caffo (2000) have it, is near enough to start from.
        let variance = |x: f64, f: f64, n: f64| (x + 1.0) * (f + 1.0) / ((n + 2.0) * (n + 2.0) * (n + 2.0));
        let error = (variance(rates.x1, rates.f1, rates.n1) + variance(rates.x0, rates.f0, rates.n0)).sqrt();
        let middle = (rates.x1 + 1.0) / (rates.n1 + 2.0) - (rates.x0 + 1.0) / (rates.n0 + 2.0);
        let start = (middle - target * error).clamp(-1.0 + 1e-3, 1.0 - 1e-3);
        falling_root(|value| self.at_difference(value) - target, start, error, (-1.0, 1.0))
    }

    /// Where a relative contrast has no end because the statistic does not get so far from 0: an infinite one.
    fn limit(&self, target: f64, end: End) -> Option<f64> {
        let odds = self.contrast == Contrast::OddsRatio;
        let [x1, f1, x0, f0] = self.rates.cells();
        let (no_least, no_most) =
            if odds { (x1 == 0.0 || f0 == 0.0, x0 == 0.0 || f1 == 0.0) } else { (x1 == 0.0, x0 == 0.0) };
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

    fn ln_relative_at(&self, target: f64) -> f64 {
        let odds = self.contrast == Contrast::OddsRatio;
        let [x1, f1, x0, f0] = self.rates.cells().map(|count| count + 0.5);
        let (middle, variance) = if odds {
            ((x1 / f1 / (x0 / f0)).ln(), x1.recip() + f1.recip() + x0.recip() + f0.recip())
        } else {
            ((x1 / (x1 + f1) / (x0 / (x0 + f0))).ln(), f1 / (x1 + f1) / x1 + f0 / (x0 + f0) / x0)
        };
        let error = variance.sqrt();
        let at = |ln: f64| self.at_relative(Relative::of_ln(ln)) - target;
        let found = falling_root(
            at,
            (middle - target * error).clamp(1.0 - LOG_RELATIVE, LOG_RELATIVE - 1.0),
            error,
            (-LOG_RELATIVE, LOG_RELATIVE),
        );
        match found {
            ln if ln <= -LOG_RELATIVE => f64::NEG_INFINITY,
            ln if ln >= LOG_RELATIVE => f64::INFINITY,
            ln => ln,
        }
    }
}

/// The target's conversions above those that a fit to an odds ratio expects, and their variance.
pub(super) fn above_odds(rates: &Rates, fit: Fitted) -> (f64, f64) {
    // Those are what the control has too few: the rarest of the four cells keeps most digits.
    let expected = [rates.n1 * fit.p1, rates.n1 * fit.q1, rates.n0 * fit.p0, rates.n0 * fit.q0];
    let least = expected.iter().copied().fold(f64::INFINITY, f64::min);
    let excess = match expected.iter().position(|cell| *cell == least) {
        Some(0) => rates.x1 - expected[0],
        Some(1) => expected[1] - rates.f1,
        Some(2) => expected[2] - rates.x0,
        _ => rates.f0 - expected[3],
    };
    let (v1, v0) = (fit.p1 * fit.q1 * rates.n1, fit.p0 * fit.q0 * rates.n0);
    (excess, v1 * v0 / (v1 + v0))
}

/// `p1 - r p0`, from what is known better: the difference near a ratio of 1.
pub(super) fn above_ratio(rates: &Rates, value: Relative) -> f64 {
    if value.less_one.abs() < 0.5 {
        rates.difference() - value.less_one * rates.p0()
    } else {
        rates.p1() - value.ratio * rates.p0()
    }
}

/// The estimate of a contrast.
pub(super) fn estimate(rates: &Rates, contrast: Contrast) -> f64 {
    match contrast {
        Contrast::Difference => rates.difference(),
        Contrast::Lift => rates.lift(),
        Contrast::Ratio => rates.x1 * rates.n0 / (rates.x0 * rates.n1),
        Contrast::OddsRatio => rates.x1 * rates.f0 / (rates.x0 * rates.f1),
    }
}

/// Twice the logarithm of the likelihood ratio.
fn deviance(rates: &Rates, fit: Fitted) -> f64 {
    let one = |x: f64, m: f64| part(x, m, x - m);
    let (target, control) = (
        one(rates.x1, rates.n1 * fit.p1) + one(rates.f1, rates.n1 * fit.q1),
        one(rates.x0, rates.n0 * fit.p0) + one(rates.f0, rates.n0 * fit.q0),
    );
    2.0 * (target + control)
}

/// The root of a function that falls, searched from `start` by steps of about `step`; an end of the domain where it has none.
pub(in crate::experiment) fn falling_root(
    f: impl Fn(f64) -> f64,
    start: f64,
    step: f64,
    (least, most): (f64, f64),
) -> f64 {
    let value = f(start);
    // In units of the step the slope is near -1, so that one step a little too long brackets the root in most cases.
    let direction = 1f64.copysign(value);
    let mut length = step * (1.2 * value.abs()).clamp(1e-3, 10.0);
    if value == 0.0 || length.is_nan() || length == 0.0 {
        return start;
    }
    let (mut inner, mut outer) = (start, start);
    loop {
        outer = (outer + direction * length).clamp(least, most);
        let beyond = f(outer) * direction;
        if beyond < 0.0 {
            break;
        }
        if beyond == 0.0 || outer <= least || outer >= most {
            return outer;
        }
        inner = outer;
        length *= 3.0;
    }
    root_between(f, inner.min(outer), inner.max(outer))
}
