//! Days, months and years of the business zone, from tables.

use chrono::{Datelike, Months, NaiveDate};

use crate::customer::{BusinessZone, Day, DayFinder, MICROS_PER_DAY};
use crate::error::{Error, ErrorKind, Result};

/// Days for which the first instant is kept: 1970 to 2070.
const TABLE_DAYS: i32 = 36_525;
/// Day 1 of chrono's count is 0001-01-01.
const EPOCH: i32 = 719_163;

/// The calendar of a business zone.
pub(super) struct Calendar {
    zone: BusinessZone,
    /// The days of instants and the first instant of each day; universal time needs no tables.
    tables: Option<(DayFinder, Vec<i64>)>,
}

impl Calendar {
    pub(super) fn new(zone: BusinessZone) -> Self {
        let start = |number: i32| Day::from_number(number).map_or(0, |day| zone.start_of(day));
        let tables =
            (zone != BusinessZone::UTC).then(|| (DayFinder::new(zone), (0..TABLE_DAYS).map(start).collect()));
        Self { zone, tables }
    }

    pub(super) fn zone(&self) -> BusinessZone {
        self.zone
    }

    /// The number of the local day of an instant.
    #[inline]
    pub(super) fn day_of(&self, time: i64) -> Result<i32> {
        let day = match &self.tables {
            // Days of 64 bits of microseconds fit 32 bits.
            None => Day::from_number(time.div_euclid(MICROS_PER_DAY) as i32).ok().map(Day::number),
            Some((days, _)) => days.day_of(time),
        };
        day.ok_or_else(|| {
            let message = format!("{time} microseconds lie outside the years 1 to 9999");
            Error::new(ErrorKind::OutOfRange, message).on("time")
        })
    }

    /// The first instant of a day.
    #[inline]
    pub(super) fn start_of(&self, number: i32) -> Result<i64> {
        match &self.tables {
            None => Ok(i64::from(Day::from_number(number)?.number()) * MICROS_PER_DAY),
            Some((_, starts)) => match usize::try_from(number).ok().and_then(|day| starts.get(day)) {
                Some(&start) => Ok(start),
                None => Ok(self.zone.start_of(Day::from_number(number)?)),
            },
        }
    }

    /// The month of an instant, counted from January 1970.
    #[inline]
    pub(super) fn month_of(&self, time: i64) -> Result<i32> {
        let (year, month) = year_and_month(self.day_of(time)?);
        Ok((year - 1970) * 12 + month)
    }
}

/// The year of a day, and its month counted from 0. Day numbers come from [`Calendar::day_of`], within the years 1 to 9999.
#[inline]
pub(super) fn year_and_month(number: i32) -> (i32, i32) {
    let date = NaiveDate::from_num_days_from_ce_opt(number.saturating_add(EPOCH)).unwrap_or(NaiveDate::MIN);
    (date.year(), date.month0() as i32)
}

/// The first day of a month counted from January 1970.
pub(super) fn first_of_month(month: i32) -> Result<i32> {
    let (year, month) = (1970 + month.div_euclid(12), month.rem_euclid(12) as u32 + 1);
    Day::from_ymd(year, month, 1).map(Day::number)
}

/// The day so many months later; the last day of a shorter month stands for one that it lacks.
pub(super) fn plus_months(number: i32, months: u32) -> Result<i32> {
    let later = NaiveDate::from_num_days_from_ce_opt(number.saturating_add(EPOCH))
        .and_then(|date| date.checked_add_months(Months::new(months)));
    later
        .map(|date| date.num_days_from_ce() - EPOCH)
        .filter(|&number| number <= Day::MAX.number())
        .ok_or_else(|| {
            let message = format!("{months} months after day {number} is after the year 9999");
            Error::new(ErrorKind::OutOfRange, message).on("time")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_and_clamped() {
        let day = |text: &str| Day::parse(text).unwrap().number();
        assert_eq!(plus_months(day("2024-01-31"), 1).unwrap(), day("2024-02-29"));
        assert_eq!(plus_months(day("2024-02-29"), 12).unwrap(), day("2025-02-28"));
        assert_eq!(first_of_month(-1).unwrap(), day("1969-12-01"));
        assert_eq!(first_of_month(12 * 55 + 1).unwrap(), day("2025-02-01"));
        assert_eq!(year_and_month(day("1969-12-31")), (1969, 11));
        assert!(plus_months(Day::MAX.number(), 1).is_err());
    }

    #[test]
    fn tables_agree_with_the_zone() {
        for name in ["America/Sao_Paulo", "UTC"] {
            let zone = BusinessZone::new(name).unwrap();
            let calendar = Calendar::new(zone);
            for number in (-400..40_000).step_by(7) {
                let start = calendar.start_of(number).unwrap();
                assert_eq!(start, zone.start_of(Day::from_number(number).unwrap()));
                assert_eq!(calendar.day_of(start).unwrap(), number);
                assert!(calendar.day_of(start - 1).unwrap() < number);
            }
            assert!(calendar.day_of(i64::MAX).is_err());
            assert!(calendar.start_of(i32::MAX).is_err());
        }
    }
}
