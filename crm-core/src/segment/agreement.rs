//! How far two labelings of the same customers agree.
//!
//! # References
//! - Hubert and Arabie (1985), "Comparing partitions": the adjusted Rand index.
//! - Cohen (1960), "A coefficient of agreement for nominal scales": kappa.
//! - Strehl and Ghosh (2002), "Cluster ensembles"; Vinh, Epps and Bailey (2010): normalised mutual information.

use super::column::{check_length, check_rows};
use crate::error::{Error, ErrorKind, Result};

/// The most groups of a labeling.
const MOST_GROUPS: usize = 1 << 16;
/// The most cells of a table that holds all of them.
const MOST_CELLS: usize = 1 << 24;
/// Up to so many cells are counted one by one; above, pairs of labels are sorted.
const COUNT_UP_TO: usize = 1 << 22;

/// Customers counted by two labelings: rows by the one, columns by the other.
///
/// `count(i, j)` is the number of customers with label `i` in the first labeling and `j` in the second.
///
/// ```
/// use crm_core::segment::CrossTable;
/// let table = CrossTable::new(&[0, 0, 1, 2], &[0, 0, 1, 1])?;
/// assert_eq!((table.row_groups(), table.column_groups()), (3, 2));
/// assert_eq!(table.counts(), [2, 0, 0, 1, 0, 1]);
/// assert_eq!(table.column_totals(), [2, 2]);
/// assert_eq!(table.row_share(2, 1), Some(1.0));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossTable {
    counts: Vec<u64>,
    row_totals: Vec<u64>,
    column_totals: Vec<u64>,
    total: u64,
}

impl CrossTable {
    /// Counts customers by two labels each, numbered from 0; there are as many groups as the largest label says.
    ///
    /// # Errors
    /// `LengthMismatch`; `Empty` without rows; `OutOfRange` with the row for labels above 65,535, and for tables above 16,777,216 cells.
    pub fn new(rows: &[u32], columns: &[u32]) -> Result<Self> {
        let (row_groups, column_groups) = check_labelings("rows", rows, "columns", columns)?;
        Self::counted(rows, columns, row_groups, column_groups)
    }

    /// Counts customers by labels of a given number of groups, so that groups without customers are there too.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); `InvalidArgument` for 0 or more than 65,536 groups; `OutOfRange` with the row for a label that is not below
    /// the number of its groups.
    pub fn with_groups(
        rows: &[u32],
        columns: &[u32],
        row_groups: usize,
        column_groups: usize,
    ) -> Result<Self> {
        for (name, groups) in [("row_groups", row_groups), ("column_groups", column_groups)] {
            if !(1..=MOST_GROUPS).contains(&groups) {
                return Err(Error::argument(name, groups, "from 1 to 65536"));
            }
        }
        check_length("columns", columns.len(), "rows", rows.len())?;
        check_rows("rows", rows.len())?;
        check_labels("rows", rows, row_groups)?;
        check_labels("columns", columns, column_groups)?;
        Self::counted(rows, columns, row_groups, column_groups)
    }

    fn counted(rows: &[u32], columns: &[u32], row_groups: usize, column_groups: usize) -> Result<Self> {
        if row_groups * column_groups > MOST_CELLS {
            let message = format!("{row_groups} x {column_groups} groups are above {MOST_CELLS} cells");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("rows"));
        }
        let mut table = Self {
            counts: vec![0; row_groups * column_groups],
            row_totals: vec![0; row_groups],
            column_totals: vec![0; column_groups],
            total: rows.len() as u64,
        };
        for (&row, &column) in rows.iter().zip(columns) {
            table.counts[row as usize * column_groups + column as usize] += 1;
        }
        for (row, counts) in table.counts.chunks(column_groups).enumerate() {
            for (column, &count) in counts.iter().enumerate() {
                table.row_totals[row] += count;
                table.column_totals[column] += count;
            }
        }
        Ok(table)
    }

    /// Number of groups of the first labeling.
    pub fn row_groups(&self) -> usize {
        self.row_totals.len()
    }

    /// Number of groups of the second labeling.
    pub fn column_groups(&self) -> usize {
        self.column_totals.len()
    }

    /// Customers of a row and a column; 0 outside the table.
    pub fn count(&self, row: usize, column: usize) -> u64 {
        if row >= self.row_groups() || column >= self.column_groups() {
            return 0;
        }
        self.counts[row * self.column_groups() + column]
    }

    /// All counts, row by row.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Customers of each group of the first labeling.
    pub fn row_totals(&self) -> &[u64] {
        &self.row_totals
    }

    /// Customers of each group of the second labeling.
    pub fn column_totals(&self) -> &[u64] {
        &self.column_totals
    }

    /// All customers.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The share of a cell in all customers, in \[0, 1\].
    pub fn share(&self, row: usize, column: usize) -> f64 {
        self.count(row, column) as f64 / self.total as f64
    }

    /// The share of a cell in its row; `None` for a row without customers.
    pub fn row_share(&self, row: usize, column: usize) -> Option<f64> {
        let total = *self.row_totals.get(row)?;
        (total > 0).then(|| self.count(row, column) as f64 / total as f64)
    }

    /// The share of a cell in its column; `None` for a column without customers.
    pub fn column_share(&self, row: usize, column: usize) -> Option<f64> {
        let total = *self.column_totals.get(column)?;
        (total > 0).then(|| self.count(row, column) as f64 / total as f64)
    }

    /// The share of customers who have the same label in both labelings, in \[0, 1\].
    pub fn agreement(&self) -> f64 {
        self.same() as f64 / self.total as f64
    }

    /// The agreement that the sizes of the groups alone make likely: `Σ rows(i) columns(i) / n²`.
    pub fn chance_agreement(&self) -> f64 {
        let total = u128::from(self.total);
        self.same_by_chance() as f64 / (total * total) as f64
    }

    /// Cohen's kappa, `(agreement - chance) / (1 - chance)`: 1 for equal labels, 0 for what chance gives, from exact integers.
    ///
    /// `None` if both labelings put everybody into the same group: chance alone agrees then.
    ///
    /// ```
    /// use crm_core::segment::CrossTable;
    /// let table = CrossTable::new(&[0, 0, 1, 1], &[0, 0, 1, 0])?;
    /// assert_eq!(table.cohens_kappa(), Some(0.5));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// Source: Cohen (1960).
    pub fn cohens_kappa(&self) -> Option<f64> {
        // Fewer than 2^32 customers: all products stay below 2^64.
        let total = i128::from(self.total);
        let chance = self.same_by_chance() as i128;
        let beyond = total * i128::from(self.same()) - chance;
        let possible = total * total - chance;
        (possible > 0).then(|| beyond as f64 / possible as f64)
    }

    fn same(&self) -> u64 {
        (0..self.row_groups()).map(|group| self.count(group, group)).sum()
    }

    fn same_by_chance(&self) -> u128 {
        let both = self.row_totals.iter().zip(&self.column_totals);
        both.map(|(&row, &column)| u128::from(row) * u128::from(column)).sum()
    }
}

/// The adjusted Rand index of two labelings: 1 for the same groups whatever their numbers, 0 on average for groups by chance.
///
/// `ARI = (Σ C(n_ij,2) - E) / ((A + B) / 2 - E)`, `A = Σ C(n_i.,2)`, `B = Σ C(n_.j,2)`, `E = A B / C(n,2)`: pairs of customers that are together in
/// both, beyond what the sizes of the groups make likely. Pairs are counted in exact integers. It can be negative, not below -1/2. Where nothing
/// can differ from chance, with everybody in one group in both labelings or everybody alone in both, it is 1.
///
/// `first` and `second` hold the labels of the same customers in the same order, numbered from 0.
///
/// # Errors
/// `LengthMismatch`; `Empty` without rows; `OutOfRange` with the row for labels above 65,535.
///
/// ```
/// use crm_core::segment::adjusted_rand_index;
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[1, 1, 0, 0])?, 1.0);
/// assert_eq!(adjusted_rand_index(&[0, 0, 1, 2], &[0, 0, 1, 1])?, 4.0 / 7.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Hubert and Arabie (1985), eq. 5.
pub fn adjusted_rand_index(first: &[u32], second: &[u32]) -> Result<f64> {
    Ok(Joint::new(first, second)?.adjusted_rand_index())
}

/// The normalised mutual information of two labelings, in \[0, 1\]: the share of what the one says that the other says too.
///
/// `NMI = I / ((H(first) + H(second)) / 2)` with `I = Σ p_ij ln(p_ij / (p_i. p_.j))` and `H = -Σ p ln p`. It is 1 for the same groups whatever their
/// numbers, everybody in one group in both included. Unlike the adjusted Rand index it is not corrected for chance: many small groups raise it.
///
/// `first` and `second` hold the labels of the same customers in the same order, numbered from 0.
///
/// # Errors
/// Those of [`adjusted_rand_index`].
///
/// ```
/// use crm_core::segment::normalized_mutual_information;
/// assert_eq!(normalized_mutual_information(&[0, 0, 1, 1], &[1, 1, 0, 0])?, 1.0);
/// assert_eq!(normalized_mutual_information(&[0, 0, 1, 1], &[0, 1, 0, 1])?, 0.0);
/// assert!((normalized_mutual_information(&[0, 0, 1, 2], &[0, 0, 1, 1])? - 0.8).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Vinh, Epps and Bailey (2010), with the arithmetic mean.
pub fn normalized_mutual_information(first: &[u32], second: &[u32]) -> Result<f64> {
    Ok(Joint::new(first, second)?.normalized_mutual_information())
}

/// The number of groups of both labelings.
fn check_labelings(
    first_name: &str,
    first: &[u32],
    second_name: &str,
    second: &[u32],
) -> Result<(usize, usize)> {
    check_length(second_name, second.len(), first_name, first.len())?;
    check_rows(first_name, first.len())?;
    check_labels(first_name, first, MOST_GROUPS)?;
    check_labels(second_name, second, MOST_GROUPS)?;
    let groups = |labels: &[u32]| labels.iter().max().map_or(0, |&label| label as usize + 1);
    Ok((groups(first), groups(second)))
}

/// Refuses labels that are not below the number of groups.
pub(super) fn check_labels(name: &str, labels: &[u32], groups: usize) -> Result<()> {
    match labels.iter().position(|&label| label as usize >= groups) {
        None => Ok(()),
        Some(row) => {
            let message = format!("label {} is above {}", labels[row], groups - 1);
            Err(Error::new(ErrorKind::OutOfRange, message).on(name).at_row(row as u64))
        }
    }
}

/// The cells with customers of a table of any size.
struct Joint {
    /// Row total, column total and count of each.
    cells: Vec<(u64, u64, u64)>,
    row_totals: Vec<u64>,
    column_totals: Vec<u64>,
    total: u64,
}

impl Joint {
    fn new(first: &[u32], second: &[u32]) -> Result<Self> {
        let (rows, columns) = check_labelings("first", first, "second", second)?;
        let filled = if rows * columns <= COUNT_UP_TO {
            let mut counts = vec![0u64; rows * columns];
            for (&row, &column) in first.iter().zip(second) {
                counts[row as usize * columns + column as usize] += 1;
            }
            let cells = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
            cells.map(|(place, count)| (place / columns, place % columns, count)).collect::<Vec<_>>()
        } else {
            let mut pairs: Vec<u32> =
                first.iter().zip(second).map(|(&row, &column)| row << 16 | column).collect();
            pairs.sort_unstable();
            let cells = pairs.chunk_by(|one, other| one == other);
            cells.map(|c| ((c[0] >> 16) as usize, (c[0] & 0xffff) as usize, c.len() as u64)).collect()
        };
        let (mut row_totals, mut column_totals) = (vec![0; rows], vec![0; columns]);
        for &(row, column, count) in &filled {
            row_totals[row] += count;
            column_totals[column] += count;
        }
        let cells =
            filled.iter().map(|&(row, column, count)| (row_totals[row], column_totals[column], count));
        Ok(Self { cells: cells.collect(), row_totals, column_totals, total: first.len() as u64 })
    }

    fn adjusted_rand_index(&self) -> f64 {
        let pairs = |count: u64| u128::from(count) * u128::from(count.saturating_sub(1)) / 2;
        let together: u128 = self.cells.iter().map(|&(_, _, count)| pairs(count)).sum();
        let first: u128 = self.row_totals.iter().map(|&count| pairs(count)).sum();
        let second: u128 = self.column_totals.iter().map(|&count| pairs(count)).sum();
        let all = pairs(self.total);
        // Fewer than 2^32 customers have fewer than 2^63 pairs: products stay below 2^126, and their sums below 2^127.
        let beyond = (together * all) as i128 - (first * second) as i128;
        let possible = (first + second) * all - 2 * first * second;
        if possible == 0 { 1.0 } else { 2.0 * beyond as f64 / possible as f64 }
    }

    fn normalized_mutual_information(&self) -> f64 {
        let filled = |totals: &[u64]| totals.iter().filter(|&&count| count > 0).count();
        if filled(&self.row_totals) == self.cells.len() && filled(&self.column_totals) == self.cells.len() {
            return 1.0;
        }
        let total = self.total as f64;
        // ln(n_ij n / (n_i. n_.j)), exact where it is near 0.
        let information = self.cells.iter().map(|&(row, column, count)| {
            let by_chance = i128::from(row) * i128::from(column);
            let beyond = i128::from(count) * i128::from(self.total) - by_chance;
            count as f64 / total * (beyond as f64 / by_chance as f64).ln_1p()
        });
        let entropy = |totals: &[u64]| {
            let terms = totals
                .iter()
                .filter(|&&count| count > 0)
                .map(|&count| count as f64 / total * ((self.total - count) as f64 / count as f64).ln_1p());
            ordered_sum(terms.collect())
        };
        let information = ordered_sum(information.collect());
        let mean = f64::midpoint(entropy(&self.row_totals), entropy(&self.column_totals));
        (information / mean).clamp(0.0, 1.0)
    }
}

/// A sum that depends neither on the numbers of the groups nor on which labeling comes first.
fn ordered_sum(mut terms: Vec<f64>) -> f64 {
    terms.sort_unstable_by(f64::total_cmp);
    terms.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_four_billion_customers_do_not_overflow() {
        // As if half of them had changed sides: counted by hand, the index is 0 but for the pairs of a customer with himself.
        let n = u64::from(u32::MAX) - 1;
        let (half, quarter) = (n / 2, n / 4);
        let cells = vec![
            (half, half, quarter),
            (half, half, half - quarter),
            (half, half, half - quarter),
            (half, half, quarter),
        ];
        let joint = Joint { cells, row_totals: vec![half; 2], column_totals: vec![half; 2], total: n };
        assert!(joint.adjusted_rand_index().abs() < 1e-9);
        assert!(joint.normalized_mutual_information() < 1e-9);
        let same = Joint {
            cells: vec![(half, half, half); 2],
            row_totals: vec![half; 2],
            column_totals: vec![half; 2],
            total: n,
        };
        assert_eq!((same.adjusted_rand_index(), same.normalized_mutual_information()), (1.0, 1.0));
    }

    #[test]
    fn sorted_and_counted_pairs_are_the_same() {
        // 3,000 x 3,000 groups are sorted; the same groups with small numbers are counted.
        let wide: Vec<u32> = (0..6000).map(|i| i * 7 % 3000).collect();
        let other: Vec<u32> = (0..6000).map(|i| i % 20 * 150 + 149).collect();
        let few: Vec<u32> = other.iter().map(|label| label / 150).collect();
        assert_eq!(adjusted_rand_index(&wide, &other).unwrap(), adjusted_rand_index(&wide, &few).unwrap());
        let nmi = normalized_mutual_information(&wide, &other).unwrap();
        assert_eq!(nmi, normalized_mutual_information(&wide, &few).unwrap());
        assert!(CrossTable::new(&wide, &other).is_ok());
    }

    #[test]
    fn everybody_alone_or_together() {
        let alone: Vec<u32> = (0..5000).collect();
        let together = vec![0; 5000];
        assert_eq!(adjusted_rand_index(&alone, &alone).unwrap(), 1.0);
        assert_eq!(adjusted_rand_index(&together, &together).unwrap(), 1.0);
        assert_eq!(adjusted_rand_index(&alone, &together).unwrap(), 0.0);
        assert_eq!(normalized_mutual_information(&alone, &alone).unwrap(), 1.0);
        assert_eq!(normalized_mutual_information(&together, &together).unwrap(), 1.0);
        assert_eq!(normalized_mutual_information(&alone, &together).unwrap(), 0.0);
        assert_eq!(CrossTable::new(&together, &together).unwrap().cohens_kappa(), None);
        assert_eq!(adjusted_rand_index(&[3], &[9]).unwrap(), 1.0);
    }
}
