//! One rate: its interval, and tests against a rate that is given.

use serde::{Deserialize, Serialize};

use super::binary_arm::BinaryArm;
use super::binomial::ln_binomial;
use super::exact_tails::{Exact, Extreme, Family};
use super::interval::Interval;
use super::normal_tail::PValue;
use super::test_options::{Alternative, check_alpha};
use super::test_result::TestStatus;
use crate::error::{Error, Result};
use crate::math::{ln_beta_reg, root_between};
use crate::named::named;

/// How one rate is estimated and tested. Each method has the p-value and the interval of one statistic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum RateMethod {
    /// The score test: the standard error is that of the rate it is held against (Wilson 1927).
    #[default]
    Wilson = 0,
    /// Exact, twice the smaller tail (Clopper and Pearson 1934): never below its confidence, mostly above.
    ClopperPearson = 1,
    /// Exact, what is not more likely (Sterne 1954).
    MinimumLikelihood = 2,
    /// Exact with what was seen counted half (Lancaster 1961).
    MidP = 3,
    /// Equal tails of the posterior Beta(x + 1/2, n - x + 1/2); an end at 0 without conversions, at 1 without failures.
    Jeffreys = 4,
    /// Jeffreys's with the ends of Brown, Cai and DasGupta (2001) for no, one, all and all but one conversions.
    JeffreysModified = 5,
    /// Wald's about Wilson's centre (Agresti and Coull 1998).
    AgrestiCoull = 6,
    /// The standard error of the estimate; for comparison with other tools only.
    Wald = 7,
}

named! { RateMethod, "method", {
    Wilson: "wilson", ClopperPearson: "clopper_pearson", MinimumLikelihood: "minimum_likelihood", MidP: "mid_p", Jeffreys: "jeffreys",
    JeffreysModified: "jeffreys_modified", AgrestiCoull: "agresti_coull", Wald: "wald",
} }

/// The outcome of a test of one rate.
///
/// The test rejects if and only if the interval excludes the rate under the null. What is undefined for the data is NaN and `status` says why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateTest {
    /// The method's name.
    pub method: &'static str,
    /// Which deviations counted.
    pub alternative: Alternative,
    /// The level of the test; the interval has confidence 1 - alpha.
    pub alpha: f64,
    /// The rate under the null.
    pub null: f64,
    /// Conversions over trials.
    pub rate: f64,
    /// The rates that the test does not reject.
    pub interval: Interval,
    /// z for methods that are near normal, else NaN.
    pub statistic: f64,
    /// The p-value.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// Whether the data could answer.
    pub status: TestStatus,
}

impl RateTest {
    /// Whether the null is rejected at the level asked for.
    pub fn rejects(&self) -> bool {
        !self.interval.contains(self.null)
    }
}

/// The interval of a rate, with confidence 1 - alpha.
///
/// # Errors
/// `InvalidArgument` for a level outside (0, 1).
///
/// ```
/// use crm_core::experiment::{BinaryArm, RateMethod, rate_interval};
/// let interval = rate_interval(&BinaryArm::new(8, 10)?, RateMethod::Wilson, 0.05)?;
/// assert!((interval.lower - 0.4902).abs() < 5e-5 && (interval.upper - 0.9433).abs() < 5e-5);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion", Statistical Science 16.
pub fn rate_interval(arm: &BinaryArm, method: RateMethod, alpha: f64) -> Result<Interval> {
    check_alpha(alpha)?;
    Ok(One::new(arm, method).interval(Alternative::TwoSided, alpha))
}

/// Tests a rate against one that is given.
///
/// # Errors
/// `InvalidArgument` for a level or a rate under the null outside (0, 1).
///
/// ```
/// use crm_core::experiment::{Alternative, BinaryArm, RateMethod, test_rate};
/// let result = test_rate(&BinaryArm::new(8, 10)?, 0.5, RateMethod::MinimumLikelihood, Alternative::TwoSided, 0.05)?;
/// assert!((result.p_value - 0.109375).abs() < 1e-15 && !result.rejects());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: as [`rate_interval`].
pub fn test_rate(
    arm: &BinaryArm,
    null: f64,
    method: RateMethod,
    alternative: Alternative,
    alpha: f64,
) -> Result<RateTest> {
    check_alpha(alpha)?;
    if !(null > 0.0 && null < 1.0) {
        return Err(Error::argument("null", null, "inside (0, 1)"));
    }
    let one = One::new(arm, method);
    let (statistic, p) = one.test(null, alternative);
    let interval = one.interval(alternative, alpha);
    let rejected = p.p < alpha;
    let interval = if matches!(method, RateMethod::MinimumLikelihood | RateMethod::AgrestiCoull) {
        interval.hull_agreeing(null, rejected, arm.rate(), alternative)
    } else {
        interval.agreeing(null, rejected)
    };
    let status = if arm.conversions() == 0 {
        TestStatus::NoConversions
    } else if arm.failures() == 0 {
        TestStatus::AllConverted
    } else {
        TestStatus::Ok
    };
    Ok(RateTest {
        method: method.name(),
        alternative,
        alpha,
        null,
        rate: arm.rate(),
        interval,
        statistic,
        p_value: p.p,
        ln_p_value: p.ln_p,
        status,
    })
}

/// One arm by one method.
pub(super) struct One {
    x: f64,
    f: f64,
    n: f64,
    method: RateMethod,
}

impl One {
    pub(super) fn new(arm: &BinaryArm, method: RateMethod) -> Self {
        let (x, f) = (arm.conversions() as f64, arm.failures() as f64);
        Self { x, f, n: arm.trials() as f64, method }
    }

    /// The p-value by which the test rejects.
    pub(super) fn p_value(&self, null: f64, alternative: Alternative) -> f64 {
        self.test(null, alternative).1.p
    }

    /// The probability that from `least` to `most` of the arm's trials convert.
    pub(super) fn between(least: i64, most: i64, arm: &BinaryArm, rate: f64) -> f64 {
        let n = arm.trials() as i64;
        if rate == 0.0 || rate == 1.0 {
            let sure = if rate == 0.0 { 0 } else { n };
            return if (least..=most).contains(&sure) { 1.0 } else { 0.0 };
        }
        if least > most {
            return 0.0;
        }
        let (family, t) = (Self::new(arm, RateMethod::ClopperPearson), rate.ln() - (-rate).ln_1p());
        if least == most {
            return family.ln_point(least as f64, t).exp();
        }
        // From the tail that is less than half, so that nothing cancels.
        let lower = |k: i64| family.ln_lower(k as f64, t).exp();
        let upper = |k: i64| family.ln_upper(k as f64, t).exp();
        if least as f64 > family.mode(t) {
            upper(least) - upper(most + 1)
        } else {
            lower(most) - lower(least - 1)
        }
    }

    fn exact(&self, extreme: Extreme) -> Exact<'_, Self> {
        // Jumps of the p-value grow small with the trials.
        let patience = (1e5 / (self.n + 1.0)).clamp(32.0, 1024.0) as usize;
        Exact { family: self, seen: self.x, extreme, patience }
    }

    fn extreme(&self) -> Extreme {
        match self.method {
            RateMethod::MinimumLikelihood => Extreme::MinimumLikelihood,
            RateMethod::MidP => Extreme::MidP,
            _ => Extreme::Central,
        }
    }

    fn test(&self, null: f64, alternative: Alternative) -> (f64, PValue) {
        let normal = |z: f64| (z, alternative.normal_p(z));
        let rest = 1.0 - null;
        // (x - n p0) / n, from whichever count is smaller.
        let deviation = if self.x <= self.f { self.x / self.n - null } else { rest - self.f / self.n };
        match self.method {
            RateMethod::Wilson => normal(deviation / (null * rest / self.n).sqrt()),
            RateMethod::Wald => {
                let variance = self.x / self.n * (self.f / self.n) / self.n;
                normal(if variance == 0.0 { f64::NAN } else { deviation / variance.sqrt() })
            }
            RateMethod::AgrestiCoull => normal(self.agresti_coull_z(deviation)),
            RateMethod::Jeffreys | RateMethod::JeffreysModified => {
                let p = match alternative {
                    Alternative::Greater => PValue::from_ln(self.posterior(null, rest, true)),
                    Alternative::Less => PValue::from_ln(self.posterior(null, rest, false)),
                    Alternative::TwoSided => {
                        PValue::central(self.posterior(null, rest, true), self.posterior(null, rest, false))
                    }
                };
                (f64::NAN, p)
            }
            _ => {
                let logit = null.ln() - (-null).ln_1p();
                (f64::NAN, self.exact(self.extreme()).p_value(logit, alternative))
            }
        }
    }

    fn interval(&self, alternative: Alternative, alpha: f64) -> Interval {
        let (x, f, n) = (self.x, self.f, self.n);
        let z = alternative.normal_critical(alpha);
        let share = alternative.alpha_at_end(alpha).ln();
        let (lower, upper) = match self.method {
            RateMethod::Wilson => {
                let (lower, upper) = (wilson_end(x, f, z), wilson_end(x, f, -z).min(1.0));
                // The rate lies between them, also where rounding says otherwise.
                if z >= 0.0 { (lower.min(x / n), upper.max(x / n)) } else { (lower, upper) }
            }
            RateMethod::Wald => {
                let error = (x / n * (f / n) / n).sqrt();
                if error == 0.0 {
                    return Interval::unbounded();
                }
                (x / n - z * error, x / n + z * error)
            }
            RateMethod::AgrestiCoull => {
                let (below, above) = (self.agresti_coull_end(z), self.agresti_coull_end(-z));
                (x / n + below, x / n + above)
            }
            RateMethod::Jeffreys | RateMethod::JeffreysModified => {
                // The lower end is where the posterior has a share of alpha below.
                let lower = rate_where(|p, q| self.posterior(p, q, true) - share);
                let upper = rate_where(|p, q| share - self.posterior(p, q, false));
                (lower, upper)
            }
            _ => {
                let (lower, upper) = self.exact(self.extreme()).interval(alternative, alpha);
                (rate_of(lower).0, rate_of(upper).0)
            }
        };
        match alternative {
            Alternative::TwoSided => Interval::bounded(lower, upper),
            Alternative::Greater => Interval::bounded(lower, f64::INFINITY),
            Alternative::Less => Interval::bounded(f64::NEG_INFINITY, upper),
        }
    }

    /// ln of the posterior probability up to a rate (`below`) or from it on; 0, which is no evidence, on the side without an end.
    fn posterior(&self, p: f64, q: f64, below: bool) -> f64 {
        let (x, f) = if below { (self.x, self.f) } else { (self.f, self.x) };
        let (p, q) = if below { (p, q) } else { (q, p) };
        let modified = self.method == RateMethod::JeffreysModified;
        if x == 0.0 || (modified && x == 1.0 && f > 0.0) {
            return 0.0;
        }
        if modified && f == 0.0 {
            // Clopper and Pearson's end, the n-th root of the share.
            return self.n * p.ln();
        }
        ln_beta_reg(x + 0.5, f + 0.5, p, q)
    }

    /// How far the end of Agresti and Coull's interval is above the rate, at z; the lower end for z above 0.
    fn agresti_coull_end(&self, z: f64) -> f64 {
        let (x, f, n) = (self.x, self.f, self.n);
        let square = z * z;
        let all = n + square;
        let error = ((x + 0.5 * square) / all * ((f + 0.5 * square) / all) / all).sqrt();
        0.5 * square * (f - x) / (n * all) - z * error
    }

    /// The z whose interval ends so far from the rate.
    fn agresti_coull_z(&self, deviation: f64) -> f64 {
        if deviation == 0.0 {
            return 0.0;
        }
        let sign = 1f64.copysign(deviation);
        let short = |z: f64| self.agresti_coull_end(sign * z) * sign + deviation.abs();
        let mut high = 1.0;
        while short(high) > 0.0 {
            if high > 1e9 {
                return sign * f64::INFINITY;
            }
            high *= 2.0;
        }
        sign * root_between(short, 0.0, high)
    }
}

/// The rate, of given and remaining share, where a function that rises with it passes 0; 0 or 1 where it has no root.
fn rate_where(f: impl Fn(f64, f64) -> f64) -> f64 {
    let at = |logit: f64| {
        let (p, q) = rate_of(logit);
        f(p, q)
    };
    if at(-LOGIT) >= 0.0 {
        return 0.0;
    }
    if at(LOGIT) <= 0.0 {
        return 1.0;
    }
    rate_of(root_between(at, -LOGIT, LOGIT)).0
}

/// Rates nearer to 0 or 1 have logits beyond this one.
const LOGIT: f64 = 700.0;

/// A rate and what is left to 1, from the logit.
fn rate_of(logit: f64) -> (f64, f64) {
    if logit > 0.0 {
        let odds = (-logit).exp();
        (1.0 / (1.0 + odds), odds / (1.0 + odds))
    } else {
        let odds = logit.exp();
        (odds / (1.0 + odds), 1.0 / (1.0 + odds))
    }
}

/// Wilson's lower end at z; for z below 0 the upper.
fn wilson_end(x: f64, f: f64, z: f64) -> f64 {
    let n = x + f;
    let root = z * (x * (f / n) + 0.25 * z * z).sqrt();
    let middle = x + 0.5 * z * z;
    // (middle - root) / (n + z^2), multiplied out where it cancels.
    if z > 0.0 { x * x / n / (middle + root) } else { (middle - root) / (n + z * z) }
}

impl Family for One {
    fn least(&self) -> f64 {
        0.0
    }

    fn most(&self) -> f64 {
        self.n
    }

    fn ln_point(&self, k: f64, t: f64) -> f64 {
        let (p, q) = rate_of(t);
        ln_binomial(k, self.n - k, p, q)
    }

    fn ln_weight(&self, k: f64, t: f64) -> f64 {
        self.ln_point(k, t)
    }

    fn ln_lower(&self, k: f64, t: f64) -> f64 {
        if k < 0.0 {
            return f64::NEG_INFINITY;
        }
        if k >= self.n {
            return 0.0;
        }
        let (p, q) = rate_of(t);
        ln_beta_reg(self.n - k, k + 1.0, q, p)
    }

    fn ln_upper(&self, k: f64, t: f64) -> f64 {
        if k > self.n {
            return f64::NEG_INFINITY;
        }
        if k <= 0.0 {
            return 0.0;
        }
        let (p, q) = rate_of(t);
        ln_beta_reg(k, self.n - k + 1.0, p, q)
    }

    fn mode(&self, t: f64) -> f64 {
        ((self.n + 1.0) * rate_of(t).0).floor().clamp(0.0, self.n)
    }
}
