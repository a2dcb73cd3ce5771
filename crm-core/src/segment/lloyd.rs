//! The iterations: assign each row to its nearest centre, move each centre to the mean of its rows.
//!
//! Lloyd (1982), "Least squares quantization in PCM", IEEE Transactions on Information Theory 28(2). Rows whose label cannot change are skipped by
//! bounds on distances, after Hamerly (2010), "Making k-means even faster", SDM; sums are only touched by rows that change their cluster. Labels and centres
//! are those of plain iterations, bit for bit.

use pulp::Arch;
use rayon::prelude::*;

use super::Matrix;
use super::distance::squared_distance;
use super::exact_sum::{Grid, Sums};
use super::kernel::{Exact, Filter, Filtered, Frame, Nearest, Packed, TILE, Tile, not_above, not_below};
use super::kmeans_options::LabelOrder;

/// Rows that one thread takes at a time.
const BLOCK: usize = 4096;
/// From so many centres on, a look at the own centre comes before a look at all.
const MANY_CENTRES: usize = 12;
/// Up to so many centres, their mutual distances are worth computing.
const MUTUAL: usize = 1024;
/// No cluster yet.
const NONE: u32 = u32::MAX;

/// What the iterations end with.
pub(super) struct Run {
    pub(super) centres: Vec<f64>,
    pub(super) labels: Vec<u32>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
}

/// The data and what is known of them before the first iteration.
pub(super) struct Problem<'a> {
    pub(super) matrix: &'a Matrix<'a>,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) grid: Grid,
    pub(super) frame: Frame,
}

/// What is known of the rows: single precision, rounded to the safe side, halves the memory and loses nothing that matters.
struct Bounds {
    labels: Vec<u32>,
    /// At least the distance to the own centre, times the scale.
    upper: Vec<f32>,
    /// At most the distance to any other centre, times the scale.
    lower: Vec<f32>,
}

/// How far centres moved, times the scale: what is needed of a cluster stands together.
#[derive(Clone, Copy, Default)]
struct Move {
    /// At least the way of the centre.
    own: f32,
    /// At least the longest way of any other centre.
    others: f32,
    /// At most half the distance to the nearest other centre.
    half_gap: f32,
}

fn moves(old: &[f64], new: &[f64], features: usize, scale: f64) -> Vec<Move> {
    let clusters = new.len() / features;
    let centres = || new.chunks_exact(features);
    let way = |(old, new)| not_below(squared_distance(old, new).sqrt() * scale);
    let ways: Vec<f32> = old.chunks_exact(features).zip(centres()).map(way).collect();
    let mut longest = (0, 0.0_f32);
    let mut second = 0.0_f32;
    for (cluster, &way) in ways.iter().enumerate() {
        if way >= longest.1 {
            (longest, second) = ((cluster, way), longest.1);
        } else {
            second = second.max(way);
        }
    }
    let mut nearest = vec![0.0; clusters];
    if clusters <= MUTUAL {
        nearest.fill(f64::INFINITY);
        for (left, from) in centres().enumerate() {
            for (right, to) in centres().enumerate().take(left) {
                let distance = squared_distance(from, to);
                nearest[left] = nearest[left].min(distance);
                nearest[right] = nearest[right].min(distance);
            }
        }
    }
    let of = |(cluster, &own): (usize, &f32)| Move {
        own,
        others: if cluster == longest.0 { second } else { longest.1 },
        half_gap: not_above(nearest[cluster].sqrt() * scale / 2.0),
    };
    ways.iter().enumerate().map(of).collect()
}

/// One thread's room.
struct Worker {
    /// Rows of a block whose nearest centre is to be found.
    open: Box<[u32; BLOCK]>,
    desk: Desk,
}

/// What a thread works on a tile with, and what comes of it.
struct Desk {
    tile: Tile,
    moved: Vec<f64>,
    found: Filtered,
    nearest: Nearest,
    /// Places in the tile for which the filter was not sure.
    unsure: Vec<u32>,
    values: Vec<f64>,
    sums: Sums,
    changed: u64,
}

impl Desk {
    fn new(clusters: usize, features: usize) -> Self {
        Self {
            tile: Tile::new(features),
            moved: Vec::new(),
            found: Filtered::new(),
            nearest: Nearest::new(),
            unsure: Vec::with_capacity(TILE),
            values: vec![0.0; features],
            sums: Sums::new(clusters, features),
            changed: 0,
        }
    }
}

/// A part of the rows.
struct Block<'a> {
    start: usize,
    labels: &'a mut [u32],
    upper: &'a mut [f32],
    lower: &'a mut [f32],
}

/// Centres in the form that the kernels want.
struct Step<'a> {
    problem: &'a Problem<'a>,
    arch: Arch,
    centres: &'a [f64],
    packed: &'a Packed,
    /// `None` before the first iteration.
    moves: Option<&'a [Move]>,
}

impl Step<'_> {
    /// Assigns all rows; returns the change of the sums and the number of changed labels.
    fn assign(&self, bounds: &mut Bounds) -> (Sums, u64) {
        let features = self.problem.matrix.features();
        let clusters = self.centres.len() / features;
        let blocks = bounds
            .labels
            .par_chunks_mut(BLOCK)
            .zip(bounds.upper.par_chunks_mut(BLOCK))
            .zip(bounds.lower.par_chunks_mut(BLOCK))
            .enumerate();
        // Sums are exact, so that it does not matter how threads share the blocks.
        blocks
            .map(|(number, ((labels, upper), lower))| Block { start: number * BLOCK, labels, upper, lower })
            .fold(
                || Worker { open: Box::new([0; BLOCK]), desk: Desk::new(clusters, features) },
                |mut worker, block| {
                    self.assign_block(block, &mut worker);
                    worker
                },
            )
            .map(|worker| (worker.desk.sums, worker.desk.changed))
            .reduce(
                || (Sums::new(clusters, features), 0),
                |(mut sums, changed), (other, more)| {
                    sums.merge(&other);
                    (sums, changed + more)
                },
            )
    }

    fn assign_block(&self, mut block: Block<'_>, worker: &mut Worker) {
        let Worker { open, desk } = worker;
        let mut count = block.labels.len();
        match self.moves {
            None => open.iter_mut().zip(block.start as u32..).for_each(|(open, row)| *open = row),
            Some(moves) => {
                count = self.arch.dispatch(
                    #[inline(always)]
                    || drift(&mut block, moves, open),
                );
                if moves.len() >= MANY_CENTRES {
                    count = self.look_at_own_centre(&mut block, moves, &mut desk.values, &mut open[..count]);
                }
            }
        }
        for rows in open[..count].chunks(TILE) {
            self.assign_tile(&mut block, rows, desk);
        }
    }

    /// Leaves open only rows that the true distance to the own centre does not settle, and moves them to the front; returns their number.
    fn look_at_own_centre(
        &self,
        block: &mut Block<'_>,
        moves: &[Move],
        values: &mut [f64],
        open: &mut [u32],
    ) -> usize {
        let matrix = self.problem.matrix;
        let features = matrix.features();
        self.arch.dispatch(
            #[inline(always)]
            || {
                let mut count = 0;
                for looked in 0..open.len() {
                    let row = open[looked];
                    let place = row as usize - block.start;
                    let cluster = block.labels[place] as usize;
                    matrix.read_row(row as usize, values);
                    let centre = &self.centres[cluster * features..][..features];
                    let distance = distance_in_lanes(values, centre).sqrt() * self.problem.frame.scale;
                    block.upper[place] = not_below(distance);
                    open[count] = row;
                    count +=
                        usize::from(block.upper[place] >= block.lower[place].max(moves[cluster].half_gap));
                }
                count
            },
        )
    }

    fn assign_tile(&self, block: &mut Block<'_>, rows: &[u32], desk: &mut Desk) {
        let Problem { matrix, frame, .. } = self.problem;
        let Desk { tile, moved, found, nearest, unsure, .. } = desk;
        tile.read(matrix, rows);
        self.arch.dispatch(Filter { packed: self.packed, frame, tile, moved, found });
        unsure.clear();
        let mut changed = [(0, 0); TILE];
        let mut count = 0;
        for (place, &row) in rows.iter().enumerate() {
            let at = row as usize - block.start;
            if !found.sure[place] {
                unsure.push(row);
                continue;
            }
            (block.upper[at], block.lower[at]) = (found.upper[place], found.lower[place]);
            changed[count % TILE] = (row, found.cluster[place]);
            count += usize::from(block.labels[at] != found.cluster[place]);
        }
        if !unsure.is_empty() {
            tile.read(matrix, unsure);
            self.arch.dispatch(Exact { centres: self.centres, tile, nearest });
            for (place, &row) in unsure.iter().enumerate() {
                let at = row as usize - block.start;
                block.upper[at] = not_below(nearest.distance[place].sqrt() * frame.scale);
                block.lower[at] = not_above(nearest.next_distance[place].sqrt() * frame.scale);
                changed[count % TILE] = (row, nearest.cluster[place]);
                count += usize::from(block.labels[at] != nearest.cluster[place]);
            }
        }
        for &(row, cluster) in &changed[..count] {
            self.change(block, row, cluster, desk);
        }
    }

    /// Gives a row to a cluster.
    fn change(&self, block: &mut Block<'_>, row: u32, cluster: u32, desk: &mut Desk) {
        let Problem { matrix, weights, grid, .. } = self.problem;
        let Desk { values, sums, changed, .. } = desk;
        let old = std::mem::replace(&mut block.labels[row as usize - block.start], cluster);
        let row = row as usize;
        matrix.read_row(row, values);
        let weight = weights.map_or(1.0, |weights| weights[row]);
        sums.count(grid, cluster as usize, values, weight, 1);
        if old != NONE {
            sums.count(grid, old as usize, values, weight, -1);
        }
        *changed += 1;
    }
}

/// Lets the bounds follow the centres, and writes the rows for which they do not settle the label; returns their number.
#[inline(always)]
fn drift(block: &mut Block<'_>, moves: &[Move], open: &mut [u32; BLOCK]) -> usize {
    let mut count = 0;
    let rows = block.labels.iter().zip(block.upper.iter_mut()).zip(block.lower.iter_mut());
    for (row, ((&label, upper), lower)) in (block.start as u32..).zip(rows) {
        let Move { own, others, half_gap } = moves[label as usize];
        // The factors make up for the rounding of the sums.
        *upper = (*upper + own) * (1.0 + 2.0 * f32::EPSILON);
        *lower = (*lower - others).max(0.0) * (1.0 - 2.0 * f32::EPSILON);
        // A block has at most BLOCK rows.
        open[count % BLOCK] = row;
        count += usize::from(*upper >= lower.max(half_gap));
    }
    count
}

/// The squared distance, summed in eight lanes: faster than in order, and off by its rounding.
#[inline(always)]
fn distance_in_lanes(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (left_chunks, right_chunks) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = squared_distance(left_chunks.remainder(), right_chunks.remainder());
    for (left, right) in left_chunks.zip(right_chunks) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += (left - right) * (left - right);
        }
    }
    sums.iter().sum::<f64>() + rest
}

impl Problem<'_> {
    /// Iterates from `centres` until no label changes, the centres' squared moves sum to at most `tolerance`, or the iterations are used
    /// up; then numbers the clusters. Labels are those of the final centres by their final numbers.
    pub(super) fn lloyd(
        &self,
        mut centres: Vec<f64>,
        tolerance: f64,
        most_iterations: u32,
        order: LabelOrder,
    ) -> Run {
        let features = self.matrix.features();
        let clusters = centres.len() / features;
        let rows = self.matrix.rows();
        let mut bounds = Bounds { labels: vec![NONE; rows], upper: vec![0.0; rows], lower: vec![0.0; rows] };
        let mut sums = Sums::new(clusters, features);
        let mut packed = Packed::new(features);
        let mut moved = None;
        let (mut iterations, mut settled, mut converged) = (0, false, false);
        let arch = Arch::new();
        while iterations < most_iterations && !converged {
            iterations += 1;
            packed.pack(&centres, &self.frame);
            let step =
                Step { problem: self, arch, centres: &centres, packed: &packed, moves: moved.as_deref() };
            let (change, changed) = step.assign(&mut bounds);
            sums.merge(&change);
            let relocated = self.fill_empty_clusters(&centres, &mut sums, &mut bounds);
            settled = changed == 0 && relocated == 0;
            let old = centres.clone();
            sums.means(&self.grid, &mut centres);
            let ways = old.chunks_exact(features).zip(centres.chunks_exact(features));
            converged =
                settled || ways.map(|(old, new)| squared_distance(old, new)).sum::<f64>() <= tolerance;
            moved = Some(moves(&old, &centres, features, self.frame.scale));
        }
        let places = order.places(&centres, features);
        let renumbered = !places.is_sorted();
        if renumbered {
            centres =
                places.iter().flat_map(|&place| centres[place * features..][..features].to_vec()).collect();
            moved = moved.map(|moved| places.iter().map(|&place| moved[place]).collect());
            let mut numbers = vec![0; clusters];
            (0..).zip(&places).for_each(|(number, &place)| numbers[place] = number);
            bounds.labels.par_iter_mut().for_each(|label| *label = numbers[*label as usize]);
        }
        // The number decides between centres that are equally near, so the last look comes after the clusters have theirs.
        if !settled || renumbered {
            packed.pack(&centres, &self.frame);
            Step { problem: self, arch, centres: &centres, packed: &packed, moves: moved.as_deref() }
                .assign(&mut bounds);
        }
        Run { centres, labels: bounds.labels, iterations, converged }
    }

    /// Gives each empty cluster the row that is farthest from its centre; returns how many rows that moves.
    fn fill_empty_clusters(&self, centres: &[f64], sums: &mut Sums, bounds: &mut Bounds) -> usize {
        let features = self.matrix.features();
        let empty: Vec<usize> =
            (0..centres.len() / features).filter(|&cluster| sums.is_empty(cluster)).collect();
        if empty.is_empty() {
            return 0;
        }
        let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[row]);
        let distance = |row: usize| {
            let mut values = vec![0.0; features];
            self.matrix.read_row(row, &mut values);
            let centre = &centres[bounds.labels[row] as usize * features..][..features];
            (if weight(row) > 0.0 { squared_distance(&values, centre) } else { 0.0 }, row)
        };
        let mut farthest: Vec<(f64, usize)> = (0..self.matrix.rows()).into_par_iter().map(distance).collect();
        farthest.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let mut moved = 0;
        for (&cluster, &(distance, row)) in empty.iter().zip(&farthest) {
            if distance == 0.0 {
                break;
            }
            let values: Vec<f64> = self.matrix.row(row).collect();
            sums.relocate(&self.grid, bounds.labels[row] as usize, cluster, &values, weight(row));
            bounds.labels[row] = cluster as u32;
            (bounds.upper[row], bounds.lower[row]) = (f32::INFINITY, 0.0);
            moved += 1;
        }
        moved
    }
}
