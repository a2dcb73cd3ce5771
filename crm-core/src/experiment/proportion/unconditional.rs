//! Exact tests of two rates that take nothing as given but the trials: the largest p-value over all rates that the null allows.
//!
//! Barnard (1945, 1947) with the score statistic (Suissa and Shuster 1985; for nulls other than 0 Chan and Zhang 1999), and Boschloo (1970),
//! who orders tables by Fisher's one-sided p-value.

use std::f64::consts::FRAC_PI_2;

use super::super::binary_arm::BinaryArm;
use super::super::exact_tails::ln_add;
use super::super::interval::Interval;
use super::super::normal_tail::PValue;
use super::super::test_options::{Alternative, TestOptions};
use super::super::test_result::TestStatus;
use super::evidence::{Evidence, ends};
use super::rates::Rates;
use super::score::Pivot;
use crate::error::{Error, ErrorKind, Result};
use crate::math::ln_gamma;

/// The most trials of both arms together.
pub(super) const MOST_TRIALS: f64 = 1000.0;
/// Statistics that differ by less are taken as equal: rounding, not order.
const TIE: f64 = 1e-10;
/// Halvings of the search for an end of the interval.
const HALVINGS: u32 = 44;

/// What orders the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The score statistic of the difference.
    Score,
    /// Fisher's one-sided p-value at the odds ratio.
    Fisher,
}

/// Barnard's and Boschloo's test.
pub(super) fn evidence(rates: &Rates, order: Order, options: &TestOptions) -> Result<Evidence> {
    if rates.trials() > MOST_TRIALS {
        let message = format!(
            "{} trials are more than the {MOST_TRIALS} that an exact unconditional test takes: a score test is as good at this size",
            rates.trials()
        );
        return Err(Error::new(ErrorKind::OutOfRange, message).on("method"));
    }
    let tables = Tables::new(rates, order);
    let null = options.null_value();
    let statistic = match order {
        Order::Score => Pivot::of_difference(rates).at(null),
        Order::Fisher => f64::NAN,
    };
    let p = tables.p_value(tables.parameter(null), options.alternative);
    let interval = tables.interval(options);
    let status = if rates.conversions() == 0.0 {
        TestStatus::NoConversions
    } else if rates.f1 + rates.f0 == 0.0 {
        TestStatus::AllConverted
    } else {
        TestStatus::Ok
    };
    Ok(Evidence { statistic, p, interval, standard_error: f64::NAN, status })
}

/// All tables with these trials.
pub(super) struct Tables<'a> {
    rates: &'a Rates,
    order: Order,
    /// ln C(n1, x) and ln C(n0, x).
    ln_choose: [Vec<f64>; 2],
}

/// For each count of the target, the counts of the control that are at least as extreme: up to the first, and from the second on.
type Region = Vec<(i64, i64)>;

fn ln_choose(n: f64) -> Vec<f64> {
    let all = ln_gamma(n + 1.0);
    (0..=n as usize).map(|x| all - ln_gamma(x as f64 + 1.0) - ln_gamma(n - x as f64 + 1.0)).collect()
}

impl<'a> Tables<'a> {
    pub(super) fn new(rates: &'a Rates, order: Order) -> Self {
        Self { rates, order, ln_choose: [ln_choose(rates.n1), ln_choose(rates.n0)] }
    }

    /// Every table with its evidence that the target is above the null, or below: the larger, the more extreme.
    pub(super) fn all(trials: [u64; 2], order: Order, null: f64, above: bool) -> Vec<(f64, i64, i64)> {
        let [n1, n0] = trials;
        let arm = |x: u64, n: u64| BinaryArm::new(x, n).ok();
        let mut found = Vec::with_capacity(((n1 + 1) * (n0 + 1)) as usize);
        let mut put = |evidence: f64, x1: u64, x0: u64| {
            if !evidence.is_nan() {
                found.push((evidence, x1 as i64, x0 as i64));
            }
        };
        let sign = if above { 1.0 } else { -1.0 };
        for x1 in 0..=n1 {
            let Some(target) = arm(x1, n1) else { continue };
            for x0 in 0..=n0 {
                let Some(control) = arm(x0, n0) else { continue };
                if order == Order::Score {
                    let rates = Rates::new(&target, &control);
                    put(sign * Pivot::of_difference(&rates).at(null), x1, x0);
                } else if x1 == 0 || x0 == n0 {
                    // One table of each diagonal stands for it.
                    let (rates, all) = (Rates::new(&target, &control), x1 + x0);
                    Tables::new(&rates, order).diagonal(all as usize, null.ln(), above, &mut |x, ln_p| {
                        put(-ln_p, x as u64, all - x as u64);
                    });
                }
            }
        }
        found
    }

    pub(super) fn p_value_at(&self, null: f64, alternative: Alternative) -> f64 {
        self.p_value(self.parameter(null), alternative).p
    }

    /// Fisher's one-sided p-values, as logarithms, of the tables with so many conversions, from the most extreme one.
    fn diagonal(&self, all: usize, ln_odds: f64, above: bool, visit: &mut dyn FnMut(usize, f64)) {
        let (n1, n0) = (self.rates.n1 as usize, self.rates.n0 as usize);
        let [choose1, choose0] = &self.ln_choose;
        let (least, most) = (all.saturating_sub(n0), all.min(n1));
        let weight = |x: usize| choose1[x] + choose0[all - x] + x as f64 * ln_odds;
        let total = (least..=most).map(weight).fold(f64::NEG_INFINITY, ln_add);
        let mut tail = f64::NEG_INFINITY;
        for step in 0..=most - least {
            let x = if above { most - step } else { least + step };
            tail = ln_add(tail, weight(x));
            visit(x, tail - total);
        }
    }

    /// The difference, or the logarithm of the odds ratio.
    fn parameter(&self, value: f64) -> f64 {
        if self.order == Order::Score { value } else { value.ln() }
    }

    fn p_value(&self, parameter: f64, alternative: Alternative) -> PValue {
        let of = |region: &Region| PValue::from_ln(self.ln_largest(region, parameter));
        match (alternative, self.order) {
            (Alternative::Greater, _) => of(&self.region(parameter, true, false)),
            (Alternative::Less, _) => of(&self.region(parameter, false, true)),
            (_, Order::Score) => of(&self.region(parameter, true, true)),
            (_, Order::Fisher) => {
                let greater = of(&self.region(parameter, true, false));
                PValue::central(of(&self.region(parameter, false, true)).ln_p, greater.ln_p)
            }
        }
    }

    /// The tables with at least the evidence seen that the target is above the null, below it, or either.
    fn region(&self, parameter: f64, above: bool, below: bool) -> Region {
        match self.order {
            Order::Score => self.region_by_score(parameter, above, below),
            Order::Fisher => self.region_by_fisher(parameter, above),
        }
    }

    fn region_by_score(&self, difference: f64, above: bool, below: bool) -> Region {
        let (n1, n0) = (self.rates.n1 as i64, self.rates.n0 as i64);
        let score = |x1: i64, x0: i64| {
            let arm = |x: i64, n: i64| BinaryArm::new(x as u64, n as u64);
            match (arm(x1, n1), arm(x0, n0)) {
                (Ok(target), Ok(control)) => {
                    Pivot::of_difference(&Rates::new(&target, &control)).at(difference)
                }
                // Counts within the trials make arms.
                _ => f64::NAN,
            }
        };
        let seen = Pivot::of_difference(self.rates).at(difference);
        let tie = TIE * seen.abs().max(1.0);
        let (high, low) = if above && below { (seen.abs(), -seen.abs()) } else { (seen, seen) };
        // The score falls with the control's conversions and rises with the target's, so that both limits only grow.
        let (mut up_to, mut from) = (-1, 0);
        let mut region = Vec::with_capacity(n1 as usize + 1);
        for x1 in 0..=n1 {
            if above {
                while up_to < n0 && score(x1, up_to + 1) >= high - tie {
                    up_to += 1;
                }
            }
            if below {
                while from <= n0 && score(x1, from) > low + tie {
                    from += 1;
                }
            }
            let start = if below { from } else { n0 + 1 };
            // Where both meet every table counts, once.
            region.push(if start <= up_to { (n0, n0 + 1) } else { (up_to, start) });
        }
        region
    }

    fn region_by_fisher(&self, ln_odds: f64, above: bool) -> Region {
        let (n1, n0) = (self.rates.n1 as usize, self.rates.n0 as usize);
        let (seen1, seen0) = (self.rates.x1 as usize, self.rates.x0 as usize);
        let mut limit = 0.0;
        self.diagonal(seen1 + seen0, ln_odds, above, &mut |x, ln_p| {
            if x == seen1 {
                limit = ln_p + TIE * (1.0 - ln_p);
            }
        });
        let mut region: Region = vec![(-1, n0 as i64 + 1); n1 + 1];
        for m in 0..=n1 + n0 {
            self.diagonal(m, ln_odds, above, &mut |x, ln_p| {
                if ln_p <= limit {
                    let x0 = (m - x) as i64;
                    let row = &mut region[x];
                    if above { row.0 = row.0.max(x0) } else { row.1 = row.1.min(x0) }
                }
            });
        }
        region
    }

    /// ln of the largest probability of a region under the null.
    fn ln_largest(&self, region: &Region, parameter: f64) -> f64 {
        let rate_of = |angle: f64| angle.sin() * angle.sin();
        // On the scale of the angle a rate's error is the same everywhere; a quarter of one resolves every peak.
        let (least, most) = match self.order {
            Order::Score => ((-parameter).max(0.0), (1.0 - parameter).min(1.0)),
            Order::Fisher => (0.0, 1.0),
        };
        let at = |angle: f64| self.ln_probability(region, rate_of(angle).clamp(least, most), parameter);
        let (first, last) = (least.sqrt().asin(), most.sqrt().asin());
        let steps = (8.0 * self.rates.trials().sqrt() * (last - first) / FRAC_PI_2).ceil().max(4.0) as usize;
        let width = (last - first) / steps as f64;
        let values: Vec<f64> = (0..=steps).map(|step| at(first + step as f64 * width)).collect();
        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut found = best;
        for (step, &value) in values.iter().enumerate() {
            let before = if step == 0 { f64::NEG_INFINITY } else { values[step - 1] };
            let after = values.get(step + 1).copied().unwrap_or(f64::NEG_INFINITY);
            if value >= before && value >= after && value > best - 0.5 {
                let middle = first + step as f64 * width;
                found = found.max(peak(&at, (middle - width).max(first), (middle + width).min(last)));
            }
        }
        found.min(0.0)
    }

    fn ln_probability(&self, region: &Region, p0: f64, parameter: f64) -> f64 {
        let (p1, q1) = match self.order {
            Order::Score => ((p0 + parameter).clamp(0.0, 1.0), (1.0 - p0 - parameter).clamp(0.0, 1.0)),
            Order::Fisher => {
                let odds = parameter.exp() * p0;
                (odds / (odds + (1.0 - p0)), (1.0 - p0) / (odds + (1.0 - p0)))
            }
        };
        let point = |arm: usize, n: f64, x: usize, ln_p: f64, ln_q: f64| {
            let term = |count: f64, ln: f64| if count == 0.0 { 0.0 } else { count * ln };
            self.ln_choose[arm][x] + term(x as f64, ln_p) + term(n - x as f64, ln_q)
        };
        let (n1, n0) = (self.rates.n1, self.rates.n0);
        let (ln_p0, ln_q0) = (p0.ln(), (-p0).ln_1p());
        let control: Vec<f64> = (0..=n0 as usize).map(|x| point(1, n0, x, ln_p0, ln_q0)).collect();
        let running = |tail: &mut f64, &value: &f64| {
            *tail = ln_add(*tail, value);
            Some(*tail)
        };
        let lower: Vec<f64> = control.iter().scan(f64::NEG_INFINITY, running).collect();
        let mut upper: Vec<f64> = control.iter().rev().scan(f64::NEG_INFINITY, running).collect();
        upper.reverse();
        let (ln_p1, ln_q1) = (p1.ln(), q1.ln());
        let mut sum = f64::NEG_INFINITY;
        for (x1, &(up_to, from)) in region.iter().enumerate() {
            let mut tail = f64::NEG_INFINITY;
            if up_to >= 0 {
                tail = lower[up_to as usize];
            }
            if from <= n0 as i64 {
                tail = ln_add(tail, upper[from as usize]);
            }
            if tail > f64::NEG_INFINITY {
                sum = ln_add(sum, tail + point(0, n1, x1, ln_p1, ln_q1));
            }
        }
        sum
    }

    /// What the test does not reject, each end by halving from the estimate outwards.
    fn interval(&self, options: &TestOptions) -> Interval {
        let accepted =
            |parameter: f64| self.p_value(parameter, options.alternative).ln_p >= options.alpha.ln();
        let rates = self.rates;
        let (estimate, back): (f64, fn(f64) -> f64) = match self.order {
            Order::Score => (rates.difference(), |value| value),
            Order::Fisher => {
                let half = |x: f64| x + 0.5;
                let odds = half(rates.x1) * half(rates.f0) / (half(rates.x0) * half(rates.f1));
                (odds.ln(), f64::exp)
            }
        };
        let end = |direction: f64| {
            let (mut inside, mut outside) = (estimate, estimate);
            let mut step = 2.0 / rates.n1.min(rates.n0).sqrt();
            loop {
                outside = match self.order {
                    Order::Score => (outside + 0.5 * step * direction).clamp(-1.0, 1.0),
                    Order::Fisher => outside + 4.0 * step * direction,
                };
                if !accepted(outside) {
                    break;
                }
                inside = outside;
                step *= 1.5;
                if self.order == Order::Score && outside.abs() >= 1.0 {
                    return outside;
                }
                if outside.abs() > 60.0 {
                    return f64::INFINITY * direction;
                }
            }
            for _ in 0..HALVINGS {
                let middle = 0.5 * (inside + outside);
                if accepted(middle) { inside = middle } else { outside = middle }
            }
            inside
        };
        ends(options, || back(end(-1.0)), || back(end(1.0)))
    }
}

/// The largest value of a function with one peak between two angles (golden section).
fn peak(f: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let (mut a, mut b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut fa, mut fb) = (f(a), f(b));
    let mut best = fa.max(fb);
    for _ in 0..32 {
        if fa > fb {
            high = b;
            (b, fb) = (a, fa);
            a = high - GOLDEN * (high - low);
            fa = f(a);
        } else {
            low = a;
            (a, fa) = (b, fb);
            b = low + GOLDEN * (high - low);
            fb = f(b);
        }
        best = best.max(fa).max(fb);
    }
    best
}
