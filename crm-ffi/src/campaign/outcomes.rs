//! What became of the customers of a campaign.

use std::ffi::c_char;

use crm_core::campaign::{ArmCost, CampaignMetric, CampaignOutcomes, MeasureOptions};
use crm_core::experiment::{Alternative, MeanMethod, MultiplicityMethod, ProportionMethod};

use super::assignment::crm_assignment;
use super::balance::crm_campaign_split_balance;
use super::ids::crm_ids;
use super::report::crm_campaign_report;
use super::split::{crm_arm, given};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, optional_text, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What a campaign is judged by.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_campaign_metric {
    /// Who responded, such as by a click or a visit: 0 or 1.
    Response = 0,
    /// Who bought: 0 or 1.
    Conversion = 1,
    /// Orders of each customer.
    Orders = 2,
    /// Revenue of each customer, 0 for who bought nothing.
    Revenue = 3,
}

/// Customers with their arms and outcomes, a row a customer: everybody whom the split put into an arm, also who was never reached. Free with
/// `crm_campaign_outcomes_free`. Columns are added by one thread; after that any number of threads may use it at once.
pub struct crm_campaign_outcomes {
    _opaque: (),
}

handles! { crm_campaign_outcomes holds CampaignOutcomes, tag b"crmOUTCO"; }

/// How a campaign is measured. Fill with `crm_measure_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_measure_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The level of tests, inside (0, 1) (default 0.05); intervals have confidence 1 - alpha.
    pub alpha: f64,
    /// A `crm_alternative` (default two-sided).
    pub alternative: i32,
    /// A `crm_proportion_method` for rates (default skewness-corrected).
    pub proportion_method: i32,
    /// A `crm_mean_method` for orders and revenue (default skewness corrected).
    pub mean_method: i32,
    /// A `crm_multiplicity_method`, over the arms and groups of one metric and grouping (default Holm).
    pub multiplicity: i32,
}

/// What a target cost, and what part of revenue is earned. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_arm_cost {
    /// The target; NULL for every target without a cost of its own.
    pub arm: *const c_char,
    /// Whatever the number of contacts. Groups have it in proportion to their contacts.
    pub fixed: f64,
    /// For each customer of the arm.
    pub per_contact: f64,
    /// For each customer of the arm who responded, or bought if responses are not known.
    pub per_response: f64,
    /// The share of revenue that is earned before the campaign's own cost, above 0.
    pub margin: f64,
}

sized_structs!(crm_measure_options);

impl crm_measure_options {
    fn new() -> Self {
        let core = MeasureOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            alpha: core.alpha,
            alternative: core.alternative as i32,
            proportion_method: core.proportion_method as i32,
            mean_method: core.mean_method as i32,
            multiplicity: core.multiplicity as i32,
        }
    }

    /// The options and costs that C gives.
    ///
    /// # Safety
    /// `options` is null or a struct of the size that it says, `costs` null or `count` costs.
    unsafe fn take(
        options: *const Self,
        costs: *const crm_arm_cost,
        count: usize,
    ) -> Outcome<MeasureOptions> {
        let given = if options.is_null() {
            Self::new()
        } else {
            // SAFETY: as the caller promises.
            unsafe { sized::read("options", options, Self::new()) }?
        };
        let mut options = MeasureOptions {
            alpha: given.alpha,
            alternative: Alternative::from_code(given.alternative)?,
            proportion_method: ProportionMethod::from_code(given.proportion_method)?,
            mean_method: MeanMethod::from_code(given.mean_method)?,
            multiplicity: MultiplicityMethod::from_code(given.multiplicity)?,
            ..MeasureOptions::default()
        };
        // SAFETY: as the caller promises.
        for cost in unsafe { array("costs", costs, count) }? {
            let crm_arm_cost { arm, fixed, per_contact, per_response, margin } = *cost;
            let cost = ArmCost { fixed, per_contact, per_response, margin };
            // SAFETY: names are terminated strings or null, as the caller promises.
            options = match unsafe { optional_text("costs.arm", arm) }? {
                Some(arm) => options.cost_of(arm, cost),
                None => options.cost(cost),
            };
        }
        Ok(options)
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_measure_options_init(
    options: *mut crm_measure_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_measure_options::new()) })
}

/// Customers by the names of their arms; who has none is not in the campaign. The weights are those that the split was planned with.
///
/// `out` receives the outcomes, NULL if the call fails; the caller frees them with `crm_campaign_outcomes_free`. Fails as `crm_campaign_split_new` does for the
/// arms, and with `CRM_STATUS_INVALID_VALUE` with the row for a name that is no arm's, `CRM_STATUS_EMPTY` if nobody is in an arm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_new(
    arm_of_each: *const crm_ids,
    arms: *const crm_arm,
    count: usize,
    out: *mut *mut crm_campaign_outcomes,
) -> crm_status {
    // SAFETY: the caller gives a column, `count` arms and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let levels = crm_ids::levels("arm_of_each", "arm", arm_of_each)?;
        out.put(CampaignOutcomes::from_levels(&levels, &given(arms, count)?)?);
        Ok(())
    })
}

/// Customers in the order in which they were assigned to arms.
///
/// `out` receives the outcomes, NULL if the call fails; the caller frees them with `crm_campaign_outcomes_free`. Fails with `CRM_STATUS_EMPTY` if
/// nobody is in an arm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_from_assignment(
    assignment: *const crm_assignment,
    out: *mut *mut crm_campaign_outcomes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(CampaignOutcomes::from_assignment(handle::get("assignment", assignment)?)?);
        Ok(())
    })
}

/// Adds a metric, a `crm_campaign_metric`. Values are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a metric that is there already, `CRM_STATUS_LENGTH_MISMATCH`, and `CRM_STATUS_INVALID_VALUE` with the row
/// for a value that is missing or not finite, for a rate's that is not 0 or 1, and for negative orders. Rows without an arm are not
/// looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_add_metric(
    outcomes: *mut crm_campaign_outcomes,
    metric: i32,
    values: *const f64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and an array of that length, or null.
    guard(|| unsafe {
        let outcomes = handle::get_mut("outcomes", outcomes)?;
        let metric = CampaignMetric::from_code(metric)?;
        Ok(outcomes.add_metric(metric, array("values", values, length)?)?)
    })
}

/// Adds a number that each customer had before the campaign: differences of orders and revenue are adjusted by it. Values are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` if there is one already, `CRM_STATUS_LENGTH_MISMATCH`, and `CRM_STATUS_INVALID_VALUE` with the row for a
/// value that is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_add_covariate(
    outcomes: *mut crm_campaign_outcomes,
    values: *const f64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and an array of that length, or null.
    guard(|| unsafe {
        let outcomes = handle::get_mut("outcomes", outcomes)?;
        Ok(outcomes.add_covariate(array("values", values, length)?)?)
    })
}

/// Adds a column of texts, such as segments or channels, by which results are reported too. Texts are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a name that is empty or taken, and `CRM_STATUS_LENGTH_MISMATCH`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_add_groups(
    outcomes: *mut crm_campaign_outcomes,
    name: *const c_char,
    values: *const crm_ids,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and a column, or null.
    guard(|| unsafe {
        let outcomes = handle::get_mut("outcomes", outcomes)?;
        let name = text("name", name)?;
        Ok(outcomes.add_groups(name, crm_ids::levels("values", name, values)?)?)
    })
}

/// Adds a number that each customer had before the campaign, by which the split is checked; NaN where missing. Values are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a name that is empty or taken, `CRM_STATUS_LENGTH_MISMATCH`, and `CRM_STATUS_INVALID_VALUE` with the row
/// for an infinite value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_add_before(
    outcomes: *mut crm_campaign_outcomes,
    name: *const c_char,
    values: *const f64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and an array of that length, or null.
    guard(|| unsafe {
        let outcomes = handle::get_mut("outcomes", outcomes)?;
        Ok(outcomes.add_before(text("name", name)?, array("values", values, length)?)?)
    })
}

/// Compares each target with the control in each metric, over everybody and in each group. `options` may be NULL for the defaults; `costs` are
/// `count` costs, of which those of an arm go before one for every arm.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_campaign_report_free`. Fails with `CRM_STATUS_EMPTY` without a
/// metric and for a control without customers, `CRM_STATUS_INVALID_ARGUMENT` for options and costs that make no sense, and
/// `CRM_STATUS_MISSING_COLUMN` for costs without revenue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_measure(
    outcomes: *const crm_campaign_outcomes,
    options: *const crm_measure_options,
    costs: *const crm_arm_cost,
    count: usize,
    out: *mut *mut crm_campaign_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says, `count` costs and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let outcomes = handle::get("outcomes", outcomes)?;
        let options = crm_measure_options::take(options, costs, count)?;
        out.put(outcomes.measure(&options)?.into());
        Ok(())
    })
}

/// Compares the arms in what was there before the campaign: numbers and groups, at a level, with p-values adjusted by a
/// `crm_multiplicity_method` over all rows.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_campaign_split_balance_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a level outside (0, 1), and `CRM_STATUS_EMPTY` if an arm has no customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_balance(
    outcomes: *const crm_campaign_outcomes,
    alpha: f64,
    multiplicity: i32,
    out: *mut *mut crm_campaign_split_balance,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let outcomes = handle::get("outcomes", outcomes)?;
        out.put(outcomes.balance(alpha, MultiplicityMethod::from_code(multiplicity)?)?.into());
        Ok(())
    })
}

/// Frees outcomes; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_outcomes_free(outcomes: *mut crm_campaign_outcomes) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("outcomes", outcomes) });
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn codes_and_defaults_are_those_of_the_core() {
        use crm_campaign_metric as M;
        let metrics = [M::Response, M::Conversion, M::Orders, M::Revenue];
        assert_eq!(
            metrics.map(|metric| CampaignMetric::from_code(metric as i32).unwrap()),
            *CampaignMetric::ALL
        );
        // SAFETY: null stands for the defaults, and there are no costs.
        let options = unsafe { crm_measure_options::take(ptr::null(), ptr::null(), 0) };
        assert_eq!(options.unwrap(), MeasureOptions::default());
    }
}
