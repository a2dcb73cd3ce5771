//! Results of many tests, as columns.

use serde::Serialize;

use super::interval::IntervalKind;
use super::sample_ratio::SplitFinding;
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
    /// p-values of the splits; empty if no split was planned.
    pub split_p_value: Vec<f64>,
    /// What the splits say; empty if no split was planned, which is `Unplanned` of every row.
    pub split_finding: Vec<SplitFinding>,
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

    /// Columns to be written to, those of the split if one was planned.
    pub(super) fn blank(rows: usize, planned: bool) -> Self {
        let checked = if planned { rows } else { 0 };
        Self {
            target: vec![0.0; rows],
            control: vec![0.0; rows],
            difference: vec![0.0; rows],
            lift: vec![0.0; rows],
            estimate: vec![0.0; rows],
            standard_error: vec![0.0; rows],
            lower: vec![0.0; rows],
            upper: vec![0.0; rows],
            interval_kind: vec![IntervalKind::default(); rows],
            statistic: vec![0.0; rows],
            degrees_of_freedom: vec![0.0; rows],
            p_value: vec![0.0; rows],
            ln_p_value: vec![0.0; rows],
            effect_size: vec![0.0; rows],
            status: vec![TestStatus::default(); rows],
            rejects: vec![false; rows],
            split_p_value: vec![0.0; checked],
            split_finding: vec![SplitFinding::default(); checked],
        }
    }

    /// The rows in parts of so many, each to be written to by a thread.
    pub(super) fn parts(&mut self, rows: usize) -> Vec<TestRows<'_>> {
        let parts = self.len().div_ceil(rows);
        let mut target = self.target.chunks_mut(rows);
        let mut control = self.control.chunks_mut(rows);
        let mut difference = self.difference.chunks_mut(rows);
        let mut lift = self.lift.chunks_mut(rows);
        let mut estimate = self.estimate.chunks_mut(rows);
        let mut standard_error = self.standard_error.chunks_mut(rows);
        let mut lower = self.lower.chunks_mut(rows);
        let mut upper = self.upper.chunks_mut(rows);
        let mut interval_kind = self.interval_kind.chunks_mut(rows);
        let mut statistic = self.statistic.chunks_mut(rows);
        let mut degrees_of_freedom = self.degrees_of_freedom.chunks_mut(rows);
        let mut p_value = self.p_value.chunks_mut(rows);
        let mut ln_p_value = self.ln_p_value.chunks_mut(rows);
        let mut effect_size = self.effect_size.chunks_mut(rows);
        let mut status = self.status.chunks_mut(rows);
        let mut rejects = self.rejects.chunks_mut(rows);
        let mut split_p_value = self.split_p_value.chunks_mut(rows);
        let mut split_finding = self.split_finding.chunks_mut(rows);
        (0..parts)
            .map_while(|_| {
                Some(TestRows {
                    target: target.next()?,
                    control: control.next()?,
                    difference: difference.next()?,
                    lift: lift.next()?,
                    estimate: estimate.next()?,
                    standard_error: standard_error.next()?,
                    lower: lower.next()?,
                    upper: upper.next()?,
                    interval_kind: interval_kind.next()?,
                    statistic: statistic.next()?,
                    degrees_of_freedom: degrees_of_freedom.next()?,
                    p_value: p_value.next()?,
                    ln_p_value: ln_p_value.next()?,
                    effect_size: effect_size.next()?,
                    status: status.next()?,
                    rejects: rejects.next()?,
                    split_p_value: split_p_value.next().unwrap_or_default(),
                    split_finding: split_finding.next().unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// Some rows of columns.
pub(super) struct TestRows<'a> {
    target: &'a mut [f64],
    control: &'a mut [f64],
    difference: &'a mut [f64],
    lift: &'a mut [f64],
    estimate: &'a mut [f64],
    standard_error: &'a mut [f64],
    lower: &'a mut [f64],
    upper: &'a mut [f64],
    interval_kind: &'a mut [IntervalKind],
    statistic: &'a mut [f64],
    degrees_of_freedom: &'a mut [f64],
    p_value: &'a mut [f64],
    ln_p_value: &'a mut [f64],
    effect_size: &'a mut [f64],
    status: &'a mut [TestStatus],
    rejects: &'a mut [bool],
    split_p_value: &'a mut [f64],
    split_finding: &'a mut [SplitFinding],
}

impl TestRows<'_> {
    pub(super) fn len(&self) -> usize {
        self.estimate.len()
    }

    pub(super) fn set(&mut self, row: usize, result: &TestResult) {
        self.target[row] = result.target;
        self.control[row] = result.control;
        self.difference[row] = result.difference;
        self.lift[row] = result.lift;
        self.estimate[row] = result.estimate;
        self.standard_error[row] = result.standard_error;
        self.lower[row] = result.interval.lower;
        self.upper[row] = result.interval.upper;
        self.interval_kind[row] = result.interval.kind;
        self.statistic[row] = result.statistic;
        self.degrees_of_freedom[row] = result.degrees_of_freedom;
        self.p_value[row] = result.p_value;
        self.ln_p_value[row] = result.ln_p_value;
        self.effect_size[row] = result.effect_size;
        self.status[row] = result.status;
        self.rejects[row] = result.rejects();
        if let (Some(p_value), Some(finding)) =
            (self.split_p_value.get_mut(row), self.split_finding.get_mut(row))
        {
            (*p_value, *finding) = (result.split.p_value, result.split.finding);
        }
    }
}

impl<'a> FromIterator<&'a TestResult> for TestColumns {
    fn from_iter<I: IntoIterator<Item = &'a TestResult>>(results: I) -> Self {
        let results: Vec<&TestResult> = results.into_iter().collect();
        let planned = results.iter().any(|result| result.split.finding != SplitFinding::Unplanned);
        let mut columns = Self::blank(results.len(), planned);
        for mut part in columns.parts(results.len().max(1)) {
            results.iter().enumerate().for_each(|(row, result)| part.set(row, result));
        }
        columns
    }
}
