//! A difference of means where each customer of the target also costs something that is as random as what they bring in, such as a voucher for
//! each response.
//!
//! - Fieller (1954), "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2), for the return on the cost.
//! - The score test of means (`mean_score`), for the part that target and control have in common.

use super::comparison::{Adjusted, Own};
use super::cornish_fisher::CornishFisher;
use super::interval::Interval;
use super::mean_arm::MeanArm;
use super::mean_method::MeanMethod;
use super::mean_test::{compare_means, compare_means_with_own, score_statistic, scored};
use super::proportion::score::falling_root;
use super::t_statistic::critical_value;
use super::test_options::{Alternative, TestOptions};
use super::test_result::TestResult;
use crate::error::Result;

/// Returns are looked for within so many standard errors.
const MOST_ERRORS: f64 = 1e9;

/// A skewness below this is rounding.
const LEAST_LEAN: f64 = 1e-9;

/// Values of a target and a control, and what each customer of the target cost, above its mean.
pub(crate) struct NetMeans {
    values: Vec<f64>,
    costs: Vec<f64>,
    target: MeanArm,
    control: MeanArm,
    /// What an adjustment made of the values.
    adjusted: Adjusted,
    /// Sums of products over the target's customers: value and cost, cost twice; value twice and cost, value and cost twice, cost thrice.
    products: [f64; 5],
}

impl NetMeans {
    /// Of values and costs of the target's customers; the costs have the mean 0.
    pub(crate) fn new(
        values: Vec<f64>,
        costs: Vec<f64>,
        control: MeanArm,
        adjusted: Adjusted,
    ) -> Result<Self> {
        let target = MeanArm::from_values(&values)?;
        let mean = target.mean();
        let mut products = [0.0; 5];
        for (value, cost) in values.iter().zip(&costs) {
            let value = value - mean;
            let terms =
                [value * cost, cost * cost, value * value * cost, value * cost * cost, cost * cost * cost];
            products.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        Ok(Self { values, costs, target, control, adjusted, products })
    }

    /// The test of the mean of `value - times cost` against that of the control.
    ///
    /// Only the target has the cost. By a score test its variance is that of the value under the null and what the cost adds to it among the target's
    /// customers, or the part of it that the cost leaves there; and so is the third moment. Other tests compare the means of net values.
    pub(crate) fn compare(
        &self,
        times: f64,
        method: MeanMethod,
        options: &TestOptions,
    ) -> Result<TestResult> {
        let (target, own) = if self.has_score(method) {
            (self.target, self.own(times))
        } else {
            (self.net(times)?, Own::NOTHING)
        };
        if self.has_score(method) || self.has_shape(method) {
            return compare_means_with_own(&target, &self.control, own, self.adjusted, method, options);
        }
        let method = if method.is_score() { MeanMethod::Welch } else { method };
        compare_means(&target, &self.control, method, options)
    }

    /// Whether adjusted means, of which one is below 0, are judged by Student's test less the shape of net values.
    pub(crate) fn has_shape(&self, method: MeanMethod) -> bool {
        method.is_score() && !self.has_score(method) && self.adjusted.is_some()
    }

    fn net(&self, times: f64) -> Result<MeanArm> {
        let net: Vec<f64> =
            self.values.iter().zip(&self.costs).map(|(value, cost)| value - times * cost).collect();
        MeanArm::from_values(&net)
    }

    /// How far the statistic of a multiple of the cost may be above 0, and below, where it [has a shape](Self::has_shape).
    pub(crate) fn criticals(
        &self,
        times: f64,
        method: MeanMethod,
        options: &TestOptions,
    ) -> Result<[f64; 2]> {
        let pair = scored(&self.net(times)?, &self.control, Own::NOTHING, self.adjusted, method)?;
        let shape = pair.map_or(CornishFisher::NORMAL, |pair| pair.shape());
        let critical = critical_value(options.alpha, self.degrees(), options.alternative);
        Ok([shape.statistic(critical), -shape.statistic(-critical)])
    }

    fn degrees(&self) -> f64 {
        self.target.count() as f64 + self.control.count() as f64 - 2.0
    }

    /// Whether there is a variance that follows the means.
    pub(crate) fn has_score(&self, method: MeanMethod) -> bool {
        let (target, control) = (self.target.mean(), self.control.mean());
        let varies = self.target.m2() + self.control.m2() > 0.0;
        method.is_score() && varies && target.min(control) >= 0.0 && target.max(control) > 0.0
    }

    /// The multiples g of the cost at which `value - g cost` is not told from the control's mean, less the estimate, by a score test; `mean_cost` is the
    /// mean of the costs, above 0.
    pub(crate) fn multiples(&self, mean_cost: f64, method: MeanMethod, options: &TestOptions) -> Interval {
        let critical = critical_value(options.alpha, self.degrees(), options.alternative);
        let difference = self.target.exact_mean().less(self.control.exact_mean());
        let estimate = difference / mean_cost;
        let statistic = |above: f64| {
            let times = estimate + above;
            let own = self.own(times);
            score_statistic(&self.target, &self.control, own, self.adjusted, method, times * mean_cost)
        };
        // At the estimate the deviation is 0: a step beside it tells the standard error.
        let slope = |step: f64| step / (statistic(-step) - statistic(step)).abs();
        let step = 2.0 * slope(1e-3 * (estimate.abs() + 1.0));
        if !(step > 0.0 && step.is_finite()) {
            // Net values of two or three customers may have no variance at the estimate.
            return Interval::bounded(f64::NEG_INFINITY, f64::INFINITY);
        }
        let end = |critical: f64| {
            let most = MOST_ERRORS * step;
            let found =
                falling_root(|above| statistic(above) - critical, -critical * step, step, (-most, most));
            if found.abs() < most { found } else { f64::INFINITY.copysign(found) }
        };
        let lower = if options.alternative == Alternative::Less { f64::NEG_INFINITY } else { end(critical) };
        let upper = if options.alternative == Alternative::Greater { f64::INFINITY } else { end(-critical) };
        Interval::bounded(lower, upper)
    }

    /// What so many times the cost adds to the variance and the third moment of the target's mean, or leaves of them.
    fn own(&self, times: f64) -> Own {
        let n = self.target.count() as f64;
        let [with, square, twice, once, cube] = self.products;
        let more = times * (times * square - 2.0 * with);
        let third = times * (times * (3.0 * once - times * cube) - 3.0 * twice);
        let squares = self.target.m2();
        if more >= 0.0 || squares == 0.0 {
            let variance = more.max(0.0) / (n - 1.0).max(1.0) / n;
            return Own { variance, third: third / n / n / n, ..Own::NOTHING };
        }
        let share = (1.0 + more / squares).max(0.0);
        let cubes = self.target.skewness() * squares * (squares / n).sqrt();
        // Where values lean to the left, or nowhere but for rounding, the shape stays.
        let third_share = if self.target.skewness() > LEAST_LEAN {
            (1.0 + third / cubes).clamp(-1.0, 1.0)
        } else {
            share * share.sqrt()
        };
        Own { share, third_share, ..Own::NOTHING }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty buyers among 400 targets, three among 60 controls; who buys has a voucher.
    fn given() -> (Vec<f64>, Vec<f64>, MeanArm) {
        let paid = |row: usize| if row.is_multiple_of(10) { 20.0 + (row % 70) as f64 } else { 0.0 };
        let values: Vec<f64> = (0..400).map(paid).collect();
        let costs = values.iter().map(|&value| f64::from(u8::from(value > 0.0)) * 5.0 - 0.5).collect();
        let control: Vec<f64> = (0..60).map(|row| if row % 20 == 0 { 30.0 } else { 0.0 }).collect();
        (values, costs, MeanArm::from_values(&control).unwrap())
    }

    #[test]
    fn without_a_cost_it_is_the_test_of_means() {
        let (values, costs, control) = given();
        let target = MeanArm::from_values(&values).unwrap();
        let net = NetMeans::new(values, costs, control, Adjusted::NOTHING).unwrap();
        for method in [MeanMethod::Score, MeanMethod::SkewnessCorrected, MeanMethod::Welch] {
            for null in [0.0, 1.0, -2.0] {
                let options = TestOptions::default().null(null);
                let plain = compare_means(&target, &control, method, &options).unwrap();
                let found = net.compare(0.0, method, &options).unwrap();
                assert!((found.p_value / plain.p_value - 1.0).abs() < 1e-12);
                assert!((found.interval.lower - plain.interval.lower).abs() < 1e-9);
                assert!((found.interval.upper - plain.interval.upper).abs() < 1e-9);
            }
        }
    }

    /// Sums over the net values.
    #[test]
    fn what_the_cost_adds_is_that_of_net_values() {
        let (values, costs, control) = given();
        let moments = |times: f64| {
            let net: Vec<f64> = values.iter().zip(&costs).map(|(v, c)| v - times * c).collect();
            let mean = net.iter().sum::<f64>() / 400.0;
            let sum = |power| net.iter().map(|x| (x - mean).powi(power)).sum::<f64>();
            (sum(2) / 399.0 / 400.0, sum(3) / 400.0 / 400.0 / 400.0)
        };
        let net = NetMeans::new(values.clone(), costs.clone(), control, Adjusted::NOTHING).unwrap();
        for times in [1.0, -0.7, 3.0, 40.0] {
            let own = net.own(times);
            let (plain, with) = (moments(0.0), moments(times));
            let found = (plain.0 * own.share + own.variance, plain.1 * own.third_share + own.third);
            assert!((found.0 / with.0 - 1.0).abs() < 1e-12, "{times} {own:?}");
            assert!((found.1 - with.1).abs() < 1e-12 * plain.1.max(with.1), "{times} {own:?}");
        }
    }

    /// Against the difference that was seen nothing is left but the skewness: W + A (W^2 - 1) = 0.
    #[test]
    fn what_the_cost_leaves_has_the_skewness_of_its_parts() {
        let (values, costs, control) = given();
        let target = MeanArm::from_values(&values).unwrap();
        let mut both = target;
        both.merge(&control).unwrap();
        let (n, n_t, n_c) = (460.0_f64, 400.0, 60.0);
        let square = (target.m2() + control.m2()) / (n - 2.0);
        let g = both.skewness() * (n * (n - 1.0)).sqrt() / (n - 2.0);
        let cubes = target.skewness() * target.m2() * (target.m2() / n_t).sqrt();
        let net = NetMeans::new(values.clone(), costs.clone(), control, Adjusted::NOTHING).unwrap();
        for times in [1.0, 2.0] {
            let left: Vec<f64> = values.iter().zip(&costs).map(|(v, c)| v - times * c).collect();
            let left = MeanArm::from_values(&left).unwrap();
            let third = left.skewness() * left.m2() * (left.m2() / n_t).sqrt() / cubes;
            let share = left.m2() / target.m2();
            assert!(share < 0.95 && third < 0.95);
            let (of_target, of_control) = (target.mean() / both.mean(), control.mean() / both.mean());
            let spread = of_target * share / n_t + of_control / n_c;
            let moment = of_target * third / n_t / n_t - of_control / n_c / n_c;
            let a = g * moment / spread.powf(1.5) / 6.0;
            let options = TestOptions::default().null(target.mean() - control.mean());
            let found = net.compare(times, MeanMethod::SkewnessCorrected, &options).unwrap();
            let w = found.statistic;
            assert!((w + a * (w * w - 1.0)).abs() < 1e-9, "{times} {w} {a}");
            assert!((found.standard_error / (square * spread).sqrt() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_multiple_is_rejected_outside_of_the_interval_only() {
        let (values, costs, control) = given();
        let net = NetMeans::new(values, costs, control, Adjusted::NOTHING).unwrap();
        for (method, alpha) in
            [(MeanMethod::Score, 0.05), (MeanMethod::SkewnessCorrected, 0.05), (MeanMethod::Score, 0.4)]
        {
            let options = TestOptions::default().alpha(alpha);
            let found = net.multiples(0.8, method, &options);
            let estimate = net.compare(0.0, method, &options).unwrap().difference / 0.8;
            assert!(found.lower < 0.0 && found.upper > 0.0 && found.upper.is_finite(), "{found:?}");
            for step in -40..40 {
                let above = 0.003 + f64::from(step) * 0.21;
                let times = estimate + above;
                let test = net.compare(times, method, &options.null(times * 0.8)).unwrap();
                assert_eq!(test.p_value < alpha, !found.contains(above), "{method:?} {above} {found:?}");
            }
        }
    }
}
