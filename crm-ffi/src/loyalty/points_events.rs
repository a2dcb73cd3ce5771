//! Events of a points programme as plain arrays.

use std::ffi::c_char;

use crm_core::Error;
use crm_core::customer::{IdColumn, TimeColumn};
use crm_core::loyalty::EventColumns;

use crate::customer::transactions::{Amounts, Ids, Times, absent, column, flags};
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::Outcome;

/// What happens to a member.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_event_kind {
    /// A customer becomes a member.
    Join = 0,
    /// A purchase, or one line of an order: needs an amount; the reference is the order, if any.
    Purchase = 1,
    /// Points are given: needs points.
    Bonus = 2,
    /// Points are spent: needs points.
    Redeem = 3,
    /// A purchase is refunded: needs the purchase as reference; the amount is all that is left if missing.
    Refund = 4,
    /// A redemption is cancelled: needs it as reference.
    CancelRedemption = 5,
    /// A purchase or bonus is cancelled: needs it as reference.
    CancelAccrual = 6,
    /// The expiry of all points moves by the extension rules.
    Extend = 7,
    /// The member comes into a tier, or leaves all if there is none.
    SetTier = 8,
    /// The other member is merged into this one.
    Merge = 9,
    /// A merge is taken back: needs it as reference.
    Unmerge = 10,
}

/// A batch of events as arrays of `length` rows, in the order in which they happen.
///
/// Zero the struct, set `struct_size` and `length`, then the columns that there are: one of each pair of integers and texts, one of `time_days` and
/// `time_values`, `kinds`, and what the kinds need. Ids are of one kind in all columns of members, and in all columns of events.
///
/// Arrays of flags are optional: a row whose flag is 0 has no value in that column. A NULL among texts, and an empty text, is missing. Everything belongs to
/// the caller and is read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_points_events {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Rows.
    pub length: usize,
    /// The members as integers.
    pub customer_id_int64: *const i64,
    /// The members as UTF-8 text.
    pub customer_id_text: *const *const c_char,
    /// The ids of the events as integers.
    pub event_id_int64: *const i64,
    /// The ids of the events as UTF-8 text.
    pub event_id_text: *const *const c_char,
    /// Days, counted from 1970-01-01.
    pub time_days: *const i32,
    /// Times, counted from 1970-01-01T00:00 in `time_resolution`.
    pub time_values: *const i64,
    /// A `crm_time_resolution`.
    pub time_resolution: i32,
    /// For `time_values`: 1 if they are instants (UTC); 0 if they are wall-clock times of the programme's zone.
    pub time_is_instant: i32,
    /// The kinds, `crm_points_event_kind`.
    pub kinds: *const i32,
    /// Points.
    pub points: *const i64,
    /// Which rows have points.
    pub points_valid: *const u8,
    /// Amounts in currency units.
    pub amount_double: *const f64,
    /// Amounts as integers with `amount_scale` decimal digits.
    pub amount_int64: *const i64,
    /// Which rows have an amount.
    pub amount_valid: *const u8,
    /// Decimal digits of `amount_int64`: 0 for whole units, 2 for cents.
    pub amount_scale: i32,
    /// Must be 0.
    pub reserved: i32,
    /// What events refer to, as integers.
    pub reference_int64: *const i64,
    /// What events refer to, as UTF-8 text.
    pub reference_text: *const *const c_char,
    /// Which rows have a reference.
    pub reference_valid: *const u8,
    /// Categories of purchases.
    pub category: *const *const c_char,
    /// Tiers that members come into.
    pub tier: *const *const c_char,
    /// Members that are merged into others, as integers.
    pub other_id_int64: *const i64,
    /// Members that are merged into others, as UTF-8 text.
    pub other_id_text: *const *const c_char,
    /// Which rows have another member.
    pub other_id_valid: *const u8,
}

sized_structs!(crm_points_events);

impl crm_points_events {
    /// Calls `with` with the batch.
    ///
    /// # Safety
    /// `events` is null or points to a struct of the size that its first field says, whose arrays have `length` rows.
    pub(super) unsafe fn read<T>(
        events: *const Self,
        rows_before: u64,
        with: impl FnOnce(&EventColumns<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        // SAFETY: as the caller promises. Zero is a valid value of every field.
        let given = unsafe { sized::read("events", events, std::mem::zeroed::<Self>()) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let rows = given.length;
        let ids = Ids { rows, rows_before };
        // SAFETY: as the caller promises, each array has as many rows.
        let (with_points, with_amount, with_reference, with_other) = unsafe {
            (
                flags("points_valid", given.points_valid, rows)?,
                flags("amount_valid", given.amount_valid, rows)?,
                flags("reference_valid", given.reference_valid, rows)?,
                flags("other_id_valid", given.other_id_valid, rows)?,
            )
        };
        let nobody: &[i64] = &[];
        let none = || (rows == 0).then(|| IdColumn::Integer(nobody.into()));
        // SAFETY: as above.
        let (members, names) = unsafe {
            (
                ids.column("customer_id", given.customer_id_int64, given.customer_id_text, None)?,
                ids.column("event_id", given.event_id_int64, given.event_id_text, None)?,
            )
        };
        let members = members
            .or_else(none)
            .ok_or_else(|| absent("customer_id", "customer_id_int64 or customer_id_text"))?;
        let names =
            names.or_else(none).ok_or_else(|| absent("event_id", "event_id_int64 or event_id_text"))?;
        // SAFETY: as above.
        let kinds = unsafe { array("kinds", given.kinds, rows) }?;
        let never: &[i32] = &[];
        let times = match rows {
            0 => TimeColumn::Day(never.into()),
            // SAFETY: as above.
            _ => unsafe { given.times().read(None) }?,
        };
        let kinds: Vec<i64> = kinds.iter().map(|&kind| kind.into()).collect();
        let mut batch = EventColumns::new(members, names, times, IdColumn::Integer((&kinds).into()))?;
        if !given.points.is_null() {
            // SAFETY: as above.
            let points = unsafe { array("points", given.points, rows) }?;
            batch = batch.with_points(column(points, with_points.as_deref()))?;
        }
        // SAFETY: as above.
        if let Some(amounts) = unsafe { given.amounts().read(with_amount.as_deref()) }? {
            batch = batch.with_amounts(amounts)?;
        }
        // SAFETY: as above.
        let (references, categories, tiers, others) = unsafe {
            (
                ids.column(
                    "reference",
                    given.reference_int64,
                    given.reference_text,
                    with_reference.as_deref(),
                )?,
                ids.column("category", std::ptr::null(), given.category, None)?,
                ids.column("tier", std::ptr::null(), given.tier, None)?,
                ids.column("other_id", given.other_id_int64, given.other_id_text, with_other.as_deref())?,
            )
        };
        if let Some(references) = references {
            batch = batch.with_references(references)?;
        }
        if let Some(categories) = categories {
            batch = batch.with_categories(categories)?;
        }
        if let Some(tiers) = tiers {
            batch = batch.with_tiers(tiers)?;
        }
        if let Some(others) = others {
            batch = batch.with_others(others)?;
        }
        with(&batch)
    }

    fn amounts(&self) -> Amounts {
        let Self { amount_double: double, amount_int64: int64, amount_scale: scale, length, .. } = *self;
        Amounts { double, int64, scale, length }
    }

    fn times(&self) -> Times {
        let Self { time_days: days, time_values: values, length, .. } = *self;
        Times { days, values, resolution: self.time_resolution, is_instant: self.time_is_instant, length }
    }
}
