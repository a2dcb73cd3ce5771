//! Corrections for many tests, and several targets against one control.

use crm_core::experiment::{MeanArm, MultiplicityMethod, adjust_ln_p_values, adjust_p_values, dunnett_test};
use crm_core::{Error, ErrorKind};

use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::{array, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How p-values of many tests are adjusted.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_multiplicity_method {
    /// Times the number of tests.
    Bonferroni = 0,
    /// `1 - (1 - p)^m`.
    Sidak = 1,
    /// Bonferroni's, one after the other from the smallest: right under every dependence.
    Holm = 2,
    /// Sidak's, one after the other from the smallest.
    HolmSidak = 3,
    /// Holm's from the largest: right for independent and positively dependent tests.
    Hochberg = 4,
    /// Every subset by Simes' test: right where Hochberg's is.
    Hommel = 5,
    /// The share of false ones among the rejections, for independent and positively dependent tests.
    BenjaminiHochberg = 6,
    /// The same share under every dependence.
    BenjaminiYekutieli = 7,
}

/// p-values adjusted for their number by a `crm_multiplicity_method`, in the order given; `out` may be the array itself.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` for a p-value that is NaN or outside [0, 1], naming its row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_adjust_p_values(
    p_values: *const f64,
    length: usize,
    method: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths, or null.
    guard(|| unsafe { adjusted("p_values", p_values, length, method, out, capacity, adjust_p_values) })
}

/// The logarithms of adjusted p-values from those of p-values, for tests whose p-values underflow. As `crm_adjust_p_values`.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` for a logarithm that is NaN or above 0, naming its row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_adjust_ln_p_values(
    ln_p_values: *const f64,
    length: usize,
    method: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths, or null.
    guard(|| unsafe {
        adjusted("ln_p_values", ln_p_values, length, method, out, capacity, adjust_ln_p_values)
    })
}

unsafe fn adjusted(
    name: &str,
    values: *const f64,
    length: usize,
    method: i32,
    out: *mut f64,
    capacity: usize,
    adjust: impl Fn(&[f64], MultiplicityMethod) -> crm_core::Result<Vec<f64>>,
) -> Outcome<()> {
    let method = MultiplicityMethod::from_code(method)?;
    // SAFETY: as the caller promises; the values are read before any is written.
    let values = adjust(unsafe { array(name, values, length) }?, method)?;
    // SAFETY: as the caller promises.
    unsafe { places("out", out, capacity, length) }?.fill(values.into_iter());
    Ok(())
}

/// What Dunnett's test says of all targets. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_dunnett {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The statistic beyond which a null is rejected, in the direction of the alternative, or of its absolute value; NaN
    /// where the data could not answer.
    pub critical_value: f64,
    /// Degrees of freedom of the common variance.
    pub degrees_of_freedom: f64,
    /// The standard deviation within the arms.
    pub standard_deviation: f64,
    /// The p-value of the split of the customers, against the plan of the weights; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_dunnett);

/// Tests `targets` targets against one control with one level for all of them (Dunnett 1955), from the counts, means and
/// sample variances of the arms. `counts`, `means` and `variances` have `targets + 1` entries, the control's last; so have `weights`, the
/// planned split of the rows, of any scale, or NULL for no plan.
///
/// `results` has a place for each target, the first with its `struct_size` set to that of all of them; `options` may be
/// NULL for the defaults, and `out` where the summary is not wanted.
///
/// Fails with `CRM_STATUS_EMPTY` for no targets, with `CRM_STATUS_INVALID_ARGUMENT` for moments that no values have, for
/// options that make no sense and for contrasts other than the difference, and as `crm_sample_ratio_of` for the weights.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dunnett_test(
    counts: *const u64,
    means: *const f64,
    variances: *const f64,
    weights: *const f64,
    targets: usize,
    options: *const crm_test_options,
    results: *mut crm_test_result,
    out: *mut crm_dunnett,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        if targets == 0 {
            return Err(Error::new(ErrorKind::Empty, "no targets to compare").on("targets").into());
        }
        let arms = targets.saturating_add(1);
        let (counts, means) = (array("counts", counts, arms)?, array("means", means, arms)?);
        let variances = array("variances", variances, arms)?;
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, arms)?) };
        let arms = (0..arms)
            .map(|row| {
                let arm = MeanArm::from_moments(counts[row], means[row], variances[row]);
                arm.map_err(|error| error.at_row(row as u64))
            })
            .collect::<crm_core::Result<Vec<_>>>()?;
        let options = crm_test_options::take(options)?;
        let first = sized::place("results", results)?;
        let summary = if out.is_null() { None } else { Some(sized::place("out", out)?) };
        let (control, targets) = arms.split_last().ok_or_else(|| Error::new(ErrorKind::Empty, "no arms"))?;
        let test = dunnett_test(targets, control, weights, &options)?;
        first.put_all(test.results.iter().map(crm_test_result::from))?;
        if let Some(summary) = summary {
            summary.put(crm_dunnett {
                struct_size: size_of::<crm_dunnett>(),
                critical_value: test.critical_value,
                degrees_of_freedom: test.degrees_of_freedom,
                standard_deviation: test.standard_deviation,
                split_p_value: test.sample_ratio.p_value,
                split_ln_p_value: test.sample_ratio.ln_p_value,
                split_finding: test.sample_ratio.finding as i32,
                split_is_flagged: i32::from(test.sample_ratio.is_flagged()),
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_multiplicity_method as M;
        let methods = [
            M::Bonferroni,
            M::Sidak,
            M::Holm,
            M::HolmSidak,
            M::Hochberg,
            M::Hommel,
            M::BenjaminiHochberg,
            M::BenjaminiYekutieli,
        ];
        let methods = methods.map(|code| MultiplicityMethod::from_code(code as i32).unwrap());
        assert_eq!(methods, *MultiplicityMethod::ALL);
    }
}
