//! Gamma-Gamma: what customers spend on a purchase.
//!
//! The amounts of a customer's purchases are gamma distributed with shape p and a rate of their own, which follows Gamma(q, v) over customers.
//! Spend does not depend on the number of purchases. The mean of x purchases is then all that the data say of a customer.
//!
//! Fader, Hardie and Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis", *Journal of Marketing Research* 42(4);
//! Fader and Hardie (2013), "The Gamma-Gamma model of monetary value", note 025 at brucehardie.com.

use rand::SeedableRng;
use rand_distr::{Distribution, Gamma};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::SpendData;
use super::data::same_length;
use super::report::{FitReport, FitWarning, Fitted};
use super::spend_likelihood::SpendRows;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{Maximum, maximize};
use crate::parallel::Threads;

const VERSION: u32 = 1;
const NAMES: [&str; 3] = ["p", "q", "v"];
/// p and q are searched in this range, v in it times the mean spend.
const RANGE: (f64, f64) = (1e-4, 1e6);
const MOST_EVALUATIONS: u32 = 500;
/// The search starts on so many rows.
const SAMPLE: usize = 8192;
/// Starts are tried on so many rows.
const SMALL_SAMPLE: usize = 512;
/// Correlations of spend and number of purchases above this make a warning.
const CORRELATED: f64 = 0.3;

/// The Gamma-Gamma model of spend per purchase.
///
/// The expected mean spend of a customer with x repeat purchases of mean m is `p (v + x m) / (p x + q - 1)`: a mean of m and of the
/// population's `p v / (q - 1)`, in which m weighs more the more purchases it is from.
///
/// ```
/// use crm_core::clv::SpendModel;
/// // Fader and Hardie (2013): one purchase of 22.35 on average is expected to become 24.65.
/// let model = SpendModel::from_parameters(6.25, 3.74, 15.44)?;
/// assert!((model.expected_mean_spend(&[2.0], &[22.35])?[0] - 24.65).abs() < 0.1);
/// assert!((model.population_mean()? - 35.22).abs() < 0.01);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendModel {
    model: String,
    version: u32,
    p: f64,
    q: f64,
    v: f64,
    currency: Option<String>,
    excluded: u64,
    correlation: Option<f64>,
    fit: Option<FitReport>,
}

impl SpendModel {
    /// Maximum likelihood; `l2` > 0 subtracts `l2` times the sum of the squares of ln p, ln q and ln(v / mean spend) from the log-likelihood
    /// per customer.
    ///
    /// The same customers in any order, in any unit of money and on any number of threads give the same model. Data without an interior
    /// maximum are fitted at the end of the range and say so in the report.
    ///
    /// # Errors
    /// `Empty` if no customer has a repeat purchase with a mean amount above 0; `InvalidArgument` for a penalty that is negative or not
    /// finite.
    pub fn fit(data: &SpendData, l2: f64, threads: Threads) -> Result<Self> {
        if !(l2.is_finite() && l2 >= 0.0) {
            return Err(Error::argument("l2", l2, "a finite penalty of 0 or more"));
        }
        threads.run(|| Ok(Self::fit_rows(data, &SpendRows::new(data)?, l2)))?
    }

    fn fit_rows(data: &SpendData, rows: &SpendRows, l2: f64) -> Self {
        let mut point = best_start(&rows.sample(SMALL_SAMPLE));
        let mut before = 0;
        if rows.len() > SAMPLE {
            let near = search(&rows.sample(SAMPLE), &point, l2);
            (point, before) = (near.point, near.evaluations);
        }
        let mut maximum = search(rows, &point, l2);
        maximum.evaluations += before;
        let [p, q, v] = std::array::from_fn(|k| maximum.point[k].exp());
        let log_likelihood = rows.log_likelihood([p, q, v], &mut [0.0; 3]) - rows.ln_units();
        let v = v * rows.scale;
        let fitted = Fitted {
            names: NAMES.map(str::to_owned).to_vec(),
            estimates: vec![p, q, v],
            parameters: 3,
            customers: rows.weight,
            distinct_rows: rows.len(),
            log_likelihood,
            l2,
        };
        let mut report = FitReport::new(fitted, &maximum);
        for warning in warnings(rows, &maximum, [p, q]) {
            report.warn(warning);
        }
        Self {
            model: "gamma_gamma".to_owned(),
            version: VERSION,
            p,
            q,
            v,
            currency: data.currency().map(str::to_owned),
            excluded: data.excluded(),
            correlation: Some(rows.correlation),
            fit: Some(report),
        }
    }

    /// The model with given parameters; v is in units of money.
    ///
    /// # Errors
    /// `InvalidArgument` for parameters that are not finite and positive.
    pub fn from_parameters(p: f64, q: f64, v: f64) -> Result<Self> {
        for (name, value) in NAMES.into_iter().zip([p, q, v]) {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::argument(name, value, "a finite number above 0"));
            }
        }
        let model = "gamma_gamma".to_owned();
        Ok(Self {
            model,
            version: VERSION,
            p,
            q,
            v,
            currency: None,
            excluded: 0,
            correlation: None,
            fit: None,
        })
    }

    /// Names the currency of v.
    #[must_use]
    pub fn in_currency(mut self, currency: &str) -> Self {
        self.currency = Some(currency.to_owned());
        self
    }

    /// The shape of the amounts of a customer.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// The shape of the distribution of the customers' rates.
    pub fn q(&self) -> f64 {
        self.q
    }

    /// The scale of the amounts, in units of money.
    pub fn v(&self) -> f64 {
        self.v
    }

    /// The currency, if it is known.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Customers that the fit left out because their mean spend is 0 or less.
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// The correlation of number and mean of the purchases in the data of the fit, which the model takes for 0.
    pub fn correlation(&self) -> Option<f64> {
        self.correlation
    }

    /// What the fit found, if the model was fitted.
    pub fn report(&self) -> Option<&FitReport> {
        self.fit.as_ref()
    }

    /// The log-likelihood of other data under this model.
    ///
    /// # Errors
    /// `Empty` if no customer has a repeat purchase with a mean amount above 0; `Incompatible` if the currency is another.
    pub fn log_likelihood(&self, data: &SpendData) -> Result<f64> {
        self.check_currency(data.currency())?;
        Threads::Available.run(|| {
            let rows = SpendRows::new(data)?;
            Ok(rows.log_likelihood([self.p, self.q, self.v / rows.scale], &mut [0.0; 3]) - rows.ln_units())
        })?
    }

    /// The mean spend over all customers, `p v / (q - 1)`: what to expect of a customer without a repeat purchase.
    ///
    /// # Errors
    /// `InvalidValue` if q is 1 or less: the distribution has no mean then.
    pub fn population_mean(&self) -> Result<f64> {
        self.mean(0.0, 0.0).ok_or_else(|| self.no_mean())
    }

    /// The expected mean spend of each customer, from their number of repeat purchases and the mean amount of these; the mean over all
    /// customers where there are none. Fader and Hardie (2013), eq. 5. A mean below 0 counts as 0.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidValue` with the row for values that no customer can have, and for customers of whom too little is known to
    /// have an expectation: those without repeat purchases if q is 1 or less.
    pub fn expected_mean_spend(&self, repeat_purchases: &[f64], mean_spend: &[f64]) -> Result<Vec<f64>> {
        let rows = pairs(repeat_purchases, mean_spend)?;
        self.means(rows, |row, mean| mean.ok_or_else(|| self.no_mean().at_row(row as u64)))
    }

    /// [`expected_mean_spend`](Self::expected_mean_spend), `None` where there is no expectation.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidValue` with the row for values that no customer can have.
    pub fn expected_mean_spend_where_defined(
        &self,
        repeat_purchases: &[f64],
        mean_spend: &[f64],
    ) -> Result<Vec<Option<f64>>> {
        self.means(pairs(repeat_purchases, mean_spend)?, |_, mean| Ok(mean))
    }

    /// What `take` makes of the expectation of each customer.
    fn means<T>(
        &self,
        rows: impl ExactSizeIterator<Item = (f64, f64)>,
        take: impl Fn(usize, Option<f64>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut means = Vec::with_capacity(rows.len());
        for (row, (x, mean)) in rows.enumerate() {
            let refuse = |argument: &str, message: String| {
                Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64)
            };
            if !(x.is_finite() && x >= 0.0) {
                return Err(refuse("repeat_purchases", format!("{x} is not a number of purchases")));
            }
            if x > 0.0 && !mean.is_finite() {
                return Err(refuse("mean_spend", format!("{mean} is not finite")));
            }
            means.push(take(row, self.mean(x, mean))?);
        }
        Ok(means)
    }

    /// The expected mean spend of the customers of some data.
    ///
    /// # Errors
    /// Those of [`expected_mean_spend`](Self::expected_mean_spend); `Incompatible` if the currency is another.
    pub fn expected_spend(&self, data: &SpendData) -> Result<Vec<f64>> {
        self.check_currency(data.currency())?;
        self.means(data.rows(), |row, mean| mean.ok_or_else(|| self.no_mean().at_row(row as u64)))
    }

    /// What is to be expected of a customer, if there is such a thing.
    fn mean(&self, x: f64, mean: f64) -> Option<f64> {
        let spent = if x > 0.0 { x * mean.max(0.0) } else { 0.0 };
        let excess = self.p * x + self.q - 1.0;
        (excess > 0.0).then(|| self.p * ((self.v + spent) / excess))
    }

    fn no_mean(&self) -> Error {
        let message = format!(
            "q is {}: spend has no mean over all customers unless q is above 1, so nothing can be expected of customers without repeat purchases",
            self.q
        );
        Error::new(ErrorKind::InvalidValue, message).on("q")
    }

    pub(crate) fn check_currency(&self, currency: Option<&str>) -> Result<()> {
        if currency == self.currency.as_deref() {
            return Ok(());
        }
        let show = |currency: Option<&str>| currency.unwrap_or("none").to_owned();
        let message =
            format!("the data are in {}, the model is in {}", show(currency), show(self.currency.as_deref()));
        Err(Error::new(ErrorKind::Incompatible, message).on("currency"))
    }

    /// Draws what a customer with x repeat purchases of a mean spends on a purchase in the long run: the customer's rate follows
    /// Gamma(p x + q, v + x m). Fader and Hardie (2013), eq. 4.
    pub(crate) fn draw_mean_spend(&self, x: f64, mean: f64, rng: &mut Pcg64) -> f64 {
        let spent = if x > 0.0 { x * mean.max(0.0) } else { 0.0 };
        self.p * ((self.v + spent) / gamma_variate(self.p * x + self.q, rng))
    }

    /// Draws the mean amount of each of so many new customers, given their number of purchases; 0 for those without.
    pub fn simulate(&self, repeat_purchases: &[u32], seed: u64) -> Vec<f64> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut draw = |&x: &u32| {
            // The rate is drawn for all, so that a customer's draw does not depend on what others bought.
            let level = self.draw_mean_spend(0.0, 0.0, &mut rng);
            let shape = self.p * f64::from(x.max(1));
            let relative = gamma_variate(shape, &mut rng) / shape;
            if x == 0 { 0.0 } else { level * relative }
        };
        repeat_purchases.iter().map(&mut draw).collect()
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
        let model: Self = crate::saved::from_json(text, VERSION, &["gamma_gamma"])?;
        Self::from_parameters(model.p, model.q, model.v).map_err(|error| corrupt(error.to_string()))?;
        if model.fit.as_ref().is_some_and(|fit| !fit.fits(&[model.p, model.q, model.v])) {
            return Err(corrupt("the report does not fit the parameters".to_owned()));
        }
        Ok(model)
    }
}

/// Number and mean of the purchases of each customer.
fn pairs<'a>(
    repeat_purchases: &'a [f64],
    mean_spend: &'a [f64],
) -> Result<impl ExactSizeIterator<Item = (f64, f64)> + 'a> {
    same_length("mean_spend", mean_spend.len(), repeat_purchases.len())?;
    Ok(repeat_purchases.iter().copied().zip(mean_spend.iter().copied()))
}

/// A gamma variate of a shape and scale 1; the smallest positive number where it would be 0.
fn gamma_variate(shape: f64, rng: &mut Pcg64) -> f64 {
    Gamma::new(shape, 1.0).map_or(shape, |gamma| gamma.sample(rng)).max(f64::MIN_POSITIVE)
}

fn search(rows: &SpendRows, start: &[f64], l2: f64) -> Maximum {
    let penalty = l2 * rows.weight;
    let mut objective = |point: &[f64], gradient: &mut [f64]| {
        let value = rows.log_likelihood([point[0].exp(), point[1].exp(), point[2].exp()], gradient);
        for (slope, x) in gradient.iter_mut().zip(point) {
            *slope -= 2.0 * penalty * x;
        }
        value - penalty * point.iter().map(|x| x * x).sum::<f64>()
    };
    let (lower, upper) = ([RANGE.0.ln(); 3], [RANGE.1.ln(); 3]);
    maximize(&mut objective, start, &lower, &upper, MOST_EVALUATIONS)
}

/// The best of a grid of shapes, v being what gives the mean spend.
fn best_start(rows: &SpendRows) -> Vec<f64> {
    let mut best = (f64::NEG_INFINITY, vec![0.0, 0.0, 0.0]);
    for p in [0.3, 1.0, 3.0, 10.0, 40.0, 400.0] {
        for q in [1.5f64, 3.0, 8.0, 40.0, 400.0] {
            let v = (q - 1.0) / p;
            let value = rows.log_likelihood([p, q, v], &mut [0.0; 3]);
            if value > best.0 {
                best = (value, vec![p.ln(), q.ln(), v.ln()]);
            }
        }
    }
    best.1
}

fn warnings(rows: &SpendRows, maximum: &Maximum, [p, q]: [f64; 2]) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    let boundary = |parameter: &str, reason: &str| FitWarning::Boundary {
        parameter: parameter.to_owned(),
        reason: reason.to_owned(),
    };
    if rows.len() == 1 {
        let reason = "all customers have one number and one mean of purchases: nothing says how spend varies";
        warnings.push(FitWarning::NotIdentified { reason: reason.to_owned() });
    } else if rows.variation < 1e-6 {
        warnings.push(boundary("p", "the mean spend does not vary"));
    } else if q > 1e3 {
        warnings.push(boundary("q", "customers hardly differ in what they spend"));
    } else if p > 1e3 {
        warnings.push(boundary("p", "the amounts of a customer hardly differ"));
    } else if let Some(at) = maximum.held.iter().position(|&held| held) {
        warnings.push(boundary(NAMES[at], "the data do not hold it back"));
    }
    if q <= 1.0 {
        warnings.push(FitWarning::NoPopulationMean { q });
    }
    if rows.correlation.abs() > CORRELATED {
        warnings.push(FitWarning::SpendCorrelated { correlation: rows.correlation });
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Policy;

    fn simulated(customers: usize, [p, q, v]: [f64; 3]) -> (Vec<f64>, Vec<f64>) {
        let counts: Vec<u32> = (0..customers).map(|k| (k * k % 7) as u32).collect();
        let means = SpendModel::from_parameters(p, q, v).unwrap().simulate(&counts, 11);
        (counts.into_iter().map(f64::from).collect(), means)
    }

    fn fit(counts: &[f64], means: &[f64]) -> SpendModel {
        let data = SpendData::new(counts, means, Policy::Exclude).unwrap();
        SpendModel::fit(&data, 0.0, Threads::Available).unwrap()
    }

    fn warned(counts: &[f64], means: &[f64]) -> Vec<&'static str> {
        fit(counts, means).report().unwrap().warnings().iter().map(FitWarning::name).collect()
    }

    /// Integrals over the customer's rate, by mpmath.
    #[test]
    fn likelihood_is_the_mixture() {
        let model = SpendModel::from_parameters(6.25, 3.74, 15.44).unwrap();
        for (x, mean, truth) in [
            (1.0, 20.5, -3.604_517_735_478_888),
            (2.0, 35.25, -4.108_726_886_218_865),
            (7.0, 14.75, -3.645_375_127_118_151),
        ] {
            let data = SpendData::new(&[x], &[mean], Policy::Raise).unwrap();
            assert!((model.log_likelihood(&data).unwrap() - truth).abs() < 1e-13);
            let twice = SpendData::new(&[x, x, 0.0], &[mean, mean, 1.0], Policy::Raise).unwrap();
            assert!((model.log_likelihood(&twice).unwrap() - 2.0 * truth).abs() < 1e-13);
            let weighted = data.with_weights(&[2.5]).unwrap();
            assert!((model.log_likelihood(&weighted).unwrap() - 2.5 * truth).abs() < 1e-13);
        }
    }

    #[test]
    fn gradient_is_that_of_the_likelihood() {
        let (counts, means) = simulated(3000, [6.25, 3.74, 15.44]);
        let rows = SpendRows::new(&SpendData::new(&counts, &means, Policy::Raise).unwrap()).unwrap();
        for point in [[6.25f64, 3.74, 0.4], [0.05, 0.2, 30.0], [500.0, 2.0, 1e-3], [1e4, 1e4, 1.0]] {
            let mut gradient = [0.0; 3];
            rows.log_likelihood(point, &mut gradient);
            for k in 0..3 {
                let at = |step: f64| {
                    let mut moved = point;
                    moved[k] *= step.exp();
                    rows.log_likelihood(moved, &mut [0.0; 3])
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                let scale = at(0.0).abs() + slope.abs();
                assert!((gradient[k] - slope).abs() < 1e-8 * scale, "{point:?} {k} {} {slope}", gradient[k]);
            }
        }
    }

    #[test]
    fn parameters_are_recovered_in_any_unit_order_and_number_of_threads() {
        let truth = [6.25, 3.74, 15.44];
        let (counts, means) = simulated(40_000, truth);
        let model = fit(&counts, &means);
        let report = model.report().unwrap();
        assert!(report.is_sound(), "{:?}", report.warnings());
        for (k, error) in report.standard_errors().into_iter().enumerate() {
            assert!((report.estimates()[k] - truth[k]).abs() < 4.0 * error.unwrap());
        }
        let expected = model.population_mean().unwrap();
        assert!((expected / (6.25 * 15.44 / 2.74) - 1.0).abs() < 0.02);
        let (mut turned_counts, mut turned_means) = (counts.clone(), means.clone());
        turned_counts.reverse();
        turned_means.reverse();
        let turned = SpendData::new(&turned_counts, &turned_means, Policy::Raise).unwrap();
        for threads in [1, 2, 5] {
            let again = SpendModel::fit(&turned, 0.0, Threads::from_count(threads).unwrap()).unwrap();
            assert_eq!(again, model);
        }
        let cents: Vec<f64> = means.iter().map(|mean| mean * 100.0).collect();
        let cents = fit(&counts, &cents);
        for (a, b) in [(cents.p(), model.p()), (cents.q(), model.q()), (cents.v(), 100.0 * model.v())] {
            assert!((a / b - 1.0).abs() < 1e-8, "{a} {b}");
        }
    }

    #[test]
    fn data_without_an_answer_say_so() {
        assert!(warned(&[2.0], &[10.0]).contains(&"not_identified"));
        assert!(warned(&[2.0, 2.0], &[10.0, 10.0]).contains(&"not_identified"));
        assert!(warned(&[1.0, 2.0, 3.0], &[10.0, 10.0, 10.0]).contains(&"boundary"));
        assert!(warned(&[1.0, 2.0, 3.0, 8.0], &[1.0, 2.0, 3.0, 8.0]).contains(&"spend_correlated"));
        // All vary around one level: customers do not differ.
        let (counts, means) = simulated(2000, [3.0, 1e5, 1e5]);
        assert!(warned(&counts, &means).contains(&"boundary"));
        let none = SpendData::new(&[0.0, 2.0], &[0.0, 0.0], Policy::Exclude).unwrap();
        let error = SpendModel::fit(&none, 0.0, Threads::Available).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (
                ErrorKind::Empty,
                "mean_spend: no spend: no customer has a repeat purchase with a mean amount above 0"
            )
        );
    }

    #[test]
    fn without_a_population_mean_there_is_no_silent_number() {
        let (counts, means) = simulated(5000, [2.0, 0.7, 10.0]);
        let model = fit(&counts, &means);
        assert!(model.q() < 1.0);
        assert!(warned(&counts, &means).contains(&"no_population_mean"));
        assert_eq!(model.population_mean().unwrap_err().kind(), ErrorKind::InvalidValue);
        let error = model.expected_mean_spend(&[3.0, 0.0], &[10.0, 0.0]).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::InvalidValue, Some(1)));
        let some = model.expected_mean_spend_where_defined(&[3.0, 0.0], &[10.0, 0.0]).unwrap();
        assert!(some[0].is_some_and(|expected| expected > 0.0) && some[1].is_none());
    }

    #[test]
    fn expectations() {
        let model = SpendModel::from_parameters(6.25, 3.74, 15.44).unwrap();
        let expected = model.expected_mean_spend(&[2.0, 0.0, 1.0], &[22.35, f64::NAN, -5.0]).unwrap();
        assert!((expected[0] - 6.25 * (15.44 + 44.7) / (12.5 + 2.74)).abs() < 1e-13);
        assert_eq!(expected[1], model.population_mean().unwrap());
        assert!((expected[2] - 6.25 * 15.44 / (6.25 + 2.74)).abs() < 1e-13);
        assert!(model.expected_mean_spend(&[1.0], &[f64::NAN]).is_err());
        assert!(model.expected_mean_spend(&[1.0], &[]).is_err());
        let mut rng = Pcg64::seed_from_u64(5);
        let draws: f64 = (0..100_000).map(|_| model.draw_mean_spend(2.0, 22.35, &mut rng)).sum();
        assert!((draws / 1e5 / expected[0] - 1.0).abs() < 0.01);
    }

    #[test]
    fn models_come_back_from_text() {
        let (counts, means) = simulated(500, [6.25, 3.74, 15.44]);
        let model = fit(&counts, &means).in_currency("EUR");
        let text = model.to_json().unwrap();
        assert_eq!(SpendModel::from_json(&text).unwrap(), model);
        let kind = |text: &str| SpendModel::from_json(text).unwrap_err().kind();
        assert_eq!(kind(&text.replace("\"version\":1", "\"version\":2")), ErrorKind::Incompatible);
        assert_eq!(kind(&text.replace("\"gamma_gamma\"", "\"sbg\"")), ErrorKind::Corrupt);
        let plain = SpendModel::from_parameters(1.0, 2.0, 3.0).unwrap().to_json().unwrap();
        assert_eq!(kind(&plain.replace("\"q\":2.0", "\"q\":0.0")), ErrorKind::Corrupt);
        assert_eq!(kind("[]"), ErrorKind::Corrupt);
    }
}
