//! Which dimensions a change of scores comes from.
//!
//! Ang, B. W. (2004), "Decomposition analysis for policymaking in energy: which is the preferred method?", Energy Policy 32, 1131-1139: the logarithmic mean splits
//! the change of a product without a rest.

use std::collections::HashMap;

use super::dimension_table::DimensionTable;
use super::score_change::{ScoreChange, in_order, sixth};
use super::score_grid::{FULL, points, split, steps, whole};
use super::score_model::LoyaltyScore;
use super::score_options::Combination;
use super::score_pass::{Block, ScorePass, over_blocks};
use crate::error::Result;
use crate::parallel::Threads;

/// A change of scores, and what each dimension has of each of its effects.
///
/// `sum of the dimensions' values = change.value`, and so for the reference and the weights, exactly: in doubles, added in any order. NaN where the change is.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreChangeParts {
    /// The names of the dimensions, in the order of the columns, which is that of the earlier score.
    pub names: Vec<String>,
    /// The change.
    pub change: ScoreChange,
    /// Of what the customer's own values changed, and whether they are known: a column a dimension.
    pub value: Vec<Vec<f64>>,
    /// Of what the population that values are compared with changed.
    pub reference: Vec<Vec<f64>>,
    /// Of what the weights changed.
    pub weight: Vec<Vec<f64>>,
}

impl LoyaltyScore {
    /// The [change](Self::change) of scores, split by dimension.
    ///
    /// A dimension's part of a score is `100 w n / sum w`, sums over the known dimensions, 0 where it is not known; its part of an effect is the mean
    /// over the six orders of what the part changes by. So a dimension that becomes known takes weight, and points, from the others, and a dimension
    /// with less weight loses what another gains.
    ///
    /// Under the geometric combination a dimension has `L` times the change of `w ln n / sum w` of a step from one score to another, with `L` the
    /// logarithmic mean of the two; dimensions at 0 share all of a step to or from 0. Parts are rounded to 2^-44 points so that they sum exactly.
    ///
    /// ```
    /// use crm_core::Threads;
    /// use crm_core::customer::Day;
    /// use crm_core::loyalty::{Dimension, DimensionTable, LoyaltyScore, ScoreOptions, Weighting};
    /// let table = |day: &str, visits: &'static [f64]| {
    ///     DimensionTable::new(Day::parse(day)?, 3)?
    ///         .with_column(Dimension::new("orders", "orders")?, &[1.0, 2.0, 3.0])?
    ///         .with_column(Dimension::new("visits", "visits")?, visits)
    /// };
    /// let (first, second) = (table("2025-06-30", &[1.0, 2.0, 3.0])?, table("2025-12-31", &[1.0, 4.0, 3.0])?);
    /// let weights = Weighting::Given(&[0.5, 0.5]);
    /// let model = LoyaltyScore::fit(&first, weights, ScoreOptions::default(), Threads::default())?.model;
    /// let parts = model.change_by_dimension(&first, &model, &second, Threads::default())?;
    /// // The second customer visited more and bought as often.
    /// assert_eq!((parts.value[0][1], parts.value[1][1]), (0.0, parts.change.value[1]));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`change`](Self::change).
    pub fn change_by_dimension(
        &self,
        table: &DimensionTable<'_>,
        later: &Self,
        later_table: &DimensionTable<'_>,
        threads: Threads,
    ) -> Result<ScoreChangeParts> {
        let change = self.change(table, later, later_table, threads)?;
        let (models, tables) = ([self, later], [table, later_table]);
        let size = self.dimensions.len();
        // By the date of the values and that of the reference; weights are those of the reference, and not used.
        let mut passes = Vec::with_capacity(4);
        for values in tables {
            for reference in models {
                passes.push(in_order(values, reference, reference, self)?);
            }
        }
        let rules = [passes[0].rule.clone(), passes[1].rule.clone()];
        let mut outputs = vec![vec![0.0; table.rows()]; 3 * size];
        let effects = [&change.value, &change.reference, &change.weight];
        threads.run(|| {
            over_blocks(table.rows(), &mut outputs, |index, first_row, outputs| {
                let blocks: Vec<Block> =
                    passes.iter().map(|pass: &ScorePass<'_>| pass.block(index)).collect();
                let mut shares: HashMap<(u64, usize), Vec<f64>> = HashMap::new();
                for row in 0..outputs[0].len() {
                    if effects[0][first_row + row].is_nan() {
                        for output in outputs.iter_mut() {
                            output[row] = f64::NAN;
                        }
                        continue;
                    }
                    let corners = corners(&blocks, row, |known, weights| {
                        shares
                            .entry((known, weights))
                            .or_insert_with(|| rules[weights].pattern(known).shares)
                            .clone()
                    });
                    for (place, (bit, one, other)) in
                        [(1, 2, 4), (2, 1, 4), (4, 1, 2)].into_iter().enumerate()
                    {
                        let total = steps(effects[place][first_row + row]) as i64;
                        let parts = effect(&corners, rules[0].combination, bit, one, other, total);
                        for (output, part) in outputs[place * size..].iter_mut().zip(parts) {
                            output[row] = points(part as f64);
                        }
                    }
                }
            });
        })?;
        let weight = outputs.split_off(2 * size);
        let reference = outputs.split_off(size);
        let names = self.dimensions.iter().map(|fitted| fitted.dimension.name().to_owned()).collect();
        Ok(ScoreChangeParts { names, change, value: outputs, reference, weight })
    }
}

/// The shares and numbers of a row where values, reference and weights are each of one of two dates, a bit each.
type Corners = [(Vec<f64>, Vec<f64>); 8];

fn corners(blocks: &[Block], row: usize, mut shares: impl FnMut(u64, usize) -> Vec<f64>) -> Corners {
    std::array::from_fn(|bits| {
        let block = &blocks[(bits & 1) * 2 + (bits >> 1 & 1)];
        (shares(block.known(row), bits >> 2), block.row(row).collect())
    })
}

/// What each dimension has of an effect, in steps that sum to `total`.
fn effect(
    corners: &Corners,
    combination: Combination,
    bit: usize,
    one: usize,
    other: usize,
    total: i64,
) -> Vec<i64> {
    let mut sums = vec![0_i64; corners[0].0.len()];
    for (others, times) in [(0, 2), (one, 1), (other, 1), (one | other, 2)] {
        let parts = match combination {
            Combination::Arithmetic => linear(&corners[others], &corners[others | bit]),
            Combination::Geometric => logarithmic(&corners[others], &corners[others | bit]),
        };
        sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += times * part as i64);
    }
    let mut parts: Vec<i64> = sums.into_iter().map(sixth).collect();
    // The largest takes what the rounding of parts and scores leaves, so that what changed nothing stays 0.
    let largest = (0..parts.len()).rev().max_by_key(|&place| parts[place].abs()).unwrap_or(0);
    parts[largest] += total - parts.iter().sum::<i64>();
    parts
}

/// By how many steps each dimension's part of a weighted mean changes.
fn linear(from: &(Vec<f64>, Vec<f64>), to: &(Vec<f64>, Vec<f64>)) -> Vec<f64> {
    let part = |share: &f64, number: &f64| if *share > 0.0 { whole(share * number) } else { 0.0 };
    let parts = |corner: &(Vec<f64>, Vec<f64>)| -> Vec<f64> {
        corner.0.iter().zip(&corner.1).map(|(share, number)| part(share, number)).collect()
    };
    parts(to).iter().zip(parts(from)).map(|(to, from)| to - from).collect()
}

/// By how many steps each dimension changes a weighted geometric mean.
fn logarithmic(from: &(Vec<f64>, Vec<f64>), to: &(Vec<f64>, Vec<f64>)) -> Vec<f64> {
    let terms = |corner: &(Vec<f64>, Vec<f64>)| -> Vec<f64> {
        let term = |share: &f64, number: &f64| if *share > 0.0 { share / FULL * number.ln() } else { 0.0 };
        corner.0.iter().zip(&corner.1).map(|(share, number)| term(share, number)).collect()
    };
    let (before, after) = (terms(from), terms(to));
    let (start, end): (f64, f64) = (before.iter().sum(), after.iter().sum());
    let score = |sum: f64| FULL * sum.exp();
    // The limits of the formula where a logarithm is infinite.
    let at_zero = |corner: &(Vec<f64>, Vec<f64>)| -> Vec<f64> {
        let share = |(share, number): (&f64, &f64)| if *number == 0.0 { *share } else { 0.0 };
        corner.0.iter().zip(&corner.1).map(share).collect()
    };
    match (start.is_finite(), end.is_finite()) {
        (false, false) => vec![0.0; before.len()],
        (false, true) => split(whole(score(end)), &at_zero(from)),
        (true, false) => split(-whole(score(start)), &at_zero(to)),
        (true, true) => {
            let sum = end - start;
            let mean = if sum.abs() < 1e-12 { score(start) } else { score(start) * sum.exp_m1() / sum };
            after.iter().zip(&before).map(|(after, before)| whole(mean * (after - before))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_from_zero_belongs_to_the_dimensions_at_zero() {
        let shares = vec![FULL / 2.0, FULL / 4.0, FULL / 4.0];
        let from = (shares.clone(), vec![0.5, 0.0, 0.0]);
        let to = (shares, vec![1.0, 1.0, 1.0]);
        assert_eq!(logarithmic(&from, &to), [0.0, FULL / 2.0, FULL / 2.0]);
        assert_eq!(logarithmic(&to, &from), [0.0, -FULL / 2.0, -FULL / 2.0]);
        assert_eq!(logarithmic(&from, &from), [0.0; 3]);
    }
}
