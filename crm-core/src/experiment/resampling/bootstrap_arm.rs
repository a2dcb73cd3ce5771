//! An arm of the bootstrap: its estimate, that of resamples, and those without one row.

use rand_distr::{Distribution, Poisson};
use rayon::prelude::*;

use super::bits::Bits;
use super::bootstrap::BootstrapColumn;
use super::bootstrap_options::{BootstrapInterval, BootstrapOptions, BootstrapStatistic, Resampling};
use super::deal::{Deck, TOGETHER};
use super::order::{draw_quantile, quantiles_without_a_row};
use crate::error::{Error, ErrorKind, Result};
use crate::experiment::sample::{check_column, sorted};
use crate::math::{quantile_type_7, stream};

/// An estimate and its variance, NaN where none is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) variance: f64,
}

/// Rows are held as what adds up, less the means.
enum Rows {
    /// d = y - mean.
    Mean(Deck<1>),
    /// d, d^2.
    MeanVariance(Deck<2>),
    /// Of both columns.
    Ratio(Deck<2>),
    /// d, e, d^2, d e, e^2.
    RatioVariance(Deck<5>),
    Quantile(Vec<f64>),
}

/// The rows of one arm.
pub(super) struct Arm {
    rows: Rows,
    count: u64,
    means: [f64; 2],
    probability: f64,
    /// Whether no row differs from another.
    pub(super) constant: bool,
}

impl Arm {
    pub(super) fn new(column: &BootstrapColumn<'_>, name: &str, options: &BootstrapOptions) -> Result<Self> {
        let ratio = options.statistic == BootstrapStatistic::RatioOfSums;
        let pairs = check_pairs(column, name, ratio)?;
        let mut values = sorted(column.values, name, options.threads)?;
        let count = values.len() as u64;
        let constant = values[0] == values[values.len() - 1];
        let mut arm = Self {
            rows: Rows::Quantile(Vec::new()),
            count,
            means: [0.0; 2],
            probability: options.probability,
            constant,
        };
        let with_variance = options.interval == BootstrapInterval::Studentised;
        if options.statistic == BootstrapStatistic::Quantile {
            arm.rows = Rows::Quantile(values);
        } else if let Some(mut pairs) = pairs {
            let key = |a: &[f64; 2], b: &[f64; 2]| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]));
            options.threads.run(|| pairs.par_sort_unstable_by(key))?;
            arm.constant = key(&pairs[0], &pairs[pairs.len() - 1]).is_eq();
            arm.means = [0, 1].map(|k| mean(pairs.iter().map(|pair| pair[k]), count));
            let centred = pairs.iter().map(|pair| [pair[0] - arm.means[0], pair[1] - arm.means[1]]);
            arm.rows = if with_variance {
                Rows::RatioVariance(Deck::new(centred.map(|[d, e]| [d, e, d * d, d * e, e * e]).collect()))
            } else {
                Rows::Ratio(Deck::new(centred.collect()))
            };
        } else {
            arm.means[0] = mean(values.iter().copied(), count);
            // Constants stay constant.
            if constant {
                arm.means[0] = values[0];
            }
            for value in &mut values {
                *value -= arm.means[0];
            }
            arm.rows = if with_variance {
                Rows::MeanVariance(Deck::new(values.into_iter().map(|d| [d, d * d]).collect()))
            } else {
                Rows::Mean(Deck::new(values.into_iter().map(|d| [d]).collect()))
            };
        }
        Ok(arm)
    }

    /// The estimate from the rows themselves.
    pub(super) fn estimate(&self) -> Estimate {
        fn sums<const K: usize>(deck: &Deck<K>) -> [f64; K] {
            let rows = deck.distinct();
            std::array::from_fn(|k| rows.iter().map(|(row, times)| row[k] * *times as f64).sum())
        }
        match &self.rows {
            Rows::Mean(deck) => self.mean(self.count, sums(deck)[0], f64::NAN),
            Rows::MeanVariance(deck) => self.mean(self.count, sums(deck)[0], sums(deck)[1]),
            Rows::Ratio(deck) => self.ratio(self.count, sums(deck), None),
            Rows::RatioVariance(deck) => {
                let [d, e, dd, de, ee] = sums(deck);
                self.ratio(self.count, [d, e], Some([dd, de, ee]))
            }
            Rows::Quantile(sorted) => Estimate {
                value: quantile_type_7(sorted, self.probability).unwrap_or(f64::NAN),
                variance: f64::NAN,
            },
        }
    }

    /// The estimate and its variance when `count` rows have these sums.
    fn mean(&self, count: u64, sum: f64, squares: f64) -> Estimate {
        let n = count as f64;
        let variance = (squares - sum * sum / n).max(0.0) / (n - 1.0) / n;
        Estimate {
            value: self.means[0] + sum / n,
            variance: if squares.is_nan() { f64::NAN } else { variance },
        }
    }

    /// As `mean`, of the ratio of the sums; the variance by the delta method.
    fn ratio(&self, count: u64, sums: [f64; 2], squares: Option<[f64; 3]>) -> Estimate {
        let n = count as f64;
        let [above, below] = [0, 1].map(|k| self.means[k] + sums[k] / n);
        let value = above / below;
        let variance = squares.map_or(f64::NAN, |[dd, de, ee]| {
            let [dd, de, ee] =
                [dd - sums[0] * sums[0] / n, de - sums[0] * sums[1] / n, ee - sums[1] * sums[1] / n];
            (dd - 2.0 * value * de + value * value * ee).max(0.0) / (n - 1.0) / n / (below * below)
        });
        Estimate { value, variance }
    }

    /// The estimates of some resamples, by their numbers: at most `TOGETHER` of them. `arm` tells the arms' random numbers apart.
    pub(super) fn resample(
        &self,
        options: &BootstrapOptions,
        arm: u64,
        first: u64,
        resamples: usize,
    ) -> Vec<Estimate> {
        debug_assert!(resamples <= TOGETHER);
        let index = |place: usize| (first + place as u64) * 2 + arm;
        let mut bits: Vec<Bits> = (0..resamples).map(|place| Bits::new(options.seed, index(place))).collect();
        let draws: Vec<u64> = (0..resamples).map(|place| self.draws(options, index(place))).collect();
        match &self.rows {
            Rows::Mean(deck) => {
                let sums = deck.draw_sums(&mut bits, &draws);
                sums.iter().zip(&draws).map(|(sums, &n)| self.mean(n, sums[0], f64::NAN)).collect()
            }
            Rows::MeanVariance(deck) => {
                let sums = deck.draw_sums(&mut bits, &draws);
                sums.iter().zip(&draws).map(|(sums, &n)| self.mean(n, sums[0], sums[1])).collect()
            }
            Rows::Ratio(deck) => {
                let sums = deck.draw_sums(&mut bits, &draws);
                sums.iter().zip(&draws).map(|(sums, &n)| self.ratio(n, *sums, None)).collect()
            }
            Rows::RatioVariance(deck) => {
                let sums = deck.draw_sums(&mut bits, &draws);
                let split = |[d, e, dd, de, ee]: [f64; 5]| ([d, e], Some([dd, de, ee]));
                sums.iter()
                    .zip(&draws)
                    .map(|(&sums, &n)| {
                        let (sums, squares) = split(sums);
                        self.ratio(n, sums, squares)
                    })
                    .collect()
            }
            Rows::Quantile(sorted) => {
                let value = |bits, draws| draw_quantile(sorted, bits, draws, self.probability);
                let estimates = bits.iter_mut().zip(&draws).map(|(bits, &draws)| value(bits, draws));
                estimates.map(|value| Estimate { value, variance: f64::NAN }).collect()
            }
        }
    }

    /// How many rows a resample draws.
    fn draws(&self, options: &BootstrapOptions, index: u64) -> u64 {
        if options.resampling == Resampling::Multinomial {
            return self.count;
        }
        // Numbers of their own, so that the draws are those of the multinomial bootstrap up to their number.
        let mut random = stream(!options.seed, index);
        // A count of rows is a positive finite mean.
        Poisson::new(self.count as f64).map_or(self.count, |poisson| poisson.sample(&mut random) as u64)
    }

    /// The estimates without one row, with the number of rows that give each.
    pub(super) fn without_a_row(&self) -> Vec<(f64, u64)> {
        let rest = self.count.saturating_sub(1);
        match &self.rows {
            Rows::Quantile(sorted) => quantiles_without_a_row(sorted, self.probability),
            Rows::Mean(deck) => {
                self.without_each(&deck.distinct(), |[d]| self.mean(rest, -d, f64::NAN).value)
            }
            Rows::MeanVariance(deck) => {
                self.without_each(&deck.distinct(), |[d, _]| self.mean(rest, -d, f64::NAN).value)
            }
            Rows::Ratio(deck) => {
                self.without_each(&deck.distinct(), |[d, e]| self.ratio(rest, [-d, -e], None).value)
            }
            Rows::RatioVariance(deck) => {
                self.without_each(&deck.distinct(), |[d, e, ..]| self.ratio(rest, [-d, -e], None).value)
            }
        }
    }

    fn without_each<const K: usize>(
        &self,
        rows: &[([f64; K], u64)],
        of: impl Fn([f64; K]) -> f64,
    ) -> Vec<(f64, u64)> {
        if self.count < 2 {
            return Vec::new();
        }
        rows.iter().map(|&(row, times)| (of(row), times)).collect()
    }
}

/// The pairs of a ratio; `None` for statistics of one column.
fn check_pairs(column: &BootstrapColumn<'_>, name: &str, ratio: bool) -> Result<Option<Vec<[f64; 2]>>> {
    let Some(denominators) = column.denominators.filter(|_| ratio) else {
        if ratio {
            return Err(Error::new(ErrorKind::InvalidArgument, "a ratio of sums needs denominators").on(name));
        }
        return if column.denominators.is_none() {
            Ok(None)
        } else {
            let message = "denominators belong to the statistic ratio_of_sums alone";
            Err(Error::new(ErrorKind::InvalidArgument, message).on(name))
        };
    };
    check_column(column.values, name)?;
    if denominators.len() != column.values.len() {
        let message = format!("{} values and {} denominators", column.values.len(), denominators.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
    }
    check_column(denominators, &format!("{name} denominators"))?;
    Ok(Some(
        column.values.iter().zip(denominators).map(|(value, below)| [value + 0.0, below + 0.0]).collect(),
    ))
}

/// The mean of sorted values, with a second pass for what rounding left.
fn mean(values: impl Iterator<Item = f64> + Clone, count: u64) -> f64 {
    let first = values.clone().sum::<f64>() / count as f64;
    first + values.map(|value| value - first).sum::<f64>() / count as f64
}
