//! Ends of score intervals without a search over nulls: the multiplier of the constraint is the unknown.
//!
//! The most likely rates under a null satisfy the score equations with a multiplier m (Silvey 1959, "The Lagrangian multiplier test", Annals of
//! Mathematical Statistics 30). For a difference, where u is the target's rate of conversions and v the control's rate of failures,
//!
//! ```text
//! u^ - u = m u (1 - u) / n1,    v^ - v = m v (1 - v) / n0,    V = u (1 - u) / n1 + v (1 - v) / n0
//! ```
//!
//! so that given m both rates have a closed form, the null is `d = d^ - m V` and the statistic `z = m sqrt(V)`. Both rise or fall with m alone: where z
//! has a value is a root of one variable, without a fit at each step. The ratio r of conversions has the multiplier too: u as above, and
//! `p0 = (p0^ + k) / (1 + k)` with `k = m u / n0`, `V = u (1 - u) / n1 + r^2 p0 (1 - p0) / n0`. For odds the counts that move between the cells do
//! the same.

use super::rates::{Rates, Relative};
use crate::math::root_between;

/// Steps of Newton are quadratic near the root; a bound in case of rounding.
const MOST_STEPS: u32 = 200;
/// The last step is so short, relative to the unknown, that the next one would be rounding.
const LAST_STEP: f64 = 1e-8;
/// Below, the root in a rate's closed form is so small that the multiplier has lost digits to the trials.
const CLOSE: f64 = 0.1;

/// The multiplier as a sum, so that its distance from an arm's trials keeps its digits: next to them a rate near 1 begins to fall.
#[derive(Clone, Copy)]
struct Multiplier {
    base: f64,
    more: f64,
}

impl Multiplier {
    fn value(self) -> f64 {
        self.base + self.more
    }
}

/// A rate x / n, which the multiplier makes smaller.
#[derive(Clone, Copy)]
struct Rate {
    p: f64,
    q: f64,
    n: f64,
    /// One over the trials.
    unit: f64,
}

/// What the multiplier does to a rate.
#[derive(Clone, Copy)]
struct Shrunk {
    /// `u (1 - u) / n` of the rate u.
    variance: f64,
    /// `1 + l (1 - 2 u)`, the root in the closed form: the rate falls with the multiplier by the variance over it.
    root: f64,
}

impl Rate {
    fn new(x: f64, f: f64) -> Self {
        let n = x + f;
        Self { p: x / n, q: f / n, n, unit: n.recip() }
    }

    /// The multiplier over the trials, and what that is above 1.
    fn share(&self, m: Multiplier) -> (f64, f64) {
        (m.value() * self.unit, (m.more + (m.base - self.n)) * self.unit)
    }

    /// From `p^ - u = l u (1 - u)` with `l = m / n`. With `c = 1 + l (q^ - p^)` the root is `sqrt(c^2 + 4 l^2 p^ q^)` and `u (1 - u)` is
    /// `2 p^ q^ / (root + c)`, or where that cancels `(root - c) / (2 l^2)`.
    fn shrunk(&self, m: Multiplier) -> Shrunk {
        let (share, above) = self.share(m);
        let c = 2.0 * share * self.q - above;
        let (product, square) = (self.p * self.q, share * share);
        let root = (c * c + 4.0 * square * product).sqrt();
        let (part, whole) = if c > 0.0 { (2.0 * product, root + c) } else { (root - c, 2.0 * square) };
        Shrunk { variance: part / whole * self.unit, root }
    }

    /// The rate at a multiplier.
    fn at(&self, m: Multiplier, shrunk: &Shrunk) -> f64 {
        2.0 * self.p / (1.0 + m.value() * self.unit + shrunk.root)
    }
}

impl Shrunk {
    /// What the variance grows by with the logarithm of the multiplier; below 0 where it falls.
    fn growth(&self) -> f64 {
        if self.root == 0.0 { 0.0 } else { self.variance / self.root - self.variance }
    }
}

/// A variance, what it grows by with the logarithm of the multiplier, and the smallest root in it.
struct Variance {
    value: f64,
    growth: f64,
    root: f64,
}

/// The search for a multiplier at which `(m V - half) / sqrt(V)`, which rises, is `z` above 0.
#[derive(Clone, Copy)]
struct Search {
    m: Multiplier,
    low: f64,
    high: f64,
    /// How far the last step went.
    last: f64,
    /// `m V`, the deviation from the estimate.
    deviation: f64,
    found: bool,
}

impl Search {
    fn from(start: f64) -> Self {
        let m = Multiplier { base: 0.0, more: start };
        Self { m, low: 0.0, high: f64::INFINITY, last: f64::INFINITY, deviation: 0.0, found: false }
    }

    fn step(&mut self, z: f64, half: f64, trials: [f64; 2], v: &Variance) {
        if v.root < CLOSE {
            // Counted from the trials nearest to it.
            let far = |trials: f64| (self.m.more + (self.m.base - trials)).abs();
            let near = if far(trials[0]) <= far(trials[1]) { trials[0] } else { trials[1] };
            let shift = self.m.base - near;
            self.m = Multiplier { base: near, more: self.m.more + shift };
            (self.low, self.high) = (self.low + shift, self.high + shift);
        }
        let (all, more) = (self.m.value(), self.m.more);
        // The statistic less z, and its slope, both over sqrt(V).
        let above = all * v.value - half - z * v.value.sqrt();
        let of_half = if half > 0.0 { half / (all * v.value) } else { 0.0 };
        let slope = v.value + 0.5 * (1.0 + of_half) * v.growth;
        let step = -above / slope;
        self.deviation = all * v.value;
        if slope > 0.0 && step.abs() <= LAST_STEP * more.abs() {
            self.found = true;
            self.m.more += step;
            self.deviation += step * (v.value + v.growth);
            return;
        }
        if above < 0.0 || v.value == 0.0 {
            self.low = more;
        } else {
            self.high = more;
        }
        // A step that is not half the last one is no convergence: a kink, or a start that is far off.
        let next = more + step;
        let inside = slope > 0.0 && next > self.low && next < self.high;
        self.m.more = if inside && (self.high.is_infinite() || step.abs() <= 0.5 * self.last) {
            next
        } else if self.high.is_infinite() {
            more + all
        } else if self.m.base == 0.0 && self.high > 4.0 * self.low {
            self.high.sqrt() * self.low.max(f64::MIN_POSITIVE).sqrt()
        } else {
            f64::midpoint(self.low, self.high)
        };
        self.last = (self.m.more - more).abs();
    }
}

/// Searches side by side: their steps do not wait for each other, so that two take little longer than one.
fn search<const ENDS: usize>(
    z: f64,
    half: f64,
    starts: [(f64, [f64; 2]); ENDS],
    variance: impl Fn(usize, Multiplier) -> Variance,
) -> [Search; ENDS] {
    let mut searches = starts.map(|(start, _)| Search::from(start));
    for _ in 0..MOST_STEPS {
        for (end, search) in searches.iter_mut().enumerate() {
            if !search.found {
                search.step(z, half, starts[end].1, &variance(end, search.m));
            }
        }
        if searches.iter().all(|search| search.found) {
            break;
        }
    }
    searches
}

/// For each of the cells (conversions and failures of target and control) with its difference of rates: the difference below it at which the score
/// statistic, less `half` a step of counts, is `z` above 0.
pub(super) fn differences_below<const ENDS: usize>(
    cells: [([f64; 4], f64); ENDS],
    z: f64,
    half: f64,
) -> [f64; ENDS] {
    let arms = cells.map(|([x1, f1, x0, f0], _)| (Rate::new(x1, f1), Rate::new(f0, x0)));
    let starts: [_; ENDS] = std::array::from_fn(|end| {
        let (target, control) = arms[end];
        // An arm with a conversion and a failure more, as Agresti and Caffo (2000) have it, is near enough to start from.
        let near = |x: f64, f: f64, n: f64| (x + 1.0) * (f + 1.0) / ((n + 2.0) * (n + 2.0) * (n + 2.0));
        let [x1, f1, x0, f0] = cells[end].0;
        let variance = near(x1, f1, target.n) + near(x0, f0, control.n);
        (z / variance.sqrt() + half / variance, [target.n, control.n])
    });
    let found = search(z, half, starts, |end, m| {
        let (target, control) = &arms[end];
        let (u, v) = (target.shrunk(m), control.shrunk(m));
        let growth = u.growth() + v.growth();
        Variance { value: u.variance + v.variance, growth, root: u.root.min(v.root) }
    });
    std::array::from_fn(|end| {
        let ([x1, _, _, f0], difference) = cells[end];
        if x1 == 0.0 && f0 == 0.0 { -1.0 } else { (difference - found[end].deviation).max(-1.0) }
    })
}

/// For each of the cells with its difference of rates: the ratio below the estimate at which the score statistic is `z` above 0, for targets with
/// conversions.
pub(super) fn ratios_below<const ENDS: usize>(cells: [([f64; 4], f64); ENDS], z: f64) -> [Relative; ENDS] {
    let arms = cells.map(|([x1, f1, x0, f0], _)| (Rate::new(x1, f1), Rate::new(x0, f0)));
    // The target's rate, what is added to the control's conversions over the trials, and the control's rate and its rest.
    let fitted = |end: usize, m: Multiplier, shrunk: &Shrunk| {
        let (target, control) = &arms[end];
        let u = target.at(m, shrunk);
        let more = m.value() * u * control.unit;
        let over = (1.0 + more).recip();
        (u, more, (control.p + more) * over, control.q * over)
    };
    let starts: [_; ENDS] = std::array::from_fn(|end| {
        let ((target, control), [x1, f1, x0, f0]) = (&arms[end], cells[end].0);
        let estimate = target.p / ((x0 + 0.5) * control.unit);
        let near = |x: f64, f: f64, rate: &Rate| (x + 0.5) * (f + 0.5) * rate.unit * rate.unit * rate.unit;
        let variance = near(x1, f1, target) + estimate * estimate * near(x0, f0, control);
        (z / variance.sqrt(), [target.n, target.n])
    });
    let found = search(z, 0.0, starts, |end, m| {
        let shrunk = arms[end].0.shrunk(m);
        let (u, more, rate, rest) = fitted(end, m, &shrunk);
        // r^2 p0 (1 - p0) / n0, and how its logarithm changes with that of the multiplier.
        let of_control = u / rate * (u * rest * arms[end].1.unit);
        let fall = if shrunk.root == 0.0 { 0.0 } else { m.value() * shrunk.variance / shrunk.root };
        let change = -2.0 * fall / u - (u - fall) / u * more / (1.0 + more) * (1.0 + rest / rate);
        let value = shrunk.variance + of_control;
        Variance { value, growth: shrunk.growth() + of_control * change, root: shrunk.root }
    });
    std::array::from_fn(|end| {
        let m = found[end].m;
        let shrunk = arms[end].0.shrunk(m);
        let (u, more, rate, rest) = fitted(end, m, &shrunk);
        // Near 1 what is left of the difference of the rates has the digits.
        let less_one = (cells[end].1 - m.value() * shrunk.variance - more * rest) / rate;
        if less_one.abs() < 0.5 { Relative::of_lift(less_one) } else { Relative::of_ratio(u / rate) }
    })
}

/// The ratio of odds below the estimate at which the score statistic is `z` above 0; target's conversions and control's failures are above 0.
///
/// With t conversions of the target less, and as many of the control more, the statistic is `t sqrt(1 / v1 + 1 / v0)` of the variances of both counts.
pub(super) fn odds_ratio_below([x1, f1, x0, f0]: [f64; 4], z: f64) -> f64 {
    let (n1, n0) = (x1 + f1, x0 + f0);
    let least = x1.min(f0);
    // The cells that shrink, from what is taken from the smaller one or from what is left of it.
    let taken = |t: f64| [x1 - t, f0 - t, t];
    let left = |rest: f64| [(x1 - least) + rest, (f0 - least) + rest, least - rest];
    let square = |[a, d, t]: [f64; 3]| t * (n1 / a * (t / (f1 + t)) + n0 / d * (t / (x0 + t)));
    let half = 0.5 * least;
    let [a, d, t] = if square(taken(half)) > z * z {
        // Near a line, and 0 at 0.
        let statistic = |t: f64| if t == 0.0 { 0.0 } else { square(taken(t)).sqrt() };
        taken(root_between(|t| statistic(t) - z, 0.0, half))
    } else {
        // Times what is left, the square is near a line too.
        let times = |rest: f64| if rest == 0.0 { least } else { rest * square(left(rest)) };
        left(root_between(|rest| rest * z * z - times(rest), 0.0, half))
    };
    a / (f1 + t) * (d / (x0 + t))
}

impl Rates {
    /// Conversions and failures of target and control.
    pub(super) fn cells(&self) -> [f64; 4] {
        [self.x1, self.f1, self.x0, self.f0]
    }
}

/// Target and control exchanged.
pub(super) fn arms_exchanged([x1, f1, x0, f0]: [f64; 4]) -> [f64; 4] {
    [x0, f0, x1, f1]
}

#[cfg(test)]
mod tests {
    use super::super::super::binary_arm::BinaryArm;
    use super::*;

    /// The statistic from the most likely rates under a null, which are found without the multiplier.
    fn statistic(rates: &Rates, null: f64, half: f64) -> f64 {
        let fit = rates.fit_difference(null);
        let variance = fit.p1 * fit.q1 / rates.n1 + fit.p0 * fit.q0 / rates.n0;
        (rates.difference() - null - half) / variance.sqrt()
    }

    #[test]
    fn fits_have_the_statistic() {
        for [x1, n1, x0, n0] in [
            [56, 70, 48, 80],
            [0, 5, 0, 28],
            [12, 13, 1894, 2136],
            [1, 100_000_000, 9, 100_000_000],
            [5, 50, 99_000, 1_000_000],
            [3, 3, 9, 9],
            [6425, 12_866, 0, 1],
        ] {
            let rates = Rates::new(&BinaryArm::new(x1, n1).unwrap(), &BinaryArm::new(x0, n0).unwrap());
            let cells = (rates.cells(), rates.difference());
            for z in [1e-3, 0.3, 1.96, 6.0, 30.0] {
                for half in [0.0, 0.5 * (rates.n1.recip() + rates.n0.recip())] {
                    let [end] = differences_below([cells], z, half);
                    let found = statistic(&rates, end, half);
                    // The end is a float: near -1 a digit of it is much of what is left.
                    let lost = 1e-15 / (1.0 + end);
                    assert!((found / z - 1.0).abs() < 1e-10 + lost, "{rates:?} {z} {half}: {end} {found}");
                }
                if x1 == 0 {
                    continue;
                }
                let [end] = ratios_below([cells], z);
                let fit = rates.fit_ratio(end);
                let variance = fit.p1 * fit.q1 / rates.n1 + end.ratio * fit.p1 * fit.q0 / rates.n0;
                let found = (rates.difference() - end.less_one * rates.p0()) / variance.sqrt();
                assert!((found / z - 1.0).abs() < 1e-9, "{rates:?} {z}: {end:?} {found}");
            }
        }
    }

    #[test]
    fn where_a_rate_of_one_begins_to_fall() {
        // Without conversions the rate of the control at z is z^2 / (n + z^2) (Wilson 1927), whatever the trials.
        for n in [28.0, 1e6, 1e15] {
            let [end] = differences_below([([0.0, 5.0, 0.0, n], 0.0)], 1.96, 0.0);
            let exact = -1.96 * 1.96 / (n + 1.96 * 1.96);
            assert!((end / exact - 1.0).abs() < 1e-14, "{n}: {end} {exact}");
        }
    }

    #[test]
    fn both_ends_are_those_of_one_search() {
        let rates = Rates::new(&BinaryArm::new(30, 1000).unwrap(), &BinaryArm::new(9, 400).unwrap());
        let cells = [(rates.cells(), 0.0075), (arms_exchanged(rates.cells()), -0.0075)];
        let both = differences_below(cells, 1.96, 0.0);
        assert_eq!(
            both,
            [differences_below([cells[0]], 1.96, 0.0)[0], differences_below([cells[1]], 1.96, 0.0)[0]]
        );
    }
}
