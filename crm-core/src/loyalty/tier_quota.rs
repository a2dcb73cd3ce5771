//! Tiers by quotas: thresholds from shares of the members, without splitting a tie.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::tier_measure::TierMeasure;
use super::tier_qualification::TierQualification;
use super::tier_rules::{Tier, TierOptions, TierRules};
use crate::error::{Error, ErrorKind, Result};

/// One tier and the share of the members that it should have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierQuota {
    /// The name of the tier.
    pub name: String,
    /// Its share of the members that have a value, in (0, 1].
    pub share: f64,
}

/// Shares of tiers, from low to high; whoever is in none of them has no tier.
///
/// The cut of a tier is where its share and those of the higher tiers together are used up. Members with equal values are always in the same
/// tier: all of a tie at the cut come in, and how many that is above the share is reported. A tie can use up a lower tier's share
/// too; that tier is then empty.
///
/// ```
/// use crm_core::loyalty::{TierQuota, TierQuotas};
/// let quota = |name: &str, share| TierQuota { name: name.to_owned(), share };
/// let quotas = TierQuotas::new([quota("Silver", 0.4), quota("Gold", 0.2)])?;
/// let outcome = quotas.cut(&[50.0, 40.0, 40.0, 30.0, 20.0])?;
/// // One of five is Gold; the next two places are those of the tie.
/// assert_eq!(outcome.thresholds, [Some(40.0), Some(50.0)]);
/// assert_eq!((outcome.taken, outcome.overshoot), (vec![2, 1], vec![0, 0]));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TierQuotas {
    quotas: Vec<TierQuota>,
}

/// Where the quotas cut a column, tier by tier from low to high.
#[derive(Clone, Debug, PartialEq)]
pub struct TierQuotaOutcome {
    /// The names of the tiers.
    pub names: Vec<String>,
    /// The lowest value in the tier; `None` for an empty tier.
    pub thresholds: Vec<Option<f64>>,
    /// Places that the shares give.
    pub wanted: Vec<u64>,
    /// Members in the tier.
    pub taken: Vec<u64>,
    /// Members in this and all higher tiers above the places of these tiers, because of ties.
    pub overshoot: Vec<u64>,
    /// Members with a value.
    pub members: u64,
    /// Members without a value; they have no tier and do not count for the shares.
    pub missing: u64,
}

impl TierQuotas {
    /// Quotas from low to high.
    ///
    /// # Errors
    /// `InvalidArgument` for none, an empty or repeated name, a share outside (0, 1], or shares that sum to more than 1.
    pub fn new(quotas: impl IntoIterator<Item = TierQuota>) -> Result<Self> {
        let quotas: Vec<TierQuota> = quotas.into_iter().collect();
        if quotas.is_empty() {
            return Err(Error::argument("quotas", "none", "one quota at least"));
        }
        let mut seen = HashSet::new();
        for TierQuota { name, share } in &quotas {
            if name.is_empty() || !seen.insert(name) {
                return Err(Error::argument(
                    "quotas",
                    format_args!("the name {name:?}"),
                    "given, and given once",
                ));
            }
            if !(*share > 0.0 && *share <= 1.0) {
                let value = format_args!("the share {share} of {name}");
                return Err(Error::argument("quotas", value, "above 0 and at most 1"));
            }
        }
        let sum: f64 = quotas.iter().map(|quota| quota.share).sum();
        if sum > 1.0 + SLACK {
            return Err(Error::argument("quotas", format_args!("a sum of {sum}"), "at most 1"));
        }
        Ok(Self { quotas })
    }

    /// Cuts a column of values; NaN is a member without one.
    ///
    /// # Errors
    /// `InvalidValue` with the row of an infinite value; `Empty` if there is no value.
    pub fn cut(&self, values: &[f64]) -> Result<TierQuotaOutcome> {
        if let Some(row) = values.iter().position(|value| value.is_infinite()) {
            let message = format!("{} is not finite", values[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("values").at_row(row as u64));
        }
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        if sorted.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "no member has a value").on("values"));
        }
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let count = self.quotas.len();
        let mut outcome = TierQuotaOutcome {
            names: self.quotas.iter().map(|quota| quota.name.clone()).collect(),
            thresholds: vec![None; count],
            wanted: vec![0; count],
            taken: vec![0; count],
            overshoot: vec![0; count],
            members: sorted.len() as u64,
            missing: (values.len() - sorted.len()) as u64,
        };
        let (mut share, mut places, mut inside) = (0.0, 0, 0);
        for tier in (0..count).rev() {
            share += self.quotas[tier].share;
            let upto = places_of(share, sorted.len());
            outcome.wanted[tier] = (upto - places) as u64;
            places = upto;
            if places > inside {
                let threshold = sorted[places - 1];
                // Adding 0 turns -0 into 0, which it is tied with.
                outcome.thresholds[tier] = Some(threshold + 0.0);
                let upto = sorted.partition_point(|&value| value >= threshold);
                outcome.taken[tier] = (upto - inside) as u64;
                inside = upto;
            }
            outcome.overshoot[tier] = (inside - places) as u64;
        }
        Ok(outcome)
    }
}

/// Shares are sums of decimal fractions: they may be off by a few units in the last place.
const SLACK: f64 = 1e-9;

/// Whole places in a share of so many members.
fn places_of(share: f64, members: usize) -> usize {
    let places = share * members as f64;
    ((places + SLACK * places.max(1.0)).floor() as usize).min(members)
}

impl TierQuotaOutcome {
    /// The tier of each value, counted from the lowest, 0.
    pub fn tiers(&self, values: &[f64]) -> Vec<Option<usize>> {
        let tier =
            |value: f64| self.thresholds.iter().rposition(|least| least.is_some_and(|least| value >= least));
        values.iter().map(|&value| tier(value)).collect()
    }

    /// Rules whose thresholds are the cuts, on the measure that the values were of.
    ///
    /// # Errors
    /// `InvalidValue` for an empty tier, by name; those of [`TierRules::new`].
    pub fn rules(&self, measure: TierMeasure, options: TierOptions) -> Result<TierRules> {
        let tier = |(name, threshold): (&String, &Option<f64>)| {
            let least = threshold.ok_or_else(|| {
                let message =
                    format!("{name} is empty: a tie in a higher tier took its places, or the share has none");
                Error::new(ErrorKind::InvalidValue, message).on("quotas")
            })?;
            Ok(Tier::new(name, TierQualification::at_least(measure, least)?))
        };
        let tiers = self.names.iter().zip(&self.thresholds).map(tier).collect::<Result<Vec<_>>>()?;
        TierRules::new(tiers, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(shares: &[(&str, f64)]) -> Result<TierQuotas> {
        TierQuotas::new(shares.iter().map(|&(name, share)| TierQuota { name: name.to_owned(), share }))
    }

    #[test]
    fn a_tie_comes_in_whole_and_is_reported() {
        let quotas = quotas(&[("Silver", 0.2), ("Gold", 0.2)]).unwrap();
        // Two of ten are wanted for Gold, but four are tied at the second place.
        let values = [9.0, 8.0, 8.0, 8.0, 8.0, 5.0, 4.0, 3.0, 2.0, f64::NAN, 1.0];
        let outcome = quotas.cut(&values).unwrap();
        assert_eq!((outcome.members, outcome.missing), (10, 1));
        assert_eq!(outcome.wanted, [2, 2]);
        // The five in Gold use up Silver's places too.
        assert_eq!(outcome.taken, [0, 5]);
        assert_eq!(outcome.overshoot, [1, 3]);
        assert_eq!(outcome.thresholds, [None, Some(8.0)]);
        assert_eq!(outcome.tiers(&values)[4], Some(1));
        assert_eq!(outcome.tiers(&values)[9], None);
        let error = outcome.rules(TierMeasure::Score, TierOptions::default()).unwrap_err();
        assert!(error.to_string().contains("Silver"), "{error}");
    }

    #[test]
    fn shares_are_whole_places() {
        // 0.29 * 100 is 28.999999999999996 in doubles.
        assert_eq!(places_of(0.29, 100), 29);
        assert_eq!(places_of(0.1 + 0.2, 10), 3);
        assert_eq!(places_of(0.05, 10), 0);
        assert_eq!(places_of(1.0 + 1e-10, 7), 7);
    }

    #[test]
    fn cuts_become_rules() {
        let quotas = quotas(&[("Silver", 0.5), ("Gold", 0.25)]).unwrap();
        let outcome = quotas.cut(&[10.0, 20.0, 30.0, 40.0]).unwrap();
        let rules = outcome.rules(TierMeasure::Spend, TierOptions::default()).unwrap();
        assert_eq!(rules.tiers()[1].entry, TierQualification::at_least(TierMeasure::Spend, 40.0).unwrap());
        assert_eq!(outcome.thresholds, [Some(20.0), Some(40.0)]);
    }

    #[test]
    fn nonsense_is_refused() {
        for shares in
            [&[("A", 0.6), ("B", 0.6)][..], &[("A", 0.0)], &[("A", f64::NAN)], &[("A", 0.1), ("A", 0.1)], &[]]
        {
            assert_eq!(quotas(shares).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
        let half = quotas(&[("A", 0.5)]).unwrap();
        assert_eq!(half.cut(&[1.0, f64::INFINITY]).unwrap_err().row(), Some(1));
        assert_eq!(half.cut(&[f64::NAN]).unwrap_err().kind(), ErrorKind::Empty);
    }
}
