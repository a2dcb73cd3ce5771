//! Days and typed periods.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// A calendar day, counted from 1970-01-01 (day 0), in years 1 to 9999 of the proleptic Gregorian calendar.
///
/// ```
/// use crm_core::customer::Day;
/// let day = Day::parse("1997-09-30")?;
/// assert_eq!(day.since(Day::parse("1997-01-01")?), 272);
/// assert_eq!(day.to_string(), "1997-09-30");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct Day(i32);

impl Day {
    /// 0001-01-01.
    pub const MIN: Self = Self(-719_162);
    /// 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// A day from its number, counted from 1970-01-01.
    ///
    /// # Errors
    /// `OutOfRange` outside years 1 to 9999.
    pub fn from_number(number: i32) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(out_of_range(i64::from(number)))
        }
    }

    /// A day from year, month (1-12) and day of the month.
    ///
    /// # Errors
    /// `OutOfRange` if there is no such day.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Self> {
        NaiveDate::from_ymd_opt(year, month, day)
            .and_then(|date| Self::from_number(days_since_epoch(date)).ok())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::OutOfRange,
                    format!("{year:04}-{month:02}-{day:02} is not a day of the years 1 to 9999"),
                )
            })
    }

    /// A day from ISO 8601 text, `2024-02-29`.
    ///
    /// # Errors
    /// `Parse` if the text has another form, `OutOfRange` if there is no such day.
    pub fn parse(text: &str) -> Result<Self> {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0u32, |number, byte| {
                byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
            })
        };
        if bytes.len() == 10
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10))
        {
            return Self::from_ymd(year as i32, month, day);
        }
        Err(Error::new(ErrorKind::Parse, format!("{text:?} is not an ISO date (YYYY-MM-DD)")))
    }

    /// The number of the day, counted from 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Days from another day to this one; negative if this one is earlier.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The day `days` later (earlier if negative).
    ///
    /// # Errors
    /// `OutOfRange` outside years 1 to 9999.
    pub fn plus(self, days: i32) -> Result<Self> {
        self.0
            .checked_add(days)
            .ok_or_else(|| out_of_range(i64::from(self.0) + i64::from(days)))
            .and_then(Self::from_number)
    }
}

pub(crate) fn out_of_range(number: i64) -> Error {
    Error::new(
        ErrorKind::OutOfRange,
        format!("day {number} is outside 0001-01-01 to 9999-12-31 (days -719162 to 2932896)"),
    )
}

fn days_since_epoch(date: NaiveDate) -> i32 {
    // Day 1 of chrono's count is 0001-01-01.
    date.num_days_from_ce() - 719_163
}

impl TryFrom<i32> for Day {
    type Error = Error;
    fn try_from(number: i32) -> Result<Self> {
        Self::from_number(number)
    }
}

impl From<Day> for i32 {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = NaiveDate::from_num_days_from_ce_opt(self.0 + 719_163).unwrap_or(NaiveDate::MIN);
        f.pad(&format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()))
    }
}

/// The unit that ages, rates and horizons are counted in.
///
/// A unit is a fixed number of days: a model fitted in one unit knows it, and is never asked in a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum TimeUnit {
    /// One day.
    Day = 0,
    /// Seven days.
    Week = 1,
    /// Thirty days.
    Month30 = 2,
    /// A twelfth of 365.25 days.
    MonthMean = 3,
    /// 365 days.
    Year365 = 4,
    /// 365.25 days.
    YearMean = 5,
}

impl TimeUnit {
    /// Every unit, in the order of the codes.
    pub const ALL: [Self; 6] =
        [Self::Day, Self::Week, Self::Month30, Self::MonthMean, Self::Year365, Self::YearMean];

    /// Days in one unit.
    pub const fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month30 => 30.0,
            Self::MonthMean => 365.25 / 12.0,
            Self::Year365 => 365.0,
            Self::YearMean => 365.25,
        }
    }

    /// The name used in Python, in files and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month30 => "month30",
            Self::MonthMean => "month_mean",
            Self::Year365 => "year365",
            Self::YearMean => "year_mean",
        }
    }

    /// A unit from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name).ok_or_else(|| {
            Error::argument(
                "time_unit",
                format!("{name:?}"),
                "one of day, week, month30, month_mean, year365, year_mean",
            )
        })
    }

    /// So many days in this unit, exactly as the quotient rounds.
    pub fn from_days(self, days: i32) -> f64 {
        f64::from(days) / self.days()
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A length of time with its unit.
///
/// ```
/// use crm_core::customer::{Period, TimeUnit};
/// let year = Period::new(52.0, TimeUnit::Week)?;
/// assert_eq!(year.in_unit(TimeUnit::Day), 364.0);
/// assert_eq!(year.to_string(), "52 week");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    length: f64,
    unit: TimeUnit,
}

impl Period {
    /// So many units, at most 1e15.
    ///
    /// # Errors
    /// `InvalidArgument` if the length is negative, above 1e15 or not a number.
    pub fn new(length: f64, unit: TimeUnit) -> Result<Self> {
        if (0.0..=1e15).contains(&length) {
            // Adding 0 turns -0 into 0.
            Ok(Self { length: length + 0.0, unit })
        } else {
            Err(Error::argument("period", length, "a length from 0 to 1e15"))
        }
    }

    /// The number of units.
    pub const fn length(self) -> f64 {
        self.length
    }

    /// The unit.
    pub const fn unit(self) -> TimeUnit {
        self.unit
    }

    /// The same length counted in another unit.
    pub fn in_unit(self, unit: TimeUnit) -> f64 {
        if unit == self.unit { self.length } else { self.length * self.unit.days() / unit.days() }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.length, self.unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_the_years_1_and_9999() {
        assert_eq!(Day::MIN, Day::from_ymd(1, 1, 1).unwrap());
        assert_eq!(Day::MAX, Day::from_ymd(9999, 12, 31).unwrap());
        assert_eq!(Day::from_ymd(1970, 1, 1).unwrap().number(), 0);
        assert!(Day::MAX.plus(1).is_err());
        assert!(Day::MAX.plus(i32::MAX).is_err());
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["2023-02-29", "2023-13-01", "0000-01-01"] {
            assert_eq!(Day::parse(text).unwrap_err().kind(), ErrorKind::OutOfRange, "{text}");
        }
        for text in ["2023-2-1", "", "20230201", "2023-02-0x", "2023/02/01", "２023-02-1"] {
            assert_eq!(Day::parse(text).unwrap_err().kind(), ErrorKind::Parse, "{text}");
        }
    }

    #[test]
    fn units_have_names_and_days() {
        for unit in TimeUnit::ALL {
            assert_eq!(TimeUnit::from_name(unit.name()).unwrap(), unit);
        }
        assert_eq!(TimeUnit::Week.from_days(272), 272.0 / 7.0);
        assert!(TimeUnit::from_name("fortnight").is_err());
    }
}
