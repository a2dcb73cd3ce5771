//! How tiers of value are asked for.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most tiers.
pub(super) const MOST_TIERS: usize = 20;

/// By what customers are split into tiers, the highest tier first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TierSplit {
    /// Shares of the customers, as 0.2, 0.3, 0.5: the best 20 % are the highest tier.
    CustomerShares(Vec<f64>),
    /// Shares of the total of all positive values, as 0.5, 0.3, 0.2: the best customers that hold half of it are the highest tier.
    ///
    /// Values of 0 and below hold nothing and belong to the last tier.
    ValueShares(Vec<f64>),
}

impl TierSplit {
    pub(super) fn shares(&self) -> &[f64] {
        match self {
            Self::CustomerShares(shares) | Self::ValueShares(shares) => shares,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let shares = self.shares();
        if !(2..=MOST_TIERS).contains(&shares.len()) {
            return Err(Error::argument("shares", format!("{} shares", shares.len()), "2 to 20 shares"));
        }
        if let Some(share) = shares.iter().find(|&&share| !(share > 0.0 && share < 1.0)) {
            return Err(Error::argument("shares", share, "above 0 and below 1"));
        }
        let sum: f64 = shares.iter().sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(Error::argument("shares", format!("a sum of {sum}"), "a sum of 1"));
        }
        Ok(())
    }
}

/// Options of [`ValueTiers::fit`].
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTierOptions {
    pub(super) split: TierSplit,
    pub(super) names: Vec<String>,
}

impl Default for ValueTierOptions {
    fn default() -> Self {
        Self::new(TierSplit::CustomerShares(vec![0.2, 0.3, 0.5]))
    }
}

impl ValueTierOptions {
    /// Tiers by a split; three are named high, medium and low, any other number `tier 1` (the highest), `tier 2` and so on.
    pub fn new(split: TierSplit) -> Self {
        Self { names: Vec::new(), split }
    }

    /// The names of the tiers, the highest first.
    #[must_use]
    pub fn names<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), ..self }
    }
}

/// The names given, or the default ones for none.
pub(super) fn checked_names(names: &[String], tiers: usize) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(match tiers {
            3 => ["high", "medium", "low"].map(str::to_owned).to_vec(),
            _ => (1..=tiers).map(|tier| format!("tier {tier}")).collect(),
        });
    }
    if names.len() != tiers {
        let given = format!("{} names", names.len());
        return Err(Error::argument("names", given, &format!("one for each of {tiers} tiers")));
    }
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() || names[..place].contains(name) {
            return Err(Error::argument("names", format!("{name:?}"), "names that are not empty and differ"));
        }
    }
    Ok(names.to_vec())
}
