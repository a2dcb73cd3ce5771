//! The exact conditional test: the target's conversions in all strata, given the margins of each.
//!
//! Gart (1970), "Point and interval estimation of the common odds ratio in the combination of 2x2 tables with fixed marginals", Biometrika 57(3).

use std::f64::consts::LN_2;

use super::super::super::exact_tails::{Exact, Extreme, Family};
use super::super::super::interval::Interval;
use super::super::super::test_options::TestOptions;
use super::super::super::test_result::TestStatus;
use super::super::evidence::Evidence;
use super::super::rates::Rates;
use super::strata::Strata;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{ln_hypergeometric, root_between};

/// Products of points that are added up at most.
const MOST_PRODUCTS: f64 = 3e7;
/// Points summed in the search for pieces of an interval, about.
const EFFORT: f64 = 2e7;
/// Beyond these logarithms are no odds among the doubles.
const END: f64 = 700.0;

/// The exact test, with the odds ratio that is most likely given the margins.
pub(super) fn evidence(strata: &Strata, extreme: Extreme, options: &TestOptions) -> Result<(Evidence, f64)> {
    let family = SumOfCounts::new(strata)?;
    let seen = strata.sum(|stratum| stratum.rates.x1);
    let patience = (EFFORT / (40.0 * family.ln_weights.len() as f64)).clamp(16.0, 4096.0) as usize;
    let exact = Exact { family: &family, seen, extreme, patience };
    let p = exact.p_value(options.null_value().ln(), options.alternative);
    let (lower, upper) = exact.interval(options.alternative, options.alpha);
    let interval = Interval::bounded(lower.exp(), upper.exp());
    let found =
        Evidence { statistic: f64::NAN, p, interval, standard_error: f64::NAN, status: TestStatus::Ok };
    Ok((found, family.most_likely(seen).exp()))
}

/// The sum of independent hypergeometric counts with one odds ratio, whose logarithm is the natural parameter.
struct SumOfCounts {
    least: f64,
    /// Logarithms of the weights at an odds ratio of 1, the greatest 0.
    ln_weights: Vec<f64>,
}

impl SumOfCounts {
    fn new(strata: &Strata) -> Result<Self> {
        let (mut points, mut products) = (1.0f64, 0.0);
        for stratum in &strata.all {
            let own = most(&stratum.rates) - least(&stratum.rates) + 1.0;
            products += points * own;
            points += own - 1.0;
        }
        if products > MOST_PRODUCTS {
            let message = format!(
                "the exact distribution over all strata needs {products:.0} products, above {MOST_PRODUCTS:.0}: \
                 a score test is as good at this size"
            );
            return Err(Error::new(ErrorKind::OutOfRange, message).on("method"));
        }
        let mut ln_weights = vec![0.0];
        for stratum in strata.all.iter().filter(|stratum| stratum.varies()) {
            ln_weights = convolved(&ln_weights, &points_of(&stratum.rates));
        }
        Ok(Self { least: strata.sum(|stratum| least(&stratum.rates)), ln_weights })
    }

    /// Places from the first to the last of two numbers, both included, as far as they exist.
    fn weights(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        let first = (from - self.least).max(0.0) as usize;
        let end = ((to - self.least + 1.0).max(0.0) as usize).min(self.ln_weights.len());
        let part = self.ln_weights.get(first..end).unwrap_or_default();
        part.iter().enumerate().map(move |(place, weight)| ((first + place) as f64, *weight))
    }

    /// ln of the sum of the weights of some numbers.
    fn ln_sum(&self, from: f64, to: f64, t: f64) -> f64 {
        let terms = self.weights(from, to).map(|(place, weight)| weight + place * t);
        let most = terms.clone().fold(f64::NEG_INFINITY, f64::max);
        if most == f64::NEG_INFINITY {
            return most;
        }
        most + terms.map(|term| (term - most).exp()).sum::<f64>().ln()
    }

    fn ln_total(&self, t: f64) -> f64 {
        self.ln_sum(self.least, self.most(), t)
    }

    /// The natural parameter at which the mean is what was seen; infinite at the ends.
    fn most_likely(&self, seen: f64) -> f64 {
        if self.ln_weights.len() == 1 {
            return f64::NAN;
        }
        if seen <= self.least {
            return f64::NEG_INFINITY;
        }
        if seen >= self.most() {
            return f64::INFINITY;
        }
        let above = |t: f64| {
            let terms = || self.weights(self.least, self.most()).map(|(place, w)| (place, w + place * t));
            let most = terms().fold(f64::NEG_INFINITY, |most, (_, term)| most.max(term));
            terms().map(|(place, term)| (place - (seen - self.least)) * (term - most).exp()).sum::<f64>()
        };
        root_between(above, -END, END)
    }
}

impl Family for SumOfCounts {
    fn least(&self) -> f64 {
        self.least
    }

    fn most(&self) -> f64 {
        self.least + (self.ln_weights.len() - 1) as f64
    }

    fn ln_point(&self, k: f64, t: f64) -> f64 {
        self.ln_weight(k, t) - self.ln_total(t)
    }

    fn ln_weight(&self, k: f64, t: f64) -> f64 {
        self.weights(k, k).next().map_or(f64::NEG_INFINITY, |(place, weight)| weight + place * t)
    }

    fn ln_lower(&self, k: f64, t: f64) -> f64 {
        if k >= self.most() { 0.0 } else { (self.ln_sum(self.least, k, t) - self.ln_total(t)).min(0.0) }
    }

    fn ln_upper(&self, k: f64, t: f64) -> f64 {
        if k <= self.least { 0.0 } else { (self.ln_sum(k, self.most(), t) - self.ln_total(t)).min(0.0) }
    }

    fn mode(&self, t: f64) -> f64 {
        // Sums of independent truth values have one mode: the first number that is followed by a less likely one.
        let (mut low, mut high) = (self.least, self.most());
        while low < high {
            let middle = (0.5 * (low + high)).floor();
            let rises = self.ln_weight(middle + 1.0, t) >= self.ln_weight(middle, t);
            if rises { low = middle + 1.0 } else { high = middle }
        }
        low
    }
}

fn least(rates: &Rates) -> f64 {
    (rates.conversions() - rates.n0).max(0.0)
}

fn most(rates: &Rates) -> f64 {
    rates.conversions().min(rates.n1)
}

/// Logarithms of the chances of each number of the target's conversions in one stratum at an odds ratio of 1.
fn points_of(rates: &Rates) -> Vec<f64> {
    let (marked, others, draws) = (rates.n1 as u64, rates.n0 as u64, rates.conversions() as u64);
    let (first, last) = (least(rates) as u64, most(rates) as u64);
    (first..=last).map(|k| ln_hypergeometric(k, draws, marked, others)).collect()
}

/// The logarithms of the weights of a sum, the greatest 0.
fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    let at = |place: usize| {
        let from = place.saturating_sub(other.len() - 1);
        let terms = one[from..one.len().min(place + 1)]
            .iter()
            .zip(other[..=place - from].iter().rev())
            .map(|(one, other)| one + other);
        let most = terms.clone().fold(f64::NEG_INFINITY, f64::max);
        // What is 2^-80 of the greatest adds no digit, however many there are.
        let sum: f64 =
            terms.map(|term| if term > most - 80.0 * LN_2 { (term - most).exp() } else { 0.0 }).sum();
        most + sum.ln()
    };
    let sums: Vec<f64> = (0..one.len() + other.len() - 1).map(at).collect();
    let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    sums.iter().map(|sum| sum - most).collect()
}
