//! Plans of ranks, of exact tests of two rates and of tests of one rate.

use crm_core::experiment::{
    Alternative, CountedTails, EffectDirection, ExactProportionPlan as OfTables, ProportionMethod,
    RankPlan as OfRanks, RankPlanMethod, RateMethod, RatePlan as OfRate,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::planning::{PlanOptions, fields};
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::ingest::threads;
use crate::integer::{Integer, count_of};

/// A planned test of ranks.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct RankPlan(OfRanks);

#[pymethods]
impl RankPlan {
    #[new]
    fn new(
        py: Python<'_>,
        target_deviation: f64,
        control_deviation: f64,
        method: &str,
        options: &PlanOptions,
    ) -> PyResult<Self> {
        let method = RankPlanMethod::from_name(method).or_raise(py)?;
        OfRanks::normal(target_deviation, control_deviation, method, options.0).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_categories(
        py: Python<'_>,
        target: Vec<f64>,
        control: Vec<f64>,
        method: &str,
        options: &PlanOptions,
    ) -> PyResult<Self> {
        let method = RankPlanMethod::from_name(method).or_raise(py)?;
        OfRanks::from_categories(&target, &control, method, options.0).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_samples(
        py: Python<'_>,
        target: &Column,
        control: &Column,
        method: &str,
        options: &PlanOptions,
        threads: Integer,
    ) -> PyResult<Self> {
        let method = RankPlanMethod::from_name(method).or_raise(py)?;
        let threads = self::threads(threads).or_raise(py)?;
        let target = target.numbers(py, "target", Accept::Truths)?;
        let control = control.numbers(py, "control", Accept::Truths)?;
        py.detach(|| OfRanks::from_samples(&target, &control, method, options.0, threads))
            .or_raise(py)
            .map(Self)
    }

    fn superiority(&self) -> Option<f64> {
        self.0.superiority()
    }

    fn power(&self, py: Python<'_>, superiority: f64, target_count: f64) -> PyResult<f64> {
        py.detach(|| self.0.power(superiority, target_count)).or_raise(py)
    }

    fn sample_size<'py>(
        &self,
        py: Python<'py>,
        superiority: f64,
        power: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        fields(py, &py.detach(|| self.0.sample_size(superiority, power)).or_raise(py)?)
    }

    fn detectable(&self, py: Python<'_>, target_count: f64, power: f64, direction: &str) -> PyResult<f64> {
        let direction = EffectDirection::from_name(direction).or_raise(py)?;
        py.detach(|| self.0.detectable(target_count, power, direction)).or_raise(py)
    }
}

/// The probability of superiority of normal values whose means differ so much.
#[pyfunction]
pub(crate) fn normal_superiority(
    py: Python<'_>,
    difference: f64,
    target_deviation: f64,
    control_deviation: f64,
) -> PyResult<f64> {
    OfRanks::normal_superiority(difference, target_deviation, control_deviation).or_raise(py)
}

/// A planned exact test of two rates.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct ExactProportionPlan(OfTables);

#[pymethods]
impl ExactProportionPlan {
    #[new]
    fn new(py: Python<'_>, control_rate: f64, method: &str, options: &PlanOptions) -> PyResult<Self> {
        let method = ProportionMethod::from_name(method).or_raise(py)?;
        OfTables::new(control_rate, method, options.0).or_raise(py).map(Self)
    }

    fn power(&self, py: Python<'_>, target_rate: f64, target_count: Integer) -> PyResult<f64> {
        let count = count_of("target_count", target_count, "at least 1").or_raise(py)?;
        py.detach(|| self.0.power(target_rate, count)).or_raise(py)
    }

    fn sample_size<'py>(
        &self,
        py: Python<'py>,
        target_rate: f64,
        power: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        fields(py, &py.detach(|| self.0.sample_size(target_rate, power)).or_raise(py)?)
    }

    fn detectable(
        &self,
        py: Python<'_>,
        target_count: Integer,
        power: f64,
        direction: &str,
    ) -> PyResult<f64> {
        let direction = EffectDirection::from_name(direction).or_raise(py)?;
        let count = count_of("target_count", target_count, "at least 1").or_raise(py)?;
        py.detach(|| self.0.detectable(count, power, direction)).or_raise(py)
    }
}

/// A planned test of one rate.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct RatePlan(OfRate);

#[pymethods]
impl RatePlan {
    #[new]
    fn new(
        py: Python<'_>,
        null: f64,
        method: &str,
        alternative: &str,
        alpha: f64,
        tails: &str,
    ) -> PyResult<Self> {
        let method = RateMethod::from_name(method).or_raise(py)?;
        let alternative = Alternative::from_name(alternative).or_raise(py)?;
        let tails = CountedTails::from_name(tails).or_raise(py)?;
        OfRate::new(null, method, alternative, alpha, tails).or_raise(py).map(Self)
    }

    fn power(&self, py: Python<'_>, rate: f64, count: Integer) -> PyResult<f64> {
        let count = count_of("count", count, "at least 1").or_raise(py)?;
        py.detach(|| self.0.power(rate, count)).or_raise(py)
    }

    /// The size and its power.
    fn sample_size(&self, py: Python<'_>, rate: f64, power: f64) -> PyResult<(u64, f64)> {
        let size = py.detach(|| self.0.sample_size(rate, power)).or_raise(py)?;
        Ok((size.count, size.power))
    }

    fn detectable(&self, py: Python<'_>, count: Integer, power: f64, direction: &str) -> PyResult<f64> {
        let direction = EffectDirection::from_name(direction).or_raise(py)?;
        let count = count_of("count", count, "at least 1").or_raise(py)?;
        py.detach(|| self.0.detectable(count, power, direction)).or_raise(py)
    }
}
