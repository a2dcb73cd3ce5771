//! What a target returned on its cost.
//!
//! References:
//! - Fieller, E. C. (1954), "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2), for ratios.
//! - Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22, for the control's rate.
//! - Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions", Statistics in Medicine 17, and Zou, G. Y.
//!   and Donner, A. (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27, for the sum
//!   of a rate and a ratio that have intervals of their own (MOVER).

use super::measure::Grouping;
use super::measure_options::ArmCost;
use super::measure_report::ArmReturn;
use super::outcomes::CampaignMetric;
use crate::error::Result;
use crate::experiment::{
    Adjusted, Alternative, Amount, CampaignCost, CampaignReturn, Interval, IntervalKind, JointArm, MeanArm,
    Measures, NetMeans, RateMethod, TestOptions, TestResult, TestStatus, campaign_return_of,
    incremental_conversions, test_rate,
};
use crate::math::{normal_quantile, student_t_quantile};

impl Grouping<'_> {
    /// What a target returned in a group.
    pub(super) fn returned(&self, group: usize, arm: usize, cost: ArmCost) -> Result<ArmReturn> {
        let contacts = self.cells.count(group, arm);
        let responses = match self.outcomes.responses() {
            Some(column) => self.cells.rate(group, arm, column)?.conversions(),
            None => 0,
        };
        let fixed =
            cost.fixed * (contacts as f64 / self.counts[arm] as f64) + cost.per_response * responses as f64;
        let paid = CampaignCost::new(fixed, cost.per_contact)?.margin(cost.margin)?;
        let options = self.options.test();
        let mut returned = campaign_return_of(contacts, &paid, &options, |options| {
            self.compare(CampaignMetric::Revenue, group, arm, options)
        })?;
        let each = cost.per_response / cost.margin;
        if each > 0.0 {
            returned = self.with_random_cost(group, arm, each, &paid, &returned)?;
        }
        let converting = [CampaignMetric::Conversion, CampaignMetric::Response];
        let metric = converting.into_iter().find(|metric| self.outcomes.metric(*metric).is_some());
        let (conversions, break_even_rate) = match metric {
            None => (None, Amount { estimate: f64::NAN, interval: Interval::unbounded() }),
            Some(metric) => {
                let rates = self.compare(metric, group, arm, &options)?;
                let conversions = incremental_conversions(&rates, contacts, &paid)?;
                let needed = returned.break_even_mean;
                (Some(conversions), self.break_even_rate(metric, group, arm, needed, each)?)
            }
        };
        Ok(ArmReturn {
            grouping: self.name.to_owned(),
            group: self.cells.groups[group].clone(),
            arm: self.outcomes.names()[arm].clone(),
            returned,
            conversions,
            break_even_rate,
        })
    }

    /// What each customer of a target cost by responding, above the mean, for a cost `each` of a response; none where responses are not known.
    fn response_costs(&self, group: usize, arm: usize, each: f64) -> Vec<f64> {
        let rows = self.cells.rows(group, arm);
        let Some(column) = self.outcomes.responses() else { return vec![0.0; rows.len()] };
        let responded = |&row: &u32| column[row as usize];
        let rate = rows.iter().map(responded).sum::<f64>() / rows.len() as f64;
        rows.iter().map(|row| each * (responded(row) - rate)).collect()
    }

    /// Revenue of each customer of a target and of the control, adjusted by the covariate if there is one, and what each of the target cost by responding.
    fn earned(&self, group: usize, arm: usize, each: f64) -> Result<NetMeans> {
        let (control, column) = (self.outcomes.control(), self.column(CampaignMetric::Revenue)?);
        let mut target = self.cells.values(group, arm, column);
        let mut of_control = self.cells.values(group, control, column);
        let mut shape = Adjusted::NOTHING;
        if let Some(before) = self.outcomes.covariate() {
            let (adjusted, found) = self.adjusted(group, arm, column, before, &self.options.test())?;
            let theta = adjusted.theta.first().copied().unwrap_or(0.0);
            shape = found;
            let covariates = [arm, control].map(|arm| self.cells.values(group, arm, before));
            let count = covariates.iter().map(Vec::len).sum::<usize>() as f64;
            let mean = covariates.iter().flatten().map(|value| value / count).sum::<f64>();
            for (values, covariates) in [&mut target, &mut of_control].into_iter().zip(&covariates) {
                for (value, covariate) in values.iter_mut().zip(covariates) {
                    *value -= theta * (covariate - mean);
                }
                if adjusted.result.status == TestStatus::NoVariance {
                    // What is left differs by rounding only.
                    let mean = MeanArm::from_values(values)?.mean();
                    values.fill(mean);
                }
            }
        }
        NetMeans::new(
            target,
            self.response_costs(group, arm, each),
            MeanArm::from_values(&of_control)?,
            shape,
        )
    }

    /// What a target returned where responses cost something: they are as random as revenue, and go along with it.
    ///
    /// The test of profit is that of net revenue, `x = revenue - (each response's cost / margin)(response - its mean)`, against the revenue that
    /// covers the cost. Return on cost is the ratio `g = margin N / D` less 1, with N the difference of revenue and D the cost of a contact: the
    /// values of g at which `margin N - g D` is not told from 0 by the same test ([`NetMeans::multiples`]; Fieller 1954 for those that are no score test).
    fn with_random_cost(
        &self,
        group: usize,
        arm: usize,
        each: f64,
        paid: &CampaignCost,
        known: &CampaignReturn,
    ) -> Result<CampaignReturn> {
        let options = self.options.test();
        let earned = self.earned(group, arm, each)?;
        let method = self.options.mean_method;
        let test = |times: f64, options: &TestOptions| earned.compare(times, method, options);
        let split = self.split(group, arm)?;
        let net = campaign_return_of(known.contacts, paid, &options, |options| {
            Ok(TestResult { split, ..test(1.0, options)? })
        })?;
        let cost = net.break_even_mean;
        let (roi, revenue_per_cost) = if cost > 0.0 {
            let ratio = known.difference.difference / cost;
            let (rejected, alternative) = (net.break_even.rejects(), options.alternative);
            let ends = if earned.has_score(method) {
                let ends = earned.multiples(cost, method, &options);
                ends.hull_agreeing(1.0 - ratio, rejected, 0.0, alternative)
            } else {
                // The variance is a square in g: three points give it, as far apart as g is large. Values without any have none.
                let variance = |g: f64| -> Result<f64> {
                    let error = test(g, &options)?.standard_error;
                    Ok(if error.is_nan() { 0.0 } else { error * error })
                };
                let step = ratio.abs().max(1.0);
                let (before, at, after) =
                    (variance(ratio - step)?, variance(ratio)?, variance(ratio + step)?);
                let of_cost = (f64::midpoint(before, after) - at).max(0.0) / step / step;
                let shared = (before - after) / 4.0 / step;
                let moments = [at, shared, of_cost];
                if earned.has_shape(method) {
                    let [above, below] = earned.criticals(1.0, method, &options)?;
                    let side = |alternative, critical| {
                        let side = options.alternative(alternative);
                        ratio_interval(cost, moments, &side, |_| critical)
                    };
                    // What has a gap or no end has no end here.
                    let end = |interval: Interval, end: f64, none: f64| {
                        if interval.kind == IntervalKind::Bounded { end } else { none }
                    };
                    let (lower, upper) = (side(Alternative::Greater, above), side(Alternative::Less, below));
                    let (lower, upper) =
                        (end(lower, lower.lower, f64::NEG_INFINITY), end(upper, upper.upper, f64::INFINITY));
                    let lower = if alternative == Alternative::Less { f64::NEG_INFINITY } else { lower };
                    let upper = if alternative == Alternative::Greater { f64::INFINITY } else { upper };
                    Interval::bounded(lower, upper).hull_agreeing(1.0 - ratio, rejected, 0.0, alternative)
                } else {
                    let degrees = net.break_even.degrees_of_freedom;
                    ratio_interval(cost, moments, &options, |p| student_t_quantile(p, degrees))
                }
            };
            let moved = |by: f64, scale: f64| Amount {
                estimate: (ratio + by) * scale,
                interval: Interval {
                    lower: (ends.lower + (ratio + by)) * scale,
                    upper: (ends.upper + (ratio + by)) * scale,
                    kind: ends.kind,
                },
            };
            let mut roi = moved(-1.0, 1.0);
            roi.interval = roi.interval.agreeing(0.0, rejected);
            (roi, moved(0.0, known.contacts as f64 * cost / known.cost))
        } else {
            (known.roi, known.revenue_per_cost)
        };
        Ok(CampaignReturn {
            revenue: known.revenue,
            difference: known.difference,
            roi,
            revenue_per_cost,
            ..net
        })
    }

    /// `p_c + k b / r` with k what must come in for each contact, b the target's rate and r its revenue a contact.
    ///
    /// `k b / r` is a ratio of means with Fieller's interval; Wilson's interval of `p_c` and that one together give the sum's (MOVER):
    /// `lower = estimate - sqrt((p_c - l_1)^2 + (k b / r - l_2)^2)`, and so the upper end.
    fn break_even_rate(
        &self,
        metric: CampaignMetric,
        group: usize,
        arm: usize,
        needed: f64,
        each: f64,
    ) -> Result<Amount> {
        let (rates, revenue) = (self.column(metric)?, self.column(CampaignMetric::Revenue)?);
        let control = self.cells.rate(group, self.outcomes.control(), rates)?;
        let (bought, paid) = (self.cells.values(group, arm, rates), self.cells.values(group, arm, revenue));
        let mean = |values: &[f64]| MeanArm::from_values(values).map(|arm| arm.mean());
        let (rate, amount) = (mean(&bought)?, mean(&paid)?);
        if !(amount > 0.0 && rate > 0.0 && (amount / rate).is_finite()) {
            return Ok(Amount { estimate: f64::NAN, interval: Interval::unbounded() });
        }
        let above = needed * rate / amount;
        // What is left of the numerator, customer by customer, when the ratio is taken away: its mean is 0.
        let costs = self.response_costs(group, arm, each);
        let rest = bought.iter().zip(&paid).zip(&costs);
        let rest: Vec<f64> =
            rest.map(|((bought, paid), cost)| needed * bought + rate * cost - above * paid).collect();
        let joint = JointArm::from_measures(&Measures::of(&rest).denominator(&paid))?;
        let n = joint.count() as f64;
        let [at, shared, of_amount] =
            [(0, 0), (0, 1), (1, 1)].map(|(one, other)| joint.covariance(one, other) / n);
        let options = TestOptions { alternative: Alternative::TwoSided, ..self.options.test() };
        let alpha = match self.options.alternative {
            Alternative::TwoSided => options.alpha,
            Alternative::Greater | Alternative::Less => (2.0 * options.alpha).min(1.0),
        };
        let ends = if at.is_nan() {
            Interval::unbounded()
        } else {
            ratio_interval(amount, [at, shared, of_amount], &options.alpha(alpha), normal_quantile)
        };
        // Neither part is negative, and where revenue is not told from 0 the ratio has no upper end.
        let ends = if ends.kind == IntervalKind::Bounded { ends } else { Interval::unbounded() };
        let wilson =
            test_rate(&control, 0.5, RateMethod::Wilson, self.options.alternative, options.alpha)?.interval;
        let p = control.rate();
        let estimate = p + above;
        let far = |rate: f64, ratio: f64| rate.max(0.0).hypot(ratio.max(0.0));
        let lower = (estimate - far(p - wilson.lower, (-ends.lower).min(above))).max(0.0);
        let upper = estimate + far(wilson.upper - p, ends.upper);
        let interval = match self.options.alternative {
            Alternative::TwoSided => Interval::bounded(lower, upper),
            Alternative::Greater => Interval::bounded(lower, f64::INFINITY),
            Alternative::Less => Interval::bounded(0.0, upper),
        };
        Ok(Amount { estimate, interval })
    }
}

/// The interval of a ratio about its estimate (Fieller 1954): with a gap, or the whole line, where the denominator is not told from 0.
///
/// With e what is left of the numerator when the ratio is taken away and C the denominator, and `[var e, cov(e, C), var C]` of their means, the
/// values `estimate + d` with `(d C)^2 <= q^2 (var e - 2 d cov(e, C) + d^2 var C)`. Around the estimate nothing cancels.
fn ratio_interval(
    denominator: f64,
    [at, shared, of_denominator]: [f64; 3],
    options: &TestOptions,
    quantile: impl Fn(f64) -> f64,
) -> Interval {
    let tail = if options.alternative == Alternative::TwoSided { options.alpha / 2.0 } else { options.alpha };
    let critical = quantile(1.0 - tail);
    let square = critical * critical;
    let leading = denominator * denominator - square * of_denominator;
    let middle = -square * shared;
    // At a one-sided level above a half the end lies on the other side of the estimate.
    let spread = (middle * middle + leading * square * at).sqrt().copysign(critical);
    let (lower, upper) = ((middle - spread) / leading, (middle + spread) / leading);
    if leading > 0.0 {
        return match options.alternative {
            Alternative::TwoSided => Interval::bounded(lower, upper),
            Alternative::Greater => Interval::bounded(lower, f64::INFINITY),
            Alternative::Less => Interval::bounded(f64::NEG_INFINITY, upper),
        };
    }
    // Both ends of the gap lie on one side of the estimate: below it for values that are too low for the numerator.
    let gap = match options.alternative {
        Alternative::TwoSided => spread > 0.0,
        Alternative::Greater => spread > 0.0 && lower < 0.0,
        Alternative::Less => spread > 0.0 && lower > 0.0,
    };
    if gap && leading < 0.0 { Interval::exclusive(upper, lower) } else { Interval::unbounded() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_has_the_critical_size_at_every_end() {
        for (denominator, moments) in [
            (4.0, [0.05, 0.01, 0.09]),
            (4.0, [0.0, 0.0, 0.09]),
            (0.5, [0.05, -0.04, 0.09]),
            (0.5, [0.002, 0.01, 0.09]),
            (0.5, [0.002, -0.01, 0.09]),
            (0.5, [0.05, 0.0, 0.09]),
        ] {
            for alternative in Alternative::ALL.iter().copied() {
                for alpha in [0.05, 0.4] {
                    let options = TestOptions::default().alternative(alternative).alpha(alpha);
                    let interval = ratio_interval(denominator, moments, &options, normal_quantile);
                    let tail = if alternative == Alternative::TwoSided { alpha / 2.0 } else { alpha };
                    let critical = normal_quantile(1.0 - tail);
                    let [at, shared, square] = moments;
                    for step in -3000..3000 {
                        let d = f64::from(step) * 0.013_7 + 0.001;
                        let error = (at - 2.0 * d * shared + d * d * square).sqrt();
                        let statistic = -d * denominator / error;
                        let size = match alternative {
                            Alternative::TwoSided => statistic.abs(),
                            Alternative::Greater => statistic,
                            Alternative::Less => -statistic,
                        };
                        assert_eq!(
                            interval.contains(d),
                            size <= critical,
                            "{moments:?} {alternative:?} {d} {interval:?}"
                        );
                    }
                }
            }
        }
    }
}
