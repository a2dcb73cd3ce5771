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

/// A posting, as far as balances go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// When it takes effect, in microseconds since 1970-01-01T00:00Z.
    pub time: i64,
    /// What it says.
    pub kind: EntryKind,
    /// How many points.
    pub points: i64,
    /// By how much it changes the balances.
    pub change: PointsBalance,
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
        PeriodStatement::over(&[self], customer, from, until)
    }

    /// The postings of a member, as far as a period statement looks at them, with their places.
    fn posted(&self, customer: CustomerId<'_>) -> impl Iterator<Item = (usize, Posting)> {
        (0..self.len()).filter(move |&place| self.is_of(place, customer)).map(|place| {
            let (kind, points, pending) = (self.kinds[place], self.points[place], self.pending[place]);
            let change = PointsBalance {
                available: kind.available_change(points, pending),
                pending: kind.pending_change(points, pending),
                owed: kind.owed_change(points),
            };
            (place, Posting { time: self.times[place], kind, points, change })
        })
    }
}

impl PeriodStatement {
    /// The same over the postings of several batches; places are counted over all of them, one batch after another.
    pub fn over(batches: &[&PointsEntries], customer: CustomerId<'_>, from: i64, until: i64) -> Self {
        let mut before = 0;
        let placed = batches.iter().flat_map(|batch| {
            let first = before;
            before += batch.len();
            batch.posted(customer).map(move |(place, posting)| (first + place, posting))
        });
        Self::of(placed, from, until)
    }

    /// The same from a member's postings themselves, each with its place.
    pub fn of(postings: impl IntoIterator<Item = (usize, Posting)>, from: i64, until: i64) -> Self {
        let mut statement = Self::default();
        let mut by_kind = vec![(0_i64, false); EntryKind::ALL.len()];
        let mut placed = Vec::new();
        for (place, posting) in postings.into_iter().filter(|(_, posting)| posting.time < until) {
            statement.closing = statement.closing.plus(posting.change);
            if posting.time < from {
                statement.opening = statement.opening.plus(posting.change);
            } else {
                placed.push((posting.time, place));
                let (sum, occurs) = &mut by_kind[posting.kind as usize];
                (*sum, *occurs) = (sum.wrapping_add(posting.points), true);
            }
        }
        placed.sort_by_key(|(time, _)| *time);
        statement.places = placed.into_iter().map(|(_, place)| place).collect();
        for (&kind, (sum, _)) in EntryKind::ALL.iter().zip(by_kind).filter(|(_, (_, occurs))| *occurs) {
            statement.kinds.push(kind);
            statement.points.push(sum);
        }
        statement
    }
}

impl PointsBalance {
    /// Balances of checked postings fit 64 bits; those of columns from elsewhere wrap around.
    fn plus(self, change: Self) -> Self {
        Self {
            available: self.available.wrapping_add(change.available),
            pending: self.pending.wrapping_add(change.pending),
            owed: self.owed.wrapping_add(change.owed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{IdColumn, TimeColumn};
    use crate::loyalty::{EventColumns, LoyaltyProgram};

    #[test]
    fn a_period_is_the_same_over_any_batches() {
        let rules = r#"{"earn": {"pending_days": 2}}"#;
        let mut ledger = PointsLedger::new(LoyaltyProgram::from_json(rules).unwrap());
        let day = |day: i64| day * 86_400_000_000;
        let mut batch = |id: i64, on: i32, member: &str, kind: &str, points: i64| {
            let (ids, days, points, members, kinds) = ([id], [on], [points], [member], [kind]);
            let batch = EventColumns::new(
                IdColumn::Text(&members),
                IdColumn::Integer(ids.as_slice().into()),
                TimeColumn::Day(days.as_slice().into()),
                IdColumn::Text(&kinds),
            );
            ledger.apply(&batch.unwrap().with_points(points.as_slice().into()).unwrap()).unwrap()
        };
        let batches = [
            batch(1, 100, "ann", "join", 0),
            batch(2, 100, "bob", "join", 0),
            batch(3, 100, "ann", "bonus", 50),
            batch(4, 101, "bob", "bonus", 7),
            batch(5, 104, "ann", "redeem", 20),
        ];
        let mut joined = PointsEntries::default();
        batches.iter().filter(|batch| !batch.is_empty()).for_each(|batch| joined.append(batch).unwrap());
        let customer = CustomerId::Text("ann");
        let period = PeriodStatement::over(&batches.each_ref(), customer, day(101), day(105));
        assert_eq!(period, joined.period(customer, day(101), day(105)));
        // A bonus is available at once or pending, by the rules; 20 are spent.
        let all = |balance: PointsBalance| balance.available + balance.pending;
        assert_eq!((all(period.opening), all(period.closing)), (50, 30));
        assert_eq!(period.points.last(), Some(&20));
    }
}
