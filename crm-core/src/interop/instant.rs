//! ISO 8601 times as text.

use chrono::{NaiveTime, Timelike};

use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A time as text gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTime {
    /// A date, or a wall-clock time: microseconds since 1970-01-01T00:00 without a zone.
    Local(i64),
    /// A time with an offset from UTC: microseconds since 1970-01-01T00:00Z.
    Instant(i64),
}

/// Reads `2024-02-29`, `2024-02-29 23:59[:58[.123456]]` (or with `T`), and any of these times with `Z`, `+02:00`, `+0200` or
/// `+02` behind it. Digits after the microsecond are cut off.
pub(super) fn parse_time(text: &str) -> Result<TextTime> {
    let unreadable = || {
        let message = format!(
            "{text:?} is not an ISO 8601 date or time (2024-02-29, 2024-02-29T23:59:58, with or without Z or +02:00)"
        );
        Error::new(ErrorKind::Parse, message)
    };
    let (date, rest) = text.split_at_checked(10).ok_or_else(unreadable)?;
    let day = Day::parse(date)
        .map_err(|error| if error.kind() == ErrorKind::OutOfRange { error } else { unreadable() })?;
    let midnight = i64::from(day.number()) * MICROS_PER_DAY;
    if rest.is_empty() {
        return Ok(TextTime::Local(midnight));
    }
    let rest = rest.strip_prefix(['T', ' ']).ok_or_else(unreadable)?;
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    let local = midnight + clock_micros(clock).ok_or_else(unreadable)?;
    if zone.is_empty() {
        return Ok(TextTime::Local(local));
    }
    Ok(TextTime::Instant(local - offset_minutes(zone).ok_or_else(unreadable)? * 60_000_000))
}

/// Microseconds since midnight of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.f`.
fn clock_micros(clock: &str) -> Option<i64> {
    let (clock, fraction) =
        clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':').map(two_digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next();
    if parts.next().is_some() || (second.is_none() && fraction.is_some()) {
        return None;
    }
    let time = NaiveTime::from_hms_opt(hour, minute, second.unwrap_or(Some(0))?)?;
    let micros = match fraction {
        None => 0,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(6)
            .fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')),
        Some(_) => return None,
    };
    Some(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + micros)
}

fn offset_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let (hours, minutes) = match digits.len() {
        2 => (two_digits(digits)?, 0),
        4 => (two_digits(&digits[..2])?, two_digits(&digits[2..])?),
        5 if digits.as_bytes()[2] == b':' => (two_digits(&digits[..2])?, two_digits(&digits[3..])?),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let minutes = i64::from(hours * 60 + minutes);
    Some(if sign == "-" { -minutes } else { minutes })
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_are_read() {
        let noon = 19_782 * MICROS_PER_DAY + 12 * 3_600_000_000;
        for (text, time) in [
            ("2024-02-29", TextTime::Local(19_782 * MICROS_PER_DAY)),
            ("2024-02-29 12:00", TextTime::Local(noon)),
            ("2024-02-29T12:00:00.25", TextTime::Local(noon + 250_000)),
            ("2024-02-29T12:00:00.1234567", TextTime::Local(noon + 123_456)),
            ("2024-02-29T12:00:00Z", TextTime::Instant(noon)),
            ("2024-02-29T14:00:00+02:00", TextTime::Instant(noon)),
            ("2024-02-29T06:30:00-0530", TextTime::Instant(noon)),
            ("2024-02-29T14:00+02", TextTime::Instant(noon)),
        ] {
            assert_eq!(parse_time(text).unwrap(), time, "{text}");
        }
    }

    #[test]
    fn forms_that_are_refused() {
        for text in [
            "",
            "29.02.2024",
            "2024-02-29T",
            "2024-02-29 1:00",
            "2024-02-29 24:00",
            "2024-02-29 12:60",
            "2024-02-29 12",
            "2024-02-29 12:00:00.",
            "2024-02-29 12:00.5",
            "2024-02-29T12:00 UTC",
            "2024-02-29T12:00+",
            "2024-02-29T12:00+99",
            "2024-02-29 12:00:00:00",
            "２０２４-02-29",
            "2024-02-29T12:00Z+1",
            "1709164800",
            "2024-02-29T12:00+é1",
        ] {
            assert_eq!(parse_time(text).unwrap_err().kind(), ErrorKind::Parse, "{text}");
        }
        assert_eq!(parse_time("2023-02-29 10:00").unwrap_err().kind(), ErrorKind::OutOfRange);
    }
}
