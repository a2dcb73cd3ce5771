//! The check of the split that every comparison of arms carries.
//!
//! A comparison says what the treatment did only if chance alone dealt the customers. Its result therefore always says whether the counts of
//! the arms were held against a plan:
//!
//! - Two arms: [`TestOptions::target_share`] is the plan, and the result has a [`SplitCheck`]. The counts are those of what was dealt to the arms:
//!   trials of rates; rows of means, ranks, quantiles and resamples; their sums over the strata that count.
//! - Several arms: weights are the plan. One test over all arms has one [`SplitCheck`]; a list of comparisons has the whole
//!   [`SampleRatio`](super::SampleRatio) once, and each comparison the [`SplitCheck`] of its two arms.
//! - Without a plan the finding is `Unplanned`: nothing was checked, and the result says so.
//! - One arm has no split: a plan is refused.
//! - A [`SequentialTest`](super::SequentialTest) with a planned share checks the arms of all looks by a p-value that holds over all of them.
//! - Posteriors, group-sequential looks and single always-valid ones are made from estimates, which know no customers: check the counts by
//!   [`sample_ratio`](super::sample_ratio()), or while the experiment runs by [`SequentialSampleRatio`](super::SequentialSampleRatio).
//!
//! Rejected: an equal split where no plan is given, because targets are mostly larger than controls and each of them would be flagged; an
//! error for a mismatch, because the figures are needed to find its cause; the whole `SampleRatio` in each result, because its columns cost an
//! allocation in every row of a batch; a share for several arms, because it would be another one for each pair; weights that must be given,
//! because results of others' tables come without a plan, and a made-up one would say that it was kept.

use serde::Serialize;

use super::sample_ratio::{
    SAMPLE_RATIO_THRESHOLD, SampleRatio, SequentialSampleRatio, SplitFinding, Verdict,
};
use super::test_options::TestOptions;
use crate::error::{Error, ErrorKind, Result};

/// Whether the customers that a result compares were split as planned: [`sample_ratio`](super::sample_ratio()) in three fields, at the level
/// [`SAMPLE_RATIO_THRESHOLD`].
///
/// Two checks are equal if all fields are, NaN to NaN.
///
/// ```
/// use crm_core::experiment::{BinaryArm, ProportionMethod, SplitFinding, TestOptions, compare_proportions};
/// // Cookie Cats: players at gates 30 and 40, dealt half and half.
/// let (target, control) = (BinaryArm::new(8502, 44_700)?, BinaryArm::new(8279, 45_489)?);
/// let options = TestOptions::default().target_share(0.5);
/// let result = compare_proportions(&target, &control, ProportionMethod::Score, &options)?;
/// assert!(result.split.is_flagged() && (result.split.p_value - 0.0086).abs() < 5e-5);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SplitCheck {
    /// The p-value of the split; NaN without a plan and without customers.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// What it says.
    pub finding: SplitFinding,
}

impl SplitCheck {
    /// No plan was given: nothing was checked.
    pub const UNPLANNED: Self =
        Self { p_value: f64::NAN, ln_p_value: f64::NAN, finding: SplitFinding::Unplanned };

    /// Whether something is wrong with the split: find out what before you read the effect.
    pub fn is_flagged(&self) -> bool {
        self.finding.is_flagged()
    }

    /// Target and control against the plan of the options.
    ///
    /// Every result of two arms comes through here.
    pub(super) fn of_two(target: u64, control: u64, options: &TestOptions) -> Result<Self> {
        match options.target_share {
            None => Ok(Self::UNPLANNED),
            Some(share) => Self::of(&[target, control], &[share, 1.0 - share]),
        }
    }

    /// Any number of arms against planned weights, of any scale.
    pub(crate) fn of(customers: &[u64], weights: &[f64]) -> Result<Self> {
        let Verdict { p_value, ln_p_value, finding, .. } =
            Verdict::new(customers, weights, SAMPLE_RATIO_THRESHOLD)?;
        Ok(Self { p_value, ln_p_value, finding })
    }

    /// Two arms of an experiment that runs, against the plan, over all looks so far.
    pub(super) fn of_look(check: &mut SequentialSampleRatio, customers: [u64; 2]) -> Result<Self> {
        let look = check.look(&customers)?;
        let finding = if customers == [0, 0] {
            SplitFinding::NoUsers
        } else if look.p_value < SAMPLE_RATIO_THRESHOLD {
            SplitFinding::Mismatch
        } else {
            SplitFinding::AsPlanned
        };
        Ok(Self { p_value: look.p_value, ln_p_value: look.ln_p_value, finding })
    }

    /// Two of the arms of a plan; both may be arms that were to have nobody.
    pub(crate) fn of_pair(customers: [u64; 2], weights: [f64; 2]) -> Result<Self> {
        if weights == [0.0, 0.0] {
            // Beside an arm that has its share, whoever is here is unexpected.
            let [target, control] = customers;
            return Self::of(&[target, control, 0], &[0.0, 0.0, 1.0]);
        }
        Self::of(&customers, &weights)
    }
}

/// The customers of several arms, and the weights that were planned for them.
#[derive(Clone, Copy)]
pub(super) struct SeveralArms<'a> {
    customers: &'a [u64],
    weights: Option<&'a [f64]>,
}

impl<'a> SeveralArms<'a> {
    /// Refuses weights of another number, and a share of two arms among the options.
    pub(super) fn new(
        customers: &'a [u64],
        weights: Option<&'a [f64]>,
        options: Option<&TestOptions>,
    ) -> Result<Self> {
        if let Some(share) = options.and_then(|options| options.target_share) {
            return Err(Error::argument(
                "target_share",
                share,
                "none for several arms, whose plan is their weights",
            ));
        }
        if let Some(weights) = weights.filter(|weights| weights.len() != customers.len()) {
            let message = format!("{} weights, but {} arms", weights.len(), customers.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("weights"));
        }
        Ok(Self { customers, weights })
    }

    /// All arms.
    pub(super) fn sample_ratio(&self) -> Result<SampleRatio> {
        SampleRatio::of(self.customers, self.weights)
    }

    /// All arms, in short.
    pub(super) fn check(&self) -> Result<SplitCheck> {
        self.weights.map_or(Ok(SplitCheck::UNPLANNED), |weights| SplitCheck::of(self.customers, weights))
    }

    /// Two of the arms.
    pub(super) fn pair(&self, target: usize, control: usize) -> Result<SplitCheck> {
        let Some(weights) = self.weights else { return Ok(SplitCheck::UNPLANNED) };
        SplitCheck::of_pair(
            [target, control].map(|arm| self.customers[arm]),
            [target, control].map(|arm| weights[arm]),
        )
    }
}

impl PartialEq for SplitCheck {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: f64, other: f64| one == other || one.is_nan() && other.is_nan();
        self.finding == other.finding
            && same(self.p_value, other.p_value)
            && same(self.ln_p_value, other.ln_p_value)
    }
}

/// Refuses a plan for one arm.
pub(super) fn refuse_share(options: &TestOptions) -> Result<()> {
    match options.target_share {
        None => Ok(()),
        Some(share) => Err(Error::argument("target_share", share, "none for one arm, which has no split")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample_ratio;

    #[test]
    fn it_is_the_sample_ratio_test() {
        let options = TestOptions::default();
        assert_eq!(SplitCheck::of_two(900, 100, &options).unwrap(), SplitCheck::UNPLANNED);
        for share in [0.5, 0.9, 1e-3] {
            for counts in [[900, 100], [0, 0], [1 << 52, 3], [45_489, 44_700]] {
                let check = SplitCheck::of_two(counts[0], counts[1], &options.target_share(share)).unwrap();
                let whole = sample_ratio(&counts, &[share, 1.0 - share], SAMPLE_RATIO_THRESHOLD).unwrap();
                let bits = |p: f64| p.to_bits();
                assert_eq!(bits(check.p_value), bits(whole.p_value));
                assert_eq!(bits(check.ln_p_value), bits(whole.ln_p_value));
                assert_eq!((check.finding, check.is_flagged()), (whole.finding, whole.is_flagged()));
            }
        }
        assert!(SplitCheck::of_two(1 << 53, 1, &options.target_share(0.5)).is_err());
    }

    #[test]
    fn arms_that_were_to_have_nobody() {
        let finding = |customers, weights| SplitCheck::of_pair(customers, weights).unwrap().finding;
        assert_eq!(finding([5, 9], [0.0, 2.0]), SplitFinding::UnexpectedUsers);
        assert_eq!(finding([5, 9], [0.0, 0.0]), SplitFinding::UnexpectedUsers);
        assert_eq!(finding([0, 9], [0.0, 2.0]), SplitFinding::AsPlanned);
        assert_eq!(finding([0, 0], [0.0, 0.0]), SplitFinding::NoUsers);
    }
}
