//! Core, important, basic and at risk: tiers by value, potential and risk whose shares lie in bands.

use serde::{Deserialize, Serialize};

use super::column::{check, check_length};
use super::tier_band::{BandReport, CustomerTier, ShareBand, TierBands};
use super::tier_solution::solve;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "customer_tiers";

/// What is known of the risk that customers leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RiskColumn<'a> {
    /// Who is at risk.
    Flags(&'a [bool]),
    /// A score, the higher the riskier, of any unit.
    Scores(&'a [f64]),
}

impl RiskColumn<'_> {
    fn check(&self, rows: usize) -> Result<()> {
        match self {
            Self::Flags(flags) => check_length("risk", flags.len(), "value", rows),
            Self::Scores(scores) => {
                check_length("risk", scores.len(), "value", rows)?;
                check("risk", scores)
            }
        }
    }
}

/// Options of [`CustomerTiers::fit`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomerTierOptions {
    pub(super) bands: TierBands,
    pub(super) risk_threshold: Option<f64>,
}

impl CustomerTierOptions {
    /// The bands of the shares; core 10 to 15 %, important 30 to 35 %, basic 40 to 45 % and at risk 5 to 10 % unless given.
    #[must_use]
    pub fn bands(self, bands: TierBands) -> Self {
        Self { bands, ..self }
    }

    /// Customers of at least this score of risk are at risk, instead of the riskiest within their band.
    #[must_use]
    pub fn risk_threshold(self, risk_threshold: f64) -> Self {
        Self { risk_threshold: Some(risk_threshold), ..self }
    }
}

/// Who is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RiskRule {
    /// Those with a flag.
    Flagged,
    /// Those whose score is not below this; nobody for `None`.
    AtLeast(Option<f64>),
}

/// Four tiers of customers by two thresholds and a rule for risk.
///
/// Whoever is at risk is [`AtRisk`](CustomerTier::AtRisk), whatever else. Of the others, those of high value and high potential are
/// [`Core`](CustomerTier::Core), those of either [`Important`](CustomerTier::Important), the rest [`Basic`](CustomerTier::Basic). High is not below a
/// threshold; thresholds are values of customers, so equal values are never split.
///
/// The thresholds are those whose shares of all customers keep all bands and lie nearest to the bands' centres, by `Σ ((share - centre) / half width)²`.
/// If no thresholds keep all bands, they are those nearest to the centres of all, and the report says which bands are missed, by how much and why. With value
/// and potential independent the default bands cannot be kept: high value and high potential must correlate by about 0.084. Of thresholds
/// that are equally near within 1e-9 those win whose two quantiles differ least, then those of fewer customers of high value.
///
/// Risk by flags or by a threshold is taken as it is. Otherwise the riskiest are at risk: the lower end of their band, the upper one and nine shares between
/// are tried, each at the nearest cut between distinct scores, with its own distance in the sum. The search for the two other thresholds is exact; it ends
/// after 131,072 steps if there are very many equally good ones, and `optimality_gap` of the report says what can be missing then.
///
/// ```
/// use crm_core::segment::{CustomerTier, CustomerTiers, CustomerTierOptions, RiskColumn};
/// let value: Vec<f64> = (0..40).map(f64::from).collect();
/// let potential: Vec<f64> = (0..40).map(|i| f64::from(i * 9 % 40) + 0.5 * f64::from(i)).collect();
/// let risk: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 40)).collect();
/// let fitted = CustomerTiers::fit(&value, &potential, RiskColumn::Scores(&risk), &CustomerTierOptions::default())?;
/// assert!(fitted.report.feasible);
/// assert_eq!(fitted.tiers[17], CustomerTier::AtRisk); // of the highest risk
/// let later = CustomerTiers::from_json(&fitted.model.to_json()?)?;
/// assert_eq!(later.assign(&value, &potential, RiskColumn::Scores(&risk))?, fitted.tiers);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerTiers {
    model: String,
    version: u32,
    bands: TierBands,
    value_threshold: Option<f64>,
    potential_threshold: Option<f64>,
    risk: RiskRule,
}

/// Fitted tiers with those of the customers that they were fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerTierFit {
    /// The thresholds.
    pub model: CustomerTiers,
    /// The tier of each customer.
    pub tiers: Vec<CustomerTier>,
    /// The shares, and what became of their bands.
    pub report: BandReport,
}

impl CustomerTiers {
    /// Fits the thresholds to customers: `value` and `potential` of any unit, the more the better, and their risk.
    ///
    /// # Errors
    /// `InvalidArgument` for bands that are not from a share to a larger one or cannot sum to 1, a threshold that is not finite, and a threshold beside
    /// flags; `Empty`; `LengthMismatch`; `InvalidValue` with the row for values that are not finite; `OutOfRange` above 1e140 in magnitude.
    pub fn fit(
        value: &[f64],
        potential: &[f64],
        risk: RiskColumn<'_>,
        options: &CustomerTierOptions,
    ) -> Result<CustomerTierFit> {
        options.bands.check()?;
        check_columns(value, potential, risk)?;
        if let Some(threshold) = options.risk_threshold {
            if !threshold.is_finite() {
                return Err(Error::argument("risk_threshold", threshold, "a finite number"));
            }
            if matches!(risk, RiskColumn::Flags(_)) {
                return Err(Error::argument("risk_threshold", threshold, "left out where risk is flags"));
            }
        }
        let solution = Threads::Available.run(|| solve(value, potential, risk, options))?;
        let model = Self {
            model: MODEL.to_owned(),
            version: VERSION,
            bands: options.bands,
            value_threshold: solution.value_threshold,
            potential_threshold: solution.potential_threshold,
            risk: solution.rule,
        };
        let tiers = model.assign(value, potential, risk)?;
        let mut report = model.report_of(value, potential, &tiers);
        report.optimality_gap = solution.gap;
        if matches!(risk, RiskColumn::Scores(_)) && options.risk_threshold.is_none() {
            // Any share at risk within its band could have been chosen.
            report.required_correlation = options.bands.required_correlation(options.bands.at_risk);
        }
        Ok(CustomerTierFit { model, tiers, report })
    }

    /// The tier of each customer, by comparison with the fitted thresholds alone.
    ///
    /// # Errors
    /// `Incompatible` for flags where the model was fitted to scores, or the other way round; `Empty`; `LengthMismatch`; `InvalidValue` with
    /// the row for values that are not finite; `OutOfRange` above 1e140 in magnitude.
    pub fn assign(
        &self,
        value: &[f64],
        potential: &[f64],
        risk: RiskColumn<'_>,
    ) -> Result<Vec<CustomerTier>> {
        check_columns(value, potential, risk)?;
        let tier = |row: usize, at_risk: bool| {
            let high_value = reaches(value[row], self.value_threshold);
            let high_potential = reaches(potential[row], self.potential_threshold);
            match (at_risk, high_value, high_potential) {
                (true, ..) => CustomerTier::AtRisk,
                (false, true, true) => CustomerTier::Core,
                (false, false, false) => CustomerTier::Basic,
                (false, ..) => CustomerTier::Important,
            }
        };
        match (risk, self.risk) {
            (RiskColumn::Flags(flags), RiskRule::Flagged) => {
                Ok(flags.iter().enumerate().map(|(row, &flag)| tier(row, flag)).collect())
            }
            (RiskColumn::Scores(scores), RiskRule::AtLeast(threshold)) => {
                let scores = scores.iter().enumerate();
                Ok(scores.map(|(row, &score)| tier(row, reaches(score, threshold))).collect())
            }
            (given, _) => {
                let (given, fitted) = match given {
                    RiskColumn::Flags(_) => ("flags", "scores"),
                    RiskColumn::Scores(_) => ("scores", "flags"),
                };
                let message = format!("holds {given} where the model was fitted to {fitted}");
                Err(Error::new(ErrorKind::Incompatible, message).on("risk"))
            }
        }
    }

    /// The shares of these customers against the model's bands; at the share at risk that they have.
    ///
    /// # Errors
    /// Those of [`assign`](Self::assign).
    pub fn report(&self, value: &[f64], potential: &[f64], risk: RiskColumn<'_>) -> Result<BandReport> {
        let tiers = self.assign(value, potential, risk)?;
        Ok(self.report_of(value, potential, &tiers))
    }

    fn report_of(&self, value: &[f64], potential: &[f64], tiers: &[CustomerTier]) -> BandReport {
        let mut customers = [0; 4];
        let (mut high_value, mut high_potential) = (0, 0);
        for (row, &tier) in tiers.iter().enumerate() {
            customers[tier as usize] += 1;
            if tier != CustomerTier::AtRisk {
                high_value += u64::from(reaches(value[row], self.value_threshold));
                high_potential += u64::from(reaches(potential[row], self.potential_threshold));
            }
        }
        let mut report = BandReport::new(&self.bands, customers);
        let both = customers[CustomerTier::Core as usize];
        let rest = tiers.len() as u64 - customers[CustomerTier::AtRisk as usize];
        report.indicator_correlation = indicator_correlation(rest, high_value, high_potential, both);
        let share = report.tiers[CustomerTier::AtRisk as usize].share;
        report.required_correlation = self.bands.required_correlation(ShareBand::new(share, share));
        report
    }

    /// The bands.
    pub fn bands(&self) -> &TierBands {
        &self.bands
    }

    /// The lowest high value; `None` if no value is high.
    pub fn value_threshold(&self) -> Option<f64> {
        self.value_threshold
    }

    /// The lowest high potential; `None` if none is high.
    pub fn potential_threshold(&self) -> Option<f64> {
        self.potential_threshold
    }

    /// The lowest score at risk; `None` if no score is, or if flags say who is.
    pub fn risk_threshold(&self) -> Option<f64> {
        match self.risk {
            RiskRule::Flagged => None,
            RiskRule::AtLeast(threshold) => threshold,
        }
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
        let thresholds = [model.value_threshold, model.potential_threshold, model.risk_threshold()];
        if model.bands.check().is_ok() && thresholds.iter().flatten().all(|threshold| threshold.is_finite()) {
            return Ok(model);
        }
        Err(Error::new(ErrorKind::Corrupt, "the parts of the model do not fit together").on("json"))
    }
}

fn check_columns(value: &[f64], potential: &[f64], risk: RiskColumn<'_>) -> Result<()> {
    check("value", value)?;
    check_length("potential", potential.len(), "value", value.len())?;
    check("potential", potential)?;
    risk.check(value.len())
}

fn reaches(value: f64, threshold: Option<f64>) -> bool {
    threshold.is_some_and(|threshold| value >= threshold)
}

/// The correlation of two indicators of `all` customers, from exact integers.
fn indicator_correlation(all: u64, first: u64, second: u64, both: u64) -> Option<f64> {
    let [all, first, second, both] = [all, first, second, both].map(i128::from);
    let spread = (first * (all - first)) as f64 * (second * (all - second)) as f64;
    (spread > 0.0).then(|| ((all * both - first * second) as f64 / spread.sqrt()).clamp(-1.0, 1.0))
}
