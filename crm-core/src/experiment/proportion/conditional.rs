//! Fisher's exact test: the target's conversions, given all conversions, are hypergeometric with the odds ratio as parameter.
//!
//! Fisher (1935), "The logic of inductive inference"; Cornfield (1956) for the interval.

use super::super::binomial::ln_binomial;
use super::super::exact_tails::{Exact, Extreme, Family};
use super::super::interval::Interval;
use super::super::test_options::TestOptions;
use super::super::test_result::TestStatus;
use super::evidence::Evidence;
use super::rates::{Rates, Relative};
use crate::error::{Error, ErrorKind, Result};
use crate::math::ln_one_less_exp;

/// The widest distribution whose points are added up: its standard deviation.
const WIDEST: f64 = 131_072.0;
/// Points summed in the search for pieces of an interval, about.
const EFFORT: f64 = 2e7;

/// Fisher's test.
pub(super) fn evidence(rates: &Rates, extreme: Extreme, options: &TestOptions) -> Result<Evidence> {
    let family = Hypergeometric::new(rates);
    let width = family.standard_deviation();
    if width > WIDEST {
        let message = format!(
            "the exact distribution has a standard deviation of {width:.0} conversions, above {WIDEST}: \
             a score test is as good at this size"
        );
        return Err(Error::new(ErrorKind::OutOfRange, message).on("method"));
    }
    let patience = (EFFORT / (40.0 * (width + 1.0))).clamp(16.0, 4096.0) as usize;
    let exact = Exact { family: &family, seen: rates.x1, extreme, patience };
    let null = options.null_value();
    let p = exact.p_value(null.ln(), options.alternative);
    let (lower, upper) = exact.interval(options.alternative, options.alpha);
    let interval = Interval::bounded(lower.exp(), upper.exp());
    let status = if rates.conversions() == 0.0 {
        TestStatus::NoConversions
    } else if rates.f1 + rates.f0 == 0.0 {
        TestStatus::AllConverted
    } else {
        TestStatus::Ok
    };
    Ok(Evidence { statistic: f64::NAN, p, interval, standard_error: f64::NAN, status })
}

/// The target's conversions given all conversions; the natural parameter is the logarithm of the odds ratio.
pub(super) struct Hypergeometric<'a> {
    rates: &'a Rates,
}

impl<'a> Hypergeometric<'a> {
    pub(super) fn new(rates: &'a Rates) -> Self {
        Self { rates }
    }

    /// Of the central distribution.
    fn standard_deviation(&self) -> f64 {
        let r = self.rates;
        let n = r.trials();
        (r.n1 / n * (r.n0 / n) * (r.conversions() / n) * ((r.f1 + r.f0) / n) * n * (n / (n - 1.0))).sqrt()
    }

    /// P(K = k + 1) / P(K = k).
    fn step(&self, k: f64, ratio: f64) -> f64 {
        let (r, m) = (self.rates, self.rates.conversions());
        ratio * ((r.n1 - k) / (k + 1.0)) * ((m - k) / (r.n0 - m + k + 1.0))
    }

    /// The sum of P(K = j) / P(K = k) for j from k up, or down.
    fn sum_from(&self, k: f64, t: f64, up: bool) -> f64 {
        let (ratio, least, most) = (t.exp(), self.least(), self.most());
        let (mut sum, mut term, mut at) = (1.0, 1.0, k);
        loop {
            if up {
                if at >= most {
                    return sum;
                }
                term *= self.step(at, ratio);
                at += 1.0;
            } else {
                if at <= least {
                    return sum;
                }
                at -= 1.0;
                term /= self.step(at, ratio);
            }
            sum += term;
            // Beyond the mode terms fall ever faster.
            if term < 1e-18 * sum {
                return sum;
            }
        }
    }

    /// ln of the sum of all weights over that of the mode, with the mode.
    fn total(&self, t: f64) -> (f64, f64) {
        let mode = self.mode(t);
        (mode, (self.sum_from(mode, t, true) + self.sum_from(mode, t, false) - 1.0).ln())
    }
}

impl Family for Hypergeometric<'_> {
    fn least(&self) -> f64 {
        (self.rates.conversions() - self.rates.n0).max(0.0)
    }

    fn most(&self) -> f64 {
        self.rates.conversions().min(self.rates.n1)
    }

    fn ln_point(&self, k: f64, t: f64) -> f64 {
        let (mode, total) = self.total(t);
        self.ln_weight(k, t) - self.ln_weight(mode, t) - total
    }

    fn ln_weight(&self, k: f64, t: f64) -> f64 {
        let r = self.rates;
        let fit = r.fit_odds(Relative::of_ln(t));
        let m = r.conversions();
        ln_binomial(k, r.n1 - k, fit.p1, fit.q1) + ln_binomial(m - k, r.n0 - m + k, fit.p0, fit.q0)
    }

    fn ln_lower(&self, k: f64, t: f64) -> f64 {
        if k < self.least() {
            return f64::NEG_INFINITY;
        }
        if k >= self.most() {
            return 0.0;
        }
        let (mode, total) = self.total(t);
        if k > mode {
            return ln_one_less_exp(self.ln_upper(k + 1.0, t).min(0.0));
        }
        self.ln_weight(k, t) - self.ln_weight(mode, t) + self.sum_from(k, t, false).ln() - total
    }

    fn ln_upper(&self, k: f64, t: f64) -> f64 {
        if k > self.most() {
            return f64::NEG_INFINITY;
        }
        if k <= self.least() {
            return 0.0;
        }
        let (mode, total) = self.total(t);
        if k < mode {
            return ln_one_less_exp(self.ln_lower(k - 1.0, t).min(0.0));
        }
        self.ln_weight(k, t) - self.ln_weight(mode, t) + self.sum_from(k, t, true).ln() - total
    }

    fn mode(&self, t: f64) -> f64 {
        let ratio = t.exp();
        // The first number that is followed by a less likely one.
        let (mut low, mut high) = (self.least(), self.most());
        while low < high {
            let middle = (0.5 * (low + high)).floor();
            if self.step(middle, ratio) < 1.0 { high = middle } else { low = middle + 1.0 }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::BinaryArm;

    #[test]
    fn points_add_up_and_follow_the_binomial_coefficients() {
        let rates = Rates::new(&BinaryArm::new(3, 7).unwrap(), &BinaryArm::new(4, 5).unwrap());
        let family = Hypergeometric::new(&rates);
        // C(7, k) C(5, 7 - k) / C(12, 7), k from 2 to 7.
        let counts = [21.0, 175.0, 350.0, 210.0, 35.0, 1.0];
        let mut lower = 0.0;
        for (index, count) in counts.iter().enumerate() {
            let k = 2.0 + index as f64;
            assert!((family.ln_point(k, 0.0).exp() - count / 792.0).abs() < 1e-15);
            assert!((family.ln_upper(k, 0.0).exp() - (1.0 - lower)).abs() < 1e-14);
            lower += count / 792.0;
            assert!((family.ln_lower(k, 0.0).exp() - lower).abs() < 1e-14);
        }
        assert_eq!((family.least(), family.most(), family.mode(0.0)), (2.0, 7.0, 4.0));
    }
}
