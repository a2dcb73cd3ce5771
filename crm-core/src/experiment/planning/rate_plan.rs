//! Plans of tests of one rate.
//!
//! - Chernick and Liu (2002), "The saw-toothed behavior of power versus sample size and software solutions: single binomial proportion using exact
//!   methods", The American Statistician 56.

use serde::Serialize;

use super::super::binary_arm::BinaryArm;
use super::super::rate_test::{One, RateMethod};
use super::super::test_options::{Alternative, check_alpha};
use super::super::threshold::first;
use super::plan_options::CountedTails;
use super::saw_tooth::least_lasting;
use super::solve::{EffectDirection, check_beyond, check_direction, check_power};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{normal_quantile, root_between};

/// The largest size that is looked for: beyond, teeth are too short to matter and too many to look at.
const MOST: u64 = 10_000_000;
/// More sizes than these are not looked at for one tooth.
const MOST_TEETH: f64 = 20_000.0;

/// A size with which a test of one rate has the power asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateSampleSize {
    /// Customers.
    pub count: u64,
    /// The power with them: at least what was asked for, as it is with every larger size.
    pub power: f64,
}

/// A planned test of one rate against a rate that is given, with the very rule by which [`test_rate`](super::super::test_rate) rejects.
///
/// ```text
/// power = P(X <= l) + P(X >= u),  X binomial;  l and u are where the p-value falls below alpha
/// ```
///
/// The power is exact for every method, at any size. It is a saw tooth: [`sample_size`](Self::sample_size) is the least size **from which on** it is kept.
///
/// ```
/// use crm_core::experiment::{Alternative, CountedTails, RateMethod, RatePlan};
/// let plan = RatePlan::new(0.3, RateMethod::ClopperPearson, Alternative::Less, 0.05, CountedTails::Near)?;
/// // 119 customers have a power of 80.4 %, 120 only 79.0 %; from 130 on it lasts.
/// assert!(plan.power(0.2, 119)? > 0.8 && plan.power(0.2, 120)? < 0.8);
/// let size = plan.sample_size(0.2, 0.8)?;
/// assert!(size.count == 130 && plan.power(0.2, 129)? < 0.8 && size.power >= 0.8);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Chernick and Liu (2002).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePlan {
    null: f64,
    method: RateMethod,
    alternative: Alternative,
    alpha: f64,
    tails: CountedTails,
}

/// Conversions up to and from which a test rejects, and whether it does at the ends, where some methods differ.
#[derive(Clone, Copy, Debug)]
struct Limits {
    below: i64,
    above: i64,
    /// Whether 0, 1, n - 1 and n are rejected.
    ends: [bool; 4],
}

impl RatePlan {
    /// A plan of a test against the rate `null`.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside (0, 1) and a level outside (0, 0.3].
    pub fn new(
        null: f64,
        method: RateMethod,
        alternative: Alternative,
        alpha: f64,
        tails: CountedTails,
    ) -> Result<Self> {
        check_alpha(alpha)?;
        if alpha > 0.3 {
            return Err(Error::argument("alpha", alpha, "at most 0.3 for plans of one rate"));
        }
        if !(null > 0.0 && null < 1.0) {
            return Err(Error::argument("null", null, "inside (0, 1)"));
        }
        Ok(Self { null, method, alternative, alpha, tails })
    }

    /// The power for a rate and a number of customers.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] and no customers; `OutOfRange` for more than 2^53 of them.
    pub fn power(&self, rate: f64, count: u64) -> Result<f64> {
        check_rate(rate)?;
        let arm = arm_of(count)?;
        Ok(self.hit(rate, &arm, &self.limits(&arm, None)))
    }

    /// The least size from which on the test keeps a power.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] or on the null or its wrong side, and a power outside (alpha, 1); `OutOfRange` where more than ten
    /// million customers are needed.
    pub fn sample_size(&self, rate: f64, power: f64) -> Result<RateSampleSize> {
        check_rate(rate)?;
        check_power(power, self.alpha)?;
        check_beyond("rate", rate, self.null, self.alternative)?;
        let deviation = |p: f64| (p * (1.0 - p)).sqrt();
        let critical = -normal_quantile(self.alternative.alpha_at_end(self.alpha));
        let reach = critical * deviation(self.null) + normal_quantile(power) * deviation(rate);
        let start = (reach / (rate - self.null)).powi(2);
        // Four teeth of a rare null; of one near 1/2, where teeth are short, what they drift through while the root of the size grows by one.
        let teeth =
            |count: u64| (4.0 / self.null.min(1.0 - self.null)).min(MOST_TEETH) + 4.0 * (count as f64).sqrt();
        let mut before = None;
        let found = least_lasting(start, teeth, MOST, power, |count| {
            let arm = arm_of(count)?;
            let limits = self.limits(&arm, before);
            before = Some(limits);
            Ok(self.hit(rate, &arm, &limits))
        })?;
        let Some(found) = found else {
            let message = format!("more than {MOST} customers are needed for the power to last");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("rate"));
        };
        Ok(RateSampleSize { count: found.count, power: found.power })
    }

    /// The rate next to the null that is found with that power.
    ///
    /// # Errors
    /// `InvalidArgument` for no customers, a power outside (alpha, 1) or one that no rate reaches, and a direction that the alternative does not
    /// look for; `OutOfRange` for more than 2^53 customers.
    pub fn detectable(&self, count: u64, power: f64, direction: EffectDirection) -> Result<f64> {
        let arm = arm_of(count)?;
        check_power(power, self.alpha)?;
        check_direction(direction, self.alternative)?;
        let limits = self.limits(&arm, None);
        let lacks = |rate: f64| power - self.hit(rate, &arm, &limits);
        let last = if direction == EffectDirection::Increase { 1.0 } else { 0.0 };
        // Wald's test does not reject where all or none converted: its power falls again next to 0 and 1.
        let steps = 64;
        let place = |step: i32| self.null + (last - self.null) * f64::from(step) / f64::from(steps);
        let Some(step) = (1..=steps).find(|&step| lacks(place(step)) <= 0.0) else {
            let most = (1..=steps).map(|step| power - lacks(place(step))).fold(0.0, f64::max);
            let accepted =
                format!("at most {most}, the power for the largest effect, with {count} customers");
            return Err(Error::argument("power", power, &accepted));
        };
        let (from, to) = (place(step - 1), place(step));
        let from = if step == 1 { from + (to - from) * f64::EPSILON } else { from };
        Ok(if lacks(from) <= 0.0 { from } else { root_between(lacks, from.min(to), from.max(to)) })
    }

    fn limits(&self, arm: &BinaryArm, before: Option<Limits>) -> Limits {
        let n = arm.trials() as i64;
        let rejects = |x: i64| {
            BinaryArm::new(x as u64, n as u64).is_ok_and(|arm| {
                One::new(&arm, self.method).p_value(self.null, self.alternative) < self.alpha
            })
        };
        // What is rejected lies beyond the number expected.
        let expected = n as f64 * self.null;
        let (last, next) = ((expected.ceil() as i64 - 1).min(n - 2), (expected.floor() as i64 + 1).max(2));
        let guess = before.unwrap_or(Limits { below: last, above: next, ends: [false; 4] });
        let above = match self.alternative {
            Alternative::Less => n - 1,
            _ => first(next, n - 1, guess.above, rejects),
        };
        let below = match self.alternative {
            Alternative::Greater => 1,
            _ => -first(-last, -1, -guess.below, |x| rejects(-x)),
        };
        Limits { below, above, ends: [0, 1, n - 1, n].map(|x| x >= 0 && rejects(x)) }
    }

    fn hit(&self, rate: f64, arm: &BinaryArm, limits: &Limits) -> f64 {
        let n = arm.trials() as i64;
        let (low, high) = match (self.tails, self.alternative) {
            (CountedTails::Near, Alternative::TwoSided) => (rate < self.null, rate >= self.null),
            _ => (true, true),
        };
        let middle = n as f64 * self.null;
        let mut sum = 0.0;
        if low && limits.below > 1 {
            sum += One::between(2, limits.below, arm, rate);
        }
        if high && limits.above < n - 1 {
            sum += One::between(limits.above, n - 2, arm, rate);
        }
        let mut ends: Vec<(i64, bool)> = [0, 1, n - 1, n].into_iter().zip(limits.ends).collect();
        // With one or two customers some of the ends are one.
        ends.sort_unstable();
        ends.dedup_by_key(|end| end.0);
        for (x, rejected) in ends {
            let counts = if (x as f64) < middle { low } else { high };
            if rejected && counts {
                sum += One::between(x, x, arm, rate);
            }
        }
        sum.min(1.0)
    }
}

fn arm_of(count: u64) -> Result<BinaryArm> {
    BinaryArm::new(0, count).map_err(|error| error.on("count"))
}

fn check_rate(rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument("rate", rate, "between 0 and 1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::test_rate;
    use crate::math::ln_binomial;

    /// Count by count, with the test itself.
    fn counted(plan: &RatePlan, rate: f64, n: u64) -> f64 {
        (0..=n)
            .filter(|&x| {
                let arm = BinaryArm::new(x, n).unwrap();
                let test = test_rate(&arm, plan.null, plan.method, plan.alternative, plan.alpha).unwrap();
                let near = (arm.rate() < plan.null) == (rate < plan.null);
                test.rejects()
                    && (near || plan.tails == CountedTails::Both || plan.alternative != Alternative::TwoSided)
            })
            .map(|x| ln_binomial(x, n, rate).exp())
            .sum()
    }

    /// Sizes that kept the power for a while and lost it again, of rare nulls and of one half.
    #[test]
    fn sizes_last() {
        for (null, method, alternative, alpha, rate, power, until) in [
            (0.006_074, RateMethod::Wilson, Alternative::Less, 0.3, 0.003_037, 0.5, 1500),
            (0.002, RateMethod::ClopperPearson, Alternative::TwoSided, 0.3, 0.0328, 0.8, 600),
            (0.01, RateMethod::Jeffreys, Alternative::Less, 0.2, 0.005, 0.35, 1500),
            (0.5, RateMethod::Jeffreys, Alternative::Less, 0.05, 0.488_306_6, 0.9, 500),
            (0.5, RateMethod::Wald, Alternative::TwoSided, 0.01, 0.522_587_5, 0.95, 500),
        ] {
            let plan = RatePlan::new(null, method, alternative, alpha, CountedTails::Near).unwrap();
            let size = plan.sample_size(rate, power).unwrap();
            assert!(plan.power(rate, size.count - 1).unwrap() < power, "{null} {size:?}");
            for more in 0..until {
                let kept = plan.power(rate, size.count + more).unwrap();
                assert!(kept >= power, "{null} {size:?}: {kept} at {more} more");
            }
        }
    }

    #[test]
    fn power_is_that_of_the_test_count_by_count() {
        for method in RateMethod::ALL.iter().copied() {
            for alternative in Alternative::ALL.iter().copied() {
                for tails in CountedTails::ALL.iter().copied() {
                    for (null, alpha) in [(0.3, 0.05), (0.02, 0.3), (0.9, 0.01)] {
                        let plan = RatePlan::new(null, method, alternative, alpha, tails).unwrap();
                        for (rate, n) in
                            [(0.6, 1), (0.6, 2), (0.1, 3), (0.5, 4), (0.05, 7), (0.45, 30), (0.97, 211)]
                        {
                            let (found, known) = (plan.power(rate, n).unwrap(), counted(&plan, rate, n));
                            assert!((found - known).abs() < 1e-12, "{plan:?} {rate} {n}: {found} {known}");
                        }
                    }
                }
            }
        }
    }
}
