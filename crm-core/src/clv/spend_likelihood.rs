//! The likelihood of the Gamma-Gamma model over many customers, summed in an order that the values alone decide.

use std::ops::Range;

use rayon::prelude::*;

use super::SpendData;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{digamma_rising, ln_beta};

/// Rows that one task sums.
const CHUNK: usize = 1024;

/// Customers with x purchases.
#[derive(Clone, Copy, Debug)]
struct Group {
    x: f64,
    weight: f64,
    /// The weighted sum of the logarithms of the means.
    ln_means: f64,
    first_chunk: usize,
    chunks: usize,
}

/// Number and mean of the purchases, of which equal ones are joined, in ascending order, with their weights.
struct Distinct {
    x: Vec<u32>,
    means: Vec<f64>,
    weights: Vec<f64>,
}

impl Distinct {
    /// The customers who have spent something, sorted by number, mean and weight `W`.
    fn of<W: Ord + Copy + Send>(
        data: &SpendData,
        of_row: impl Fn(usize) -> W,
        weight: impl Fn(W) -> f64,
    ) -> Self {
        let keys = || {
            data.rows().enumerate().filter_map(|(row, (x, mean))| {
                let bits = of_row(row);
                // The bits of positive numbers are in the order of their values.
                (x > 0.0 && mean > 0.0 && weight(bits) > 0.0).then(|| (x as u32, mean.to_bits(), bits))
            })
        };
        let mut sorted = Vec::with_capacity(keys().count());
        sorted.extend(keys());
        sorted.par_sort_unstable();
        let runs = || sorted.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1));
        let count = runs().count();
        let column = || Vec::with_capacity(count);
        let mut distinct = Self { x: Vec::with_capacity(count), means: column(), weights: column() };
        for run in runs() {
            distinct.x.push(run[0].0);
            distinct.means.push(f64::from_bits(run[0].1));
            distinct.weights.push(run[1..].iter().fold(weight(run[0].2), |sum, key| sum + weight(key.2)));
        }
        distinct
    }
}

/// Distinct (x, mean) in ascending order; means are relative to `scale`, the mean over all customers.
#[derive(Debug)]
pub(super) struct SpendRows {
    pub(super) scale: f64,
    pub(super) weight: f64,
    /// The correlation of number and mean of the purchases; 0 if one does not vary.
    pub(super) correlation: f64,
    /// The coefficient of variation of the means.
    pub(super) variation: f64,
    means: Vec<f64>,
    weights: Vec<f64>,
    groups: Vec<Group>,
    /// The group of each chunk and its rows.
    chunks: Vec<(u32, u32, u32)>,
}

impl SpendRows {
    /// The customers who have spent something.
    pub(super) fn new(data: &SpendData) -> Result<Self> {
        let columns = match data.weights() {
            None => Distinct::of(data, |_| (), |()| 1.0),
            Some(weights) => Distinct::of(data, |row| weights[row].to_bits(), f64::from_bits),
        };
        if columns.x.is_empty() {
            let message = "no spend: no customer has a repeat purchase with a mean amount above 0";
            return Err(Error::new(ErrorKind::Empty, message).on("mean_spend"));
        }
        Ok(Self::from_sorted(columns))
    }

    fn from_sorted(distinct: Distinct) -> Self {
        let Distinct { x, mut means, weights } = distinct;
        let rows = 0..x.len();
        let weight = sum(&rows, |row| weights[row]);
        let scale = sum(&rows, |row| weights[row] * means[row]) / weight;
        let purchases = sum(&rows, |row| weights[row] * f64::from(x[row])) / weight;
        let moment = |a: &(dyn Fn(usize) -> f64 + Sync), b: &(dyn Fn(usize) -> f64 + Sync)| {
            sum(&rows, |row| weights[row] * a(row) * b(row)) / weight
        };
        let of_x = |row: usize| f64::from(x[row]) / purchases - 1.0;
        let of_mean = |row: usize| means[row] / scale - 1.0;
        let (xx, mm) = (moment(&of_x, &of_x), moment(&of_mean, &of_mean));
        // Below this, what varies is rounding.
        let vary = xx > 1e-24 && mm > 1e-24;
        let correlation = if vary { moment(&of_x, &of_mean) / (xx * mm).sqrt() } else { 0.0 };
        for mean in &mut means {
            *mean /= scale;
        }
        let (mut groups, mut chunks) = (Vec::new(), Vec::new());
        let mut start = 0;
        for group in x.chunk_by(|a, b| a == b) {
            let (first_chunk, end) = (chunks.len(), start + group.len());
            let number = groups.len() as u32;
            chunks.extend(
                (start..end).step_by(CHUNK).map(|from| (number, from as u32, end.min(from + CHUNK) as u32)),
            );
            groups.push(Group {
                x: f64::from(group[0]),
                weight: sum(&(start..end), |row| weights[row]),
                ln_means: sum(&(start..end), |row| weights[row] * means[row].ln()),
                first_chunk,
                chunks: chunks.len() - first_chunk,
            });
            start = end;
        }
        Self { scale, weight, correlation, variation: mm.sqrt(), means, weights, groups, chunks }
    }

    /// Number of distinct rows.
    pub(super) fn len(&self) -> usize {
        self.means.len()
    }

    /// At most `most` rows, evenly spread over all.
    pub(super) fn sample(&self, most: usize) -> Self {
        let take = most.min(self.len());
        let mut group_of = Vec::with_capacity(self.len());
        for &(group, from, to) in &self.chunks {
            group_of.resize(group_of.len() + (to - from) as usize, group);
        }
        let rows = || (0..take).map(|k| k * self.len() / take);
        let mut sample = Self::from_sorted(Distinct {
            x: rows().map(|row| self.groups[group_of[row] as usize].x as u32).collect(),
            means: rows().map(|row| self.means[row] * self.scale).collect(),
            weights: rows().map(|row| self.weights[row]).collect(),
        });
        // One unit of measurement for both.
        let ratio = sample.scale / self.scale;
        sample.means.iter_mut().for_each(|mean| *mean *= ratio);
        sample.groups.iter_mut().for_each(|group| group.ln_means += group.weight * ratio.ln());
        sample.scale = self.scale;
        sample
    }

    /// The log-likelihood of the means relative to the scale, v being relative to it as well, and its derivatives by ln p, ln q, ln v.
    ///
    /// `f(m | x) = m^(px - 1) x^(px) v^q / (B(px, q) (v + x m)^(px + q))`, Fader and Hardie (2013), eq. 1a. `v + x m` is taken relative to
    /// `v + x`, so that next to nothing cancels where customers hardly differ.
    pub(super) fn log_likelihood(&self, [p, q, v]: [f64; 3], gradient: &mut [f64]) -> f64 {
        let chunk = |&(group, from, to): &(u32, u32, u32)| {
            let x = self.groups[group as usize].x;
            let (slope, base) = (x / (x + v), v / (x + v));
            let rows = from as usize..to as usize;
            let (mut logarithms, mut reciprocals) = (Lanes::default(), Lanes::default());
            for (place, (&mean, &weight)) in
                self.means[rows.clone()].iter().zip(&self.weights[rows]).enumerate()
            {
                let z = slope * mean + base;
                logarithms.add(place, weight * z.ln());
                reciprocals.add(place, weight / z);
            }
            [logarithms.sum(), reciprocals.sum()]
        };
        let sums: Vec<[f64; 2]> = self.chunks.par_iter().with_min_len(4).map(chunk).collect();
        let group = |group: &Group| {
            let Group { x, weight, ln_means, first_chunk, chunks } = *group;
            let [logarithms, reciprocals] = pairwise(&sums[first_chunk..first_chunk + chunks]);
            let px = p * x;
            let (ln_x, ln_v) = (-(v / x).ln_1p(), -(x / v).ln_1p());
            let shared = -ln_beta(px, q) + q * ln_v + px * ln_x;
            [
                weight * shared + (px - 1.0) * ln_means - (px + q) * logarithms,
                px * (weight * (digamma_rising(px, q) + ln_x) + ln_means - logarithms),
                q * (weight * (digamma_rising(q, px) + ln_v) - logarithms),
                weight * q - (px + q) * (v / (x + v)) * reciprocals,
            ]
        };
        let parts: Vec<[f64; 4]> = self.groups.par_iter().with_min_len(64).map(group).collect();
        let [value, of_p, of_q, of_v] = pairwise(&parts);
        gradient[..3].copy_from_slice(&[of_p, of_q, of_v]);
        value
    }

    /// What the log-likelihood loses when means are in units of money.
    pub(super) fn ln_units(&self) -> f64 {
        self.weight * self.scale.ln()
    }
}

/// Four sums side by side: the additions do not wait for each other.
#[derive(Default)]
struct Lanes([f64; 4]);

impl Lanes {
    #[inline]
    fn add(&mut self, place: usize, value: f64) {
        self.0[place % 4] += value;
    }

    fn sum(&self) -> f64 {
        (self.0[0] + self.0[1]) + (self.0[2] + self.0[3])
    }
}

/// The sum over rows in fixed chunks: the same for any number of threads.
fn sum(rows: &Range<usize>, value: impl Fn(usize) -> f64 + Sync) -> f64 {
    let chunk = |number: usize| {
        let from = rows.start + number * CHUNK;
        [(from..rows.end.min(from + CHUNK)).map(&value).sum()]
    };
    let chunks: Vec<[f64; 1]> = (0..rows.len().div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
    pairwise(&chunks)[0]
}

/// Sums halves: the rounding error grows with the logarithm of the number of parts.
fn pairwise<const N: usize>(parts: &[[f64; N]]) -> [f64; N] {
    match parts {
        [] => [0.0; N],
        [part] => *part,
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            let (left, right) = (pairwise(left), pairwise(right));
            std::array::from_fn(|k| left[k] + right[k])
        }
    }
}
