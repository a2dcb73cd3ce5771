//! What a campaign brought in beyond what its control would have, and what that is worth.
//!
//! Costs are known and not random, so profit and return are affine in the difference of means: their intervals are images of its interval, and they agree
//! with its test. Cost per incremental conversion has the random quantity below the line, so its set of values is that of Fieller (1954) with an
//! exact numerator: it has no end, or a gap, where the difference may be 0.

use serde::Serialize;

use super::interval::{Interval, IntervalKind};
use super::mean_arm::MeanArm;
use super::mean_method::MeanTest;
use super::mean_test::compare_means;
use super::test_options::{Contrast, TestOptions};
use super::test_result::TestResult;
use crate::error::{Error, Result};
use crate::math::student_t_upper;

/// What a campaign costs, and what part of revenue is earned.
///
/// ```
/// use crm_core::experiment::CampaignCost;
/// let cost = CampaignCost::new(1000.0, 0.75)?.margin(0.4)?;
/// assert_eq!(cost.total(2000), 2500.0);
/// // 1.25 a contact must be earned at 40 % of an order of 50.
/// assert_eq!(cost.break_even_rate(2000, 50.0)?, 0.0625);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CampaignCost {
    fixed: f64,
    per_contact: f64,
    margin: f64,
}

impl CampaignCost {
    /// A fixed cost and a cost for each contact, in the unit of the revenue; the margin is 1.
    ///
    /// # Errors
    /// `InvalidArgument` for costs that are not finite or negative.
    pub fn new(fixed: f64, per_contact: f64) -> Result<Self> {
        for (name, value) in [("fixed", fixed), ("per_contact", per_contact)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::argument(name, value, "finite and not negative"));
            }
        }
        Ok(Self { fixed, per_contact, margin: 1.0 })
    }

    /// Sets the share of revenue that is earned before the campaign's own cost.
    ///
    /// # Errors
    /// `InvalidArgument` for a margin that is not above 0 and at most 1.
    pub fn margin(mut self, margin: f64) -> Result<Self> {
        if !(margin > 0.0 && margin <= 1.0) {
            return Err(Error::argument("margin", margin, "a share above 0 and at most 1"));
        }
        self.margin = margin;
        Ok(self)
    }

    /// The cost of so many contacts.
    pub fn total(&self, contacts: u64) -> f64 {
        self.per_contact.mul_add(contacts as f64, self.fixed)
    }

    /// The revenue for each contact, above the control's, at which profit is 0: `cost / (contacts * margin)`.
    ///
    /// # Errors
    /// `InvalidArgument` for no contacts.
    pub fn break_even_mean(&self, contacts: u64) -> Result<f64> {
        if contacts == 0 {
            return Err(Error::argument("contacts", contacts, "at least 1"));
        }
        Ok(self.total(contacts) / (contacts as f64 * self.margin))
    }

    /// The response rate, above the control's, at which profit is 0, for conversions of a revenue each: `cost / (contacts * margin * revenue)`.
    ///
    /// Above 1 no response can pay for the campaign.
    ///
    /// # Errors
    /// `InvalidArgument` for no contacts, and for a revenue that is not finite and above 0.
    pub fn break_even_rate(&self, contacts: u64, revenue_per_conversion: f64) -> Result<f64> {
        if !(revenue_per_conversion.is_finite() && revenue_per_conversion > 0.0) {
            return Err(Error::argument(
                "revenue_per_conversion",
                revenue_per_conversion,
                "finite and above 0",
            ));
        }
        Ok(self.break_even_mean(contacts)? / revenue_per_conversion)
    }
}

/// An amount with the values that the data do not rule out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// The estimate.
    pub estimate: f64,
    /// The values that a test of the level asked for does not reject.
    pub interval: Interval,
}

/// What a campaign returned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CampaignReturn {
    /// The contacts, which is the size of the target.
    pub contacts: u64,
    /// What they cost.
    pub cost: f64,
    /// Revenue beyond that of the control: contacts times the difference of means.
    pub revenue: Amount,
    /// `margin * revenue - cost`.
    pub profit: Amount,
    /// `profit / cost`; NaN and the whole line for a campaign that cost nothing.
    pub roi: Amount,
    /// `revenue / cost`, the incremental return on the spend; as `roi` for a campaign that cost nothing.
    pub revenue_per_cost: Amount,
    /// The difference of means at which profit is 0.
    pub break_even_mean: f64,
    /// Probability that profit is above 0, from a flat prior on the difference of means; NaN where there is no test.
    pub probability_of_profit: f64,
    /// The test of the difference of means against the null asked for.
    pub difference: TestResult,
    /// The test of the difference of means against `break_even_mean`.
    pub break_even: TestResult,
}

/// An interval's image under `scale x + shift`, for a positive scale.
fn image(of: Interval, scale: f64, shift: f64) -> Interval {
    let end = |end: f64| if end.is_finite() { scale.mul_add(end, shift) } else { end };
    Interval { lower: end(of.lower), upper: end(of.upper), kind: of.kind }
}

/// What a campaign returned: revenue, profit and return on its cost with intervals, from revenue for each contact in target and control.
///
/// ```text
/// revenue = n_t (mean_t - mean_c),  profit = margin revenue - cost,  roi = profit / cost,
/// cost = fixed + n_t per_contact,   break_even_mean = cost / (n_t margin)
/// ```
///
/// Every contact counts, those who bought nothing with 0. The contrast is the difference of means, whatever the options say; their null is that
/// of the difference.
///
/// # Errors
/// `InvalidArgument` for an empty target and for options out of range.
///
/// ```
/// use crm_core::experiment::{CampaignCost, MeanArm, MeanMethod, TestOptions, campaign_return};
/// let target = MeanArm::from_moments(100_000, 4.0, 1980.0)?;
/// let control = MeanArm::from_moments(20_000, 1.5, 748.0)?;
/// let cost = CampaignCost::new(0.0, 0.75)?;
/// let result = campaign_return(&target, &control, &cost, MeanMethod::Z, &TestOptions::default())?;
/// assert_eq!((result.revenue.estimate, result.profit.estimate), (250_000.0, 175_000.0));
/// assert!((result.roi.interval.lower - 1.708_326_390_020_855_4).abs() < 1e-14);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn campaign_return(
    target: &MeanArm,
    control: &MeanArm,
    cost: &CampaignCost,
    test: impl Into<MeanTest>,
    options: &TestOptions,
) -> Result<CampaignReturn> {
    let test = test.into();
    campaign_return_of(target.count(), cost, options, |options| compare_means(target, control, test, options))
}

/// As [`campaign_return`], from any test of the difference of means, such as one that is adjusted by a covariate: it is asked twice, for the null of the
/// options and for the break-even.
///
/// # Errors
/// `InvalidArgument` for no contacts; those of the test.
pub fn campaign_return_of(
    contacts: u64,
    cost: &CampaignCost,
    options: &TestOptions,
    test: impl Fn(&TestOptions) -> Result<TestResult>,
) -> Result<CampaignReturn> {
    let options = TestOptions { contrast: Contrast::Difference, ..*options };
    let break_even_mean = cost.break_even_mean(contacts)?;
    let difference = test(&options)?;
    let break_even = test(&options.null(break_even_mean))?;
    let (total, count) = (cost.total(contacts), contacts as f64);
    // Of differences that are not rejected on both sides of a break-even that is, those on the estimate's side.
    let (rejected, estimate) = (break_even.rejects(), difference.estimate);
    let paying = match difference.interval.kind {
        IntervalKind::Bounded => {
            difference.interval.hull_agreeing(break_even_mean, rejected, estimate, options.alternative)
        }
        _ => difference.interval,
    };
    let amount = |of: Interval, scale: f64, shift: f64| Amount {
        estimate: scale.mul_add(estimate, shift),
        interval: image(of, scale, shift),
    };
    let free = Amount { estimate: f64::NAN, interval: Interval::unbounded() };
    let per_cost =
        |scale: f64, shift: f64| if total > 0.0 { amount(paying, scale / total, shift) } else { free };
    Ok(CampaignReturn {
        contacts,
        cost: total,
        revenue: amount(difference.interval, count, 0.0),
        profit: amount(paying, count * cost.margin, -total),
        roi: per_cost(count * cost.margin, -1.0),
        revenue_per_cost: per_cost(count, 0.0),
        break_even_mean,
        probability_of_profit: student_t_upper(-break_even.statistic, break_even.degrees_of_freedom),
        difference,
        break_even,
    })
}

/// Conversions beyond those of the control, and what each cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IncrementalConversions {
    /// Contacts times the difference of rates.
    pub conversions: Amount,
    /// `cost / conversions`; infinite where there are none. Where the difference may be 0 the interval has a gap around 0 and no end.
    pub cost_per_conversion: Amount,
}

/// Conversions beyond those of the control, and the cost of each, from any test of the difference of two rates.
///
/// ```text
/// conversions = n_t (rate_t - rate_c),  cost_per_conversion = cost / conversions
/// ```
///
/// `rates` is the result for the contrast `Difference`; its method decides the intervals.
///
/// # Errors
/// `InvalidArgument` for a result in another contrast, and for no contacts.
///
/// Fieller (1954), for a numerator without variance.
pub fn incremental_conversions(
    rates: &TestResult,
    contacts: u64,
    cost: &CampaignCost,
) -> Result<IncrementalConversions> {
    if rates.contrast != Contrast::Difference {
        return Err(Error::argument("rates", rates.contrast.name(), "a result for the contrast difference"));
    }
    if contacts == 0 {
        return Err(Error::argument("contacts", contacts, "at least 1"));
    }
    let (total, count) = (cost.total(contacts), contacts as f64);
    let conversions =
        Amount { estimate: count * rates.difference, interval: image(rates.interval, count, 0.0) };
    let cost_per_conversion = Amount {
        estimate: total / conversions.estimate,
        interval: if total > 0.0 { reciprocal(conversions.interval, total) } else { Interval::unbounded() },
    };
    Ok(IncrementalConversions { conversions, cost_per_conversion })
}

/// The values of `numerator / x` for x in a bounded interval and a positive numerator.
fn reciprocal(of: Interval, numerator: f64) -> Interval {
    let Interval { lower, upper, kind } = of;
    if kind != IntervalKind::Bounded {
        return Interval::unbounded();
    }
    // Dividing by a zero end must give the infinity of the side that the interval lies on.
    let (low_image, high_image) = (numerator / lower, numerator / upper);
    if lower == 0.0 {
        return Interval::bounded(high_image, f64::INFINITY);
    }
    if upper == 0.0 {
        return Interval::bounded(f64::NEG_INFINITY, low_image);
    }
    if lower > 0.0 || upper < 0.0 {
        return Interval::bounded(high_image, low_image);
    }
    Interval::exclusive(low_image, high_image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Alternative, MeanMethod};

    fn rates(lower: f64, upper: f64) -> TestResult {
        let one = MeanArm::from_conversions(30, 1000).unwrap();
        let result = compare_means(&one, &one, MeanMethod::Z, &TestOptions::default()).unwrap();
        TestResult {
            difference: f64::midpoint(lower, upper),
            interval: Interval::bounded(lower, upper),
            ..result
        }
    }

    fn cost_interval(lower: f64, upper: f64) -> Interval {
        let cost = CampaignCost::new(10.0, 0.0).unwrap();
        incremental_conversions(&rates(lower, upper), 100, &cost).unwrap().cost_per_conversion.interval
    }

    #[test]
    fn cost_per_conversion_follows_the_sign_of_the_difference() {
        assert_eq!(cost_interval(0.5, 1.0), Interval::bounded(0.1, 0.2));
        assert_eq!(cost_interval(-1.0, -0.5), Interval::bounded(-0.2, -0.1));
        assert_eq!(cost_interval(-0.5, 1.0), Interval::exclusive(-0.2, 0.1));
        assert_eq!(cost_interval(0.0, 1.0), Interval::bounded(0.1, f64::INFINITY));
        assert_eq!(cost_interval(0.5, f64::INFINITY), Interval::bounded(0.0, 0.2));
        assert!(cost_interval(f64::NEG_INFINITY, f64::INFINITY).contains(0.3));
    }

    #[test]
    fn profit_is_told_from_zero_exactly_when_the_break_even_is_rejected() {
        let target = MeanArm::from_moments(1000, 2.0, 100.0).unwrap();
        let control = MeanArm::from_moments(300, 1.0, 80.0).unwrap();
        for per_contact in [0.0, 0.1, 0.5, 2.0, 5.0] {
            for alternative in Alternative::ALL.iter().copied() {
                let cost = CampaignCost::new(5.0, per_contact).unwrap().margin(0.7).unwrap();
                let options = TestOptions::default().alternative(alternative);
                let result = campaign_return(&target, &control, &cost, MeanMethod::Welch, &options).unwrap();
                assert_eq!(result.break_even.rejects(), !result.profit.interval.contains(0.0));
                assert_eq!(result.break_even.rejects(), !result.roi.interval.contains(0.0));
            }
        }
    }

    #[test]
    fn what_costs_nothing_has_no_return_on_cost() {
        let arm = MeanArm::from_moments(1000, 2.0, 100.0).unwrap();
        let cost = CampaignCost::new(0.0, 0.0).unwrap();
        let result = campaign_return(&arm, &arm, &cost, MeanMethod::Welch, &TestOptions::default()).unwrap();
        assert!(result.roi.estimate.is_nan() && result.profit.estimate == 0.0);
        assert!(
            campaign_return(&MeanArm::default(), &arm, &cost, MeanMethod::Z, &TestOptions::default())
                .is_err()
        );
        assert!(CampaignCost::new(f64::NAN, 0.0).is_err() && CampaignCost::new(0.0, -1.0).is_err());
        for margin in [0.0, -0.4, 1.01, 40.0, f64::INFINITY, f64::NAN] {
            assert_eq!(cost.margin(margin).unwrap_err().argument_name(), Some("margin"));
        }
        assert!(cost.margin(1.0).is_ok() && cost.break_even_rate(5, 0.0).is_err());
    }
}
