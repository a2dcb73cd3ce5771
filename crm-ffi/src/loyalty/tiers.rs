//! Tiers: many members under tier rules.

use std::ffi::c_char;
use std::ptr;

use crm_core::customer::{AmountColumn, Column, Day, IdColumn, Money, Validity};
use crm_core::loyalty::{
    TierChanges, TierColumns, TierGaps, TierHoldKind, TierQuota, TierQuotas, TierRoster, TierStandings,
};

use crate::bytes::{crm_bytes, with_zero};
use crate::campaign::ids::crm_ids;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What a tier asks for.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_measure {
    /// Points that count for tiers, apart from the spendable ones.
    QualifyingPoints = 0,
    /// Money spent, in micro-units of currency.
    Spend = 1,
    /// Number of orders.
    Orders = 2,
    /// The spendable points at this moment.
    PointsBalance = 3,
    /// A score at this moment.
    Score = 4,
}

/// Why a member has the tier that it has, or what happened to it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_reason {
    /// The member joined.
    Joined = 0,
    /// The entry of a higher tier was reached.
    EntryReached = 1,
    /// The totals of a period that ended reach a higher tier.
    EntryAtPeriodEnd = 2,
    /// Nothing keeps the tier any more.
    KeepMissed = 3,
    /// The totals of a period that ended do not keep the tier.
    KeepMissedAtPeriodEnd = 4,
    /// Grace ended and the tier was not kept.
    GraceEnded = 5,
    /// The totals of the member's life give a tier for ever.
    ReachedForLife = 6,
    /// A hold was placed by hand.
    HoldPlaced = 7,
    /// A hold came to its end.
    HoldEnded = 8,
    /// A hold was released by hand.
    HoldReleased = 9,
    /// A period ended and the tier is kept.
    KeptAtPeriodEnd = 10,
    /// The tier is not kept, and grace has begun.
    GraceStarted = 11,
    /// The tier is kept after all, within grace.
    KeptInGrace = 12,
}

/// How a hold binds.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_hold_kind {
    /// The member has at least this tier, and more if it earns more.
    AtLeast = 0,
    /// The member has exactly this tier.
    Exactly = 1,
}

/// A column of changes of tiers.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_change_column {
    /// The member's place in the order of joining, from 0 on.
    Member = 0,
    /// The day since 1970-01-01.
    Day = 1,
    /// The tier before, from 0 for the lowest; -1 for none.
    From = 2,
    /// The tier from that day on; the one before where a tier is only kept or grace begins.
    To = 3,
    /// A `crm_tier_reason`.
    Reason = 4,
}

/// A column of standings. Days are since 1970-01-01.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_standing_column {
    /// The tier, from 0 for the lowest; -1 for none.
    Tier = 0,
    /// The first day of the tier.
    Since = 1,
    /// The first day with a lower tier if nothing more happens; `INT64_MIN` if that never comes.
    Expires = 2,
    /// A `crm_tier_reason`.
    Reason = 3,
    /// The tier on the projected day if nothing more happens; -1 for none.
    ProjectedTier = 4,
    /// The end of the period, or the first day on which the tier changes by itself; `INT64_MIN` for none.
    ProjectedDay = 5,
    /// The day on which grace ends; `INT64_MIN` outside grace.
    GraceEnds = 6,
}

/// What members did: a row a member and day. Fill with `crm_tier_rows_init`, then set what there is. All of it belongs to the caller and is read
/// during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_tier_rows {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The members.
    pub ids: *const crm_ids,
    /// The days since 1970-01-01, one for each id.
    pub days: *const i32,
    /// Qualifying points that come on top, or NULL.
    pub qualifying_points: *const i64,
    /// Money that comes on top, in currency units, or NULL.
    pub spend: *const f64,
    /// Orders that come on top, or NULL.
    pub orders: *const i64,
    /// New balances of spendable points, `INT64_MIN` where unchanged, or NULL.
    pub points_balance: *const i64,
    /// New scores, NaN where unchanged, or NULL.
    pub scores: *const f64,
}

sized_structs!(crm_tier_rows);

impl crm_tier_rows {
    const fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            ids: ptr::null(),
            days: ptr::null(),
            qualifying_points: ptr::null(),
            spend: ptr::null(),
            orders: ptr::null(),
            points_balance: ptr::null(),
            scores: ptr::null(),
        }
    }
}

/// Rows of nothing; `struct_size` is `sizeof *rows`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_rows_init(rows: *mut crm_tier_rows, struct_size: usize) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("rows", rows, struct_size, crm_tier_rows::new()) })
}

/// Members under tier rules. Free with `crm_tier_roster_free`. It is changed by one thread at a time, and read by none meanwhile.
pub struct crm_tier_roster {
    _opaque: (),
}

/// What happened to tiers. Free with `crm_tier_changes_free`. Immutable: any number of threads may use it at once.
pub struct crm_tier_changes {
    _opaque: (),
}

/// Where members stand. Free with `crm_tier_standings_free`. Immutable: any number of threads may use it at once.
pub struct crm_tier_standings {
    _opaque: (),
}

handles! {
    crm_tier_roster holds TierRoster, tag b"crmTIERO";
    crm_tier_changes holds TierChanges, tag b"crmTIECH";
    crm_tier_standings holds TierStandings, tag b"crmTIEST";
}

/// A roster without members, under rules as JSON text:
/// `{"model": "tier_rules", "version": 1, "tiers": [{"name": "Silver", "entry": {"at_least": {"measure": "qualifying_points", "value": 100}}}],`
/// `"options": {"period": {"fixed": {"start": "2024-01-01", "length": {"months": 12}}}, "upgrade": "immediate", "downgrade": "period_end",`
/// `"landing": "by_balance", "grace": {"days": 60}}}`. A tier may have `keep` and `lifetime` too; conditions are `at_least`, `all` and `any`; periods
/// `"unbounded"`, `fixed`, `joining`, `tier` (`at_upgrade`) and `rolling` (`review`). What `crm_tier_roster_to_json` gave is a roster with its members.
///
/// `out` receives the roster, NULL if the call fails; the caller frees it with `crm_tier_roster_free`. Fails with `CRM_STATUS_CORRUPT` for text that holds
/// neither, and `CRM_STATUS_INVALID_ARGUMENT` for tiers that overlap or are not in order, a keep condition above the entry, and options that contradict
/// each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_from_json(
    json: *const c_char,
    out: *mut *mut crm_tier_roster,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let (out, json) = (Out::new("out", out)?, text("json", json)?);
        out.put(TierRoster::from_json_or_rules(json)?);
        Ok(())
    })
}

/// The roster, with its rules, as JSON text.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_to_json(
    roster: *const crm_tier_roster,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("roster", roster)?.to_json()));
        Ok(())
    })
}

/// Number of members; 0, with the thread's last error set, if `roster` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_length(roster: *const crm_tier_roster) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("roster", roster)?.len()) })
}

/// Takes in members, with the days since 1970-01-01 on which they join, one for each id.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` for somebody who is a member already. On an error, here and below, the roster stays as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_join(
    roster: *mut crm_tier_roster,
    ids: *const crm_ids,
    joined: *const i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a column and a day for each of its rows, or null.
    guard(|| unsafe {
        let roster = handle::get_mut("roster", roster)?;
        crm_ids::read("ids", ids, |ids| {
            let days = array("joined", joined, ids.len())?;
            Ok(roster.join(ids, &days.into())?)
        })
    })
}

/// Takes up what members did. `out` may be NULL; it receives what happened to their tiers up to then, and the caller frees it with
/// `crm_tier_changes_free`.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` for somebody who is no member, `CRM_STATUS_OUT_OF_RANGE` for a day before one that came before and for
/// totals beyond their range; the error names the row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_qualify(
    roster: *mut crm_tier_roster,
    rows: *const crm_tier_rows,
    out: *mut *mut crm_tier_changes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a struct of the size it says with arrays as long as its ids, and a place, or null.
    guard(|| unsafe {
        let roster = handle::get_mut("roster", roster)?;
        let rows = sized::read("rows", rows, crm_tier_rows::new())?;
        let changes = crm_ids::read("rows.ids", rows.ids, |ids| {
            let count = ids.len();
            let mut columns = TierColumns::new(ids.clone(), array("rows.days", rows.days, count)?.into())?;
            if !rows.qualifying_points.is_null() {
                let points = array("rows.qualifying_points", rows.qualifying_points, count)?;
                columns = columns.with_qualifying_points(points.into())?;
            }
            if !rows.spend.is_null() {
                let spend = array("rows.spend", rows.spend, count)?;
                columns = columns.with_spend(AmountColumn::Float(spend.into()))?;
            }
            if !rows.orders.is_null() {
                columns = columns.with_orders(array("rows.orders", rows.orders, count)?.into())?;
            }
            let balance = if rows.points_balance.is_null() {
                &[]
            } else {
                array("rows.points_balance", rows.points_balance, count)?
            };
            let given: Vec<bool> = balance.iter().map(|&balance| balance != i64::MIN).collect();
            if !rows.points_balance.is_null() {
                let validity = Validity::Flags(&given);
                columns = columns.with_points_balance(Column { values: balance.into(), validity })?;
            }
            if !rows.scores.is_null() {
                columns = columns.with_scores(array("rows.scores", rows.scores, count)?.into())?;
            }
            Ok(roster.qualify(&columns)?)
        })?;
        give(out, changes);
        Ok(())
    })
}

/// Hands changes out to a place that may be null.
///
/// # Safety
/// `out` is null or valid for writing.
unsafe fn give(out: *mut *mut crm_tier_changes, changes: TierChanges) {
    // SAFETY: as the caller promises; a null place takes nothing.
    if let Ok(out) = unsafe { Out::new("out", out) } {
        out.put(changes);
    }
}

/// Places holds: from a day on each member has at least, or exactly (a `crm_tier_hold_kind`), a tier by its name, NULL for none. `until` are the first days
/// without the holds; NULL, or `INT32_MIN` for a row, is a hold without end. What members earn goes on below. `out` as for `crm_tier_roster_qualify`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an unknown tier and a hold that ends on its first day or before, and as `crm_tier_roster_qualify` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_hold(
    roster: *mut crm_tier_roster,
    ids: *const crm_ids,
    days: *const i32,
    tiers: *const *const c_char,
    kind: i32,
    until: *const i32,
    out: *mut *mut crm_tier_changes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a column, arrays as long as it, and a place, or null.
    guard(|| unsafe {
        let roster = handle::get_mut("roster", roster)?;
        let kind = choice("kind", kind, TierHoldKind::ALL)?;
        let changes = crm_ids::read("ids", ids, |ids| {
            let count = ids.len();
            let mut names = Vec::with_capacity(count);
            for &name in array("tiers", tiers, count)? {
                names.push(if name.is_null() { None } else { Some(text("tiers", name)?) });
            }
            let (days, tiers) = (array("days", days, count)?, IdColumn::OptionalText(names));
            if until.is_null() {
                return Ok(roster.hold(ids, &days.into(), &tiers, kind, None)?);
            }
            let until = array("until", until, count)?;
            let given: Vec<bool> = until.iter().map(|&day| day != i32::MIN).collect();
            let until = Column { values: until.into(), validity: Validity::Flags(&given) };
            Ok(roster.hold(ids, &days.into(), &tiers, kind, Some(&until))?)
        })?;
        give(out, changes);
        Ok(())
    })
}

/// Releases holds; members without one stay as they are. `out` as for `crm_tier_roster_qualify`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_release(
    roster: *mut crm_tier_roster,
    ids: *const crm_ids,
    days: *const i32,
    out: *mut *mut crm_tier_changes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a column, days as long as it, and a place, or null.
    guard(|| unsafe {
        let roster = handle::get_mut("roster", roster)?;
        let changes = crm_ids::read("ids", ids, |ids| {
            let days = array("days", days, ids.len())?;
            Ok(roster.release(ids, &days.into())?)
        })?;
        give(out, changes);
        Ok(())
    })
}

/// Lets time pass for every member up to a day since 1970-01-01. `out` as for `crm_tier_roster_qualify`.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` if a member is known beyond that day.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_advance(
    roster: *mut crm_tier_roster,
    day: i32,
    out: *mut *mut crm_tier_changes,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses and a place, or null.
    guard(|| unsafe {
        let roster = handle::get_mut("roster", roster)?;
        let changes = roster.advance(Day::from_number(day).map_err(|error| error.on("day"))?)?;
        give(out, changes);
        Ok(())
    })
}

/// Frees a roster; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_free(roster: *mut crm_tier_roster) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("roster", roster) });
}

/// Number of changes; 0, with the thread's last error set, if `changes` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_changes_length(changes: *const crm_tier_changes) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("changes", changes)?.len()) })
}

fn code(tier: Option<usize>) -> i64 {
    tier.and_then(|tier| i64::try_from(tier).ok()).unwrap_or(-1)
}

fn number(day: Option<Day>) -> i64 {
    day.map_or(i64::MIN, |day| day.number().into())
}

/// Copies a column of changes, a `crm_tier_change_column`, to `out`, which has room for `capacity`, at least `crm_tier_changes_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_changes_column(
    changes: *const crm_tier_changes,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let changes = handle::get("changes", changes)?;
        let values: Vec<i64> = match choice("column", column, &[0, 1, 2, 3, 4])? {
            0 => changes.members.iter().map(|&member| member.into()).collect(),
            1 => changes.days.iter().map(|day| day.number().into()).collect(),
            2 => changes.from.iter().copied().map(code).collect(),
            3 => changes.to.iter().copied().map(code).collect(),
            _ => changes.reasons.iter().map(|&reason| i64::from(reason as i32)).collect(),
        };
        places("out", out, capacity, values.len())?.fill(values.into_iter());
        Ok(())
    })
}

/// Frees changes; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_changes_free(changes: *mut crm_tier_changes) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("changes", changes) });
}

/// Where every member stands on a day since 1970-01-01, as if nothing happened up to then; the roster does not change.
///
/// `out` receives the standings, NULL if the call fails; the caller frees them with `crm_tier_standings_free`. Fails with `CRM_STATUS_OUT_OF_RANGE` if a
/// member is known beyond that day.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_roster_standings(
    roster: *const crm_tier_roster,
    day: i32,
    out: *mut *mut crm_tier_standings,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let day = Day::from_number(day).map_err(|error| error.on("day"))?;
        out.put(handle::get("roster", roster)?.standings(day)?);
        Ok(())
    })
}

/// Copies a column of standings, a `crm_tier_standing_column`, to `out`, which has room for `capacity`, at least the number of members.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_standings_column(
    standings: *const crm_tier_standings,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let rows = handle::get("standings", standings)?;
        let values: Vec<i64> = match choice("column", column, &[0, 1, 2, 3, 4, 5, 6])? {
            0 => rows.tier.iter().copied().map(code).collect(),
            1 => rows.since.iter().map(|day| day.number().into()).collect(),
            2 => rows.expires.iter().copied().map(number).collect(),
            3 => rows.reasons.iter().map(|&reason| i64::from(reason as i32)).collect(),
            4 => rows.projected_tier.iter().copied().map(code).collect(),
            5 => rows.projected_day.iter().copied().map(number).collect(),
            _ => rows.grace_ends.iter().copied().map(number).collect(),
        };
        places("out", out, capacity, values.len())?.fill(values.into_iter());
        Ok(())
    })
}

/// What is missing of a measure alone, a `crm_tier_measure`; NaN where it alone cannot do it. Money in currency units.
fn missing(gaps: &TierGaps, measure: i32) -> Outcome<Vec<f64>> {
    fn floats(values: &[Option<i64>]) -> Vec<f64> {
        values.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect()
    }
    Ok(match choice("measure", measure, &[0, 1, 2, 3, 4])? {
        0 => floats(&gaps.qualifying_points),
        1 => gaps.spend.iter().map(|value| value.map_or(f64::NAN, Money::to_f64)).collect(),
        2 => floats(&gaps.orders),
        3 => floats(&gaps.points_balance),
        _ => gaps.score.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
    })
}

/// Copies what is missing of a measure alone (a `crm_tier_measure`; money in currency units) to keep the tier, NaN where it alone cannot do it, to `out`, which has
/// room for `capacity`, at least the number of members.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_standings_to_keep(
    standings: *const crm_tier_standings,
    measure: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = missing(&handle::get("standings", standings)?.to_keep, measure)?;
        places("out", out, capacity, values.len())?.fill(values.into_iter());
        Ok(())
    })
}

/// Copies what is missing of a measure alone to enter the next tier, as `crm_tier_standings_to_keep` does; NaN in the highest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_standings_to_next(
    standings: *const crm_tier_standings,
    measure: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = missing(&handle::get("standings", standings)?.to_next, measure)?;
        places("out", out, capacity, values.len())?.fill(values.into_iter());
        Ok(())
    })
}

/// Frees standings; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_standings_free(standings: *mut crm_tier_standings) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("standings", standings) });
}

/// One tier of a cut by quotas. Set `struct_size` of the first before the call that fills them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_tier_quota {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The lowest value in the tier; NaN for an empty tier.
    pub threshold: f64,
    /// Places that the share gives.
    pub wanted: u64,
    /// Members in the tier.
    pub taken: u64,
    /// Members in this and all higher tiers above the places of these tiers, because a tie is never split.
    pub overshoot: u64,
}

sized_structs!(crm_tier_quota);

/// Cuts `length` values by the shares of `count` tiers, from low to high; NaN is a member without a value. `out` has `count` structs.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a share outside (0, 1] and shares that sum to more than 1, `CRM_STATUS_INVALID_VALUE` for a value that is
/// infinite, `CRM_STATUS_EMPTY` if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_quotas_cut(
    shares: *const f64,
    count: usize,
    values: *const f64,
    length: usize,
    out: *mut crm_tier_quota,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and `count` structs of the size that the first says, or null.
    guard(|| unsafe {
        let (shares, values) = (array("shares", shares, count)?, array("values", values, length)?);
        let named = |(place, &share): (usize, &f64)| TierQuota { name: format!("tier {place}"), share };
        let cut = TierQuotas::new(shares.iter().enumerate().map(named))?.cut(values)?;
        let tiers = (0..count).map(|tier| crm_tier_quota {
            struct_size: 0,
            threshold: cut.thresholds[tier].unwrap_or(f64::NAN),
            wanted: cut.wanted[tier],
            taken: cut.taken[tier],
            overshoot: cut.overshoot[tier],
        });
        sized::place("out", out)?.put_all(tiers)
    })
}
