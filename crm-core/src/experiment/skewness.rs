//! What a skewed statistic says on the scale of one without skewness.
//!
//! - Cornish and Fisher (1938), "Moments and cumulants in the specification of distributions", Revue de l'Institut International de Statistique 5.
//! - Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44, for score tests.

/// The least slope of the parabola that is followed: a quarter. Where it turns back it says nothing any more.
const LEAST_SLOPE: f64 = 0.25;

/// The deviate w of which the statistic is the skewed counterpart: `w + a (w^2 - 1) = statistic`, with `a` a sixth of the statistic's skewness.
///
/// On the side away from which the statistic leans the parabola turns back. From where its slope is a quarter, the deviate goes up with the
/// statistic one by one: no effect is so large that it would not be found.
pub(super) fn less_skewness(statistic: f64, a: f64) -> f64 {
    if !(a != 0.0 && a.is_finite() && statistic.is_finite()) {
        return statistic;
    }
    let slope = (1.0 + 4.0 * a * (statistic + a)).max(0.0).sqrt();
    if slope >= LEAST_SLOPE {
        2.0 * (statistic + a) / (1.0 + slope)
    } else {
        let turn = turn(a);
        turn + (statistic - on_parabola(turn, a))
    }
}

/// The statistic of which a deviate is left by [`less_skewness`].
pub(super) fn with_skewness(deviate: f64, a: f64) -> f64 {
    if a == 0.0 || 1.0 + 2.0 * a * deviate >= LEAST_SLOPE {
        on_parabola(deviate, a)
    } else {
        let turn = turn(a);
        on_parabola(turn, a) + (deviate - turn)
    }
}

fn on_parabola(deviate: f64, a: f64) -> f64 {
    a.mul_add(deviate.mul_add(deviate, -1.0), deviate)
}

/// The deviate at which the parabola has its least slope.
fn turn(a: f64) -> f64 {
    (LEAST_SLOPE - 1.0) / (2.0 * a)
}

#[cfg(test)]
mod tests {
    use super::{less_skewness, with_skewness};

    #[test]
    fn it_solves_the_parabola_up_to_its_turn() {
        for a in [-0.3, -1e-9, 0.02, 0.7] {
            for statistic in [-2.0, -0.1, 0.0, 1.0, 1.3, 1.9] {
                let w = less_skewness(statistic, a);
                // The parabola's slope at the root that belongs to the statistic.
                let discriminant: f64 = 1.0 + 4.0 * a * (statistic + a);
                if discriminant >= 0.0625 {
                    assert!((w + a * (w * w - 1.0) - statistic).abs() < 1e-12, "{a} {statistic} {w}");
                } else {
                    assert!(w * statistic > 0.0 && w.abs() > 0.375 / f64::abs(a), "{a} {statistic} {w}");
                }
                assert!((with_skewness(w, a) - statistic).abs() < 1e-12);
                // Exchanged arms turn both signs.
                assert_eq!(less_skewness(-statistic, -a), -w);
            }
        }
        assert_eq!((less_skewness(1.5, 0.0), less_skewness(f64::INFINITY, 0.1)), (1.5, f64::INFINITY));
    }

    #[test]
    fn it_rises_without_an_end() {
        for a in [-0.6, -0.05, 0.3] {
            let mut before = less_skewness(-40.01, a);
            for step in -4000..4000 {
                let w = less_skewness(f64::from(step) * 0.01, a);
                assert!(w > before && w - before < 0.05, "{a} {step} {before} {w}");
                before = w;
            }
            assert!((less_skewness(1e6, -0.3) - 1e6).abs() < 1.0 && less_skewness(1e6, 0.3) > 1000.0);
        }
    }
}
