//! The distance that decides.

/// The squared Euclidean distance, summed in the order of the features.
pub(super) fn squared_distance(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).fold(0.0, |sum, (left, right)| sum + (left - right) * (left - right))
}

/// The nearest centre and the next one, of centres row by row: (cluster, squared distance), the lower number first where they tie.
pub(super) fn nearest_two(row: &[f64], centres: &[f64]) -> ((usize, f64), (usize, f64)) {
    let (mut best, mut next) = ((0, f64::INFINITY), (0, f64::INFINITY));
    for (cluster, centre) in centres.chunks_exact(row.len()).enumerate() {
        let distance = squared_distance(row, centre);
        if distance < best.1 {
            (best, next) = ((cluster, distance), best);
        } else if distance < next.1 {
            next = (cluster, distance);
        }
    }
    (best, next)
}
