//! What a campaign did.

use std::ffi::{CString, c_char};

use crm_core::campaign::CampaignReport;

use crate::bytes::{crm_bytes, with_zero};
use crate::experiment::test_result::crm_test_result;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::element;
use crate::sized::{self, sized_structs};
use crate::status::{c_text, crm_status};

/// What a campaign did: arms, the check of the split, effects and returns. Free with `crm_campaign_report_free`. Immutable: any number of threads may
/// use it at once.
pub struct crm_campaign_report {
    _opaque: (),
}

/// The report, with its texts as C sees them: grouping, group and arm.
pub(crate) struct Report {
    found: CampaignReport,
    arms: Vec<CString>,
    effects: Vec<[CString; 3]>,
    returns: Vec<[CString; 3]>,
}

handles! { crm_campaign_report holds Report, tag b"crmCAMRE"; }

impl From<CampaignReport> for Report {
    fn from(report: CampaignReport) -> Self {
        let texts =
            |grouping: &String, group: &String, arm: &String| [grouping, group, arm].map(|text| c_text(text));
        Self {
            arms: report.arms.iter().map(|arm| c_text(&arm.name)).collect(),
            effects: report
                .effects
                .iter()
                .map(|effect| texts(&effect.grouping, &effect.group, &effect.arm))
                .collect(),
            returns: report
                .returns
                .iter()
                .map(|back| texts(&back.grouping, &back.group, &back.arm))
                .collect(),
            found: report,
        }
    }
}

/// The report as a whole. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_campaign_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of arms.
    pub arms: usize,
    /// Number of effects: for everybody, then for each grouping; metrics in their order, groups ascending, arms as planned.
    pub effects: usize,
    /// Number of returns, in the same order.
    pub returns: usize,
    /// Groups in which a target cannot be compared, because it or the control has no customers there.
    pub empty: usize,
    /// Rows that are in no arm.
    pub outside: u64,
    /// The statistic of the sizes of the arms against the plan.
    pub sample_ratio_statistic: f64,
    /// Its p-value.
    pub sample_ratio_p_value: f64,
    /// Its natural logarithm.
    pub sample_ratio_ln_p_value: f64,
    /// 1 if the sizes of the arms are not what was planned: then nothing else here can be trusted.
    pub sample_ratio_flagged: i32,
    /// 0.
    pub reserved: i32,
}

/// An arm in numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_arm_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name; it belongs to the report and lives as long.
    pub name: *const c_char,
    /// Customers.
    pub customers: u64,
    /// The share of the customers that was planned.
    pub planned_share: f64,
    /// The mean of each metric, by its `crm_campaign_metric`: a rate, or orders or revenue for each customer; NaN for one that is not measured.
    pub mean_response: f64,
    /// See `mean_response`.
    pub mean_conversion: f64,
    /// See `mean_response`.
    pub mean_orders: f64,
    /// See `mean_response`.
    pub mean_revenue: f64,
    /// 1 for the control, else 0.
    pub control: i32,
    /// 0.
    pub reserved: i32,
}

/// Target against control in one metric, over everybody or in a group. Set `struct_size` before the call that fills it. The test itself is given by
/// `crm_campaign_report_effect_result`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_campaign_effect {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The column of the group, empty for everybody; this and the next two texts belong to the report and live as long.
    pub grouping: *const c_char,
    /// The group; empty for everybody, and for customers without a group.
    pub group: *const c_char,
    /// The target.
    pub arm: *const c_char,
    /// A `crm_campaign_metric`.
    pub metric: i32,
    /// 0.
    pub reserved: i32,
    /// Customers of the target.
    pub customers: u64,
    /// Customers of the control.
    pub control_customers: u64,
    /// Customers of the target times the difference: what would not have been there without the campaign.
    pub incremental: f64,
    /// The lower end of its interval.
    pub incremental_lower: f64,
    /// The upper end of its interval.
    pub incremental_upper: f64,
    /// The p-value adjusted for the tests of its family; NaN where there is none.
    pub adjusted_p_value: f64,
    /// The lower end of the interval of the difference that holds together with all others of the family (Bonferroni).
    pub simultaneous_lower: f64,
    /// Its upper end.
    pub simultaneous_upper: f64,
    /// The lower end of the interval of the lift, or for an exclusive one the end of its lower part; the lift itself is in the test.
    pub lift_lower: f64,
    /// The upper end of the interval of the lift, or for an exclusive one the start of its upper part.
    pub lift_upper: f64,
    /// A `crm_interval_kind`; unbounded where the method tests no lifts.
    pub lift_kind: i32,
    /// 0.
    pub lift_reserved: i32,
}

/// What a target returned on its cost, over everybody or in a group. Set `struct_size` before the call that fills it. Intervals are from the
/// lower to the upper end, either of which may be infinite, but for those that have a kind.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_arm_return {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The column of the group, empty for everybody; this and the next two texts belong to the report and live as long.
    pub grouping: *const c_char,
    /// The group; empty for everybody, and for customers without a group.
    pub group: *const c_char,
    /// The target.
    pub arm: *const c_char,
    /// Customers of the target.
    pub contacts: u64,
    /// What they cost.
    pub cost: f64,
    /// Revenue beyond that of the control.
    pub revenue: f64,
    /// The lower end of its interval.
    pub revenue_lower: f64,
    /// The upper end of its interval.
    pub revenue_upper: f64,
    /// What is earned of that revenue, less the cost.
    pub profit: f64,
    /// The lower end of its interval.
    pub profit_lower: f64,
    /// The upper end of its interval.
    pub profit_upper: f64,
    /// Profit / cost; NaN for a campaign that cost nothing. Where responses cost something, intervals of profit and of this allow for their number.
    pub roi: f64,
    /// The lower end of its interval.
    pub roi_lower: f64,
    /// The upper end of its interval.
    pub roi_upper: f64,
    /// Probability that profit is above 0, from a flat prior; NaN where there is no test.
    pub probability_of_profit: f64,
    /// Revenue for each contact, above the control's, at which profit is 0.
    pub break_even_mean: f64,
    /// The rate of conversions at which profit is 0; NaN without conversions. Its interval joins Wilson's of the control's rate and Fieller's of what
    /// must come on top (MOVER), within [0, inf).
    pub break_even_rate: f64,
    /// The lower end of its interval.
    pub break_even_rate_lower: f64,
    /// The upper end of its interval.
    pub break_even_rate_upper: f64,
    /// Conversions beyond those of the control; NaN without conversions or responses.
    pub conversions: f64,
    /// The cost of each; NaN without conversions or responses.
    pub cost_per_conversion: f64,
    /// The lower end of its interval, or for an exclusive one the end of its lower part.
    pub cost_per_conversion_lower: f64,
    /// The upper end of its interval, or for an exclusive one the start of its upper part.
    pub cost_per_conversion_upper: f64,
    /// A `crm_interval_kind`.
    pub cost_per_conversion_kind: i32,
    /// The `crm_interval_kind` of the return on cost: not bounded where responses cost something and the cost is not told from 0.
    pub roi_kind: i32,
}

sized_structs!(crm_campaign_summary, crm_arm_summary, crm_campaign_effect, crm_arm_return);

/// The report as a whole: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_summary(
    report: *const crm_campaign_report,
    out: *mut crm_campaign_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = &handle::get("report", report)?.found;
        out.put(crm_campaign_summary {
            struct_size: size_of::<crm_campaign_summary>(),
            arms: report.arms.len(),
            effects: report.effects.len(),
            returns: report.returns.len(),
            empty: report.empty.len(),
            outside: report.outside,
            sample_ratio_statistic: report.sample_ratio.statistic,
            sample_ratio_p_value: report.sample_ratio.p_value,
            sample_ratio_ln_p_value: report.sample_ratio.ln_p_value,
            sample_ratio_flagged: i32::from(report.sample_ratio.is_flagged()),
            reserved: 0,
        })
    })
}

/// An arm by its place in the plan: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below the number of arms.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_arm(
    report: *const crm_campaign_report,
    index: usize,
    out: *mut crm_arm_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        let arm = element(&report.found.arms, index)?;
        let mut means = [f64::NAN; 4];
        for (metric, mean) in report.found.metrics.iter().zip(&arm.means) {
            means[*metric as usize] = *mean;
        }
        out.put(crm_arm_summary {
            struct_size: size_of::<crm_arm_summary>(),
            name: element(&report.arms, index)?.as_ptr(),
            customers: arm.customers,
            planned_share: arm.planned_share,
            mean_response: means[0],
            mean_conversion: means[1],
            mean_orders: means[2],
            mean_revenue: means[3],
            control: i32::from(arm.control),
            reserved: 0,
        })
    })
}

/// An effect by its index: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below the number of effects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_effect(
    report: *const crm_campaign_report,
    index: usize,
    out: *mut crm_campaign_effect,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        let effect = element(&report.found.effects, index)?;
        let [grouping, group, arm] = element(&report.effects, index)?;
        out.put(crm_campaign_effect {
            struct_size: size_of::<crm_campaign_effect>(),
            grouping: grouping.as_ptr(),
            group: group.as_ptr(),
            arm: arm.as_ptr(),
            metric: effect.metric as i32,
            reserved: 0,
            customers: effect.customers,
            control_customers: effect.control_customers,
            incremental: effect.incremental.estimate,
            incremental_lower: effect.incremental.interval.lower,
            incremental_upper: effect.incremental.interval.upper,
            adjusted_p_value: effect.adjusted_p_value,
            simultaneous_lower: effect.simultaneous_interval.lower,
            simultaneous_upper: effect.simultaneous_interval.upper,
            lift_lower: effect.lift_interval.lower,
            lift_upper: effect.lift_interval.upper,
            lift_kind: effect.lift_interval.kind as i32,
            lift_reserved: 0,
        })
    })
}

/// The test behind an effect: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below the number of effects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_effect_result(
    report: *const crm_campaign_report,
    index: usize,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let effect = element(&handle::get("report", report)?.found.effects, index)?;
        out.put((&effect.result).into())
    })
}

/// A return by its index: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below the number of returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_return(
    report: *const crm_campaign_report,
    index: usize,
    out: *mut crm_arm_return,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        let back = element(&report.found.returns, index)?;
        let [grouping, group, arm] = element(&report.returns, index)?;
        let each = back.conversions.map(|conversions| conversions.cost_per_conversion);
        out.put(crm_arm_return {
            struct_size: size_of::<crm_arm_return>(),
            grouping: grouping.as_ptr(),
            group: group.as_ptr(),
            arm: arm.as_ptr(),
            contacts: back.returned.contacts,
            cost: back.returned.cost,
            revenue: back.returned.revenue.estimate,
            revenue_lower: back.returned.revenue.interval.lower,
            revenue_upper: back.returned.revenue.interval.upper,
            profit: back.returned.profit.estimate,
            profit_lower: back.returned.profit.interval.lower,
            profit_upper: back.returned.profit.interval.upper,
            roi: back.returned.roi.estimate,
            roi_lower: back.returned.roi.interval.lower,
            roi_upper: back.returned.roi.interval.upper,
            probability_of_profit: back.returned.probability_of_profit,
            break_even_mean: back.returned.break_even_mean,
            break_even_rate: back.break_even_rate.estimate,
            break_even_rate_lower: back.break_even_rate.interval.lower,
            break_even_rate_upper: back.break_even_rate.interval.upper,
            conversions: back.conversions.map_or(f64::NAN, |conversions| conversions.conversions.estimate),
            cost_per_conversion: each.map_or(f64::NAN, |each| each.estimate),
            cost_per_conversion_lower: each.map_or(f64::NEG_INFINITY, |each| each.interval.lower),
            cost_per_conversion_upper: each.map_or(f64::INFINITY, |each| each.interval.upper),
            cost_per_conversion_kind: each.map_or(2, |each| each.interval.kind as i32),
            roi_kind: back.returned.roi.interval.kind as i32,
        })
    })
}

/// The whole report as JSON text; numbers that are not finite are null.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_to_json(
    report: *const crm_campaign_report,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("report", report)?.found.to_json()));
        Ok(())
    })
}

/// Number of effects; 0, with the thread's last error set, if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_effect_count(report: *const crm_campaign_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.effects.len()) })
}

/// Number of returns; 0, with the thread's last error set, if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_return_count(report: *const crm_campaign_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.returns.len()) })
}

/// Frees a report; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_report_free(report: *mut crm_campaign_report) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("report", report) });
}
