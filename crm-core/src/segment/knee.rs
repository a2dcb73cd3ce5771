//! Where a falling curve bends.
//!
//! Satopaa, Albrecht, Irwin and Raghavan (2011), "Finding a 'kneedle' in a haystack: detecting knee points in system behavior", 31st International Conference on
//! Distributed Computing Systems Workshops. Without their smoothing, which is for measurements with noise.

/// The sensitivity that the authors recommend for data that are all there.
const SENSITIVITY: f64 = 1.0;

/// The place of the sharpest knee of a falling convex curve of (x, y) with ascending x, if it has one.
pub(super) fn knee(curve: &[(f64, f64)]) -> Option<usize> {
    let (&(start, _), &(end, _)) = (curve.first()?, curve.last()?);
    let lowest = curve.iter().fold(f64::INFINITY, |least, point| least.min(point.1));
    let highest = curve.iter().fold(f64::NEG_INFINITY, |most, point| most.max(point.1));
    if curve.len() < 3 || highest <= lowest {
        return None;
    }
    // In the unit square, upside down: how far the curve lies above the diagonal.
    let above: Vec<f64> =
        curve.iter().map(|(x, y)| (highest - y) / (highest - lowest) - (x - start) / (end - start)).collect();
    let step = 1.0 / (curve.len() - 1) as f64;
    let peaks: Vec<usize> = (1..curve.len() - 1)
        .filter(|&place| above[place] > above[place - 1] && above[place] >= above[place + 1])
        .collect();
    let mut best: Option<usize> = None;
    for (number, &peak) in peaks.iter().enumerate() {
        let until = peaks.get(number + 1).copied().unwrap_or(curve.len());
        let threshold = above[peak] - SENSITIVITY * step;
        let falls = above[peak..until].iter().any(|&above| above < threshold);
        if falls && best.is_none_or(|best| above[peak] > above[best]) {
            best = Some(peak);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_of_the_papers_figure_2() {
        // y = -1 / (x + 0.1) + 5 at ten points from 0 to 1, whose knee is at 0.22: turned upside down.
        let curve: Vec<(f64, f64)> =
            (0..10).map(|i| f64::from(i) / 9.0).map(|x| (x, 1.0 / (x + 0.1) - 5.0)).collect();
        assert_eq!(knee(&curve), Some(2));
    }

    #[test]
    fn a_straight_or_level_curve_has_none() {
        let line: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), f64::from(20 - 2 * i))).collect();
        assert_eq!(knee(&line), None);
        assert_eq!(knee(&[(1.0, 3.0), (2.0, 3.0), (3.0, 3.0)]), None);
        assert_eq!(knee(&[(1.0, 3.0), (2.0, 1.0)]), None);
        assert_eq!(knee(&[]), None);
    }
}
