//! Sample quantiles.
//!
//! Hyndman and Fan (1996), "Sample quantiles in statistical packages", The American Statistician 50(4), definition 7:
//! the default of R, of pandas and of its like.

/// Which end of an interval between two cut points belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClosedSide {
    Left,
    Right,
}

/// The quantile of definition 7: `x[j] + (h - j) (x[j+1] - x[j])` with `h = (n - 1) p` and `j = floor(h)`.
///
/// `sorted` ascends and is not empty, `p` lies in \[0, 1\]; otherwise the result is `None`.
///
/// ```
/// use crm_core::math::quantile_type_7;
/// assert_eq!(quantile_type_7(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
/// assert_eq!(quantile_type_7(&[], 0.5), None);
/// ```
pub fn quantile_type_7(sorted: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) || sorted.is_empty() {
        return None;
    }
    let h = (sorted.len() - 1) as f64 * p;
    let below = h.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    Some(low + (h - h.floor()) * (high - low))
}

/// The `bins - 1` interior quantiles of definition 7, at the exact rational positions `(n - 1) j / bins`.
///
/// A cut that lies between two values is kept off the one that it would wrongly include or exclude, however the
/// interpolation rounds: so bins do not change when all values are multiplied by a constant.
pub(crate) fn interior_quantiles(sorted: &[f64], bins: usize, closed: ClosedSide) -> Vec<f64> {
    let steps = sorted.len() - 1;
    (1..bins)
        .map(|j| {
            let (below, rest) = (steps * j / bins, steps * j % bins);
            if rest == 0 {
                return sorted[below];
            }
            let (low, high) = (sorted[below], sorted[below + 1]);
            let cut = low + rest as f64 / bins as f64 * (high - low);
            match closed {
                _ if low == high => low,
                ClosedSide::Right => cut.clamp(low, high.next_down()),
                ClosedSide::Left => cut.clamp(low.next_up(), high),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: `quantile(mtcars$mpg, c(.2, .4, .6, .8))`; the published cut points of package `rfm` 0.3.0 less 1 (rfm-10).
    const MPG: [f64; 32] = [
        10.4, 10.4, 13.3, 14.3, 14.7, 15.0, 15.2, 15.2, 15.5, 15.8, 16.4, 17.3, 17.8, 18.1, 18.7, 19.2, 19.2,
        19.7, 21.0, 21.0, 21.4, 21.4, 21.5, 22.8, 22.8, 24.4, 26.0, 27.3, 30.4, 30.4, 32.4, 33.9,
    ];

    #[test]
    fn published_cut_points_of_mtcars() {
        let cuts = interior_quantiles(&MPG, 5, ClosedSide::Right);
        for ((cut, published), j) in cuts.iter().zip([16.2, 18.92, 22.0, 25.08]).zip(1..) {
            assert!((cut + 1.0 - published).abs() < 1e-9, "{cut} {published}");
            assert!((quantile_type_7(&MPG, f64::from(j) / 5.0).unwrap() - cut).abs() < 1e-12);
        }
    }

    #[test]
    fn a_cut_between_neighbouring_doubles_keeps_its_side() {
        let pair = [1.0, 1.0f64.next_up()];
        assert!(interior_quantiles(&pair, 10, ClosedSide::Right).iter().all(|&cut| cut < pair[1]));
        assert!(interior_quantiles(&pair, 10, ClosedSide::Left).iter().all(|&cut| cut > pair[0]));
    }
}
