//! What a skewed statistic says on the scale of one without skewness.
//!
//! - Cornish and Fisher (1938), "Moments and cumulants in the specification of distributions", Revue de l'Institut International de Statistique 5.
//! - Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44, for score tests.

/// The deviate w of which the statistic is the skewed counterpart: `w + a (w^2 - 1) = statistic`, with `a` a sixth of the statistic's skewness.
///
/// Where the parabola does not reach the statistic, the deviate at its vertex.
pub(super) fn less_skewness(statistic: f64, a: f64) -> f64 {
    if !(a != 0.0 && a.is_finite() && statistic.is_finite()) {
        return statistic;
    }
    let discriminant = 1.0 + 4.0 * a * (statistic + a);
    if discriminant <= 0.0 { -0.5 / a } else { 2.0 * (statistic + a) / (1.0 + discriminant.sqrt()) }
}

/// The statistic of which a deviate is left: infinite beyond the vertex, where no statistic has it.
pub(super) fn with_skewness(deviate: f64, a: f64) -> f64 {
    if 1.0 + 2.0 * a * deviate > 0.0 {
        a.mul_add(deviate.mul_add(deviate, -1.0), deviate)
    } else {
        f64::INFINITY.copysign(deviate)
    }
}

#[cfg(test)]
mod tests {
    use super::{less_skewness, with_skewness};

    #[test]
    fn it_solves_the_parabola_or_stays_at_its_vertex() {
        for a in [-0.3, -1e-9, 0.02, 0.7] {
            for statistic in [-2.0, -0.1, 0.0, 1.3, 1.9] {
                let w = less_skewness(statistic, a);
                let reached = 1.0 + 4.0 * a * (statistic + a) > 0.0;
                let wanted = if reached { statistic } else { -0.25 / a - a };
                assert!((w + a * (w * w - 1.0) - wanted).abs() < 1e-12, "{a} {statistic} {w}");
                assert!(!reached || (with_skewness(w, a) - statistic).abs() < 1e-12);
                // Exchanged arms turn both signs.
                assert_eq!(less_skewness(-statistic, -a), -w);
            }
        }
        assert_eq!((with_skewness(2.0, -0.3), with_skewness(-2.0, 0.3)), (f64::INFINITY, f64::NEG_INFINITY));
        assert_eq!((less_skewness(1.5, 0.0), less_skewness(f64::INFINITY, 0.1)), (1.5, f64::INFINITY));
    }
}
