//! Results of many tests, as columns.

use serde::Serialize;

use super::interval::IntervalKind;
use super::test_result::{TestResult, TestStatus};

/// Results of many tests of one method, one row a test; every column as in [`TestResult`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TestColumns {
    /// Rates or means of the targets.
    pub target: Vec<f64>,
    /// Rates or means of the controls.
    pub control: Vec<f64>,
    /// Target minus control.
    pub difference: Vec<f64>,
    /// (Target minus control) / |control|.
    pub lift: Vec<f64>,
    /// Estimates of the contrast.
    pub estimate: Vec<f64>,
    /// Standard errors.
    pub standard_error: Vec<f64>,
    /// Lower ends.
    pub lower: Vec<f64>,
    /// Upper ends.
    pub upper: Vec<f64>,
    /// Shapes of the intervals.
    pub interval_kind: Vec<IntervalKind>,
    /// Statistics at the null.
    pub statistic: Vec<f64>,
    /// Degrees of freedom.
    pub degrees_of_freedom: Vec<f64>,
    /// p-values.
    pub p_value: Vec<f64>,
    /// Their natural logarithms.
    pub ln_p_value: Vec<f64>,
    /// Standardised effects.
    pub effect_size: Vec<f64>,
    /// Whether the data could answer.
    pub status: Vec<TestStatus>,
    /// Whether the null is rejected.
    pub rejects: Vec<bool>,
}

impl TestColumns {
    /// Number of tests.
    pub fn len(&self) -> usize {
        self.estimate.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.estimate.is_empty()
    }
}

impl<'a> FromIterator<&'a TestResult> for TestColumns {
    fn from_iter<I: IntoIterator<Item = &'a TestResult>>(results: I) -> Self {
        let mut columns = Self::default();
        for result in results {
            columns.target.push(result.target);
            columns.control.push(result.control);
            columns.difference.push(result.difference);
            columns.lift.push(result.lift);
            columns.estimate.push(result.estimate);
            columns.standard_error.push(result.standard_error);
            columns.lower.push(result.interval.lower);
            columns.upper.push(result.interval.upper);
            columns.interval_kind.push(result.interval.kind);
            columns.statistic.push(result.statistic);
            columns.degrees_of_freedom.push(result.degrees_of_freedom);
            columns.p_value.push(result.p_value);
            columns.ln_p_value.push(result.ln_p_value);
            columns.effect_size.push(result.effect_size);
            columns.status.push(result.status);
            columns.rejects.push(result.rejects());
        }
        columns
    }
}
