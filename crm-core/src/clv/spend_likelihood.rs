//! The likelihood of the Gamma-Gamma model over many customers, summed in an order that the values alone decide.

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

#[derive(Clone, Copy)]
struct Spender {
    x: u32,
    mean: f64,
    weight: f64,
}

impl SpendRows {
    /// The customers who have spent something.
    pub(super) fn new(data: &SpendData) -> Result<Self> {
        let weights = data.weights();
        let spender = |row: usize| {
            let (x, mean) = (data.repeat_purchases()[row], data.mean_spend()[row]);
            let weight = weights.map_or(1.0, |weights| weights[row]);
            (x > 0.0 && mean > 0.0 && weight > 0.0).then_some(Spender { x: x as u32, mean, weight })
        };
        let mut spenders: Vec<Spender> = (0..data.len()).into_par_iter().filter_map(spender).collect();
        if spenders.is_empty() {
            let message = "no spend: no customer has a repeat purchase with a mean amount above 0";
            return Err(Error::new(ErrorKind::Empty, message).on("mean_spend"));
        }
        // The bits of positive numbers are in the order of their values.
        spenders.par_sort_unstable_by_key(|spender| {
            (spender.x, spender.mean.to_bits(), spender.weight.to_bits())
        });
        spenders.dedup_by(|next, kept| {
            let same = next.x == kept.x && next.mean == kept.mean;
            if same {
                kept.weight += next.weight;
            }
            same
        });
        Ok(Self::from_sorted(&spenders))
    }

    fn from_sorted(spenders: &[Spender]) -> Self {
        let weight = sum(spenders, |spender| spender.weight);
        let scale = sum(spenders, |spender| spender.weight * spender.mean) / weight;
        let purchases = sum(spenders, |spender| spender.weight * f64::from(spender.x)) / weight;
        let moment = |a: &(dyn Fn(&Spender) -> f64 + Sync), b: &(dyn Fn(&Spender) -> f64 + Sync)| {
            sum(spenders, |spender| spender.weight * a(spender) * b(spender)) / weight
        };
        let of_x = |spender: &Spender| f64::from(spender.x) / purchases - 1.0;
        let of_mean = |spender: &Spender| spender.mean / scale - 1.0;
        let (xx, mm) = (moment(&of_x, &of_x), moment(&of_mean, &of_mean));
        // Below this, what varies is rounding.
        let vary = xx > 1e-24 && mm > 1e-24;
        let correlation = if vary { moment(&of_x, &of_mean) / (xx * mm).sqrt() } else { 0.0 };
        let mut rows = Self {
            scale,
            weight,
            correlation,
            variation: mm.sqrt(),
            means: spenders.iter().map(|spender| spender.mean / scale).collect(),
            weights: spenders.iter().map(|spender| spender.weight).collect(),
            groups: Vec::new(),
            chunks: Vec::new(),
        };
        let mut start = 0;
        for group in spenders.chunk_by(|a, b| a.x == b.x) {
            let (first_chunk, end) = (rows.chunks.len(), start + group.len());
            let number = rows.groups.len() as u32;
            rows.chunks.extend(
                (start..end).step_by(CHUNK).map(|from| (number, from as u32, end.min(from + CHUNK) as u32)),
            );
            rows.groups.push(Group {
                x: f64::from(group[0].x),
                weight: sum(group, |spender| spender.weight),
                ln_means: sum(group, |spender| spender.weight * (spender.mean / scale).ln()),
                first_chunk,
                chunks: rows.chunks.len() - first_chunk,
            });
            start = end;
        }
        rows
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
        let pick = |k: usize| {
            let row = k * self.len() / take;
            let x = self.groups[group_of[row] as usize].x as u32;
            Spender { x, mean: self.means[row] * self.scale, weight: self.weights[row] }
        };
        let mut sample = Self::from_sorted(&(0..take).map(pick).collect::<Vec<_>>());
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
fn sum<T: Sync>(rows: &[T], value: impl Fn(&T) -> f64 + Sync) -> f64 {
    let chunks: Vec<[f64; 1]> =
        rows.par_chunks(CHUNK).map(|chunk| [chunk.iter().map(&value).sum()]).collect();
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
