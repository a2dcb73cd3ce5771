//! Sizes, power, detectable effects and durations.

use crm_core::Error;
use crm_core::experiment::{
    Alternative, Contrast, CountedTails, EffectDirection, LevelSharing, MeanMethod, MeanPlan, PlanOptions,
    ProportionPlan, ProportionPlanMethod, SampleSize, Traffic,
};

use super::quantile::crm_quantile_arm;
use crate::guard::guard;
use crate::handle;
use crate::pointer::{array, place};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Which rejections count as power.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_counted_tails {
    /// Those in the direction of the effect, as the textbook formulae have it.
    Near = 0,
    /// All of them.
    Both = 1,
}

/// How several targets against one control share the level.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_level_sharing {
    /// `alpha / targets` for each.
    Bonferroni = 0,
    /// `1 - (1 - alpha)^(1 / targets)` for each.
    Sidak = 1,
    /// Dunnett's critical value, which takes the common control into account.
    Dunnett = 2,
    /// The whole level for each.
    None = 3,
}

/// On which side of the null a detectable effect lies.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_effect_direction {
    /// Above.
    Increase = 0,
    /// Below.
    Decrease = 1,
}

/// Which test of two rates is planned.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_proportion_plan_method {
    /// The score test (Farrington and Manning 1990).
    Score = 0,
    /// The z test with the pooled rate, for the null of no effect.
    Pooled = 1,
    /// The z test with the rates as they are.
    Unpooled = 2,
    /// The test of the difference of arcsines, for the null of no effect.
    Arcsine = 3,
}

/// What a planned test will be asked, and how its arms are cut. Fill with `crm_plan_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_plan_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_contrast`: the difference (default), for rates the lift or the ratio, and for exact tests the odds ratio.
    pub contrast: i32,
    /// A `crm_alternative`: two-sided (default), greater or less.
    pub alternative: i32,
    /// The level of all comparisons together, inside (0, 1) (default 0.05).
    pub alpha: f64,
    /// Not 0 if `null` holds; 0 (default) for the value that says "no effect".
    pub has_null: i32,
    /// Not 0 for a test of equivalence, between both margins; 0 by default.
    pub has_margins: i32,
    /// The value of the contrast under the null.
    pub null: f64,
    /// The lower margin of equivalence.
    pub lower_margin: f64,
    /// The upper margin of equivalence.
    pub upper_margin: f64,
    /// A `crm_counted_tails`: near (default) or both.
    pub tails: i32,
    /// A `crm_level_sharing`: Bonferroni (default), Sidak, Dunnett or none.
    pub sharing: i32,
    /// Size of the control over that of one target; above 0 (default 1).
    pub control_per_target: f64,
    /// Targets against the one control, from 1 (default) to 1000.
    pub targets: u32,
    /// Must be 0.
    pub reserved: u32,
}

/// Sizes with which a test has the power asked for. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_sample_size {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers of one target, as the formula has it: a root, not rounded.
    pub target: f64,
    /// Customers of the control, not rounded.
    pub control: f64,
    /// Customers of one target.
    pub target_count: u64,
    /// Customers of the control.
    pub control_count: u64,
    /// Customers of all targets and the control.
    pub total_count: u64,
    /// The power with the counts: at least what was asked for.
    pub power: f64,
}

/// How long arms take to fill. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_traffic_duration {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Days until the slowest arm is full, not rounded.
    pub days: f64,
    /// Days, rounded up.
    pub whole_days: u64,
    /// Weeks, rounded up.
    pub whole_weeks: u64,
}

sized_structs!(crm_plan_options, crm_sample_size, crm_traffic_duration);

impl crm_plan_options {
    fn new() -> Self {
        let core = PlanOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            contrast: core.contrast as i32,
            alternative: core.alternative as i32,
            alpha: core.alpha,
            has_null: 0,
            has_margins: 0,
            null: 0.0,
            lower_margin: 0.0,
            upper_margin: 0.0,
            tails: core.tails as i32,
            sharing: core.sharing as i32,
            control_per_target: core.control_per_target,
            targets: core.targets,
            reserved: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    pub(super) unsafe fn take(options: *const Self) -> Outcome<PlanOptions> {
        if options.is_null() {
            return Ok(PlanOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let options = PlanOptions {
            contrast: Contrast::from_code(given.contrast)?,
            alternative: Alternative::from_code(given.alternative)?,
            alpha: given.alpha,
            null: (given.has_null != 0).then_some(given.null),
            margins: (given.has_margins != 0).then_some((given.lower_margin, given.upper_margin)),
            tails: CountedTails::from_code(given.tails)?,
            control_per_target: given.control_per_target,
            targets: given.targets,
            sharing: LevelSharing::from_code(given.sharing)?,
        };
        options.check()?;
        Ok(options)
    }
}

impl From<SampleSize> for crm_sample_size {
    fn from(size: SampleSize) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            target: size.target,
            control: size.control,
            target_count: size.target_count,
            control_count: size.control_count,
            total_count: size.total_count,
            power: size.power,
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_options_init(
    options: *mut crm_plan_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_plan_options::new()) })
}

/// # Safety
/// As [`crm_plan_options::take`].
unsafe fn proportion(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
) -> Outcome<ProportionPlan> {
    // SAFETY: as the caller promises.
    let options = unsafe { crm_plan_options::take(options) }?;
    Ok(ProportionPlan::new(control_rate, ProportionPlanMethod::from_code(method)?, options)?)
}

/// # Safety
/// As [`crm_plan_options::take`].
unsafe fn mean(deviations: [f64; 2], method: i32, options: *const crm_plan_options) -> Outcome<MeanPlan> {
    // SAFETY: as the caller promises.
    let options = unsafe { crm_plan_options::take(options) }?;
    Ok(MeanPlan::new(deviations[0], deviations[1], MeanMethod::from_code(method)?, options)?)
}

/// # Safety
/// `out` is null or valid for writing.
pub(super) unsafe fn put(out: *mut f64, value: impl FnOnce() -> Outcome<f64>) -> Outcome<()> {
    // SAFETY: as the caller promises.
    let out = unsafe { place("out", out) }?;
    out.fill(std::iter::once(value()?));
    Ok(())
}

/// The power of a test of two rates by a `crm_proportion_plan_method`, for a target of that rate and size; the control has
/// `control_per_target` times the size. `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for rates outside their range, a size that is not positive and options that make
/// no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_proportion_power(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_rate: f64,
    target_count: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        put(out, || Ok(proportion(control_rate, method, options)?.power(target_rate, target_count)?))
    })
}

/// The least sizes for a power of a test of two rates. Set `out->struct_size` first; `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a rate on the null or its wrong side, a power outside (alpha, 1) and what
/// `crm_plan_proportion_power` refuses, and with `CRM_STATUS_OUT_OF_RANGE` where more customers are needed than can be counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_proportion_sample_size(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_rate: f64,
    power: f64,
    out: *mut crm_sample_size,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(proportion(control_rate, method, options)?.sample_size(target_rate, power)?.into())
    })
}

/// The rate of the target next to the null, in a `crm_effect_direction`, that is found with that power.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a power that no rate reaches, a direction that the alternative does not look
/// for, margins, and what `crm_plan_proportion_sample_size` refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_proportion_detectable(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_count: f64,
    power: f64,
    direction: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        put(out, || {
            let direction = EffectDirection::from_code(direction)?;
            Ok(proportion(control_rate, method, options)?.detectable(target_count, power, direction)?)
        })
    })
}

/// The power of a test of two means, 0 for Welch's, 1 for Student's, 2 for the z test, for a difference and a size of the
/// target; the control has `control_per_target` times the size. `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for deviations and sizes that are not positive, a difference that is not finite and
/// options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_mean_power(
    target_deviation: f64,
    control_deviation: f64,
    method: i32,
    options: *const crm_plan_options,
    difference: f64,
    target_count: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let deviations = [target_deviation, control_deviation];
        put(out, || Ok(mean(deviations, method, options)?.power(difference, target_count)?))
    })
}

/// The least sizes for a power of a test of two means. Set `out->struct_size` first; `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a difference on the null or its wrong side, a power outside (alpha, 1) and what
/// `crm_plan_mean_power` refuses, and with `CRM_STATUS_OUT_OF_RANGE` where more customers are needed than can be counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_mean_sample_size(
    target_deviation: f64,
    control_deviation: f64,
    method: i32,
    options: *const crm_plan_options,
    difference: f64,
    power: f64,
    out: *mut crm_sample_size,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let deviations = [target_deviation, control_deviation];
        out.put(mean(deviations, method, options)?.sample_size(difference, power)?.into())
    })
}

/// The difference next to the null, in a `crm_effect_direction`, that is found with that power.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size too small for a variance, a direction that the alternative does not look
/// for, margins, and what `crm_plan_mean_sample_size` refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_mean_detectable(
    target_deviation: f64,
    control_deviation: f64,
    method: i32,
    options: *const crm_plan_options,
    target_count: f64,
    power: f64,
    direction: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let deviations = [target_deviation, control_deviation];
        put(out, || {
            let direction = EffectDirection::from_code(direction)?;
            Ok(mean(deviations, method, options)?.detectable(target_count, power, direction)?)
        })
    })
}

/// The standard deviation that a covariate leaves (CUPED), `deviation * sqrt(1 - correlation^2)`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a deviation that is not positive and a correlation outside (-1, 1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_covariate_deviation(
    deviation: f64,
    correlation: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe { put(out, || Ok(MeanPlan::covariate_deviation(deviation, correlation)?)) })
}

/// The standard deviation to plan a ratio of means with, from means and deviations of numerator and denominator and their
/// correlation.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a mean of the denominator that is 0, negative deviations, a correlation outside
/// [-1, 1] and numbers that are not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ratio_deviation(
    numerator_mean: f64,
    numerator_deviation: f64,
    denominator_mean: f64,
    denominator_deviation: f64,
    correlation: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        let numerator = (numerator_mean, numerator_deviation);
        let denominator = (denominator_mean, denominator_deviation);
        put(out, || Ok(MeanPlan::ratio_deviation(numerator, denominator, correlation)?))
    })
}

/// The standard deviation to plan a quantile with, `sqrt(q (1 - q)) / density`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a probability outside (0, 1) and a density that is not positive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_deviation(probability: f64, density: f64, out: *mut f64) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe { put(out, || Ok(MeanPlan::quantile_deviation(probability, density)?)) })
}

/// The standard deviation to plan a quantile with, from a pilot, by the width of its interval.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a probability outside (0, 1), `CRM_STATUS_EMPTY` for a summary without rows and
/// `CRM_STATUS_INVALID_VALUE` for one that does not tell how the quantile varies.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_pilot_quantile_deviation(
    arm: *const crm_quantile_arm,
    probability: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        put(out, || Ok(MeanPlan::pilot_quantile_deviation(handle::get("arm", arm)?, probability)?))
    })
}

/// The standard deviation to plan a stratified mean with, from shares of `length` strata in any unit and the standard deviations
/// within them.
///
/// Fails with `CRM_STATUS_EMPTY` without a share, and with `CRM_STATUS_INVALID_VALUE` for shares and deviations that are negative
/// or not finite, and if no stratum has any variance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_stratified_deviation(
    shares: *const f64,
    deviations: *const f64,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        put(out, || {
            let (shares, deviations) =
                (array("shares", shares, length)?, array("deviations", deviations, length)?);
            Ok(MeanPlan::stratified_deviation(shares, deviations)?)
        })
    })
}

/// How long it takes until every arm has its size, from visitors per day of whom each of `targets` gets `target_share` and the
/// control `control_share`. Set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for visitors or shares that are not positive and shares that add up to more than 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_traffic_days(
    visitors_per_day: f64,
    target_share: f64,
    control_share: f64,
    targets: u32,
    size: *const crm_sample_size,
    out: *mut crm_traffic_duration,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let none = SampleSize {
            target: 0.0,
            control: 0.0,
            target_count: 0,
            control_count: 0,
            total_count: 0,
            power: 0.0,
        };
        let given = sized::read("size", size, none.into())?;
        let size = SampleSize {
            target: given.target,
            control: given.control,
            target_count: given.target_count,
            control_count: given.control_count,
            total_count: given.total_count,
            power: given.power,
        };
        let duration = Traffic::new(visitors_per_day, target_share, control_share, targets)?.duration(&size);
        out.put(crm_traffic_duration {
            struct_size: size_of::<crm_traffic_duration>(),
            days: duration.days,
            whole_days: duration.whole_days,
            whole_weeks: duration.whole_weeks,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        use crm_counted_tails as T;
        use crm_effect_direction as D;
        use crm_level_sharing as L;
        use crm_proportion_plan_method as P;
        let options = crm_plan_options::new();
        // SAFETY: the struct is as long as it says.
        assert_eq!(unsafe { crm_plan_options::take(&raw const options) }.unwrap(), PlanOptions::default());
        assert_eq!(
            [T::Near, T::Both].map(|code| CountedTails::from_code(code as i32).unwrap()),
            *CountedTails::ALL
        );
        let directions =
            [D::Increase, D::Decrease].map(|code| EffectDirection::from_code(code as i32).unwrap());
        assert_eq!(directions, *EffectDirection::ALL);
        let sharing = [L::Bonferroni, L::Sidak, L::Dunnett, L::None].map(|code| code as i32);
        assert_eq!(sharing.map(|code| LevelSharing::from_code(code).unwrap()), *LevelSharing::ALL);
        let methods = [P::Score, P::Pooled, P::Unpooled, P::Arcsine].map(|code| code as i32);
        assert_eq!(
            methods.map(|code| ProportionPlanMethod::from_code(code).unwrap()),
            *ProportionPlanMethod::ALL
        );
    }
}
