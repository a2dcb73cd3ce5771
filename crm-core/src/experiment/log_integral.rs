//! Integrals of positive functions with one peak, as logarithms, so that tails keep their digits.

use crate::math::{DROP, GAUSS_LEGENDRE_16};

/// What is `exp(-NEGLIGIBLE)` of the peak is left out.
const NEGLIGIBLE: f64 = 38.0;
/// Panels are this many widths of a bend long, on it.
const ON_A_BEND: f64 = 3.0;
/// Panels are this share of the distance from a bend long, away from it.
const OFF_A_BEND: f64 = 0.5;
/// How often a panel is cut: to 1e-12 of what a bend allows.
const MOST_CUTS: u32 = 80;
/// How often the search for the peak goes further out; each time it is twice as far.
const MOST_WIDENINGS: u32 = 12;
/// Panels on one side; far more than any posterior needs.
const MOST_PANELS: u32 = 20_000;

/// Where a function changes its course, and over what width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bend {
    pub(super) place: f64,
    pub(super) width: f64,
}

/// The logarithm of the integral of `exp(log_f)` over the line.
///
/// The function has one peak, about between `low` and `high`, and is smooth but for bends; panels are at most `longest` long, shrink towards bends, and
/// hold sixteen Gauss-Legendre nodes. -infinity for a function that is 0 everywhere.
pub(super) fn ln_integral(
    log_f: &dyn Fn(f64) -> f64,
    low: f64,
    high: f64,
    bends: &[Bend],
    longest: f64,
) -> f64 {
    let mode = highest(log_f, low, high);
    let peak = log_f(mode);
    if !peak.is_finite() {
        return f64::NEG_INFINITY;
    }
    let mut sum = 0.0;
    for direction in [-1.0, 1.0] {
        let (mut start, mut value) = (mode, peak);
        for _ in 0..MOST_PANELS {
            let mut length = bends.iter().fold(longest, |length, bend| {
                length.min((ON_A_BEND * bend.width).max(OFF_A_BEND * (start - bend.place).abs()))
            });
            let mut end = log_f(start + direction * length);
            for _ in 0..MOST_CUTS {
                if (value - end).abs() <= DROP {
                    break;
                }
                length *= 0.7;
                end = log_f(start + direction * length);
            }
            let panel: f64 = GAUSS_LEGENDRE_16
                .iter()
                .map(|&(node, weight)| weight * (log_f(start + direction * length * node) - peak).exp())
                .sum();
            sum += panel * length;
            let far = end < value && end - peak < -NEGLIGIBLE;
            start += direction * length;
            value = end;
            // Towards the end of what a function is defined on, panels shrink without end.
            if far || panel * length < 1e-17 * sum || value == f64::NEG_INFINITY {
                break;
            }
        }
    }
    peak + sum.ln()
}

/// The place of the peak, to a few digits of its width: the best of some places, then golden sections around it.
fn highest(log_f: &dyn Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    const PLACES: u32 = 24;
    let (mut low, mut high) = (low, high);
    let (mut best, mut most, mut step) = (low, f64::NEG_INFINITY, 0.0);
    for _ in 0..MOST_WIDENINGS {
        step = (high - low) / f64::from(PLACES);
        let mut at = 0;
        (best, most) = (low, log_f(low));
        for k in 1..=PLACES {
            let place = low + step * f64::from(k);
            let value = log_f(place);
            if value > most {
                (best, most, at) = (place, value, k);
            }
        }
        // Still rising at an end: further out.
        match at {
            0 => low -= high - low,
            PLACES => high += high - low,
            _ => break,
        }
    }
    let (mut low, mut high) = (best - step, best + step);
    let mut left = high - GOLDEN * (high - low);
    let mut right = low + GOLDEN * (high - low);
    let (mut at_left, mut at_right) = (log_f(left), log_f(right));
    for _ in 0..60 {
        if (at_left - at_right).abs() < 0.01 && most.max(at_left).max(at_right) > f64::NEG_INFINITY {
            break;
        }
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = log_f(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = log_f(right);
        }
    }
    let (value, place) = if at_left > at_right { (at_left, left) } else { (at_right, right) };
    if value > most { place } else { best }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_tails_and_products() {
        // Total of a normal density with deviation 1e-3, far from the start.
        let narrow = |x: f64| -0.5 * ((x - 3.0) / 1e-3).powi(2);
        let bends = [Bend { place: 3.0, width: 1e-3 }];
        let known = (1e-3 * (2.0 * std::f64::consts::PI).sqrt()).ln();
        assert!((ln_integral(&narrow, 0.0, 10.0, &bends, f64::INFINITY) - known).abs() < 1e-13);
        // P(X > Y) for X ~ N(0, 1), Y ~ N(9, 0.1): the tail of N(-9, sqrt(1.01)).
        let upper = |y: f64| {
            crate::math::ln_normal_upper(y)
                - 0.5 * ((y - 9.0) / 0.1).powi(2)
                - (0.1 * (2.0 * std::f64::consts::PI).sqrt()).ln()
        };
        let bends = [Bend { place: 0.0, width: 1.0 }, Bend { place: 9.0, width: 0.1 }];
        let known = crate::math::ln_normal_upper(9.0 / 1.01f64.sqrt());
        assert!((ln_integral(&upper, 0.0, 9.0, &bends, f64::INFINITY) - known).abs() < 1e-12);
    }
}
