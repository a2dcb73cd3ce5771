//! The tables that an exact test rejects: p-values as the test has them, limits found by search.

use super::super::binary_arm::BinaryArm;
use super::super::exact_tails::{Exact, Extreme};
use super::super::test_options::{Alternative, TestOptions};
use super::super::threshold::first;
use super::ProportionMethod;
use super::conditional::Hypergeometric;
use super::rates::Rates;
use super::unconditional::{MOST_TRIALS, Order, Tables};

/// Which tables count: those where the target is above the null, or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Above,
    Below,
}

/// The conversions of the target from which on (above), or up to which (below), a test rejects, for each number of conversions of both arms.
///
/// A limit that no number reaches lies outside `0..=n1`.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    /// The least number of conversions of both that has limits.
    first: i64,
    below: Vec<i64>,
    above: Vec<i64>,
}

impl Rejection {
    /// The probability to reject on a side, given the probabilities of the conversions of the target and of the control, from the numbers given on.
    pub(crate) fn probability(&self, side: Side, target: (i64, &[f64]), control: (i64, &[f64])) -> f64 {
        let ((from1, points1), (from0, points0)) = (target, control);
        let (last1, last0) = (from1 + points1.len() as i64 - 1, from0 + points0.len() as i64 - 1);
        let mut sum = 0.0;
        for (index, (&below, &above)) in self.below.iter().zip(&self.above).enumerate() {
            let all = self.first + index as i64;
            let (mut least, mut most) = (from1.max(all - last0), last1.min(all - from0));
            match side {
                Side::Above => least = least.max(above),
                Side::Below => most = most.min(below),
            }
            if least > most {
                continue;
            }
            let rising = &points1[(least - from1) as usize..=(most - from1) as usize];
            let falling = &points0[(all - most - from0) as usize..=(all - least - from0) as usize];
            sum += rising.iter().zip(falling.iter().rev()).map(|(p, q)| p * q).sum::<f64>();
        }
        sum
    }
}

/// The most trials of both arms that the test of a method takes, for plans.
pub(crate) fn most_trials(method: ProportionMethod) -> u64 {
    match method {
        ProportionMethod::Barnard | ProportionMethod::Boschloo => MOST_TRIALS as u64,
        _ => 200_000,
    }
}

/// What a search found last, from which the next one starts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    statistics: [Option<f64>; 2],
}

/// The tables of arms of this many trials that a test rejects, as far as the conversions of both lie within `totals`; for levels up to 0.3, with which no table at the mode is rejected.
pub(crate) fn rejection(
    method: ProportionMethod,
    options: &TestOptions,
    trials: [u64; 2],
    totals: (i64, i64),
    hint: &mut Hint,
) -> Rejection {
    match method {
        ProportionMethod::Barnard => unconditional(Order::Score, options, trials, totals, hint),
        ProportionMethod::Boschloo => unconditional(Order::Fisher, options, trials, totals, hint),
        ProportionMethod::FisherCentral => conditional(Extreme::Central, options, trials, totals),
        ProportionMethod::FisherMidP => conditional(Extreme::MidP, options, trials, totals),
        _ => conditional(Extreme::MinimumLikelihood, options, trials, totals),
    }
}

/// A table of these conversions.
fn rates_of(x1: i64, x0: i64, trials: [u64; 2]) -> Option<Rates> {
    let arm = |x: i64, n: u64| u64::try_from(x).ok().and_then(|x| BinaryArm::new(x, n).ok());
    Some(Rates::new(&arm(x1, trials[0])?, &arm(x0, trials[1])?))
}

/// Given the conversions of both, the p-value falls with the distance from the mode.
fn conditional(extreme: Extreme, options: &TestOptions, trials: [u64; 2], totals: (i64, i64)) -> Rejection {
    let [n1, n0] = trials.map(|n| n as i64);
    let parameter = options.null_value().ln();
    let mut limits = Rejection { first: totals.0, below: Vec::new(), above: Vec::new() };
    let mut before = None;
    for all in totals.0..=totals.1 {
        let (least, most) = ((all - n0).max(0), all.min(n1));
        let rejects = |x1: i64| {
            rates_of(x1, all - x1, trials).is_some_and(|rates| {
                let family = Hypergeometric::new(&rates);
                let exact = Exact { family: &family, seen: x1 as f64, extreme, patience: 1 };
                exact.p_value(parameter, options.alternative).p < options.alpha
            })
        };
        let mode = rates_of(least, all - least, trials).map_or(least, |rates| {
            use super::super::exact_tails::Family;
            Hypergeometric::new(&rates).mode(parameter) as i64
        });
        let (below, above) = before.unwrap_or((mode, mode));
        let above = if options.alternative == Alternative::Less {
            n1 + 1
        } else {
            let found = first(mode, most + 1, above, rejects);
            if found > most { n1 + 1 } else { found }
        };
        let below = if options.alternative == Alternative::Greater {
            -1
        } else {
            // Mirrored, so that the first is the greatest.
            let found = -first(-mode, -least + 1, -below, |x1| rejects(-x1));
            if found < least { -1 } else { found }
        };
        limits.below.push(below);
        limits.above.push(above);
        before = Some((if below < 0 { least } else { below }, if above > n1 { most } else { above }));
    }
    limits
}

/// All tables in the order of the statistic, of which the p-value is a falling function.
fn unconditional(
    order: Order,
    options: &TestOptions,
    trials: [u64; 2],
    totals: (i64, i64),
    hint: &mut Hint,
) -> Rejection {
    let [n1, n0] = trials.map(|n| n as i64);
    let count = (totals.1 - totals.0 + 1) as usize;
    let mut limits = Rejection { first: totals.0, below: vec![-1; count], above: vec![n1 + 1; count] };
    let null = options.null_value();
    let two_sided = options.alternative == Alternative::TwoSided;
    // Boschloo's test is that of both sides at half the level each; Barnard's puts both sides into one order.
    let sides = match (options.alternative, order) {
        (Alternative::TwoSided, Order::Score) => vec![None],
        (Alternative::TwoSided, Order::Fisher) => vec![Some(Side::Above), Some(Side::Below)],
        (Alternative::Greater, _) => vec![Some(Side::Above)],
        (Alternative::Less, _) => vec![Some(Side::Below)],
    };
    for (place, side) in sides.into_iter().enumerate() {
        let mut tables = Tables::all(trials, order, null, side != Some(Side::Below));
        if side.is_none() {
            for table in &mut tables {
                table.0 = table.0.abs();
            }
        }
        // The most extreme first.
        tables.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let alternative = match side {
            None => Alternative::TwoSided,
            Some(Side::Above) => Alternative::Greater,
            Some(Side::Below) => Alternative::Less,
        };
        let alpha = if two_sided && side.is_some() { 0.5 * options.alpha } else { options.alpha };
        let accepts = |index: i64| {
            let (_, x1, x0) = tables[index as usize];
            rates_of(x1, x0, trials)
                .is_none_or(|rates| Tables::new(&rates, order).p_value_at(null, alternative) >= alpha)
        };
        let guess = hint.statistics[place]
            .map_or(0, |statistic| tables.partition_point(|table| table.0 > statistic) as i64);
        let rejected = first(0, tables.len() as i64, guess, accepts) as usize;
        if rejected < tables.len() {
            hint.statistics[place] = Some(tables[rejected].0);
        }
        for &(_, x1, x0) in &tables[..rejected] {
            let index = x1 + x0 - totals.0;
            if index < 0 || index >= count as i64 {
                continue;
            }
            // The estimate is on the side of the score.
            let above =
                side.map_or(x1 as f64 / n1 as f64 - x0 as f64 / n0 as f64 > null, |side| side == Side::Above);
            let index = index as usize;
            if above {
                limits.above[index] = limits.above[index].min(x1);
            } else {
                limits.below[index] = limits.below[index].max(x1);
            }
        }
    }
    limits
}
