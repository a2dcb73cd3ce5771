//! Rows that differ: what a likelihood is computed from.
//!
//! Many customers share the same numbers, above all those who bought once. Equal rows are counted and computed once. They stand in the order
//! of their values, so that neither the order of the customers nor the number of threads changes a bit of a sum.

use std::ops::Range;

use rayon::prelude::*;

use super::numbers::Numbers;
use super::process::Row;
use super::{Process, PurchaseData};

/// Rows of one partial sum; sums of rounded numbers depend on where they are cut.
const CHUNK: usize = 1024;

/// Customers with the same covariates.
pub(super) struct Group {
    pub(super) covariates: Vec<f64>,
    rows: Range<usize>,
    /// The most repeat purchases that are worth tabulating for.
    most: usize,
}

/// Distinct rows with their weights, by covariates.
pub(super) struct Distinct {
    rows: Vec<Row>,
    pub(super) weights: Vec<f64>,
    pub(super) groups: Vec<Group>,
    /// Of each chunk, its group and its rows.
    chunks: Vec<(usize, Range<usize>)>,
}

/// How rows are sorted: in the order of x, T and `t_x`.
trait Key: Ord + Copy + Send {
    fn of(columns: [&Numbers; 3], row: usize) -> Self;

    fn row(self, columns: [&Numbers; 3]) -> Row;
}

/// The codes of the three side by side, which are in the order of their values.
impl Key for u64 {
    fn of(columns: [&Numbers; 3], row: usize) -> Self {
        let [x, age, last] = columns.map(|column| Self::from(column.code(row)));
        x << 32 | age << 16 | last
    }

    fn row(self, [x, age, last]: [&Numbers; 3]) -> Row {
        Row {
            x: x.of_code((self >> 32) as u16),
            last: last.of_code(self as u16),
            age: age.of_code((self >> 16) as u16),
        }
    }
}

/// The values; positive doubles sort like their bits.
impl Key for (u32, u64, u64) {
    fn of([x, age, last]: [&Numbers; 3], row: usize) -> Self {
        (x.get(row) as u32, age.get(row).to_bits(), last.get(row).to_bits())
    }

    fn row(self, _: [&Numbers; 3]) -> Row {
        Row { x: f64::from(self.0), last: f64::from_bits(self.2), age: f64::from_bits(self.1) }
    }
}

impl Distinct {
    pub(super) fn new(data: &PurchaseData, covariates: &[&[f64]]) -> Self {
        let is_coded = data.columns().into_iter().all(Numbers::is_coded);
        match (is_coded, data.weights()) {
            (true, None) => Self::by_key::<u64, ()>(data, covariates, |_| (), |()| 1.0),
            (false, None) => Self::by_key::<(u32, u64, u64), ()>(data, covariates, |_| (), |()| 1.0),
            (true, Some(weights)) => {
                Self::by_key::<u64, u64>(data, covariates, |row| weights[row].to_bits(), f64::from_bits)
            }
            (false, Some(weights)) => {
                let bits = |row: usize| weights[row].to_bits();
                Self::by_key::<(u32, u64, u64), u64>(data, covariates, bits, f64::from_bits)
            }
        }
    }

    /// Rows sorted by keys and, among equal ones, by weights `W`.
    fn by_key<K: Key, W: Ord + Copy + Send>(
        data: &PurchaseData,
        covariates: &[&[f64]],
        of_row: impl Fn(usize) -> W + Sync,
        weight: impl Fn(W) -> f64,
    ) -> Self {
        let columns = data.columns();
        let key = |row: usize| (K::of(columns, row), of_row(row));
        let mut distinct =
            Self { rows: Vec::new(), weights: Vec::new(), groups: Vec::new(), chunks: Vec::new() };
        if covariates.is_empty() {
            let keys = (0..data.len()).into_par_iter().map(key).collect();
            distinct.push_group(columns, Vec::new(), keys, &weight);
        } else {
            let values = |row: u32| covariates.iter().map(move |column| column[row as usize]);
            let mut order: Vec<u32> = (0..data.len() as u32).collect();
            let compare = |&left: &u32, &right: &u32| {
                values(left).zip(values(right)).fold(std::cmp::Ordering::Equal, |order, (left, right)| {
                    order.then(left.total_cmp(&right))
                })
            };
            order.par_sort_unstable_by(compare);
            for group in order.chunk_by(|left, right| compare(left, right).is_eq()) {
                let keys = group.iter().map(|&row| key(row as usize)).collect();
                distinct.push_group(columns, values(group[0]).collect(), keys, &weight);
            }
        }
        distinct
    }

    fn push_group<K: Key, W: Ord + Copy + Send>(
        &mut self,
        columns: [&Numbers; 3],
        covariates: Vec<f64>,
        mut keys: Vec<(K, W)>,
        weight: impl Fn(W) -> f64,
    ) {
        keys.par_sort_unstable();
        let start = self.rows.len();
        let runs = || keys.chunk_by(|left, right| left.0 == right.0);
        let count = runs().count();
        self.rows.reserve(count);
        self.weights.reserve(count);
        for run in runs() {
            self.rows.push(run[0].0.row(columns));
            self.weights.push(run.iter().map(|key| weight(key.1)).sum());
        }
        let rows = start..self.rows.len();
        let most = self.rows.last().map_or(0, |row| row.x as usize);
        let group = self.groups.len();
        for chunk in rows.clone().step_by(CHUNK) {
            self.chunks.push((group, chunk..rows.end.min(chunk + CHUNK)));
        }
        // A table pays when many rows read it.
        let most = most.min(4 * rows.len() + 8);
        self.groups.push(Group { covariates, rows, most });
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (Row, f64)> + '_ {
        self.rows.iter().copied().zip(self.weights.iter().copied())
    }

    /// The log-likelihood and, for each group, its derivatives by the log-parameters, for parameters that each group has of its own.
    pub(super) fn log_likelihood<P: Process>(
        &self,
        weights: &[f64],
        parameters: impl Fn(&Group) -> [f64; 4] + Sync,
    ) -> (f64, Vec<[f64; 4]>) {
        let processes: Vec<P> =
            self.groups.par_iter().map(|group| P::new(parameters(group), group.most)).collect();
        let sum = |(group, rows): &(usize, Range<usize>)| {
            let process = &processes[*group];
            let (mut value, mut gradient) = (0.0, [0.0; 4]);
            for (&row, &weight) in self.rows[rows.clone()].iter().zip(&weights[rows.clone()]) {
                if weight > 0.0 {
                    value += weight * process.log_likelihood(row, weight, &mut gradient);
                }
            }
            [value, gradient[0], gradient[1], gradient[2], gradient[3]]
        };
        let sums: Vec<[f64; 5]> = self.chunks.par_iter().map(sum).collect();
        let mut totals = Vec::with_capacity(self.groups.len());
        let mut from = 0;
        for group in &self.groups {
            let count = group.rows.len().div_ceil(CHUNK);
            totals.push(pairwise(&sums[from..from + count]));
            from += count;
        }
        let value = pairwise(&totals)[0];
        (value, totals.into_iter().map(|[_, r, alpha, a, b]| [r, alpha, a, b]).collect())
    }
}

/// Sums of columns by halves, which keeps rounding small.
fn pairwise(rows: &[[f64; 5]]) -> [f64; 5] {
    match rows {
        [] => [0.0; 5],
        [one] => *one,
        _ => {
            let (left, right) = rows.split_at(rows.len() / 2);
            let (left, right) = (pairwise(left), pairwise(right));
            std::array::from_fn(|column| left[column] + right[column])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::TimeUnit;

    #[test]
    fn every_key_finds_the_same_rows() {
        let column = |value: fn(u32) -> u32| -> Vec<f64> {
            (0..3000).map(|row| f64::from(value(row)) / 7.0).collect()
        };
        let (last, age) = (column(|row| row % 5 * (row % 11)), column(|row| 60 + row % 300));
        let x: Vec<f64> = last.iter().map(|last| (last * 7.0 / 3.0).ceil()).collect();
        let data = PurchaseData::new(&x, &last, &age, TimeUnit::Week).unwrap();
        assert!(data.columns().into_iter().all(Numbers::is_coded));
        let weighted = data.clone().with_weights(&vec![1.0; x.len()]).unwrap();
        let covariate: Vec<f64> = (0..3000).map(|row| f64::from(row % 2)).collect();
        for covariates in [&[][..], &[&covariate[..]]] {
            let coded = Distinct::new(&data, covariates);
            assert!(coded.len() > 1000 && coded.len() < 3000);
            for other in [
                Distinct::new(&weighted, covariates),
                Distinct::by_key::<(u32, u64, u64), ()>(&data, covariates, |_| (), |()| 1.0),
                Distinct::by_key::<(u32, u64, u64), u64>(
                    &data,
                    covariates,
                    |_| 1.0f64.to_bits(),
                    f64::from_bits,
                ),
            ] {
                assert_eq!((&other.rows, &other.weights), (&coded.rows, &coded.weights));
                assert_eq!(other.chunks, coded.chunks);
            }
        }
    }
}
