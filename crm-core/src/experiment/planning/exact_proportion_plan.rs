//! Plans of exact tests of two rates.
//!
//! - Casagrande, Pike and Smith (1978), "The power function of the exact test for comparing two binomial distributions", Applied Statistics 27.
//! - Boschloo (1970), "Raised conditional level of significance for the 2 x 2-table when testing the equality of two probabilities",
//!   Statistica Neerlandica 24.
//! - Chernick and Liu (2002), "The saw-toothed behavior of power versus sample size and software solutions", The American Statistician 56.

use super::super::binomial::ln_binomial;
use super::super::proportion::ProportionMethod;
use super::super::proportion::rejection::{Hint, Rejection, Side, most_trials, rejection};
use super::super::test_options::{Alternative, Contrast, TestOptions};
use super::plan_options::{CountedTails, PlanOptions};
use super::saw_tooth::least_lasting;
use super::solve::{EffectDirection, SampleSize, check_beyond, check_direction, check_power};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{normal_quantile, root_between};

/// Points of a binomial distribution below this share of the most likely one, as logarithm, are left out.
const NEGLIGIBLE: f64 = -52.0;
/// Sizes are looked at one by one: a size is no longer worth it where the normal formula is as good.
const SHARE: f64 = 1e-10;

/// A planned exact test of two rates: the power of Fisher's, Barnard's or Boschloo's test, with the very rule by which
/// [`compare_proportions`](super::super::compare_proportions) rejects.
///
/// ```text
/// power = sum over all tables with p < alpha of P(X_t = x_t) P(X_c = x_c),  both binomial
/// ```
///
/// Power is a saw tooth: one more customer can move a critical value, and cost power. [`sample_size`](Self::sample_size) is therefore not the first size
/// that happens to have the power, but the least one **from which on it is kept**: an arm that fills up a little further than planned loses
/// nothing.
///
/// ```
/// use crm_core::experiment::{Alternative, ExactProportionPlan, PlanOptions, ProportionMethod};
/// let options = PlanOptions::default().alternative(Alternative::Greater);
/// let plan = ExactProportionPlan::new(0.1, ProportionMethod::Boschloo, options)?;
/// // Boschloo (1970): 0.9189.
/// assert!((plan.power(0.6, 15)? - 0.9189).abs() < 5e-5);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Casagrande, Pike and Smith (1978), eq. 1; Chernick and Liu (2002).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactProportionPlan {
    control_rate: f64,
    method: ProportionMethod,
    options: PlanOptions,
    test: TestOptions,
    null_rate: f64,
}

/// Probabilities of the conversions of an arm, from the first one that is not negligible on.
struct Points {
    first: i64,
    all: Vec<f64>,
}

impl Points {
    fn new(count: u64, rate: f64) -> Self {
        let n = count as f64;
        let ln_point = |x: f64| {
            if rate == 0.0 || rate == 1.0 {
                return if x == n * rate { 0.0 } else { f64::NEG_INFINITY };
            }
            ln_binomial(x, n - x, rate, 1.0 - rate)
        };
        let mode = ((n + 1.0) * rate).floor().min(n);
        let least = ln_point(mode) + NEGLIGIBLE;
        let (mut first, mut last) = (mode, mode);
        while first > 0.0 && ln_point(first - 1.0) > least {
            first -= 1.0;
        }
        while last < n && ln_point(last + 1.0) > least {
            last += 1.0;
        }
        let all = (first as i64..=last as i64).map(|x| ln_point(x as f64).exp()).collect();
        Self { first: first as i64, all }
    }

    fn last(&self) -> i64 {
        self.first + self.all.len() as i64 - 1
    }

    fn view(&self) -> (i64, &[f64]) {
        (self.first, &self.all)
    }
}

impl ExactProportionPlan {
    /// A plan for a control of a rate inside (0, 1), and an exact method.
    ///
    /// A null other than "no effect" is in terms of the contrast of the options, which must be one that the method tests.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside (0, 1), a method that is not exact, a level above 0.3, a contrast that the method does not test, a null
    /// that no rates have, margins, Dunnett's level, and options that make no sense.
    pub fn new(control_rate: f64, method: ProportionMethod, options: PlanOptions) -> Result<Self> {
        options.check()?;
        if !(control_rate > 0.0 && control_rate < 1.0) {
            return Err(Error::argument("control_rate", control_rate, "inside (0, 1)"));
        }
        if !method.is_exact() {
            let exact: Vec<&str> = ProportionMethod::ALL
                .iter()
                .filter(|method| method.is_exact())
                .map(|method| method.name())
                .collect();
            let accepted = format!("an exact one, {}", exact.join(" or "));
            return Err(Error::argument("method", method.name(), &accepted));
        }
        if options.alpha > 0.3 {
            return Err(Error::argument("alpha", options.alpha, "at most 0.3 for exact tests"));
        }
        if options.margins.is_some() {
            return Err(Error::argument("margins", "a test of equivalence", "none for exact tests"));
        }
        if options.is_joint() {
            return Err(Error::argument("sharing", options.sharing.name(), "another one for exact tests"));
        }
        let contrast = if options.null.is_none() { method.contrasts()[0] } else { options.contrast };
        let test = TestOptions {
            contrast,
            alternative: options.alternative,
            alpha: options.level_of_one(),
            null: options.null,
            target_share: None,
        };
        method.check(&test)?;
        let null = test.null_value();
        let null_rate = if contrast == Contrast::Difference {
            control_rate + null
        } else {
            null * control_rate / (1.0 - control_rate + null * control_rate)
        };
        Ok(Self { control_rate, method, options, test, null_rate })
    }

    /// The power for a target of that rate and size; the control has `control_per_target` times the size, rounded up.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] and a size of 0; `OutOfRange` for sizes that the test does not take.
    pub fn power(&self, target_rate: f64, target_count: u64) -> Result<f64> {
        check_rate(target_rate)?;
        let trials = self.trials(target_count)?;
        Ok(self.at(target_rate, trials, &mut Hint::default()))
    }

    /// The least sizes from which on the test keeps a power.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] or on the null or its wrong side, and for a power outside (alpha, 1); `OutOfRange` where more
    /// customers are needed than the test takes: 1,000 in both arms for Barnard and Boschloo, 200,000 for Fisher.
    pub fn sample_size(&self, target_rate: f64, power: f64) -> Result<SampleSize> {
        check_rate(target_rate)?;
        check_power(power, self.options.alpha)?;
        check_beyond("target_rate", target_rate, self.null_rate, self.options.alternative)?;
        let ratio = self.options.control_per_target;
        let most = most_trials(self.method);
        let most_target = (most as f64 / (1.0 + ratio)).floor() as u64;
        if most_target == 0 {
            let accepted = format!("below {most}, the customers that an exact plan takes");
            return Err(Error::argument("control_per_target", ratio, &accepted));
        }
        let angle = |rate: f64| 2.0 * rate.clamp(0.0, 1.0).sqrt().asin();
        let distance = angle(target_rate) - angle(self.null_rate);
        let z =
            -normal_quantile(self.test.alternative.alpha_at_end(self.test.alpha)) + normal_quantile(power);
        let start = (z / distance).powi(2) * (1.0 + ratio.recip());
        let rarest = [target_rate, 1.0 - target_rate, self.control_rate, 1.0 - self.control_rate]
            .into_iter()
            .filter(|rate| *rate > 0.0)
            .fold(1.0, f64::min);
        let mut hint = Hint::default();
        let teeth = |before: u64| (3.0 / rarest).min(0.5 * before as f64) + 8.0;
        let found = least_lasting(start, teeth, most_target, power, |target| {
            Ok(self.at(target_rate, [target, self.control(target)], &mut hint))
        })?;
        let Some(found) = found else {
            let message = format!(
                "more than {most} customers are needed for the power to last, which an exact plan does not take: plan a score test"
            );
            return Err(Error::new(ErrorKind::OutOfRange, message).on("target_rate"));
        };
        let control = self.control(found.count);
        Ok(SampleSize {
            target: found.count as f64,
            control: control as f64,
            target_count: found.count,
            control_count: control,
            total_count: u64::from(self.options.targets) * found.count + control,
            power: found.power,
        })
    }

    /// The rate of the target next to the null that is found with that power.
    ///
    /// # Errors
    /// `InvalidArgument` for a size of 0, a power outside (alpha, 1) or one that no rate reaches, and a direction that the alternative does not
    /// look for; `OutOfRange` for sizes that the test does not take.
    pub fn detectable(&self, target_count: u64, power: f64, direction: EffectDirection) -> Result<f64> {
        let trials = self.trials(target_count)?;
        check_power(power, self.options.alpha)?;
        check_direction(direction, self.options.alternative)?;
        let limits = self.rejection(trials, (0, (trials[0] + trials[1]) as i64), &mut Hint::default());
        let control = Points::new(trials[1], self.control_rate);
        let lacks = |rate: f64| power - self.hit(&limits, rate, &Points::new(trials[0], rate), &control);
        let (first, last) = if direction == EffectDirection::Increase {
            (self.null_rate.max(0.0), 1.0)
        } else {
            (self.null_rate.min(1.0), 0.0)
        };
        if lacks(last) > 0.0 {
            let most = power - lacks(last);
            let accepted = format!(
                "at most {most}, the power for the largest effect there is, with {target_count} customers"
            );
            return Err(Error::argument("power", power, &accepted));
        }
        // Just beyond the null, where the side counted is that of the effect.
        let first = first + (last - first) * f64::EPSILON;
        Ok(if lacks(first) <= 0.0 { first } else { root_between(lacks, first.min(last), first.max(last)) })
    }

    fn control(&self, target: u64) -> u64 {
        (target as f64 * self.options.control_per_target * (1.0 - SHARE)).ceil().max(1.0) as u64
    }

    fn trials(&self, target: u64) -> Result<[u64; 2]> {
        if target == 0 {
            return Err(Error::argument("target_count", target, "at least 1"));
        }
        let (control, most) = (self.control(target), most_trials(self.method));
        if target.saturating_add(control) > most {
            let message = format!(
                "{target} and {control} customers are more than the {most} that a plan of this exact test takes: plan a score test"
            );
            return Err(Error::new(ErrorKind::OutOfRange, message).on("target_count"));
        }
        Ok([target, control])
    }

    fn rejection(&self, trials: [u64; 2], totals: (i64, i64), hint: &mut Hint) -> Rejection {
        rejection(self.method, &self.test, trials, totals, hint)
    }

    fn at(&self, rate: f64, trials: [u64; 2], hint: &mut Hint) -> f64 {
        let (target, control) = (Points::new(trials[0], rate), Points::new(trials[1], self.control_rate));
        let totals = (target.first + control.first, target.last() + control.last());
        self.hit(&self.rejection(trials, totals, hint), rate, &target, &control)
    }

    fn hit(&self, limits: &Rejection, rate: f64, target: &Points, control: &Points) -> f64 {
        let of = |side| limits.probability(side, target.view(), control.view());
        let near = match self.options.alternative {
            Alternative::Greater => return of(Side::Above),
            Alternative::Less => return of(Side::Below),
            Alternative::TwoSided => {
                if rate < self.null_rate {
                    Side::Below
                } else {
                    Side::Above
                }
            }
        };
        match (self.options.tails, near) {
            (CountedTails::Near, side) => of(side),
            (CountedTails::Both, _) => of(Side::Above) + of(Side::Below),
        }
    }
}

fn check_rate(rate: f64) -> Result<()> {
    if (0.0..=1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument("target_rate", rate, "between 0 and 1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{BinaryArm, compare_proportions};

    /// Table by table, with the test itself.
    fn counted(plan: &ExactProportionPlan, rate: f64, [n1, n0]: [u64; 2]) -> f64 {
        let mut sum = 0.0;
        for x1 in 0..=n1 {
            for x0 in 0..=n0 {
                let (target, control) = (BinaryArm::new(x1, n1).unwrap(), BinaryArm::new(x0, n0).unwrap());
                let test = compare_proportions(&target, &control, plan.method, &plan.test).unwrap();
                let estimate =
                    if plan.test.contrast == Contrast::Difference { test.difference } else { test.estimate };
                let above = estimate > plan.test.null_value();
                let counts = plan.options.tails == CountedTails::Both
                    || plan.options.alternative != Alternative::TwoSided
                    || above == (rate > plan.null_rate);
                if test.rejects() && counts {
                    let point =
                        |x: u64, n: u64, p: f64| ln_binomial(x as f64, (n - x) as f64, p, 1.0 - p).exp();
                    sum += point(x1, n1, rate) * point(x0, n0, plan.control_rate);
                }
            }
        }
        sum
    }

    #[test]
    fn power_is_that_of_the_test_table_by_table() {
        let options = PlanOptions::default();
        for &method in ProportionMethod::ALL.iter().filter(|method| method.is_exact()) {
            let barnard = method == ProportionMethod::Barnard;
            let contrast = if barnard { Contrast::Difference } else { Contrast::OddsRatio };
            // Intervals, which the test finds as well, are slow.
            let quick = !barnard && method != ProportionMethod::Boschloo;
            for alternative in Alternative::ALL.iter().copied() {
                for (null, tails, ratio, alpha) in [
                    (None, CountedTails::Near, 1.0, 0.05),
                    (None, CountedTails::Both, 0.6, 0.3),
                    (Some(if barnard { -0.1 } else { 0.7 }), CountedTails::Near, 1.7, 0.05),
                ] {
                    let options = PlanOptions { null, ..options }
                        .alternative(alternative)
                        .tails(tails)
                        .control_per_target(ratio)
                        .alpha(alpha)
                        .contrast(contrast);
                    let plan = ExactProportionPlan::new(0.3, method, options).unwrap();
                    for (rate, count) in [(0.7, 5), (0.1, 11), (0.45, 8)] {
                        if !quick
                            && (count > 5) != (alternative == Alternative::Less && ratio > 1.0 && count == 8)
                        {
                            continue;
                        }
                        let known = counted(&plan, rate, [count, plan.control(count)]);
                        let found = plan.power(rate, count).unwrap();
                        assert!(
                            (found - known).abs() < 1e-13,
                            "{method:?} {options:?} {rate}: {found} {known}"
                        );
                    }
                }
            }
        }
    }
}
