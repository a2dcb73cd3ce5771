//! Weights from pairwise comparisons: the analytic hierarchy process.
//!
//! References:
//! - Saaty, T. L. (1980), *The Analytic Hierarchy Process*, McGraw-Hill.
//! - Saaty, T. L. (2005), *Theory and Applications of the Analytic Network Process*, RWS Publications, p. 31.
//! - Alonso, J. A. and Lamata, M. T. (2006), "Consistency in the analytic hierarchy process: a new approach", International Journal of
//!   Uncertainty, Fuzziness and Knowledge-Based Systems 14(4), 445-459.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// The mean consistency index of random matrices, by whose table. They differ (0.58, 0.52, 0.5245 for three sides), so ratios are only comparable
/// under one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum RandomIndex {
    /// Saaty (2005): 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, ... for 3 to 15 sides.
    #[default]
    Saaty2005 = 0,
    /// Saaty (1980): 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49 for 3 to 10 sides.
    Saaty1980 = 1,
    /// Alonso and Lamata (2006), of 100,000 matrices a size: 0.5245, 0.8815, 1.1086, ... for 3 to 15 sides.
    AlonsoLamata2006 = 2,
}

named! { RandomIndex, "random_index", {
    Saaty2005: "saaty_2005", Saaty1980: "saaty_1980", AlonsoLamata2006: "alonso_lamata_2006",
} }

impl RandomIndex {
    /// The index for so many sides: 0 for 1 and 2, `None` beyond the table.
    pub fn of(self, size: usize) -> Option<f64> {
        let table: &[f64] = match self {
            Self::Saaty2005 => {
                &[0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59]
            }
            Self::Saaty1980 => &[0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49],
            Self::AlonsoLamata2006 => &[
                0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854, 1.5141, 1.5365, 1.5551,
                1.5713, 1.5838,
            ],
        };
        if size <= 2 { Some(0.0) } else { table.get(size - 3).copied() }
    }
}

/// What happens to comparisons that contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Inconsistency {
    /// A consistency ratio above 0.1 is an error.
    #[default]
    Refuse = 0,
    /// They are taken nevertheless.
    Accept = 1,
}

named! { Inconsistency, "inconsistency", { Refuse: "refuse", Accept: "accept" } }

/// The largest ratio that passes as consistent (Saaty 1980).
const MOST_INCONSISTENT: f64 = 0.1;
/// A comparison and its reverse may differ by so much from reciprocity, relatively: 0.3333 against 3 passes.
const RECIPROCITY: f64 = 1e-3;

/// Weights from a matrix of pairwise comparisons, with what the comparisons are worth.
///
/// ```
/// use crm_core::loyalty::{Ahp, Inconsistency, RandomIndex};
/// // The first side matters a quarter of the second and four times the third; the second nine times the third.
/// let comparisons = [1.0, 0.25, 4.0, 4.0, 1.0, 9.0, 0.25, 1.0 / 9.0, 1.0];
/// let ahp = Ahp::new(&comparisons, RandomIndex::Saaty2005, Inconsistency::Refuse)?;
/// let rounded: Vec<f64> = ahp.weights().iter().map(|weight| (weight * 1000.0).round() / 1000.0).collect();
/// assert_eq!(rounded, [0.217, 0.717, 0.066]);
/// assert!((ahp.consistency_ratio() - 0.035).abs() < 0.001);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ahp {
    weights: Vec<f64>,
    largest_eigenvalue: f64,
    consistency_index: f64,
    consistency_ratio: f64,
    random_index: RandomIndex,
}

impl Ahp {
    /// The principal eigenvector of a matrix of comparisons, row by row, with length 1 in sum.
    ///
    /// `comparisons[i * n + j]` says how many times side i matters as much as side j. With `λ` the largest eigenvalue, the consistency index is
    /// `(λ - n) / (n - 1)` and the ratio is that by the random index.
    ///
    /// # Errors
    /// `InvalidArgument` for a matrix that is not square, has a value that is not positive and finite, a diagonal other than 1, a pair that is not
    /// reciprocal (within 0.1 %), more sides than the table of random indices, or a consistency ratio above 0.1 unless accepted.
    pub fn new(comparisons: &[f64], table: RandomIndex, inconsistency: Inconsistency) -> Result<Self> {
        let size = comparisons.len().isqrt();
        if size == 0 || size * size != comparisons.len() {
            let given = format!("{} values", comparisons.len());
            return Err(Error::argument("comparisons", given, "a square matrix, row by row"));
        }
        let Some(random_index) = table.of(size) else {
            let accepted = format!("at most as many sides as the table {} has", table.name());
            return Err(Error::argument("comparisons", format!("{size} sides"), &accepted));
        };
        check(comparisons, size)?;
        let (weights, largest_eigenvalue) = principal(comparisons, size);
        let index = ((largest_eigenvalue - size as f64) / (size as f64 - 1.0).max(1.0)).max(0.0);
        let ratio = if size <= 2 { 0.0 } else { index / random_index };
        if ratio > MOST_INCONSISTENT && inconsistency == Inconsistency::Refuse {
            let accepted = format!(
                "at most {MOST_INCONSISTENT} by the table {}: review the comparisons, or accept the inconsistency",
                table.name()
            );
            return Err(Error::argument(
                "comparisons",
                format!("a consistency ratio of {ratio:.4}"),
                &accepted,
            ));
        }
        Ok(Self {
            weights,
            largest_eigenvalue,
            consistency_index: index,
            consistency_ratio: ratio,
            random_index: table,
        })
    }

    /// A matrix from the comparisons above its diagonal, row by row: `n (n - 1) / 2` values.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and `InvalidArgument` for a number of values that no triangle has.
    pub fn from_upper(upper: &[f64], table: RandomIndex, inconsistency: Inconsistency) -> Result<Self> {
        let size = (1 + 8 * upper.len()).isqrt().div_ceil(2);
        if upper.is_empty() || size * (size - 1) / 2 != upper.len() {
            let given = format!("{} values", upper.len());
            return Err(Error::argument("comparisons", given, "1, 3, 6, 10, ... values above the diagonal"));
        }
        let mut matrix = vec![1.0; size * size];
        let pairs = (0..size).flat_map(|row| (row + 1..size).map(move |column| (row, column)));
        for ((row, column), &value) in pairs.zip(upper) {
            matrix[row * size + column] = value;
            matrix[column * size + row] = 1.0 / value;
        }
        Self::new(&matrix, table, inconsistency)
    }

    /// The weights, which sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The largest eigenvalue; the number of sides if all comparisons agree.
    pub fn largest_eigenvalue(&self) -> f64 {
        self.largest_eigenvalue
    }

    /// `(λ - n) / (n - 1)`.
    pub fn consistency_index(&self) -> f64 {
        self.consistency_index
    }

    /// The consistency index by that of random comparisons; 0 for one and two sides.
    pub fn consistency_ratio(&self) -> f64 {
        self.consistency_ratio
    }

    /// The table that the ratio refers to.
    pub fn random_index(&self) -> RandomIndex {
        self.random_index
    }

    /// Weights over two levels: criteria, and what is weighed under each of them.
    ///
    /// `sum over criteria c of w_c v_ca` for each a; `local[c]` holds the weights under criterion c. Where criteria have dimensions of their own, the others
    /// have the weight 0 there.
    ///
    /// # Errors
    /// `LengthMismatch` if there are not as many lists as criteria, or lists of different lengths; `InvalidArgument` for weights that are negative or do not
    /// sum to 1.
    ///
    /// ```
    /// use crm_core::loyalty::Ahp;
    /// let weights = Ahp::synthesis(&[0.75, 0.25], &[&[0.5, 0.5, 0.0], &[0.0, 0.0, 1.0]])?;
    /// assert_eq!(weights, [0.375, 0.375, 0.25]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn synthesis(criteria: &[f64], local: &[&[f64]]) -> Result<Vec<f64>> {
        if criteria.len() != local.len() {
            let message = format!("{} criteria have {} lists of weights", criteria.len(), local.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("local"));
        }
        let criteria = super::weights::checked("criteria", criteria)?;
        let size = local.first().map_or(0, |weights| weights.len());
        let mut total = vec![0.0; size];
        for (weights, criterion) in local.iter().zip(criteria) {
            if weights.len() != size {
                let message = format!("has lists of {size} and of {} weights", weights.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on("local"));
            }
            for (total, weight) in total.iter_mut().zip(super::weights::checked("local", weights)?) {
                *total += criterion * weight;
            }
        }
        Ok(total)
    }
}

fn check(comparisons: &[f64], size: usize) -> Result<()> {
    let refused = |row: usize, column: usize, value: String, accepted: &str| {
        Err(Error::argument("comparisons", format!("{value} in row {row}, column {column}"), accepted))
    };
    for row in 0..size {
        for column in 0..size {
            let value = comparisons[row * size + column];
            if !(value > 0.0 && value.is_finite()) {
                return refused(row, column, value.to_string(), "positive and finite");
            }
            if row == column && value != 1.0 {
                return refused(row, column, value.to_string(), "1 on the diagonal");
            }
            let product = value * comparisons[column * size + row];
            if column < row && (product - 1.0).abs().is_nan() | ((product - 1.0).abs() > RECIPROCITY) {
                let across = comparisons[column * size + row];
                return refused(
                    row,
                    column,
                    value.to_string(),
                    &format!("1 / {across}, as row {column}, column {row} has it"),
                );
            }
        }
    }
    Ok(())
}

/// The principal eigenvector with sum 1, and its eigenvalue, by powers of a matrix that is positive (Perron and Frobenius: they converge).
fn principal(matrix: &[f64], size: usize) -> (Vec<f64>, f64) {
    let mut weights = vec![1.0 / size as f64; size];
    let mut eigenvalue = size as f64;
    for _ in 0..10_000 {
        let image: Vec<f64> = matrix
            .chunks_exact(size)
            .map(|row| row.iter().zip(&weights).map(|(value, weight)| value * weight).sum())
            .collect();
        // The weights sum to 1, so their image sums to the eigenvalue in the limit.
        eigenvalue = image.iter().sum();
        let next: Vec<f64> = image.iter().map(|part| part / eigenvalue).collect();
        let moved = next.iter().zip(&weights).any(|(next, weight)| (next - weight).abs() > 4e-16 * next);
        weights = next;
        if !moved {
            break;
        }
    }
    (weights, eigenvalue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(values: &[f64], inconsistency: Inconsistency) -> Result<Ahp> {
        Ahp::from_upper(values, RandomIndex::Saaty2005, inconsistency)
    }

    #[test]
    fn consistent_comparisons_give_back_the_weights() {
        let known = [0.5, 0.3, 0.15, 0.05];
        let pairs = (0..4).flat_map(|row| (row + 1..4).map(move |column| known[row] / known[column]));
        let ahp = upper(&pairs.collect::<Vec<_>>(), Inconsistency::Refuse).unwrap();
        assert!(ahp.weights().iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-15));
        assert!((ahp.largest_eigenvalue() - 4.0).abs() < 1e-14 && ahp.consistency_ratio() < 1e-14);
    }

    #[test]
    fn contradictions_are_refused_unless_accepted() {
        // a > b > c > a.
        let circle = [5.0, 0.2, 5.0];
        let error = upper(&circle, Inconsistency::Refuse).unwrap_err();
        assert!(error.to_string().contains("consistency ratio of"), "{error}");
        let forced = upper(&circle, Inconsistency::Accept).unwrap();
        assert!(forced.consistency_ratio() > 1.0);
        assert!(forced.weights().iter().all(|weight| (weight - 1.0 / 3.0).abs() < 1e-14));
    }

    #[test]
    fn the_ratio_depends_on_the_table_by_name() {
        let ratio = |table| {
            Ahp::from_upper(&[0.25, 4.0, 9.0], table, Inconsistency::Refuse).unwrap().consistency_ratio()
        };
        let index = ratio(RandomIndex::Saaty2005) * 0.52;
        assert!((ratio(RandomIndex::Saaty1980) - index / 0.58).abs() < 1e-15);
        assert!((ratio(RandomIndex::AlonsoLamata2006) - index / 0.5245).abs() < 1e-15);
        assert_eq!(RandomIndex::Saaty1980.of(11), None);
        assert_eq!(RandomIndex::Saaty2005.of(2), Some(0.0));
    }

    #[test]
    fn matrices_that_are_none_are_named_by_cell() {
        let error = |matrix: &[f64]| {
            Ahp::new(matrix, RandomIndex::default(), Inconsistency::Accept).unwrap_err().to_string()
        };
        assert!(error(&[1.0, 2.0, 0.4, 1.0]).contains("row 1, column 0"));
        assert!(error(&[1.0, -2.0, -0.5, 1.0]).contains("-2 in row 0, column 1"));
        assert!(error(&[1.0, f64::NAN, 0.5, 1.0]).contains("NaN in row 0, column 1"));
        assert!(error(&[2.0, 2.0, 0.5, 1.0]).contains("diagonal"));
        assert!(error(&[1.0, 2.0, 0.5]).contains("square"));
        assert!(error(&[]).contains("square"));
        assert!(error(&[1.0; 256]).contains("16 sides"));
        assert!(
            upper(&[1.0, 2.0], Inconsistency::Accept).unwrap_err().to_string().contains("above the diagonal")
        );
        assert_eq!(Ahp::new(&[1.0], RandomIndex::default(), Inconsistency::Refuse).unwrap().weights(), [1.0]);
    }
}
