//! sBG: how long customers with a contract stay.
//!
//! At the end of each period a customer decides to renew or to leave; each leaves with a probability of their own, which follows
//! Beta(alpha, beta) over customers. Retention of a cohort grows as those who leave easily have left. The likelihood is a product over
//! periods of binomial probabilities with the churn rate alpha / (alpha + beta + t - 1).
//!
//! Fader and Hardie (2007), "How to project customer retention", *Journal of Interactive Marketing* 21(1); Fader and Hardie (2010),
//! "Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity", *Marketing Science* 29(1).

use rand::SeedableRng;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::beta_geometric::BetaGeometric;
use super::bg_bb::{ln_chance_to_pass, waits};
use super::report::{FitReport, FitWarning, Fitted};
use super::{DiscountRate, Horizon, RetentionData};
use crate::customer::TimeUnit;
use crate::error::{Error, ErrorKind, Result};
use crate::math::maximize;

const VERSION: u32 = 1;
const NAMES: [&str; 2] = ["alpha", "beta"];
/// Parameters are searched in this range.
const RANGE: (f64, f64) = (1e-5, 1e5);
const MOST_EVALUATIONS: u32 = 500;

/// The shifted beta-geometric model of contract lengths.
///
/// Periods are contract periods of a given length. `S(t) = B(alpha, beta + t) / B(alpha, beta)` is the share of a cohort that is there
/// after t renewal decisions; the retention rate of period t is `(beta + t - 1) / (alpha + beta + t - 1)`.
///
/// ```
/// use crm_core::{clv::{RetentionData, RetentionModel}, customer::TimeUnit};
/// // Fader and Hardie (2007), table 1, high-end customers.
/// let survivors = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
/// let data = RetentionData::from_survivors(&survivors, TimeUnit::YearMean)?;
/// let model = RetentionModel::fit(&data, 0.0)?;
/// assert!((model.alpha() - 0.668).abs() < 5e-4 && (model.beta() - 3.806).abs() < 5e-4);
/// assert!((model.survival(12) - 0.38).abs() < 0.015); // 39.4 % were there after twelve years
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetentionModel {
    model: String,
    version: u32,
    alpha: f64,
    beta: f64,
    unit: TimeUnit,
    fit: Option<FitReport>,
}

impl RetentionModel {
    /// Maximum likelihood; `l2` > 0 subtracts `l2` times the sum of the squared log-parameters from the log-likelihood per customer.
    ///
    /// Data that hold no interior maximum are fitted at the end of the range and say so in the report: nobody or everybody left,
    /// churn that does not fall from period to period.
    ///
    /// # Errors
    /// `InvalidArgument` for a penalty that is negative or not finite.
    pub fn fit(data: &RetentionData, l2: f64) -> Result<Self> {
        if !(l2.is_finite() && l2 >= 0.0) {
            return Err(Error::argument("l2", l2, "a finite penalty of 0 or more"));
        }
        let penalty = l2 * data.customers();
        let mut objective = |point: &[f64], gradient: &mut [f64]| {
            let value = log_likelihood(data, point[0].exp(), point[1].exp(), gradient);
            for (slope, x) in gradient.iter_mut().zip(point) {
                *slope -= 2.0 * penalty * x;
            }
            value - penalty * point.iter().map(|x| x * x).sum::<f64>()
        };
        let (lower, upper) = ([RANGE.0.ln(); 2], [RANGE.1.ln(); 2]);
        let maximum = maximize(&mut objective, &start(data), &lower, &upper, MOST_EVALUATIONS);
        let (alpha, beta) = (maximum.point[0].exp(), maximum.point[1].exp());
        let fitted = Fitted {
            names: NAMES.map(str::to_owned).to_vec(),
            estimates: vec![alpha, beta],
            parameters: 2,
            customers: data.customers(),
            distinct_rows: data.periods(),
            log_likelihood: log_likelihood(data, alpha, beta, &mut [0.0; 2]),
            l2,
        };
        let mut report = FitReport::new(fitted, &maximum);
        for warning in warnings(data, &maximum.held, &maximum.point) {
            report.warn(warning);
        }
        let model = "sbg".to_owned();
        Ok(Self { model, version: VERSION, alpha, beta, unit: data.unit(), fit: Some(report) })
    }

    /// The model with given parameters, for periods of a length.
    ///
    /// # Errors
    /// `InvalidArgument` for parameters that are not finite and positive.
    pub fn from_parameters(alpha: f64, beta: f64, unit: TimeUnit) -> Result<Self> {
        for (name, value) in NAMES.into_iter().zip([alpha, beta]) {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::argument(name, value, "a finite number above 0"));
            }
        }
        Ok(Self { model: "sbg".to_owned(), version: VERSION, alpha, beta, unit, fit: None })
    }

    /// The first parameter of the distribution of churn probabilities.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The second parameter of the distribution of churn probabilities.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The length of a period.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// What the fit found, if the model was fitted.
    pub fn report(&self) -> Option<&FitReport> {
        self.fit.as_ref()
    }

    /// The log-likelihood of other data under this model.
    ///
    /// # Errors
    /// `Incompatible` if their periods have another length.
    pub fn log_likelihood(&self, data: &RetentionData) -> Result<f64> {
        if data.unit() != self.unit {
            let message = format!(
                "the data have periods of a {}, the model of a {}",
                data.unit().name(),
                self.unit.name()
            );
            return Err(Error::new(ErrorKind::Incompatible, message).on("unit"));
        }
        Ok(log_likelihood(data, self.alpha, self.beta, &mut [0.0; 2]))
    }

    fn lifetime(&self, renewals: u32) -> BetaGeometric {
        BetaGeometric { leave: self.alpha, stay: self.beta }.after(f64::from(renewals))
    }

    /// The share of a cohort that is there after `period` renewal decisions; 1 for period 0. Fader and Hardie (2007), eq. 6.
    pub fn survival(&self, period: u32) -> f64 {
        self.lifetime(0).survival(f64::from(period))
    }

    /// P(there after so many further renewal decisions | there after `renewals`).
    pub fn residual_survival(&self, renewals: u32, further: u32) -> f64 {
        self.lifetime(renewals).survival(f64::from(further))
    }

    /// The share that renews in period 1, 2, ... of those who are there; 1 for period 0. Fader and Hardie (2007), eq. 8.
    pub fn retention_rate(&self, period: u32) -> f64 {
        period.checked_sub(1).map_or(1.0, |before| self.residual_survival(before, 1))
    }

    /// The share of a cohort that leaves in period 1, 2, ...; 0 for period 0. Fader and Hardie (2007), eq. 5.
    pub fn churn_probability(&self, period: u32) -> f64 {
        period.checked_sub(1).map_or(0.0, |before| {
            let leaves = self.alpha / (self.alpha + self.beta + f64::from(before));
            self.survival(before) * leaves
        })
    }

    /// The expected number of periods of a new customer, the first included; infinite unless alpha is above 1.
    pub fn expected_lifetime(&self) -> f64 {
        1.0 + self.lifetime(0).discounted(f64::INFINITY, 0.0)
    }

    /// The expected number of further renewals of a customer who has renewed so often; infinite unless alpha is above 1.
    pub fn expected_residual_lifetime(&self, renewals: u32) -> f64 {
        self.lifetime(renewals).discounted(f64::INFINITY, 0.0)
    }

    /// The discounted expected lifetime of a new customer (DEL): the payments at the start of each period within the horizon, the
    /// first of which is due now, each discounted. Infinite for an endless horizon without discount unless alpha is above 1.
    pub fn discounted_lifetime(&self, horizon: impl Into<Horizon>, discount_rate: DiscountRate) -> f64 {
        let payments = whole_periods(horizon.into().in_unit(self.unit));
        if payments < 1.0 {
            return 0.0;
        }
        1.0 + self.lifetime(0).discounted(payments - 1.0, discount_rate.continuous(self.unit))
    }

    /// The discounted expected residual lifetime (DERL) of a customer who has renewed so often: the payments of the renewals within
    /// the horizon, of which the next one is due now, and not yet certain.
    ///
    /// Fader and Hardie (2010), eq. 6, with n - 1 renewals so far:
    /// `(beta + n - 1) / (alpha + beta + n - 1) 2F1(1, beta + n; alpha + beta + n; 1 / (1 + d))`.
    pub fn discounted_residual_lifetime(
        &self,
        renewals: u32,
        horizon: impl Into<Horizon>,
        discount_rate: DiscountRate,
    ) -> f64 {
        let payments = whole_periods(horizon.into().in_unit(self.unit));
        let rate = discount_rate.continuous(self.unit);
        rate.exp() * self.lifetime(renewals).discounted(payments, rate)
    }

    /// [`discounted_residual_lifetime`](Self::discounted_residual_lifetime) of each customer, times the margin of a period.
    ///
    /// # Errors
    /// `InvalidArgument` for a margin that is not finite.
    pub fn residual_values(
        &self,
        renewals: &[u32],
        margin_per_period: f64,
        horizon: impl Into<Horizon>,
        discount_rate: DiscountRate,
    ) -> Result<Vec<f64>> {
        check_margin(margin_per_period)?;
        let horizon = horizon.into();
        // Customers share few numbers of renewals.
        let mut known = std::collections::BTreeMap::new();
        let value = |&renewals: &u32| {
            *known.entry(renewals).or_insert_with(|| {
                margin_per_period * self.discounted_residual_lifetime(renewals, horizon, discount_rate)
            })
        };
        Ok(renewals.iter().map(value).collect())
    }

    /// [`discounted_lifetime`](Self::discounted_lifetime) times the margin of a period: what a new customer is worth.
    ///
    /// # Errors
    /// `InvalidArgument` for a margin that is not finite.
    pub fn new_customer_value(
        &self,
        margin_per_period: f64,
        horizon: impl Into<Horizon>,
        discount_rate: DiscountRate,
    ) -> Result<f64> {
        check_margin(margin_per_period)?;
        Ok(margin_per_period * self.discounted_lifetime(horizon, discount_rate))
    }

    /// Draws the period in which each of so many new customers leaves; `None` for those who are there after `periods`.
    pub fn simulate(&self, customers: usize, periods: u32, seed: u64) -> Vec<Option<u32>> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let draw = |_| {
            let left = waits(ln_chance_to_pass(self.alpha, self.beta, &mut rng), &mut rng);
            (left <= f64::from(periods)).then_some(left as u32)
        };
        (0..customers).map(draw).collect()
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
    /// `Corrupt` if the text is not a model; `Incompatible` if it is one of another version.
    pub fn from_json(text: &str) -> Result<Self> {
        let corrupt = |message: String| Error::new(ErrorKind::Corrupt, message).on("json");
        let model: Self = crate::saved::from_json(text, VERSION, &["sbg"])?;
        Self::from_parameters(model.alpha, model.beta, model.unit)
            .map_err(|error| corrupt(error.to_string()))?;
        if model.fit.as_ref().is_some_and(|fit| !fit.fits(&[model.alpha, model.beta])) {
            return Err(corrupt("the report does not fit the parameters".to_owned()));
        }
        Ok(model)
    }
}

fn check_margin(margin: f64) -> Result<()> {
    if margin.is_finite() {
        Ok(())
    } else {
        Err(Error::argument("margin_per_period", margin, "a finite number"))
    }
}

/// Periods that a horizon holds in full, give or take rounding.
fn whole_periods(periods: f64) -> f64 {
    (periods + 1e-9 * periods.clamp(1.0, 1e6)).floor()
}

/// Fader and Hardie (2007), eq. B3, as a product over periods; and its derivatives by ln alpha and ln beta.
fn log_likelihood(data: &RetentionData, alpha: f64, beta: f64, gradient: &mut [f64]) -> f64 {
    let (mut value, mut of_alpha, mut of_beta) = (0.0, 0.0, 0.0);
    for (period, (&at_risk, &churned)) in data.at_risk().iter().zip(data.churned()).enumerate() {
        let stay = beta + period as f64;
        let (leaves, stays) = (alpha / (alpha + stay), stay / (alpha + stay));
        let renewed = at_risk - churned;
        value -= churned * (stay / alpha).ln_1p() + renewed * (alpha / stay).ln_1p();
        // The derivatives of the two logarithms by ln(alpha) and ln(stay) are opposite.
        let slope = churned * stays - renewed * leaves;
        of_alpha += slope;
        of_beta -= slope * (beta / stay);
    }
    (gradient[0], gradient[1]) = (of_alpha, of_beta);
    value
}

/// The share that leaves in the first period is alpha / (alpha + beta); two customers' worth of prior knowledge.
fn start(data: &RetentionData) -> [f64; 2] {
    let leaves = (data.churned()[0] + 0.5) / (data.at_risk()[0] + 1.0);
    [(2.0 * leaves).ln(), (2.0 * (1.0 - leaves)).ln()]
}

/// Why a fit has no interior maximum, or none that the data identify.
fn warnings(data: &RetentionData, held: &[bool], point: &[f64]) -> Vec<FitWarning> {
    let churned: f64 = data.churned().iter().sum();
    let at_risk: f64 = data.at_risk().iter().sum();
    let boundary = |parameter: &str, reason: &str| FitWarning::Boundary {
        parameter: parameter.to_owned(),
        reason: reason.to_owned(),
    };
    if churned == 0.0 {
        return vec![boundary("alpha", "nobody left; the data say that churn is small, not how small")];
    }
    if churned == at_risk {
        return vec![boundary("beta", "everybody left at the first opportunity")];
    }
    if data.periods() == 1 {
        let reason = "with one period, only alpha / (alpha + beta) is known".to_owned();
        return vec![FitWarning::NotIdentified { reason }];
    }
    let mut warnings = Vec::new();
    if data.churned()[1..].iter().sum::<f64>() == 0.0 {
        warnings
            .push(boundary("alpha", "nobody left after the first period: customers leave at once or never"));
    } else if held.iter().any(|&held| held) || point.iter().all(|x| *x > 1e3f64.ln()) {
        let end = |i: usize| (point[i] - RANGE.0.ln()).abs() < 1e-6;
        if end(0) || end(1) {
            warnings.push(boundary(NAMES[usize::from(end(1))], "customers leave at once or never"));
        } else {
            warnings.push(boundary(
                "alpha",
                "churn does not fall from period to period: customers hardly differ, and only alpha / (alpha + beta) is known",
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Period;

    /// Survivors of 1,000 customers; Fader and Hardie (2007), table 1.
    const HIGH_END: [f64; 8] = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    const REGULAR: [f64; 8] = [1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0];

    fn fit(survivors: &[f64]) -> RetentionModel {
        let data = RetentionData::from_survivors(survivors, TimeUnit::YearMean).unwrap();
        RetentionModel::fit(&data, 0.0).unwrap()
    }

    fn warned(survivors: &[f64]) -> Vec<&'static str> {
        let model = fit(survivors);
        let report = model.report().unwrap();
        assert!(!report.is_sound() && model.survival(3).is_finite());
        report.warnings().iter().map(FitWarning::name).collect()
    }

    #[test]
    fn published_estimates() {
        let high = fit(&HIGH_END);
        assert!((high.alpha() - 0.668_088).abs() < 5e-6 && (high.beta() - 3.806_095).abs() < 5e-5);
        let report = high.report().unwrap();
        assert!((report.log_likelihood() + 1611.158).abs() < 5e-4 && report.is_sound());
        let regular = fit(&REGULAR);
        assert!((regular.alpha() - 0.704).abs() < 5e-4 && (regular.beta() - 1.182).abs() < 5e-4);
        let data = RetentionData::from_survivors(&HIGH_END, TimeUnit::YearMean).unwrap();
        assert_eq!(high.log_likelihood(&data).unwrap(), report.log_likelihood());
        let months = RetentionData::from_survivors(&HIGH_END, TimeUnit::MonthMean).unwrap();
        assert_eq!(high.log_likelihood(&months).unwrap_err().kind(), ErrorKind::Incompatible);
    }

    /// Integrals over the churn probability, by mpmath: of `1 / (1 - (1 - theta) / 1.1)` and, updated, of `(1 - theta)` times that.
    #[test]
    fn discounted_lifetimes() {
        let model = RetentionModel::from_parameters(0.668_088, 3.806_095, TimeUnit::YearMean).unwrap();
        let rate = DiscountRate::annual(0.1).unwrap();
        let close = |mine: f64, truth: f64| assert!((mine / truth - 1.0).abs() < 1e-12, "{mine} {truth}");
        close(model.discounted_lifetime(Horizon::Forever, rate), 5.922_255_064_284_877);
        for (renewals, truth) in
            [(0, 5.414_480_570_713_365), (1, 5.901_379_265_532_688), (5, 7.135_662_510_660_513)]
        {
            close(model.discounted_residual_lifetime(renewals, Horizon::Forever, rate), truth);
        }
        // A few periods, one by one.
        let years = |years: f64| Period::new(years, TimeUnit::YearMean).unwrap();
        let sum: f64 = (0..4).map(|t| model.survival(t) / 1.1f64.powi(t as i32)).sum();
        close(model.discounted_lifetime(years(4.0), rate), sum);
        let sum: f64 =
            (0..4).map(|t| model.survival(t + 3) / model.survival(2) / 1.1f64.powi(t as i32)).sum();
        close(model.discounted_residual_lifetime(2, years(4.0), rate), sum);
        close(model.residual_values(&[2, 0, 2], 50.0, years(4.0), rate).unwrap()[2], 50.0 * sum);
        assert_eq!(model.discounted_lifetime(Horizon::Forever, DiscountRate::NONE), f64::INFINITY);
        assert_eq!(model.expected_lifetime(), f64::INFINITY);
        let ending = RetentionModel::from_parameters(3.0, 5.0, TimeUnit::YearMean).unwrap();
        close(ending.expected_lifetime(), 3.5);
        close(ending.discounted_lifetime(Horizon::Forever, DiscountRate::NONE), 3.5);
        assert!(model.residual_values(&[1], f64::NAN, Horizon::Forever, rate).is_err());
    }

    #[test]
    fn rates_and_probabilities_agree() {
        let model = fit(&REGULAR);
        let mut share = 1.0;
        for period in 0..40 {
            share *= model.retention_rate(period);
            assert!((model.survival(period) / share - 1.0).abs() < 1e-13);
            if period > 0 {
                let churn = model.survival(period - 1) - model.survival(period);
                assert!((model.churn_probability(period) - churn).abs() < 1e-14);
            }
        }
        assert_eq!((model.churn_probability(0), model.survival(0)), (0.0, 1.0));
    }

    #[test]
    fn gradient_is_that_of_the_likelihood() {
        let data = RetentionData::from_survivors(&HIGH_END, TimeUnit::Week).unwrap();
        for point in [[0.668f64, 3.8], [0.01, 40.0], [300.0, 2.0], [1e-3, 1e-3], [1e4, 1e4]] {
            let mut gradient = [0.0; 2];
            log_likelihood(&data, point[0], point[1], &mut gradient);
            for k in 0..2 {
                let at = |step: f64| {
                    let mut moved = point;
                    moved[k] *= step.exp();
                    log_likelihood(&data, moved[0], moved[1], &mut [0.0; 2])
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!(
                    (gradient[k] - slope).abs() < 1e-8 * at(0.0).abs(),
                    "{point:?} {} {slope}",
                    gradient[k]
                );
            }
        }
    }

    #[test]
    fn data_without_an_answer_say_so() {
        assert!(warned(&[100.0, 100.0, 100.0]).contains(&"boundary"));
        assert!(warned(&[100.0, 0.0]).contains(&"boundary"));
        assert!(warned(&[100.0, 0.0, 0.0]).contains(&"boundary"));
        assert!(warned(&[100.0, 60.0]).contains(&"not_identified"));
        assert!(warned(&[100.0, 60.0, 60.0, 60.0]).contains(&"boundary"));
        // The same share leaves each time, and ever more do.
        assert!(warned(&[1000.0, 500.0, 250.0, 125.0]).contains(&"boundary"));
        assert!(warned(&[1000.0, 900.0, 600.0, 100.0]).contains(&"boundary"));
        assert!(warned(&[1.0, 1.0]).contains(&"few_customers"));
        let data = RetentionData::from_survivors(&HIGH_END, TimeUnit::Week).unwrap();
        assert!(RetentionModel::fit(&data, -1.0).is_err());
        let penalised = RetentionModel::fit(&data, 1.0).unwrap();
        assert!((penalised.alpha() - 1.0).abs() < (0.668f64 - 1.0).abs());
    }

    #[test]
    fn simulation_recovers_parameters() {
        let model = RetentionModel::from_parameters(0.7, 1.2, TimeUnit::MonthMean).unwrap();
        let left = model.simulate(50_000, 24, 3);
        assert_eq!(left, model.simulate(50_000, 24, 3));
        let periods: Vec<u32> = left.iter().map(|left| left.unwrap_or(24)).collect();
        let churned: Vec<bool> = left.iter().map(Option::is_some).collect();
        let data =
            RetentionData::new(&periods, &churned, &vec![1.0; periods.len()], TimeUnit::MonthMean).unwrap();
        let fitted = RetentionModel::fit(&data, 0.0).unwrap();
        let errors = fitted.report().unwrap().standard_errors();
        for (estimate, truth, error) in
            [(fitted.alpha(), 0.7, errors[0].unwrap()), (fitted.beta(), 1.2, errors[1].unwrap())]
        {
            assert!((estimate - truth).abs() < 4.0 * error && error < 0.03, "{estimate} {truth} {error}");
        }
    }

    #[test]
    fn models_come_back_from_text() {
        let model = fit(&REGULAR);
        let text = model.to_json().unwrap();
        assert_eq!(RetentionModel::from_json(&text).unwrap(), model);
        let kind = |text: &str| RetentionModel::from_json(text).unwrap_err().kind();
        assert_eq!(kind(&text.replace("\"version\":1", "\"version\":2")), ErrorKind::Incompatible);
        assert_eq!(kind(&text.replace("\"sbg\"", "\"gamma_gamma\"")), ErrorKind::Corrupt);
        let plain = RetentionModel::from_parameters(1.0, 2.0, TimeUnit::Week).unwrap().to_json().unwrap();
        assert_eq!(kind(&plain.replace("\"alpha\":1.0", "\"alpha\":-1.0")), ErrorKind::Corrupt);
        assert_eq!(kind("{}"), ErrorKind::Corrupt);
        assert!(RetentionModel::from_parameters(0.0, 1.0, TimeUnit::Week).is_err());
    }
}
