//! Whether a split made arms that were alike before the campaign.
//!
//! Reference: Austin, P. C. (2009), "Balance diagnostics for comparing the distribution of baseline covariates between treatment groups in
//! propensity-score matched samples", Statistics in Medicine 28(25), section 2.2, for standardised mean differences.

use serde::Serialize;

use super::cells::Cells;
use super::outcomes::CampaignOutcomes;
use crate::error::{Error, ErrorKind, Result};
use crate::experiment::{
    BinaryArm, Contrast, MeanArm, MeanMethod, MultiplicityMethod, ProportionMethod, SAMPLE_RATIO_THRESHOLD,
    SampleRatio, SplitCheck, TestOptions, TestResult, adjust_p_values, compare_means, compare_proportions,
    sample_ratio,
};

/// Where every count is as large, an exact test says nothing else than an approximate one.
const LARGE: u64 = 100;

/// A target against the control in something that was there before the campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalanceRow {
    /// The column.
    pub column: String,
    /// The text whose share is compared; empty for a column of numbers, and for rows without a text.
    pub level: String,
    /// The target.
    pub arm: String,
    /// `(mean_t - mean_c) / sqrt((var_t + var_c) / 2)`; 0 where nothing varies and the means are equal, infinite where they are not. Magnitudes
    /// below 0.1 are commonly taken for balance.
    pub standardised_difference: f64,
    /// The test that the means, or shares, are equal.
    pub result: TestResult,
    /// The p-value adjusted over all rows; NaN where there is none.
    pub adjusted_p_value: f64,
}

/// Whether a split made arms that were alike: their sizes, and all columns from before the campaign.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SplitBalance {
    /// Whether the arms have the sizes that were planned.
    pub sample_ratio: SampleRatio,
    /// Columns of numbers in their order, then the levels of columns of texts.
    pub rows: Vec<BalanceRow>,
}

impl CampaignOutcomes {
    /// Compares the arms in what was there before the campaign: columns of [`with_before`](Self::with_before), by Student's test, which is that of
    /// arms drawn from one lot, and shares: those of each group of [`with_groups`](Self::with_groups) and of columns of 0 and 1, by Fisher's exact
    /// test, or the score test corrected for skewness where every count is large.
    ///
    /// A fair split gives a small adjusted p-value with chance alpha over all rows together. Missing numbers are left out of their
    /// column.
    ///
    /// # Errors
    /// `InvalidArgument` for a level outside (0, 1); `Empty` if an arm has no customers.
    pub fn balance(&self, alpha: f64, multiplicity: MultiplicityMethod) -> Result<SplitBalance> {
        let options = TestOptions::default().alpha(alpha);
        options.check()?;
        let counts = self.counts();
        if let Some(empty) =
            counts.iter().zip(self.weights()).position(|(&count, &weight)| count == 0 && weight > 0.0)
        {
            return Err(Error::new(ErrorKind::Empty, "has no customers").on(&self.names()[empty]));
        }
        let (control, everybody) = (self.control(), Cells::new(self, None));
        let targets: Vec<usize> =
            (0..counts.len()).filter(|&arm| arm != control && counts[arm] > 0).collect();
        let weights = self.weights();
        // Of those who have a number, in a column where some are missing.
        let split = |arm: usize, customers| SplitCheck::of_pair(customers, [weights[arm], weights[control]]);
        let mut rows = Vec::new();
        let mut add =
            |column: &str, level: &str, arm: usize, standardised_difference: f64, result: TestResult| {
                rows.push(BalanceRow {
                    column: column.to_owned(),
                    level: level.to_owned(),
                    arm: self.names()[arm].clone(),
                    standardised_difference,
                    result,
                    adjusted_p_value: f64::NAN,
                });
            };
        for (name, values) in &self.before {
            let of_control = everybody.mean(0, control, values)?;
            let truths = values.iter().all(|&value| value == 0.0 || value == 1.0 || value.is_nan());
            for &arm in &targets {
                let target = everybody.mean(0, arm, values)?;
                let result = if truths && target.count() > 0 && of_control.count() > 0 {
                    share(&rate_of(&target)?, &rate_of(&of_control)?, &options)?
                } else {
                    compare_means(&target, &of_control, MeanMethod::Student, &options)?
                };
                let result =
                    TestResult { split: split(arm, [target.count(), of_control.count()])?, ..result };
                // A single customer has no variance of its own.
                let [one, other] = [target, of_control].map(|arm| arm.variance());
                let both =
                    if one.is_nan() { 2.0 * other } else { one + if other.is_nan() { one } else { other } };
                let difference = standardised(result.difference, both);
                add(name, "", arm, difference, result);
            }
        }
        for (name, levels) in &self.groups {
            let cells = Cells::new(self, Some(levels));
            for group in 0..cells.groups.len() {
                let rate = |arm| BinaryArm::new(cells.count(group, arm), counts[arm]);
                let of_control = rate(control)?;
                for &arm in &targets {
                    let target = rate(arm)?;
                    let result = share(&target, &of_control, &options)?;
                    let result =
                        TestResult { split: split(arm, [target.trials(), of_control.trials()])?, ..result };
                    let variance = |rate: f64| rate * (1.0 - rate);
                    let both = variance(target.rate()) + variance(of_control.rate());
                    add(name, &cells.groups[group], arm, standardised(result.difference, both), result);
                }
            }
        }
        let tested: Vec<usize> = (0..rows.len()).filter(|&row| !rows[row].result.p_value.is_nan()).collect();
        let p_values: Vec<f64> = tested.iter().map(|&row| rows[row].result.p_value).collect();
        for (&row, p) in tested.iter().zip(adjust_p_values(&p_values, multiplicity)?) {
            rows[row].adjusted_p_value = p;
        }
        Ok(SplitBalance {
            sample_ratio: sample_ratio(&counts, self.weights(), SAMPLE_RATIO_THRESHOLD)?,
            rows,
        })
    }
}

/// The arm of a column of 0 and 1.
fn rate_of(mean: &MeanArm) -> Result<BinaryArm> {
    BinaryArm::new((mean.mean() * mean.count() as f64).round() as u64, mean.count())
}

/// The shares of two arms compared, exactly unless every count is large.
fn share(target: &BinaryArm, control: &BinaryArm, options: &TestOptions) -> Result<TestResult> {
    let counts = [target.conversions(), target.failures(), control.conversions(), control.failures()];
    if counts.iter().all(|&count| count >= LARGE) {
        return compare_proportions(target, control, ProportionMethod::SkewnessCorrected, options);
    }
    compare_proportions(target, control, ProportionMethod::Fisher, &options.contrast(Contrast::OddsRatio))
}

/// A difference in units of the root of the mean of two variances, whose sum is given.
fn standardised(difference: f64, variances: f64) -> f64 {
    if difference == 0.0 && variances == 0.0 { 0.0 } else { difference / (variances / 2.0).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Arm;
    use crate::customer::IdColumn;
    use crate::experiment::TestStatus;

    #[test]
    fn a_column_that_an_arm_does_not_have_has_a_status() {
        let arms = ["mail", "mail", "none", "none"];
        let planned = [Arm::target("mail", 1.0), Arm::control("none", 1.0)];
        let outcomes = CampaignOutcomes::new(&IdColumn::Text(&arms), &planned).unwrap();
        for values in [[1.0, 0.0, f64::NAN, f64::NAN], [f64::NAN; 4]] {
            let outcomes = outcomes.clone().with_before("vip", &values).unwrap();
            let row = &outcomes.balance(0.05, MultiplicityMethod::Holm).unwrap().rows[0];
            assert_eq!((row.result.status, row.result.p_value.is_nan()), (TestStatus::TooFew, true));
        }
        // A column that tells the arms apart is an imbalance, and no NaN: 1 of the 6 ways to deal two of four, twice.
        let outcomes = outcomes.with_before("vip", &[1.0, 1.0, 0.0, 0.0]).unwrap();
        let row = &outcomes.balance(0.05, MultiplicityMethod::Holm).unwrap().rows[0];
        assert!((row.result.p_value - 1.0 / 3.0).abs() < 1e-14 && row.standardised_difference.is_infinite());
    }
}
