//! A purchase model with its parameters: fitted, or given.

use serde::{Deserialize, Serialize};

use super::data::{DataWindow, PurchaseData};
use super::fit::{self, FitOptions};
use super::kind::{PurchaseKind, Scaled};
use super::report::FitReport;
use crate::customer::TimeUnit;
use crate::error::{Error, ErrorKind, Result};

const VERSION: u32 = 1;

/// A covariate that scales a parameter of each customer by `exp(sign * coefficient * value)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Effect {
    parameter: usize,
    sign: f64,
    /// The name of the parameter, for people.
    label: String,
    covariate: String,
    coefficient: f64,
}

impl Effect {
    pub(super) fn new(kind: PurchaseKind, scaled: Scaled, covariate: String) -> Self {
        let label = kind.info().parameters[scaled.parameter].to_owned();
        Self { parameter: scaled.parameter, sign: scaled.sign, label, covariate, coefficient: 0.0 }
    }

    pub(super) fn with(&self, coefficient: f64) -> Self {
        Self { coefficient, ..self.clone() }
    }

    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.label, self.covariate)
    }

    pub(super) fn parameter(&self) -> usize {
        self.parameter
    }

    pub(super) fn sign(&self) -> f64 {
        self.sign
    }

    pub(super) fn covariate(&self) -> &str {
        &self.covariate
    }

    pub(super) fn coefficient(&self) -> f64 {
        self.coefficient
    }
}

/// A model of purchases with its parameters, the unit of its times and the days that it was fitted on.
///
/// ```
/// use crm_core::clv::{FitOptions, PurchaseData, PurchaseKind, PurchaseModel};
/// use crm_core::customer::{Period, TimeUnit};
/// let cdnow = PurchaseModel::from_parameters(PurchaseKind::BgNbd, &[0.243, 4.414, 0.793, 2.426], TimeUnit::Week)?;
/// let customer = PurchaseData::new(&[2.0], &[30.43], &[38.86], TimeUnit::Week)?;
/// let purchases = cdnow.expected_purchases(&customer, Period::new(39.0, TimeUnit::Week)?)?;
/// assert!((purchases[0] - 1.226).abs() < 5e-4);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurchaseModel {
    version: u32,
    #[serde(rename = "model")]
    kind: PurchaseKind,
    unit: TimeUnit,
    window: Option<DataWindow>,
    parameters: [f64; 4],
    effects: Vec<Effect>,
    report: Option<FitReport>,
}

impl PurchaseModel {
    /// Fits a model by maximum likelihood.
    ///
    /// Equal customers are computed once and in a fixed order, so that neither the order of the rows nor the number of threads changes a
    /// bit. A fit without a maximum inside the range of the parameters, or one that the data do not identify, is returned with
    /// [`warnings`](FitReport::warnings) that say so.
    ///
    /// # Errors
    /// `InvalidValue` if no customer has a repeat purchase, or for opportunities that are not whole; `MissingColumn` for an unknown
    /// covariate; `InvalidArgument` for options that make no sense.
    pub fn fit(kind: PurchaseKind, data: &PurchaseData, options: &FitOptions) -> Result<Self> {
        fit::fit(kind, data, options)
    }

    /// A model with given parameters, in the order of its row in [`MODELS`](super::MODELS); `unit` is that of the parameters which are
    /// times, and for BG/BB the time between opportunities.
    ///
    /// # Errors
    /// `InvalidArgument` unless there are four parameters, of 1e-9 to 1e9, and of 1e-30 to 1e30 for times.
    pub fn from_parameters(kind: PurchaseKind, parameters: &[f64], unit: TimeUnit) -> Result<Self> {
        let names = kind.info().parameters;
        let parameters: [f64; 4] = parameters.try_into().map_err(|_| {
            let accepted = format!("the four parameters {}", names.join(", "));
            Error::argument("parameters", format!("{} numbers", parameters.len()), &accepted)
        })?;
        let model = Self {
            version: VERSION,
            kind,
            unit,
            window: None,
            parameters,
            effects: Vec::new(),
            report: None,
        };
        model.check()?;
        Ok(model)
    }

    pub(super) fn fitted(
        kind: PurchaseKind,
        unit: TimeUnit,
        window: Option<DataWindow>,
        parameters: [f64; 4],
        effects: Vec<Effect>,
        report: FitReport,
    ) -> Result<Self> {
        let report = Some(report);
        let model = Self { version: VERSION, kind, unit, window, parameters, effects, report };
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<()> {
        for (at, &value) in self.parameters.iter().enumerate() {
            let range = self.kind.range(at);
            if !range.contains(&value) {
                let accepted = format!("a number from {:e} to {:e}", range.start(), range.end());
                return Err(Error::argument(self.kind.info().parameters[at], value, &accepted));
            }
        }
        Ok(())
    }

    /// The same model with other estimates: parameters, then coefficients.
    pub(super) fn with_estimates(&self, estimates: &[f64]) -> Self {
        let parameters = std::array::from_fn(|i| estimates[i]);
        let effects = self.effects.iter().zip(&estimates[4..]).map(|(effect, &c)| effect.with(c)).collect();
        Self { parameters, effects, report: None, ..self.clone() }
    }

    /// Parameters, then coefficients.
    pub(super) fn estimates(&self) -> Vec<f64> {
        let coefficients = self.effects.iter().map(|effect| effect.coefficient);
        self.parameters.iter().copied().chain(coefficients).collect()
    }

    pub(super) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Which model it is.
    pub fn kind(&self) -> PurchaseKind {
        self.kind
    }

    /// The unit of its times.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The days that it was fitted on, if it was fitted on a base.
    pub fn window(&self) -> Option<DataWindow> {
        self.window
    }

    /// The parameters, in the order of [`ModelInfo::parameters`](super::ModelInfo::parameters); with covariates, those of a customer
    /// whose covariates are 0.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The coefficients of the covariates, by names such as `alpha:gender`.
    pub fn coefficients(&self) -> Vec<(String, f64)> {
        self.effects.iter().map(|effect| (effect.name(), effect.coefficient)).collect()
    }

    /// How it was fitted; `None` for given parameters.
    pub fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// The log-likelihood of some data, in the density of continuous times (or the probability of discrete ones) and without a term for
    /// the order of purchases, as papers print it.
    ///
    /// # Errors
    /// `Incompatible` for data in another unit; `MissingColumn` without the model's covariates.
    pub fn log_likelihood(&self, data: &PurchaseData) -> Result<f64> {
        let each = self.log_likelihoods(data)?;
        let weight = |row: usize| data.weights().map_or(1.0, |weights| weights[row]);
        Ok(each.iter().enumerate().map(|(row, value)| weight(row) * value).sum())
    }

    /// The model as JSON text.
    ///
    /// # Errors
    /// `Io` if memory runs out.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A model from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a model; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let model: Self = crate::saved::from_json(text, VERSION, &PurchaseKind::ALL.map(PurchaseKind::name))?;
        let corrupt = |message: &str| Error::new(ErrorKind::Corrupt, message).on("json");
        model.check().map_err(|error| corrupt(&error.to_string()))?;
        for effect in &model.effects {
            let known = model.kind.scaled().iter().any(|scaled| {
                scaled.parameter == effect.parameter
                    && scaled.sign == effect.sign
                    && model.kind.info().parameters[scaled.parameter] == effect.label
            });
            if !known || !effect.coefficient.is_finite() {
                return Err(corrupt("a covariate acts on a parameter that the model does not have"));
            }
        }
        if model.report.as_ref().is_some_and(|report| !report.fits(&model.estimates())) {
            return Err(corrupt("the report is that of another model"));
        }
        Ok(model)
    }
}
