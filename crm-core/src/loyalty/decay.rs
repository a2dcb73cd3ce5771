//! How the say of an event fades with its age.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How much an event counts by its age in days.
///
/// ```
/// use crm_core::loyalty::Decay;
/// let half_life = Decay::HalfLife { days: 90.0 };
/// assert_eq!([0.0, 90.0, 180.0].map(|age| half_life.weight(age)), [1.0, 0.5, 0.25]);
/// // "Ten points, half of them gone every month" of a linear kind is nothing left after two.
/// let linear = Decay::linear_loss(0.5, 30.0)?;
/// assert_eq!([0.0, 30.0, 60.0, 90.0].map(|age| 10.0 * linear.weight(age)), [10.0, 5.0, 0.0, 0.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Decay {
    /// It does not: 1 at any age.
    #[default]
    None,
    /// `2^(-age / days)`.
    HalfLife {
        /// After so many days an event counts half.
        days: f64,
    },
    /// `max(0, 1 - age / days)`.
    Linear {
        /// After so many days nothing is left.
        days: f64,
    },
    /// 1 below this age and 0 from it on.
    Window {
        /// The age at which an event stops to count, in days.
        days: f64,
    },
}

impl Decay {
    /// The linear decay that takes a share of the original say every so many days.
    ///
    /// # Errors
    /// `InvalidArgument` unless `share` lies in (0, 1] and `days` is positive.
    pub fn linear_loss(share: f64, days: f64) -> Result<Self> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::argument("share", share, "above 0 and at most 1"));
        }
        let decay = Self::Linear { days: days / share };
        decay.check().map(|()| decay)
    }

    /// How much an event of this age counts, between 0 and 1; the age is at least 0.
    pub fn weight(self, age_days: f64) -> f64 {
        match self {
            Self::None => 1.0,
            Self::HalfLife { days } => (-age_days / days).exp2(),
            Self::Linear { days } => (1.0 - age_days / days).max(0.0),
            Self::Window { days } => f64::from(u8::from(age_days < days)),
        }
    }

    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::HalfLife { days } | Self::Linear { days } | Self::Window { days } => {
                check_days("decay", days)
            }
        }
    }
}

/// A span of days must be positive and finite.
pub(super) fn check_days(argument: &str, days: f64) -> Result<()> {
    if days > 0.0 && days.is_finite() {
        return Ok(());
    }
    Err(Error::argument(argument, format!("{days} days"), "a positive number of days"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_life_of_ninety_days() {
        // 2^(-t/h), by definition.
        let decay = Decay::HalfLife { days: 90.0 };
        for (age, weight) in [(0.0, 1.0), (45.0, std::f64::consts::FRAC_1_SQRT_2), (90.0, 0.5), (180.0, 0.25)]
        {
            assert!((decay.weight(age) - weight).abs() < 1e-15, "{age}");
        }
    }

    #[test]
    fn a_window_ends_where_it_says() {
        let decay = Decay::Window { days: 30.0 };
        assert_eq!([0.0, 29.999, 30.0, 1e9].map(|age| decay.weight(age)), [1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn spans_that_are_none_are_refused() {
        for days in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Decay::HalfLife { days }.check().is_err());
            assert!(Decay::Linear { days }.check().is_err());
            assert!(Decay::Window { days }.check().is_err());
            assert!(Decay::linear_loss(0.5, days).is_err());
        }
        assert!(Decay::linear_loss(0.0, 1.0).is_err() && Decay::linear_loss(1.1, 1.0).is_err());
    }
}
