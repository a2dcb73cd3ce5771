//! Weightings side by side: which score knows best who will still be there?
//!
//! References:
//! - Mann, H. B. and Whitney, D. R. (1947): the area under the ROC curve is the share of pairs of a retained and a lost customer in which the retained one has
//!   the higher score, ties counting half.
//! - Spearman, C. (1904): the correlation of ranks.

use serde::{Deserialize, Serialize};

use super::dimension_table::DimensionTable;
use super::score_model::LoyaltyScore;
use super::weights::WeightingKind;
use crate::error::{Error, ErrorKind, Result};
use crate::math::ordered_bits;
use crate::named::named;
use crate::parallel::Threads;

/// Whether a score could be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum WeightingStatus {
    /// It could.
    #[default]
    Judged = 0,
    /// Nobody has a score.
    NoScores = 1,
    /// All customers with a score were retained, or none.
    OneOutcome = 2,
}

named! { WeightingStatus, "status", { Judged: "judged", NoScores: "no_scores", OneOutcome: "one_outcome" } }

/// One score of a [`WeightingReport`].
#[derive(Clone, Debug, PartialEq)]
pub struct WeightingRow {
    /// The name.
    pub name: String,
    /// Where the weights come from.
    pub weighting: WeightingKind,
    /// The weights, in the order of the score's dimensions.
    pub weights: Vec<f64>,
    /// The number of customers with a score.
    pub scored: u64,
    /// The area under the ROC curve: 1/2 for chance, 1 for scores that put all retained customers first; NaN if not judged.
    pub auc: f64,
    /// The retention of the top share of the scores, divided by that of all; ties at the limit count in part. NaN if not judged or nobody was retained.
    pub lift: f64,
    /// The retention of the top share.
    pub top_retention: f64,
    /// Whether the score could be judged.
    pub status: WeightingStatus,
}

/// Scores judged by who was retained, side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightingReport {
    /// A row a score, in the order given.
    pub rows: Vec<WeightingRow>,
    /// Spearman's rank correlations between the scores of each pair, row by row, over the customers that both score; NaN if one does not differ.
    pub rank_correlation: Vec<f64>,
    /// The number of customers.
    pub customers: u64,
    /// How many of them were retained.
    pub retained: u64,
}

impl WeightingReport {
    /// Judges scores by the customers of a table and who of them was still there in the period after its date.
    ///
    /// `top_share` is the share of the scored customers that lift looks at, in (0, 1]. A learned score must be judged on a table of a later date than the one that it
    /// learned from: in its own sample it would always look best.
    ///
    /// ```
    /// use crm_core::Threads;
    /// use crm_core::customer::Day;
    /// use crm_core::loyalty::{Dimension, DimensionTable, LoyaltyScore, ScoreOptions, Weighting, WeightingReport};
    /// let table = DimensionTable::new(Day::parse("2025-12-31")?, 4)?
    ///     .with_column(Dimension::new("orders", "orders")?, &[1.0, 2.0, 5.0, 9.0])?
    ///     .with_column(Dimension::new("visits", "visits")?, &[7.0, 1.0, 3.0, 2.0])?;
    /// let fit = |weights: &[f64]| {
    ///     LoyaltyScore::fit(&table, Weighting::Given(weights), ScoreOptions::default(), Threads::default())
    /// };
    /// let (orders, visits) = (fit(&[1.0, 0.0])?.model, fit(&[0.0, 1.0])?.model);
    /// let scores = [("orders", &orders), ("visits", &visits)];
    /// let report = WeightingReport::judge(&scores, &table, &[false, false, true, true], 0.5, Threads::default())?;
    /// assert_eq!((report.rows[0].auc, report.rows[1].auc, report.rows[0].lift), (1.0, 0.5, 2.0));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for no score, a name that comes twice, and a share out of bounds; `LengthMismatch` for flags of another length than the table; `Incompatible` for a
    /// learned score that is judged on its own date; those of [`LoyaltyScore::score`].
    pub fn judge(
        models: &[(&str, &LoyaltyScore)],
        table: &DimensionTable<'_>,
        retained: &[bool],
        top_share: f64,
        threads: Threads,
    ) -> Result<Self> {
        if models.is_empty() {
            return Err(Error::argument("models", "an empty list", "one score or more"));
        }
        if !(top_share > 0.0 && top_share <= 1.0) {
            return Err(Error::argument("top_share", top_share, "above 0 and at most 1"));
        }
        if retained.len() != table.rows() {
            let message = format!("has {} flags, the table {} rows", retained.len(), table.rows());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("retained"));
        }
        for (place, (name, model)) in models.iter().enumerate() {
            if models[..place].iter().any(|(known, _)| known == name) {
                return Err(Error::argument("models", format!("{name:?} twice"), "distinct names"));
            }
            if model.weighting() == WeightingKind::Learned && table.as_of() <= model.as_of() {
                let message = format!(
                    "{name} learned from who was retained after {}: it must be judged on a table of a later date than that, not of {}",
                    model.as_of(),
                    table.as_of()
                );
                return Err(Error::new(ErrorKind::Incompatible, message).on("models"));
            }
        }
        let mut rows = Vec::with_capacity(models.len());
        let mut columns = Vec::with_capacity(models.len());
        for (name, model) in models {
            let scores = model.score(table, threads)?;
            let judged = Judged::of(scores.scores(), retained, top_share);
            rows.push(WeightingRow {
                name: (*name).to_owned(),
                weighting: model.weighting(),
                weights: model.weights(),
                scored: judged.scored,
                auc: judged.auc,
                lift: judged.lift,
                top_retention: judged.top_retention,
                status: judged.status,
            });
            columns.push(scores);
        }
        let size = columns.len();
        let mut rank_correlation = vec![1.0; size * size];
        for one in 0..size {
            for other in 0..=one {
                let found = spearman(columns[one].scores(), columns[other].scores());
                rank_correlation[one * size + other] = found;
                rank_correlation[other * size + one] = found;
            }
        }
        let count = retained.iter().filter(|stayed| **stayed).count() as u64;
        Ok(Self { rows, rank_correlation, customers: retained.len() as u64, retained: count })
    }
}

struct Judged {
    scored: u64,
    auc: f64,
    lift: f64,
    top_retention: f64,
    status: WeightingStatus,
}

impl Judged {
    fn of(scores: &[f64], retained: &[bool], top_share: f64) -> Self {
        let mut order: Vec<(u64, bool)> = scores
            .iter()
            .zip(retained)
            .filter(|(score, _)| !score.is_nan())
            .map(|(&score, &stayed)| (!ordered_bits(score), stayed))
            .collect();
        order.sort_unstable();
        let scored = order.len() as u64;
        let stayed = order.iter().filter(|(_, stayed)| *stayed).count() as u64;
        // From the highest score down: twice the pairs of a retained customer and a lost one below, ties counting once.
        let (mut twice, mut lost_below) = (0u128, u128::from(scored - stayed));
        let top = top_share * scored as f64;
        let (mut seen, mut in_top) = (0.0, 0.0);
        for tied in order.chunk_by(|one, other| one.0 == other.0) {
            let kept = tied.iter().filter(|(_, stayed)| *stayed).count();
            let lost = (tied.len() - kept) as u128;
            twice += kept as u128 * (2 * lost_below - lost);
            lost_below -= lost;
            let taken = (top - seen).clamp(0.0, tied.len() as f64);
            in_top += taken * (kept as f64 / tied.len() as f64);
            seen += tied.len() as f64;
        }
        let status = match (scored, stayed) {
            (0, _) => WeightingStatus::NoScores,
            (_, 0) => WeightingStatus::OneOutcome,
            (scored, stayed) if scored == stayed => WeightingStatus::OneOutcome,
            _ => WeightingStatus::Judged,
        };
        let pairs = 2 * u128::from(stayed) * u128::from(scored - stayed);
        let auc = if pairs == 0 { f64::NAN } else { twice as f64 / pairs as f64 };
        let top_retention = if scored == 0 { f64::NAN } else { in_top / top };
        let lift = if status == WeightingStatus::Judged {
            top_retention / (stayed as f64 / scored as f64)
        } else {
            f64::NAN
        };
        Self { scored, auc, lift, top_retention, status }
    }
}

/// Spearman's correlation of the rows in which both are known.
fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let rows: Vec<usize> = (0..one.len()).filter(|&row| !one[row].is_nan() && !other[row].is_nan()).collect();
    let ranks = |values: &[f64]| twice_midranks(&rows.iter().map(|&row| values[row]).collect::<Vec<_>>());
    let (one, other) = (ranks(one), ranks(other));
    // Twice the mid-ranks are whole, and their mean is n + 1: all sums are exact.
    let mean = rows.len() as i128 + 1;
    let sum = |a: &[u64], b: &[u64]| -> i128 {
        a.iter().zip(b).map(|(&a, &b)| (i128::from(a) - mean) * (i128::from(b) - mean)).sum()
    };
    let (mine, theirs) = (sum(&one, &one), sum(&other, &other));
    if mine == 0 || theirs == 0 {
        return f64::NAN;
    }
    if mine == theirs && one == other {
        return 1.0;
    }
    (sum(&one, &other) as f64 / ((mine as f64).sqrt() * (theirs as f64).sqrt())).clamp(-1.0, 1.0)
}

fn twice_midranks(values: &[f64]) -> Vec<u64> {
    let mut order: Vec<(u64, u32)> =
        values.iter().enumerate().map(|(row, &value)| (ordered_bits(value), row as u32)).collect();
    order.sort_unstable();
    let mut ranks = vec![0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|one, other| one.0 == other.0) {
        let rank = 2 * before + tied.len() as u64 + 1;
        for &(_, row) in tied {
            ranks[row as usize] = rank;
        }
        before += tied.len() as u64;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: f64 = 0.688_102_353_203_975_5;
    const SCORES: [f64; 8] = [10.0, 20.0, 20.0, 30.0, 40.0, 40.0, f64::NAN, 70.0];
    const RETAINED: [bool; 8] = [false, true, false, false, true, false, true, true];

    #[test]
    fn auc_counts_pairs_and_halves_ties() {
        // Retained 20, 40, 70 against lost 10, 20, 30, 40: (1 + .5) + (3 + .5) + 4 of 12.
        let judged = Judged::of(&SCORES, &RETAINED, 0.5);
        assert_eq!((judged.auc, judged.scored), (9.0 / 12.0, 7));
        // The top 3.5 of 7: 70 and both at 40 hold 2 retained, and half of one at 30 none.
        assert!((judged.top_retention - 2.0 / 3.5).abs() < 1e-15);
        assert!((judged.lift - 2.0 / 3.5 / (3.0 / 7.0)).abs() < 1e-15);
    }

    #[test]
    fn ties_at_the_limit_count_in_part() {
        // The top 2 of 7: 70, and half of the two at 40 of which one was retained.
        let judged = Judged::of(&SCORES, &RETAINED, 2.0 / 7.0);
        assert!((judged.top_retention - 1.5 / 2.0).abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_judged_says_why() {
        for (scores, retained, status) in [
            ([f64::NAN; 2], [true, false], WeightingStatus::NoScores),
            ([1.0, 2.0], [true, true], WeightingStatus::OneOutcome),
            ([1.0, 2.0], [false, false], WeightingStatus::OneOutcome),
        ] {
            let judged = Judged::of(&scores, &retained, 0.5);
            assert_eq!(judged.status, status);
            assert!(judged.auc.is_nan() && judged.lift.is_nan());
        }
        assert_eq!(Judged::of(&[5.0; 2], &[true, false], 0.5).auc, 0.5);
    }

    #[test]
    fn rank_correlations_of_scipy() {
        // scipy.stats.spearmanr.
        let other = [3.0, 1.0, 2.0, 2.0, 9.0, 4.0, 100.0, 5.0];
        assert!((spearman(&SCORES, &other) - KNOWN).abs() < 1e-15, "{}", spearman(&SCORES, &other));
        assert_eq!(spearman(&SCORES, &SCORES), 1.0);
        assert!(spearman(&SCORES, &[1.0; 8]).is_nan());
    }
}
