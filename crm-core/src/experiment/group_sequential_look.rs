//! What a group-sequential test says at a look.

use serde::{Deserialize, Serialize};

use super::group_sequential::GroupSequential;
use super::interval::Interval;
use super::sequential_paths::Paths;
use super::test_options::Alternative;
use super::test_result::TestStatus;
use crate::error::{Error, Result};
use crate::math::{ln_normal_upper, root_between};
use crate::named::named;

/// What to do after a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum SequentialDecision {
    /// Go on: nothing is decided.
    #[default]
    Continue = 0,
    /// The null is rejected.
    Reject = 1,
    /// Going on is not worth it: the statistic is below the futility boundary.
    Futile = 2,
    /// All error is spent and the null is not rejected.
    Exhausted = 3,
}

named! { SequentialDecision, "decision", {
    Continue: "continue", Reject: "reject", Futile: "futile", Exhausted: "exhausted",
} }

/// A look at the data of a group-sequential test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GroupSequentialLook {
    /// The number of the look, from 0.
    pub look: usize,
    /// Its information fraction.
    pub information: f64,
    /// What to do.
    pub decision: SequentialDecision,
    /// (Estimate - null) / standard error.
    pub statistic: f64,
    /// What the statistic had to exceed (its modulus if two-sided, its negative for `Less`).
    pub critical_value: f64,
    /// What the statistic had to reach for going on; -infinity without futility.
    pub futility_value: f64,
    /// The error spent so far.
    pub alpha_spent: f64,
    /// The repeated confidence interval: `estimate -+ critical_value * standard_error`. All looks together cover with probability at least
    /// 1 - alpha, and it excludes the null if and only if the look rejects.
    pub interval: Interval,
    /// The stage-wise adjusted p-value, as if the test ended here: at most `alpha_spent` if and only if the look rejects.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// Whether the data could answer.
    pub status: TestStatus,
}

/// Estimates that allow for the looks before, for a test that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StagewiseInference {
    /// The stage-wise adjusted p-value.
    pub p_value: f64,
    /// The effect under which what was seen, or more, has probability 1/2: too large as often as too small.
    pub median_unbiased: f64,
    /// The interval of confidence 1 - alpha from the same ordering.
    pub interval: Interval,
}

impl GroupSequential {
    /// What the test says at a look, from an estimate of the effect with its standard error.
    ///
    /// `look` counts from 0; `null` is the effect under the null hypothesis. Any test whose statistic is about normal will do: differences of means or
    /// rates, log ratios, CUPED.
    ///
    /// ```
    /// use crm_core::experiment::{GroupSequential, GroupSequentialOptions, SequentialDecision};
    /// let test = GroupSequential::new(&[0.5, 1.0], &GroupSequentialOptions::default())?;
    /// let look = test.look(0, 0.031, 0.01, 0.0)?;
    /// assert_eq!(look.decision, SequentialDecision::Reject);
    /// assert!(look.interval.lower > 0.0);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a look that the test does not have, an estimate or null that is not finite, and a negative standard error.
    ///
    /// Jennison and Turnbull (2000), sections 8.4 (p-value) and 9.1 (repeated confidence intervals).
    pub fn look(
        &self,
        look: usize,
        estimate: f64,
        standard_error: f64,
        null: f64,
    ) -> Result<GroupSequentialLook> {
        self.check_look(look, estimate, standard_error, null)?;
        let alternative = self.options.alternative;
        let critical_value = self.critical_values[look];
        let statistic = (estimate - null) / standard_error;
        let last = self.alpha_spent[look] >= self.options.alpha * (1.0 - 1e-9);
        let mut result = GroupSequentialLook {
            look,
            information: self.information[look],
            decision: if last { SequentialDecision::Exhausted } else { SequentialDecision::Continue },
            statistic,
            critical_value,
            futility_value: self.futility_values[look],
            alpha_spent: self.alpha_spent[look],
            interval: Interval::unbounded(),
            p_value: f64::NAN,
            ln_p_value: f64::NAN,
            status: TestStatus::Ok,
        };
        if standard_error == 0.0 {
            result.status = TestStatus::NoVariance;
            result.statistic = f64::NAN;
            return Ok(result);
        }
        if critical_value.is_finite() {
            let half = critical_value * standard_error;
            result.interval = match alternative {
                Alternative::TwoSided => Interval::bounded(estimate - half, estimate + half),
                Alternative::Greater => Interval::bounded(estimate - half, f64::INFINITY),
                Alternative::Less => Interval::bounded(f64::NEG_INFINITY, estimate + half),
            };
        }
        let directed = self.directed(statistic);
        if !result.interval.contains(null) {
            result.decision = SequentialDecision::Reject;
        } else if directed < self.futility_values[look] && !last {
            result.decision = SequentialDecision::Futile;
        }
        (result.p_value, result.ln_p_value) = self.stagewise_p(look, directed);
        Ok(result)
    }

    /// The adjusted p-value, the median-unbiased estimate and the adjusted interval of a test that ended at a look.
    ///
    /// Outcomes are ordered by stage: an earlier crossing counts as more, whatever its size, and at the same look a larger z does. With that
    /// ordering `P(this or more | effect)` rises with the effect; the estimate is where it is 1/2, the ends of the interval where it
    /// is alpha/2 and 1 - alpha/2. For a look after which the test went on they have no meaning.
    ///
    /// # Errors
    /// As [`GroupSequential::look`], and for a standard error of 0.
    ///
    /// Tsiatis, Rosner and Mehta (1984), Biometrics 40(3); Jennison and Turnbull (2000), sections 8.4 and 8.5.
    pub fn inference(
        &self,
        look: usize,
        estimate: f64,
        standard_error: f64,
        null: f64,
    ) -> Result<StagewiseInference> {
        self.check_look(look, estimate, standard_error, null)?;
        if standard_error == 0.0 {
            return Err(Error::argument("standard_error", 0, "above 0"));
        }
        let two_sided = self.options.alternative == Alternative::TwoSided;
        let less = self.options.alternative == Alternative::Less;
        let sign = if less { -1.0 } else { 1.0 };
        let statistic = sign * (estimate - null) / standard_error;
        let unit = self.information[look].sqrt();
        let naive = statistic / unit;
        let at = |share: f64| {
            let excess = |drift: f64| self.more_extreme(look, statistic, drift) - share;
            // Steps double, because beside a huge statistic small ones are lost.
            let (mut step, mut low, mut high) = (4.0 / unit, naive - 4.0 / unit, naive + 4.0 / unit);
            while excess(low) > 0.0 && low.is_finite() {
                step *= 2.0;
                low -= step;
            }
            while excess(high) < 0.0 && high.is_finite() {
                step *= 2.0;
                high += step;
            }
            null + sign * root_between(excess, low, high) * standard_error * unit
        };
        let alpha = self.options.side_alpha();
        let (near, far) = (at(alpha), if two_sided { at(1.0 - alpha) } else { sign * f64::INFINITY });
        Ok(StagewiseInference {
            p_value: self.stagewise_p(look, self.directed(sign * statistic)).0,
            median_unbiased: at(0.5),
            interval: Interval::bounded(near.min(far), near.max(far)),
        })
    }

    /// The statistic in the direction of the alternative.
    fn directed(&self, statistic: f64) -> f64 {
        match self.options.alternative {
            Alternative::TwoSided => statistic.abs(),
            Alternative::Greater => statistic,
            Alternative::Less => -statistic,
        }
    }

    /// P(crossing above before the look, or being above `z` at it) under a drift.
    fn more_extreme(&self, look: usize, z: f64, drift: f64) -> f64 {
        let mut paths = Paths::new(drift);
        let mut sum = 0.0;
        for (earlier, times) in self.information[..=look].windows(2).enumerate() {
            let high = self.critical_values[earlier] * times[0].sqrt();
            sum += paths.above(times[0], high).0;
            paths.advance(times[0], self.lower(high), high, times[1]);
        }
        let time = self.information[look];
        sum + paths.above(time, z * time.sqrt()).0
    }

    /// The stage-wise p-value of a directed statistic, and its logarithm.
    fn stagewise_p(&self, look: usize, directed: f64) -> (f64, f64) {
        let sides = self.options.alpha / self.options.side_alpha();
        let before = if look == 0 { 0.0 } else { self.alpha_spent[look - 1] };
        let ln_p = if before == 0.0 && self.critical_values[..look].iter().all(|value| value.is_infinite()) {
            sides.ln() + ln_normal_upper(directed)
        } else {
            (sides * self.more_extreme(look, directed, 0.0)).ln()
        };
        let ln_p = ln_p.min(0.0);
        (ln_p.exp(), ln_p)
    }

    fn check_look(&self, look: usize, estimate: f64, standard_error: f64, null: f64) -> Result<()> {
        if look >= self.information.len() {
            let accepted = format!("below the number of looks, {}", self.information.len());
            return Err(Error::argument("look", look, &accepted));
        }
        check_effect(estimate, standard_error, null)
    }
}

/// Refuses an effect that is no number.
pub(super) fn check_effect(estimate: f64, standard_error: f64, null: f64) -> Result<()> {
    if !estimate.is_finite() {
        return Err(Error::argument("estimate", estimate, "finite"));
    }
    if !(standard_error >= 0.0 && standard_error.is_finite()) {
        return Err(Error::argument("standard_error", standard_error, "at least 0 and finite"));
    }
    if !null.is_finite() {
        return Err(Error::argument("null", null, "finite"));
    }
    Ok(())
}
