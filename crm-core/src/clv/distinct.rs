//! Rows that differ: what a likelihood is computed from.
//!
//! Many customers share the same numbers, above all those who bought once. Equal rows are counted and computed once. They stand in the order
//! of their values, so that neither the order of the customers nor the number of threads changes a bit of a sum.

use std::ops::Range;

use rayon::prelude::*;

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

/// x, T, `t_x` and the weight, of which equal ones are joined; positive doubles sort like their bits.
type Key = (u32, u64, u64, u64);

impl Distinct {
    pub(super) fn new(data: &PurchaseData, covariates: &[&[f64]]) -> Self {
        let weights = data.weights();
        let key = |row: usize| -> Key {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            (
                data.repeat_purchases()[row] as u32,
                data.age()[row].to_bits(),
                data.last_purchase_age()[row].to_bits(),
                weight.to_bits(),
            )
        };
        let mut distinct =
            Self { rows: Vec::new(), weights: Vec::new(), groups: Vec::new(), chunks: Vec::new() };
        if covariates.is_empty() {
            let keys = (0..data.len()).into_par_iter().map(key).collect();
            distinct.push_group(Vec::new(), keys);
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
                distinct.push_group(values(group[0]).collect(), keys);
            }
        }
        distinct
    }

    fn push_group(&mut self, covariates: Vec<f64>, mut keys: Vec<Key>) {
        keys.par_sort_unstable();
        let start = self.rows.len();
        for run in keys.chunk_by(|left, right| (left.0, left.1, left.2) == (right.0, right.1, right.2)) {
            let (x, age, last, _) = run[0];
            let row = Row { x: f64::from(x), last: f64::from_bits(last), age: f64::from_bits(age) };
            self.rows.push(row);
            self.weights.push(run.iter().map(|key| f64::from_bits(key.3)).sum());
        }
        let rows = start..self.rows.len();
        let most = keys.last().map_or(0, |key| key.0 as usize);
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
