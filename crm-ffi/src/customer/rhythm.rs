//! The gaps between purchases.

use crm_core::customer::Rhythm;

use super::base::crm_base_options;
use super::history::crm_history;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, place, places};
use crate::status::crm_status;

/// What the rhythm of purchases knows of each customer. Times are in the unit of the options; what a customer has too few
/// gaps for is NaN.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_rhythm_column {
    /// Gaps between days with a purchase, m: one fewer than there are such days.
    Gaps = 0,
    /// Days from the first purchase to the last, S.
    DaysBetween = 1,
    /// Sum of the squared gaps in days², Q.
    SquaredGaps = 2,
    /// The mean gap S / m; NaN without a gap.
    MeanGap = 3,
    /// The median gap; NaN without a gap.
    MedianGap = 4,
    /// The last gap; NaN without a gap.
    LastGap = 5,
    /// The coefficient of variation of the gaps, `sqrt(m Q - S²) / S`; NaN with fewer than two gaps.
    GapVariation = 6,
    /// How regularly the customer buys, from 0 to 1: `1 - variation / sqrt(m - 1)`; NaN with fewer than two gaps.
    Regularity = 7,
}

/// The gaps between the purchase days of each customer of a base, in the base's order. Free with `crm_rhythm_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_rhythm {
    _opaque: (),
}

handles! { crm_rhythm holds Rhythm, tag b"crmRHYTH"; }

/// The gaps between purchase days: of the customers, the window and the date of `crm_history_base` with the same options.
///
/// `out` receives the rhythm, NULL if the call fails; the caller frees it with `crm_rhythm_free`. Fails with
/// `CRM_STATUS_EMPTY` if no customer has a purchase by then, `CRM_STATUS_INVALID_VALUE` if there are rows after `as_of`
/// and `rows_after` is raise, and `CRM_STATUS_INVALID_ARGUMENT` for a window of 0 days.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_rhythm(
    history: *const crm_history,
    options: *const crm_base_options,
    out: *mut *mut crm_rhythm,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("history", history)?.rhythm(crm_base_options::take(options)?)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `rhythm` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rhythm_length(rhythm: *const crm_rhythm) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("rhythm", rhythm)?.len()) })
}

/// The day whose end the rhythm describes, counted from 1970-01-01.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rhythm_as_of(rhythm: *const crm_rhythm, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("rhythm", rhythm)?.as_of().number()));
        Ok(())
    })
}

/// The unit of the times, a `crm_time_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rhythm_time_unit(rhythm: *const crm_rhythm, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("rhythm", rhythm)?.time_unit() as i32));
        Ok(())
    })
}

/// Copies a column, a `crm_rhythm_column`, to `out`, which has room for `capacity` values, at least `crm_rhythm_length`.
/// Whole numbers are exact.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rhythm_values(
    rhythm: *const crm_rhythm,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_rhythm_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let rhythm = handle::get("rhythm", rhythm)?;
        let columns = [
            C::Gaps,
            C::DaysBetween,
            C::SquaredGaps,
            C::MeanGap,
            C::MedianGap,
            C::LastGap,
            C::GapVariation,
            C::Regularity,
        ];
        let column = choice("column", column, &columns)?;
        let value = |customer: usize| match column {
            C::Gaps => f64::from(rhythm.gaps()[customer]),
            C::DaysBetween => f64::from(rhythm.days_between()[customer]),
            // At most the square of the days between, which is below 2^53.
            C::SquaredGaps => rhythm.squared_gaps()[customer] as f64,
            C::MeanGap => rhythm.mean_gap(customer),
            C::MedianGap => rhythm.median_gap(customer),
            C::LastGap => rhythm.last_gap(customer),
            C::GapVariation => rhythm.gap_variation(customer),
            C::Regularity => rhythm.regularity(customer),
        };
        places("out", out, capacity, rhythm.len())?.fill((0..rhythm.len()).map(value));
        Ok(())
    })
}

/// Frees a rhythm; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rhythm_free(rhythm: *mut crm_rhythm) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("rhythm", rhythm) });
}
