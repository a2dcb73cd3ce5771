//! Targets against their control.
//!
//! References:
//! - Deng, A., Xu, Y., Kohavi, R. and Walker, T. (2013), "Improving the sensitivity of online controlled experiments by utilizing
//!   pre-experiment data", WSDM, for the adjustment by a covariate.
//! - Miettinen, O. and Nurminen, M. (1985), "Comparative analysis of two rates", Statistics in Medicine 4, for the default test of rates.
//! - Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.

use super::cells::Cells;
use super::measure_options::MeasureOptions;
use super::measure_report::{ArmSummary, CampaignEffect, CampaignReport, EmptyCell};
use super::outcomes::{CampaignMetric, CampaignOutcomes};
use crate::error::{Error, ErrorKind, Result};
use crate::experiment::{
    Adjusted, Adjustment, Amount, Contrast, Interval, MeanMethod, SAMPLE_RATIO_THRESHOLD, SplitCheck,
    TestOptions, TestResult, ThetaMethod, adjust_p_values, compare_adjusted_rows, compare_means,
    compare_proportions, sample_ratio,
};

/// Groups that one column may have.
const MOST_GROUPS: usize = 10_000;

/// Cells of one grouping, and the comparison of targets with the control in them.
pub(super) struct Grouping<'a> {
    pub(super) name: &'a str,
    pub(super) cells: Cells,
    pub(super) outcomes: &'a CampaignOutcomes,
    pub(super) options: &'a MeasureOptions,
    /// Customers in each arm.
    pub(super) counts: &'a [u64],
}

impl CampaignOutcomes {
    /// Compares each target with the control in each metric, over everybody and in each group.
    ///
    /// Rates are compared by [`compare_proportions`], orders and revenue by [`compare_means`], or by [`compare_adjusted`](crate::experiment::compare_adjusted) if there is a covariate.
    /// p-values are adjusted over a family: the targets and groups of one metric and one grouping. Arms that have a cost get their return on it.
    ///
    /// # Errors
    /// `Empty` without a metric and for a control without customers; `InvalidArgument` for options that make no sense, and a cost for each response where
    /// neither responses nor conversions are known; `MissingColumn` for costs without revenue; `OutOfRange` above 10,000 groups in a column.
    ///
    /// ```
    /// use crm_core::campaign::{Arm, ArmCost, CampaignMetric, CampaignOutcomes, MeasureOptions};
    /// use crm_core::customer::IdColumn;
    /// let arms: Vec<&str> = (0..400).map(|row| if row % 4 == 0 { "none" } else { "mail" }).collect();
    /// let bought: Vec<f64> = (0..400).map(|row| f64::from(u8::from(row % 4 != 0 && row % 5 == 0 || row % 40 == 0))).collect();
    /// let revenue: Vec<f64> = bought.iter().map(|bought| 50.0 * bought).collect();
    /// let report = CampaignOutcomes::new(&IdColumn::Text(&arms), &[Arm::target("mail", 3.0), Arm::control("none", 1.0)])?
    ///     .with_metric(CampaignMetric::Conversion, &bought)?
    ///     .with_metric(CampaignMetric::Revenue, &revenue)?
    ///     .measure(&MeasureOptions::default().cost(ArmCost { per_contact: 1.0, margin: 0.4, ..ArmCost::default() }))?;
    /// let effect = report.overall("mail", CampaignMetric::Conversion).unwrap();
    /// assert_eq!((effect.result.target, effect.result.control), (0.2, 0.1));
    /// assert!((effect.incremental.estimate - 30.0).abs() < 1e-12);
    /// // 300 contacts for 1 each brought 1,500, of which 600 is earned.
    /// assert!((report.returns[0].returned.profit.estimate - 300.0).abs() < 1e-9);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn measure(&self, options: &MeasureOptions) -> Result<CampaignReport> {
        options.check(self.names(), self.control())?;
        self.check_measurable(options)?;
        let counts = self.counts();
        let grouping = |name, levels| {
            let cells = Cells::new(self, levels);
            Grouping { name, cells, outcomes: self, options, counts: &counts }
        };
        let everybody = grouping("", None);
        let planned: f64 = self.weights().iter().sum();
        let mut arms = Vec::with_capacity(counts.len());
        for (arm, name) in self.names().iter().enumerate() {
            let mean = |metric| match self.metric(metric) {
                Some(values) => everybody.cells.mean(0, arm, values).map(|mean| mean.mean()),
                None => Ok(f64::NAN),
            };
            arms.push(ArmSummary {
                name: name.clone(),
                control: arm == self.control(),
                customers: counts[arm],
                planned_share: self.weights()[arm] / planned,
                means: self.metrics().map(mean).collect::<Result<_>>()?,
            });
        }
        let mut report = CampaignReport {
            metrics: self.metrics().collect(),
            arms,
            outside: self.outside(),
            sample_ratio: sample_ratio(&counts, self.weights(), SAMPLE_RATIO_THRESHOLD)?,
            effects: Vec::new(),
            returns: Vec::new(),
            empty: Vec::new(),
        };
        everybody.add_to(&mut report)?;
        for (name, levels) in &self.groups {
            if levels.names().len() > MOST_GROUPS {
                let message = format!("{} groups are above {MOST_GROUPS}", levels.names().len());
                return Err(Error::new(ErrorKind::OutOfRange, message).on(name));
            }
            grouping(name, Some(levels)).add_to(&mut report)?;
        }
        Ok(report)
    }

    fn check_measurable(&self, options: &MeasureOptions) -> Result<()> {
        if self.metrics().next().is_none() {
            return Err(Error::new(ErrorKind::Empty, "there is no metric").on("metrics"));
        }
        if self.counts()[self.control()] == 0 {
            let message = "has no customers to compare with";
            return Err(Error::new(ErrorKind::Empty, message).on(&self.names()[self.control()]));
        }
        let costs = || options.cost.iter().chain(options.costs.iter().map(|(_, cost)| cost));
        if costs().next().is_some() && self.metric(CampaignMetric::Revenue).is_none() {
            let message = "costs need revenue to be held against";
            return Err(Error::new(ErrorKind::MissingColumn, message).on("revenue"));
        }
        if costs().any(|cost| cost.per_response > 0.0) && self.responses().is_none() {
            let accepted = "0 where neither responses nor conversions are known";
            return Err(Error::argument("per_response", "a cost", accepted));
        }
        Ok(())
    }

    /// Who responded, or bought if that is all that is known.
    pub(super) fn responses(&self) -> Option<&[f64]> {
        self.metric(CampaignMetric::Response).or_else(|| self.metric(CampaignMetric::Conversion))
    }
}

impl Grouping<'_> {
    /// Adds effects and returns of all groups.
    fn add_to(&self, report: &mut CampaignReport) -> Result<()> {
        let control = self.outcomes.control();
        let mut comparable = Vec::new();
        for group in 0..self.cells.groups.len() {
            for arm in (0..self.outcomes.names().len()).filter(|&arm| arm != control) {
                if self.cells.count(group, arm) > 0 && self.cells.count(group, control) > 0 {
                    comparable.push((group, arm));
                } else if self.cells.count(group, arm) + self.cells.count(group, control) > 0 {
                    report.empty.push(EmptyCell {
                        grouping: self.name.to_owned(),
                        group: self.cells.groups[group].clone(),
                        arm: self.outcomes.names()[arm].clone(),
                    });
                }
            }
        }
        for metric in self.outcomes.metrics() {
            report.effects.extend(self.effects(metric, &comparable)?);
        }
        for &(group, arm) in &comparable {
            if let Some(cost) = self.options.cost_for(&self.outcomes.names()[arm]) {
                report.returns.push(self.returned(group, arm, cost)?);
            }
        }
        Ok(())
    }

    /// The effects of one metric, which are one family of tests.
    fn effects(&self, metric: CampaignMetric, comparable: &[(usize, usize)]) -> Result<Vec<CampaignEffect>> {
        let options = self.options.test();
        let test = |&(group, arm): &(usize, usize)| self.compare(metric, group, arm, &options);
        let results = comparable.iter().map(test).collect::<Result<Vec<TestResult>>>()?;
        let tested: Vec<usize> =
            (0..results.len()).filter(|&place| !results[place].p_value.is_nan()).collect();
        let p_values: Vec<f64> = tested.iter().map(|&place| results[place].p_value).collect();
        let mut adjusted = vec![f64::NAN; results.len()];
        for (&place, p) in tested.iter().zip(adjust_p_values(&p_values, self.options.multiplicity)?) {
            adjusted[place] = p;
        }
        let together = options.alpha(options.alpha / tested.len().max(1) as f64);
        let mut effects = Vec::with_capacity(results.len());
        for ((&(group, arm), result), adjusted_p_value) in comparable.iter().zip(results).zip(adjusted) {
            let customers = self.cells.count(group, arm);
            let times = |end: f64| if end.is_finite() { customers as f64 * end } else { end };
            let interval = Interval {
                lower: times(result.interval.lower),
                upper: times(result.interval.upper),
                kind: result.interval.kind,
            };
            effects.push(CampaignEffect {
                grouping: self.name.to_owned(),
                group: self.cells.groups[group].clone(),
                arm: self.outcomes.names()[arm].clone(),
                metric,
                customers,
                control_customers: self.cells.count(group, self.outcomes.control()),
                incremental: Amount { estimate: times(result.difference), interval },
                adjusted_p_value,
                simultaneous_interval: self.compare(metric, group, arm, &together)?.interval,
                lift_interval: self.lift_interval(metric, group, arm, &options)?,
                result,
            });
        }
        Ok(effects)
    }

    fn lift_interval(
        &self,
        metric: CampaignMetric,
        group: usize,
        arm: usize,
        options: &TestOptions,
    ) -> Result<Interval> {
        if metric.is_rate() && !self.options.proportion_method.contrasts().contains(&Contrast::Lift) {
            return Ok(Interval::unbounded());
        }
        Ok(self.compare(metric, group, arm, &options.contrast(Contrast::Lift))?.interval)
    }

    pub(super) fn column(&self, metric: CampaignMetric) -> Result<&[f64]> {
        let missing = || Error::new(ErrorKind::MissingColumn, "there is no such column").on(metric.name());
        self.outcomes.metric(metric).ok_or_else(missing)
    }

    /// The test of a target against the control in a group, and whether the group was split as planned.
    pub(super) fn compare(
        &self,
        metric: CampaignMetric,
        group: usize,
        arm: usize,
        options: &TestOptions,
    ) -> Result<TestResult> {
        Ok(TestResult { split: self.split(group, arm)?, ..self.compare_values(metric, group, arm, options)? })
    }

    /// Whether target and control of a group have the sizes that were planned.
    pub(super) fn split(&self, group: usize, arm: usize) -> Result<SplitCheck> {
        let pair = [arm, self.outcomes.control()];
        SplitCheck::of_pair(
            pair.map(|arm| self.cells.count(group, arm)),
            pair.map(|arm| self.outcomes.weights()[arm]),
        )
    }

    fn compare_values(
        &self,
        metric: CampaignMetric,
        group: usize,
        arm: usize,
        options: &TestOptions,
    ) -> Result<TestResult> {
        let (cells, control, column) = (&self.cells, self.outcomes.control(), self.column(metric)?);
        if metric.is_rate() {
            let (target, control) = (cells.rate(group, arm, column)?, cells.rate(group, control, column)?);
            return compare_proportions(&target, &control, self.options.proportion_method, options);
        }
        match self.outcomes.covariate() {
            None => {
                let (target, control) =
                    (cells.mean(group, arm, column)?, cells.mean(group, control, column)?);
                compare_means(&target, &control, self.options.mean_method, options)
            }
            Some(before) => Ok(self.adjusted(group, arm, column, before, options)?.0.result),
        }
    }

    /// The test of a column adjusted by what was there before, and what that makes of the means.
    pub(super) fn adjusted(
        &self,
        group: usize,
        arm: usize,
        column: &[f64],
        before: &[f64],
        options: &TestOptions,
    ) -> Result<(Adjustment, Adjusted)> {
        let (cells, control, method) = (&self.cells, self.outcomes.control(), self.options.mean_method);
        let target = cells.with_covariate(group, arm, column, before)?;
        let of_control = cells.with_covariate(group, control, column, before)?;
        compare_adjusted_rows(&target, &of_control, ThetaMethod::Within, method.into(), options, |theta| {
            (method == MeanMethod::SkewnessCorrected)
                .then(|| cells.less(group, [arm, control], column, before, theta[0]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure_options::ArmCost;
    use super::super::split::Arm;
    use super::*;
    use crate::customer::IdColumn;
    use crate::experiment::{TestStatus, compare_adjusted};

    fn outcomes() -> CampaignOutcomes {
        // 6 by mail, 4 by post, 5 controls, one row in no arm.
        let arms = ["m", "m", "m", "m", "m", "m", "p", "p", "p", "p", "c", "c", "c", "c", "c", ""];
        let region = ["n", "n", "n", "s", "s", "s", "n", "n", "", "", "n", "n", "n", "s", "s", "n"];
        let revenue =
            [10.0, 0.0, 30.0, 0.0, 0.0, 20.0, 0.0, 0.0, 5.0, 0.0, 0.0, 15.0, 0.0, 0.0, 0.0, f64::NAN];
        let bought: Vec<f64> = revenue.iter().map(|&revenue| f64::from(u8::from(revenue > 0.0))).collect();
        CampaignOutcomes::new(
            &IdColumn::Text(&arms),
            &[Arm::target("m", 2.0), Arm::target("p", 1.0), Arm::control("c", 1.0)],
        )
        .unwrap()
        .with_metric(CampaignMetric::Revenue, &revenue)
        .unwrap()
        .with_metric(CampaignMetric::Conversion, &bought)
        .unwrap()
        .with_groups("region", &IdColumn::Text(&region))
        .unwrap()
    }

    #[test]
    fn everybody_and_every_group_by_hand() {
        let cost = ArmCost { fixed: 12.0, per_contact: 1.0, per_response: 2.0, margin: 0.5 };
        let report = outcomes().measure(&MeasureOptions::default().cost_of("m", cost)).unwrap();
        let sizes: Vec<u64> = report.arms.iter().map(|arm| arm.customers).collect();
        assert_eq!((sizes, report.outside, report.arms[0].planned_share), (vec![6, 4, 5], 1, 0.5));
        assert_eq!(report.arms[0].means, [0.5, 10.0]);
        let effect = report.overall("m", CampaignMetric::Revenue).unwrap();
        // 60 / 6 against 15 / 5.
        assert_eq!((effect.result.target, effect.result.control), (10.0, 3.0));
        assert_eq!(effect.incremental.estimate, 42.0);
        // 12 fixed, 6 contacts, 3 responses at 2: 24. Half of 42 is earned.
        let all = &report.returns[0];
        assert_eq!((all.returned.cost, all.returned.profit.estimate), (24.0, -3.0));
        assert_eq!(all.conversions.unwrap().conversions.estimate, 6.0 * (0.5 - 0.2));
        // What pays is 24 / (6 * 0.5) = 8 a contact, at 20 a purchase: 0.4 above 0.2.
        assert!((all.break_even_rate.estimate - 0.6).abs() < 1e-15);
        // In the north half of the contacts have half of the fixed cost: 6 + 3 + 2 * 2.
        let north = &report.returns[1];
        assert_eq!((north.group.as_str(), north.returned.cost, north.returned.contacts), ("n", 13.0, 3));
        assert_eq!(report.returns.len(), 3);
        // Post has nobody in the south, and controls nobody without a region.
        let empty: Vec<(&str, &str)> =
            report.empty.iter().map(|cell| (cell.group.as_str(), cell.arm.as_str())).collect();
        assert_eq!(empty, [("s", "p"), ("", "p")]);
        assert_eq!(report.effects.len(), 2 * (2 + 3));
    }

    /// Adjusted by a covariate, revenue is judged as its adjusted values are, skewness and all.
    #[test]
    fn adjusted_revenue_is_judged_by_its_values() {
        let arms: Vec<&str> = (0..600).map(|row| if row % 10 == 3 { "c" } else { "m" }).collect();
        let before: Vec<f64> =
            (0..600).map(|row| if row % 7 == 0 { f64::from(row % 31) } else { 0.0 }).collect();
        let revenue: Vec<f64> = (0..600)
            .map(|row| if row % 14 == 0 { f64::from(row % 5) + 2.0 * before[row as usize] } else { 0.0 })
            .collect();
        let outcomes =
            CampaignOutcomes::new(&IdColumn::Text(&arms), &[Arm::target("m", 9.0), Arm::control("c", 1.0)])
                .unwrap()
                .with_metric(CampaignMetric::Revenue, &revenue)
                .unwrap()
                .with_covariate(&before)
                .unwrap();
        let report = outcomes.measure(&MeasureOptions::default()).unwrap();
        let found = report.overall("m", CampaignMetric::Revenue).unwrap();
        let cells = Cells::new(&outcomes, None);
        let joint = |arm| cells.with_covariate(0, arm, &revenue, &before).unwrap();
        let (within, options) = (ThetaMethod::Within, TestOptions::default());
        let theta =
            compare_adjusted(&joint(0), &joint(1), within, MeanMethod::Student, &options).unwrap().theta[0];
        let rest: Vec<f64> =
            revenue.iter().zip(&before).map(|(value, before)| value - theta * before).collect();
        let mean = rest.iter().sum::<f64>() / 600.0;
        let moment = |power| rest.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / 600.0;
        let (skewness, kurtosis) = (moment(3) / moment(2).powf(1.5), moment(4) / moment(2).powi(2));
        // Over all deals of 600 to 540 and 60.
        let lean = skewness / 598.0 * 599.0_f64.sqrt() * (60.0 - 540.0) / (60.0 * 540.0_f64).sqrt();
        let above = (kurtosis - 3.0 * 599.0 / 601.0) * 599.0 * (600.0 * 601.0 - 6.0 * 540.0 * 60.0)
            / (598.0 * 597.0 * 540.0 * 60.0);
        let (a, k) = (lean / 6.0, (above - 4.0 / 3.0 * lean * lean) / 24.0);
        let student = compare_adjusted(&joint(0), &joint(1), within, MeanMethod::Student, &options).unwrap();
        let w = found.result.statistic;
        assert!(theta.abs() > 0.1 && k > 0.0 && w.abs() > 1.8, "{theta} {k} {w}");
        let back = w + a * (w * w - 1.0) + k * (w * w * w - 3.0 * w);
        assert!((back - student.result.statistic).abs() < 1e-11, "{found:?} {student:?}");
    }

    #[test]
    fn tests_of_a_family_are_adjusted_together() {
        let options = MeasureOptions { alpha: 0.1, ..MeasureOptions::default() };
        let report = outcomes().measure(&options).unwrap();
        let family: Vec<&CampaignEffect> = report
            .effects
            .iter()
            .filter(|effect| effect.grouping == "region" && effect.metric == CampaignMetric::Conversion)
            .collect();
        assert_eq!(family.len(), 3);
        let defined: Vec<f64> =
            family.iter().map(|effect| effect.result.p_value).filter(|p| !p.is_nan()).collect();
        let adjusted: Vec<f64> =
            family.iter().map(|effect| effect.adjusted_p_value).filter(|p| !p.is_nan()).collect();
        assert_eq!(defined.len(), adjusted.len());
        // Holm (1979), by hand: the smallest times their number.
        let least = |p: &[f64]| p.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((least(&adjusted) - (defined.len() as f64 * least(&defined)).min(1.0)).abs() < 1e-15);
        for effect in family.iter().filter(|effect| effect.result.status == TestStatus::Ok) {
            let (alone, together) = (effect.result.interval, effect.simultaneous_interval);
            assert!(together.lower <= alone.lower && alone.upper <= together.upper);
        }
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let kind = |outcomes: CampaignOutcomes, options: MeasureOptions| {
            outcomes.measure(&options).unwrap_err().kind()
        };
        let arms = [Arm::target("m", 1.0), Arm::control("c", 1.0)];
        let bare = || CampaignOutcomes::new(&IdColumn::Text(&["m", "c"]), &arms).unwrap();
        assert_eq!(kind(bare(), MeasureOptions::default()), ErrorKind::Empty);
        let bought = || bare().with_metric(CampaignMetric::Orders, &[1.0, 0.0]).unwrap();
        let cost = ArmCost { per_contact: 1.0, ..ArmCost::default() };
        assert_eq!(kind(bought(), MeasureOptions::default().cost(cost)), ErrorKind::MissingColumn);
        let earned = || bought().with_metric(CampaignMetric::Revenue, &[1.0, 0.0]).unwrap();
        let vouchers = ArmCost { per_response: 1.0, ..ArmCost::default() };
        for options in [
            MeasureOptions::default().cost(vouchers),
            MeasureOptions::default().cost(ArmCost { margin: 0.0, ..cost }),
            MeasureOptions::default().cost(ArmCost { fixed: f64::NAN, ..cost }),
            MeasureOptions::default().cost_of("c", cost),
            MeasureOptions::default().cost_of("x", cost),
            MeasureOptions { alpha: 1.0, ..MeasureOptions::default() },
        ] {
            assert_eq!(kind(earned(), options), ErrorKind::InvalidArgument);
        }
        let nobody = CampaignOutcomes::new(&IdColumn::Text(&["m", "m"]), &arms).unwrap();
        let nobody = nobody.with_metric(CampaignMetric::Orders, &[1.0, 0.0]).unwrap();
        assert_eq!(kind(nobody, MeasureOptions::default()), ErrorKind::Empty);
    }
}
