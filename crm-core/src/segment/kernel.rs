//! The nearest centre of many rows at once.
//!
//! Rows stand in tiles, a column a feature, so that a vector holds one feature of several rows. Two kernels work on them:
//!
//! - [`Exact`] computes squared distances as [`squared_distance`](super::distance::squared_distance) does, operation by operation, so that its bits are the same on
//!   every processor. It decides.
//! - [`Filter`] computes `||c||²/2 - x·c` from the column means, a third of the operations, with fused ones where the processor has them. It knows how far it may be off,
//!   and a row for which that could matter goes to the other. So results never depend on it.
//!
//! The instructions are chosen when the program runs (crate `pulp`): a build for the oldest processors uses the vectors of the newest.

use pulp::{Simd, WithSimd};

use super::Matrix;

/// Rows of a tile: eight of the widest vectors, so that a tile of some features stays in the nearest cache.
pub(super) const TILE: usize = 64;
/// Centres that are computed side by side: with two vectors of rows, eight sums hide the latency of an addition.
pub(super) const GROUP: usize = 4;

/// Rows on their way through the kernels.
pub(super) struct Tile {
    /// Feature by feature, `TILE` rows each.
    pub(super) values: Vec<f64>,
    pub(super) rows: usize,
}

impl Tile {
    pub(super) fn new(features: usize) -> Self {
        Self { values: vec![0.0; features * TILE], rows: 0 }
    }

    /// Takes the rows of these numbers, at most `TILE`.
    pub(super) fn read(&mut self, matrix: &Matrix<'_>, numbers: &[u32]) {
        matrix.read_tile(numbers, &mut self.values, TILE);
        self.rows = numbers.len();
    }
}

/// The nearest centre of each row of a tile, and the next one, as squared distances and numbers.
pub(super) struct Nearest {
    pub(super) distance: [f64; TILE],
    pub(super) cluster: [u32; TILE],
    pub(super) next_distance: [f64; TILE],
    pub(super) next_cluster: [u32; TILE],
}

impl Nearest {
    pub(super) fn new() -> Self {
        Self {
            distance: [0.0; TILE],
            cluster: [0; TILE],
            next_distance: [0.0; TILE],
            next_cluster: [0; TILE],
        }
    }
}

/// Distances as they are defined.
pub(super) struct Exact<'a> {
    pub(super) centres: &'a [f64],
    pub(super) tile: &'a Tile,
    pub(super) nearest: &'a mut Nearest,
}

impl WithSimd for Exact<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let features = self.tile.values.len() / TILE;
        let nearest = self.nearest;
        nearest.distance.fill(f64::INFINITY);
        nearest.next_distance.fill(f64::INFINITY);
        nearest.cluster.fill(0);
        nearest.next_cluster.fill(0);
        for (cluster, centre) in self.centres.chunks_exact(features).enumerate() {
            let mut sums = [0.0; TILE];
            for (column, &coordinate) in self.tile.values.chunks_exact(TILE).zip(centre) {
                for (sum, value) in sums.iter_mut().zip(column) {
                    *sum += (value - coordinate) * (value - coordinate);
                }
            }
            let cluster = cluster as u32;
            for (lane, &sum) in sums.iter().enumerate() {
                let (best, next) = (nearest.distance[lane], nearest.next_distance[lane]);
                let (is_best, is_next) = (sum < best, sum < next);
                let after = if is_next { cluster } else { nearest.next_cluster[lane] };
                nearest.next_cluster[lane] = if is_best { nearest.cluster[lane] } else { after };
                nearest.next_distance[lane] = if is_best {
                    best
                } else if is_next {
                    sum
                } else {
                    next
                };
                nearest.distance[lane] = if is_best { sum } else { best };
                nearest.cluster[lane] = if is_best { cluster } else { nearest.cluster[lane] };
            }
        }
    }
}

/// Centres prepared for the filter.
pub(super) struct Packed {
    /// `GROUP` centres side by side, feature by feature, relative to the origin, times the scale.
    coordinates: Vec<f64>,
    /// Half their squared norms; infinite for those that fill up the last group.
    half_norms: Vec<f64>,
    largest_norm: f64,
    /// What the filter's scores may be off by, per sum of the squared norms of row and centre.
    doubt: f64,
    /// What they and the exact distances may be off by where squares underflow.
    least_doubt: f64,
}

impl Packed {
    pub(super) fn new(features: usize) -> Self {
        // Each of about 2 d + 6 operations rounds by at most 2^-53 of (|x| + |c|)², which is at most twice |x|² + |c|²; both scores that are compared
        // may be off, and so may the exact distances. Four times that leaves room for what this leaves out.
        let doubt = 4.0 * (8.0 * features as f64 + 32.0) * (f64::EPSILON / 2.0);
        Self { coordinates: Vec::new(), half_norms: Vec::new(), largest_norm: 0.0, doubt, least_doubt: 0.0 }
    }

    /// Takes new centres.
    pub(super) fn pack(&mut self, centres: &[f64], frame: &Frame) {
        let features = frame.origin.len();
        let clusters = centres.len() / features;
        let groups = clusters.div_ceil(GROUP);
        self.coordinates.clear();
        self.coordinates.resize(groups * GROUP * features, 0.0);
        self.half_norms.clear();
        self.half_norms.resize(groups * GROUP, f64::INFINITY);
        self.largest_norm = 0.0;
        // The exact distances are of values without the scale.
        self.least_doubt = f64::MIN_POSITIVE * (1.0 + frame.scale * frame.scale);
        for (cluster, centre) in centres.chunks_exact(features).enumerate() {
            let (group, lane) = (cluster / GROUP, cluster % GROUP);
            let mut norm = 0.0;
            for (feature, (value, origin)) in centre.iter().zip(&frame.origin).enumerate() {
                let coordinate = (value - origin) * frame.scale;
                self.coordinates[(group * features + feature) * GROUP + lane] = coordinate;
                norm += coordinate * coordinate;
            }
            self.half_norms[cluster] = norm / 2.0;
            self.largest_norm = self.largest_norm.max(norm);
        }
    }
}

/// Where the filter's coordinates start, and a power of two that brings them near 1.
pub(super) struct Frame {
    pub(super) origin: Vec<f64>,
    pub(super) scale: f64,
}

/// What the filter finds.
pub(super) struct Filtered {
    /// The nearest centre where `sure`.
    pub(super) cluster: [u32; TILE],
    pub(super) sure: [bool; TILE],
    /// At least the distance to it, times the scale.
    pub(super) upper: [f32; TILE],
    /// At most the distance to any other, times the scale.
    pub(super) lower: [f32; TILE],
}

impl Filtered {
    pub(super) fn new() -> Self {
        Self { cluster: [0; TILE], sure: [false; TILE], upper: [0.0; TILE], lower: [0.0; TILE] }
    }
}

/// Scores that tell most rows' nearest centre for sure.
pub(super) struct Filter<'a> {
    pub(super) packed: &'a Packed,
    pub(super) frame: &'a Frame,
    pub(super) tile: &'a Tile,
    /// Room for the tile's coordinates.
    pub(super) moved: &'a mut Vec<f64>,
    pub(super) found: &'a mut Filtered,
}

/// Takes a non-negative double to a float that is not below it.
#[inline(always)]
pub(super) fn not_below(value: f64) -> f32 {
    (value * (1.0 + 1e-6)) as f32 + f32::MIN_POSITIVE
}

/// Takes a non-negative double to a float that is not above it.
#[inline(always)]
pub(super) fn not_above(value: f64) -> f32 {
    (value * (1.0 - 1e-6)) as f32
}

impl WithSimd for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packed, frame, tile, moved, found } = self;
        let features = frame.origin.len();
        moved.resize(features * TILE, 0.0);
        let mut norms = [0.0; TILE];
        for ((moved, values), origin) in
            moved.chunks_exact_mut(TILE).zip(tile.values.chunks_exact(TILE)).zip(&frame.origin)
        {
            for ((moved, value), norm) in moved.iter_mut().zip(values).zip(&mut norms) {
                *moved = (value - origin) * frame.scale;
                *norm += *moved * *moved;
            }
        }
        let mut best = [f64::INFINITY; TILE];
        let mut next = [f64::INFINITY; TILE];
        let mut number = [0.0; TILE];
        {
            let (best, _) = S::as_mut_simd_f64s(&mut best);
            let (next, _) = S::as_mut_simd_f64s(&mut next);
            let (number, _) = S::as_mut_simd_f64s(&mut number);
            let vectors = tile.rows.div_ceil(S::F64_LANES).next_multiple_of(2).min(best.len());
            for pair in (0..vectors).step_by(2) {
                let mut state = [(best[pair], next[pair], number[pair]); 2];
                let groups = packed.coordinates.chunks_exact(GROUP * features);
                for (group, (coordinates, half_norms)) in
                    groups.zip(packed.half_norms.chunks_exact(GROUP)).enumerate()
                {
                    let mut scores = [[simd.splat_f64s(0.0); 2]; GROUP];
                    for (score, half_norm) in scores.iter_mut().zip(half_norms) {
                        *score = [simd.splat_f64s(*half_norm); 2];
                    }
                    for (coordinate, column) in coordinates.chunks_exact(GROUP).zip(moved.chunks_exact(TILE))
                    {
                        let (column, _) = S::as_simd_f64s(column);
                        let (left, right) = (column[pair], column[pair + 1]);
                        for (score, coordinate) in scores.iter_mut().zip(coordinate) {
                            let coordinate = simd.splat_f64s(*coordinate);
                            score[0] = simd.negate_mul_add_e_f64s(coordinate, left, score[0]);
                            score[1] = simd.negate_mul_add_e_f64s(coordinate, right, score[1]);
                        }
                    }
                    for (lane, score) in scores.iter().enumerate() {
                        let cluster = simd.splat_f64s((group * GROUP + lane) as f64);
                        for ((best, next, number), score) in state.iter_mut().zip(score) {
                            let nearer = simd.less_than_f64s(*score, *best);
                            *number = simd.select_f64s(nearer, cluster, *number);
                            *next = simd.min_f64s(*next, simd.max_f64s(*best, *score));
                            *best = simd.min_f64s(*best, *score);
                        }
                    }
                }
                for (place, state) in state.into_iter().enumerate() {
                    (best[pair + place], next[pair + place], number[pair + place]) = state;
                }
            }
        }
        for lane in 0..TILE {
            let doubt = packed.doubt * (norms[lane] + packed.largest_norm) + packed.least_doubt;
            found.sure[lane] = next[lane] - best[lane] > doubt;
            found.cluster[lane] = number[lane] as u32;
            // Twice the score and the norm of the row make the squared distance.
            let upper = (norms[lane] + 2.0 * best[lane] + doubt).max(0.0);
            let lower = (norms[lane] + 2.0 * next[lane] - doubt).max(0.0);
            found.upper[lane] = not_below(upper.sqrt());
            found.lower[lane] = not_above(lower.sqrt());
        }
    }
}
