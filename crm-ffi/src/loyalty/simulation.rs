//! Other rules over the same history.

use std::ffi::c_char;

use crm_core::customer::Money;
use crm_core::loyalty::{
    Breakage, Decimal, ProgramSimulation, ScoreObservations, SimulatedRules, SimulationOptions, TierGap,
    TierRules, WinnersAndLosers,
};
use crm_core::{Error, ErrorKind};

use super::points_events::crm_points_events;
use super::points_program::crm_loyalty_program;
use crate::campaign::ids::crm_ids;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, optional_text, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What a simulation is valued with. Fill with `crm_simulation_options_init`, then set what there is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_simulation_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The instant up to which time passes, in microseconds since 1970-01-01T00:00Z; not before any event.
    pub as_of: i64,
    /// What one redeemed point costs, in currency units (default 0).
    pub cost_per_point: f64,
    /// The stand-alone price of one point, in currency units, for the liability (default 0).
    pub value_per_point: f64,
    /// The share of points that is never redeemed; NaN (default) for that of the months all of whose points would have lapsed.
    pub breakage: f64,
    /// What counts as close to a threshold: at most so many qualifying points missing; NaN (default, here and below) for a measure that does not count.
    pub close_points: f64,
    /// Or so much money, in currency units.
    pub close_spend: f64,
    /// Or so many orders.
    pub close_orders: f64,
    /// Or so many spendable points.
    pub close_balance: f64,
    /// Or so many units of the score.
    pub close_score: f64,
}

/// Scores as they were observed, a row a customer and day, in any order. Zero the struct, set `struct_size` and the columns. A score holds from the
/// start of its day, before the events of the day, until the next one; of two of one day the later row holds. All of it belongs to the caller and is
/// read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_score_observations {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The customers.
    pub ids: *const crm_ids,
    /// The days since 1970-01-01, one for each id.
    pub days: *const i32,
    /// The scores, one for each id; NaN leaves the one before.
    pub scores: *const f64,
}

/// What a history comes to under one set of rules. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_simulated_program {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of tiers.
    pub tiers: u64,
    /// Changes of tier along the way.
    pub tier_changes: u64,
    /// Points earned.
    pub issued: i64,
    /// Points spent, less those that came back.
    pub burned: i64,
    /// Points that lapsed.
    pub expired: i64,
    /// Points taken back by refunds and cancelled accruals.
    pub reversed: i64,
    /// Points that members still have.
    pub outstanding: i64,
    /// The liability for them; NaN if no month of earning is old enough to tell which share is never redeemed.
    pub liability: f64,
    /// What the points spent cost.
    pub cost: f64,
    /// Burns of the history that no longer fit, and are left out.
    pub unfit_burns: u64,
    /// Their points.
    pub unfit_points: i64,
    /// Other rows that these rules refuse, or that refer to a row left out, and are left out.
    pub refused_rows: u64,
    /// Events of the kind `CRM_POINTS_EVENT_KIND_SET_TIER` that are left out because tiers follow from rules.
    pub ignored_tier_events: u64,
    /// Scores that tiers would ask for, one a customer and day, of customers who are no members or are merged into others.
    pub unused_scores: u64,
    /// Members close to entering the next tier.
    pub close_to_next: u64,
    /// Members that lack something to keep their tier, and are close to it.
    pub close_to_keep: u64,
}

sized_structs!(crm_simulation_options, crm_score_observations, crm_simulated_program);

/// Members that gain, lose or neither. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_winners_and_losers {
    /// Members that gain.
    pub winners: u64,
    /// Members that lose.
    pub losers: u64,
    /// Members for whom nothing changes.
    pub unchanged: u64,
}

/// A column of the members of a simulation.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_simulated_member_column {
    /// The tier before, from 0 for the lowest; -1 for none.
    TierBefore = 0,
    /// The tier after.
    TierAfter = 1,
    /// Points earned before, less those taken back.
    EarnedBefore = 2,
    /// Points earned after.
    EarnedAfter = 3,
    /// Available points before.
    AvailableBefore = 4,
    /// Available points after.
    AvailableAfter = 5,
}

impl crm_simulation_options {
    const fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            as_of: 0,
            cost_per_point: 0.0,
            value_per_point: 0.0,
            breakage: f64::NAN,
            close_points: f64::NAN,
            close_spend: f64::NAN,
            close_orders: f64::NAN,
            close_balance: f64::NAN,
            close_score: f64::NAN,
        }
    }

    fn options(&self) -> crm_core::Result<SimulationOptions> {
        let money = |name: &str, value: f64| Money::from_f64(value).map_err(|error| error.on(name));
        let whole = |name: &str, value: f64| match value {
            value if value.is_nan() => Ok(None),
            value if value.fract() == 0.0 && value.abs() <= 9e15 => Ok(Some(value as i64)),
            value => Err(Error::argument(name, value, "a whole number, or NaN")),
        };
        let breakage = match self.breakage {
            share if share.is_nan() => Breakage::Matured,
            share => {
                let micros = money("options.breakage", share)?.micros();
                Breakage::Given(Decimal::from_micros(i64::try_from(micros).unwrap_or(i64::MAX)))
            }
        };
        let spend = (!self.close_spend.is_nan()).then(|| money("options.close_spend", self.close_spend));
        Ok(SimulationOptions {
            as_of: self.as_of,
            cost_per_point: money("options.cost_per_point", self.cost_per_point)?,
            value_per_point: money("options.value_per_point", self.value_per_point)?,
            breakage,
            close: TierGap {
                qualifying_points: whole("options.close_points", self.close_points)?,
                spend: spend.transpose()?,
                orders: whole("options.close_orders", self.close_orders)?,
                points_balance: whole("options.close_balance", self.close_balance)?,
                score: (!self.close_score.is_nan()).then_some(self.close_score),
            },
        })
    }
}

/// Options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_simulation_options_init(
    options: *mut crm_simulation_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_simulation_options::new()) })
}

/// The same history under two sets of rules. Free with `crm_program_simulation_free`. Immutable: any number of threads may use it at once.
pub struct crm_program_simulation {
    _opaque: (),
}

handles! { crm_program_simulation holds ProgramSimulation, tag b"crmSIMUL"; }

impl crm_score_observations {
    /// Calls `with` with the scores, none for null.
    ///
    /// # Safety
    /// `scores` is null or points to a struct of the size that its first field says, whose arrays are as long as its ids.
    unsafe fn read<T>(
        scores: *const Self,
        with: impl FnOnce(&[ScoreObservations<'_>]) -> Outcome<T>,
    ) -> Outcome<T> {
        if scores.is_null() {
            return with(&[]);
        }
        // SAFETY: as the caller promises. Zero is a valid value of every field.
        unsafe {
            let given = sized::read("scores", scores, std::mem::zeroed::<Self>())?;
            crm_ids::read("scores.ids", given.ids, |ids| {
                let days = array("scores.days", given.days, ids.len())?;
                let values = array("scores.scores", given.scores, ids.len())?;
                with(&[ScoreObservations::new(ids.clone(), days.into(), values.into())?])
            })
        }
    }
}

/// Runs the events of a history, and the scores that were observed (or NULL), under two sets of rules. Tiers are the JSON text of tier rules, as
/// `crm_tier_roster_from_json` takes it, or NULL: then the events that give tiers count, which are left out otherwise.
///
/// Behaviour is held fixed: the same purchases, refunds and burns happen, and the same scores are observed, under both. Burns that no longer fit are
/// counted and left out, not shrunk or moved; other rows that only one set of rules refuses are counted.
///
/// `out` receives the simulation, NULL if the call fails; the caller frees it with `crm_program_simulation_free`. Fails as `crm_points_ledger_apply` does for a row that is
/// wrong under both rules, and with `CRM_STATUS_INVALID_VALUE` for an infinite score, with its row, and for a time before an event or a score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_run(
    events: *const crm_points_events,
    scores: *const crm_score_observations,
    before: *const crm_loyalty_program,
    tiers_before: *const c_char,
    after: *const crm_loyalty_program,
    tiers_after: *const c_char,
    options: *const crm_simulation_options,
    out: *mut *mut crm_program_simulation,
) -> crm_status {
    // SAFETY: the caller gives structs of the size they say with arrays as long as they say, live handles, terminated strings and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = sized::read("options", options, crm_simulation_options::new())?.options()?;
        let rules = |name: &str, text: *const c_char| -> Outcome<Option<TierRules>> {
            Ok(optional_text(name, text)?.map(TierRules::from_json).transpose()?)
        };
        let tiers = (rules("tiers_before", tiers_before)?, rules("tiers_after", tiers_after)?);
        let before = SimulatedRules { program: handle::get("before", before)?, tiers: tiers.0.as_ref() };
        let after = SimulatedRules { program: handle::get("after", after)?, tiers: tiers.1.as_ref() };
        out.put(crm_points_events::read(events, 0, |batch| {
            crm_score_observations::read(scores, |scores| {
                Ok(ProgramSimulation::run(std::slice::from_ref(batch), scores, before, after, &options)?)
            })
        })?);
        Ok(())
    })
}

/// What the numbers mean and do not mean: behaviour is held fixed. A string that lives as long as the program.
#[unsafe(no_mangle)]
pub extern "C" fn crm_program_simulation_statement() -> *const c_char {
    use std::ffi::CString;
    use std::sync::OnceLock;
    static TEXT: OnceLock<CString> = OnceLock::new();
    TEXT.get_or_init(|| crate::status::c_text(ProgramSimulation::STATEMENT)).as_ptr()
}

/// What the history comes to under the first rules (`after` 0) or the other ones (1): set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for points beyond 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_side(
    simulation: *const crm_program_simulation,
    after: i32,
    out: *mut crm_simulated_program,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size it says, or null.
    guard(|| unsafe {
        let simulation = handle::get("simulation", simulation)?;
        let side =
            if choice("after", after, &[false, true])? { &simulation.after } else { &simulation.before };
        let points = |points: i128| {
            i64::try_from(points).map_err(|_| {
                Error::new(ErrorKind::OutOfRange, format!("{points} points do not fit 64 bits")).on("points")
            })
        };
        sized::place("out", out)?.put(crm_simulated_program {
            struct_size: 0,
            tiers: side.tiers.len() as u64,
            tier_changes: side.tier_changes,
            issued: points(side.issued)?,
            burned: points(side.burned)?,
            expired: points(side.expired)?,
            reversed: points(side.reversed)?,
            outstanding: points(side.outstanding)?,
            liability: side.liability.map_or(f64::NAN, Money::to_f64),
            cost: side.cost.to_f64(),
            unfit_burns: side.unfit_burns,
            unfit_points: points(side.unfit_points)?,
            refused_rows: side.refused_rows,
            ignored_tier_events: side.ignored_tier_events,
            unused_scores: side.unused_scores,
            close_to_next: side.close_to_next,
            close_to_keep: side.close_to_keep,
        })
    })
}

/// Copies members by the tier before (rows) and after (columns), row by row, those in no tier first, to `out`, which has room for `capacity`, at least the tiers before and
/// one times the tiers after and one.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_migration(
    simulation: *const crm_program_simulation,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let counts = &handle::get("simulation", simulation)?.migration;
        places("out", out, capacity, counts.len())?.fill(counts.iter().copied());
        Ok(())
    })
}

/// Who gains and loses, by the place of the tier (`by_points` 0) or by the points earned, less those taken back (1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_gains(
    simulation: *const crm_program_simulation,
    by_points: i32,
    out: *mut crm_winners_and_losers,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let simulation = handle::get("simulation", simulation)?;
        let by_points = choice("by_points", by_points, &[false, true])?;
        let WinnersAndLosers { winners, losers, unchanged } =
            if by_points { simulation.by_points } else { simulation.by_tier };
        let gains = crm_winners_and_losers { winners, losers, unchanged };
        crate::pointer::place("out", out)?.fill(std::iter::once(gains));
        Ok(())
    })
}

/// Number of members, those merged into others left out; 0, with the thread's last error set, if `simulation` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_members(simulation: *const crm_program_simulation) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("simulation", simulation)?.members.tier_before.len()) })
}

/// Copies a column of members, a `crm_simulated_member_column`, in the order in which they joined, to `out`, which has room for `capacity`, at least
/// `crm_program_simulation_members`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_column(
    simulation: *const crm_program_simulation,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let members = &handle::get("simulation", simulation)?.members;
        let codes = |tiers: &[Option<usize>]| -> Vec<i64> {
            let code = |tier: &Option<usize>| tier.and_then(|tier| i64::try_from(tier).ok()).unwrap_or(-1);
            tiers.iter().map(code).collect()
        };
        let values = match choice("column", column, &[0, 1, 2, 3, 4, 5])? {
            0 => codes(&members.tier_before),
            1 => codes(&members.tier_after),
            2 => members.earned_before.clone(),
            3 => members.earned_after.clone(),
            4 => members.available_before.clone(),
            _ => members.available_after.clone(),
        };
        places("out", out, capacity, values.len())?.fill(values.into_iter());
        Ok(())
    })
}

/// Frees a simulation; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_program_simulation_free(simulation: *mut crm_program_simulation) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("simulation", simulation) });
}
