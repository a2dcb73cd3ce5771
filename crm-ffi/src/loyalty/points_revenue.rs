//! The liability for points, and revenue from them.

use crm_core::customer::Money;
use crm_core::loyalty::{PointsLiability, PointsRevenue, PriceAllocation};

use super::points_ledger::micros;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{array, choice, optional_places, place, places};
use crate::status::{Outcome, crm_status};

/// The liability for points, a row a month of earning. Free with `crm_points_liability_free`. Immutable: any number of threads may use it at once.
pub struct crm_points_liability {
    _opaque: (),
}

handles! { crm_points_liability holds PointsLiability, tag b"crmPLIAB"; }

/// The columns of a liability.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_liability_column {
    /// The first day of the month, counted from 1970-01-01.
    Month = 0,
    /// Points earned.
    Earned = 1,
    /// Points spent, less those restored.
    Redeemed = 2,
    /// Points that lapsed.
    Expired = 3,
    /// Points taken back, or taken for points that were owed.
    Reversed = 4,
    /// Points that members still have.
    Outstanding = 5,
    /// The value of the points that are still expected to be redeemed, in millionths of a currency unit.
    LiabilityMicros = 6,
}

/// Number of months; 0, with the thread's last error set, if `liability` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_liability_length(liability: *const crm_points_liability) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("liability", liability)?.month.len()) })
}

/// The share of points that is expected never to be redeemed; NaN, with the thread's last error set, if `liability` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_liability_breakage(liability: *const crm_points_liability) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("liability", liability)?.breakage_micros as f64 / 1e6) })
}

/// Copies a column, a `crm_points_liability_column`, to `out`, which has room for `capacity`, at least `crm_points_liability_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room, and `CRM_STATUS_OUT_OF_RANGE` if an amount needs more than 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_liability_values(
    liability: *const crm_points_liability,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    use crm_points_liability_column as C;
    const COLUMNS: [C; 7] =
        [C::Month, C::Earned, C::Redeemed, C::Expired, C::Reversed, C::Outstanding, C::LiabilityMicros];
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let found = handle::get("liability", liability)?;
        let column = choice("column", column, &COLUMNS)?;
        let out = places("out", out, capacity, found.month.len())?;
        match column {
            C::Month => out.fill(found.month.iter().map(|&day| day.into())),
            C::Earned => out.fill(found.earned.iter().copied()),
            C::Redeemed => out.fill(found.redeemed.iter().copied()),
            C::Expired => out.fill(found.expired.iter().copied()),
            C::Reversed => out.fill(found.reversed.iter().copied()),
            C::Outstanding => out.fill(found.outstanding.iter().copied()),
            C::LiabilityMicros => out.fill(all_micros(&found.liability)?.into_iter()),
        }
        Ok(())
    })
}

/// What is still deferred of the amounts allocated to the points of each month: allocated * (1 - redeemed / expected); all in millionths of a
/// currency unit. `allocated_micros` and `out` have `length` months, as many as `crm_points_liability_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for another number, and `CRM_STATUS_OUT_OF_RANGE` with the row for an amount below 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_liability_deferred(
    liability: *const crm_points_liability,
    allocated_micros: *const i64,
    out: *mut i64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of `length`, or null.
    guard(|| unsafe {
        let found = handle::get("liability", liability)?;
        let allocated = array("allocated_micros", allocated_micros, length)?;
        let allocated: Vec<Money> =
            allocated.iter().map(|&micros| Money::from_micros(micros.into())).collect();
        let deferred = found.deferred(&allocated)?;
        places("out", out, length, deferred.len())?.fill(all_micros(&deferred)?.into_iter());
        Ok(())
    })
}

/// Frees a liability; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_liability_free(liability: *mut crm_points_liability) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("liability", liability) });
}

fn all_micros(amounts: &[Money]) -> Outcome<Vec<i64>> {
    amounts.iter().map(|&amount| micros(amount)).collect()
}

/// The part of a price that is deferred for points, by relative stand-alone prices (IFRS 15): price * points_alone / (products_alone + points_alone); all in
/// millionths of a currency unit. The rest of the price belongs to the goods.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an amount below 0, and if both stand-alone prices are 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_allocate_price(
    price_micros: i64,
    products_alone_micros: i64,
    points_alone_micros: i64,
    out: *mut i64,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let money = |micros: i64| Money::from_micros(micros.into());
        let split = PriceAllocation::new(
            money(price_micros),
            money(products_alone_micros),
            money(points_alone_micros),
        )?;
        out.fill(std::iter::once(micros(split.points)?));
        Ok(())
    })
}

/// Recognises deferred revenue, in millionths of a currency unit, in proportion to the points redeemed so far: cumulative = allocated * redeemed / expected.
///
/// `redeemed` and `expected` have `length` periods: points redeemed up to the end of each, and points expected to be redeemed in all as estimated then. `revenue`,
/// `cumulative` and `liability` have as many places, or are NULL: revenue of each period, revenue up to its end, and what is still deferred.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` with the row for points that fall or are above those expected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_recognize(
    allocated_micros: i64,
    redeemed: *const i64,
    expected: *const i64,
    length: usize,
    revenue: *mut i64,
    cumulative: *mut i64,
    liability: *mut i64,
) -> crm_status {
    // SAFETY: the caller gives arrays and places of `length`, or null.
    guard(|| unsafe {
        let (redeemed, expected) =
            (array("redeemed", redeemed, length)?, array("expected", expected, length)?);
        let revenue = optional_places("revenue", revenue, length)?;
        let cumulative = optional_places("cumulative", cumulative, length)?;
        let liability = optional_places("liability", liability, length)?;
        let allocated = Money::from_micros(allocated_micros.into());
        let found = PointsRevenue::recognize(allocated, redeemed, expected)?;
        for (out, column) in
            [(revenue, &found.revenue), (cumulative, &found.cumulative), (liability, &found.liability)]
        {
            if let Some(out) = out {
                out.fill(all_micros(column)?.into_iter());
            }
        }
        Ok(())
    })
}
