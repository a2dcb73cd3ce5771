//! The iterations: assign each row to its nearest centre, move each centre to the mean of its rows.
//!
//! Lloyd (1982), "Least squares quantization in PCM", IEEE Transactions on Information Theory 28(2).

use super::Matrix;
use super::distance::{nearest_two, squared_distance};
use super::exact_sum::{Grid, Sums};

/// What the iterations end with.
pub(super) struct Run {
    pub(super) centres: Vec<f64>,
    pub(super) labels: Vec<u32>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
}

/// Iterates from `centres` until no label changes, the centres' squared moves sum to at most `tolerance`, or the iterations are used up. Labels are those
/// of the final centres.
pub(super) fn lloyd(
    matrix: &Matrix<'_>,
    weights: Option<&[f64]>,
    grid: &Grid,
    mut centres: Vec<f64>,
    tolerance: f64,
    most_iterations: u32,
) -> Run {
    let features = matrix.features();
    let clusters = centres.len() / features;
    let mut labels = vec![u32::MAX; matrix.rows()];
    let mut row = vec![0.0; features];
    let (mut iterations, mut converged) = (0, false);
    while iterations < most_iterations && !converged {
        iterations += 1;
        let mut sums = Sums::new(clusters, features);
        let mut changed = false;
        for (place, label) in labels.iter_mut().enumerate() {
            matrix.read_row(place, &mut row);
            let nearest = nearest_two(&row, &centres).0.0 as u32;
            changed |= nearest != *label;
            *label = nearest;
            sums.count(grid, nearest as usize, &row, weights.map_or(1.0, |weights| weights[place]), 1);
        }
        let old = centres.clone();
        sums.means(grid, &mut centres);
        let shift: f64 =
            old.chunks(features).zip(centres.chunks(features)).map(|(a, b)| squared_distance(a, b)).sum();
        converged = !changed || shift <= tolerance;
    }
    for (place, label) in labels.iter_mut().enumerate() {
        matrix.read_row(place, &mut row);
        *label = nearest_two(&row, &centres).0.0 as u32;
    }
    Run { centres, labels, iterations, converged }
}
