//! The plan of a split.

use std::ffi::c_char;

use crm_core::campaign::{Arm, BucketHash, Holdout, Namespace, Split};

use super::assignment::crm_assignment;
use super::ids::crm_ids;
use super::target_table::crm_target_table;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, places, text};
use crate::status::{Outcome, crm_status};

/// How a salt and a customer become a number in [0, 1).
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_bucket_hash {
    /// XXH3-64 of the salt, a zero byte and the id; its upper 53 bits.
    Xxh3 = 0,
    /// As GrowthBook's first version: 1,000 buckets.
    GrowthbookV1 = 1,
    /// As GrowthBook's second version: 10,000 buckets.
    GrowthbookV2 = 2,
}

/// An arm to be. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_arm {
    /// The name.
    pub name: *const c_char,
    /// How many customers it gets, in proportion to the weights of the others.
    pub weight: f64,
    /// Not 0 for the control, which must be one of the arms.
    pub control: i32,
    /// Must be 0.
    pub reserved: i32,
}

/// Arms that C gives.
///
/// # Safety
/// `arms` is null or points to `count` arms.
pub(super) unsafe fn given(arms: *const crm_arm, count: usize) -> Outcome<Vec<Arm>> {
    // SAFETY: as the caller promises.
    let arms = unsafe { array("arms", arms, count) }?;
    let arm = |arm: &crm_arm| {
        if arm.reserved != 0 {
            return Err(crm_core::Error::argument("reserved", arm.reserved, "0").into());
        }
        // SAFETY: names are terminated strings, as the caller promises.
        let name = unsafe { text("arms.name", arm.name) }?.to_owned();
        Ok(Arm { name, weight: arm.weight, control: arm.control != 0 })
    };
    arms.iter().map(arm).collect()
}

/// Who gets what: a salt, arms with their parts of [0, 1), and whom the campaign may not use. Free with `crm_campaign_split_free`. It is changed by one
/// thread; after that any number of threads may assign with it.
pub struct crm_campaign_split {
    _opaque: (),
}

handles! { crm_campaign_split holds Split, tag b"crmCSPLT"; }

/// Replaces the plan by what a change makes of it; a change that fails leaves it.
///
/// # Safety
/// `split` is null or a live handle that nobody else uses.
unsafe fn change(split: *mut crm_campaign_split, with: impl FnOnce(Split) -> Outcome<Split>) -> Outcome<()> {
    // SAFETY: as the caller promises.
    let split = unsafe { handle::get_mut("split", split) }?;
    *split = with(split.clone())?;
    Ok(())
}

/// The number in [0, 1) of each customer under a salt, by a `crm_bucket_hash`; `out` has room for `capacity`, at least `ids->length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_buckets(
    hash: i32,
    salt: *const c_char,
    ids: *const crm_ids,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a terminated string, a column and `capacity` places, or null.
    guard(|| unsafe {
        let (hash, salt) = (BucketHash::from_code(hash)?, text("salt", salt)?);
        let ids = crm_ids::list("ids", ids)?;
        places("out", out, capacity, ids.len())?.fill(ids.iter().map(|id| hash.bucket(salt, id)));
        Ok(())
    })
}

/// A plan that gives every customer an arm.
///
/// `out` receives the plan, NULL if the call fails; the caller frees it with `crm_campaign_split_free`. Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty
/// salt, arms without exactly one control and at least one target, names that are empty or repeated, and weights that are negative, not finite
/// or all 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_new(
    salt: *const c_char,
    arms: *const crm_arm,
    count: usize,
    out: *mut *mut crm_campaign_split,
) -> crm_status {
    // SAFETY: the caller gives a terminated string, `count` arms and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Split::new(text("salt", salt)?, &given(arms, count)?)?);
        Ok(())
    })
}

/// Hashes by a `crm_bucket_hash`, such as that of a system which assigned before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_set_hash(
    split: *mut crm_campaign_split,
    hash: i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, or null.
    guard(|| unsafe {
        let hash = BucketHash::from_code(hash)?;
        change(split, |plan| Ok(plan.with_hash(hash)))
    })
}

/// Uses a share of each arm's part only; the other customers are in no arm. Raising it moves nobody from one arm to another.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` outside [0, 1], and after `crm_campaign_split_set_shares`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_set_coverage(
    split: *mut crm_campaign_split,
    coverage: f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, or null.
    guard(|| unsafe { change(split, |plan| Ok(plan.with_coverage(coverage)?)) })
}

/// Changes the shares of all customers, `count` of them in the order of the arms, so that as few customers as possible change: an arm that shrinks
/// gives up its last ones, and only those and customers without an arm go to the arms that grow.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for shares that are negative, not finite or above 1 in sum, and `CRM_STATUS_LENGTH_MISMATCH`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_set_shares(
    split: *mut crm_campaign_split,
    shares: *const f64,
    count: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and an array of that length, or null.
    guard(|| unsafe {
        let shares = array("shares", shares, count)?;
        change(split, |plan| Ok(plan.with_shares(shares)?))
    })
}

/// Leaves out the customers of a holdout: the share of all that a salt draws, the same customers as by `crm_selection_add_holdout`. Several holdouts are
/// all kept: who is in any of them is held out.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty salt and a share outside [0, 1].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_add_holdout(
    split: *mut crm_campaign_split,
    salt: *const c_char,
    share: f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and a terminated string, or null.
    guard(|| unsafe {
        let holdout = Holdout::new(text("salt", salt)?, share)?;
        change(split, |plan| Ok(plan.without(holdout)))
    })
}

/// Uses the customers of a namespace only whose number in it, under its salt, is at least `from` and below `to`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty salt, ends that are not 0 <= from < to <= 1, and a second namespace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_set_namespace(
    split: *mut crm_campaign_split,
    salt: *const c_char,
    from: f64,
    to: f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and a terminated string, or null.
    guard(|| unsafe {
        let namespace = Namespace::new(text("salt", salt)?, from, to)?;
        change(split, |plan| Ok(plan.within(namespace)?))
    })
}

/// Number of arms; 0, with the thread's last error set, if `split` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_arm_count(split: *const crm_campaign_split) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("split", split)?.names().len()) })
}

/// Copies the share of all customers of each arm to `out`, which has room for `capacity`, at least `crm_campaign_split_arm_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_shares(
    split: *const crm_campaign_split,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let shares = handle::get("split", split)?.shares();
        places("out", out, capacity, shares.len())?.fill(shares.into_iter());
        Ok(())
    })
}

/// The plan as JSON text, to be kept with the campaign.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_to_json(
    split: *const crm_campaign_split,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("split", split)?.to_json()));
        Ok(())
    })
}

/// A plan from its JSON text.
///
/// `out` receives the plan, NULL if the call fails; the caller frees it with `crm_campaign_split_free`. Fails with `CRM_STATUS_CORRUPT` for text that is
/// no plan, and `CRM_STATUS_INCOMPATIBLE` for one of a later version, and for one of version 1 with a holdout or a namespace, which were drawn by
/// another key then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_from_json(
    json: *const c_char,
    out: *mut *mut crm_campaign_split,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Split::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// The arm of each customer, by the customer's own number alone.
///
/// `out` receives the assignment, NULL if the call fails; the caller frees it with `crm_assignment_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` with the row of a missing id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_assign(
    split: *const crm_campaign_split,
    ids: *const crm_ids,
    out: *mut *mut crm_assignment,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a column and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("split", split)?.assign(&crm_ids::list("ids", ids)?)?);
        Ok(())
    })
}

/// The arm of each customer with exact shares within each stratum, a combination of texts in `count` columns of the table. It depends on who else
/// is in the table: assign once and keep the result. Over the same table, raising the coverage moves nobody between arms.
///
/// `out` receives the assignment, NULL if the call fails; the caller frees it with `crm_assignment_free`. Fails with
/// `CRM_STATUS_MISSING_COLUMN` and `CRM_STATUS_WRONG_TYPE` for columns that are not there or hold numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_assign_stratified(
    split: *const crm_campaign_split,
    table: *const crm_target_table,
    columns: *const *const c_char,
    count: usize,
    out: *mut *mut crm_assignment,
) -> crm_status {
    // SAFETY: the caller gives live handles, `count` terminated strings and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let names = array("columns", columns, count)?;
        let names = names.iter().map(|&name| text("columns", name)).collect::<Outcome<Vec<&str>>>()?;
        let (split, table) = (handle::get("split", split)?, handle::get("table", table)?);
        out.put(split.assign_stratified(table, &names)?);
        Ok(())
    })
}

/// Frees a plan; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_free(split: *mut crm_campaign_split) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("split", split) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_bucket_hash as H;
        let hashes = [H::Xxh3, H::GrowthbookV1, H::GrowthbookV2];
        assert_eq!(hashes.map(|hash| BucketHash::from_code(hash as i32).unwrap()), *BucketHash::ALL);
    }
}
