//! Tests and bounds that may be looked at any time.

use crm_core::Result;
use crm_core::experiment::{
    Alternative, AlwaysValid, AlwaysValidMethod, AlwaysValidOptions, MeanArm, MixtureBound as Mixture,
    MixtureKind, SequentialStep, SequentialTest as Test, Stitching, always_valid as evaluate,
    bernoulli_sequence as bernoulli, empirical_process_bound as process,
    quantile_sequence_p_value as quantile, stitched_bound as stitched,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::binary_arm::BinaryArm;
use super::test_result::{checked, ends};
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::integer::{Integer, within};

fn options(
    method: &str,
    tuning: f64,
    alpha: f64,
    alternative: &str,
    null: f64,
    target_share: Option<f64>,
) -> Result<AlwaysValidOptions> {
    let (method, alternative) = (AlwaysValidMethod::from_name(method)?, Alternative::from_name(alternative)?);
    Ok(AlwaysValidOptions { method, tuning, alpha, alternative, null, target_share })
}

/// The fields of a `crm.AlwaysValid`.
fn fields<'py>(py: Python<'py>, now: &AlwaysValid) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("statistic", now.statistic)?;
    fields.set_item("ln_evidence", now.ln_evidence)?;
    fields.set_item("p_value", now.p_value)?;
    fields.set_item("ln_p_value", now.ln_p_value)?;
    fields.set_item("interval", ends(&now.interval))?;
    fields.set_item("status", now.status.name())?;
    Ok(fields)
}

#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "all have a name in Python")]
pub(crate) fn always_valid<'py>(
    py: Python<'py>,
    estimate: f64,
    standard_error: f64,
    observations: f64,
    method: &str,
    tuning: f64,
    alpha: f64,
    alternative: &str,
    null: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let compute = || {
        let options = options(method, tuning, alpha, alternative, null, None)?;
        evaluate(estimate, standard_error, observations, &options)
    };
    fields(py, &compute().or_raise(py)?)
}

/// A test that is fed as data arrive.
#[pyclass(module = "crm._crm")]
pub(crate) struct SequentialTest(Test);

#[pymethods]
impl SequentialTest {
    #[new]
    #[pyo3(signature = (method, tuning, alpha, alternative, null, target_share))]
    fn new(
        py: Python<'_>,
        method: &str,
        tuning: f64,
        alpha: f64,
        alternative: &str,
        null: f64,
        target_share: Option<f64>,
    ) -> PyResult<Self> {
        let build = || Test::new(options(method, tuning, alpha, alternative, null, target_share)?);
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Test::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    fn looks(&self) -> u64 {
        self.0.looks()
    }

    fn rejected_at(&self) -> Option<u64> {
        self.0.rejected_at()
    }

    fn look<'py>(
        &mut self,
        py: Python<'py>,
        estimate: f64,
        standard_error: f64,
        observations: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        step(py, &self.0.look(estimate, standard_error, observations).or_raise(py)?)
    }

    fn look_rates<'py>(
        &mut self,
        py: Python<'py>,
        target: &BinaryArm,
        control: &BinaryArm,
    ) -> PyResult<Bound<'py, PyDict>> {
        step(py, &self.0.look_rates(&target.0, &control.0).or_raise(py)?)
    }

    /// Arms as (count, mean, variance).
    fn look_means<'py>(
        &mut self,
        py: Python<'py>,
        target: (Integer, f64, f64),
        control: (Integer, f64, f64),
    ) -> PyResult<Bound<'py, PyDict>> {
        let arm = |name: &str, (count, mean, variance): (Integer, f64, f64)| -> Result<MeanArm> {
            MeanArm::from_moments(within(name, count, "at least 0")?, mean, variance)
        };
        let look = || self.0.look_means(&arm("target", target)?, &arm("control", control)?);
        step(py, &look().or_raise(py)?)
    }
}

/// The fields of a `crm.SequentialStep`.
fn step<'py>(py: Python<'py>, step: &SequentialStep) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    all.set_item("look", step.look)?;
    all.set_item("decision", step.decision.name())?;
    all.set_item("estimate", step.estimate)?;
    all.set_item("standard_error", step.standard_error)?;
    all.set_item("now", fields(py, &step.now)?)?;
    all.set_item("p_value", step.p_value)?;
    all.set_item("ln_p_value", step.ln_p_value)?;
    all.set_item("interval", ends(&step.interval))?;
    all.set_item("split", checked(&step.split))?;
    Ok(all)
}

/// A mixture with its prior.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct MixtureBound(Mixture);

#[pymethods]
impl MixtureBound {
    #[new]
    fn new(
        py: Python<'_>,
        kind: &str,
        v_opt: f64,
        alpha_opt: f64,
        scale: f64,
        other_scale: f64,
    ) -> PyResult<Self> {
        let build = || {
            let kind = MixtureKind::from_name(kind).map_err(|error| error.on("kind"))?;
            Mixture::new(kind, v_opt, alpha_opt, scale, other_scale)
        };
        build().or_raise(py).map(Self)
    }

    fn precision(&self) -> f64 {
        self.0.precision()
    }

    fn ln_mixture(&self, s: f64, v: f64) -> f64 {
        self.0.ln_mixture(s, v)
    }

    fn p_value(&self, s: f64, v: f64) -> (f64, f64) {
        self.0.p_value(s, v)
    }

    fn bound(&self, py: Python<'_>, v: f64, alpha: f64) -> PyResult<f64> {
        self.0.bound(v, alpha).or_raise(py)
    }
}

#[pyfunction]
pub(crate) fn stitched_bound(
    py: Python<'_>,
    v: f64,
    alpha: f64,
    v_min: f64,
    scale: f64,
    exponent: f64,
    ratio: f64,
) -> PyResult<f64> {
    stitched(v, alpha, &Stitching { v_min, scale, exponent, ratio }).or_raise(py)
}

#[pyfunction]
pub(crate) fn empirical_process_bound(
    py: Python<'_>,
    t: f64,
    alpha: f64,
    t_min: f64,
    a: f64,
) -> PyResult<f64> {
    process(t, alpha, t_min, a).or_raise(py)
}

/// The fields of a `crm.Interval`, in their order.
#[pyfunction]
pub(crate) fn bernoulli_sequence(
    py: Python<'_>,
    conversions: Integer,
    trials: Integer,
    alpha: f64,
    trials_opt: f64,
) -> PyResult<(f64, f64, &'static str)> {
    let compute = || {
        let conversions = within("conversions", conversions, "at least 0")?;
        bernoulli(conversions, within("trials", trials, "at least 0")?, alpha, trials_opt)
    };
    compute().or_raise(py).map(|interval| ends(&interval))
}

#[pyfunction]
pub(crate) fn quantile_sequence_p_value(
    py: Python<'_>,
    target: &Column,
    control: &Column,
    p: f64,
    observations_opt: f64,
) -> PyResult<(f64, f64)> {
    let target = target.numbers(py, "target", Accept::Numbers)?;
    let control = control.numbers(py, "control", Accept::Numbers)?;
    py.detach(|| quantile(&target, &control, p, observations_opt)).or_raise(py)
}
