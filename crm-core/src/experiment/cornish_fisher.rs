//! What a statistic that leans, or has long tails, says on the scale of a normal one.
//!
//! - Cornish and Fisher (1938), "Moments and cumulants in the specification of distributions", Revue de l'Institut International de Statistique 5.
//! - Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44, for score tests.

use crate::math::root_between;

/// The least slope of the parabola that is followed: a quarter. Where it turns back it says nothing any more.
const LEAST_SLOPE: f64 = 0.25;

/// From here on, the root of 3, long tails make a deviate rarer than it looks. Nearer to the middle they would make it more common.
const TAIL: f64 = 1.732_050_807_568_877_2;

/// How a statistic T differs from the deviate W whose counterpart it is:
///
/// ```text
/// T = W + A (W^2 - 1) + K (W^3 - 3 W)
/// ```
///
/// On the side away from which the statistic leans the parabola turns back. From where its slope is a quarter, the deviate goes up with the
/// statistic one by one: no effect is so large that it would not be found. The cube is taken beyond the root of 3 only, where its term has the sign
/// of W: tails never make a finding. So T rises with W without an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CornishFisher {
    /// A: a sixth of the statistic's skewness.
    pub(super) lean: f64,
    /// K, not below 0: a twenty-fourth of what is left of its kurtosis without that of a normal one and without what goes along with skewness,
    /// 4/3 of its square. That is the cube's part of the second-order terms.
    pub(super) tails: f64,
}

impl CornishFisher {
    /// A normal statistic.
    pub(super) const NORMAL: Self = Self { lean: 0.0, tails: 0.0 };

    /// A statistic that leans, with no other tails than that brings along.
    pub(super) fn leaning(lean: f64) -> Self {
        Self { lean, tails: 0.0 }
    }

    /// The deviate W of a statistic.
    pub(super) fn deviate(self, statistic: f64) -> f64 {
        let straight = self.without_lean(statistic);
        if self.tails == 0.0 || straight.abs() <= TAIL || !straight.is_finite() {
            return straight;
        }
        // K (W^3 - 3 W) is at least K (W - TAIL)^3 there, and at most the statistic.
        let most = straight.abs().min(TAIL + statistic.abs().cbrt() / self.tails.cbrt());
        let at = |size: f64| (self.statistic(size.copysign(straight)) - statistic) * 1f64.copysign(straight);
        root_between(at, TAIL, most).copysign(straight)
    }

    /// The statistic T of a deviate.
    pub(super) fn statistic(self, deviate: f64) -> f64 {
        let straight = self.with_lean(deviate);
        if self.tails == 0.0 || deviate.abs() <= TAIL {
            straight
        } else {
            (self.tails * deviate).mul_add(deviate.mul_add(deviate, -3.0), straight)
        }
    }

    fn without_lean(self, statistic: f64) -> f64 {
        let a = self.lean;
        if !(a != 0.0 && a.is_finite() && statistic.is_finite()) {
            return statistic;
        }
        let half_slope = (0.25 + a * (statistic + a)).max(0.0).sqrt();
        if half_slope >= 0.5 * LEAST_SLOPE {
            (statistic + a) / (0.5 + half_slope)
        } else {
            let turn = turn(a);
            turn + (statistic - on_parabola(turn, a))
        }
    }

    fn with_lean(self, deviate: f64) -> f64 {
        let a = self.lean;
        if a == 0.0 || 1.0 + 2.0 * a * deviate >= LEAST_SLOPE {
            on_parabola(deviate, a)
        } else {
            let turn = turn(a);
            on_parabola(turn, a) + (deviate - turn)
        }
    }
}

fn on_parabola(deviate: f64, a: f64) -> f64 {
    a.mul_add(deviate.mul_add(deviate, -1.0), deviate)
}

/// The deviate at which the parabola has its least slope.
fn turn(a: f64) -> f64 {
    (LEAST_SLOPE - 1.0) / (2.0 * a)
}

/// K of a difference of means over all ways to deal N values to arms of the sizes n and m, whose A is given; 0 below four values.
///
/// ```text
/// 24 K = (b - 3 (N - 1) / (N + 1)) (N - 1) (N (N + 1) - 6 n m) / ((N - 2) (N - 3) n m) - 4/3 (6 A)^2
/// ```
///
/// `kurtosis` is b, the fourth central moment of the values over the square of their variance, both with the divisor N. What is taken from it is what
/// normal values have on average. Arms of like size deal long tails out evenly, and then K is 0.
pub(super) fn tails_over_deals(kurtosis: f64, [n, m]: [f64; 2], lean: f64) -> f64 {
    let all = n + m;
    let above = kurtosis - 3.0 * (all - 1.0) / (all + 1.0);
    let dealt = (all - 1.0) / ((all - 2.0) * (all - 3.0)) * (all * (all + 1.0) / (n * m) - 6.0);
    let tails = (above * dealt - 48.0 * lean * lean) / 24.0;
    if all > 3.0 { tails.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{CornishFisher, tails_over_deals};

    #[test]
    fn it_solves_the_parabola_up_to_its_turn() {
        for a in [-0.3, -1e-9, 0.02, 0.7] {
            let leaning = CornishFisher::leaning(a);
            for statistic in [-2.0, -0.1, 0.0, 1.0, 1.3, 1.9] {
                let w = leaning.deviate(statistic);
                // The parabola's slope at the root that belongs to the statistic.
                let discriminant: f64 = 1.0 + 4.0 * a * (statistic + a);
                if discriminant >= 0.0625 {
                    assert!((w + a * (w * w - 1.0) - statistic).abs() < 1e-12, "{a} {statistic} {w}");
                } else {
                    assert!(w * statistic > 0.0 && w.abs() > 0.375 / f64::abs(a), "{a} {statistic} {w}");
                }
                assert!((leaning.statistic(w) - statistic).abs() < 1e-12);
                // Exchanged arms turn both signs.
                assert_eq!(CornishFisher::leaning(-a).deviate(-statistic), -w);
            }
        }
        assert_eq!(CornishFisher::NORMAL.deviate(1.5), 1.5);
        assert_eq!(CornishFisher::leaning(0.1).deviate(f64::INFINITY), f64::INFINITY);
    }

    #[test]
    fn it_solves_the_cube_beyond_the_root_of_three() {
        for (lean, tails) in [(0.0, 0.02), (-0.2, 0.05), (0.3, 1e-6), (0.1, 2.0), (-0.6, 1e-12), (1e-9, 0.3)]
        {
            let shape = CornishFisher { lean, tails };
            for statistic in [-1e9, -40.0, -4.5, -2.5, -1.8, -0.3, 0.0, 1.0, 1.74, 2.2, 3.3, 17.0, 1e6] {
                let (w, straight) =
                    (shape.deviate(statistic), CornishFisher::leaning(lean).deviate(statistic));
                // Tails never make a deviate larger, nor turn it round.
                assert!(w.abs() <= straight.abs() && w * straight >= 0.0, "{shape:?} {statistic} {w}");
                let back = CornishFisher::leaning(lean).statistic(w);
                let cube = if w.abs() > 3f64.sqrt() { tails * (w * w * w - 3.0 * w) } else { 0.0 };
                assert!((back + cube - statistic).abs() < 1e-12 * (1.0 + statistic.abs()), "{shape:?} {w}");
                assert!((shape.statistic(w) - statistic).abs() < 1e-12 * (1.0 + statistic.abs()));
                assert_eq!(CornishFisher { lean: -lean, tails }.deviate(-statistic), -w);
            }
            assert_eq!(shape.deviate(f64::NEG_INFINITY), f64::NEG_INFINITY);
            assert!(shape.deviate(f64::NAN).is_nan());
            assert!(shape.deviate(f64::MAX) > 3.0);
        }
    }

    #[test]
    fn it_rises_without_an_end() {
        for (lean, tails) in [(-0.6, 0.0), (-0.05, 0.0), (0.3, 0.0), (-0.6, 0.1), (0.2, 1e-4), (0.0, 3.0)] {
            let shape = CornishFisher { lean, tails };
            let mut before = shape.deviate(-40.01);
            for step in -4000..4000 {
                let w = shape.deviate(f64::from(step) * 0.01);
                assert!(w > before && w - before < 0.05, "{shape:?} {step} {before} {w}");
                before = w;
            }
        }
        let far = |lean| CornishFisher::leaning(lean).deviate(1e6);
        assert!((far(-0.3) - 1e6).abs() < 1.0 && far(0.3) > 1000.0);
    }

    /// Every way to deal ten values: the moments of the difference over them, less those of normal values and what goes along with skewness.
    #[test]
    fn the_tails_are_those_over_all_deals() {
        let values = [0.0, -4.0, 3.0, 0.5, 0.0, 5.0, 0.0, -1.0, -3.5, 0.0];
        let moment = |values: &[f64], power| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / values.len() as f64
        };
        let kurtosis = moment(&values, 4) / moment(&values, 2).powi(2);
        for few in 1..=9_u32 {
            let differences: Vec<f64> = (0..1_u32 << 10)
                .filter(|deal| deal.count_ones() == few)
                .map(|deal| {
                    let of = |wanted| {
                        (0..10).filter(move |at| (deal >> at & 1 == 1) == wanted).map(|at| values[at])
                    };
                    of(true).sum::<f64>() / f64::from(few) - of(false).sum::<f64>() / f64::from(10 - few)
                })
                .collect();
            let [second, third, fourth] = [2, 3, 4].map(|power| moment(&differences, power));
            let lean = third / second.powf(1.5) / 6.0;
            let above = fourth / second.powi(2) - 27.0 / 11.0 - 4.0 / 3.0 * (6.0 * lean).powi(2);
            let found = tails_over_deals(kurtosis, [f64::from(10 - few), f64::from(few)], lean);
            assert!((24.0 * found - above.max(0.0)).abs() < 1e-12, "{few}: {found} {above}");
            assert_eq!(found > 0.0, few <= 2 || few >= 8, "{few} {found}");
        }
        assert_eq!(tails_over_deals(1.5, [2.0, 1.0], 0.1), 0.0);
    }
}
