//! What a campaign brought in beyond what its control would have, and what that is worth.

use crm_core::experiment::{
    Amount, CampaignCost, ProportionMethod, campaign_return, compare_proportions, incremental_conversions,
};

use super::binary_arm::crm_binary_arm;
use super::mean_arm::crm_mean_arm;
use super::means::mean_test;
use super::test_options::crm_test_options;
use crate::guard::guard;
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// What a campaign costs, and what part of revenue is earned. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_campaign_cost {
    /// What it costs whatever its size, in the unit of the revenue.
    pub fixed: f64,
    /// What each contact costs.
    pub per_contact: f64,
    /// The share of revenue that is earned before the campaign's own cost; above 0.
    pub margin: f64,
}

/// An amount with the values that the data do not rule out. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_amount {
    /// The estimate.
    pub estimate: f64,
    /// The lower end of the interval, or for an exclusive one the end of its lower part.
    pub lower: f64,
    /// The upper end of the interval, or for an exclusive one the start of its upper part.
    pub upper: f64,
    /// The shape of the interval, a `crm_interval_kind`.
    pub interval_kind: i32,
    /// 0.
    pub reserved: i32,
}

/// What a campaign returned. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_campaign_return {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The contacts, which is the size of the target.
    pub contacts: u64,
    /// What they cost.
    pub cost: f64,
    /// Revenue beyond that of the control.
    pub revenue: crm_amount,
    /// Margin times revenue, less cost.
    pub profit: crm_amount,
    /// Profit over cost; NaN and the whole line for a campaign that cost nothing.
    pub roi: crm_amount,
    /// Revenue over cost.
    pub revenue_per_cost: crm_amount,
    /// The difference of means at which profit is 0.
    pub break_even_mean: f64,
    /// Probability that profit is above 0, from a flat prior on the difference of means.
    pub probability_of_profit: f64,
    /// The statistic of the difference of means against `break_even_mean`.
    pub break_even_statistic: f64,
    /// Its p-value.
    pub break_even_p_value: f64,
    /// The natural logarithm of that.
    pub break_even_ln_p_value: f64,
}

/// Conversions beyond those of the control, and what each cost. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_incremental_conversions {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Contacts times the difference of rates.
    pub conversions: crm_amount,
    /// Cost over conversions. Where the difference may be 0 the interval has a gap around 0 and no end.
    pub cost_per_conversion: crm_amount,
}

sized_structs!(crm_campaign_return, crm_incremental_conversions);

impl From<Amount> for crm_amount {
    fn from(amount: Amount) -> Self {
        let interval = amount.interval;
        Self {
            estimate: amount.estimate,
            lower: interval.lower,
            upper: interval.upper,
            interval_kind: interval.kind as i32,
            reserved: 0,
        }
    }
}

/// The cost behind a pointer.
///
/// # Safety
/// `cost` is null or points to a cost.
unsafe fn read(cost: *const crm_campaign_cost) -> Outcome<CampaignCost> {
    if cost.is_null() {
        return Err(Failure::null("cost"));
    }
    // SAFETY: not null, so a cost, as the caller promises.
    let given = unsafe { cost.read() };
    Ok(CampaignCost::new(given.fixed, given.per_contact)?.margin(given.margin)?)
}

/// What a campaign returned, from revenue for each contact in target and control: set `out->struct_size` first. `method` is a `crm_mean_method`;
/// `options` may be NULL for the defaults, and their contrast is the difference.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty target, for costs that are negative and for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_return_of(
    target: *const crm_mean_arm,
    control: *const crm_mean_arm,
    cost: *const crm_campaign_cost,
    method: i32,
    options: *const crm_test_options,
    out: *mut crm_campaign_return,
) -> crm_status {
    // SAFETY: the caller gives arms, a cost and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (crm_mean_arm::read("target", target)?, crm_mean_arm::read("control", control)?);
        let (cost, test) = (read(cost)?, mean_test(method, 0)?);
        let found = campaign_return(&target, &control, &cost, test, &crm_test_options::take(options)?)?;
        out.put(crm_campaign_return {
            struct_size: size_of::<crm_campaign_return>(),
            contacts: found.contacts,
            cost: found.cost,
            revenue: found.revenue.into(),
            profit: found.profit.into(),
            roi: found.roi.into(),
            revenue_per_cost: found.revenue_per_cost.into(),
            break_even_mean: found.break_even_mean,
            probability_of_profit: found.probability_of_profit,
            break_even_statistic: found.break_even.statistic,
            break_even_p_value: found.break_even.p_value,
            break_even_ln_p_value: found.break_even.ln_p_value,
        })
    })
}

/// Conversions beyond those of the control, and the cost of each: set `out->struct_size` first. `method` is a `crm_proportion_method`; `options`
/// may be NULL for the defaults, and their contrast must be the difference.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for arms, costs and options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_incremental_conversions_of(
    target: *const crm_binary_arm,
    control: *const crm_binary_arm,
    cost: *const crm_campaign_cost,
    method: i32,
    options: *const crm_test_options,
    out: *mut crm_incremental_conversions,
) -> crm_status {
    // SAFETY: the caller gives arms, a cost and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (crm_binary_arm::read("target", target)?, crm_binary_arm::read("control", control)?);
        let (cost, options) = (read(cost)?, crm_test_options::take(options)?);
        let rates = compare_proportions(&target, &control, ProportionMethod::from_code(method)?, &options)?;
        let found = incremental_conversions(&rates, target.trials(), &cost)?;
        out.put(crm_incremental_conversions {
            struct_size: size_of::<crm_incremental_conversions>(),
            conversions: found.conversions.into(),
            cost_per_conversion: found.cost_per_conversion.into(),
        })
    })
}
