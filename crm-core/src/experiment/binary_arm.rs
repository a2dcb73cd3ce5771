//! One arm of an experiment whose outcome is yes or no.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Conversions out of trials: all that a test of rates needs to know of an arm.
///
/// Arms merge, so that they can be counted by day, by shard or by any other engine, and put together later.
///
/// ```
/// use crm_core::experiment::BinaryArm;
/// let arm = BinaryArm::new(1828, 10_000)?.merge(BinaryArm::from_flags(&[true, false])?)?;
/// assert_eq!((arm.conversions(), arm.trials(), arm.failures()), (1829, 10_002, 8173));
/// assert_eq!(arm.rate(), 1829.0 / 10_002.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct BinaryArm {
    conversions: u64,
    trials: u64,
}

/// An arm as it lies in a file, not checked yet.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Counts {
    conversions: u64,
    trials: u64,
}

impl TryFrom<Counts> for BinaryArm {
    type Error = Error;

    fn try_from(counts: Counts) -> Result<Self> {
        Self::new(counts.conversions, counts.trials)
    }
}

impl From<BinaryArm> for Counts {
    fn from(arm: BinaryArm) -> Self {
        Self { conversions: arm.conversions, trials: arm.trials }
    }
}

/// The most trials of an arm: counts up to here are exact as floats.
pub(crate) const MOST_TRIALS: u64 = 1 << 53;

impl BinaryArm {
    /// So many conversions out of so many trials.
    ///
    /// # Errors
    /// `InvalidArgument` without trials or for more conversions than trials, `OutOfRange` for more than 2^53 trials.
    pub fn new(conversions: u64, trials: u64) -> Result<Self> {
        if trials == 0 {
            return Err(Error::argument("trials", trials, "at least 1"));
        }
        if trials > MOST_TRIALS {
            let message = format!("{trials} is above 9007199254740992 (2^53)");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("trials"));
        }
        if conversions > trials {
            let accepted = format!("at most the number of trials, {trials}");
            return Err(Error::argument("conversions", conversions, &accepted));
        }
        Ok(Self { conversions, trials })
    }

    /// Counts whether each of the trials converted.
    ///
    /// # Errors
    /// `Empty` without trials.
    pub fn from_flags(converted: &[bool]) -> Result<Self> {
        if converted.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no trials").on("converted"));
        }
        Self::new(converted.iter().map(|&flag| u64::from(flag)).sum(), converted.len() as u64)
    }

    /// Both arms as one.
    ///
    /// # Errors
    /// `OutOfRange` for more than 2^53 trials together.
    pub fn merge(self, other: Self) -> Result<Self> {
        // Both are at most 2^53, so that no sum overflows.
        Self::new(self.conversions + other.conversions, self.trials + other.trials)
    }

    /// How many converted.
    pub fn conversions(&self) -> u64 {
        self.conversions
    }

    /// How many there are.
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// How many did not convert.
    pub fn failures(&self) -> u64 {
        self.trials - self.conversions
    }

    /// Conversions over trials.
    pub fn rate(&self) -> f64 {
        self.conversions as f64 / self.trials as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_make_no_sense_are_refused() {
        for (conversions, trials, kind, argument) in [
            (0, 0, ErrorKind::InvalidArgument, "trials"),
            (3, 2, ErrorKind::InvalidArgument, "conversions"),
            (0, MOST_TRIALS + 1, ErrorKind::OutOfRange, "trials"),
            (u64::MAX, u64::MAX, ErrorKind::OutOfRange, "trials"),
        ] {
            let error = BinaryArm::new(conversions, trials).unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (kind, Some(argument)));
        }
        let error = BinaryArm::new(3, 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "conversions: 3 is not accepted: must be at most the number of trials, 2"
        );
        assert_eq!(BinaryArm::from_flags(&[]).unwrap_err().kind(), ErrorKind::Empty);
        let most = BinaryArm::new(0, MOST_TRIALS).unwrap();
        assert_eq!(most.merge(most).unwrap_err().kind(), ErrorKind::OutOfRange);
    }

    #[test]
    fn files_are_checked_as_arguments_are() {
        let arm: BinaryArm = serde_json::from_str(r#"{"conversions": 2, "trials": 3}"#).unwrap();
        assert_eq!(arm, BinaryArm::new(2, 3).unwrap());
        assert_eq!(serde_json::to_string(&arm).unwrap(), r#"{"conversions":2,"trials":3}"#);
        assert!(serde_json::from_str::<BinaryArm>(r#"{"conversions": 4, "trials": 3}"#).is_err());
    }
}
