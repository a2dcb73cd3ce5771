//! Statements: what one member has, and what happened to it in a period.

use super::points_account::PointTotals;
use super::points_entries::{PointsEntries, as_id};
use super::points_entry::EntryKind;
use super::points_ledger::PointsLedger;
use super::points_store::Member;
use crate::customer::{CustomerId, IdList, RawId};
use crate::error::{Error, ErrorKind, Result};

/// What a member has at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberStatement {
    /// The instant, in microseconds since 1970-01-01T00:00Z.
    pub as_of: i64,
    /// The place of the member that holds the points: another than the member's own after a merge.
    pub holder: u32,
    /// The tier, if the member is in one.
    pub tier: Option<String>,
    /// Points that can be spent.
    pub available: i64,
    /// Points that were earned and cannot be spent yet.
    pub pending: i64,
    /// Points that are owed.
    pub owed: i64,
    /// What became of all points since joining; the laws of conservation hold for them.
    pub totals: PointTotals,
    /// The lots in the order in which they are spent: the purchase or bonus of each (of lots that were combined, the first).
    pub lot_ids: IdList,
    /// When each was earned.
    pub earned_at: Vec<i64>,
    /// When each becomes available; `i64::MIN` if it is.
    pub available_at: Vec<i64>,
    /// When each lapses; `i64::MAX` if never.
    pub expires_at: Vec<i64>,
    /// How many points each has.
    pub points: Vec<i64>,
}

impl PointsLedger {
    /// The statement of a member at an instant, in microseconds since 1970-01-01T00:00Z; of a merged member that of the holder of its
    /// points. The ledger does not change.
    ///
    /// # Errors
    /// `InvalidValue` for somebody who is no member, and for an instant before the newest event of the member.
    pub fn statement(&self, customer: CustomerId<'_>, as_of: i64) -> Result<MemberStatement> {
        let id = match customer {
            CustomerId::Integer(id) => RawId::Integer(id),
            CustomerId::Text(id) => RawId::Text(id),
        };
        let place = self.find(id).ok_or_else(|| {
            Error::new(ErrorKind::InvalidValue, format!("{customer} is not a member")).on("customer_id")
        })?;
        let holder = self.root(place);
        let mut member = Member::new(holder, self.program());
        self.read_at(holder, as_of, &mut member, &mut Vec::new())?;
        let account = member.account;
        let mut lot_ids = IdList::empty();
        for lot in &account.lots {
            lot_ids.push(as_id(&lot.event));
        }
        let tier = account.tier.and_then(|tier| self.program().rules().tiers.get(usize::from(tier)).cloned());
        Ok(MemberStatement {
            as_of,
            holder,
            tier,
            available: account.available,
            pending: account.pending,
            owed: account.debt,
            totals: account.totals,
            lot_ids,
            earned_at: account.lots.iter().map(|lot| lot.earned_at).collect(),
            available_at: account.lots.iter().map(|lot| lot.pending_until).collect(),
            expires_at: account.lots.iter().map(|lot| lot.expires_at).collect(),
            points: account.lots.iter().map(|lot| lot.points).collect(),
        })
    }
}

/// Balances at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointsBalance {
    /// Points that can be spent.
    pub available: i64,
    /// Points that cannot be spent yet.
    pub pending: i64,
    /// Points that are owed.
    pub owed: i64,
}

/// What happened to a member in a period, from the postings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodStatement {
    /// Balances at the start.
    pub opening: PointsBalance,
    /// Balances at the end: the opening ones and all postings of the period.
    pub closing: PointsBalance,
    /// The postings of the period, as their places among those given, in the order of time.
    pub places: Vec<usize>,
    /// The kinds of postings that there are.
    pub kinds: Vec<EntryKind>,
    /// The points of each kind.
    pub points: Vec<i64>,
}

impl PointsEntries {
    /// The statement of a member for a period, from all of its postings so far: those that take effect from `from` on and before `until`,
    /// in microseconds since 1970-01-01T00:00Z. Corrections count where they take effect.
    ///
    /// ```
    /// use crm_core::customer::{CustomerId, IdColumn, TimeColumn};
    /// use crm_core::loyalty::{EventColumns, LoyaltyProgram, PointsLedger};
    /// let mut ledger = PointsLedger::new(LoyaltyProgram::from_json("{}")?);
    /// let batch = EventColumns::new(
    ///     IdColumn::Text(&["ann"; 3]),
    ///     IdColumn::Integer([1, 2, 3].as_slice().into()),
    ///     TimeColumn::Day([100, 100, 101].as_slice().into()),
    ///     IdColumn::Text(&["join", "bonus", "redeem"]),
    /// )?
    /// .with_points([0, 50, 20].as_slice().into())?;
    /// let entries = ledger.apply(&batch)?;
    /// let day = |day: i64| day * 86_400_000_000;
    /// let period = entries.period(CustomerId::Text("ann"), day(101), day(102));
    /// assert_eq!((period.opening.available, period.closing.available, period.points), (50, 30, vec![20]));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn period(&self, customer: CustomerId<'_>, from: i64, until: i64) -> PeriodStatement {
        let mut statement = PeriodStatement::default();
        let mut by_kind = vec![(0_i64, false); EntryKind::ALL.len()];
        let before = |place: &usize| self.times[*place] < until;
        let of_member = (0..self.len()).filter(|&place| self.is_of(place, customer)).filter(before);
        for place in of_member {
            let (kind, points, pending) = (self.kinds[place], self.points[place], self.pending[place]);
            let add = |balance: &mut PointsBalance| {
                balance.available = balance.available.wrapping_add(kind.available_change(points, pending));
                balance.pending = balance.pending.wrapping_add(kind.pending_change(points, pending));
                balance.owed = balance.owed.wrapping_add(kind.owed_change(points));
            };
            add(&mut statement.closing);
            if self.times[place] < from {
                add(&mut statement.opening);
            } else {
                statement.places.push(place);
                let (sum, occurs) = &mut by_kind[kind as usize];
                (*sum, *occurs) = (sum.wrapping_add(points), true);
            }
        }
        statement.places.sort_by_key(|&place| self.times[place]);
        for (&kind, (sum, _)) in EntryKind::ALL.iter().zip(by_kind).filter(|(_, (_, occurs))| *occurs) {
            statement.kinds.push(kind);
            statement.points.push(sum);
        }
        statement
    }
}
