//! Mean and variance of the target's conversions given all conversions of a stratum: the non-central hypergeometric distribution.

use super::super::super::binomial::ln_binomial;
use super::super::rates::{Rates, Relative};

/// How many of the points on one side of the mode are summed at most; far from it they vanish much earlier.
const MOST_POINTS: u32 = 100_000;
/// Points of a standard deviation.
const POINTS: f64 = 3.0;
/// Terms that add no digit.
const SMALL: f64 = 1e-20;

/// How far the target's conversions are above their mean, and their variance, where the odds have this ratio.
///
/// The count is a sum of independent truth values (its generating polynomial has real roots only), of variance s^2. So its characteristic function at an angle a
/// is at most `exp(-2 s^2 sin^2(a / 2))`, and sums over every h-th point are those over all points but for `exp(-8 s^2 / h^2)`: with h up to s / 3 the
/// sums have all digits, at the same cost for any counts.
pub(super) fn excess_and_variance(rates: &Rates, ratio: Relative) -> (f64, f64) {
    let (all, conversions, failures) = (rates.trials(), rates.conversions(), rates.f1 + rates.f0);
    if conversions == 0.0 || failures == 0.0 {
        return (0.0, 0.0);
    }
    if ratio.less_one == 0.0 {
        let variance =
            (rates.n1 / all) * (rates.n0 / all) * (conversions / all) * failures * (all / (all - 1.0));
        return (rates.excess(), variance);
    }
    let (least, most) = ((conversions - rates.n0).max(0.0), conversions.min(rates.n1));
    let fit = rates.fit_odds(ratio);
    let (v1, v0) = (rates.n1 * fit.p1 * fit.q1, rates.n0 * fit.p0 * fit.q0);
    let spread = if v1 + v0 > 0.0 { (v1 / (v1 + v0) * v0).sqrt() } else { 0.0 };
    let step = (spread / POINTS).floor().max(1.0);
    let middle = (rates.n1 * fit.p1).round().clamp(least, most);
    // Next to the mode, so that no term is large.
    let rate = |k: f64| {
        let (m, n1, n0) = (conversions, rates.n1, rates.n0);
        ratio.ratio * ((n1 - k) / (k + 1.0)) * ((m - k) / (n0 - m + k + 1.0))
    };
    let ln_weight = |k: f64| {
        ln_binomial(k, rates.n1 - k, fit.p1, fit.q1)
            + ln_binomial(conversions - k, rates.n0 - conversions + k, fit.p0, fit.q0)
    };
    let top = if step > 1.0 { ln_weight(middle) } else { 0.0 };
    let mut sums = Sums { weight: 1.0, first: 0.0, second: 0.0 };
    for up in [true, false] {
        let (mut k, mut term, mut distance) = (middle, 1.0f64, 0.0f64);
        for _ in 0..MOST_POINTS {
            let next = if up { k + step } else { k - step };
            if next < least || next > most {
                break;
            }
            let before = term;
            term = if step > 1.0 {
                (ln_weight(next) - top).exp()
            } else if up {
                term * rate(k)
            } else {
                term / rate(next)
            };
            distance += if up { step } else { -step };
            sums.add(distance, term);
            // Beyond the mode terms fall ever faster.
            if term < before && term * distance * distance <= SMALL * sums.second {
                break;
            }
            k = next;
        }
    }
    let mean = sums.first / sums.weight;
    let variance = sums.second / sums.weight - mean * mean;
    ((rates.x1 - middle) - mean, variance.max(0.0))
}

/// Sums of weights at distances from the middle.
struct Sums {
    weight: f64,
    first: f64,
    second: f64,
}

impl Sums {
    fn add(&mut self, distance: f64, weight: f64) {
        self.weight += weight;
        self.first += distance * weight;
        self.second += distance * distance * weight;
    }
}
