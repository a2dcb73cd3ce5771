//! Boundaries of a given shape: the constant by which the error over all looks is alpha.
//!
//! Each trial of a constant is a recursion over all looks. A guess comes from the crossings of a Brownian motion, a coarse grid leads to the
//! root, and two trials on the fine grid to its last digits. (200 looks: a third of the time of a bracketing search on the fine grid.)

use super::sequential_paths::{Grid, Paths};
use crate::math::{normal_quantile, normal_upper};

/// Looks multiply the error by about `1 + LOOKS ln(t_last / t_first)` where the critical value is the same at all.
const LOOKS: f64 = 1.6;
/// On the coarse grid nothing is gained by steps below this.
const COARSE_STEP: f64 = 1e-5;
/// What a straight line through two trials may be off, relative to the error spent.
const EXACT: f64 = 1e-14;
/// No logarithm of the error bends more than this per square of the constant.
const BEND: f64 = 4.0;
/// Steps until the constant is as good as it gets; secants need a handful.
const MOST_STEPS: u32 = 60;

/// Critical values `constant t^exponent` and the error of one side that each look spends, `alpha` in all.
pub(super) fn shape_boundary(
    information: &[f64],
    exponent: f64,
    alpha: f64,
    two_sided: bool,
) -> (Vec<f64>, Vec<f64>) {
    let factors: Vec<f64> = information.iter().map(|time| time.powf(exponent)).collect();
    let boundary = |constant: f64| factors.iter().map(|factor| constant * factor).collect::<Vec<f64>>();
    // One look at the whole level is too lax; Bonferroni's share at each is too strict, for factors are at least 1.
    let lax = -normal_quantile(alpha);
    if factors.len() == 1 {
        return (boundary(lax), vec![normal_upper(lax)]);
    }
    let strict = -normal_quantile(alpha / factors.len() as f64);
    let trial = |grid: Grid, constant: f64| {
        let spent = spending(grid, information, &boundary(constant), two_sided);
        let excess = (spent.iter().sum::<f64>() / alpha).ln();
        Trial { constant, spent, excess }
    };
    let mut search = Search { low: lax, high: strict, slope: f64::NAN };
    let mut last = trial(Grid::COARSE, start(information, &factors, alpha));
    // That of the normal tail, to begin with.
    search.slope = -(last.constant.max(0.0) + 1.0);
    for _ in 0..MOST_STEPS {
        let next = search.next(&last);
        if (next - last.constant).abs() < COARSE_STEP {
            last.constant = next;
            break;
        }
        let found = trial(Grid::COARSE, next);
        search.learn(&last, &found);
        last = found;
    }
    // The root of the fine grid may lie outside the bracket of the coarse one; the slope is the same.
    (search.low, search.high) = (lax, strict);
    last = trial(Grid::FINE, last.constant);
    for _ in 0..MOST_STEPS {
        let next = search.next(&last);
        if (next - last.constant).abs() <= f64::EPSILON * next.abs() {
            break;
        }
        let found = trial(Grid::FINE, next);
        search.learn(&last, &found);
        let (step, further) = (found.constant - last.constant, search.next(&found) - found.constant);
        if (BEND * further * (further + step)).abs() <= EXACT {
            let line = |(before, at): (&f64, &f64)| at + (at - before) * (further / step);
            let spent = last.spent.iter().zip(&found.spent).map(line).collect();
            return (boundary(found.constant + further), spent);
        }
        last = found;
    }
    (boundary(last.constant), last.spent)
}

/// The error that a constant spends at each look, and the logarithm of how much above alpha all of it is.
struct Trial {
    constant: f64,
    spent: Vec<f64>,
    excess: f64,
}

/// Secants of a falling function, inside a bracket.
struct Search {
    low: f64,
    high: f64,
    slope: f64,
}

impl Search {
    /// The root of the straight line, if it lies in the bracket.
    fn next(&mut self, last: &Trial) -> f64 {
        *(if last.excess > 0.0 { &mut self.low } else { &mut self.high }) = last.constant;
        let next = last.constant - last.excess / self.slope;
        if next >= self.low && next <= self.high { next } else { f64::midpoint(self.low, self.high) }
    }

    fn learn(&mut self, before: &Trial, found: &Trial) {
        let slope = (found.excess - before.excess) / (found.constant - before.constant);
        if slope < 0.0 && slope.is_finite() {
            self.slope = slope;
        }
    }
}

/// Where to begin: the looks count as `1 + LOOKS sum ln(t_(i+1) / t_i) P(z > constant f_i) / P(z > constant)` independent ones.
fn start(information: &[f64], factors: &[f64], alpha: f64) -> f64 {
    let mut constant = -normal_quantile(alpha / 2.0_f64.min(factors.len() as f64));
    for _ in 0..2 {
        let at = normal_upper(constant);
        let looks: f64 = information
            .windows(2)
            .zip(factors)
            .map(|(times, factor)| (times[1] / times[0]).ln() * normal_upper(constant * factor) / at)
            .sum();
        constant = -normal_quantile(alpha / (1.0 + LOOKS * looks).min(factors.len() as f64));
    }
    constant
}

/// P(crossing above first at each look), for critical values of z.
fn spending(grid: Grid, information: &[f64], critical_values: &[f64], two_sided: bool) -> Vec<f64> {
    let mut paths = Paths::on(grid, 0.0);
    let mut spent = Vec::with_capacity(information.len());
    for (look, (&time, critical)) in information.iter().zip(critical_values).enumerate() {
        let high = critical * time.sqrt();
        spent.push(paths.above(time, high).0);
        if let Some(&next) = information.get(look + 1) {
            paths.advance(time, if two_sided { -high } else { f64::NEG_INFINITY }, high, next);
        }
    }
    spent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_looks_spend_alpha_in_all() {
        for exponent in [0.0, -0.25, -0.5, -1.5] {
            for (alpha, two_sided) in
                [(0.025, true), (0.5, false), (0.45, true), (1e-9, true), (1e-60, false)]
            {
                for looks in [1, 2, 3, 7, 40] {
                    let times: Vec<f64> =
                        (1..=looks).map(|look| f64::from(look) / f64::from(looks)).collect();
                    let (critical, spent) = shape_boundary(&times, exponent, alpha, two_sided);
                    let all: f64 = spent.iter().sum();
                    assert!((all / alpha - 1.0).abs() < 1e-12, "{exponent} {alpha} {looks}: {all:e}");
                    // What is said to be spent is what these critical values spend, by the fine grid.
                    let again = spending(Grid::FINE, &times, &critical, two_sided);
                    for (said, known) in spent.iter().zip(again) {
                        assert!((said - known).abs() <= 1e-12 * alpha, "{exponent} {alpha} {looks}");
                    }
                }
            }
        }
    }

    #[test]
    fn very_close_looks_cost_nothing_much() {
        // Two looks at nearly the same data are one.
        let (critical, _) = shape_boundary(&[1.0 - 1e-6, 1.0], 0.0, 0.025, true);
        assert!((critical[1] + normal_quantile(0.025)).abs() < 2e-3, "{}", critical[1]);
        assert!(critical[1] > -normal_quantile(0.025));
    }
}
