//! One pass over the columns of a score: numbers, missing values, scores and parts.

use std::collections::HashMap;

use rayon::prelude::*;

use super::normalization::Normalizer;
use super::score_grid::{FULL, points, score_steps, split, whole};
use super::score_options::Combination;

/// Rows that a task reads at once: their numbers stay in the cache while all dimensions are added up.
const BLOCK: usize = 1 << 14;
/// Numbers from 0 to 1 are summed in whole parts of this: 4,096 of them are a double without rounding.
const NUMBER_UNITS: f64 = (1u64 << 40) as f64;
const EXACT_SUM: usize = 4096;

/// How numbers become a score.
#[derive(Clone, Debug)]
pub(super) struct ScoreRule {
    pub(super) weights: Vec<f64>,
    pub(super) combination: Combination,
    pub(super) minimum_coverage: f64,
}

/// What is the same for all customers of whom the same dimensions are known.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The steps that each dimension can bring, which sum to a full score; 0 where it is not known.
    pub(super) shares: Vec<f64>,
    /// The share of the weight that is known.
    pub(super) coverage: f64,
    /// Whether that is enough for a score.
    pub(super) scored: bool,
}

impl ScoreRule {
    /// The pattern of known dimensions, a bit each.
    pub(super) fn pattern(&self, known: u64) -> Pattern {
        let present: Vec<f64> = self
            .weights
            .iter()
            .enumerate()
            .map(|(place, weight)| if known >> place & 1 == 1 { *weight } else { 0.0 })
            .collect();
        let all = present == self.weights;
        let (sum, total) = (present.iter().sum::<f64>(), self.weights.iter().sum::<f64>());
        let coverage = if all { 1.0 } else { (sum / total).min(1.0) };
        let scored = sum > 0.0 && coverage >= self.minimum_coverage;
        Pattern { shares: split(FULL, &present), coverage, scored }
    }

    /// The pattern in which everything is known.
    pub(super) fn complete(&self) -> Pattern {
        self.pattern(u64::MAX)
    }

    /// The score of a customer in steps.
    pub(super) fn steps(&self, pattern: &Pattern, numbers: impl Iterator<Item = f64>) -> f64 {
        let known = pattern.shares.iter().zip(numbers).filter(|(share, _)| **share > 0.0);
        match self.combination {
            Combination::Arithmetic => score_steps(known.map(|(share, number)| whole(share * number)).sum()),
            Combination::Geometric => {
                let ln: f64 = known.map(|(share, number)| share / FULL * number.ln()).sum();
                score_steps(FULL * ln.exp()).min(FULL)
            }
        }
    }
}

/// Exact sums over all customers.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    /// Sums of numbers in units of 2^-40, a dimension each, and of how many.
    pub(super) numbers: Vec<(i128, u64)>,
    /// The sum of the scores in steps, and of how many.
    pub(super) scores: (i128, u64),
}

impl Totals {
    fn none(size: usize) -> Self {
        Self { numbers: vec![(0, 0); size], scores: (0, 0) }
    }

    fn add(mut self, other: &Self) -> Self {
        let sum =
            |mine: &mut (i128, u64), theirs: (i128, u64)| *mine = (mine.0 + theirs.0, mine.1 + theirs.1);
        self.numbers.iter_mut().zip(&other.numbers).for_each(|(mine, theirs)| sum(mine, *theirs));
        sum(&mut self.scores, other.scores);
        self
    }

    /// The mean number of a dimension; one half if nobody's is known.
    pub(super) fn mean_number(&self, place: usize) -> f64 {
        let (sum, count) = self.numbers[place];
        if count == 0 { 0.5 } else { (sum as f64 / NUMBER_UNITS / count as f64).min(1.0) }
    }
}

/// Columns, what makes numbers of them, and what makes a score of those.
#[derive(Debug)]
pub(super) struct ScorePass<'a> {
    pub(super) columns: Vec<&'a [f64]>,
    pub(super) normalizers: Vec<Normalizer>,
    pub(super) rule: ScoreRule,
}

/// The numbers of a block of rows, a column a dimension.
pub(super) struct Block {
    pub(super) numbers: Vec<Vec<f64>>,
    any_missing: Vec<bool>,
}

impl Block {
    /// Which dimensions of a row are known, a bit each.
    pub(super) fn known(&self, row: usize) -> u64 {
        self.numbers
            .iter()
            .enumerate()
            .map(|(place, numbers)| u64::from(!numbers[row].is_nan()) << place)
            .sum()
    }

    pub(super) fn complete(&self) -> bool {
        !self.any_missing.contains(&true)
    }

    /// Hands every row with its pattern to a function.
    pub(super) fn rows(&self, rule: &ScoreRule, mut each: impl FnMut(usize, u64, &Pattern)) {
        let mut patterns: HashMap<u64, Pattern> = HashMap::new();
        for row in 0..self.numbers[0].len() {
            let known = self.known(row);
            each(row, known, patterns.entry(known).or_insert_with(|| rule.pattern(known)));
        }
    }

    /// The numbers of a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        self.numbers.iter().map(move |numbers| numbers[row])
    }
}

impl ScorePass<'_> {
    fn rows(&self) -> usize {
        self.columns[0].len()
    }

    pub(super) fn block(&self, index: usize) -> Block {
        let first_row = index * BLOCK;
        let end = (first_row + BLOCK).min(self.rows());
        let mut any_missing = Vec::with_capacity(self.columns.len());
        let numbers = self.columns.iter().zip(&self.normalizers).map(|(column, normalizer)| {
            let mut numbers = vec![0.0; end - first_row];
            any_missing.push(normalizer.write(&column[first_row..end], &mut numbers));
            numbers
        });
        Block { numbers: numbers.collect(), any_missing }
    }

    /// The numbers of all rows, a column a dimension.
    pub(super) fn numbers(&self) -> Vec<Vec<f64>> {
        self.columns
            .par_iter()
            .zip(&self.normalizers)
            .map(|(column, normalizer)| {
                let mut numbers = vec![0.0; column.len()];
                let blocks = column.par_chunks(BLOCK).zip(numbers.par_chunks_mut(BLOCK));
                blocks.for_each(|(values, numbers)| {
                    normalizer.write(values, numbers);
                });
                numbers
            })
            .collect()
    }

    /// Scores in points and the share of weight that is known, of each row; and sums, if wanted.
    pub(super) fn scores(&self, want_totals: bool) -> (Vec<f64>, Vec<f64>, Totals) {
        let (mut scores, mut coverage) = (vec![0.0; self.rows()], vec![1.0; self.rows()]);
        let complete = self.rule.complete();
        let size = self.columns.len();
        let totals = scores
            .par_chunks_mut(BLOCK)
            .zip(coverage.par_chunks_mut(BLOCK))
            .enumerate()
            .map(|(index, (scores, coverage))| {
                let block = self.block(index);
                self.write(&block, &complete, scores, coverage);
                let totals = if want_totals { block_totals(&block, scores) } else { Totals::none(size) };
                for score in scores.iter_mut() {
                    *score = points(*score);
                }
                totals
            })
            .reduce(|| Totals::none(size), |one, other| one.add(&other));
        (scores, coverage, totals)
    }

    /// Scores of a block in steps.
    fn write(&self, block: &Block, complete: &Pattern, scores: &mut [f64], coverage: &mut [f64]) {
        if !block.complete() || !complete.scored {
            block.rows(&self.rule, |row, _, pattern| {
                coverage[row] = pattern.coverage;
                scores[row] =
                    if pattern.scored { self.rule.steps(pattern, block.row(row)) } else { f64::NAN };
            });
            return;
        }
        let known = complete.shares.iter().zip(&block.numbers).filter(|(share, _)| **share > 0.0);
        match self.rule.combination {
            Combination::Arithmetic => {
                known.for_each(|(share, numbers)| {
                    scores
                        .iter_mut()
                        .zip(numbers)
                        .for_each(|(score, number)| *score += whole(share * number));
                });
                for score in scores.iter_mut() {
                    *score = score_steps(*score);
                }
            }
            Combination::Geometric => {
                known.for_each(|(share, numbers)| {
                    let weight = share / FULL;
                    scores.iter_mut().zip(numbers).for_each(|(score, number)| *score += weight * number.ln());
                });
                for score in scores.iter_mut() {
                    *score = score_steps(FULL * score.exp()).min(FULL);
                }
            }
        }
    }

    /// Runs over blocks of rows with a place in each of `outputs` for what becomes of them.
    pub(super) fn for_blocks(
        &self,
        outputs: &mut [Vec<f64>],
        write: impl Fn(&Block, &mut [&mut [f64]]) + Sync,
    ) {
        over_blocks(self.rows(), outputs, |index, _, places| write(&self.block(index), places));
    }
}

/// Runs over blocks of rows: the block's number, its first row, and its place in each of `outputs`.
pub(super) fn over_blocks(
    rows: usize,
    outputs: &mut [Vec<f64>],
    write: impl Fn(usize, usize, &mut [&mut [f64]]) + Sync,
) {
    let mut places: Vec<Vec<&mut [f64]>> = (0..rows.div_ceil(BLOCK)).map(|_| Vec::new()).collect();
    for output in outputs {
        output.chunks_mut(BLOCK).zip(&mut places).for_each(|(chunk, place)| place.push(chunk));
    }
    places.par_iter_mut().enumerate().for_each(|(index, place)| write(index, index * BLOCK, place));
}

fn block_totals(block: &Block, scores: &[f64]) -> Totals {
    let sum = |values: &[f64], units: f64| {
        let mut total = (0i128, 0u64);
        for chunk in values.chunks(EXACT_SUM) {
            let mut sum = 0.0;
            let mut count = 0u64;
            for value in chunk {
                let known = !value.is_nan();
                sum += whole(if known { value * units } else { 0.0 });
                count += u64::from(known);
            }
            total = (total.0 + sum as i128, total.1 + count);
        }
        total
    };
    // Scores are whole multiples of 2^20 steps below 2^51: 64 of them at a time are a double without rounding.
    let mut steps = (0i128, 0u64);
    for chunk in scores.chunks(64) {
        let known = chunk.iter().filter(|score| !score.is_nan());
        steps = (steps.0 + known.clone().sum::<f64>() as i128, steps.1 + known.count() as u64);
    }
    Totals {
        numbers: block.numbers.iter().map(|numbers| sum(numbers, NUMBER_UNITS)).collect(),
        scores: steps,
    }
}
