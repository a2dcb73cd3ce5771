//! Rows by group and arm.

use super::levels::{Levels, NO_LEVEL};
use super::outcomes::{CampaignOutcomes, NO_ARM};
use crate::error::Result;
use crate::experiment::{BinaryArm, JointArm, MeanArm, Measures};

/// Rows of each group and arm: those of a cell stand side by side, in their order.
pub(super) struct Cells {
    arms: usize,
    rows: Vec<u32>,
    /// Where each cell starts, and where the last one ends.
    starts: Vec<usize>,
    /// The names of the groups, "" for rows without one.
    pub(super) groups: Vec<String>,
}

impl Cells {
    /// All rows as one group, or by the levels of a column, where rows without one are the last group.
    pub(super) fn new(outcomes: &CampaignOutcomes, levels: Option<&Levels>) -> Self {
        let arms = outcomes.names().len();
        let mut groups: Vec<String> = levels.map_or_else(Vec::new, |levels| levels.names().to_vec());
        let last = groups.len();
        let group = |row: usize| match levels.map(|levels| levels.codes()[row]) {
            None | Some(NO_LEVEL) => last,
            Some(code) => code as usize,
        };
        groups.push(String::new());
        let mut starts = vec![0; groups.len() * arms + 1];
        let cell = |row: usize| match outcomes.arms[row] {
            NO_ARM => None,
            arm => Some(group(row) * arms + arm as usize),
        };
        (0..outcomes.rows()).filter_map(cell).for_each(|cell| starts[cell + 1] += 1);
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[starts.len() - 1]];
        for row in 0..outcomes.rows() {
            if let Some(cell) = cell(row) {
                rows[next[cell]] = row as u32;
                next[cell] += 1;
            }
        }
        // A column without missing values has no group of them.
        if levels.is_some() && starts[last * arms] == starts[(last + 1) * arms] {
            groups.pop();
        }
        Self { arms, rows, starts, groups }
    }

    /// The rows of a group and an arm.
    pub(super) fn rows(&self, group: usize, arm: usize) -> &[u32] {
        let cell = group * self.arms + arm;
        &self.rows[self.starts[cell]..self.starts[cell + 1]]
    }

    pub(super) fn count(&self, group: usize, arm: usize) -> u64 {
        self.rows(group, arm).len() as u64
    }

    /// A column in a cell.
    pub(super) fn values(&self, group: usize, arm: usize, column: &[f64]) -> Vec<f64> {
        self.rows(group, arm).iter().map(|&row| column[row as usize]).collect()
    }

    /// The mean of a column in a cell, over the values that are not missing.
    pub(super) fn mean(&self, group: usize, arm: usize, column: &[f64]) -> Result<MeanArm> {
        let mut values = self.values(group, arm, column);
        values.retain(|value| !value.is_nan());
        MeanArm::from_values(&values)
    }

    /// The rate of a column of zeros and ones in a cell that is not empty.
    pub(super) fn rate(&self, group: usize, arm: usize, column: &[f64]) -> Result<BinaryArm> {
        let rows = self.rows(group, arm);
        BinaryArm::new(
            rows.iter().filter(|&&row| column[row as usize] == 1.0).count() as u64,
            rows.len() as u64,
        )
    }

    /// A column less so many times a covariate, over two cells of a group.
    pub(super) fn less(
        &self,
        group: usize,
        arms: [usize; 2],
        column: &[f64],
        covariate: &[f64],
        times: f64,
    ) -> Vec<f64> {
        let rows = arms.iter().flat_map(|&arm| self.rows(group, arm));
        rows.map(|&row| column[row as usize] - times * covariate[row as usize]).collect()
    }

    /// A column with a covariate in a cell.
    pub(super) fn with_covariate(
        &self,
        group: usize,
        arm: usize,
        column: &[f64],
        covariate: &[f64],
    ) -> Result<JointArm> {
        let (values, before) = (self.values(group, arm, column), self.values(group, arm, covariate));
        JointArm::from_measures(&Measures::of(&values).covariate(&before))
    }
}
