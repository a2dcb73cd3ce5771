//! Customers drawn from a purchase model.

use crm_core::clv::Simulation;
use crm_core::{Error, ErrorKind};

use super::purchase_data::crm_purchase_data;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{place, places};
use crate::status::{Outcome, crm_status};

/// Purchases of simulated customers, as times since each customer's first purchase. Free with `crm_simulation_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_simulation {
    _opaque: (),
}

handles! { crm_simulation holds Simulation, tag b"crmSIMUL"; }

/// Number of customers; 0, with the thread's last error set, if `simulation` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_length(simulation: *const crm_simulation) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("simulation", simulation)?.len()) })
}

fn purchases(simulation: &Simulation, customer: usize) -> Outcome<&[f64]> {
    if customer >= simulation.len() {
        let message = format!("{customer} is not below {}", simulation.len());
        return Err(Error::new(ErrorKind::OutOfRange, message).on("customer").into());
    }
    Ok(simulation.purchases(customer))
}

/// How often a customer buys again, in the holdout period too.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a customer that is not below `crm_simulation_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_purchase_count(
    simulation: *const crm_simulation,
    customer: usize,
    out: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(purchases(handle::get("simulation", simulation)?, customer)?.len()));
        Ok(())
    })
}

/// Copies the ages at which a customer buys again, in order, in the holdout period too, to `out`, which has room for
/// `capacity` values, at least `crm_simulation_purchase_count` of the customer.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a customer that is not below `crm_simulation_length`, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_purchases(
    simulation: *const crm_simulation,
    customer: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let times = purchases(handle::get("simulation", simulation)?, customer)?;
        places("out", out, capacity, times.len())?.fill(times.iter().copied());
        Ok(())
    })
}

/// Copies the age at which each customer leaves, infinite if after the holdout period, to `out`, which has room for
/// `capacity` values, at least `crm_simulation_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_left(
    simulation: *const crm_simulation,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let left = handle::get("simulation", simulation)?.left();
        places("out", out, capacity, left.len())?.fill(left.iter().copied());
        Ok(())
    })
}

/// Copies how often each customer buys in the holdout period to `out`, which has room for `capacity` values, at least
/// `crm_simulation_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_holdout_purchases(
    simulation: *const crm_simulation,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let simulation = handle::get("simulation", simulation)?;
        let out = places("out", out, capacity, simulation.len())?;
        out.fill(simulation.holdout_purchases().into_iter());
        Ok(())
    })
}

/// What of the simulation is known at the ages that were asked for: data to fit a model to.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`. Fails with
/// `CRM_STATUS_EMPTY` for a simulation without customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_data(
    simulation: *const crm_simulation,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("simulation", simulation)?.data()?);
        Ok(())
    })
}

/// Frees a simulation; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_free(simulation: *mut crm_simulation) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("simulation", simulation) });
}
