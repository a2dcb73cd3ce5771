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
    /// `m V`, the deviation from the estimate.
    deviation: f64,
    found: bool,
}

impl Search {
    fn from(start: f64) -> Self {
        Self {
            m: Multiplier { base: 0.0, more: start },
            low: 0.0,
            high: f64::INFINITY,
            deviation: 0.0,
            found: false,
        }
    }

    fn step(&mut self, z: f64, half: f64, trials: [f64; 2], v: &Variance) {
        if self.m.base == 0.0 && v.root < CLOSE {
            // From here on counted from the trials nearest to it.
            let far = |trials: f64| (trials - self.m.more).abs();
            let near = if far(trials[0]) <= far(trials[1]) { trials[0] } else { trials[1] };
            self.m = Multiplier { base: near, more: self.m.more - near };
            (self.low, self.high) = (self.low - near, self.high - near);
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
        let next = more + step;
        self.m.more = if slope > 0.0 && next > self.low && next < self.high {
            next
        } else if self.high.is_infinite() {
            more + all
        } else {
            f64::midpoint(self.low, self.high)
        };
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
        let ratio = u / rate;
        // Near 1 what is left of the difference of the rates has the digits.
        let less_one = (cells[end].1 - m.value() * shrunk.variance - more * rest) / rate;
        Relative { ratio, less_one: if less_one.abs() < 0.5 { less_one } else { ratio - 1.0 } }
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
