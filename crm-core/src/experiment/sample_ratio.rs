//! Whether users were split as planned: the check that every analysis starts with.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::binary_arm::BinaryArm;
use super::binomial::deviance_part;
use super::comparison::power_of_two;
use super::rate_test::{RateMethod, test_rate};
use super::test_options::Alternative;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{chi_square_upper, ln_chi_square_upper, stirling_remainder};
use crate::named::named;

/// The p-value below which a split is flagged unless another is given.
///
/// A mismatch makes the effect worthless, so that the check is sharp rather than rare: one sound experiment in a hundred is looked at twice.
pub const SAMPLE_RATIO_THRESHOLD: f64 = 0.01;

/// Users of an arm by the plan below which chi-square alone is not believed (Cochran 1954, "Some methods for strengthening the common chi-square
/// tests", Biometrics 10).
const FEW: f64 = 5.0;

/// What the split says of the experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum SplitFinding {
    /// Nothing speaks against the plan.
    #[default]
    AsPlanned = 0,
    /// The counts are too far from the plan: find out why before you read any effect. Of two arms of which one was to have fewer than 5 users, the
    /// exact binomial test must say so too.
    Mismatch = 1,
    /// An arm that was to have no users has some.
    UnexpectedUsers = 2,
    /// There are no users.
    NoUsers = 3,
    /// No plan was given: the split was not checked.
    Unplanned = 4,
}

named! { SplitFinding, "finding", {
    AsPlanned: "as_planned", Mismatch: "mismatch", UnexpectedUsers: "unexpected_users", NoUsers: "no_users",
    Unplanned: "unplanned",
} }

impl SplitFinding {
    /// Whether something is wrong with the split.
    pub fn is_flagged(self) -> bool {
        matches!(self, Self::Mismatch | Self::UnexpectedUsers)
    }
}

/// How users were split, against the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampleRatio {
    /// Users of each arm.
    pub observed: Vec<u64>,
    /// Users of each arm by the plan; none without a plan.
    pub expected: Vec<f64>,
    /// Pearson's chi-square over the arms that were to have users; infinite if another has some, NaN without a plan.
    pub statistic: f64,
    /// Arms that were to have users, less 1.
    pub degrees_of_freedom: f64,
    /// The p-value; NaN without users and without a plan.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// The p-value below which the split is flagged.
    pub threshold: f64,
    /// What it says.
    pub finding: SplitFinding,
}

impl SampleRatio {
    /// Whether something is wrong with the split.
    pub fn is_flagged(&self) -> bool {
        self.finding.is_flagged()
    }

    /// The same of arms whose plan may be unknown: then nothing is expected, and the finding is `Unplanned`.
    ///
    /// # Errors
    /// As [`sample_ratio`].
    pub(super) fn of(observed: &[u64], weights: Option<&[f64]>) -> Result<Self> {
        match weights {
            Some(weights) => sample_ratio(observed, weights, SAMPLE_RATIO_THRESHOLD),
            None => Ok(Self {
                observed: observed.to_vec(),
                expected: Vec::new(),
                statistic: f64::NAN,
                degrees_of_freedom: f64::NAN,
                p_value: f64::NAN,
                ln_p_value: f64::NAN,
                threshold: SAMPLE_RATIO_THRESHOLD,
                finding: SplitFinding::Unplanned,
            }),
        }
    }
}

/// Tests whether users were split as planned.
///
/// ```text
/// chi-square = sum over arms of (n_i - n w_i)^2 / (n w_i),  df = arms - 1
/// ```
///
/// Where one of two arms was to have fewer than 5 users the p-value of chi-square is too small, up to ten times: such a split is a finding only if the
/// exact binomial test (Sterne 1954) is below the threshold too.
///
/// Weights are of any scale: `[1, 1]` and `[0.5, 0.5]` are the same. Arms of weight 0 are not in the sum; if one has users, that alone is
/// a finding, and the p-value is 0. For checks of a running experiment see [`SequentialSampleRatio`].
///
/// # Errors
/// `Empty` without arms, `LengthMismatch` for another number of weights, `InvalidValue` for a weight that is not finite and 0 or more,
/// naming its arm as the row, `InvalidArgument` for weights that are all 0 and a threshold outside (0, 1), `OutOfRange` for more than
/// 2^53 users.
///
/// ```
/// use crm_core::experiment::{SAMPLE_RATIO_THRESHOLD, sample_ratio};
/// // Cookie Cats: players at gates 40 and 30.
/// let split = sample_ratio(&[45_489, 44_700], &[1.0, 1.0], SAMPLE_RATIO_THRESHOLD)?;
/// assert!((split.p_value - 0.0086).abs() < 5e-5 && split.is_flagged());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Fabijan and others (2019), "Diagnosing sample ratio mismatch in online controlled experiments", KDD.
pub fn sample_ratio(observed: &[u64], weights: &[f64], threshold: f64) -> Result<SampleRatio> {
    let found = Verdict::new(observed, weights, threshold)?;
    let total: f64 = weights.iter().sum();
    Ok(SampleRatio {
        observed: observed.to_vec(),
        expected: weights.iter().map(|weight| found.users * (weight / total)).collect(),
        statistic: found.statistic,
        degrees_of_freedom: found.degrees_of_freedom,
        p_value: found.p_value,
        ln_p_value: found.ln_p_value,
        threshold,
        finding: found.finding,
    })
}

/// What the test says, without columns.
pub(super) struct Verdict {
    users: f64,
    statistic: f64,
    degrees_of_freedom: f64,
    pub(super) p_value: f64,
    pub(super) ln_p_value: f64,
    pub(super) finding: SplitFinding,
}

impl Verdict {
    pub(super) fn new(observed: &[u64], weights: &[f64], threshold: f64) -> Result<Self> {
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(Error::argument("threshold", threshold, "inside (0, 1)"));
        }
        let plan = Plan::new(observed, weights)?;
        let users = plan.users;
        let arms = weights.iter().filter(|weight| **weight > 0.0).count();
        let degrees_of_freedom = (arms - 1) as f64;
        let (statistic, p_value, ln_p_value) = if plan.unexpected {
            (f64::INFINITY, 0.0, f64::NEG_INFINITY)
        } else if users == 0.0 {
            (f64::NAN, f64::NAN, f64::NAN)
        } else {
            let statistic = plan.chi_square();
            if arms == 1 {
                (statistic, 1.0, 0.0)
            } else {
                let (p, ln_p) = (
                    chi_square_upper(statistic, degrees_of_freedom),
                    ln_chi_square_upper(statistic, degrees_of_freedom),
                );
                (statistic, p, ln_p)
            }
        };
        let finding = if plan.unexpected {
            SplitFinding::UnexpectedUsers
        } else if users == 0.0 {
            SplitFinding::NoUsers
        } else if p_value < threshold && plan.exact_p_value()?.is_none_or(|exact| exact < threshold) {
            SplitFinding::Mismatch
        } else {
            SplitFinding::AsPlanned
        };
        Ok(Self { users, statistic, degrees_of_freedom, p_value, ln_p_value, finding })
    }
}

/// Counts and weights, checked.
struct Plan<'a> {
    observed: &'a [u64],
    weights: &'a [f64],
    users: f64,
    total: f64,
    /// Whether an arm of weight 0 has users.
    unexpected: bool,
}

impl<'a> Plan<'a> {
    fn new(observed: &'a [u64], weights: &'a [f64]) -> Result<Self> {
        check_weights(weights)?;
        if observed.len() != weights.len() {
            let message = format!("{} arms, but {} weights", observed.len(), weights.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("observed"));
        }
        let users: u128 = observed.iter().map(|&count| u128::from(count)).sum();
        if users > 1 << 53 {
            let message = format!("{users} users are above 9007199254740992 (2^53)");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("observed"));
        }
        let unexpected = observed.iter().zip(weights).any(|(count, weight)| *count > 0 && *weight == 0.0);
        Ok(Self { observed, weights, users: users as f64, total: weights.iter().sum(), unexpected })
    }

    /// Pearson's statistic over the arms of weight above 0.
    fn chi_square(&self) -> f64 {
        let part = |arm: usize| {
            let expected = self.users * (self.weights[arm] / self.total);
            self.deviation(arm) * (self.deviation(arm) / expected)
        };
        (0..self.observed.len()).filter(|arm| self.weights[*arm] > 0.0).map(part).sum()
    }

    /// The p-value of the exact test of two arms, if one was to have a few users only.
    fn exact_p_value(&self) -> Result<Option<f64>> {
        let planned: Vec<usize> = (0..self.weights.len()).filter(|arm| self.weights[*arm] > 0.0).collect();
        let &[one, other] = planned.as_slice() else { return Ok(None) };
        let few = if self.weights[one] <= self.weights[other] { one } else { other };
        let share = self.weights[few] / self.total;
        if self.users * share >= FEW || share == 0.0 {
            return Ok(None);
        }
        let arm = BinaryArm::new(self.observed[few], self.observed[one] + self.observed[other])?;
        let alpha = SAMPLE_RATIO_THRESHOLD;
        test_rate(&arm, share, RateMethod::MinimumLikelihood, Alternative::TwoSided, alpha)
            .map(|test| Some(test.p_value))
    }

    /// `n_i - n w_i`, with both products to twice the digits.
    fn deviation(&self, arm: usize) -> f64 {
        // In units in which no product overflows.
        let unit = power_of_two(self.total);
        let (total, weight) = (self.total / unit, self.weights[arm] / unit);
        let count = self.observed[arm] as f64;
        let (seen, planned) = (count * total, self.users * weight);
        let rounding = count.mul_add(total, -seen) - self.users.mul_add(weight, -planned);
        ((seen - planned) + rounding) / total
    }
}

fn check_weights(weights: &[f64]) -> Result<()> {
    if weights.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there are no arms").on("weights"));
    }
    if let Some(arm) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        let message = format!("{} is not accepted: must be finite and 0 or more", weights[arm]);
        return Err(Error::new(ErrorKind::InvalidValue, message).on("weights").at_row(arm as u64));
    }
    let total: f64 = weights.iter().sum();
    if total > 0.0 && total.is_finite() {
        Ok(())
    } else {
        Err(Error::argument("weights", format_args!("a sum of {total}"), "above 0 and finite"))
    }
}

/// A check of the split that may be read after every user: the p-value holds however often it is looked at.
///
/// With weights w, concentration c and counts n, the Bayes factor against the plan is that of Dirichlet(c w) shares, and the p-value is the
/// least of 1 over it so far:
///
/// ```text
/// B = Gamma(c) / Gamma(c + n) * product of Gamma(c w_i + n_i) / (Gamma(c w_i) w_i^n_i),  p = min over looks of min(1, 1 / B)
/// ```
///
/// ```
/// use crm_core::experiment::SequentialSampleRatio;
/// let mut check = SequentialSampleRatio::new(&[1.0, 1.0], 100.0)?;
/// check.look(&[410_000, 408_000])?;
/// let look = check.look(&[821_588, 815_482])?;
/// assert!((look.p_value - 0.0014556).abs() < 1e-7);
/// let later = SequentialSampleRatio::from_json(&check.to_json()?)?;
/// assert_eq!(later, check);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Lindon and Malek (2022), "Anytime-valid inference for multinomial count data", NeurIPS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequentialSampleRatio {
    #[serde(default = "model")]
    model: String,
    #[serde(default = "version")]
    version: u32,
    weights: Vec<f64>,
    concentration: f64,
    /// The least so far. JSON has no infinity: a p-value of 0 is null there.
    #[serde(serialize_with = "write_ln", deserialize_with = "read_ln")]
    ln_p_value: f64,
    /// Users of each arm at the last look.
    #[serde(default)]
    observed: Vec<u64>,
}

const MODEL: &str = "sequential_sample_ratio";
const VERSION: u32 = 1;

fn model() -> String {
    MODEL.to_owned()
}

fn version() -> u32 {
    VERSION
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn write_ln<S: Serializer>(ln_p_value: &f64, to: S) -> std::result::Result<S::Ok, S::Error> {
    ln_p_value.is_finite().then_some(ln_p_value).serialize(to)
}

fn read_ln<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<f64, D::Error> {
    Option::<f64>::deserialize(from).map(|ln_p_value| ln_p_value.unwrap_or(f64::NEG_INFINITY))
}

/// A look at a running split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SampleRatioLook {
    /// The natural logarithm of the Bayes factor against the plan, at this look.
    pub ln_bayes_factor: f64,
    /// The p-value over all looks so far.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
}

impl SequentialSampleRatio {
    /// A check against planned weights of any scale. The higher the concentration, the nearer to the plan the mismatches that are expected:
    /// 100 finds those of a few per cent.
    ///
    /// # Errors
    /// As [`sample_ratio`] for the weights, and `InvalidArgument` for a concentration that is not above 0 and finite.
    pub fn new(weights: &[f64], concentration: f64) -> Result<Self> {
        check_weights(weights)?;
        if !(concentration > 0.0 && concentration.is_finite()) {
            return Err(Error::argument("concentration", concentration, "above 0 and finite"));
        }
        let weights = weights.to_vec();
        Ok(Self {
            model: model(),
            version: VERSION,
            weights,
            concentration,
            ln_p_value: 0.0,
            observed: Vec::new(),
        })
    }

    /// Looks at all users so far, from the start of the experiment.
    ///
    /// # Errors
    /// `LengthMismatch` for another number of arms, `OutOfRange` for more than 2^53 users, `Incompatible` for an arm, named as the row, with fewer
    /// users than at the look before. The check is then as it was.
    pub fn look(&mut self, observed: &[u64]) -> Result<SampleRatioLook> {
        let plan = Plan::new(observed, &self.weights)?;
        if let Some(arm) = self.observed.iter().zip(observed).position(|(before, now)| now < before) {
            let message = format!(
                "{} users after {} at the look before: each look takes all users from the start",
                observed[arm], self.observed[arm]
            );
            return Err(Error::new(ErrorKind::Incompatible, message).on("observed").at_row(arm as u64));
        }
        let ln_bayes_factor =
            if plan.unexpected { f64::INFINITY } else { plan.ln_bayes_factor(self.concentration) };
        self.ln_p_value = self.ln_p_value.min(-ln_bayes_factor);
        self.observed = observed.to_vec();
        Ok(SampleRatioLook { ln_bayes_factor, p_value: self.ln_p_value.exp(), ln_p_value: self.ln_p_value })
    }

    /// The state as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A check from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for text that is not such a state, `Incompatible` for one of a later version, and what [`SequentialSampleRatio::new`] refuses.
    pub fn from_json(text: &str) -> Result<Self> {
        let check: Self = crate::saved::from_json(text, VERSION, &[MODEL])?;
        Self::new(&check.weights, check.concentration)?;
        let sound = check.ln_p_value <= 0.0
            && (check.observed.is_empty() || Plan::new(&check.observed, &check.weights).is_ok());
        if sound {
            return Ok(check);
        }
        Err(Error::new(ErrorKind::Corrupt, "the state contradicts itself").on("json"))
    }
}

impl Plan<'_> {
    /// Stirling's formula turns what is large into deviances: with `Z_i = c w_i + n_i` and `Z = c + n`,
    /// `sum [Z_i ln(Z_i / (Z w_i)) - ln(Z_i / (c w_i)) / 2 + r(Z_i) - r(c w_i)] + ln(Z / c) / 2 - r(Z) + r(c)`, r the remainder.
    fn ln_bayes_factor(&self, concentration: f64) -> f64 {
        let all = concentration + self.users;
        let mut sum = 0.5 * (self.users / concentration).ln_1p() - stirling_remainder(all)
            + stirling_remainder(concentration);
        for arm in (0..self.observed.len()).filter(|arm| self.weights[*arm] > 0.0) {
            let share = self.weights[arm] / self.total;
            let (count, prior) = (self.observed[arm] as f64, concentration * share);
            let own = prior + count;
            sum += deviance_part(own, all * share, self.deviation(arm)) - 0.5 * (count / prior).ln_1p()
                + stirling_remainder(own)
                - stirling_remainder(prior);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of twenty users two were to be in the second arm: six have an exact p-value of 0.0113, seven one of 0.0024 (binomial tables).
    #[test]
    fn few_users_are_not_judged_by_chi_square_alone() {
        let split = |users: [u64; 2]| sample_ratio(&users, &[9.0, 1.0], SAMPLE_RATIO_THRESHOLD).unwrap();
        let six = split([14, 6]);
        assert!((six.p_value - 0.002_86).abs() < 1e-5 && six.finding == SplitFinding::AsPlanned, "{six:?}");
        assert_eq!(split([13, 7]).finding, SplitFinding::Mismatch);
        // Of sixty, six were to be there: chi-square is enough.
        assert_eq!(split([47, 13]).finding, SplitFinding::Mismatch);
        // Weights next to nothing, and their quotient nothing at all.
        for weights in [[1e-300, 1.0], [5e-324, 1e300]] {
            let found = sample_ratio(&[1, 1 << 40], &weights, SAMPLE_RATIO_THRESHOLD).unwrap();
            assert!(found.is_flagged(), "{found:?}");
        }
        // A plan of next to nobody that was kept.
        let found = sample_ratio(&[3, 1 << 40], &[2e-12, 1.0], SAMPLE_RATIO_THRESHOLD).unwrap();
        assert!(!found.is_flagged(), "{found:?}");
    }

    #[test]
    fn arms_without_weight() {
        let split = sample_ratio(&[500, 500, 1], &[1.0, 1.0, 0.0], 0.01).unwrap();
        assert_eq!(
            (split.finding, split.p_value, split.degrees_of_freedom),
            (SplitFinding::UnexpectedUsers, 0.0, 1.0)
        );
        let split = sample_ratio(&[500, 500, 0], &[1.0, 1.0, 0.0], 0.01).unwrap();
        assert_eq!((split.finding, split.statistic, split.p_value), (SplitFinding::AsPlanned, 0.0, 1.0));
        let split = sample_ratio(&[0, 0], &[1.0, 3.0], 0.01).unwrap();
        assert!(split.finding == SplitFinding::NoUsers && split.p_value.is_nan() && !split.is_flagged());
        let split = sample_ratio(&[7], &[2.0], 0.01).unwrap();
        assert_eq!((split.p_value, split.degrees_of_freedom), (1.0, 0.0));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let kind = |observed: &[u64], weights: &[f64], threshold: f64| {
            sample_ratio(observed, weights, threshold).map_err(|error| (error.kind(), error.row()))
        };
        assert_eq!(kind(&[], &[], 0.01), Err((ErrorKind::Empty, None)));
        assert_eq!(kind(&[1], &[1.0, 1.0], 0.01), Err((ErrorKind::LengthMismatch, None)));
        assert_eq!(kind(&[1, 1], &[1.0, f64::NAN], 0.01), Err((ErrorKind::InvalidValue, Some(1))));
        assert_eq!(kind(&[1, 1], &[-1.0, 1.0], 0.01), Err((ErrorKind::InvalidValue, Some(0))));
        assert_eq!(kind(&[0, 0], &[0.0, 0.0], 0.01), Err((ErrorKind::InvalidArgument, None)));
        assert_eq!(kind(&[1, 1], &[1.0, 1.0], 0.0), Err((ErrorKind::InvalidArgument, None)));
        assert_eq!(kind(&[u64::MAX, 1], &[1.0, 1.0], 0.01), Err((ErrorKind::OutOfRange, None)));
        assert!(SequentialSampleRatio::new(&[1.0, 1.0], 0.0).is_err());
    }

    #[test]
    fn the_least_p_value_so_far_stays() {
        let mut check = SequentialSampleRatio::new(&[1.0, 1.0], 100.0).unwrap();
        let early = check.look(&[600, 400]).unwrap();
        let late = check.look(&[10_000, 10_000]).unwrap();
        assert!(late.ln_bayes_factor < 0.0 && late.p_value == early.p_value && early.p_value < 1e-3);
        let mut check = SequentialSampleRatio::new(&[1.0, 0.0], 100.0).unwrap();
        assert_eq!(check.look(&[5, 1]).unwrap().p_value, 0.0);
    }

    #[test]
    fn a_saved_check_goes_on_as_if_it_had_not_been() {
        for looks in [[[600, 400], [10_000, 10_000]], [[0, 0], [90, 10]]] {
            let mut check = SequentialSampleRatio::new(&[1.0, 1.0], 100.0).unwrap();
            check.look(&looks[0]).unwrap();
            let mut again = SequentialSampleRatio::from_json(&check.to_json().unwrap()).unwrap();
            assert_eq!(again, check);
            assert_eq!(again.look(&looks[1]).unwrap(), check.look(&looks[1]).unwrap());
        }
        // A p-value of 0 has no finite logarithm.
        let mut check = SequentialSampleRatio::new(&[1.0, 0.0], 100.0).unwrap();
        check.look(&[5, 1]).unwrap();
        let mut again = SequentialSampleRatio::from_json(&check.to_json().unwrap()).unwrap();
        assert_eq!(
            (again.look(&[6, 1]).unwrap().p_value, again),
            (0.0, {
                check.look(&[6, 1]).unwrap();
                check
            })
        );
    }

    #[test]
    fn counts_never_fall() {
        let mut check = SequentialSampleRatio::new(&[1.0, 1.0], 100.0).unwrap();
        check.look(&[500, 400]).unwrap();
        let before = check.clone();
        let error = check.look(&[600, 399]).unwrap_err();
        assert_eq!(
            (error.kind(), error.argument_name(), error.row()),
            (ErrorKind::Incompatible, Some("observed"), Some(1))
        );
        assert_eq!(check, before);
        check.look(&[500, 400]).unwrap();
    }

    #[test]
    fn a_state_that_is_none_is_refused() {
        let json = SequentialSampleRatio::new(&[1.0, 1.0], 100.0).unwrap().to_json().unwrap();
        let kind = |from: &str, to: &str| {
            let changed = json.replace(from, to);
            assert_ne!(changed, json);
            SequentialSampleRatio::from_json(&changed).unwrap_err().kind()
        };
        assert_eq!(kind("\"version\":1", "\"version\":2"), ErrorKind::Incompatible);
        assert_eq!(kind("sequential_sample_ratio", "sequential_test"), ErrorKind::Corrupt);
        assert_eq!(kind("\"ln_p_value\":0.0", "\"ln_p_value\":1.0"), ErrorKind::Corrupt);
        assert_eq!(kind("\"observed\":[]", "\"observed\":[1]"), ErrorKind::Corrupt);
        assert_eq!(kind("100.0", "0.0"), ErrorKind::InvalidArgument);
        assert_eq!(kind("[1.0,1.0]", "[]"), ErrorKind::Empty);
        assert_eq!(SequentialSampleRatio::from_json("{").unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
