//! How far the centres of segments have moved between two dates.

use super::column::FixedPoint;
use super::matrix::Matrix;

/// A feature's mean in a segment at two dates.
#[derive(Clone, Debug, PartialEq)]
pub struct CentreMove {
    /// The number of the segment.
    pub segment: u32,
    /// The number of the feature.
    pub feature: usize,
    /// Mean at the earlier date; `None` for a segment without customers then.
    pub mean_before: Option<f64>,
    /// Mean at the later date; `None` for a segment without customers then.
    pub mean_after: Option<f64>,
    /// The pooled standard deviation within the segment; `None` if a mean is missing or there are fewer than three customers in all.
    pub pooled_standard_deviation: Option<f64>,
    /// Later mean less earlier mean in units of that deviation; `None` without one and where it is 0.
    pub standardized_difference: Option<f64>,
}

/// Mean and sum of squared deviations of a feature in each segment.
struct Moments {
    customers: Vec<u64>,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// Sums are exact integers of a scale of their own in each segment, so that no order of the rows and no other segment changes a bit.
    fn new(segments: usize, labels: &[u32], features: &Matrix<'_>, feature: usize) -> Self {
        let values =
            || labels.iter().enumerate().map(|(row, &label)| (label as usize, features.value(row, feature)));
        let sums = |deviation: &dyn Fn(usize, f64) -> f64| {
            let mut largest = vec![0.0_f64; segments];
            values().for_each(|(s, value)| largest[s] = largest[s].max(deviation(s, value).abs()));
            let points: Vec<FixedPoint> = largest.into_iter().map(FixedPoint::new).collect();
            let mut sums = vec![0i128; segments];
            values().for_each(|(s, value)| sums[s] += points[s].integer(deviation(s, value)));
            points.into_iter().zip(sums).map(|(point, sum)| point.value(sum)).collect::<Vec<f64>>()
        };
        let mut customers = vec![0u64; segments];
        for &label in labels {
            customers[label as usize] += 1;
        }
        let means: Vec<f64> =
            sums(&|_, value| value).iter().zip(&customers).map(|(sum, &n)| sum / n as f64).collect();
        let squares = sums(&|segment, value| (value - means[segment]).powi(2));
        Self { customers, means, squares }
    }
}

/// The means of all segments and features at both dates, which have the same features.
pub(super) fn centre_moves(
    segments: usize,
    before: (&[u32], &Matrix<'_>),
    after: (&[u32], &Matrix<'_>),
) -> Vec<CentreMove> {
    let features = before.1.features();
    let moments: Vec<(Moments, Moments)> = (0..features)
        .map(|feature| {
            let of =
                |(labels, matrix): (&[u32], &Matrix<'_>)| Moments::new(segments, labels, matrix, feature);
            (of(before), of(after))
        })
        .collect();
    let one = |segment: usize, feature: usize| {
        let (earlier, later) = &moments[feature];
        let mean = |moments: &Moments| (moments.customers[segment] > 0).then(|| moments.means[segment]);
        let (mean_before, mean_after) = (mean(earlier), mean(later));
        let customers = earlier.customers[segment] + later.customers[segment];
        let both = mean_before.zip(mean_after).filter(|_| customers > 2);
        let deviation = both.map(|_| {
            let squares = earlier.squares[segment] + later.squares[segment];
            (squares / (customers - 2) as f64).sqrt()
        });
        let difference = both.zip(deviation).filter(|(_, deviation)| *deviation > 0.0);
        CentreMove {
            segment: segment as u32,
            feature,
            mean_before,
            mean_after,
            pooled_standard_deviation: deviation,
            standardized_difference: difference
                .map(|((before, after), deviation)| (after - before) / deviation),
        }
    };
    let segments = 0..segments;
    segments
        .flat_map(|segment| (0..features).map(move |feature| (segment, feature)))
        .map(|(s, f)| one(s, f))
        .collect()
}
