//! Why a score changed between two dates.
//!
//! Shapley, L. S. (1953), "A value for n-person games", Contributions to the Theory of Games II, 307-317: each of the causes is credited with its mean effect
//! over all orders in which they could have come.

use super::dimension_table::DimensionTable;
use super::score_grid::{points, steps};
use super::score_model::{FittedDimension, LoyaltyScore};
use super::score_pass::ScorePass;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// Scores of the same customers at two dates, and what changed them.
///
/// `value + reference + weight = after - before`, exactly: in doubles, added in any order. NaN where either date, or one date's values under the other's weights, have
/// no score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreChange {
    /// The scores at the first date.
    pub before: Vec<f64>,
    /// The scores at the second date.
    pub after: Vec<f64>,
    /// What the customer's own values changed, and whether they are known.
    pub value: Vec<f64>,
    /// What the population that values are compared with changed.
    pub reference: Vec<f64>,
    /// What the weights changed.
    pub weight: Vec<f64>,
}

impl LoyaltyScore {
    /// The change of scores from this model and its table to a later model and its table: rows are the same customers, in the same order.
    ///
    /// Each effect is the mean over the six orders in which values, reference and weights could have changed one after another (the Shapley value). With the same
    /// model at both dates all of the change is one of values.
    ///
    /// ```
    /// use crm_core::Threads;
    /// use crm_core::customer::Day;
    /// use crm_core::loyalty::{Dimension, DimensionTable, LoyaltyScore, ScoreOptions, Weighting};
    /// let table = |day: &str, orders: &'static [f64]| {
    ///     DimensionTable::new(Day::parse(day)?, 3)?.with_column(Dimension::new("orders", "orders")?, orders)
    /// };
    /// let (first, second) = (table("2025-06-30", &[1.0, 2.0, 3.0])?, table("2025-12-31", &[1.0, 4.0, 6.0])?);
    /// let fit = |table| LoyaltyScore::fit(table, Weighting::Given(&[1.0]), ScoreOptions::default(), Threads::default());
    /// let change = fit(&first)?.model.change(&first, &fit(&second)?.model, &second, Threads::default())?;
    /// // The second customer bought more, and so did the others: the rank is the same.
    /// assert_eq!(change.value[1], -change.reference[1]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `LengthMismatch` for tables of different lengths; `Incompatible` for models of other dimensions, combination or minimum coverage, and a later model of an
    /// earlier date; those of [`score`](Self::score).
    pub fn change(
        &self,
        table: &DimensionTable<'_>,
        later: &Self,
        later_table: &DimensionTable<'_>,
        threads: Threads,
    ) -> Result<ScoreChange> {
        if table.rows() != later_table.rows() {
            let message = format!("has {} rows, the earlier one {}", later_table.rows(), table.rows());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("later_table"));
        }
        let incompatible =
            |message: String, argument: &str| Err(Error::new(ErrorKind::Incompatible, message).on(argument));
        if later.as_of() < self.as_of() || later_table.as_of() < table.as_of() {
            let message = format!(
                "the later model and table are as of {} and {}, the earlier ones of {} and {}",
                later.as_of(),
                later_table.as_of(),
                self.as_of(),
                table.as_of()
            );
            return incompatible(message, "later");
        }
        if self.options != later.options {
            return incompatible(
                "combines dimensions otherwise, or asks for another coverage".to_owned(),
                "later",
            );
        }
        if self.dimensions.len() != later.dimensions.len() {
            let message = format!("has {} dimensions, not {}", later.dimensions.len(), self.dimensions.len());
            return incompatible(message, "later");
        }
        for fitted in &self.dimensions {
            let name = fitted.dimension.name();
            match later.dimensions.iter().find(|other| other.dimension.name() == name) {
                Some(other) => fitted.dimension.means_the_same(&other.dimension)?,
                None => return incompatible(format!("has no dimension {name}"), "later"),
            }
        }
        let (models, tables) = ([self, later], [table, later_table]);
        // Which of the two dates values, reference and weights are of, a bit each.
        let corner = |bits: usize| -> Result<Vec<f64>> {
            let (values, reference, weights) = (tables[bits & 1], models[bits >> 1 & 1], models[bits >> 2]);
            Ok(mixed(values, reference, weights)?.scores(false).0)
        };
        let corners: Vec<Vec<f64>> = threads.run(|| (0..8).map(corner).collect::<Result<_>>())??;
        let rows = table.rows();
        let (mut value, mut reference, mut weight) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
        for row in 0..rows {
            let at = |bits: usize| corners[bits][row];
            if (0..8).any(|bits| at(bits).is_nan()) {
                (value[row], reference[row], weight[row]) = (f64::NAN, f64::NAN, f64::NAN);
                continue;
            }
            let step = |bits: usize| steps(at(bits)) as i64;
            let gain = |bit: usize, others: usize| step(others | bit) - step(others);
            let effect = |bit: usize, one: usize, other: usize| {
                sixth(2 * gain(bit, 0) + gain(bit, one) + gain(bit, other) + 2 * gain(bit, one | other))
            };
            let mut effects = [effect(1, 2, 4), effect(2, 1, 4), effect(4, 1, 2)];
            // Rounded effects may miss the total by a step: the largest takes it, so that what changed nothing stays 0.
            let largest = (0..3).rev().max_by_key(|&place| effects[place].abs()).unwrap_or(0);
            effects[largest] += step(7) - step(0) - effects.iter().sum::<i64>();
            [value[row], reference[row], weight[row]] = effects.map(|effect| points(effect as f64));
        }
        let mut corners = corners;
        let after = corners.pop().unwrap_or_default();
        let before = corners.swap_remove(0);
        Ok(ScoreChange { before, after, value, reference, weight })
    }
}

/// A pass over the values of one table, with the normalisation of one model and the weights of another, in the latter's order.
fn mixed<'a>(
    table: &'a DimensionTable<'_>,
    reference: &'a LoyaltyScore,
    weights: &'a LoyaltyScore,
) -> Result<ScorePass<'a>> {
    in_order(table, reference, weights, weights)
}

/// The same in the order of the dimensions of `order`.
pub(super) fn in_order<'a>(
    table: &'a DimensionTable<'_>,
    reference: &'a LoyaltyScore,
    weights: &'a LoyaltyScore,
    order: &'a LoyaltyScore,
) -> Result<ScorePass<'a>> {
    let mut pass = order.pass(table)?;
    let of = |model: &'a LoyaltyScore| {
        order.dimensions.iter().filter_map(|fitted| {
            let name = fitted.dimension.name();
            model.dimensions.iter().find(|other| other.dimension.name() == name)
        })
    };
    pass.normalizers = of(reference).map(FittedDimension::ready).collect();
    pass.rule.weights = of(weights).map(|fitted| fitted.weight).collect();
    Ok(pass)
}

/// A sixth, to the nearest whole number.
pub(super) fn sixth(sum: i64) -> i64 {
    (sum + 3).div_euclid(6)
}

#[cfg(test)]
mod tests {
    use super::sixth;

    #[test]
    fn sixths() {
        assert_eq!([-9, -3, -2, 0, 2, 3, 9, 12].map(sixth), [-1, 0, 0, 0, 0, 1, 2, 2]);
    }
}
