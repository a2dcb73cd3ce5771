//! The differences of all pairs of two sorted columns, counted without being formed.
//!
//! Rounding keeps the order of differences, so each count is that of the rounded differences, and a search over doubles ends at the very one
//! where a count changes.

use super::runs::{Runs, groups, merged, repeated};
use super::walk::{Above, Cumulated, Single, Walk};

/// With fewer distinct values than this share of the rows, runs of equal values are walked in place of values.
const DISTINCT: f64 = 0.9;

/// Two sorted columns.
pub(super) struct Pairs<'a> {
    pub(super) target: &'a [f64],
    pub(super) control: &'a [f64],
    /// Of target and control, where many values are equal.
    runs: Option<(Runs, Runs)>,
}

impl<'a> Pairs<'a> {
    /// Columns in ascending order, at least one value each.
    pub(super) fn new(target: &'a [f64], control: &'a [f64]) -> Self {
        let distinct = |column: &[f64]| 1 + column.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let distinct = (distinct(target) + distinct(control)) as f64;
        let few = distinct < DISTINCT * (target.len() + control.len()) as f64;
        Self { target, control, runs: few.then(|| (Runs::new(target), Runs::new(control))) }
    }

    /// How many pairs there are.
    pub(super) fn count(&self) -> u64 {
        self.target.len() as u64 * self.control.len() as u64
    }

    /// How many values, or runs of them, both columns have together.
    pub(super) fn places(&self) -> usize {
        match &self.runs {
            Some((target, control)) => target.values.len() + control.values.len(),
            None => self.target.len() + self.control.len(),
        }
    }

    /// How many pairs of these there are.
    pub(super) fn pairs_of_places(&self) -> u64 {
        match &self.runs {
            Some((target, control)) => target.values.len() as u64 * control.values.len() as u64,
            None => self.count(),
        }
    }

    /// How many differences lie above each shift, and how many pairs of places that are.
    pub(super) fn above(&self, shifts: &[f64]) -> Vec<Above> {
        match &self.runs {
            Some(runs) => weighted(runs).above(shifts),
            None => self.single().above(shifts),
        }
    }

    /// The differences above `low` up to `high` with their numbers, in no order.
    pub(super) fn between(&self, low: f64, high: f64) -> Vec<(f64, u64)> {
        match &self.runs {
            Some(runs) => weighted(runs).between(low, high),
            None => self.single().between(low, high),
        }
    }

    /// The lowest difference above a shift; infinite if there is none.
    pub(super) fn lowest_above(&self, shift: f64) -> f64 {
        match &self.runs {
            Some(runs) => weighted(runs).lowest_above(shift),
            None => self.single().lowest_above(shift),
        }
    }

    /// Twice the Mann-Whitney statistic of the target less `shift`: a pair in order counts 2, a tie 1.
    pub(super) fn twice_u(&self, shift: f64) -> u64 {
        self.above(&[shift, shift.next_down()]).iter().map(|&(above, _)| above).sum()
    }

    /// The groups of equal values among the target less `shift` and the control together, lowest first; single values are groups of one.
    pub(super) fn groups(&self, shift: f64) -> Vec<u64> {
        match &self.runs {
            Some(runs) => groups(&runs.0, &runs.1, shift),
            None => groups(&Runs::new(self.target), &Runs::new(self.control), shift),
        }
    }

    /// Twice the statistic, and the groups of two and more equal values among the target less `shift` and the control, lowest first.
    pub(super) fn twice_u_and_ties(&self, shift: f64) -> (u64, Vec<u64>) {
        let above = self.above(&[shift, shift.next_down()]);
        let mut ties = if self.runs.is_none() && above[0] == above[1] {
            // No target ties with a control.
            merged(repeated(self.target).into_iter(), repeated(self.control).into_iter(), shift)
        } else {
            self.groups(shift)
        };
        ties.retain(|&size| size > 1);
        (above[0].0 + above[1].0, ties)
    }

    fn single(&self) -> Walk<'_, Single> {
        Walk { target: self.target, control: self.control, weights: Single }
    }
}

fn weighted((target, control): &(Runs, Runs)) -> Walk<'_, Cumulated<'_>> {
    let weights = Cumulated { target: &target.before, control: &control.before };
    Walk { target: &target.values, control: &control.values, weights }
}
