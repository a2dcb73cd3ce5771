//! Where a rising or falling function of a positive argument passes zero.
//!
//! Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function without using derivatives",
//! Advances in Engineering Software 28(3): the bracket always shrinks, and near the root like inverse quadratic interpolation.

/// More steps are not needed: bisection alone takes a bracket of doubles to its end in so many.
const MOST_STEPS: u32 = 200;
/// The root of `f` in [low, high], to the last digits; `f` has different signs at the ends, or else the end nearer to zero is returned.
pub(crate) fn root_between(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut a, mut fa) = (high, f(high));
    let (mut b, mut fb) = (low, f(low));
    if fa == 0.0 || (fa > 0.0) == (fb > 0.0) {
        return if fa.abs() < fb.abs() || fa == 0.0 { a } else { b };
    }
    let mut share = 0.5;
    for _ in 0..MOST_STEPS {
        let x = a + share * (b - a);
        let fx = f(x);
        // The point that leaves the bracket makes the parabola.
        let (c, fc) = if (fx > 0.0) == (fa > 0.0) { (a, fa) } else { (b, fb) };
        if (fx > 0.0) != (fa > 0.0) {
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let (best, value) = if fa.abs() < fb.abs() { (a, fa) } else { (b, fb) };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let reach = tolerance / (b - a).abs();
        if value == 0.0 || reach > 0.5 {
            return best;
        }
        let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
        let inverse_quadratic = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        share = if inverse_quadratic {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        share = share.clamp(reach, 1.0 - reach);
    }
    f64::midpoint(a, b)
}

/// The root of a function of a positive argument that falls from above 0 to below, searched from `start`.
///
/// 0 or infinity where it has no root among the doubles.
pub(crate) fn root_of_falling(f: impl Fn(f64) -> f64, start: f64) -> f64 {
    let start = if start.is_nan() { 1.0 } else { start.clamp(f64::MIN_POSITIVE, f64::MAX) };
    let (mut low, mut high) = (start, start);
    // The first steps are short, the later ones square.
    let mut factor = 1.5;
    if f(start) > 0.0 {
        while f(high) > 0.0 {
            if high == f64::MAX {
                return f64::INFINITY;
            }
            (low, high) = (high, (high * factor).min(f64::MAX));
            factor *= factor;
        }
    } else {
        while f(low) <= 0.0 {
            if low == f64::MIN_POSITIVE {
                return 0.0;
            }
            (low, high) = ((low / factor).max(f64::MIN_POSITIVE), low);
            factor *= factor;
        }
    }
    // Orders of magnitude first.
    while high > 16.0 * low {
        let middle = low.sqrt() * high.sqrt();
        if f(middle) > 0.0 { low = middle } else { high = middle }
    }
    root_between(f, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_to_the_last_digits() {
        for root in [1e-290, 1e-7, 0.3, 1.0, 17.25, 1e9, 1e290] {
            for start in [1e-300, 1e-3, 1.0, 5e8, 1e300] {
                for power in [0.3, 1.0, 7.0] {
                    let found = root_of_falling(|x| -power * (x / root).ln(), start);
                    assert!((found / root - 1.0).abs() < 1e-15, "{root} {start}: {found}");
                }
            }
        }
    }

    #[test]
    fn steps_and_no_root() {
        assert_eq!(root_of_falling(|_| 1.0, 1.0), f64::INFINITY);
        assert_eq!(root_of_falling(|_| -1.0, 1.0), 0.0);
        let step = root_of_falling(|x| if x < 3.0 { 1.0 } else { -1.0 }, 1.0);
        assert!((step - 3.0).abs() < 1e-14, "{step}");
        assert_eq!(root_between(|x| 2.0 - x, 2.0, 5.0), 2.0);
    }
}
