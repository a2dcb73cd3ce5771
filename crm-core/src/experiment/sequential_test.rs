//! A test that is fed as data arrive and may be read at any time.

use serde::{Deserialize, Serialize};

use super::always_valid::{AlwaysValid, AlwaysValidMethod, AlwaysValidOptions, always_valid, undecided};
use super::binary_arm::BinaryArm;
use super::group_sequential_look::SequentialDecision;
use super::interval::Interval;
use super::mean_arm::MeanArm;
use super::sample_ratio::SequentialSampleRatio;
use super::split_check::SplitCheck;
use super::test_options::Alternative;
use super::test_result::TestStatus;
use crate::error::{Error, ErrorKind, Result};

const MODEL: &str = "sequential_test";
const VERSION: u32 = 1;

/// A test that stays valid however often it is looked at, and whenever one stops.
///
/// Each look takes the arms as they are then, from the start of the experiment. The p-value is the smallest seen so far, and the interval what all looks have in
/// common: once the null is rejected it stays rejected. Differences of means and of rates are about normal from some dozens of conversions or
/// observations an arm on; look from then on.
///
/// ```
/// use crm_core::experiment::{AlwaysValidMethod, AlwaysValidOptions, SequentialDecision, SequentialTest};
/// let mut test = SequentialTest::new(AlwaysValidOptions::new(AlwaysValidMethod::Msprt, 0.01))?;
/// let first = test.look(0.004, 0.011, 1000.0)?;
/// let second = test.look(0.02, 0.004, 9000.0)?;
/// assert_eq!((first.decision, second.decision), (SequentialDecision::Continue, SequentialDecision::Reject));
/// let later = SequentialTest::from_json(&test.to_json()?)?;
/// assert_eq!(later, test);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Johari, Koomen, Pekelis and Walsh (2022), Operations Research 70(3); Waudby-Smith et al. (2024), Annals of Statistics 52(6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequentialTest {
    model: String,
    version: u32,
    options: AlwaysValidOptions,
    looks: u64,
    observations: f64,
    ln_evidence: f64,
    /// Ends of the running interval; `None` where it has none.
    lower: Option<f64>,
    upper: Option<f64>,
    rejected_at: Option<u64>,
    /// The arms of all looks against the plan, if there is one.
    #[serde(default)]
    split: Option<SequentialSampleRatio>,
}

/// What a sequential test says after a look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SequentialStep {
    /// The number of the look, from 0.
    pub look: u64,
    /// Reject or go on; once rejected it stays so.
    pub decision: SequentialDecision,
    /// The effect at this look.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// This look by itself.
    pub now: AlwaysValid,
    /// The smallest p-value of all looks.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// What the intervals of all looks have in common; its ends cross where looks contradict each other, and it then holds nothing.
    pub interval: Interval,
    /// Whether the customers of all looks were split as planned, by a p-value that holds over all of them: look at this first.
    pub split: SplitCheck,
}

/// As many users as the plan is checked with at once: mismatches of a few per cent are found early.
const CONCENTRATION: f64 = 100.0;

impl SequentialTest {
    /// A test without a look.
    ///
    /// # Errors
    /// As [`AlwaysValidOptions::check`].
    pub fn new(options: AlwaysValidOptions) -> Result<Self> {
        options.check()?;
        Ok(Self {
            model: MODEL.to_owned(),
            version: VERSION,
            options,
            looks: 0,
            observations: 0.0,
            ln_evidence: 0.0,
            lower: None,
            upper: None,
            rejected_at: None,
            split: match options.target_share {
                Some(share) => Some(SequentialSampleRatio::new(&[share, 1.0 - share], CONCENTRATION)?),
                None => None,
            },
        })
    }

    /// What was asked.
    pub fn options(&self) -> &AlwaysValidOptions {
        &self.options
    }

    /// The number of looks so far.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// The first look, from 0, that rejected the null.
    pub fn rejected_at(&self) -> Option<u64> {
        self.rejected_at
    }

    /// A look by an estimate of the effect so far, with its standard error, after `observations` in all arms together.
    ///
    /// # Errors
    /// As [`always_valid`], which refuses a planned share: look by arms then. `Incompatible` where there are fewer observations than at the look
    /// before; the test is then as it was.
    pub fn look(&mut self, estimate: f64, standard_error: f64, observations: f64) -> Result<SequentialStep> {
        let now = self.now(estimate, standard_error, observations, &self.options)?;
        Ok(self.keep(estimate, standard_error, observations, now, SplitCheck::UNPLANNED))
    }

    /// What a look says by itself.
    fn now(
        &self,
        estimate: f64,
        standard_error: f64,
        observations: f64,
        options: &AlwaysValidOptions,
    ) -> Result<AlwaysValid> {
        if !(observations >= 0.0 && observations.is_finite()) {
            return Err(Error::argument("observations", observations, "at least 0 and finite"));
        }
        self.check_growth(observations)?;
        always_valid(estimate, standard_error, observations, options)
    }

    /// A look by arms of so many customers.
    fn look_arms(
        &mut self,
        estimate: f64,
        standard_error: f64,
        customers: [u64; 2],
    ) -> Result<SequentialStep> {
        let observations = customers[0] as f64 + customers[1] as f64;
        let options = AlwaysValidOptions { target_share: None, ..self.options };
        let now = self.now(estimate, standard_error, observations, &options)?;
        let split = self.look_split(customers)?;
        Ok(self.keep(estimate, standard_error, observations, now, split))
    }

    fn look_split(&mut self, customers: [u64; 2]) -> Result<SplitCheck> {
        self.split.as_mut().map_or(Ok(SplitCheck::UNPLANNED), |check| SplitCheck::of_look(check, customers))
    }

    /// A look at the difference of two rates, from all trials so far.
    ///
    /// The standard error is that of rates with half a conversion and half a failure more, so that an arm without conversions does not seem
    /// certain.
    ///
    /// # Errors
    /// As [`SequentialTest::look`]; with a planned share also where one arm has fewer trials than at the look before.
    pub fn look_rates(&mut self, target: &BinaryArm, control: &BinaryArm) -> Result<SequentialStep> {
        let variance = |arm: &BinaryArm| {
            let n = arm.trials() as f64;
            let rate = (arm.conversions() as f64 + 0.5) / (n + 1.0);
            rate * (1.0 - rate) / n
        };
        let error = (variance(target) + variance(control)).sqrt();
        self.look_arms(target.rate() - control.rate(), error, [target.trials(), control.trials()])
    }

    /// A look at the difference of two means, from all values so far.
    ///
    /// An arm of fewer than two values gives the status `TooFew`, arms without any variance `NoVariance`; the test then waits.
    ///
    /// # Errors
    /// As [`SequentialTest::look`]; with a planned share also where one arm has fewer values than at the look before.
    pub fn look_means(&mut self, target: &MeanArm, control: &MeanArm) -> Result<SequentialStep> {
        let customers = [target.count(), control.count()];
        if target.count().min(control.count()) < 2 {
            return self.look_without(customers, TestStatus::TooFew);
        }
        let error = target.standard_error().hypot(control.standard_error());
        self.look_arms(target.mean() - control.mean(), error, customers)
    }

    /// A look that can say nothing yet.
    fn look_without(&mut self, customers: [u64; 2], status: TestStatus) -> Result<SequentialStep> {
        let observations = customers[0] as f64 + customers[1] as f64;
        self.check_growth(observations)?;
        let split = self.look_split(customers)?;
        Ok(self.keep(f64::NAN, f64::NAN, observations, undecided(status), split))
    }

    fn check_growth(&self, observations: f64) -> Result<()> {
        if observations < self.observations {
            let message =
                format!("{observations} observations after {} at the look before", self.observations);
            return Err(Error::new(ErrorKind::Incompatible, message).on("observations"));
        }
        Ok(())
    }

    fn keep(
        &mut self,
        estimate: f64,
        standard_error: f64,
        observations: f64,
        now: AlwaysValid,
        split: SplitCheck,
    ) -> SequentialStep {
        let tighter = |kept: Option<f64>, end: f64, pick: fn(f64, f64) -> f64| {
            if end.is_finite() { Some(kept.map_or(end, |kept| pick(kept, end))) } else { kept }
        };
        self.lower = tighter(self.lower, now.interval.lower, f64::max);
        self.upper = tighter(self.upper, now.interval.upper, f64::min);
        self.ln_evidence = self.ln_evidence.max(now.ln_evidence);
        self.observations = observations;
        let interval =
            Interval::bounded(self.lower.unwrap_or(f64::NEG_INFINITY), self.upper.unwrap_or(f64::INFINITY));
        if !interval.contains(self.options.null) && self.rejected_at.is_none() {
            self.rejected_at = Some(self.looks);
        }
        let look = self.looks;
        self.looks += 1;
        let ln_p_value = -self.ln_evidence;
        SequentialStep {
            look,
            decision: if self.rejected_at.is_some() {
                SequentialDecision::Reject
            } else {
                SequentialDecision::Continue
            },
            estimate,
            standard_error,
            now,
            p_value: ln_p_value.exp(),
            ln_p_value,
            interval,
            split,
        }
    }

    /// The state as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A test from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for text that is not such a state, `Incompatible` for one of a later version, and what [`SequentialTest::new`] refuses.
    pub fn from_json(text: &str) -> Result<Self> {
        let test: Self = crate::saved::from_json(text, VERSION, &[MODEL])?;
        test.options.check()?;
        let ends = [test.lower, test.upper];
        let sound = test.ln_evidence >= 0.0
            && test.observations >= 0.0
            && ends.iter().flatten().all(|end| end.is_finite())
            && test.rejected_at.is_none_or(|look| look < test.looks)
            && test.split.is_some() == test.options.target_share.is_some();
        if sound {
            return Ok(test);
        }
        Err(Error::new(ErrorKind::Corrupt, "the state contradicts itself").on("json"))
    }
}

impl Default for AlwaysValidOptions {
    /// Nearly tightest at 10,000 observations, two-sided, at 0.05.
    fn default() -> Self {
        Self {
            method: AlwaysValidMethod::Asymptotic,
            tuning: 10_000.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            null: 0.0,
            target_share: None,
        }
    }
}
