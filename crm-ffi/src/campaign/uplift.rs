//! Uplift curves.

use crm_core::Threads;
use crm_core::campaign::{TopShare, UpliftBand, UpliftCurve, UpliftCurveKind, UpliftScale};

use crate::experiment::test_options::crm_test_options;
use crate::experiment::test_result::crm_test_result;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, places};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// What an uplift curve shows of the customers with the highest scores.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_uplift_curve_kind {
    /// Outcomes of targets above what as many controls had (Radcliffe 2007).
    Qini = 0,
    /// The difference of the means times all customers.
    Gain = 1,
}

/// What the area between an uplift curve and chance is divided by.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_uplift_scale {
    /// The area of the conventional perfect order (Radcliffe 2007), which puts customers whom contact harms last; some data have better orders.
    /// Outcomes must be 0 or 1.
    Optimum = 0,
    /// The area of the best possible order if contact harms nobody. For the Qini curve and outcomes of 0 or 1.
    OptimumWithoutHarm = 1,
    /// The number of customers times the magnitude of the curve's end.
    End = 2,
    /// The number of customers: the mean height above chance over all depths, in outcomes.
    Customers = 3,
    /// Nothing: customers times outcomes.
    Area = 4,
}

/// Whether an uplift score is defined.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_uplift_status {
    /// It is.
    Ok = 0,
    /// The curve ends at 0, by which it cannot be divided.
    NoOverallUplift = 1,
    /// No order is better than chance.
    NoOptimum = 2,
}

/// Of whom a share is taken.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_top_share {
    /// Of all customers in one order.
    Everybody = 0,
    /// Of the targets and of the controls, each in their own order.
    EachArm = 1,
}

/// Customers in the order of a score, highest first, with what became of them. Customers of one score are one group. Free with
/// `crm_uplift_curve_free`. Immutable: any number of threads may use it at once.
pub struct crm_uplift_curve {
    _opaque: (),
}

/// The uplift in bands of a score. Free with `crm_uplift_bands_free`. Immutable: any number of threads may use it at once.
pub struct crm_uplift_bands {
    _opaque: (),
}

handles! {
    crm_uplift_curve holds UpliftCurve, tag b"crmUPLIF";
    crm_uplift_bands holds Vec<UpliftBand>, tag b"crmUPBAN";
}

/// Customers of a part of the order. Set `struct_size` before the call that fills it. The test itself is given by `crm_uplift_bands_result`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_uplift_band {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The highest score.
    pub score_from: f64,
    /// The lowest score.
    pub score_to: f64,
    /// Targets.
    pub targets: u64,
    /// Controls.
    pub controls: u64,
}

/// A Qini coefficient, or an area under the uplift curve. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_uplift_score {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// (`area` - `random_area`) / `divisor`; NaN if the status says so.
    pub value: f64,
    /// The area under the curve, in customers times outcomes.
    pub area: f64,
    /// The area under the straight line to the curve's end.
    pub random_area: f64,
    /// What the difference is divided by.
    pub divisor: f64,
    /// A `crm_uplift_status`.
    pub status: i32,
    /// 0.
    pub reserved: i32,
}

/// Resamples of an uplift score. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_uplift_interval {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The lower end of the percentile interval.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// The standard deviation over the resamples.
    pub standard_error: f64,
    /// Resamples with a defined score.
    pub replicates: u64,
    /// Resamples without, which are left out.
    pub undefined: u64,
}

sized_structs!(crm_uplift_score, crm_uplift_interval, crm_uplift_band);

/// A curve from a score, whether each customer was a target (a byte each: 0 for a control), and the outcome: 0 or 1, or an amount.
///
/// `out` receives the curve, NULL if the call fails; the caller frees it with `crm_uplift_curve_free`. Fails with `CRM_STATUS_INVALID_VALUE` with
/// the row for a score that is NaN and an outcome that is not finite, and `CRM_STATUS_EMPTY` without targets or without controls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_new(
    score: *const f64,
    target: *const u8,
    outcome: *const f64,
    length: usize,
    out: *mut *mut crm_uplift_curve,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let target: Vec<bool> = array("target", target, length)?.iter().map(|&flag| flag != 0).collect();
        let score = array("score", score, length)?;
        out.put(UpliftCurve::new(score, &target, array("outcome", outcome, length)?)?);
        Ok(())
    })
}

/// Number of points; 0, with the thread's last error set, if `curve` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_length(curve: *const crm_uplift_curve) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("curve", curve)?.scores().len() + 1) })
}

/// Copies the number of customers up to each point, the first being 0, to `out`, which has room for `capacity`, at least
/// `crm_uplift_curve_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_customers(
    curve: *const crm_uplift_curve,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let customers = handle::get("curve", curve)?.customers();
        places("out", out, capacity, customers.len())?.fill(customers.into_iter());
        Ok(())
    })
}

/// Copies the height of a `crm_uplift_curve_kind` at each point to `out`, which has room for `capacity`, at least `crm_uplift_curve_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_heights(
    curve: *const crm_uplift_curve,
    kind: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let heights = handle::get("curve", curve)?.heights(UpliftCurveKind::from_code(kind)?);
        places("out", out, capacity, heights.len())?.fill(heights.into_iter());
        Ok(())
    })
}

/// The area between a curve, a `crm_uplift_curve_kind`, and chance in a `crm_uplift_scale`: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for the scale of an optimum if outcomes are not 0 or 1, and of one without harm with the gain curve.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_score(
    curve: *const crm_uplift_curve,
    kind: i32,
    scale: i32,
    out: *mut crm_uplift_score,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let curve = handle::get("curve", curve)?;
        let score = curve.score(UpliftCurveKind::from_code(kind)?, UpliftScale::from_code(scale)?)?;
        out.put(crm_uplift_score {
            struct_size: size_of::<crm_uplift_score>(),
            value: score.value,
            area: score.area,
            random_area: score.random_area,
            divisor: score.divisor,
            status: score.status as i32,
            reserved: 0,
        })
    })
}

/// The bootstrap interval of a score: set `out->struct_size` first. `threads` is 0 for all there are; the result does not depend on it.
///
/// Fails as `crm_uplift_curve_score`, and with `CRM_STATUS_INVALID_ARGUMENT` for a level outside (0, 1) and fewer than 100 replicates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_interval(
    curve: *const crm_uplift_curve,
    kind: i32,
    scale: i32,
    alpha: f64,
    replicates: u64,
    seed: u64,
    threads: usize,
    out: *mut crm_uplift_interval,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let curve = handle::get("curve", curve)?;
        let (kind, scale) = (UpliftCurveKind::from_code(kind)?, UpliftScale::from_code(scale)?);
        let threads = Threads::from_count(threads)?;
        let found = curve.score_interval(kind, scale, alpha, replicates, seed, threads)?;
        out.put(crm_uplift_interval {
            struct_size: size_of::<crm_uplift_interval>(),
            lower: found.interval.lower,
            upper: found.interval.upper,
            standard_error: found.standard_error,
            replicates: found.replicates,
            undefined: found.undefined,
        })
    })
}

/// The uplift among a share of the customers with the highest scores, of a `crm_top_share`: set `out->struct_size` first. `options` may be NULL for
/// the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a share outside (0, 1] and for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_top(
    curve: *const crm_uplift_curve,
    share: f64,
    of: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives a live handle and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let curve = handle::get("curve", curve)?;
        let top = curve.top(share, TopShare::from_code(of)?, &crm_test_options::take(options)?)?;
        out.put((&top.result).into())
    })
}

/// The uplift in bands of about equally many customers, from the highest scores down; customers of one score are in one band, so there may be fewer than
/// asked for. `options` may be NULL for the defaults.
///
/// `out` receives the bands, NULL if the call fails; the caller frees them with `crm_uplift_bands_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for no bands or more than 1,000, and for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_bands(
    curve: *const crm_uplift_curve,
    bands: usize,
    options: *const crm_test_options,
    out: *mut *mut crm_uplift_bands,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("curve", curve)?.bands(bands, &crm_test_options::take(options)?)?);
        Ok(())
    })
}

/// Number of bands; 0, with the thread's last error set, if `bands` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_bands_count(bands: *const crm_uplift_bands) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("bands", bands)?.len()) })
}

/// A band by its index, from the highest scores down: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_uplift_bands_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_bands_band(
    bands: *const crm_uplift_bands,
    index: usize,
    out: *mut crm_uplift_band,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let band = element(handle::get("bands", bands)?, index)?;
        out.put(crm_uplift_band {
            struct_size: size_of::<crm_uplift_band>(),
            score_from: band.score_from,
            score_to: band.score_to,
            targets: band.targets,
            controls: band.controls,
        })
    })
}

/// The test behind a band: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_uplift_bands_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_bands_result(
    bands: *const crm_uplift_bands,
    index: usize,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put((&element(handle::get("bands", bands)?, index)?.result).into())
    })
}

/// Frees bands; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_bands_free(bands: *mut crm_uplift_bands) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("bands", bands) });
}

/// Frees a curve; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_uplift_curve_free(curve: *mut crm_uplift_curve) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("curve", curve) });
}

#[cfg(test)]
mod tests {
    use crm_core::campaign::UpliftStatus;

    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use {crm_top_share as T, crm_uplift_curve_kind as K, crm_uplift_scale as S, crm_uplift_status as U};
        let kinds = [K::Qini, K::Gain];
        assert_eq!(kinds.map(|kind| UpliftCurveKind::from_code(kind as i32).unwrap()), *UpliftCurveKind::ALL);
        let scales = [S::Optimum, S::OptimumWithoutHarm, S::End, S::Customers, S::Area];
        assert_eq!(scales.map(|scale| UpliftScale::from_code(scale as i32).unwrap()), *UpliftScale::ALL);
        let statuses = [U::Ok, U::NoOverallUplift, U::NoOptimum];
        assert_eq!(
            statuses.map(|status| UpliftStatus::from_code(status as i32).unwrap()),
            *UpliftStatus::ALL
        );
        let shares = [T::Everybody, T::EachArm];
        assert_eq!(shares.map(|of| TopShare::from_code(of as i32).unwrap()), *TopShare::ALL);
    }
}
