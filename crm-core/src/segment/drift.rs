//! How the segments of one saved clustering have moved between two dates.
//!
//! # References
//! - Siddiqi (2006), *Credit Risk Scorecards*: the population stability index and its conventional bounds.
//! - Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*: differences in units of the pooled standard deviation.

use super::agreement::{CrossTable, check_labels};
use super::centre_move::{CentreMove, centre_moves};
use super::column::{check_length, check_rows};
use super::matrix::Matrix;
use crate::error::{Error, ErrorKind, Result};

/// From here on the population stability index is called moderate.
const MODERATE: f64 = 0.1;
/// From here on it is called significant.
const SIGNIFICANT: f64 = 0.25;
/// The most segments.
const MOST_SEGMENTS: usize = 4096;

/// Customers at one date: the segment of each, and the features if centres are to be compared.
#[derive(Clone, Copy, Debug)]
pub struct SegmentSnapshot<'a> {
    labels: &'a [u32],
    features: Option<&'a Matrix<'a>>,
}

impl<'a> SegmentSnapshot<'a> {
    /// The segment of each customer, numbered from 0 as at the other date.
    pub fn new(labels: &'a [u32]) -> Self {
        Self { labels, features: None }
    }

    /// With the features of the same customers, in the same order.
    #[must_use]
    pub fn features(self, features: &'a Matrix<'a>) -> Self {
        Self { features: Some(features), ..self }
    }

    fn check(&self, name: &str, segments: usize) -> Result<()> {
        let labels = format!("{name}.labels");
        check_rows(&labels, self.labels.len())?;
        check_labels(&labels, self.labels, segments)?;
        let Some(features) = self.features else { return Ok(()) };
        check_length(&format!("{name}.features"), features.rows(), &labels, self.labels.len())
    }
}

/// Which customers of the two dates are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching<'a> {
    /// Not known: sizes and centres are compared, and nobody's way is followed.
    #[default]
    Unknown,
    /// The same customers in the same order.
    ByRow,
    /// Customer `before[i]` of the earlier date is customer `after[i]` of the later one; whoever is not named is at one date only.
    Pairs {
        /// Rows of the earlier date, each at most once.
        before: &'a [u32],
        /// Rows of the later date, each at most once.
        after: &'a [u32],
    },
}

/// What a population stability index says by the usual bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PopulationShift {
    /// Below 0.1: the sizes are as they were.
    Insignificant,
    /// From 0.1 to below 0.25: worth a look.
    Moderate,
    /// From 0.25 on: the segments no longer describe the customers as they did.
    Significant,
}

impl PopulationShift {
    /// The verdict on an index: bounds 0.1 and 0.25, a convention of practice and no test.
    pub fn of(population_stability_index: f64) -> Self {
        if population_stability_index < MODERATE {
            Self::Insignificant
        } else if population_stability_index < SIGNIFICANT {
            Self::Moderate
        } else {
            Self::Significant
        }
    }
}

/// The size of a segment at two dates.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeShift {
    /// The number of the segment.
    pub segment: u32,
    /// Customers at the earlier date.
    pub customers_before: u64,
    /// Customers at the later date.
    pub customers_after: u64,
    /// Share of all customers at the earlier date, in \[0, 1\].
    pub share_before: f64,
    /// Share of all customers at the later date, in \[0, 1\].
    pub share_after: f64,
    /// Later share less earlier share.
    pub change: f64,
    /// What the segment adds to the population stability index.
    pub stability_term: f64,
}

/// Sizes and centres of the segments of one clustering at two dates.
///
/// - Sizes: shares `p` before and `q` after, and the population stability index `PSI = Σ (q - p) ln(q / p)`. A segment that is empty at one date counts
///   as half a customer there, one that is empty at both adds nothing.
/// - Centres, if features are given: `d = (mean after - mean before) / s`, `s² = ((n₁-1) s₁² + (n₂-1) s₂²) / (n₁ + n₂ - 2)` within the segment.
/// - Migration, if customers are matched: a table from segment before to segment after.
///
/// ```
/// use crm_core::segment::{Matching, Matrix, PopulationShift, SegmentDrift, SegmentSnapshot};
/// let (before, after) = ([0, 0, 0, 1], [0, 0, 1, 1]);
/// let spend_before = Matrix::from_rows(&[1.0, 2.0, 3.0, 9.0], 1)?;
/// let spend_after = Matrix::from_rows(&[2.0, 4.0, 7.0, 9.0], 1)?;
/// let drift = SegmentDrift::new(
///     2,
///     SegmentSnapshot::new(&before).features(&spend_before),
///     SegmentSnapshot::new(&after).features(&spend_after),
///     Matching::ByRow,
/// )?;
/// assert_eq!(drift.sizes()[0].change, -0.25);
/// assert_eq!(drift.population_shift(), PopulationShift::Significant);
/// assert_eq!(drift.centre_moves()[0].mean_after, Some(3.0));
/// assert_eq!(drift.migration().unwrap().count(0, 1), 1);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Siddiqi (2006); Cohen (1988), eq. 2.3.2 and 2.5.2.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentDrift {
    sizes: Vec<SizeShift>,
    centre_moves: Vec<CentreMove>,
    migration: Option<CrossTable>,
    population_stability_index: f64,
}

impl SegmentDrift {
    /// Compares two dates of `segments` segments that have the same numbers at both.
    ///
    /// # Errors
    /// `InvalidArgument` for 0 or more than 4,096 segments, and if only one date has features; `Empty`; `OutOfRange` with the row for labels that
    /// are not below `segments` and pairs of rows that are not there; `InvalidValue` for a customer who is paired twice; `LengthMismatch`;
    /// `Incompatible` for different numbers of features.
    pub fn new(
        segments: usize,
        before: SegmentSnapshot<'_>,
        after: SegmentSnapshot<'_>,
        matching: Matching<'_>,
    ) -> Result<Self> {
        if !(1..=MOST_SEGMENTS).contains(&segments) {
            return Err(Error::argument("segments", segments, "from 1 to 4096"));
        }
        before.check("before", segments)?;
        after.check("after", segments)?;
        let migration = migration(segments, before.labels, after.labels, matching)?;
        let centre_moves = match (before.features, after.features) {
            (None, None) => Vec::new(),
            (Some(earlier), Some(later)) => {
                if earlier.features() != later.features() {
                    let message =
                        format!("has {} features where before has {}", later.features(), earlier.features());
                    return Err(Error::new(ErrorKind::Incompatible, message).on("after.features"));
                }
                centre_moves(segments, (before.labels, earlier), (after.labels, later))
            }
            (earlier, _) => {
                let name = if earlier.is_none() { "before.features" } else { "after.features" };
                return Err(Error::argument(name, "none", "given, as those of the other date are"));
            }
        };
        let sizes = sizes(segments, before.labels, after.labels);
        let population_stability_index = sizes.iter().map(|size| size.stability_term).sum();
        Ok(Self { sizes, centre_moves, migration, population_stability_index })
    }

    /// The size of each segment at both dates.
    pub fn sizes(&self) -> &[SizeShift] {
        &self.sizes
    }

    /// The means of each segment at both dates, feature by feature within a segment; empty without features.
    pub fn centre_moves(&self) -> &[CentreMove] {
        &self.centre_moves
    }

    /// Matched customers by segment before (rows) and after (columns); `None` without a matching.
    pub fn migration(&self) -> Option<&CrossTable> {
        self.migration.as_ref()
    }

    /// The population stability index of the sizes, at least 0.
    pub fn population_stability_index(&self) -> f64 {
        self.population_stability_index
    }

    /// What the index says by the usual bounds.
    pub fn population_shift(&self) -> PopulationShift {
        PopulationShift::of(self.population_stability_index)
    }
}

fn sizes(segments: usize, before: &[u32], after: &[u32]) -> Vec<SizeShift> {
    let count = |labels: &[u32]| {
        let mut counts = vec![0u64; segments];
        for &label in labels {
            counts[label as usize] += 1;
        }
        counts
    };
    let (all_before, all_after) = (before.len() as f64, after.len() as f64);
    let counts = count(before).into_iter().zip(count(after)).enumerate();
    let shift = |(segment, (customers_before, customers_after)): (usize, (u64, u64))| {
        let (share_before, share_after) =
            (customers_before as f64 / all_before, customers_after as f64 / all_after);
        // A share of 0 has no logarithm: half a customer stands for it.
        let stability_term = if customers_before == 0 && customers_after == 0 {
            0.0
        } else {
            let p = (customers_before as f64).max(0.5) / all_before;
            let q = (customers_after as f64).max(0.5) / all_after;
            (q - p) * (q / p).ln()
        };
        let change = share_after - share_before;
        let segment = segment as u32;
        SizeShift {
            segment,
            customers_before,
            customers_after,
            share_before,
            share_after,
            change,
            stability_term,
        }
    };
    counts.map(shift).collect()
}

fn migration(
    segments: usize,
    before: &[u32],
    after: &[u32],
    matching: Matching<'_>,
) -> Result<Option<CrossTable>> {
    match matching {
        Matching::Unknown => Ok(None),
        Matching::ByRow => {
            check_length("after.labels", after.len(), "before.labels", before.len())?;
            CrossTable::with_groups(before, after, segments, segments).map(Some)
        }
        Matching::Pairs { before: earlier, after: later } => {
            check_length("matching.after", later.len(), "matching.before", earlier.len())?;
            let from = paired("matching.before", earlier, before)?;
            let to = paired("matching.after", later, after)?;
            if from.is_empty() {
                return Err(Error::new(ErrorKind::Empty, "nobody is matched").on("matching"));
            }
            CrossTable::with_groups(&from, &to, segments, segments).map(Some)
        }
    }
}

/// The labels of the rows that are paired.
fn paired(name: &str, rows: &[u32], labels: &[u32]) -> Result<Vec<u32>> {
    let mut seen = vec![false; labels.len()];
    let mut found = Vec::with_capacity(rows.len());
    for (place, &row) in rows.iter().enumerate() {
        let error = |kind, message: String| Err(Error::new(kind, message).on(name).at_row(place as u64));
        match seen.get_mut(row as usize) {
            None => {
                return error(ErrorKind::OutOfRange, format!("customer {row} is above {}", labels.len() - 1));
            }
            Some(seen) if *seen => {
                return error(ErrorKind::InvalidValue, format!("customer {row} is paired twice"));
            }
            Some(seen) => *seen = true,
        }
        found.push(labels[row as usize]);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_change_at_their_bounds() {
        for (index, verdict) in [
            (0.0, PopulationShift::Insignificant),
            (0.1_f64.next_down(), PopulationShift::Insignificant),
            (0.1, PopulationShift::Moderate),
            (0.25_f64.next_down(), PopulationShift::Moderate),
            (0.25, PopulationShift::Significant),
        ] {
            assert_eq!(PopulationShift::of(index), verdict, "{index}");
        }
    }

    #[test]
    fn an_outlier_of_another_segment_takes_no_digits() {
        let before = Matrix::from_rows(&[1.0, 1.5, 2.0, 1e100], 1).unwrap();
        let after = Matrix::from_rows(&[2.0, 2.5, 3.0, -1e100], 1).unwrap();
        let labels = [0, 0, 0, 1];
        let of = |matrix| SegmentSnapshot::new(&labels).features(matrix);
        let drift = SegmentDrift::new(3, of(&before), of(&after), Matching::Unknown).unwrap();
        let moves = drift.centre_moves();
        // Deviations of 0.5 and a move of 1.
        assert_eq!(moves[0].pooled_standard_deviation, Some(0.5));
        assert_eq!(moves[0].standardized_difference, Some(2.0));
        assert_eq!((moves[1].mean_after, moves[1].pooled_standard_deviation), (Some(-1e100), None));
        assert_eq!((moves[2].mean_before, moves[2].standardized_difference), (None, None));
        assert_eq!(drift.population_stability_index(), 0.0);
        assert_eq!(drift.migration(), None);
    }
}
