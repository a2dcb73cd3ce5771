//! What each dimension contributes to a score, so that the parts sum exactly.

use std::collections::HashMap;

use super::dimension_table::DimensionTable;
use super::score_grid::{FULL, points, split, steps, whole};
use super::score_model::LoyaltyScore;
use super::score_options::Combination;
use super::score_pass::{Block, Pattern, ScoreRule};
use super::score_table::LoyaltyScores;
use crate::error::Result;
use crate::parallel::Threads;

/// What each dimension contributes to the scores of customers.
///
/// `sum of a row's contributions + its baseline = its score - population_mean`, exactly: in doubles, added in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreContributions {
    /// The names of the dimensions, in the order of the columns.
    pub names: Vec<String>,
    /// A column a dimension, in points; 0 where the dimension is not known, NaN without a score.
    pub columns: Vec<Vec<f64>>,
    /// What a customer has of whom the same dimensions are known and who is average in each of them, less the population's mean. 0 if everything is known of
    /// everybody and the combination is arithmetic; NaN without a score.
    pub baseline: Vec<f64>,
    /// The scores that are explained.
    pub scores: LoyaltyScores,
}

impl LoyaltyScore {
    /// Scores the customers of a table and says what each dimension contributes.
    ///
    /// A dimension contributes `100 w (n - mean n) / sum w`, sums over the known dimensions, means of the fitted population. Under the geometric combination it is
    /// `L w ln(n / mean n) / sum w`, with L the logarithmic mean of the score and that of the average customer; dimensions at 0 share all of the loss. All are
    /// rounded to 2^-44 points so that they sum exactly.
    ///
    /// ```
    /// use crm_core::Threads;
    /// use crm_core::customer::Day;
    /// use crm_core::loyalty::{Dimension, DimensionTable, LoyaltyScore, ScoreOptions, Weighting};
    /// let table = DimensionTable::new(Day::parse("2025-12-31")?, 4)?
    ///     .with_column(Dimension::new("orders", "orders")?, &[1.0, 2.0, 2.0, 9.0])?
    ///     .with_column(Dimension::new("visits", "visits")?, &[7.0, 1.0, 3.0, 8.0])?;
    /// let weighting = Weighting::Given(&[0.7, 0.3]);
    /// let model = LoyaltyScore::fit(&table, weighting, ScoreOptions::default(), Threads::default())?.model;
    /// let parts = model.contributions(&table, Threads::default())?;
    /// for (row, score) in parts.scores.scores().iter().enumerate() {
    ///     let sum = parts.columns[1][row] + parts.columns[0][row] + parts.baseline[row];
    ///     assert_eq!(sum, score - parts.scores.population_mean());
    /// }
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`score`](Self::score).
    pub fn contributions(&self, table: &DimensionTable<'_>, threads: Threads) -> Result<ScoreContributions> {
        let pass = self.pass(table)?;
        let size = self.dimensions.len();
        let means: Vec<f64> = self.dimensions.iter().map(|fitted| fitted.mean).collect();
        // After a column a dimension: baseline, score and coverage.
        let mut outputs = vec![vec![0.0; table.rows()]; size + 3];
        threads.run(|| {
            pass.for_blocks(&mut outputs, |block, outputs| {
                let mut known: HashMap<u64, Explained> = HashMap::new();
                let mut write = |row: usize, bits: u64, pattern: &Pattern| {
                    let explained =
                        known.entry(bits).or_insert_with(|| Explained::new(self, &means, pattern));
                    explained.write(&pass.rule, &means, block, row, outputs);
                };
                block.rows(&pass.rule, |row, bits, pattern| write(row, bits, pattern));
            });
        })?;
        let names = self.dimensions.iter().map(|fitted| fitted.dimension.name().to_owned()).collect();
        let coverage = outputs.pop().unwrap_or_default();
        let scores = outputs.pop().unwrap_or_default();
        let baseline = outputs.pop().unwrap_or_default();
        let scores = LoyaltyScores::new(scores, coverage, self.population_mean());
        Ok(ScoreContributions { names, columns: outputs, baseline, scores })
    }
}

/// What the contributions of customers with the same known dimensions start from.
struct Explained {
    pattern: Pattern,
    combination: Combination,
    /// The steps that the average customer has from each dimension.
    averages: Vec<f64>,
    /// The steps of the average customer.
    reference: f64,
    /// In points.
    baseline: f64,
    /// The known dimension with the largest weight.
    heaviest: Option<usize>,
}

impl Explained {
    fn new(model: &LoyaltyScore, means: &[f64], pattern: &Pattern) -> Self {
        let combination = model.options.combination;
        let population = steps(model.population_mean());
        let pairs = || pattern.shares.iter().zip(means);
        let averages: Vec<f64> = pairs().map(|(share, mean)| whole(share * mean)).collect();
        let reference = match combination {
            Combination::Arithmetic => {
                let sum: f64 = averages.iter().sum();
                // The average customer has the mean score, up to the rounding of scores.
                if pattern.coverage == 1.0 && model.fitted_to_complete_rows() { population } else { sum }
            }
            Combination::Geometric => {
                let known = pairs().filter(|(share, _)| **share > 0.0);
                let ln: f64 = known.map(|(share, mean)| share / FULL * mean.ln()).sum();
                whole(FULL * ln.exp()).min(FULL)
            }
        };
        let by_share = |one: &usize, other: &usize| pattern.shares[*one].total_cmp(&pattern.shares[*other]);
        Self {
            heaviest: (0..means.len()).rev().max_by(by_share),
            pattern: pattern.clone(),
            combination,
            averages,
            reference,
            baseline: points(reference - population),
        }
    }

    fn write(&self, rule: &ScoreRule, means: &[f64], block: &Block, row: usize, outputs: &mut [&mut [f64]]) {
        let size = means.len();
        outputs[size + 2][row] = self.pattern.coverage;
        if !self.pattern.scored {
            outputs[..size + 2].iter_mut().for_each(|output| output[row] = f64::NAN);
            return;
        }
        let numbers: Vec<f64> = block.row(row).collect();
        let score = rule.steps(&self.pattern, numbers.iter().copied());
        outputs[size][row] = self.baseline;
        outputs[size + 1][row] = points(score);
        let mut parts = match self.combination {
            Combination::Arithmetic => self.arithmetic(&numbers),
            Combination::Geometric => self.geometric(means, &numbers, score),
        };
        // The heaviest dimension takes what the rounding of parts and score leaves.
        if let Some(place) = self.heaviest {
            parts[place] += score - self.reference - parts.iter().sum::<f64>();
        }
        parts.iter().zip(outputs.iter_mut()).for_each(|(part, output)| output[row] = points(*part));
    }

    fn arithmetic(&self, numbers: &[f64]) -> Vec<f64> {
        let known = self.pattern.shares.iter().zip(numbers).zip(&self.averages);
        known
            .map(
                |((share, number), average)| if *share > 0.0 { whole(share * number) - average } else { 0.0 },
            )
            .collect()
    }

    /// Parts of the difference to the average customer, by the logarithmic mean (Ang 2004, "Decomposition analysis for policymaking in energy", Energy Policy 32).
    fn geometric(&self, means: &[f64], numbers: &[f64], score: f64) -> Vec<f64> {
        let shares = &self.pattern.shares;
        let at_zero = |values: &[f64]| -> Vec<f64> {
            shares.iter().zip(values).map(|(share, value)| if *value == 0.0 { *share } else { 0.0 }).collect()
        };
        let total = score - self.reference;
        // The limits of the formula below where a logarithm is infinite.
        if score == 0.0 || self.reference == 0.0 {
            let own = at_zero(if score == 0.0 { numbers } else { means });
            let any = own.iter().any(|share| *share > 0.0);
            return split(total, if any { &own } else { shares });
        }
        let terms: Vec<f64> = shares
            .iter()
            .zip(numbers.iter().zip(means))
            .map(
                |(share, (number, mean))| {
                    if *share > 0.0 { share / FULL * (number / mean).ln() } else { 0.0 }
                },
            )
            .collect();
        let sum: f64 = terms.iter().sum();
        let scale = if sum.abs() < 1e-12 { self.reference } else { self.reference * sum.exp_m1() / sum };
        terms.iter().map(|term| whole(scale * term)).collect()
    }
}
