//! Rows drawn with replacement, and the sums of what was drawn.
//!
//! A resample of n rows is a multinomial vector of n draws. It is drawn from the top: the draws are split over blocks of 1,024 rows by binomial
//! numbers (exact, see `bits`), then each block's draws pick rows of it, which lie in the first cache. Ten bits pick one of 1,024, so a word
//! gives six draws. Eight resamples share each pass over the rows. Where many rows are equal, distinct rows take the place of blocks, and a
//! Huffman tree of their frequencies splits the draws with the fewest bits. Neither way approximates: the counts have the multinomial
//! distribution.
//!
//! Measured on one core for 1e6 distinct values: see `benchmarks/experiment_resampling.py`.
#![allow(clippy::inline_always)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bits::Bits;

/// Rows in a block: 10 bits pick one.
const BLOCK: usize = 1 << PLACE_BITS;
const PLACE_BITS: usize = 10;
const PLACES_A_WORD: usize = 64 / PLACE_BITS;
/// How many resamples share a pass over the rows.
pub(super) const TOGETHER: usize = 8;
/// With at least so many rows to a distinct one, a tree of the distinct ones needs fewer bits and no memory.
const ROWS_TO_A_DISTINCT: usize = 64;

/// Rows of K columns to draw from.
pub(super) struct Deck<const K: usize> {
    /// All rows, or the distinct ones.
    rows: Vec<[f64; K]>,
    tree: Option<Vec<Node>>,
}

/// A node of the Huffman tree; parents stand before their children.
#[derive(Clone, Copy)]
struct Node {
    weight: u64,
    /// The distinct row of a leaf, or the place of the left child, whose sister is next to it.
    at: usize,
    leaf: bool,
}

impl<const K: usize> Deck<K> {
    /// A deck of rows, in an order in which equal ones are next to each other.
    pub(super) fn new(rows: Vec<[f64; K]>) -> Self {
        let count = rows.len();
        let same = |a: &[f64; K], b: &[f64; K]| (0..K).all(|k| a[k].to_bits() == b[k].to_bits());
        let distinct = rows.chunk_by(same).count();
        if distinct * ROWS_TO_A_DISTINCT > count {
            return Self { rows, tree: None };
        }
        let runs = rows.chunk_by(same).map(|run| (run[0], run.len() as u64));
        let (rows, weights): (Vec<_>, Vec<_>) = runs.unzip();
        Self { rows, tree: Some(huffman(&weights)) }
    }

    /// Each row with the number of times that it stands in the deck.
    pub(super) fn distinct(&self) -> Vec<([f64; K], u64)> {
        let mut weights = vec![1; self.rows.len()];
        for node in self.tree.iter().flatten().filter(|node| node.leaf) {
            weights[node.at] = node.weight;
        }
        self.rows.iter().copied().zip(weights).collect()
    }

    /// The column sums of as many rows drawn with replacement as each of `draws` says, one resample for each of `bits`.
    pub(super) fn draw_sums(&self, bits: &mut [Bits], draws: &[u64]) -> Vec<[f64; K]> {
        pulp::Arch::new().dispatch(|| match &self.tree {
            Some(tree) => bits
                .iter_mut()
                .zip(draws)
                .map(|(bits, &draws)| by_tree(&self.rows, tree, bits, draws))
                .collect(),
            None => by_blocks(&self.rows, bits, draws),
        })
    }
}

/// A Huffman tree (1952): the two lightest nodes become one until one is left.
fn huffman(weights: &[u64]) -> Vec<Node> {
    let mut nodes: Vec<Node> =
        (0..).zip(weights).map(|(at, &weight)| Node { weight, at, leaf: true }).collect();
    let mut sisters: Vec<(usize, usize)> = Vec::with_capacity(weights.len());
    let mut open: BinaryHeap<Reverse<(u64, usize)>> =
        (0..).zip(weights).map(|(at, &w)| Reverse((w, at))).collect();
    while let (Some(Reverse((first, left))), Some(Reverse((second, right)))) = (open.pop(), open.pop()) {
        open.push(Reverse((first + second, nodes.len())));
        nodes.push(Node { weight: first + second, at: sisters.len(), leaf: false });
        sisters.push((left, right));
        if open.len() == 1 {
            break;
        }
    }
    // From the root down, sisters next to each other.
    let mut ordered = vec![nodes[nodes.len() - 1]];
    let mut place = 0;
    while place < ordered.len() {
        if !ordered[place].leaf {
            let (left, right) = sisters[ordered[place].at];
            ordered[place].at = ordered.len();
            ordered.extend([nodes[left], nodes[right]]);
        }
        place += 1;
    }
    ordered
}

#[inline(always)]
fn by_tree<const K: usize>(rows: &[[f64; K]], tree: &[Node], bits: &mut Bits, draws: u64) -> [f64; K] {
    let mut drawn = vec![0_u64; tree.len()];
    drawn[0] = draws;
    let mut sums = [0.0; K];
    for (place, node) in tree.iter().enumerate() {
        let here = drawn[place];
        if here == 0 {
            continue;
        }
        if node.leaf {
            for k in 0..K {
                sums[k] += here as f64 * rows[node.at][k];
            }
        } else {
            let left = bits.split(here, tree[node.at].weight, node.weight);
            drawn[node.at] = left;
            drawn[node.at + 1] = here - left;
        }
    }
    sums
}

#[inline(always)]
fn by_blocks<const K: usize>(rows: &[[f64; K]], bits: &mut [Bits], draws: &[u64]) -> Vec<[f64; K]> {
    let blocks = rows.len().div_ceil(BLOCK);
    let mut counts = vec![0_u64; blocks * bits.len()];
    for ((bits, counts), &draws) in bits.iter_mut().zip(counts.chunks_mut(blocks)).zip(draws) {
        deal(bits, draws, rows.len(), counts);
    }
    let mut sums = vec![[0.0; K]; bits.len()];
    for (place, block) in rows.chunks(BLOCK).enumerate() {
        for (resample, (bits, sums)) in bits.iter_mut().zip(&mut sums).enumerate() {
            let drawn = counts[resample * blocks + place] as usize;
            let part = match block.first_chunk::<BLOCK>() {
                Some(block) => draw_full(block, bits, drawn),
                None => draw_part(block, bits, drawn),
            };
            for k in 0..K {
                sums[k] += part[k];
            }
        }
    }
    sums
}

/// How many of `draws` fall into each block of rows.
#[inline(always)]
fn deal(bits: &mut Bits, draws: u64, rows: usize, counts: &mut [u64]) {
    // Ranges of rows still to be split, the leftmost on top: at most one more for each halving.
    let mut open = [(0, 0, 0); 64];
    open[0] = (0, rows, draws);
    let mut depth = 1;
    while depth > 0 {
        depth -= 1;
        let (first, rows, draws) = open[depth];
        if rows <= BLOCK {
            counts[first / BLOCK] = draws;
            continue;
        }
        let left = halved(rows);
        let inside = bits.split(draws, left as u64, rows as u64);
        open[depth] = (first + left, rows - left, draws - inside);
        open[depth + 1] = (first, left, inside);
        depth += 2;
    }
}

/// The largest power of two below `rows`, which is at least 2.
#[inline(always)]
pub(super) fn halved(rows: usize) -> usize {
    1 << (rows - 1).ilog2()
}

#[inline(always)]
fn draw_full<const K: usize>(block: &[[f64; K]; BLOCK], bits: &mut Bits, draws: usize) -> [f64; K] {
    // A sum for each place in a word, so that additions do not wait for each other.
    let mut lanes = [[0.0; K]; PLACES_A_WORD];
    let mut words = draws / PLACES_A_WORD;
    while words > 0 {
        let taken = bits.take(words);
        words -= taken.len();
        for &word in taken {
            add_places(block, word, PLACES_A_WORD, &mut lanes);
        }
    }
    let rest = draws % PLACES_A_WORD;
    if rest > 0 {
        add_places(block, bits.word(), rest, &mut lanes);
    }
    let mut sums = [0.0; K];
    for lane in lanes {
        for k in 0..K {
            sums[k] += lane[k];
        }
    }
    sums
}

#[inline(always)]
fn add_places<const K: usize>(
    block: &[[f64; K]; BLOCK],
    word: u64,
    places: usize,
    lanes: &mut [[f64; K]; PLACES_A_WORD],
) {
    for (place, lane) in lanes.iter_mut().enumerate().take(places) {
        let row = &block[(word >> (PLACE_BITS * place)) as usize % BLOCK];
        for k in 0..K {
            lane[k] += row[k];
        }
    }
}

/// Draws of a block that is no power of two, two from each word: of 32 bits each (Lemire 2019), refused and drawn again where that would favour
/// a row.
#[inline(always)]
fn draw_part<const K: usize>(block: &[[f64; K]], bits: &mut Bits, draws: usize) -> [f64; K] {
    let count = block.len() as u32;
    let refused = count.wrapping_neg() % count;
    let mut lanes = [[0.0; K]; 2];
    let mut left = draws;
    while left > 0 {
        for &word in bits.take(left.div_ceil(2)) {
            for (half, lane) in lanes.iter_mut().enumerate() {
                let product = u64::from((word >> (32 * half)) as u32) * u64::from(count);
                if product as u32 >= refused && left > 0 {
                    let row = &block[(product >> 32) as usize];
                    for k in 0..K {
                        lane[k] += row[k];
                    }
                    left -= 1;
                }
            }
        }
    }
    std::array::from_fn(|k| lanes[0][k] + lanes[1][k])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of draws of each row, told by columns that are 1 in one row alone.
    fn counts<const K: usize>(rows: usize, of: impl Fn(usize) -> usize, index: u64) -> [f64; K] {
        let mut rows: Vec<[f64; K]> =
            (0..rows).map(|row| std::array::from_fn(|k| f64::from(u8::from(of(row) == k)))).collect();
        rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let draws = rows.len() as u64;
        Deck::new(rows).draw_sums(&mut [Bits::new(1, index)], &[draws])[0]
    }

    /// Counts of K kinds of rows are multinomial: means, variances and covariances within 4.5 standard errors.
    fn check<const K: usize>(rows: usize, of: impl Fn(usize) -> usize + Copy, replicates: u64) {
        let kinds: [f64; K] =
            std::array::from_fn(|k| (0..rows).filter(|&row| of(row) == k).count() as f64 / rows as f64);
        let n = rows as f64;
        let drawn: Vec<[f64; K]> = (0..replicates).map(|index| counts(rows, of, index)).collect();
        for a in 0..K {
            for b in 0..=a {
                let products = drawn.iter().map(|d| (d[a] - n * kinds[a]) * (d[b] - n * kinds[b]));
                let found = products.clone().sum::<f64>() / replicates as f64;
                let expected =
                    if a == b { n * kinds[a] * (1.0 - kinds[a]) } else { -n * kinds[a] * kinds[b] };
                let spread = products.map(|p| (p - found).powi(2)).sum::<f64>() / (replicates as f64 - 1.0);
                let error = (spread / replicates as f64).sqrt();
                assert!((found - expected).abs() < 4.5 * error, "{rows} {a} {b}: {found} {expected} {error}");
            }
            let mean = drawn.iter().map(|d| d[a]).sum::<f64>() / replicates as f64;
            let error = (n * kinds[a] * (1.0 - kinds[a]) / replicates as f64).sqrt();
            assert!((mean - n * kinds[a]).abs() <= 4.5 * error, "{rows} {a}: {mean} {error}");
        }
        assert!(drawn.iter().all(|d| d.iter().sum::<f64>() == n));
    }

    #[test]
    fn the_counts_of_rows_are_multinomial() {
        // Every row of its own kind, so not a tree: one part of a block.
        check::<5>(5, |row| row, 20_000);
        // A tree of three kinds.
        check::<3>(1_000, |row| usize::from(row > 100) + usize::from(row > 900), 5_000);
    }

    #[test]
    fn the_counts_of_blocks_and_of_places_are_multinomial() {
        // Distinct rows of several blocks: the sums of indicators of ranges that cross blocks, and of every seventh row.
        let rows: Vec<[f64; 4]> = (0..3_333)
            .map(|row| {
                let kinds = [row < 1_024, (1_000..2_100).contains(&row), row >= 3_072, row % 7 == 3];
                std::array::from_fn(|k| f64::from(u8::from(kinds[k])) + 1e-300 * f64::from(row))
            })
            .collect();
        let deck = Deck::new(rows.clone());
        assert!(deck.tree.is_none());
        let replicates = 4_000;
        let drawn: Vec<[f64; 4]> =
            (0..replicates).map(|index| deck.draw_sums(&mut [Bits::new(2, index)], &[3_333])[0]).collect();
        for k in 0..4 {
            let share = rows.iter().map(|row| row[k]).sum::<f64>() / 3_333.0;
            let (mean, variance) = (3_333.0 * share, 3_333.0 * share * (1.0 - share));
            let found = drawn.iter().map(|d| d[k]).sum::<f64>() / replicates as f64;
            let spread = drawn.iter().map(|d| (d[k] - mean).powi(2)).sum::<f64>() / replicates as f64;
            assert!(
                (found - mean).abs() < 4.5 * (variance / replicates as f64).sqrt(),
                "{k}: {found} {mean}"
            );
            let error = variance * (2.0 / replicates as f64).sqrt();
            assert!((spread - variance).abs() < 4.5 * error, "{k}: {spread} {variance}");
        }
    }

    #[test]
    fn resamples_together_are_those_alone() {
        let rows: Vec<[f64; 2]> = (0..5_000).map(|row| [f64::from(row), 1.0]).collect();
        let deck = Deck::new(rows);
        let bits = || (0..5).map(|index| Bits::new(9, index)).collect::<Vec<_>>();
        let together = deck.draw_sums(&mut bits(), &[5_000; 5]);
        for (mut bits, sums) in bits().into_iter().zip(together) {
            assert_eq!(deck.draw_sums(std::slice::from_mut(&mut bits), &[5_000])[0], sums);
            assert_eq!(sums[1], 5_000.0);
        }
    }
}
