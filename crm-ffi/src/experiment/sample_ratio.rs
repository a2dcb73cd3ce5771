//! Whether users were split as planned.

use crm_core::experiment::{SampleRatio, SampleRatioLook, SequentialSampleRatio, SplitCheck, sample_ratio};

use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, text};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// What the split says of the experiment.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_split_finding {
    /// Nothing speaks against the plan.
    AsPlanned = 0,
    /// The counts are too far from the plan: find out why before you read any effect. Of two arms of which one was to have fewer than 5 users, the
    /// exact binomial test must say so too.
    Mismatch = 1,
    /// An arm that was to have no users has some.
    UnexpectedUsers = 2,
    /// There are no users.
    NoUsers = 3,
    /// No plan was given: the split was not checked.
    Unplanned = 4,
}

/// The fields of a check of the split, as structs of results have them at their end: p-value, its logarithm, finding, whether it is flagged.
pub(crate) fn split_fields(split: &SplitCheck) -> (f64, f64, i32, i32) {
    (split.p_value, split.ln_p_value, split.finding as i32, i32::from(split.is_flagged()))
}

/// How users were split, against the plan. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_sample_ratio {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Pearson's chi-square over the arms that were to have users; infinite if another has some.
    pub statistic: f64,
    /// Arms that were to have users, less 1.
    pub degrees_of_freedom: f64,
    /// The p-value; NaN without users and without a plan.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// The p-value below which the split is flagged.
    pub threshold: f64,
    /// A `crm_split_finding`.
    pub finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub is_flagged: i32,
}

/// A look at a running split. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_sample_ratio_look {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The natural logarithm of the Bayes factor against the plan, at this look.
    pub ln_bayes_factor: f64,
    /// The p-value over all looks so far.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
}

sized_structs!(crm_sample_ratio, crm_sample_ratio_look);

impl From<&SampleRatio> for crm_sample_ratio {
    fn from(split: &SampleRatio) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            statistic: split.statistic,
            degrees_of_freedom: split.degrees_of_freedom,
            p_value: split.p_value,
            ln_p_value: split.ln_p_value,
            threshold: split.threshold,
            finding: split.finding as i32,
            is_flagged: i32::from(split.is_flagged()),
        }
    }
}

/// Tests whether users were split as planned: set `out->struct_size` first. `observed` has the users and `weights` the planned
/// weights, of any scale, of `length` arms; the split is flagged for a p-value below `threshold` (0.01 unless you know better)
/// and for users in an arm of weight 0.
///
/// Fails with `CRM_STATUS_EMPTY` without arms, `CRM_STATUS_INVALID_VALUE` for a weight that is not finite and 0 or more, naming
/// its arm as the row, `CRM_STATUS_INVALID_ARGUMENT` for weights that are all 0 and a threshold outside (0, 1), and
/// `CRM_STATUS_OUT_OF_RANGE` for more than 2^53 users.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sample_ratio_of(
    observed: *const u64,
    weights: *const f64,
    length: usize,
    threshold: f64,
    out: *mut crm_sample_ratio,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (observed, weights) = (array("observed", observed, length)?, array("weights", weights, length)?);
        out.put((&sample_ratio(observed, weights, threshold)?).into())
    })
}

/// A check of the split that may be read after every user: the p-value holds however often it is looked at (Lindon and Malek
/// 2022). Free with `crm_sequential_sample_ratio_free`. A look changes it: one thread at a time may use it.
pub struct crm_sequential_sample_ratio {
    _opaque: (),
}

handles! { crm_sequential_sample_ratio holds SequentialSampleRatio, tag b"crmSEQSR"; }

/// A check against the planned weights, of any scale, of `length` arms. The higher the `concentration`, above 0, the nearer to
/// the plan the mismatches that are expected: 100 finds those of a few per cent.
///
/// `out` receives the check, NULL if the call fails; the caller frees it with `crm_sequential_sample_ratio_free`. Fails as
/// `crm_sample_ratio_of` for the weights, and with `CRM_STATUS_INVALID_ARGUMENT` for a concentration that is not above 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_sample_ratio_new(
    weights: *const f64,
    length: usize,
    concentration: f64,
    out: *mut *mut crm_sequential_sample_ratio,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(SequentialSampleRatio::new(array("weights", weights, length)?, concentration)?);
        Ok(())
    })
}

/// Looks at all users so far, from the start of the experiment: set `out->struct_size` first. `observed` has the users of `length`
/// arms.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for another number of arms, `CRM_STATUS_OUT_OF_RANGE` for more than 2^53 users, and
/// `CRM_STATUS_INCOMPATIBLE` for an arm, named as the row, with fewer users than at the look before; the check is then as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_sample_ratio_look(
    check: *mut crm_sequential_sample_ratio,
    observed: *const u64,
    length: usize,
    out: *mut crm_sample_ratio_look,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let observed = array("observed", observed, length)?;
        let SampleRatioLook { ln_bayes_factor, p_value, ln_p_value } =
            handle::get_mut("check", check)?.look(observed)?;
        let struct_size = size_of::<crm_sample_ratio_look>();
        out.put(crm_sample_ratio_look { struct_size, ln_bayes_factor, p_value, ln_p_value })
    })
}

/// The state as JSON text; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_sample_ratio_to_json(
    check: *const crm_sequential_sample_ratio,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("check", check)?.to_json()?));
        Ok(())
    })
}

/// A check from its JSON text.
///
/// `out` receives the check, NULL if the call fails; the caller frees it with `crm_sequential_sample_ratio_free`. Fails with
/// `CRM_STATUS_CORRUPT` for text that is no such state and `CRM_STATUS_INCOMPATIBLE` for one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_sample_ratio_from_json(
    json: *const std::ffi::c_char,
    out: *mut *mut crm_sequential_sample_ratio,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(SequentialSampleRatio::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees a check; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_sample_ratio_free(check: *mut crm_sequential_sample_ratio) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("check", check) });
}

#[cfg(test)]
mod tests {
    use crm_core::experiment::SplitFinding;

    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_split_finding as F;
        let findings = [F::AsPlanned, F::Mismatch, F::UnexpectedUsers, F::NoUsers, F::Unplanned];
        let findings = findings.map(|finding| SplitFinding::from_code(finding as i32).unwrap());
        assert_eq!(findings, *SplitFinding::ALL);
    }
}
