//! When points lapse.

use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, first_of_month, plus_months, year_and_month};
use crate::customer::Day;
use crate::error::{Error, Result};
use crate::named::named;

/// To the end of what points stay valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum ExpiryRounding {
    /// Not rounded: they lapse at the time of day at which they were earned.
    None = 0,
    /// The last day included: they lapse with the start of the next one.
    #[default]
    Day = 1,
    /// The end of the month.
    Month = 2,
    /// The end of the calendar quarter.
    Quarter = 3,
    /// The end of the calendar year.
    Year = 4,
}

named!(ExpiryRounding, "rounding", { None: "none", Day: "day", Month: "month", Quarter: "quarter", Year: "year" });

/// For how long points are valid: so many months or days after they were earned, to the end of a day, month, quarter or year of the
/// business zone.
///
/// Points lapse with the first instant at which they are no longer valid: twelve months after 6 July 2020, to the end of the month, is
/// 1 August 2021 at 0:00 (Square, `LoyaltyProgramExpirationPolicy`).
///
/// As JSON `{"months": 12, "rounding": "month"}` or `{"days": 365}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiryRule {
    /// Months; the last day of a shorter month stands for one that it lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<u32>,
    /// Days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// To the end of what they stay valid (default: of the day).
    #[serde(default)]
    pub rounding: ExpiryRounding,
}

impl ExpiryRule {
    /// So many months.
    pub const fn months(months: u32, rounding: ExpiryRounding) -> Self {
        Self { months: Some(months), days: None, rounding }
    }

    /// So many days.
    pub const fn days(days: u32, rounding: ExpiryRounding) -> Self {
        Self { months: None, days: Some(days), rounding }
    }

    pub(super) fn check(&self) -> Result<()> {
        match (self.months, self.days) {
            (Some(1..=1200), None) | (None, Some(1..=36_525)) => Ok(()),
            (Some(months), None) => Err(Error::argument("expiry.months", months, "1 to 1200")),
            (None, Some(days)) => Err(Error::argument("expiry.days", days, "1 to 36525")),
            (None, None) => Err(Error::argument("expiry", "neither months nor days", "one of the two")),
            (Some(_), Some(_)) => Err(Error::argument("expiry", "both months and days", "one of the two")),
        }
    }

    /// When points that were earned at an instant lapse.
    pub(super) fn expires_at(&self, calendar: &Calendar, earned_at: i64) -> Result<i64> {
        let earned = calendar.day_of(earned_at)?;
        let last = match (self.months, self.days) {
            (Some(months), _) => plus_months(earned, months)?,
            (None, days) => {
                // Both are at most a few million.
                Day::from_number(earned.saturating_add(days.unwrap_or(0) as i32))?.number()
            }
        };
        let (year, month) = year_and_month(last);
        let months = (year - 1970) * 12 + month;
        match self.rounding {
            ExpiryRounding::None => {
                // The time of day, or the first instant of the next day where a change of clocks leaves none.
                let later = calendar.start_of(last)? + (earned_at - calendar.start_of(earned)?);
                Ok(later.min(calendar.start_of(last + 1)?))
            }
            ExpiryRounding::Day => calendar.start_of(last + 1),
            ExpiryRounding::Month => calendar.start_of(first_of_month(months + 1)?),
            ExpiryRounding::Quarter => calendar.start_of(first_of_month(months - months.rem_euclid(3) + 3)?),
            ExpiryRounding::Year => calendar.start_of(first_of_month((year - 1969) * 12)?),
        }
    }
}

/// An expiry moved by so many months, at the same time of its day.
pub(super) fn extended(calendar: &Calendar, expires_at: i64, months: u32) -> Result<i64> {
    let day = calendar.day_of(expires_at)?;
    let later = plus_months(day, months)?;
    Ok((calendar.start_of(later)? + (expires_at - calendar.start_of(day)?))
        .min(calendar.start_of(later + 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::BusinessZone;

    fn expiry(rule: ExpiryRule, earned: &str, zone: &str) -> (String, i64) {
        let zone = BusinessZone::new(zone).unwrap();
        let calendar = Calendar::new(zone);
        let noon = zone.start_of(Day::parse(earned).unwrap()) + 12 * 3_600_000_000;
        let at = rule.expires_at(&calendar, noon).unwrap();
        let day = zone.day_of(at).unwrap();
        (day.to_string(), (at - zone.start_of(day)) / 3_600_000_000)
    }

    #[test]
    fn twelve_months_after_6_july_to_the_end_of_the_month_is_1_august() {
        let rule = ExpiryRule::months(12, ExpiryRounding::Month);
        assert_eq!(expiry(rule, "2020-07-06", "UTC"), ("2021-08-01".to_owned(), 0));
        assert_eq!(expiry(rule, "2020-07-06", "Europe/Berlin"), ("2021-08-01".to_owned(), 0));
    }

    #[test]
    fn every_rounding_keeps_the_whole_of_its_unit() {
        for (rounding, until, hour) in [
            (ExpiryRounding::None, "2021-02-28", 12),
            (ExpiryRounding::Day, "2021-03-01", 0),
            (ExpiryRounding::Month, "2021-03-01", 0),
            (ExpiryRounding::Quarter, "2021-04-01", 0),
            (ExpiryRounding::Year, "2022-01-01", 0),
        ] {
            let rule = ExpiryRule::months(12, rounding);
            assert_eq!(expiry(rule, "2020-02-29", "Europe/Berlin"), (until.to_owned(), hour), "{rounding:?}");
        }
        assert_eq!(expiry(ExpiryRule::days(1, ExpiryRounding::Year), "2023-12-31", "UTC").0, "2025-01-01");
        assert_eq!(
            expiry(ExpiryRule::days(30, ExpiryRounding::Quarter), "2023-09-01", "UTC").0,
            "2024-01-01"
        );
    }

    #[test]
    fn lengths_are_one_of_months_and_days() {
        assert!(ExpiryRule::months(0, ExpiryRounding::Day).check().is_err());
        assert!(ExpiryRule::days(36_526, ExpiryRounding::Day).check().is_err());
        assert!(
            ExpiryRule { months: Some(1), days: Some(1), rounding: ExpiryRounding::Day }.check().is_err()
        );
        assert!(ExpiryRule { months: None, days: None, rounding: ExpiryRounding::Day }.check().is_err());
    }

    #[test]
    fn the_end_of_the_calendar_is_an_error() {
        let calendar = Calendar::new(BusinessZone::UTC);
        let last = i64::from(Day::MAX.number()) * 86_400_000_000;
        for rounding in ExpiryRounding::ALL {
            assert!(ExpiryRule::days(1, *rounding).expires_at(&calendar, last).is_err());
            assert!(ExpiryRule::months(1, *rounding).expires_at(&calendar, last).is_err());
        }
    }
}
