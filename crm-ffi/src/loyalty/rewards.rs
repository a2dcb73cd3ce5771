//! Rewards: who may have what, and what a plan costs.

use std::ffi::c_char;
use std::ptr;

use crm_core::customer::{Day, Money};
use crm_core::loyalty::{RewardCatalogue, RewardGrant, RewardMember};

use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, optional_places, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Why a member may not have a reward. In a set of obstacles, bit `k` stands for the one of code `k`; with no bit the member may have it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_reward_obstacle {
    /// It is not offered yet.
    NotYetValid = 0,
    /// It is offered no more.
    NoLongerValid = 1,
    /// Not for the member's tier.
    Tier = 2,
    /// Not for the member's segment.
    Segment = 3,
    /// The member's measures are below the threshold.
    Threshold = 4,
    /// The member has had as many as one may have.
    MemberCap = 5,
    /// All that there are have been given.
    TotalCap = 6,
    /// The member has too few points.
    Points = 7,
}

/// What rewards look at in members. Fill with `crm_reward_members_init`, then set what there is; a column that is NULL is 0, or none, for everybody. All
/// of it belongs to the caller and is read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_reward_members {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Members.
    pub length: usize,
    /// Names of tiers, NULL for none, or NULL.
    pub tiers: *const *const c_char,
    /// Names of segments, NULL for none, or NULL.
    pub segments: *const *const c_char,
    /// Qualifying points, or NULL.
    pub qualifying_points: *const i64,
    /// Money spent, in currency units, or NULL.
    pub spend: *const f64,
    /// Orders, or NULL.
    pub orders: *const i64,
    /// Spendable points, with which rewards are paid, or NULL.
    pub points_balance: *const i64,
    /// Scores, NaN for none, or NULL.
    pub scores: *const f64,
}

/// Members by their places, rewards by theirs in the catalogue, and quantities, at least 1. Its layout never changes. It belongs to the caller and is
/// read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_reward_grants {
    /// The members.
    pub members: *const u32,
    /// The rewards.
    pub rewards: *const u32,
    /// How many.
    pub quantities: *const u64,
    /// Rows.
    pub length: usize,
}

/// What a plan comes to for one reward. Set `struct_size` of the first before the call that fills them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_reward_cost {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Units granted.
    pub granted: u64,
    /// Members with at least one.
    pub members: u64,
    /// What they cost the company, in currency units.
    pub cost: f64,
    /// What the members pay in points.
    pub points: f64,
    /// What they are worth to the members, in currency units.
    pub perceived_value: f64,
}

sized_structs!(crm_reward_members, crm_reward_cost);

impl crm_reward_members {
    const fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            length: 0,
            tiers: ptr::null(),
            segments: ptr::null(),
            qualifying_points: ptr::null(),
            spend: ptr::null(),
            orders: ptr::null(),
            points_balance: ptr::null(),
            scores: ptr::null(),
        }
    }

    /// The members.
    ///
    /// # Safety
    /// `members` is null or a struct of the size it says, whose arrays have `length` rows.
    unsafe fn read<'a>(members: *const Self) -> Outcome<Vec<RewardMember<'a>>> {
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("members", members, Self::new()) }?;
        let mut rows = vec![RewardMember::default(); given.length];
        // SAFETY: as the caller promises: arrays of `length` rows, and terminated strings.
        unsafe {
            for (row, &name) in names("members.tiers", given.tiers, given.length)?.iter().enumerate() {
                rows[row].tier = if name.is_null() { None } else { Some(text("members.tiers", name)?) };
            }
            for (row, &name) in names("members.segments", given.segments, given.length)?.iter().enumerate() {
                rows[row].segment = if name.is_null() { None } else { Some(text("members.segments", name)?) };
            }
            let integers = |argument: &str, values: *const i64| names(argument, values, given.length);
            let floats = |argument: &str, values: *const f64| names(argument, values, given.length);
            let points = integers("members.qualifying_points", given.qualifying_points)?;
            points.iter().zip(&mut rows).for_each(|(&points, row)| row.qualifying_points = points);
            let orders = integers("members.orders", given.orders)?;
            orders.iter().zip(&mut rows).for_each(|(&orders, row)| row.orders = orders);
            let balances = integers("members.points_balance", given.points_balance)?;
            balances.iter().zip(&mut rows).for_each(|(&balance, row)| row.points_balance = balance);
            let scores = floats("members.scores", given.scores)?;
            scores
                .iter()
                .zip(&mut rows)
                .for_each(|(&score, row)| row.score = (!score.is_nan()).then_some(score));
            for (row, &spend) in floats("members.spend", given.spend)?.iter().enumerate() {
                let money =
                    Money::from_f64(spend).map_err(|error| error.on("members.spend").at_row(row as u64));
                rows[row].spend = money?;
            }
        }
        Ok(rows)
    }
}

/// An array, or nothing for null.
///
/// # Safety
/// `values` is null or has `length` values.
unsafe fn names<'a, T>(argument: &str, values: *const T, length: usize) -> Outcome<&'a [T]> {
    if values.is_null() {
        return Ok(&[]);
    }
    // SAFETY: as the caller promises.
    unsafe { array(argument, values, length) }
}

impl crm_reward_grants {
    /// The grants; none for null.
    ///
    /// # Safety
    /// `grants` is null or points to a struct whose arrays have `length` rows.
    unsafe fn read(argument: &str, grants: *const Self) -> Outcome<Vec<RewardGrant>> {
        if grants.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: not null, so such a struct, as the caller promises.
        let Self { members, rewards, quantities, length } = unsafe { grants.read() };
        // SAFETY: as the caller promises.
        let (members, rewards, quantities) = unsafe {
            (
                array(&format!("{argument}.members"), members, length)?,
                array(&format!("{argument}.rewards"), rewards, length)?,
                array(&format!("{argument}.quantities"), quantities, length)?,
            )
        };
        let grant = |((&member, &reward), &quantity): ((&u32, &u32), &u64)| RewardGrant {
            member: member as usize,
            reward: reward as usize,
            quantity,
        };
        Ok(members.iter().zip(rewards).zip(quantities).map(grant).collect())
    }
}

/// Members of nothing; `struct_size` is `sizeof *members`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_members_init(
    members: *mut crm_reward_members,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("members", members, struct_size, crm_reward_members::new()) })
}

/// The rewards of a programme. Free with `crm_reward_catalogue_free`. Immutable: any number of threads may use it at once.
pub struct crm_reward_catalogue {
    _opaque: (),
}

handles! { crm_reward_catalogue holds RewardCatalogue, tag b"crmREWCA"; }

/// A catalogue from JSON text: `{"model": "reward_catalogue", "version": 1, "rewards": [{"name": "Mug", "kind": "material", "unit_cost": 3.2,`
/// `"points_price": 400, "perceived_value": 8, "tiers": ["Gold"], "segments": ["core"], "threshold": {"at_least": {"measure": "orders", "value": 5}},`
/// `"cap_per_member": 2, "cap_total": 100, "valid_from": "2024-01-01", "valid_until": "2025-01-01"}]}`; only `name` and `unit_cost` must be there.
///
/// `out` receives the catalogue, NULL if the call fails; the caller frees it with `crm_reward_catalogue_free`. Fails with `CRM_STATUS_CORRUPT` for
/// text that holds none, `CRM_STATUS_INVALID_ARGUMENT` for rewards that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_catalogue_from_json(
    json: *const c_char,
    out: *mut *mut crm_reward_catalogue,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let (out, json) = (Out::new("out", out)?, text("json", json)?);
        out.put(RewardCatalogue::from_json(json)?);
        Ok(())
    })
}

/// The catalogue as JSON text.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_catalogue_to_json(
    catalogue: *const crm_reward_catalogue,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("catalogue", catalogue)?.to_json()));
        Ok(())
    })
}

/// Number of rewards; 0, with the thread's last error set, if `catalogue` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_catalogue_length(catalogue: *const crm_reward_catalogue) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("catalogue", catalogue)?.rewards().len()) })
}

/// For each member and reward, member by member, the set of `crm_reward_obstacle` that stands between the member and one of it on a day since 1970-01-01.
/// `given`, or NULL, is what has been given before; it counts for the caps, and its points are paid already. `out` has room for `capacity`, at
/// least members times rewards.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a member or reward that does not exist and totals beyond their range, `CRM_STATUS_INVALID_VALUE` for a
/// quantity of 0, `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_eligibility(
    catalogue: *const crm_reward_catalogue,
    members: *const crm_reward_members,
    given: *const crm_reward_grants,
    day: i32,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, structs with arrays as they say, and `capacity` places, or null.
    guard(|| unsafe {
        let catalogue = handle::get("catalogue", catalogue)?;
        let (members, given) = (crm_reward_members::read(members)?, crm_reward_grants::read("given", given)?);
        let day = Day::from_number(day).map_err(|error| error.on("day"))?;
        let table = catalogue.eligibility(&members, &given, day)?;
        let out = places("out", out, capacity, table.obstacles.len())?;
        out.fill(table.obstacles.iter().map(|set| set.bits()));
        Ok(())
    })
}

/// Grants wishes in their order, each whole or not at all, and adds up what that costs; what was granted to earlier wishes counts for the caps and for the
/// points that are left. Results that nobody wants may be NULL.
///
/// - `refused` receives for each wish its set of `crm_reward_obstacle`, 0 for a granted one.
/// - `costs` receives a struct for each reward; set `struct_size` of the first.
/// - `balances` receives each member's points after the plan.
///
/// Fails as `crm_reward_eligibility` does, for `wishes` too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_plan(
    catalogue: *const crm_reward_catalogue,
    members: *const crm_reward_members,
    given: *const crm_reward_grants,
    wishes: *const crm_reward_grants,
    day: i32,
    refused: *mut u32,
    costs: *mut crm_reward_cost,
    balances: *mut i64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, structs with arrays as they say, and places as many as there are results, or null.
    guard(|| unsafe {
        let catalogue = handle::get("catalogue", catalogue)?;
        let members = crm_reward_members::read(members)?;
        let (given, wishes) =
            (crm_reward_grants::read("given", given)?, crm_reward_grants::read("wishes", wishes)?);
        let day = Day::from_number(day).map_err(|error| error.on("day"))?;
        let plan = catalogue.plan(&members, &given, &wishes, day)?;
        let refused = optional_places("refused", refused, plan.refused.len())?;
        let balances = optional_places("balances", balances, plan.balances.len())?;
        if !costs.is_null() {
            let cost = |reward: usize| crm_reward_cost {
                struct_size: 0,
                granted: plan.granted[reward],
                members: plan.members[reward],
                cost: plan.cost[reward].to_f64(),
                points: plan.points[reward] as f64,
                perceived_value: plan.perceived_value[reward].to_f64(),
            };
            sized::place("costs", costs)?.put_all((0..plan.granted.len()).map(cost))?;
        }
        if let Some(places) = refused {
            places.fill(plan.refused.iter().map(|set| set.bits()));
        }
        if let Some(places) = balances {
            places.fill(plan.balances.iter().copied());
        }
        Ok(())
    })
}

/// Frees a catalogue; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_reward_catalogue_free(catalogue: *mut crm_reward_catalogue) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("catalogue", catalogue) });
}
