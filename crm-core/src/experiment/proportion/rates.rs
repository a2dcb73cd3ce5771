//! Two arms as the tests of rates see them, and their most likely rates under a null.

use super::super::binary_arm::BinaryArm;

/// Counts of both arms as floats, with what has to be exact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Conversions of the target.
    pub(crate) x1: f64,
    /// Failures of the target.
    pub(crate) f1: f64,
    /// Trials of the target.
    pub(crate) n1: f64,
    /// Conversions of the control.
    pub(crate) x0: f64,
    /// Failures of the control.
    pub(crate) f0: f64,
    /// Trials of the control.
    pub(crate) n0: f64,
    /// `x1 n0 - x0 n1`, rounded once.
    cross: f64,
}

/// Rates of both arms, with what is left to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitted {
    pub(crate) p1: f64,
    pub(crate) q1: f64,
    pub(crate) p0: f64,
    pub(crate) q0: f64,
}

impl Fitted {
    fn arms_exchanged(self) -> Self {
        Self { p1: self.p0, q1: self.q0, p0: self.p1, q0: self.q1 }
    }

    fn outcomes_exchanged(self) -> Self {
        Self { p1: self.q1, q1: self.p1, p0: self.q0, q0: self.p0 }
    }
}

/// A ratio or odds ratio with what it is above 1, which is known better when it is small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relative {
    pub(crate) ratio: f64,
    pub(crate) less_one: f64,
}

impl Relative {
    pub(crate) fn of_ratio(ratio: f64) -> Self {
        Self { ratio, less_one: ratio - 1.0 }
    }

    pub(crate) fn of_lift(lift: f64) -> Self {
        Self { ratio: 1.0 + lift, less_one: lift }
    }

    pub(crate) fn of_ln(ln: f64) -> Self {
        Self { ratio: ln.exp(), less_one: ln.exp_m1() }
    }

    /// One over it.
    pub(crate) fn inverse(self) -> Self {
        Self { ratio: self.ratio.recip(), less_one: -self.less_one / self.ratio }
    }
}

impl Rates {
    pub(crate) fn new(target: &BinaryArm, control: &BinaryArm) -> Self {
        // At most 2^106, so that nothing overflows.
        let product = |x: u64, n: u64| i128::from(x) * i128::from(n);
        let cross =
            product(target.conversions(), control.trials()) - product(control.conversions(), target.trials());
        Self {
            x1: target.conversions() as f64,
            f1: target.failures() as f64,
            n1: target.trials() as f64,
            x0: control.conversions() as f64,
            f0: control.failures() as f64,
            n0: control.trials() as f64,
            cross: cross as f64,
        }
    }

    /// What rates lead to expect, for plans.
    pub(crate) fn expected(
        target_rate: f64,
        target_trials: f64,
        control_rate: f64,
        control_trials: f64,
    ) -> Self {
        Self {
            x1: target_rate * target_trials,
            f1: (1.0 - target_rate) * target_trials,
            n1: target_trials,
            x0: control_rate * control_trials,
            f0: (1.0 - control_rate) * control_trials,
            n0: control_trials,
            cross: (target_rate - control_rate) * target_trials * control_trials,
        }
    }

    /// Rates with their rests and their difference.
    pub(crate) fn of_shares([p1, q1]: [f64; 2], [p0, q0]: [f64; 2], difference: f64) -> Self {
        Self { x1: p1, f1: q1, n1: 1.0, x0: p0, f0: q0, n0: 1.0, cross: difference }
    }

    pub(crate) fn p1(&self) -> f64 {
        self.x1 / self.n1
    }

    pub(crate) fn p0(&self) -> f64 {
        self.x0 / self.n0
    }

    /// All trials.
    pub(crate) fn trials(&self) -> f64 {
        self.n1 + self.n0
    }

    /// Conversions of both.
    pub(crate) fn conversions(&self) -> f64 {
        self.x1 + self.x0
    }

    /// `x1 n0 - x0 n1`, which is `x1 f0 - x0 f1` too.
    pub(crate) fn cross(&self) -> f64 {
        self.cross
    }

    /// Target minus control.
    pub(crate) fn difference(&self) -> f64 {
        self.cross / self.n1 / self.n0
    }

    /// (Target minus control) / control.
    pub(crate) fn lift(&self) -> f64 {
        self.cross / self.n1 / self.x0
    }

    /// How many conversions the target has above its share of all.
    pub(crate) fn excess(&self) -> f64 {
        self.cross / self.trials()
    }

    /// Cohen's h, `2 asin sqrt(p1) - 2 asin sqrt(p0)`, as one angle that does not cancel.
    pub(crate) fn cohens_h(&self) -> f64 {
        let (p1, q1, p0, q0) = (self.p1(), self.f1 / self.n1, self.p0(), self.f0 / self.n0);
        let sum = (p1 * q0).sqrt() + (p0 * q1).sqrt();
        let sine = if sum == 0.0 { 0.0 } else { self.difference() / sum };
        2.0 * sine.atan2((p1 * p0).sqrt() + (q1 * q0).sqrt())
    }

    /// The most likely rates if both are the same.
    pub(crate) fn fit_equal(&self) -> Fitted {
        let (p, q) = (self.conversions() / self.trials(), (self.f1 + self.f0) / self.trials());
        Fitted { p1: p, q1: q, p0: p, q0: q }
    }

    /// The most likely rates whose difference is `difference`, inside [-1, 1] (Miettinen and Nurminen 1985, eq. 8).
    ///
    /// The score equation is solved for the smaller of p0 and 1 - p1, so that neither cancels. Times that rate it is concave, so
    /// that Newton's steps come from above and never cross the root.
    pub(crate) fn fit_difference(&self, difference: f64) -> Fitted {
        if difference == 0.0 {
            return self.fit_equal();
        }
        if difference < 0.0 {
            return fit_rise([self.x0, self.f0, self.x1, self.f1], -difference).arms_exchanged();
        }
        fit_rise([self.x1, self.f1, self.x0, self.f0], difference)
    }

    /// The most likely rates whose ratio is `ratio`, above 0 (Miettinen and Nurminen 1985, eq. 13).
    ///
    /// With C conversions in all, the quadratic's discriminant is `(r (C + f1) - (C + f0))^2 + 4 r f1 f0`, a sum of what is positive.
    pub(crate) fn fit_ratio(&self, ratio: Relative) -> Fitted {
        let (all, r) = (self.conversions(), ratio.ratio);
        let a = ratio.less_one * all + r * self.f1 - self.f0;
        let product = 4.0 * r * self.f1 * self.f0;
        let root = a.hypot(product.sqrt());
        let scale = r * (all + self.f1) + (all + self.f0) + root;
        // What a and the root have in common is taken out of the one that would cancel.
        let (above, below) = if a >= 0.0 {
            (root + a, if root + a == 0.0 { 0.0 } else { product / (root + a) })
        } else {
            (product / (root - a), root - a)
        };
        let p0 = 2.0 * all / scale;
        Fitted {
            p1: (r * p0).min(1.0),
            q1: (below + 2.0 * r * self.f1) / scale,
            p0: p0.min(1.0),
            q0: (above + 2.0 * self.f0) / scale,
        }
    }

    /// The most likely rates whose odds have the ratio `ratio`, above 0; conversions add up to those observed.
    pub(crate) fn fit_odds(&self, ratio: Relative) -> Fitted {
        if ratio.less_one == 0.0 {
            return self.fit_equal();
        }
        // Seen so that the rarer outcome counts and the target has the lower odds of it, no cell cancels. Both outcomes and both arms
        // exchanged leave the ratio as it is.
        let rare_failures = self.conversions() > self.f1 + self.f0;
        let exchanged = (ratio.ratio > 1.0) != rare_failures;
        let ratio = if ratio.ratio > 1.0 {
            Relative { ratio: ratio.ratio.recip(), less_one: -ratio.less_one / ratio.ratio }
        } else {
            ratio
        };
        let [mut x1, mut f1, mut x0, mut f0] = [self.x1, self.f1, self.x0, self.f0];
        if rare_failures {
            [x1, f1, x0, f0] = [f1, x1, f0, x0];
        }
        if exchanged {
            [x1, f1, x0, f0] = [x0, f0, x1, f1];
        }
        let mut fit = lower_odds([x1, f1, x0, f0], ratio);
        if exchanged {
            fit = fit.arms_exchanged();
        }
        if rare_failures { fit.outcomes_exchanged() } else { fit }
    }
}

/// The most likely rates with a ratio of odds below 1, where at most half of all convert; conversions and failures of target and control.
///
/// With `a` of m conversions the target's, `a (n0 - m + a) = r (n1 - a) (m - a)`; the control's `c` has a quadratic of its own.
fn lower_odds([x1, f1, x0, f0]: [f64; 4], ratio: Relative) -> Fitted {
    let (n1, n0, m) = (x1 + f1, x0 + f0, x1 + x0);
    let (r, less) = (ratio.ratio, -ratio.less_one);
    let half = (n0 - m) + r * (n1 + m);
    let root = (half * half + 4.0 * less * r * n1 * m).sqrt();
    let a = if half > 0.0 { 2.0 * r * n1 * m / (half + root) } else { (root - half) / (2.0 * less) };
    let a = a.min(m).min(n1);
    let c = if n0 < n1 {
        let rest = r * (n1 - m);
        let half = m + n0 + rest;
        let square = (m - n0) * (m - n0) + rest * (2.0 * (m + n0) + rest) + 4.0 * r * m * n0;
        2.0 * m * n0 / (half + square.sqrt())
    } else {
        m - a
    };
    let (b, c) = (n1 - a, c.min(m).min(n0));
    // The control's failures from the odds, since n0 - c may cancel.
    let d = if c <= 0.5 * n0 || a == 0.0 { n0 - c } else { (r * b * c / a).min(n0) };
    Fitted { p1: a / n1, q1: b / n1, p0: c / n0, q0: d / n0 }
}

/// The most likely rates with p1 - p0 = rise > 0; conversions and failures of target and control.
fn fit_rise([x1, f1, x0, f0]: [f64; 4], rise: f64) -> Fitted {
    if rise >= 1.0 {
        return Fitted { p1: 1.0, q1: 0.0, p0: 0.0, q0: 1.0 };
    }
    // Seen from the failures, control and target change places: then 1 - p1 is the rate to solve for.
    if (x1 - f0) * (1.0 - rise) + (x0 - f1) * (1.0 + rise) > 0.0 {
        return rise_from_below([f0, x0, f1, x1], rise).arms_exchanged().outcomes_exchanged();
    }
    rise_from_below([x1, f1, x0, f0], rise)
}

/// Newton's steps from above get by with fewer; a bound in case of rounding.
const MOST_STEPS: u32 = 100;

/// As [`fit_rise`], where p0 is at most half of what it can be.
fn rise_from_below([x1, f1, x0, f0]: [f64; 4], rise: f64) -> Fitted {
    let most = 1.0 - rise;
    let fitted = |p: f64| Fitted { p1: p + rise, q1: most - p, p0: p, q0: 1.0 - p };
    // Without conversions of the control the likelihood may fall from 0 on.
    if x0 == 0.0 && x1 / rise <= f1 / most + f0 {
        return fitted(0.0);
    }
    let middle = 0.5 * most;
    let mut p = ((x1 + x0 - (x1 + f1) * rise) / (x1 + f1 + x0 + f0)).clamp(1e-3 * middle, middle);
    let mut from_above = false;
    for _ in 0..MOST_STEPS {
        let (u, v, w) = ((p + rise).recip(), (most - p).recip(), (1.0 - p).recip());
        let value = x0 + p * (x1 * u - f1 * v - f0 * w);
        let slope = x1 * rise * u * u - f1 * most * v * v - f0 * w * w;
        let next = if slope < 0.0 { (p - value / slope).min(middle) } else { middle };
        // Once above the root, steps lead down; one that does not is rounding.
        if next <= 0.0 || next == p || (from_above && next > p) || (next - p).abs() <= 1e-16 * p {
            break;
        }
        from_above = value <= 0.0;
        p = next;
    }
    fitted(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(x1: u64, n1: u64, x0: u64, n0: u64) -> Rates {
        Rates::new(&BinaryArm::new(x1, n1).unwrap(), &BinaryArm::new(x0, n0).unwrap())
    }

    /// The slope of the log-likelihood along the null, over the size of its terms.
    fn slope(r: &Rates, fit: Fitted, along: [f64; 2]) -> f64 {
        let terms = [
            along[0] * r.x1 / fit.p1,
            -along[0] * r.f1 / fit.q1,
            along[1] * r.x0 / fit.p0,
            -along[1] * r.f0 / fit.q0,
        ];
        terms.iter().sum::<f64>() / terms.iter().map(|term| term.abs()).sum::<f64>()
    }

    const CASES: [[u64; 4]; 6] = [
        [56, 70, 48, 80],
        [1, 100_000_000, 9, 100_000_000],
        [5, 50, 99_000, 1_000_000],
        [999_999, 1_000_000, 3, 7],
        [1 << 50, 1 << 53, 12, 1000],
        [3, 4, 1, 4],
    ];

    #[test]
    fn fits_solve_the_score_equations() {
        for [x1, n1, x0, n0] in CASES {
            let r = rates(x1, n1, x0, n0);
            for d in [-0.9, -0.3, -1e-3, 1e-9, 0.02, 0.5, 0.99] {
                let fit = r.fit_difference(d);
                assert!(slope(&r, fit, [1.0, 1.0]).abs() < 1e-13, "{r:?} {d} {fit:?}");
                assert!((fit.p1 - fit.p0 - d).abs() < 1e-15 && (fit.p1 + fit.q1 - 1.0).abs() < 3e-16);
            }
            for ratio in [1e-6, 0.3, 0.999_999, 1.5, 1e5] {
                let fit = r.fit_ratio(Relative::of_ratio(ratio));
                assert!(slope(&r, fit, [ratio, 1.0]).abs() < 1e-12, "{r:?} {ratio} {fit:?}");
                assert!(
                    (fit.p1 / fit.p0 / ratio - 1.0).abs() < 1e-14 && (fit.p0 + fit.q0 - 1.0).abs() < 1e-15
                );
                let fit = r.fit_odds(Relative::of_ratio(ratio));
                let odds = fit.p1 / fit.q1 / (fit.p0 / fit.q0);
                assert!((odds / ratio - 1.0).abs() < 1e-12, "{r:?} {ratio} {fit:?}");
                let kept = (r.n1 * fit.p1 + r.n0 * fit.p0) / r.conversions();
                assert!((kept - 1.0).abs() < 1e-14, "{r:?} {ratio} {fit:?}");
            }
        }
    }

    #[test]
    fn no_conversions_or_only_conversions() {
        let none = rates(0, 10, 0, 20);
        // Without conversions the likelihood under p1 = p0 + d falls in p0.
        let fit = none.fit_difference(0.3);
        assert_eq!((fit.p1, fit.p0), (0.3, 0.0));
        let fit = none.fit_difference(-0.3);
        assert_eq!((fit.p1, fit.p0), (0.0, 0.3));
        let all = rates(10, 10, 20, 20);
        let fit = all.fit_difference(0.25);
        assert_eq!((fit.q1, fit.p0), (0.0, 0.75));
        let fit = all.fit_ratio(Relative::of_ratio(1.25));
        assert_eq!((fit.p1, fit.p0, fit.q1), (1.0, 0.8, 0.0));
        let fit = all.fit_odds(Relative::of_ratio(2.0));
        assert_eq!((fit.p1, fit.p0), (1.0, 1.0));
    }
}
