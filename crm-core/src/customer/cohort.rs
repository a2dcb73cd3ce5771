//! Cohorts: customers by the time of their first purchase, and what they did at each age since.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::activity::{days_of, period_at};
use super::history::PurchaseHistory;
use super::ledger::CustomerDays;
use super::money::Money;
use super::period::{Day, Period};
use crate::error::{Error, ErrorKind, Result};

/// What customers are put together by: when they first bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum CohortBy {
    /// Calendar weeks, from Monday.
    Week = 0,
    /// Calendar months.
    Month = 1,
    /// Calendar quarters.
    Quarter = 2,
    /// Calendar years.
    Year = 3,
}

impl CohortBy {
    /// Every choice, in the order of the codes.
    pub const ALL: [Self; 4] = [Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The name used in Python and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// A choice from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name).ok_or_else(|| {
            Error::argument("cohort_by", format!("{name:?}"), "one of week, month, quarter, year")
        })
    }

    /// The first day of the week, month, quarter or year of a day, as its number.
    fn start(self, day: i32) -> i32 {
        // Day 0 is a Thursday.
        let from_monday = (day + 3).rem_euclid(7);
        let Some(date) = NaiveDate::from_num_days_from_ce_opt(day + 719_163) else {
            return day;
        };
        match self {
            Self::Week => day - from_monday,
            Self::Month => day - date.day0() as i32,
            Self::Quarter => {
                let month = date.month0() - date.month0() % 3;
                let first = date.with_day(1).and_then(|first| first.with_month0(month));
                first.map_or(day, |first| day - (date - first).num_days() as i32)
            }
            Self::Year => day - date.ordinal0() as i32,
        }
    }
}

/// What a cohort did at one age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CohortAge {
    /// Customers who bought.
    pub active_customers: u64,
    /// Days with a purchase, summed over customers; at age 0 with the first one.
    pub purchase_days: u64,
    /// Purchases less returns.
    pub net_amount: Money,
}

/// Customers who first bought in the same week, month, quarter or year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    first_day: Day,
    customers: u64,
    ages: Vec<CohortAge>,
    incomplete: CohortAge,
}

/// Cohorts by the time of their first purchase, and what each did at each age since.
///
/// A customer is at age k (from 0) on the days at offsets d from their own first purchase with `k L <= d < (k + 1) L`, L being the
/// days in a period of age; the first purchase is at age 0. An age is complete for a cohort when each of its customers has
/// passed it by the end of `as_of`. Ages that are not complete are not shown: they would look like customers lost.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortTable {
    as_of: Day,
    cohort_by: CohortBy,
    age_period: Period,
    cohorts: Vec<Cohort>,
}

/// The most ages, summed over cohorts, that a table may have.
const MOST_AGES: usize = 1 << 22;

impl PurchaseHistory {
    /// The cohorts of all customers who bought by the end of `as_of`, by age in periods of a length.
    ///
    /// Returns before a customer's first purchase count at age 0, so that a cohort's amounts add up to those of the customer base.
    ///
    /// # Errors
    /// `Empty` if nobody bought by `as_of`; `InvalidArgument` if `as_of` is after the last day of the log (everybody would seem
    /// to have stopped), or for periods shorter than a day; `OutOfRange` if the table would have more than 4,194,304 ages.
    pub fn cohorts(&self, as_of: Day, cohort_by: CohortBy, age_period: Period) -> Result<CohortTable> {
        self.check_covers("as_of", as_of)?;
        let length = days_of(age_period)?;
        let days = self.days();
        // Every customer's first purchase; then each cohort's customers, and the last day that one of them came.
        let firsts: Vec<Option<i32>> = (0..days.len())
            .map(|customer| {
                let first = days.purchases.days[days.purchases.range(customer)].first();
                first.copied().filter(|&first| first <= as_of.number())
            })
            .collect();
        let mut starts: BTreeMap<i32, (u64, i32)> = BTreeMap::new();
        for &first in firsts.iter().flatten() {
            let (customers, latest) = starts.entry(cohort_by.start(first)).or_insert((0, first));
            *customers += 1;
            *latest = first.max(*latest);
        }
        if starts.is_empty() {
            let message = format!("no customer has a purchase by {as_of}");
            return Err(Error::new(ErrorKind::Empty, message).on("as_of"));
        }
        let complete = |latest: i32| period_at(as_of.number() - latest + 1, length);
        let ages: usize = starts.values().map(|&(_, latest)| complete(latest)).sum();
        if ages > MOST_AGES {
            let message = format!("would give {ages} ages, more than {MOST_AGES}: take a longer one");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("age_period"));
        }
        let mut cohorts: Vec<Cohort> = starts
            .iter()
            .map(|(&start, &(customers, latest))| {
                Ok(Cohort {
                    first_day: Day::from_number(start)?,
                    customers,
                    ages: vec![CohortAge::default(); complete(latest)],
                    incomplete: CohortAge::default(),
                })
            })
            .collect::<Result<_>>()?;
        for (customer, first) in firsts.iter().enumerate().filter_map(|(c, first)| Some((c, (*first)?))) {
            let start = cohort_by.start(first);
            let place = cohorts.partition_point(|cohort| cohort.first_day.number() < start);
            cohorts[place].add_customer(days, customer, first, as_of.number(), length);
        }
        Ok(CohortTable { as_of, cohort_by, age_period, cohorts })
    }
}

impl Cohort {
    fn add_customer(&mut self, days: &CustomerDays, customer: usize, first: i32, as_of: i32, length: f64) {
        let complete = self.ages.len();
        let mut last_active = None;
        for (ledger, is_purchase) in [(&days.purchases, true), (&days.returns, false)] {
            for entry in ledger.range(customer) {
                let day = ledger.days[entry];
                if day > as_of {
                    break;
                }
                let age = period_at((day - first).max(0), length).min(complete);
                let cell = self.ages.get_mut(age).unwrap_or(&mut self.incomplete);
                cell.net_amount += Money::from_micros(ledger.amounts.get(entry));
                if is_purchase {
                    cell.purchase_days += 1;
                    cell.active_customers += u64::from(last_active != Some(age));
                    last_active = Some(age);
                }
            }
        }
    }

    /// The first day of the week, month, quarter or year.
    pub fn first_day(&self) -> Day {
        self.first_day
    }

    /// Number of customers.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// What the cohort did at each age that is complete, from age 0.
    pub fn ages(&self) -> &[CohortAge] {
        &self.ages
    }

    /// What the cohort did at an age; `None` if it is not complete.
    pub fn age(&self, age: usize) -> Option<CohortAge> {
        self.ages.get(age).copied()
    }

    /// What it did after the complete ages, so that nothing is lost; its customers were observed for different times.
    pub fn incomplete(&self) -> CohortAge {
        self.incomplete
    }
}

impl CohortTable {
    /// The day whose end the table describes.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// What customers are put together by.
    pub fn cohort_by(&self) -> CohortBy {
        self.cohort_by
    }

    /// The length of one period of age.
    pub fn age_period(&self) -> Period {
        self.age_period
    }

    /// The cohorts with customers, in order of time.
    pub fn cohorts(&self) -> &[Cohort] {
        &self.cohorts
    }

    /// Number of customers in all cohorts.
    pub fn customers(&self) -> u64 {
        self.cohorts.iter().map(|cohort| cohort.customers).sum()
    }

    /// The number of ages that some cohort has completed.
    pub fn complete_ages(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.ages.len()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::activity::tests::{day, shop, week};
    use super::*;
    use crate::customer::{BaseOptions, TimeUnit};

    #[test]
    fn cohorts_that_cannot_be_seen_are_refused() {
        let refused = |history: &PurchaseHistory, as_of, period| {
            let error = history.cohorts(as_of, CohortBy::Week, period).unwrap_err();
            (error.kind(), error.argument_name().map(str::to_owned))
        };
        let argument = |name: &str| (ErrorKind::InvalidArgument, Some(name.to_owned()));
        assert_eq!(refused(&shop(), day(21), week()), argument("as_of"));
        assert_eq!(refused(&shop(), day(20), Period::new(0.5, TimeUnit::Day).unwrap()), argument("period"));
        assert_eq!(refused(&shop(), day(-1), week()).0, ErrorKind::Empty);
        assert_eq!(refused(&PurchaseHistory::empty(), day(0), week()).0, ErrorKind::Empty);
    }

    #[test]
    fn cohorts_show_the_ages_that_all_their_customers_have_passed() {
        let table = shop().cohorts(day(20), CohortBy::Week, week()).unwrap();
        let cohorts = table.cohorts();
        assert_eq!(cohorts.iter().map(Cohort::first_day).collect::<Vec<_>>(), [day(0), day(7)]);
        let cell = |active_customers, purchase_days, amount: f64| CohortAge {
            active_customers,
            purchase_days,
            net_amount: Money::from_micros((amount * 1e6) as i128),
        };
        assert_eq!(cohorts[0].ages(), [cell(1, 2, 30.0), cell(1, 2, 65.0), cell(1, 1, 50.0)]);
        // Customer 3 came on day 12 and has passed age 0 alone; what customer 2 did at age 1 is not shown as an age.
        assert_eq!((cohorts[1].customers(), cohorts[1].ages()), (2, &[cell(2, 2, 101.0)][..]));
        assert_eq!((cohorts[1].age(1), cohorts[1].incomplete()), (None, cell(2, 2, 102.0)));
        assert_eq!((table.customers(), table.complete_ages()), (3, 3));
        // A day earlier the last day of age 2 is still open.
        let earlier = shop().cohorts(day(19), CohortBy::Week, week()).unwrap();
        assert_eq!(earlier.cohorts()[0].ages().len(), 2);
    }

    #[test]
    fn no_amount_and_no_purchase_day_is_lost_in_a_cohort() {
        let shop = shop();
        for as_of in 7..=20 {
            let base = shop.base(BaseOptions::as_of(day(as_of))).unwrap();
            for by in CohortBy::ALL {
                let table = shop.cohorts(day(as_of), by, week()).unwrap();
                let cells = || {
                    table
                        .cohorts()
                        .iter()
                        .flat_map(|cohort| cohort.ages().iter().copied().chain([cohort.incomplete()]))
                };
                assert_eq!(table.customers(), base.len() as u64);
                assert_eq!(cells().map(|cell| cell.net_amount).sum::<Money>(), base.total_net_amount());
                let purchase_days = base.purchase_days().iter().map(|&days| u64::from(days)).sum::<u64>();
                assert_eq!(cells().map(|cell| cell.purchase_days).sum::<u64>(), purchase_days);
            }
        }
    }

    #[test]
    fn cohorts_start_with_the_calendar() {
        let number = |text: &str| Day::parse(text).unwrap().number();
        for (by, first) in [
            (CohortBy::Week, "2024-05-27"),
            (CohortBy::Month, "2024-05-01"),
            (CohortBy::Quarter, "2024-04-01"),
            (CohortBy::Year, "2024-01-01"),
        ] {
            assert_eq!(by.start(number("2024-05-31")), number(first), "{}", by.name());
            assert_eq!(by.start(number(first)), number(first), "{}", by.name());
            assert_eq!(CohortBy::from_name(by.name()).unwrap(), by);
            assert_eq!(by.start(Day::MIN.number()), Day::MIN.number());
        }
        assert_eq!(CohortBy::Week.start(number("1969-12-31")), number("1969-12-29"));
        assert!(CohortBy::from_name("Month").is_err());
    }
}
