//! Bayesian comparison of two rates.
//!
//! Probabilities and losses are integrals of positive log-concave functions of the logit, so that they are accurate in the tails and never negative:
//!
//! ```text
//! P(T > C)           = integral of f_C(x) P(T > x) dx
//! E max(C - T, 0)    = integral of P(T < x) P(C > x) dx
//! ```
//!
//! The sums of Miller (2014), "Formulas for Bayesian A/B testing", which hold for whole parameters, serve as oracle.

use super::bayes_result::{BayesOptions, BayesResult, between};
use super::beta_posterior::{BetaPosterior, CredibleKind, from_logit};
use super::interval::Interval;
use super::log_integral::{Bend, ln_integral};
use super::test_options::Contrast;
use crate::error::Result;
use crate::math::{LONGEST_PANEL, root_between};

/// Compares what is known of two rates: who is better, what either choice risks, and by how much they differ.
///
/// ```
/// use crm_core::experiment::{BayesOptions, BetaPosterior, BetaPrior, compare_rates_bayes};
/// let prior = BetaPrior::default();
/// let target = BetaPosterior::new(120, 1000, &prior)?;
/// let control = BetaPosterior::new(100, 1000, &prior)?;
/// let result = compare_rates_bayes(&target, &control, &BayesOptions::default())?;
/// assert!((result.p_target_better - 0.923_183_438_973_559_8).abs() < 1e-12);
/// assert!((result.loss_target - 0.000_484_613_926_356_443_8).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// As [`BayesOptions::check`].
///
/// Miller (2014), "Formulas for Bayesian A/B testing"; Stucchio (2015), "Bayesian A/B testing at VWO" (losses); Kruschke (2013), Journal of
/// Experimental Psychology: General 142(2) (region of practical equivalence).
pub fn compare_rates_bayes(
    target: &BetaPosterior,
    control: &BetaPosterior,
    options: &BayesOptions,
) -> Result<BayesResult> {
    options.check()?;
    let pair = Pair { target: *target, control: *control, contrast: options.contrast };
    let ((p_target_better, ln_target), (p_control_better, ln_control)) = pair.better();
    let (loss_target, loss_control) = pair.losses();
    let (below_lower, above_lower) = pair.sides(options.rope_lower);
    let (below_upper, above_upper) = pair.sides(options.rope_upper);
    Ok(BayesResult {
        contrast: options.contrast,
        estimate: pair.mean(),
        deviation: (target.variance() + control.variance()).sqrt(),
        interval: pair.interval(options.alpha, options.credible_interval),
        p_target_better,
        ln_p_target_better: ln_target,
        p_control_better,
        ln_p_control_better: ln_control,
        loss_target,
        loss_control,
        p_below_rope: below_lower,
        p_in_rope: between(below_lower, above_lower, below_upper, above_upper),
        p_above_rope: above_upper,
    })
}

struct Pair {
    target: BetaPosterior,
    control: BetaPosterior,
    contrast: Contrast,
}

impl Pair {
    /// Mean of target minus mean of control, to the last digit (Kahan's difference of products).
    fn mean_difference(&self) -> f64 {
        let (t, c) = (&self.target, &self.control);
        let product = t.b * c.a;
        let lost = (-t.b).mul_add(c.a, product);
        (t.a.mul_add(c.b, -product) + lost) / ((t.a + t.b) * (c.a + c.b))
    }

    fn mean(&self) -> f64 {
        if self.contrast == Contrast::Difference {
            return self.mean_difference();
        }
        let c = &self.control;
        // E(1/C) = (a + b - 1) / (a - 1), so E(T/C) - 1 is the difference of means over a mean, but for the prior's weight.
        if c.a > 1.0 { self.target.mean() * ((c.a + c.b - 1.0) / (c.a - 1.0)) - 1.0 } else { f64::INFINITY }
    }

    /// P(T > C) and P(C > T), each with its logarithm; the smaller one is an integral.
    fn better(&self) -> ((f64, f64), (f64, f64)) {
        let (t, c) = (self.target.bend(), self.control.bend());
        let ln_greater = |one: &BetaPosterior, other: &BetaPosterior| {
            let ends = (t.place.min(c.place), t.place.max(c.place));
            // The narrower one gives the density, the other its tail.
            let log_f = |v: f64| {
                let (x, y) = from_logit(v);
                if one.bend().width < other.bend().width {
                    one.ln_density(x, y) + other.ln_below(x, y)
                } else {
                    other.ln_density(x, y) + one.ln_above(x, y)
                }
            };
            ln_integral(
                &log_f,
                ends.0 - 2.0 * t.width.min(c.width),
                ends.1 + 2.0 * t.width.min(c.width),
                &[t, c],
                LONGEST_PANEL,
            )
            .min(0.0)
        };
        let of_target = t.place < c.place;
        let first = if of_target {
            ln_greater(&self.target, &self.control)
        } else {
            ln_greater(&self.control, &self.target)
        };
        // The smaller of the two is exact; where the guess was wrong, the other one is.
        let (small, small_is_target) = if first <= -std::f64::consts::LN_2 {
            (first, of_target)
        } else if of_target {
            (ln_greater(&self.control, &self.target), false)
        } else {
            (ln_greater(&self.target, &self.control), true)
        };
        let p = small.exp();
        let (little, much) = ((p, small), (1.0 - p, (-p).ln_1p()));
        if small_is_target { (little, much) } else { (much, little) }
    }

    /// What choosing the target, and what choosing the control is expected to lose.
    fn losses(&self) -> (f64, f64) {
        let difference = self.mean_difference();
        let (better, worse) =
            if difference >= 0.0 { (&self.target, &self.control) } else { (&self.control, &self.target) };
        let (high, low) = (better.bend(), worse.bend());
        let log_f = |v: f64| {
            let (x, y) = from_logit(v);
            better.ln_below(x, y) + worse.ln_above(x, y) + x.ln() + y.ln()
        };
        let reach = 2.0 * high.width.max(low.width);
        let ends = (low.place.min(high.place) - reach, low.place.max(high.place) + reach);
        // The smaller loss is an integral; the larger one is more by the difference of the means.
        let small = ln_integral(&log_f, ends.0, ends.1, &[high, low], LONGEST_PANEL).exp();
        let large = small + difference.abs();
        if difference >= 0.0 { (small, large) } else { (large, small) }
    }

    /// P(contrast < value) and P(contrast > value).
    fn sides(&self, value: f64) -> (f64, f64) {
        let (below, above) = (self.ln_side(value, true).exp(), self.ln_side(value, false).exp());
        // The larger one follows from the smaller.
        if below < above { (below, 1.0 - below) } else { (1.0 - above, above) }
    }

    /// ln P(contrast < value), or ln P(contrast > value).
    fn ln_side(&self, value: f64, below: bool) -> f64 {
        if self.contrast == Contrast::Lift && value <= -1.0 {
            return if below { f64::NEG_INFINITY } else { 0.0 };
        }
        let seen = Seen::new(self, value);
        let ln_tail = |_: f64, mx: f64, my: f64| {
            if below == seen.by_control { seen.tail.ln_below(mx, my) } else { seen.tail.ln_above(mx, my) }
        };
        seen.ln_integral(&ln_tail).min(0.0)
    }

    /// The logarithm of the density of the contrast.
    fn ln_density(&self, value: f64) -> f64 {
        let seen = Seen::new(self, value);
        let ln_density = |x: f64, mx: f64, my: f64| {
            if mx <= 0.0 || my <= 0.0 {
                return f64::NEG_INFINITY;
            }
            let slope = if seen.lift { x.ln() } else { 0.0 };
            seen.tail.ln_density(mx, my) - mx.ln() - my.ln() + slope
        };
        // By the target's rates x / ratio^2 is the derivative.
        let squared = if seen.lift && !seen.by_control { 2.0 * seen.value.ln_1p() } else { 0.0 };
        seen.ln_integral(&ln_density) - squared
    }

    /// The value of the contrast below which the probability is `p`, at most 1/2, or above which it is.
    fn quantile(&self, p: f64, below: bool) -> f64 {
        let excess = |value: f64| {
            let ln_side = self.ln_side(value, below) - p.ln();
            if below { ln_side } else { -ln_side }
        };
        if self.contrast == Contrast::Difference {
            let (centre, reach) =
                (self.mean_difference(), 8.0 * (self.target.variance() + self.control.variance()).sqrt());
            let (mut low, mut high) = ((centre - reach).max(-1.0), (centre + reach).min(1.0));
            if low > -1.0 && excess(low) > 0.0 {
                low = -1.0;
            }
            if high < 1.0 && excess(high) < 0.0 {
                high = 1.0;
            }
            return root_between(excess, low, high);
        }
        // In the logarithm of target / control.
        let (t, c) = (&self.target, &self.control);
        let (centre, step) = ((t.mean() / c.mean()).ln(), 4.0 * (1.0 / t.a + 1.0 / c.a).sqrt());
        let of_log = |ln_ratio: f64| excess(ln_ratio.exp_m1());
        let (mut low, mut high) = (centre - step, centre + step);
        while of_log(low) > 0.0 && low > -700.0 {
            low -= step;
        }
        while of_log(high) < 0.0 && high < 700.0 {
            high += step;
        }
        root_between(of_log, low, high).exp_m1()
    }

    fn interval(&self, alpha: f64, kind: CredibleKind) -> Interval {
        let at = |below: f64| (self.quantile(below, true), self.quantile(alpha - below, false));
        let below = match kind {
            CredibleKind::EqualTailed => 0.5 * alpha,
            CredibleKind::HighestDensity => {
                // The shortest of those that hold enough has the same density at both ends.
                let unequal = |below: f64| {
                    let (lower, upper) = at(below);
                    self.ln_density(lower) - self.ln_density(upper)
                };
                root_between(unequal, 1e-9 * alpha, (1.0 - 1e-9) * alpha)
            }
        };
        let (lower, upper) = at(below);
        Interval::bounded(lower, upper)
    }
}

/// A value of the contrast, seen from one arm's rates: which rate of the other arm would make it.
struct Seen<'a> {
    /// The arm whose density is integrated.
    density: &'a BetaPosterior,
    /// The other one.
    tail: &'a BetaPosterior,
    by_control: bool,
    lift: bool,
    value: f64,
}

impl<'a> Seen<'a> {
    /// From the arm for which the other's rate stays inside (0, 1) at the end where both arms lie.
    fn new(pair: &'a Pair, value: f64) -> Self {
        let (t, c) = (&pair.target, &pair.control);
        let lift = pair.contrast == Contrast::Lift;
        let low_rates = t.a + c.a < t.b + c.b;
        let by_control = if lift { value <= 0.0 } else { (value >= 0.0) == low_rates };
        let (density, tail) = if by_control { (c, t) } else { (t, c) };
        Self { density, tail, by_control, lift, value }
    }

    /// The other arm's rate and its complement.
    fn met(&self, x: f64, y: f64) -> (f64, f64) {
        let by = if self.by_control { self.value } else { -self.value };
        if !self.lift {
            return (x + by, y - by);
        }
        let factor = if self.by_control { 1.0 + self.value } else { 1.0 / (1.0 + self.value) };
        let met = x * factor;
        (met, if x < 0.5 { 1.0 - met } else { y * factor + (1.0 - factor) })
    }

    /// The rate for which the other's is `m`, and how fast the other's rises with it.
    fn back(&self, m: f64) -> (f64, f64) {
        match (self.lift, self.by_control) {
            (false, true) => (m - self.value, 1.0),
            (false, false) => (m + self.value, 1.0),
            (true, true) => (m / (1.0 + self.value), 1.0 + self.value),
            (true, false) => (m * (1.0 + self.value), 1.0 / (1.0 + self.value)),
        }
    }

    /// ln of the integral of the density times what `ln_tail` says of (x, the other's rate, its complement).
    fn ln_integral(&self, ln_tail: &dyn Fn(f64, f64, f64) -> f64) -> f64 {
        let log_f = |v: f64| {
            let (x, y) = from_logit(v);
            let (mx, my) = self.met(x, y);
            self.density.ln_density(x, y) + ln_tail(x, mx, my)
        };
        let bend = self.density.bend();
        let mut bends = vec![bend];
        let (mut low, mut high) = (bend.place, bend.place);
        // The other arm's centre, and where its rates end.
        for (m, deviation) in [(self.tail.mean(), self.tail.variance().sqrt()), (0.0, 0.0), (1.0, 0.0)] {
            let (x, slope) = self.back(m);
            if x > 0.0 && x < 1.0 {
                let place = (x / (1.0 - x)).ln();
                let width = (deviation / (slope * x * (1.0 - x))).clamp(1e-6, LONGEST_PANEL);
                bends.push(Bend { place, width });
                low = low.min(place);
                high = high.max(place);
            }
        }
        let reach = 4.0 * bend.width;
        ln_integral(&log_f, low - reach, high + reach, &bends, LONGEST_PANEL)
    }
}
