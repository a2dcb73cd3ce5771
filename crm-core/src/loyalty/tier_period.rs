//! Lengths of calendar time and the periods over which tiers are earned.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::customer::Day;
use crate::error::{Error, Result};
use crate::named::named;

/// A length of calendar time: whole months or whole days.
///
/// A month after the 31st is the last day of a shorter month; lengths are always counted from the first day of a chain, so the 31st
/// comes back.
///
/// ```
/// use crm_core::customer::Day;
/// use crm_core::loyalty::TierLength;
/// let day = Day::parse("2024-01-31")?;
/// assert_eq!(TierLength::Months(1).after(day, 1), Some(Day::parse("2024-02-29")?));
/// assert_eq!(TierLength::Months(1).after(day, 2), Some(Day::parse("2024-03-31")?));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierLength {
    /// So many months.
    Months(u32),
    /// So many days.
    Days(u32),
}

impl TierLength {
    /// The day so many lengths after another, or before it if `times` is negative; `None` outside years 1 to 9999.
    pub fn after(self, day: Day, times: i32) -> Option<Day> {
        match self {
            Self::Days(days) => {
                let days = i64::from(days).checked_mul(times.into())?;
                Day::from_number(i32::try_from(i64::from(day.number()) + days).ok()?).ok()
            }
            Self::Months(months) => {
                let months = Months::new(months.checked_mul(times.unsigned_abs())?);
                // Day 1 of chrono's count is 0001-01-01, 719,162 days before 1970-01-01.
                let date = NaiveDate::from_num_days_from_ce_opt(day.number() + 719_163)?;
                let date = if times < 0 {
                    date.checked_sub_months(months)
                } else {
                    date.checked_add_months(months)
                }?;
                Day::from_number(chrono::Datelike::num_days_from_ce(&date) - 719_163).ok()
            }
        }
    }

    /// The number of the period of a chain from `origin` that a day lies in.
    pub(super) fn number_of(self, origin: Day, day: Day) -> i32 {
        let mean_days = match self {
            Self::Days(days) => f64::from(days),
            Self::Months(months) => f64::from(months) * 30.436_875,
        };
        let mut number = (f64::from(day.since(origin)) / mean_days).floor() as i32;
        // The estimate is at most a period or two off. Where the calendar ends, so does the search.
        while self.after(origin, number).is_some_and(|start| start > day) {
            number -= 1;
        }
        while self.after(origin, number + 1).is_some_and(|next| next <= day) {
            number += 1;
        }
        number
    }

    pub(super) fn check(self, name: &str) -> Result<()> {
        match self {
            Self::Months(1..=1200) | Self::Days(1..=36_525) => Ok(()),
            Self::Months(months) => {
                Err(Error::argument(name, format_args!("{months} months"), "1 to 1200 months"))
            }
            Self::Days(days) => Err(Error::argument(name, format_args!("{days} days"), "1 to 36525 days")),
        }
    }
}

/// What becomes of the totals when a member rises within a period of its own tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierTotalsAtUpgrade {
    /// They start again at 0 with the new tier.
    #[default]
    Restart = 0,
    /// They go on; only the end of the period moves.
    Continue = 1,
}

named!(TierTotalsAtUpgrade, "at_upgrade", { Restart: "restart", Continue: "continue" });

/// The time over which points, spend and orders add up, and the days on which a period ends.
///
/// As JSON one of
/// `"unbounded"`,
/// `{"fixed": {"start": "2024-01-01", "length": {"months": 12}}}`,
/// `{"joining": {"length": {"months": 12}}}`,
/// `{"tier": {"length": {"months": 12}, "at_upgrade": "restart"}}`,
/// `{"rolling": {"length": {"days": 365}, "review": {"months": 1}}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TierPeriod {
    /// All time; no period ends.
    Unbounded,
    /// The same dates for everybody, such as calendar years.
    Fixed {
        /// The first day of one period; the others follow and precede it.
        #[serde(with = "iso_day")]
        start: Day,
        /// The length of a period.
        length: TierLength,
    },
    /// Anniversaries of joining.
    Joining {
        /// The length of a period.
        length: TierLength,
    },
    /// Anniversaries of the tier: a period starts on the day of each change of tier (for members without one, of joining).
    Tier {
        /// The length of a period.
        length: TierLength,
        /// What becomes of the totals at an upgrade.
        #[serde(default)]
        at_upgrade: TierTotalsAtUpgrade,
    },
    /// The last days or months up to and with today.
    Rolling {
        /// The length of the window.
        length: TierLength,
        /// The time between the ends of periods, counted from joining; needed if something waits for the end of a period.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        review: Option<TierLength>,
    },
}

impl TierPeriod {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Unbounded => Ok(()),
            Self::Fixed { length, .. } | Self::Joining { length } | Self::Tier { length, .. } => {
                length.check("period")
            }
            Self::Rolling { length, review } => {
                length.check("period")?;
                review.map_or(Ok(()), |review| review.check("review"))
            }
        }
    }

    /// The time between the ends of periods.
    pub(super) fn step(&self) -> Option<TierLength> {
        match self {
            Self::Unbounded => None,
            Self::Fixed { length, .. } | Self::Joining { length } | Self::Tier { length, .. } => {
                Some(*length)
            }
            Self::Rolling { review, .. } => *review,
        }
    }

    /// The length of the window, if it rolls.
    pub(super) fn window(&self) -> Option<TierLength> {
        match self {
            Self::Rolling { length, .. } => Some(*length),
            _ => None,
        }
    }

    /// Whether totals start again with each period.
    pub(super) fn restarts(&self) -> bool {
        matches!(self, Self::Fixed { .. } | Self::Joining { .. } | Self::Tier { .. })
    }
}

/// Days as ISO 8601 text.
pub(super) mod iso_day {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::customer::Day;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(in super::super) fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Day::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn periods_are_numbered_from_their_origin() {
        let year = TierLength::Months(12);
        for (text, number) in [
            ("2024-02-29", 0),
            ("2025-02-27", 0),
            ("2025-02-28", 1),
            ("2028-02-28", 3),
            ("2028-02-29", 4),
            ("2024-02-28", -1),
            ("2023-02-27", -2),
        ] {
            assert_eq!(year.number_of(day("2024-02-29"), day(text)), number, "{text}");
        }
        assert_eq!(TierLength::Days(30).number_of(day("2024-01-31"), day("2024-01-30")), -1);
        assert_eq!(TierLength::Days(36_525).number_of(Day::MIN, Day::MAX), 99);
    }

    #[test]
    fn every_day_lies_in_exactly_the_period_of_its_number() {
        for length in
            [TierLength::Months(1), TierLength::Months(7), TierLength::Days(1), TierLength::Days(45)]
        {
            for origin in ["2023-12-31", "2024-02-29", "2024-01-30"].map(day) {
                for offset in -900..900 {
                    let date = origin.plus(offset).unwrap();
                    let number = length.number_of(origin, date);
                    assert!(length.after(origin, number).unwrap() <= date);
                    assert!(length.after(origin, number + 1).unwrap() > date);
                }
            }
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        assert_eq!(TierLength::Months(12).after(Day::MAX, 1), None);
        assert_eq!(TierLength::Months(1200).after(Day::MAX, i32::MIN), None);
        assert_eq!(TierLength::Days(36_525).after(Day::MIN, i32::MAX), None);
        assert!(TierLength::Days(0).check("grace").unwrap_err().to_string().contains("grace"));
    }

    #[test]
    fn json_of_periods_reads_as_documented() {
        for text in [
            r#""unbounded""#,
            r#"{"fixed":{"start":"2024-01-01","length":{"months":12}}}"#,
            r#"{"joining":{"length":{"months":12}}}"#,
            r#"{"tier":{"length":{"months":12},"at_upgrade":"restart"}}"#,
            r#"{"rolling":{"length":{"days":365},"review":{"months":1}}}"#,
            r#"{"rolling":{"length":{"days":365}}}"#,
        ] {
            let period: TierPeriod = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&period).unwrap(), text);
        }
        let error =
            serde_json::from_str::<TierPeriod>(r#"{"fixed":{"start":"2024-13-01","length":{"days":1}}}"#);
        assert!(error.unwrap_err().to_string().contains("2024-13-01"));
    }
}
