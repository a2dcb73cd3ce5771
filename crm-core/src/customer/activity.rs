//! Activity over time: repeat purchases by period, and opportunities to buy.
//!
//! Both count days with a purchase and exact amounts, which do not depend on order ids: histories that keep their lines
//! answer them from their days too.

use super::history::PurchaseHistory;
use super::id::{CustomerIds, Ids};
use super::money::Money;
use super::period::{Day, Period, TimeUnit};
use crate::error::{Error, ErrorKind, Result};

/// What the customers of a cohort did in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityRow {
    /// The first day of the period.
    pub first_day: Day,
    /// The last day of the period that is counted.
    pub last_day: Day,
    /// Whether the period was over by the end of the last day counted; only the last row can be incomplete.
    pub is_complete: bool,
    /// Days with a purchase after the customer's first, summed over customers.
    pub repeat_purchases: u64,
    /// Customers with such a day.
    pub repeat_buyers: u64,
    /// Amount of those days' purchases, returns not subtracted.
    pub repeat_amount: Money,
    /// Customers whose first purchase lies in the period.
    pub new_customers: u64,
    /// Purchases less returns, first purchases included.
    pub net_amount: Money,
}

/// Repeat purchases of a cohort by period, and when its customers came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodActivity {
    cohort_until: Day,
    rows: Vec<ActivityRow>,
    first_purchases: Vec<(Day, u64)>,
}

impl PurchaseHistory {
    /// What the customers who first bought on or before `cohort_until` did from the first day of the log to the end of `until`,
    /// by periods that follow each other from the first day of the log.
    ///
    /// Period k (from 1) holds the days at offsets d with `(k - 1) L <= d < k L` from the first day of the log, L being the
    /// days in a period.
    ///
    /// # Errors
    /// `Empty` if nobody bought by `cohort_until`; `InvalidArgument` if it is after `until`, if `until` is after the last day of
    /// the log (everybody would seem to have stopped), or for periods shorter than a day.
    pub fn repeat_purchases_by_period(
        &self,
        cohort_until: Day,
        period: Period,
        until: Day,
    ) -> Result<PeriodActivity> {
        self.check_covers("until", until)?;
        if cohort_until > until {
            return Err(Error::argument("cohort_until", cohort_until, &format!("on or before {until}")));
        }
        let length = days_of(period)?;
        let nobody = || {
            let message = format!("no customer has a purchase by {cohort_until}");
            Error::new(ErrorKind::Empty, message).on("cohort_until")
        };
        let start = self.first_day().ok_or_else(nobody)?;
        if cohort_until < start {
            return Err(nobody());
        }
        let mut rows = periods(start, length, until)?;
        let mut newcomers = vec![0u64; cohort_until.since(start) as usize + 1];
        let index = |day: i32| period_at(day - start.number(), length);
        let days = self.days();
        for customer in 0..days.len() {
            let entries = days.purchases.range(customer);
            let Some(&first) = days.purchases.days[entries.clone()].first() else {
                continue;
            };
            if first > cohort_until.number() {
                continue;
            }
            newcomers[(first - start.number()) as usize] += 1;
            rows[index(first)].new_customers += 1;
            let mut last_bought = None;
            for entry in entries {
                let day = days.purchases.days[entry];
                if day > until.number() {
                    break;
                }
                let amount = Money::from_micros(days.purchases.amounts.get(entry));
                let row = &mut rows[index(day)];
                row.net_amount += amount;
                if day > first {
                    row.repeat_purchases += 1;
                    row.repeat_amount += amount;
                    row.repeat_buyers += u64::from(last_bought != Some(index(day)));
                    last_bought = Some(index(day));
                }
            }
            for entry in days.returns.range(customer) {
                let day = days.returns.days[entry];
                if day <= until.number() {
                    rows[index(day)].net_amount += Money::from_micros(days.returns.amounts.get(entry));
                }
            }
        }
        let first_purchases = (0..).zip(newcomers).filter(|(_, customers)| *customers > 0);
        let first_purchases: Vec<(Day, u64)> = first_purchases
            .map(|(offset, customers)| Ok((start.plus(offset)?, customers)))
            .collect::<Result<_>>()?;
        if first_purchases.is_empty() {
            return Err(nobody());
        }
        Ok(PeriodActivity { cohort_until, rows, first_purchases })
    }

    /// Refuses days after the last one of the log.
    pub(super) fn check_covers(&self, argument: &str, day: Day) -> Result<()> {
        match self.last_day().filter(|last| day > *last) {
            Some(last) => {
                Err(Error::argument(argument, day, &format!("on or before the last day of the log, {last}")))
            }
            None => Ok(()),
        }
    }
}

/// Days in a period, which are at least one.
pub(super) fn days_of(period: Period) -> Result<f64> {
    let days = period.in_unit(TimeUnit::Day);
    if days >= 1.0 { Ok(days) } else { Err(Error::argument("period", period, "at least one day")) }
}

/// The period, from 0, that a day at a non-negative offset lies in: the k with `k L <= offset < (k + 1) L`.
///
/// Units are multiples of 1/16 day, so that products with them are exact; lengths of other fractions are counted in the same way
/// everywhere.
pub(super) fn period_at(offset: i32, length: f64) -> usize {
    let offset = f64::from(offset);
    let guess = (offset / length).floor();
    // The quotient may round up to a whole number, or down from one.
    let k = if guess * length > offset {
        guess - 1.0
    } else if (guess + 1.0) * length <= offset {
        guess + 1.0
    } else {
        guess
    };
    k as usize
}

/// The first offset in days of a period, counted from 0.
pub(super) fn first_offset(period: usize, length: f64) -> i32 {
    // Beyond the range of days the cast saturates, and whoever compares sees a day that never comes.
    (period as f64 * length).ceil() as i32
}

fn periods(start: Day, length: f64, until: Day) -> Result<Vec<ActivityRow>> {
    let last = until.since(start);
    (0..=period_at(last, length))
        .map(|k| {
            let end = first_offset(k + 1, length) - 1;
            Ok(ActivityRow {
                first_day: start.plus(first_offset(k, length))?,
                last_day: start.plus(end.min(last))?,
                is_complete: end <= last,
                repeat_purchases: 0,
                repeat_buyers: 0,
                repeat_amount: Money::ZERO,
                new_customers: 0,
                net_amount: Money::ZERO,
            })
        })
        .collect()
}

impl PeriodActivity {
    /// The last day of a first purchase that counts.
    pub fn cohort_until(&self) -> Day {
        self.cohort_until
    }

    /// Number of customers in the cohort.
    pub fn customers(&self) -> u64 {
        self.first_purchases.iter().map(|(_, customers)| customers).sum()
    }

    /// One row a period, in order.
    pub fn rows(&self) -> &[ActivityRow] {
        &self.rows
    }

    /// Days on which customers of the cohort first bought, ascending, with how many did.
    pub fn first_purchases(&self) -> &[(Day, u64)] {
        &self.first_purchases
    }
}

/// Opportunities to buy and how often each customer took one, for models in discrete time (BG/BB).
///
/// Opportunity k (from 1) of a customer is the k-th whole unit of time after the day of the first purchase: the days at offsets d
/// with `(k - 1) L < d <= k L`, L being the days in a unit. It is taken if there is a purchase on one of them. An opportunity
/// counts when it is over by the end of `as_of`, so a customer has `floor(age / L)` of them; purchases of the part of a unit that
/// remains are not counted. The first purchase itself is none.
///
/// Source: Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", Marketing Science
/// 29(6), section 2: x, `t_x` and n. They cut years by the calendar, which suits logs whose customers all start at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opportunities {
    ids: Ids,
    as_of: Day,
    unit: TimeUnit,
    taken: Vec<u32>,
    last_taken: Vec<u32>,
    available: Vec<u32>,
}

impl PurchaseHistory {
    /// Opportunities of every customer who has a purchase by the end of `as_of`: those of the base of that day, in its order.
    ///
    /// # Errors
    /// `Empty` if there is no such customer.
    pub fn opportunities(&self, as_of: Day, unit: TimeUnit) -> Result<Opportunities> {
        let days = self.days();
        let mut found = Opportunities {
            ids: Ids::new(days.ids.kind()),
            as_of,
            unit,
            taken: Vec::new(),
            last_taken: Vec::new(),
            available: Vec::new(),
        };
        for customer in 0..days.len() {
            let bought = &days.purchases.days[days.purchases.range(customer)];
            let Some(&first) = bought.first().filter(|&&first| first <= as_of.number()) else {
                continue;
            };
            // Opportunity k ends at offset k L: one day later than period k - 1 of the days after the first.
            let available = period_at(as_of.number() - first, unit.days()) as u32;
            let (mut taken, mut last_taken) = (0, 0);
            for day in &bought[1..] {
                // The k with (k - 1) L < d <= k L is the ceiling of d / L.
                let below = period_at(day - first, unit.days());
                let is_end = below as f64 * unit.days() == f64::from(day - first);
                let opportunity = below as u32 + u32::from(!is_end);
                if opportunity > available {
                    break;
                }
                taken += u32::from(opportunity > last_taken);
                last_taken = opportunity;
            }
            found.ids.push(days.ids.get(customer));
            found.taken.push(taken);
            found.last_taken.push(last_taken);
            found.available.push(available);
        }
        if found.taken.is_empty() {
            let message = format!("no customer has a purchase by {as_of}");
            return Err(Error::new(ErrorKind::Empty, message).on("as_of"));
        }
        Ok(found)
    }
}

impl Opportunities {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// The customer ids, in canonical order.
    pub fn customer_ids(&self) -> CustomerIds<'_> {
        CustomerIds(&self.ids)
    }

    /// The day whose end is described.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The length of an opportunity.
    pub fn time_unit(&self) -> TimeUnit {
        self.unit
    }

    /// Opportunities taken, of each customer (BG/BB x).
    pub fn taken(&self) -> &[u32] {
        &self.taken
    }

    /// The last opportunity taken, of each customer; 0 if none was (BG/BB `t_x`).
    pub fn last_taken(&self) -> &[u32] {
        &self.last_taken
    }

    /// Opportunities that are over, of each customer (BG/BB n).
    pub fn available(&self) -> &[u32] {
        &self.available
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::customer::{
        AmountColumn, BaseOptions, Column, IdColumn, IngestOptions, TimeColumn, Transactions,
    };

    /// 2024-01-01, a Monday.
    const START: i32 = 19_723;

    pub(in crate::customer) fn day(offset: i32) -> Day {
        Day::from_number(START + offset).unwrap()
    }

    pub(in crate::customer) fn week() -> Period {
        Period::new(1.0, TimeUnit::Week).unwrap()
    }

    /// (customer, days after 2024-01-01, amount)
    pub(in crate::customer) fn history(rows: &[(i64, i32, f64)]) -> PurchaseHistory {
        let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let days: Vec<i32> = rows.iter().map(|row| START + row.1).collect();
        let amounts: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let batch = Transactions::new(
            IdColumn::Integer(Column::from(&ids[..])),
            TimeColumn::Day(Column::from(&days[..])),
            Some(AmountColumn::Float(Column::from(&amounts[..]))),
        )
        .unwrap();
        PurchaseHistory::from_transactions(&batch, &IngestOptions::default()).unwrap()
    }

    /// Customer 1 buys in weeks 1, 1, 2 and 3 and returns; 2 first buys in week 2; 3 too late for the cohort; 4 only returns.
    pub(in crate::customer) fn shop() -> PurchaseHistory {
        history(&[
            (1, 0, 10.0),
            (1, 6, 20.0),
            (1, 7, 30.0),
            (1, 8, -5.0),
            (1, 13, 40.0),
            (1, 14, 50.0),
            (2, 7, 1.0),
            (2, 20, 2.0),
            (3, 12, 100.0),
            (3, 20, 100.0),
            (4, 3, -7.0),
        ])
    }

    #[test]
    fn repeat_purchases_count_by_period_for_the_cohort_alone() {
        let activity = shop().repeat_purchases_by_period(day(7), week(), day(16)).unwrap();
        assert_eq!(activity.customers(), 2);
        assert_eq!(activity.first_purchases(), [(day(0), 1), (day(7), 1)]);
        let rows = activity.rows();
        let table: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.first_day,
                    row.last_day,
                    row.is_complete,
                    row.repeat_purchases,
                    row.repeat_buyers,
                    row.new_customers,
                )
            })
            .collect();
        assert_eq!(
            table,
            [
                (day(0), day(6), true, 1, 1, 1),
                (day(7), day(13), true, 2, 1, 1),
                (day(14), day(16), false, 1, 1, 0),
            ]
        );
        let money = |amount: fn(&ActivityRow) -> Money| {
            rows.iter().map(|row| amount(row).to_f64()).collect::<Vec<_>>()
        };
        assert_eq!(money(|row| row.repeat_amount), [20.0, 70.0, 50.0]);
        assert_eq!(money(|row| row.net_amount), [30.0, 66.0, 50.0]);
    }

    #[test]
    fn activity_that_cannot_be_seen_is_refused() {
        let shop = shop();
        let error = |cohort, period, until| {
            let error = shop.repeat_purchases_by_period(cohort, period, until).unwrap_err();
            (error.kind(), error.argument_name().map(str::to_owned))
        };
        let argument = |name: &str| (ErrorKind::InvalidArgument, Some(name.to_owned()));
        assert_eq!(error(day(7), week(), day(21)), argument("until"));
        assert_eq!(error(day(17), week(), day(16)), argument("cohort_until"));
        let short = Period::new(0.1, TimeUnit::Week).unwrap();
        assert_eq!(error(day(7), short, day(16)), argument("period"));
        assert_eq!(error(day(-1), week(), day(16)).0, ErrorKind::Empty);
        let only_returns = history(&[(4, 3, -7.0)]);
        assert_eq!(
            only_returns.repeat_purchases_by_period(day(3), week(), day(3)).unwrap_err().kind(),
            ErrorKind::Empty
        );
        assert_eq!(shop.opportunities(day(-1), TimeUnit::Week).unwrap_err().kind(), ErrorKind::Empty);
    }

    #[test]
    fn opportunities_are_whole_units_after_the_first_purchase() {
        // Offsets of customer 1's purchases from the first: 6, 7 (week 1), 13, 14 (week 2).
        let read = |as_of| {
            let found = shop().opportunities(day(as_of), TimeUnit::Week).unwrap();
            let rows = 0..found.len();
            rows.map(|row| (found.taken()[row], found.last_taken()[row], found.available()[row]))
                .collect::<Vec<_>>()
        };
        assert_eq!(read(6), [(0, 0, 0)]);
        assert_eq!(read(7), [(1, 1, 1), (0, 0, 0)]);
        assert_eq!(read(13), [(1, 1, 1), (0, 0, 0), (0, 0, 0)]);
        assert_eq!(read(14), [(2, 2, 2), (0, 0, 1), (0, 0, 0)]);
        // Customer 2 bought again 13 days later, which counts once the second week is over.
        assert_eq!(read(20), [(2, 2, 2), (0, 0, 1), (0, 0, 1)]);
        assert_eq!(read(21), [(2, 2, 3), (1, 2, 2), (0, 0, 1)]);
        let found = shop().opportunities(day(20), TimeUnit::Week).unwrap();
        let base = shop().base(BaseOptions::as_of(day(20))).unwrap();
        assert!(found.customer_ids().iter().eq(base.customer_ids().iter()));
    }

    #[test]
    fn every_day_lies_in_the_period_whose_bounds_hold_it() {
        for length in TimeUnit::ALL.map(TimeUnit::days).into_iter().chain([1.1, 2.3, 3.3, 9.7]) {
            for offset in 0..5_000 {
                let k = period_at(offset, length);
                let range = first_offset(k, length)..first_offset(k + 1, length);
                assert!(range.contains(&offset), "{offset} is not in {range:?} of period {k} of {length}");
            }
        }
    }
}
