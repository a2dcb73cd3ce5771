//! A test that is fed as data arrive.

use crm_core::experiment::{MeanArm, SequentialStep, SequentialTest};
use crm_core::{Error, ErrorKind};

use super::always_valid::crm_always_valid_options;
use super::binary_arm::crm_binary_arm;
use super::sample_ratio::split_fields;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::text;
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// A test that stays valid however often it is looked at. Free with `crm_sequential_test_free`. One thread at a time may use
/// it.
pub struct crm_sequential_test {
    _opaque: (),
}

// None if a call did not return.
handles! { crm_sequential_test holds Option<SequentialTest>, tag b"crmSEQTE"; }

fn lost() -> Failure {
    let message = "an earlier call was given up: read the state back from its text";
    Error::new(ErrorKind::InvalidArgument, message).on("test").into()
}

/// What a sequential test says after a look. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_sequential_step {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The number of the look, from 0.
    pub look: u64,
    /// A `crm_sequential_decision`: reject or continue; once rejected it stays so.
    pub decision: i32,
    /// A `crm_test_status`: whether the data of this look could answer.
    pub status: i32,
    /// The effect at this look.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The logarithm of the evidence of this look by itself.
    pub ln_evidence_now: f64,
    /// The smallest p-value of all looks.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// The lower end of what the intervals of all looks have in common.
    pub lower: f64,
    /// Its upper end; below `lower` where looks contradict each other.
    pub upper: f64,
    /// The p-value of the split of the customers of all looks, against the plan of the options; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_sequential_step);

impl From<SequentialStep> for crm_sequential_step {
    fn from(step: SequentialStep) -> Self {
        let (split_p_value, split_ln_p_value, split_finding, split_is_flagged) = split_fields(&step.split);
        Self {
            struct_size: size_of::<Self>(),
            look: step.look,
            decision: step.decision as i32,
            status: step.now.status as i32,
            estimate: step.estimate,
            standard_error: step.standard_error,
            ln_evidence_now: step.now.ln_evidence,
            p_value: step.p_value,
            ln_p_value: step.ln_p_value,
            lower: step.interval.lower,
            upper: step.interval.upper,
            split_p_value,
            split_ln_p_value,
            split_finding,
            split_is_flagged,
        }
    }
}

/// A test without a look. `options` may be NULL for the defaults.
///
/// `out` receives the test, NULL if the call fails; the caller frees it with `crm_sequential_test_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_new(
    options: *const crm_always_valid_options,
    out: *mut *mut crm_sequential_test,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Some(SequentialTest::new(crm_always_valid_options::take(options)?)?));
        Ok(())
    })
}

/// Lets a test look; `out->struct_size` is set.
///
/// # Safety
/// The pointers are null or point to what they say.
unsafe fn look(
    test: *mut crm_sequential_test,
    out: *mut crm_sequential_step,
    at: impl FnOnce(&mut SequentialTest) -> crm_core::Result<SequentialStep>,
) -> Outcome<()> {
    // SAFETY: as the caller promises.
    let (out, place) = unsafe { (sized::place("out", out)?, handle::get_mut("test", test)?) };
    // Taken out, so that a test whose call did not return is not used again.
    let mut taken = place.take().ok_or_else(lost)?;
    let step = at(&mut taken);
    *place = Some(taken);
    out.put(step?.into())
}

/// A look by an estimate of the effect so far, with its standard error, after `observations` in all arms together. Set
/// `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for numbers that make no sense and `CRM_STATUS_INCOMPATIBLE` for fewer observations
/// than at the look before; the test is then as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_look(
    test: *mut crm_sequential_test,
    estimate: f64,
    standard_error: f64,
    observations: f64,
    out: *mut crm_sequential_step,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a struct of the size that it says, or null.
    guard(|| unsafe { look(test, out, |test| test.look(estimate, standard_error, observations)) })
}

/// A look at the difference of two rates, from all trials so far. Set `out->struct_size` first.
///
/// Fails as `crm_sequential_test_look`, and for an arm without trials or with more conversions than trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_look_rates(
    test: *mut crm_sequential_test,
    target: *const crm_binary_arm,
    control: *const crm_binary_arm,
    out: *mut crm_sequential_step,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses, arms, and a struct of the size that it says, or null.
    guard(|| unsafe {
        let (target, control) =
            (crm_binary_arm::read("target", target)?, crm_binary_arm::read("control", control)?);
        look(test, out, |test| test.look_rates(&target, &control))
    })
}

/// A look at the difference of two means, from the count, mean and sample variance (with count - 1) of all values so far. Set
/// `out->struct_size` first.
///
/// Fails as `crm_sequential_test_look`, and for moments that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_look_means(
    test: *mut crm_sequential_test,
    target_count: u64,
    target_mean: f64,
    target_variance: f64,
    control_count: u64,
    control_mean: f64,
    control_variance: f64,
    out: *mut crm_sequential_step,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a struct of the size that it says, or null.
    guard(|| unsafe {
        let target = MeanArm::from_moments(target_count, target_mean, target_variance)?;
        let control = MeanArm::from_moments(control_count, control_mean, control_variance)?;
        look(test, out, |test| test.look_means(&target, &control))
    })
}

/// The state as JSON text; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_to_json(
    test: *const crm_sequential_test,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("test", test)?.as_ref().ok_or_else(lost)?.to_json()?));
        Ok(())
    })
}

/// A test from its JSON text.
///
/// `out` receives the test, NULL if the call fails; the caller frees it with `crm_sequential_test_free`. Fails with
/// `CRM_STATUS_CORRUPT` for text that is no such state and `CRM_STATUS_INCOMPATIBLE` for one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_from_json(
    json: *const std::ffi::c_char,
    out: *mut *mut crm_sequential_test,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Some(SequentialTest::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Frees a test; NULL is accepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_sequential_test_free(test: *mut crm_sequential_test) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("test", test) });
}
