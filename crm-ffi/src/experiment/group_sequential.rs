//! Group-sequential tests.

use crm_core::experiment::{
    Alternative, Futility, GroupSequential, GroupSequentialLook, GroupSequentialOptions, StoppingBoundary,
};

use crate::guard::guard;
use crate::pointer::{array, optional_places, place};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// The shape of a group-sequential boundary, or the rule by which it spends its error.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_stopping_boundary {
    /// z falls as t^(-1/2) (O'Brien and Fleming 1979); all looks planned ahead.
    OBrienFleming = 0,
    /// The same z at every look (Pocock 1977); all looks planned ahead.
    Pocock = 1,
    /// z goes as t^(parameter - 1/2) (Wang and Tsiatis 1987); all looks planned ahead.
    WangTsiatis = 2,
    /// Spends error like O'Brien-Fleming (Lan and DeMets 1983).
    SpendOBrienFleming = 3,
    /// Spends error like Pocock (Lan and DeMets 1983).
    SpendPocock = 4,
    /// Spends alpha t^parameter (Kim and DeMets 1987).
    SpendPower = 5,
    /// Spends alpha (1 - e^(-parameter t)) / (1 - e^-parameter) (Hwang, Shih and De Cani 1990).
    SpendHwangShihDeCani = 6,
}

/// What to do after a look.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_sequential_decision {
    /// Go on: nothing is decided.
    Continue = 0,
    /// The null is rejected.
    Reject = 1,
    /// Going on is not worth it: the statistic is below the futility boundary.
    Futile = 2,
    /// All error is spent and the null is not rejected.
    Exhausted = 3,
}

/// What a group-sequential test is asked. Fill with `crm_group_sequential_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_group_sequential_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_stopping_boundary` (default `CRM_STOPPING_BOUNDARY_SPEND_O_BRIEN_FLEMING`).
    pub boundary: i32,
    /// Not 0 if `parameter` holds; 0 (default) for that of the boundary: 1/4 for Wang-Tsiatis, 3 for the power, -4 for
    /// Hwang-Shih-De Cani.
    pub has_parameter: i32,
    /// The parameter of the boundary.
    pub parameter: f64,
    /// The error over all looks, of both sides together if two-sided; inside (0, 1) (default 0.05).
    pub alpha: f64,
    /// A `crm_alternative`: two-sided (default), greater or less.
    pub alternative: i32,
    /// Not 0 if the last look is the end whatever its information: what is left of alpha is spent there. Default 0.
    pub ended: i32,
    /// Not 0 for futility, of one-sided tests only. It does not bind. Default 0.
    pub has_futility: i32,
    /// How the error of the second kind is spent: a `crm_stopping_boundary` that spends.
    pub futility_boundary: i32,
    /// Not 0 if `futility_parameter` holds.
    pub has_futility_parameter: i32,
    /// Not 0 if `futility_drift` holds; 0 for the drift at which the power is 1 - beta, which needs all looks.
    pub has_futility_drift: i32,
    /// The parameter of the futility boundary.
    pub futility_parameter: f64,
    /// The error of the second kind; above 0, below 1 - alpha (default 0.2).
    pub beta: f64,
    /// The mean of z at information 1 under the effect hoped for.
    pub futility_drift: f64,
}

sized_structs!(crm_group_sequential_options, crm_group_sequential_look, crm_stagewise_inference);

impl crm_group_sequential_options {
    fn new() -> Self {
        let core = GroupSequentialOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            boundary: core.boundary as i32,
            has_parameter: 0,
            parameter: 0.0,
            alpha: core.alpha,
            alternative: core.alternative as i32,
            ended: 0,
            has_futility: 0,
            futility_boundary: core.boundary as i32,
            has_futility_parameter: 0,
            has_futility_drift: 0,
            futility_parameter: 0.0,
            beta: 0.2,
            futility_drift: 0.0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<GroupSequentialOptions> {
        if options.is_null() {
            return Ok(GroupSequentialOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        let futility = if given.has_futility == 0 {
            None
        } else {
            Some(Futility {
                boundary: StoppingBoundary::from_code(given.futility_boundary)?,
                parameter: (given.has_futility_parameter != 0).then_some(given.futility_parameter),
                beta: given.beta,
                drift: (given.has_futility_drift != 0).then_some(given.futility_drift),
            })
        };
        Ok(GroupSequentialOptions {
            boundary: StoppingBoundary::from_code(given.boundary)?,
            parameter: (given.has_parameter != 0).then_some(given.parameter),
            alpha: given.alpha,
            alternative: Alternative::from_code(given.alternative)?,
            ended: given.ended != 0,
            futility,
        })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_options_init(
    options: *mut crm_group_sequential_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_group_sequential_options::new()) })
}

/// The test of `looks` information fractions.
///
/// # Safety
/// The pointers are null or point to what they say.
unsafe fn test(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
) -> Outcome<GroupSequential> {
    // SAFETY: as the caller promises.
    let (information, options) =
        unsafe { (array("information", information, looks)?, crm_group_sequential_options::take(options)?) };
    Ok(GroupSequential::new(information, &options)?)
}

/// Boundaries for looks at `looks` information fractions, rising, at least 1e-6 apart: spending functions take the looks so
/// far, shapes all looks, the last at 1. `options` may be NULL for the defaults.
///
/// Each of the arrays holds `looks` places, or is NULL: what z must exceed (its modulus if two-sided, -z for less), the error
/// spent up to the look, the p-value of a test at this look alone at the critical value, and what z must reach for going on
/// (-infinity without futility).
///
/// Fails with `CRM_STATUS_EMPTY` without a look, and with `CRM_STATUS_INVALID_ARGUMENT` for options and fractions that make no
/// sense; the error names the row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_boundaries(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
    critical_values: *mut f64,
    alpha_spent: *mut f64,
    nominal_alpha: *mut f64,
    futility_values: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let test = test(information, looks, options)?;
        let columns = [
            optional_places("critical_values", critical_values, looks)?,
            optional_places("alpha_spent", alpha_spent, looks)?,
            optional_places("nominal_alpha", nominal_alpha, looks)?,
            optional_places("futility_values", futility_values, looks)?,
        ];
        let nominal = test.nominal_alpha();
        let values = [test.critical_values(), test.alpha_spent(), &nominal, test.futility_values()];
        for (column, values) in columns.into_iter().zip(values) {
            if let Some(column) = column {
                column.fill(values.iter().copied());
            }
        }
        Ok(())
    })
}

/// A look at the data of a group-sequential test. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_group_sequential_look {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The information fraction of the look.
    pub information: f64,
    /// A `crm_sequential_decision`.
    pub decision: i32,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// (Estimate - null) / standard error.
    pub statistic: f64,
    /// What the statistic had to exceed (its modulus if two-sided, its negative for less).
    pub critical_value: f64,
    /// What the statistic had to reach for going on; -infinity without futility.
    pub futility_value: f64,
    /// The error spent so far.
    pub alpha_spent: f64,
    /// The lower end of the repeated confidence interval, which excludes the null if and only if the look rejects.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// The stage-wise adjusted p-value, as if the test ended here: at most `alpha_spent` if and only if the look rejects.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
}

impl From<GroupSequentialLook> for crm_group_sequential_look {
    fn from(look: GroupSequentialLook) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            information: look.information,
            decision: look.decision as i32,
            status: look.status as i32,
            statistic: look.statistic,
            critical_value: look.critical_value,
            futility_value: look.futility_value,
            alpha_spent: look.alpha_spent,
            lower: look.interval.lower,
            upper: look.interval.upper,
            p_value: look.p_value,
            ln_p_value: look.ln_p_value,
        }
    }
}

/// What the test says at look number `look`, from 0, of an estimate of the effect with its standard error. `options` may be
/// NULL; set `out->struct_size` first.
///
/// Fails as `crm_group_sequential_boundaries`, and with `CRM_STATUS_INVALID_ARGUMENT` for a look that the test does not have, an
/// estimate or null that is not finite, and a negative standard error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_at(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
    look: usize,
    estimate: f64,
    standard_error: f64,
    null: f64,
    out: *mut crm_group_sequential_look,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let test = test(information, looks, options)?;
        out.put(test.look(look, estimate, standard_error, null)?.into())
    })
}

/// Estimates that allow for the looks before, for a test that has ended. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_stagewise_inference {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The stage-wise adjusted p-value.
    pub p_value: f64,
    /// The effect under which what was seen, or more, has probability 1/2.
    pub median_unbiased: f64,
    /// The lower end of the interval of confidence 1 - alpha from the same ordering.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
}

/// The adjusted p-value, the median-unbiased estimate and the adjusted interval of a test that ended at look number `look`.
/// `options` may be NULL; set `out->struct_size` first.
///
/// Fails as `crm_group_sequential_at`, and for a standard error of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_inference(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
    look: usize,
    estimate: f64,
    standard_error: f64,
    null: f64,
    out: *mut crm_stagewise_inference,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let inference = test(information, looks, options)?.inference(look, estimate, standard_error, null)?;
        out.put(crm_stagewise_inference {
            struct_size: size_of::<crm_stagewise_inference>(),
            p_value: inference.p_value,
            median_unbiased: inference.median_unbiased,
            lower: inference.interval.lower,
            upper: inference.interval.upper,
        })
    })
}

/// How the test ends if z at information 1 has mean `drift`: the power, the mean information at the end, and for each look
/// P(rejecting in the direction of the alternative) and P(stopping below). All places may be NULL; the arrays hold `looks`.
///
/// Fails as `crm_group_sequential_boundaries`, and with `CRM_STATUS_INVALID_ARGUMENT` for a drift beyond 37.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_power(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
    drift: f64,
    power: *mut f64,
    expected_information: *mut f64,
    reject: *mut f64,
    stop_below: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, places, and a struct of the size that it says, or null.
    guard(|| unsafe {
        let ends = test(information, looks, options)?.power(drift)?;
        let columns = [
            (optional_places("power", power, 1)?, vec![ends.power]),
            (
                optional_places("expected_information", expected_information, 1)?,
                vec![ends.expected_information],
            ),
            (optional_places("reject", reject, looks)?, ends.reject),
            (optional_places("stop_below", stop_below, looks)?, ends.stop_below),
        ];
        for (column, values) in columns {
            if let Some(column) = column {
                column.fill(values.into_iter());
            }
        }
        Ok(())
    })
}

/// The information at the last look over what a test with a single look needs for the same power in the effect's direction.
///
/// Fails as `crm_group_sequential_boundaries`, and with `CRM_STATUS_INVALID_ARGUMENT` for a power that is not above alpha and
/// below 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_group_sequential_inflation_factor(
    information: *const f64,
    looks: usize,
    options: *const crm_group_sequential_options,
    power: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a place, and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let factor = test(information, looks, options)?.inflation_factor(power)?;
        out.fill(std::iter::once(factor));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        use crm_core::experiment::SequentialDecision;
        use crm_sequential_decision as D;
        use crm_stopping_boundary as B;
        let options = crm_group_sequential_options::new();
        // SAFETY: the struct is as long as it says.
        assert_eq!(
            // SAFETY: a struct of the size that it says.
            unsafe { crm_group_sequential_options::take(&raw const options) }.unwrap(),
            GroupSequentialOptions::default()
        );
        let boundaries = [
            B::OBrienFleming,
            B::Pocock,
            B::WangTsiatis,
            B::SpendOBrienFleming,
            B::SpendPocock,
            B::SpendPower,
            B::SpendHwangShihDeCani,
        ];
        let known = boundaries.map(|code| StoppingBoundary::from_code(code as i32).unwrap());
        assert_eq!(known, *StoppingBoundary::ALL);
        let decisions = [D::Continue, D::Reject, D::Futile, D::Exhausted];
        let known = decisions.map(|code| SequentialDecision::from_code(code as i32).unwrap());
        assert_eq!(known, *SequentialDecision::ALL);
    }
}
