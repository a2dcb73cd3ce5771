//! Sums of positive terms that may decay so slowly that adding them up one by one would not end.
//!
//! The probabilities of beta-geometric and beta-Bernoulli processes decay like a power of the time. The first terms are added up;
//! from where neighbours hardly differ on, the rest is an integral over the logarithm of the index with the corrections of Euler and
//! Maclaurin at its ends. Everything is positive: nothing cancels.
//!
//! DLMF 2.10(i), Euler-Maclaurin formula in its midpoint form; 5.11(iii), ratios of gamma functions.

use crate::math::{GAUSS_LEGENDRE_16, ln_rising};

/// Terms change by less than this from one to the next where the integral takes over.
const SMOOTH: f64 = 0.02;
/// Terms that are always added up; also how often the loop asks whether to stop.
const BLOCK: u32 = 64;
/// Smaller terms, relative to the sum, do not matter.
const NEGLIGIBLE: f64 = 1e-22;

/// A ratio of rising factorials, `(low)_i / (low + gap)_i`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Falling {
    pub(super) low: f64,
    pub(super) gap: f64,
}

impl Falling {
    const NONE: Self = Self { low: 1.0, gap: 0.0 };

    /// From index i to the next one, it changes by this factor.
    #[inline]
    fn step(self, i: f64) -> f64 {
        (self.low + i) / (self.low + self.gap + i)
    }

    /// Its logarithm. Of the two ways to write it as a difference of logarithms of gamma functions, that with the smaller terms is taken.
    pub(super) fn ln(self, i: f64) -> f64 {
        let Self { low, gap } = self;
        if i <= 16.0 && i.fract() == 0.0 {
            return -(0..i as u32).map(|k| (gap / (low + f64::from(k))).ln_1p()).sum::<f64>();
        }
        if gap < i {
            ln_rising(low, gap) - ln_rising(low + i, gap)
        } else {
            ln_rising(low, i) - ln_rising(low + gap, i)
        }
    }
}

/// Terms `f(i)`, i = 0, 1, ..., relative to the first: `e^(-rate i)`, times the falling ratios, divided by the rising one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    rate: f64,
    falling: [Falling; 2],
    rising: Falling,
}

impl Terms {
    pub(super) fn new(rate: f64, first: Falling) -> Self {
        Self { rate, falling: [first, Falling::NONE], rising: Falling::NONE }
    }

    pub(super) fn times(mut self, second: Falling) -> Self {
        self.falling[1] = second;
        self
    }

    pub(super) fn divided_by(mut self, rising: Falling) -> Self {
        self.rising = rising;
        self
    }

    /// `f(i + 1) / f(i)`, apart from the discount.
    #[inline]
    fn step(&self, i: f64) -> f64 {
        self.falling[0].step(i) * self.falling[1].step(i) / self.rising.step(i)
    }

    /// `ln f(i + 1) - ln f(i)`.
    fn ln_step(&self, i: f64) -> f64 {
        let part = |ratio: Falling| -(ratio.gap / (ratio.low + i)).ln_1p();
        part(self.falling[0]) + part(self.falling[1]) - part(self.rising) - self.rate
    }

    fn ln(&self, i: f64) -> f64 {
        self.falling[0].ln(i) + self.falling[1].ln(i) - self.rising.ln(i) - self.rate * i
    }

    /// A bound of the relative change from a term to the next.
    fn change(&self, i: f64) -> f64 {
        let parts = [self.falling[0], self.falling[1], self.rising];
        self.rate + parts.iter().map(|ratio| ratio.gap / (ratio.low + i)).sum::<f64>()
    }

    /// Without a discount, terms decay like this power of the index.
    fn power(&self) -> f64 {
        self.falling[0].gap + self.falling[1].gap - self.rising.gap
    }

    /// The logarithm of the sum of the first `count` terms, which may be infinite, relative to the first term.
    pub(super) fn ln_sum(&self, count: f64) -> f64 {
        if count <= 0.0 {
            return f64::NEG_INFINITY;
        }
        if count == f64::INFINITY && self.rate == 0.0 && self.power() <= 1.0 {
            return f64::INFINITY;
        }
        let discount = (-self.rate).exp();
        let (mut i, mut term, mut sum, mut ln_scale) = (0.0, 1.0, 0.0, 0.0);
        loop {
            for _ in 0..BLOCK {
                sum += term;
                term *= discount * self.step(i);
                i += 1.0;
                if i >= count {
                    return f64::ln(sum) + ln_scale;
                }
            }
            if sum > 1e200 {
                (sum, term, ln_scale) =
                    (sum * 1e-200, term * 1e-200, ln_scale + 200.0 * std::f64::consts::LN_10);
            }
            if term < NEGLIGIBLE * sum && discount * self.step(i) < 1.0 {
                return sum.ln() + ln_scale;
            }
            if self.change(i) < SMOOTH {
                let (rest, ln_rest) = self.rest(i, count);
                return (sum * (-ln_rest).exp() + term * rest).ln() + ln_rest + ln_scale;
            }
        }
    }

    /// The sum of the terms from index `from` on, relative to the first of these.
    fn rest(&self, from: f64, count: f64) -> (f64, f64) {
        let at_from = self.ln(from);
        let mut ln_scale = 0.0;
        let relative = |i: f64, ln_scale: f64| (self.ln(i) - at_from - ln_scale).exp();
        let (start, end) = (from - 0.5, count - 0.5);
        let mut sum = relative(start, 0.0) * self.correction(start);
        let scale = [self.falling[0], self.falling[1], self.rising]
            .iter()
            .fold(1.0f64, |scale, ratio| scale.max(ratio.low + ratio.gap));
        let mut low = start;
        while low < end {
            // A panel spans at most two octaves and three e-foldings.
            let high = (low + (3.0 / self.change(low)).min(3.0 * low)).min(end);
            let (ln_low, length) = (low.ln(), (high / low).ln());
            let ahead = self.ln(high) - at_from;
            if ahead - ln_scale > 100.0 {
                sum *= (ln_scale - ahead).exp();
                ln_scale = ahead;
            }
            let value = |&(node, weight): &(f64, f64)| {
                let i = (ln_low + length * node).exp();
                weight * i * relative(i, ln_scale)
            };
            let panel = length * GAUSS_LEGENDRE_16.iter().map(value).sum::<f64>();
            sum += panel;
            low = high;
            if panel < 1e-17 * sum && self.ln_step(high) < 0.0 {
                return (sum, ln_scale);
            }
            if self.rate == 0.0 && end == f64::INFINITY && high > 1e12 * scale {
                // A power of the index from here on.
                return (sum + high * relative(high, ln_scale) / (self.power() - 1.0), ln_scale);
            }
        }
        (sum - relative(end, ln_scale) * self.correction(end), ln_scale)
    }

    /// `f' / 24 - 7 f''' / 5760` half an index before the next term, relative to f there.
    fn correction(&self, at: f64) -> f64 {
        let i = at - 0.5;
        let (before, slope, after) = (self.ln_step(i - 1.0), self.ln_step(i), self.ln_step(i + 1.0));
        let (bend, third) = (0.5 * (after - before), after - 2.0 * slope + before);
        // A difference over one index is the slope in its middle and a 24th of what that bends.
        let slope = slope - third / 24.0;
        slope / 24.0 - 7.0 / 5760.0 * (slope * slope * slope + 3.0 * slope * bend + third)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(mine: f64, truth: f64, tolerance: f64) {
        assert!((mine / truth - 1.0).abs() < tolerance, "{mine} {truth}");
    }

    #[test]
    fn sums_with_closed_forms() {
        // (1)_i / (3)_i = 2 / ((i + 1) (i + 2)) telescopes: the first n sum to 2 n / (n + 1).
        let terms = Terms::new(0.0, Falling { low: 1.0, gap: 2.0 });
        for count in [1.0, 2.0, 31.0, 32.0, 33.0, 100.0, 1e4, 1e9] {
            close(terms.ln_sum(count).exp(), 2.0 * count / (count + 1.0), 1e-13);
        }
        close(terms.ln_sum(f64::INFINITY).exp(), 2.0, 1e-13);
        // Geometric series.
        let terms = Terms::new(1e-3, Falling::NONE);
        close(terms.ln_sum(f64::INFINITY).exp(), 1.0 / -(-1e-3f64).exp_m1(), 1e-12);
        close(terms.ln_sum(5000.0).exp(), (-5.0f64).exp_m1() / (-1e-3f64).exp_m1(), 1e-12);
        // (s)_i / (s + g)_i sums to (s + g - 1) / (g - 1), DLMF 15.4.20 with a = 1.
        for (low, gap) in [(0.5, 1.001), (3.0, 1.5), (1e4, 2.5), (1e-3, 40.0), (1e5, 1e5)] {
            let sum = Terms::new(0.0, Falling { low, gap }).ln_sum(f64::INFINITY).exp();
            close(sum, (low + gap - 1.0) / (gap - 1.0), 1e-10);
        }
        assert_eq!(Terms::new(0.0, Falling { low: 2.0, gap: 1.0 }).ln_sum(f64::INFINITY), f64::INFINITY);
        assert_eq!(terms.ln_sum(0.0), f64::NEG_INFINITY);
    }

    /// 3F2(1, 3/4, 5/2; 3, 4; 1) by mpmath.
    #[test]
    fn product_of_two_ratios() {
        let terms = Terms::new(0.0, Falling { low: 0.75, gap: 2.25 }).times(Falling { low: 2.5, gap: 1.5 });
        close(terms.ln_sum(f64::INFINITY).exp(), 1.249_746_565_206_646, 1e-12);
    }
}
