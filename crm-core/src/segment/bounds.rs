//! Bounds on distances, after Hamerly (2010), "Making k-means even faster", SDM: rows whose label cannot change are skipped.

use pulp::{Simd, WithSimd};

use super::Matrix;
use super::chosen::Chosen;
use super::distance::squared_distance;
use super::kernel::{not_above, not_below};

/// Up to so many centres, their mutual distances are worth computing.
const MUTUAL: usize = 1024;

/// How far centres moved, times the scale: what is needed of a cluster stands together.
#[derive(Clone, Copy, Default)]
pub(super) struct Move {
    /// At least the way of the centre.
    pub(super) own: f32,
    /// At least the longest way of any other centre.
    pub(super) others: f32,
    /// At most half the distance to the nearest other centre.
    pub(super) half_gap: f32,
}

/// How far each centre moved.
pub(super) fn moves(old: &[f64], new: &[f64], features: usize, scale: f64) -> Vec<Move> {
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

/// What is known of rows: single precision, rounded to the safe side, halves the memory and loses nothing that matters.
pub(super) struct Bounds<'a> {
    /// At least the distance to the own centre, times the scale.
    pub(super) upper: &'a mut [f32],
    /// At most the distance to any other centre, times the scale.
    pub(super) lower: &'a mut [f32],
}

/// Lets the bounds follow the centres, and chooses the rows, from `start`, for which they do not settle the label.
pub(super) struct Drift<'a, 'b> {
    pub(super) start: usize,
    pub(super) labels: &'a [u16],
    pub(super) bounds: &'a mut Bounds<'b>,
    pub(super) moves: &'a [Move],
    pub(super) open: &'a mut Chosen<u32>,
}

impl WithSimd for Drift<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { start, labels, bounds, moves, open } = self;
        let rows = labels.iter().zip(bounds.upper.iter_mut()).zip(bounds.lower.iter_mut());
        for (row, ((&label, upper), lower)) in (start as u32..).zip(rows) {
            let Move { own, others, half_gap } = moves[label as usize];
            // The factors make up for the rounding of the sums.
            *upper = (*upper + own) * (1.0 + 2.0 * f32::EPSILON);
            *lower = (*lower - others).max(0.0) * (1.0 - 2.0 * f32::EPSILON);
            open.choose(row, *upper >= lower.max(half_gap));
        }
    }
}

/// Leaves open only rows, of a block from `start`, that the true distance to the own centre does not settle.
pub(super) struct OwnCentre<'a, 'b> {
    pub(super) matrix: &'a Matrix<'a>,
    pub(super) scale: f64,
    pub(super) centres: &'a [f64],
    pub(super) moves: &'a [Move],
    pub(super) start: usize,
    pub(super) labels: &'a [u16],
    pub(super) bounds: &'a mut Bounds<'b>,
    /// Room for a row.
    pub(super) values: &'a mut [f64],
    pub(super) open: &'a mut Chosen<u32>,
}

impl WithSimd for OwnCentre<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { matrix, scale, centres, moves, start, labels, bounds, values, open } = self;
        let features = matrix.features();
        open.retain(
            #[inline(always)]
            |row| {
                let place = row as usize - start;
                let cluster = labels[place] as usize;
                let centre = &centres[cluster * features..][..features];
                let distance = distance_in_lanes(matrix.row_in(row as usize, values), centre).sqrt() * scale;
                let upper = not_below(distance);
                bounds.upper[place] = upper;
                upper >= bounds.lower[place].max(moves[cluster].half_gap)
            },
        );
    }
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
