//! Bayesian comparisons.

use crm_core::Result;
use crm_core::experiment::{
    BayesOptions, BayesResult, BestArms, BetaPosterior as Beta, BetaPrior, Contrast, CredibleKind,
    EffectPosterior as Effect, NormalPrior, best_effect as effects, best_rate as rates,
    compare_rates_bayes as compare,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_result::ends;
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// Contrast, alpha, interval and region.
type Asked = (String, f64, String, f64, f64);

fn options((contrast, alpha, interval, rope_lower, rope_upper): &Asked) -> Result<BayesOptions> {
    let (contrast, credible_interval) = (Contrast::from_name(contrast)?, CredibleKind::from_name(interval)?);
    Ok(BayesOptions {
        contrast,
        alpha: *alpha,
        credible_interval,
        rope_lower: *rope_lower,
        rope_upper: *rope_upper,
    })
}

/// The fields of a `crm.BayesResult`.
fn fields<'py>(py: Python<'py>, result: &BayesResult) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("contrast", result.contrast.name())?;
    fields.set_item("estimate", result.estimate)?;
    fields.set_item("deviation", result.deviation)?;
    fields.set_item("interval", ends(&result.interval))?;
    fields.set_item("p_target_better", result.p_target_better)?;
    fields.set_item("ln_p_target_better", result.ln_p_target_better)?;
    fields.set_item("p_control_better", result.p_control_better)?;
    fields.set_item("ln_p_control_better", result.ln_p_control_better)?;
    fields.set_item("loss_target", result.loss_target)?;
    fields.set_item("loss_control", result.loss_control)?;
    fields.set_item("p_below_rope", result.p_below_rope)?;
    fields.set_item("p_in_rope", result.p_in_rope)?;
    fields.set_item("p_above_rope", result.p_above_rope)?;
    Ok(fields)
}

/// What is known of a rate.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct BetaPosterior(Beta);

#[pymethods]
impl BetaPosterior {
    #[new]
    fn new(py: Python<'_>, alpha: f64, beta: f64) -> PyResult<Self> {
        Beta::from_parameters(alpha, beta).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn after(py: Python<'_>, conversions: Integer, trials: Integer, prior: (f64, f64)) -> PyResult<Self> {
        let build = || {
            let conversions = within("conversions", conversions, "at least 0")?;
            let trials = within("trials", trials, "at least 0")?;
            Beta::new(conversions, trials, &BetaPrior { alpha: prior.0, beta: prior.1 })
        };
        build().or_raise(py).map(Self)
    }

    fn parameters(&self) -> (f64, f64) {
        self.0.parameters()
    }

    fn mean(&self) -> f64 {
        self.0.mean()
    }

    fn variance(&self) -> f64 {
        self.0.variance()
    }

    fn probability_below(&self, x: f64) -> f64 {
        self.0.probability_below(x)
    }

    fn quantile(&self, py: Python<'_>, p: f64) -> PyResult<f64> {
        self.0.quantile(p).or_raise(py)
    }

    fn interval(&self, py: Python<'_>, alpha: f64, kind: &str) -> PyResult<(f64, f64, &'static str)> {
        let compute =
            || self.0.interval(alpha, CredibleKind::from_name(kind).map_err(|error| error.on("kind"))?);
        compute().or_raise(py).map(|interval| ends(&interval))
    }
}

#[pyfunction]
pub(crate) fn compare_rates_bayes<'py>(
    py: Python<'py>,
    target: &BetaPosterior,
    control: &BetaPosterior,
    asked: Asked,
) -> PyResult<Bound<'py, PyDict>> {
    let result = py.detach(|| compare(&target.0, &control.0, &options(&asked)?)).or_raise(py)?;
    fields(py, &result)
}

/// What is known of an effect.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct EffectPosterior(Effect);

#[pymethods]
impl EffectPosterior {
    #[new]
    fn new(
        py: Python<'_>,
        estimate: f64,
        standard_error: f64,
        degrees_of_freedom: f64,
        prior: Option<(f64, f64)>,
    ) -> PyResult<Self> {
        let prior = prior.map(|(mean, deviation)| NormalPrior { mean, deviation });
        let effect = Effect::of_estimate(estimate, standard_error, degrees_of_freedom, prior.as_ref());
        effect.or_raise(py).map(Self)
    }

    fn mean(&self) -> f64 {
        self.0.mean()
    }

    fn scale(&self) -> f64 {
        self.0.scale()
    }

    fn degrees_of_freedom(&self) -> f64 {
        self.0.degrees_of_freedom()
    }

    fn deviation(&self) -> f64 {
        self.0.deviation()
    }

    fn probability_above(&self, value: f64) -> (f64, f64) {
        self.0.probability_above(value)
    }

    fn probability_below(&self, value: f64) -> (f64, f64) {
        self.0.probability_below(value)
    }

    fn expected_gain(&self) -> f64 {
        self.0.expected_gain()
    }

    fn expected_loss(&self) -> f64 {
        self.0.expected_loss()
    }

    fn decide<'py>(&self, py: Python<'py>, asked: Asked) -> PyResult<Bound<'py, PyDict>> {
        let decide = || self.0.decide(&options(&asked)?);
        fields(py, &decide().or_raise(py)?)
    }
}

/// Probabilities of being best, their logarithms, and losses.
type Best = (Vec<f64>, Vec<f64>, Vec<f64>);

fn columns(best: BestArms) -> Best {
    (best.p_best, best.ln_p_best, best.expected_loss)
}

#[pyfunction]
pub(crate) fn best_rate(py: Python<'_>, arms: Vec<PyRef<'_, BetaPosterior>>) -> PyResult<Best> {
    let arms: Vec<Beta> = arms.iter().map(|arm| arm.0).collect();
    py.detach(|| rates(&arms)).or_raise(py).map(columns)
}

#[pyfunction]
pub(crate) fn best_effect(py: Python<'_>, arms: Vec<PyRef<'_, EffectPosterior>>) -> PyResult<Best> {
    let arms: Vec<Effect> = arms.iter().map(|arm| arm.0).collect();
    py.detach(|| effects(&arms)).or_raise(py).map(columns)
}

#[pyfunction]
pub(crate) fn thompson_allocation(py: Python<'_>, p_best: Vec<f64>, least: f64) -> PyResult<Vec<f64>> {
    let best = BestArms { p_best, ln_p_best: Vec::new(), expected_loss: Vec::new() };
    best.allocation(least).or_raise(py)
}
