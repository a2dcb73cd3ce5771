//! Tiers of value: who is worth most, by lower bounds that are saved.

use serde::{Deserialize, Serialize};

use super::column::{FixedPoint, check};
use super::value_tier_options::{MOST_TIERS, TierSplit, ValueTierOptions, checked_names};
use super::value_tier_summary::{ValueTierRow, ValueTierSummary};
use crate::error::{Error, ErrorKind, Result};

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "value_tiers";

/// Tiers by lower bounds of a value, tier 0 the highest.
///
/// The tier of a value is the number of bounds that it is below. Equal values are never split: of the customers with one value, `greater` before
/// them and `equal` in number, all stand at the mid-rank `(2 greater + equal) / 2n`, and their tier is the number of cumulated shares below it.
/// For shares of value, the same with sums of positive values in place of numbers. The lowest value of each tier is its saved bound, so new customers
/// are placed by comparison alone. Multiplying all values by a positive number changes no tier.
///
/// ```
/// use crm_core::segment::{TierSplit, ValueTierOptions, ValueTiers};
/// let spend = [900.0, 50.0, 50.0, 50.0, 200.0, 10.0, 0.0, 30.0, 20.0, 40.0];
/// let fitted = ValueTiers::fit(&spend, &ValueTierOptions::default())?;
/// assert_eq!(fitted.tiers, [0, 1, 1, 1, 0, 2, 2, 2, 2, 2]);
/// assert_eq!(fitted.model.lower_bounds(), [Some(200.0), Some(50.0)]);
/// assert_eq!(fitted.model.assign(&[199.0, 200.0])?, [1, 0]);
/// let half = ValueTierOptions::new(TierSplit::ValueShares(vec![0.5, 0.5])).names(["vital", "other"]);
/// assert_eq!(ValueTiers::fit(&spend, &half)?.summary.rows[0].customers, 1);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueTiers {
    model: String,
    version: u32,
    names: Vec<String>,
    /// Not ascending; `None` for tiers that no value reached, which come first.
    lower_bounds: Vec<Option<f64>>,
    split: Option<TierSplit>,
}

/// Fitted tiers with those of the customers that they were fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTierFit {
    /// The lower bounds.
    pub model: ValueTiers,
    /// The tier of each customer, 0 the highest.
    pub tiers: Vec<u32>,
    /// The tiers in numbers, with what was asked and what ties made of it.
    pub summary: ValueTierSummary,
}

impl ValueTiers {
    /// Tiers by lower bounds of your own, one for each tier but the last, which takes everybody below.
    ///
    /// `lower_bounds` descend strictly and have the unit of the values; `names` name the tiers, one more than bounds, or are empty for the default
    /// names.
    ///
    /// # Errors
    /// `InvalidArgument` for bounds that do not descend or are not finite, fewer than 1 or more than 19 of them, another number of names, and names
    /// that are empty or repeated.
    ///
    /// ```
    /// use crm_core::segment::ValueTiers;
    /// let tiers = ValueTiers::from_lower_bounds(&[1000.0, 100.0], &["gold", "silver", "bronze"])?;
    /// assert_eq!(tiers.assign(&[100.0, 99.99, 5000.0])?, [1, 2, 0]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn from_lower_bounds(lower_bounds: &[f64], names: &[&str]) -> Result<Self> {
        if !(1..MOST_TIERS).contains(&lower_bounds.len()) {
            let given = format!("{} bounds", lower_bounds.len());
            return Err(Error::argument("lower_bounds", given, "1 to 19 bounds"));
        }
        if let Some(bound) = lower_bounds.iter().find(|bound| !bound.is_finite()) {
            return Err(Error::argument("lower_bounds", bound, "a finite number"));
        }
        if let Some([one, next]) = lower_bounds.windows(2).find(|pair| pair[0] <= pair[1]) {
            let given = format!("{one} before {next}");
            return Err(Error::argument("lower_bounds", given, "in descending order"));
        }
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Ok(Self {
            model: MODEL.to_owned(),
            version: VERSION,
            names: checked_names(&names, lower_bounds.len() + 1)?,
            lower_bounds: lower_bounds.iter().copied().map(Some).collect(),
            split: None,
        })
    }

    /// Fits lower bounds to the values of customers, of any unit.
    ///
    /// # Errors
    /// `InvalidArgument` for shares that are not above 0 or do not sum to 1 within 1e-9, fewer than 2 or more than 20 of them, another number of names,
    /// and names that are empty or repeated; `Empty`; `InvalidValue` with the row for values that are not finite, and without it if shares of value
    /// are asked and none is positive; `OutOfRange` above 1e140 in magnitude.
    pub fn fit(values: &[f64], options: &ValueTierOptions) -> Result<ValueTierFit> {
        let split = &options.split;
        split.check()?;
        let names = checked_names(&options.names, split.shares().len())?;
        check("values", values)?;
        let mut model = Self {
            model: MODEL.to_owned(),
            version: VERSION,
            names,
            lower_bounds: Vec::new(),
            split: Some(split.clone()),
        };
        let mut descending = values.to_vec();
        descending.sort_unstable_by(|one, other| other.total_cmp(one));
        model.lower_bounds = match split {
            TierSplit::CustomerShares(shares) => lower_bounds(&descending, shares, |_| 1),
            TierSplit::ValueShares(shares) => {
                if descending[0] <= 0.0 {
                    let message = "no value is positive: there is nothing to have shares of";
                    return Err(Error::new(ErrorKind::InvalidValue, message).on("values"));
                }
                let point = FixedPoint::of(values);
                lower_bounds(&descending, shares, |value| point.integer(value).max(0))
            }
        };
        let tiers = model.assign(values)?;
        let summary = model.summary_of(values, &tiers);
        Ok(ValueTierFit { model, tiers, summary })
    }

    /// The tier of each customer, 0 the highest.
    ///
    /// # Errors
    /// `Empty`; `InvalidValue` with the row for values that are not finite; `OutOfRange` above 1e140 in magnitude.
    pub fn assign(&self, values: &[f64]) -> Result<Vec<u32>> {
        check("values", values)?;
        // A bound that nothing reaches.
        let bounds: Vec<f64> = self.lower_bounds.iter().map(|bound| bound.unwrap_or(f64::INFINITY)).collect();
        let tier = |&value: &f64| bounds.iter().map(|&bound| u32::from(value < bound)).sum();
        Ok(values.iter().map(tier).collect())
    }

    /// The tiers of these customers in numbers.
    ///
    /// # Errors
    /// Those of [`assign`](Self::assign).
    pub fn summary(&self, values: &[f64]) -> Result<ValueTierSummary> {
        let tiers = self.assign(values)?;
        Ok(self.summary_of(values, &tiers))
    }

    fn summary_of(&self, values: &[f64], tiers: &[u32]) -> ValueTierSummary {
        let point = FixedPoint::of(values);
        let count = self.names.len();
        let (mut customers, mut sums, mut gains) =
            (vec![0u64; count], vec![0i128; count], vec![0i128; count]);
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); count];
        for (&value, &tier) in values.iter().zip(tiers) {
            let (tier, integer) = (tier as usize, point.integer(value));
            customers[tier] += 1;
            sums[tier] += integer;
            gains[tier] += integer.max(0);
            ranges[tier] = (ranges[tier].0.min(value), ranges[tier].1.max(value));
        }
        let (total, gain): (i128, i128) = (sums.iter().sum(), gains.iter().sum());
        let share = |part: i128, whole: i128| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let row = |tier: usize| {
            let customer_share = customers[tier] as f64 / values.len() as f64;
            let filled = customers[tier] > 0;
            ValueTierRow {
                tier: tier as u32,
                name: self.names[tier].clone(),
                lower_bound: self.lower_bounds.get(tier).copied().flatten(),
                customers: customers[tier],
                customer_share,
                value: point.value(sums[tier]),
                value_share: share(sums[tier], total),
                lowest: filled.then_some(ranges[tier].0),
                highest: filled.then_some(ranges[tier].1),
                asked_share: self.split.as_ref().map(|split| split.shares()[tier]),
                got_share: self.split.as_ref().map(|split| match split {
                    TierSplit::CustomerShares(_) => customer_share,
                    TierSplit::ValueShares(_) => share(gains[tier], gain),
                }),
            }
        };
        ValueTierSummary {
            rows: (0..count).map(row).collect(),
            customers: values.len() as u64,
            value: point.value(total),
        }
    }

    /// The names, the highest tier first.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The lower bound of each tier but the last; `None` for tiers that no value reached when fitted.
    pub fn lower_bounds(&self) -> &[Option<f64>] {
        &self.lower_bounds
    }

    /// The shares that were asked; `None` if bounds were given.
    pub fn split(&self) -> Option<&TierSplit> {
        self.split.as_ref()
    }

    /// The model as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A model from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a model; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let model: Self = crate::saved::from_json(text, VERSION, &[MODEL])?;
        let tiers = model.names.len();
        let bound = |bound: &Option<f64>| bound.unwrap_or(f64::INFINITY);
        let fits = (2..=MOST_TIERS).contains(&tiers)
            && checked_names(&model.names, tiers).is_ok()
            && model.lower_bounds.len() == tiers - 1
            && model.lower_bounds.windows(2).all(|pair| bound(&pair[0]) >= bound(&pair[1]))
            && model.lower_bounds.iter().flatten().all(|bound| bound.is_finite())
            && model
                .split
                .as_ref()
                .is_none_or(|split| split.check().is_ok() && split.shares().len() == tiers);
        if fits {
            return Ok(model);
        }
        Err(Error::new(ErrorKind::Corrupt, "the parts of the model do not fit together").on("json"))
    }
}

/// The lowest value of each tier but the last; `weight` is what shares are shares of.
fn lower_bounds(descending: &[f64], shares: &[f64], weight: impl Fn(f64) -> i128) -> Vec<Option<f64>> {
    let total: i128 = descending.iter().map(|&value| weight(value)).sum();
    let cumulated = shares[..shares.len() - 1].iter().scan(0.0, |sum, share| {
        *sum += share;
        Some(*sum)
    });
    // Shares such as 0.1 + 0.2 are a little off: a mid-rank within rounding of one counts as equal to it.
    let ends: Vec<f64> = cumulated.map(|share| share * (2 * total) as f64 * (1.0 + 2e-15)).collect();
    let mut bounds = vec![None; ends.len()];
    let mut before = 0;
    for group in descending.chunk_by(|one, other| one == other) {
        let own = group.len() as i128 * weight(group[0]);
        let middle = (2 * before + own) as f64;
        for (bound, _) in bounds.iter_mut().zip(&ends).filter(|(_, end)| middle <= **end) {
            *bound = Some(group[0]);
        }
        before += own;
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::midrank_cuts;

    #[test]
    fn equal_shares_are_mid_rank_bins_from_the_top() {
        let sequence = |n: u64| (0..n).map(|i| i.wrapping_mul(6_364_136_223_846_793_005) >> 40);
        for n in [1, 2, 3, 10, 30, 997] {
            let values: Vec<f64> = sequence(n).map(|x| (x % 23) as f64 - 5.0).collect();
            for tiers in 2..=10 {
                let options =
                    ValueTierOptions::new(TierSplit::CustomerShares(vec![1.0 / tiers as f64; tiers]));
                let fitted = ValueTiers::fit(&values, &options).unwrap();
                let cuts = midrank_cuts(&values, tiers);
                for (value, tier) in values.iter().zip(fitted.tiers) {
                    let bin = cuts.iter().filter(|&cut| value >= cut).count();
                    assert_eq!(tier as usize, tiers - 1 - bin, "{value} of {n} in {tiers}");
                }
            }
        }
    }

    #[test]
    fn a_tie_goes_whole_and_its_overshoot_is_told() {
        let fitted = ValueTiers::fit(&[5.0; 10], &ValueTierOptions::default()).unwrap();
        assert_eq!(fitted.tiers, [1; 10]);
        assert_eq!(fitted.model.lower_bounds(), [None, Some(5.0)]);
        assert_eq!(fitted.summary.rows[1].overshoot(), Some(0.7));
        assert_eq!(fitted.summary.rows[0].overshoot(), Some(-0.2));
        assert_eq!(ValueTiers::from_json(&fitted.model.to_json().unwrap()).unwrap(), fitted.model);
    }
}
