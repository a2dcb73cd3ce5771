//! The business time zone: which local day an instant belongs to.

use chrono::{Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::period::{Day, out_of_range};
use crate::error::{Error, Result};

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// An IANA time zone, such as `Europe/Berlin`, that decides what a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusinessZone(Tz);

impl BusinessZone {
    /// Universal time: days change at midnight UTC.
    pub const UTC: Self = Self(Tz::UTC);

    /// A zone from its IANA name.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that the IANA database does not have.
    pub fn new(name: &str) -> Result<Self> {
        name.parse().map(Self).map_err(|_| {
            Error::argument(
                "time_zone",
                format!("{name:?}"),
                "an IANA time zone name such as Europe/Berlin or UTC",
            )
        })
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local day of an instant, given in microseconds since 1970-01-01T00:00Z.
    ///
    /// # Errors
    /// `OutOfRange` outside years 1 to 9999.
    pub fn day_of(self, utc_micros: i64) -> Result<Day> {
        let offset = self.offset_micros(utc_micros).unwrap_or(0);
        let local = i128::from(utc_micros) + i128::from(offset);
        let number = local.div_euclid(i128::from(MICROS_PER_DAY)) as i64;
        i32::try_from(number).map_err(|_| out_of_range(number)).and_then(Day::from_number)
    }

    /// The first instant of a local day, in microseconds since 1970-01-01T00:00Z: midnight, or the end of the gap that a change of clocks
    /// leaves there.
    ///
    /// ```
    /// use crm_core::customer::{BusinessZone, Day};
    /// let berlin = BusinessZone::new("Europe/Berlin")?;
    /// let day = Day::parse("2024-07-01")?;
    /// assert_eq!(berlin.start_of(day), (i64::from(day.number()) * 24 - 2) * 3_600_000_000);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn start_of(self, day: Day) -> i64 {
        self.first_instant(i64::from(day.number()) * MICROS_PER_DAY)
    }

    /// The first instant at which clocks of the zone show a local time, or one after it.
    pub(crate) fn first_instant(self, local: i64) -> i64 {
        let is_reached = |utc: i64| self.offset_micros(utc).unwrap_or(0) + utc >= local;
        // A zone keeps to within a day of UTC, and around a change the two offsets give the only other candidates.
        let around = [local - MICROS_PER_DAY, local + MICROS_PER_DAY];
        let starts = around.map(|utc| local - self.offset_micros(utc).unwrap_or(0));
        let (early, late) = (starts[0].min(starts[1]), starts[0].max(starts[1]));
        if is_reached(early) && !is_reached(early - 1) {
            return early;
        }
        let (mut before, mut reached) = (early - MICROS_PER_DAY, late + MICROS_PER_DAY);
        while reached - before > 1 {
            let middle = before + (reached - before) / 2;
            if is_reached(middle) {
                reached = middle;
            } else {
                before = middle;
            }
        }
        reached
    }

    fn offset_micros(self, utc_micros: i64) -> Option<i64> {
        let instant = Utc.timestamp_micros(utc_micros).single()?.naive_utc();
        Some(i64::from(self.0.offset_from_utc_datetime(&instant).fix().local_minus_utc()) * 1_000_000)
    }
}

/// The days of many instants: the zone's offset is looked up once for each UTC day of a century, not for each row.
pub(crate) struct DayFinder {
    zone: BusinessZone,
    /// Offset of each UTC day in microseconds; `CHANGES` where it changes within the day.
    offsets: Vec<i64>,
}

const CHANGES: i64 = i64::MIN;
/// UTC days for which a table is kept: 1970 to 2070.
const TABLE_DAYS: i64 = 36_525;

impl DayFinder {
    pub(crate) fn new(zone: BusinessZone) -> Self {
        let midnight = |day: i64| zone.offset_micros(day * MICROS_PER_DAY);
        let offsets = (0..TABLE_DAYS)
            .map(|day| match (midnight(day), midnight(day + 1)) {
                (Some(start), Some(end)) if start == end => start,
                _ => CHANGES,
            })
            .collect();
        Self { zone, offsets }
    }

    /// The number of the local day of an instant; `None` outside years 1 to 9999.
    #[inline]
    pub(crate) fn day_of(&self, utc_micros: i64) -> Option<i32> {
        let utc_day = utc_micros.div_euclid(MICROS_PER_DAY);
        match usize::try_from(utc_day).ok().and_then(|day| self.offsets.get(day)) {
            Some(&offset) if offset != CHANGES => {
                Some((utc_micros + offset).div_euclid(MICROS_PER_DAY) as i32)
            }
            _ => self.zone.day_of(utc_micros).ok().map(Day::number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_time_moves_the_day() {
        let berlin = BusinessZone::new("Europe/Berlin").unwrap();
        let finder = DayFinder::new(berlin);
        // 2024-03-30T23:00Z is midnight of the 31st in winter time; 22:00Z that evening is midnight in summer time.
        let change = Day::parse("2024-03-30").unwrap().number();
        let at = |day: i32, hour: i64| i64::from(day) * MICROS_PER_DAY + hour * 3_600_000_000;
        for (day, hour, local) in [
            (change, 22, change),
            (change, 23, change + 1),
            (change + 1, 21, change + 1),
            (change + 1, 22, change + 2),
        ] {
            assert_eq!(finder.day_of(at(day, hour)), Some(local), "{day} {hour}");
        }
    }

    #[test]
    fn the_table_agrees_with_the_database() {
        for name in [
            "Europe/London",
            "America/St_Johns",
            "Pacific/Apia",
            "Asia/Kathmandu",
            "Africa/Casablanca",
            "UTC",
        ] {
            let zone = BusinessZone::new(name).unwrap();
            let finder = DayFinder::new(zone);
            // A prime step meets every hour of the day and every part of the year.
            for instant in (-40i64 * 365..110 * 365)
                .step_by(3)
                .map(|day| day * MICROS_PER_DAY + (day * 7919 % 86_400) * 1_000_000)
            {
                assert_eq!(
                    finder.day_of(instant),
                    zone.day_of(instant).ok().map(Day::number),
                    "{name} {instant}"
                );
            }
        }
    }

    #[test]
    fn a_day_starts_with_its_first_instant() {
        // Sao Paulo and Beirut changed their clocks at midnight, Apia left out a whole day, Havana has midnight twice.
        for name in [
            "UTC",
            "Europe/Berlin",
            "America/Sao_Paulo",
            "Asia/Beirut",
            "Pacific/Apia",
            "America/Havana",
            "Asia/Kathmandu",
            "America/St_Johns",
        ] {
            let zone = BusinessZone::new(name).unwrap();
            for number in 0..20_500 {
                let day = Day::from_number(number).unwrap();
                let start = zone.start_of(day);
                assert!(zone.day_of(start).unwrap() >= day, "{name} {day}");
                assert!(zone.day_of(start - 1).unwrap() < day, "{name} {day}");
            }
        }
        let berlin = BusinessZone::new("Europe/Berlin").unwrap();
        let day = Day::parse("2024-03-31").unwrap();
        assert_eq!(berlin.start_of(day), i64::from(day.number()) * MICROS_PER_DAY - 3_600_000_000);
    }

    #[test]
    fn the_ends_of_time_are_refused_not_wrapped() {
        let finder = DayFinder::new(BusinessZone::UTC);
        assert_eq!(finder.day_of(i64::MAX), None);
        assert_eq!(finder.day_of(i64::MIN), None);
        assert!(BusinessZone::new("Mars/Olympus").is_err());
    }
}
