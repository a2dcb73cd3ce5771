//! Sizes, power, detectable effects and durations.

use crm_core::Result;
use crm_core::experiment::{
    Alternative, Contrast, CountedTails, EffectDirection, LevelSharing, MeanMethod, MeanPlan as OfMeans,
    PlanOptions as Options, ProportionPlan as OfRates, ProportionPlanMethod, SampleSize, Traffic as Visitors,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::quantile::QuantileArm;
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// What a planned test will be asked.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct PlanOptions(pub(super) Options);

#[pymethods]
impl PlanOptions {
    /// Names of contrast, alternative, tails and sharing; level, null and margins; ratio and number of targets.
    #[new]
    fn new(
        py: Python<'_>,
        names: (String, String, String, String),
        level: (f64, Option<f64>, Option<(f64, f64)>),
        arms: (f64, Integer),
    ) -> PyResult<Self> {
        let build = || -> Result<Options> {
            let options = Options {
                contrast: Contrast::from_name(&names.0)?,
                alternative: Alternative::from_name(&names.1)?,
                alpha: level.0,
                null: level.1,
                margins: level.2,
                tails: CountedTails::from_name(&names.2)?,
                control_per_target: arms.0,
                targets: within("targets", arms.1, "between 1 and 1000")?,
                sharing: LevelSharing::from_name(&names.3)?,
            };
            options.check()?;
            Ok(options)
        };
        build().or_raise(py).map(Self)
    }
}

pub(super) fn fields<'py>(py: Python<'py>, size: &SampleSize) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    all.set_item("target", size.target)?;
    all.set_item("control", size.control)?;
    all.set_item("target_count", size.target_count)?;
    all.set_item("control_count", size.control_count)?;
    all.set_item("total_count", size.total_count)?;
    all.set_item("power", size.power)?;
    Ok(all)
}

/// A planned test of two rates.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct ProportionPlan(OfRates);

#[pymethods]
impl ProportionPlan {
    #[new]
    fn new(py: Python<'_>, control_rate: f64, method: &str, options: &PlanOptions) -> PyResult<Self> {
        let method = ProportionPlanMethod::from_name(method).or_raise(py)?;
        OfRates::new(control_rate, method, options.0).or_raise(py).map(Self)
    }

    fn power(&self, py: Python<'_>, target_rate: f64, target_count: f64) -> PyResult<f64> {
        py.detach(|| self.0.power(target_rate, target_count)).or_raise(py)
    }

    fn sample_size<'py>(
        &self,
        py: Python<'py>,
        target_rate: f64,
        power: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        fields(py, &py.detach(|| self.0.sample_size(target_rate, power)).or_raise(py)?)
    }

    fn detectable(&self, py: Python<'_>, target_count: f64, power: f64, direction: &str) -> PyResult<f64> {
        let direction = EffectDirection::from_name(direction).or_raise(py)?;
        py.detach(|| self.0.detectable(target_count, power, direction)).or_raise(py)
    }

    fn cohens_h(&self, target_rate: f64) -> f64 {
        self.0.cohens_h(target_rate)
    }
}

/// A planned test of two means.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct MeanPlan(OfMeans);

#[pymethods]
impl MeanPlan {
    #[new]
    fn new(
        py: Python<'_>,
        target_deviation: f64,
        control_deviation: f64,
        method: &str,
        options: &PlanOptions,
    ) -> PyResult<Self> {
        let method = MeanMethod::from_name(method).or_raise(py)?;
        OfMeans::new(target_deviation, control_deviation, method, options.0).or_raise(py).map(Self)
    }

    fn power(&self, py: Python<'_>, difference: f64, target_count: f64) -> PyResult<f64> {
        py.detach(|| self.0.power(difference, target_count)).or_raise(py)
    }

    fn sample_size<'py>(&self, py: Python<'py>, difference: f64, power: f64) -> PyResult<Bound<'py, PyDict>> {
        fields(py, &py.detach(|| self.0.sample_size(difference, power)).or_raise(py)?)
    }

    fn detectable(&self, py: Python<'_>, target_count: f64, power: f64, direction: &str) -> PyResult<f64> {
        let direction = EffectDirection::from_name(direction).or_raise(py)?;
        py.detach(|| self.0.detectable(target_count, power, direction)).or_raise(py)
    }
}

/// The standard deviation that a covariate leaves.
#[pyfunction]
pub(crate) fn covariate_deviation(py: Python<'_>, deviation: f64, correlation: f64) -> PyResult<f64> {
    OfMeans::covariate_deviation(deviation, correlation).or_raise(py)
}

/// The standard deviation to plan a ratio of means with.
#[pyfunction]
pub(crate) fn ratio_deviation(
    py: Python<'_>,
    numerator: (f64, f64),
    denominator: (f64, f64),
    correlation: f64,
) -> PyResult<f64> {
    OfMeans::ratio_deviation(numerator, denominator, correlation).or_raise(py)
}

/// The standard deviation to plan a quantile with, from the density.
#[pyfunction]
pub(crate) fn quantile_deviation(py: Python<'_>, probability: f64, density: f64) -> PyResult<f64> {
    OfMeans::quantile_deviation(probability, density).or_raise(py)
}

/// The standard deviation to plan a quantile with, from a pilot.
#[pyfunction]
pub(crate) fn pilot_quantile_deviation(py: Python<'_>, arm: &QuantileArm, probability: f64) -> PyResult<f64> {
    py.detach(|| OfMeans::pilot_quantile_deviation(&arm.0, probability)).or_raise(py)
}

/// The standard deviation to plan a stratified mean with.
#[pyfunction]
pub(crate) fn stratified_deviation(py: Python<'_>, shares: Vec<f64>, deviations: Vec<f64>) -> PyResult<f64> {
    OfMeans::stratified_deviation(&shares, &deviations).or_raise(py)
}

/// Visitors per day and the shares of them that enter the arms.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Traffic(Visitors);

#[pymethods]
impl Traffic {
    #[new]
    fn new(
        py: Python<'_>,
        visitors_per_day: f64,
        target_share: f64,
        control_share: f64,
        targets: Integer,
    ) -> PyResult<Self> {
        let build = || -> Result<Visitors> {
            let targets = within("targets", targets, "between 1 and 1000")?;
            Visitors::new(visitors_per_day, target_share, control_share, targets)
        };
        build().or_raise(py).map(Self)
    }

    fn control_per_target(&self) -> f64 {
        self.0.control_per_target()
    }

    fn target_count(&self, py: Python<'_>, days: f64) -> PyResult<f64> {
        self.0.target_count(days).or_raise(py)
    }

    /// Days, whole days and whole weeks, for counts of one target and the control.
    fn duration(
        &self,
        py: Python<'_>,
        target_count: Integer,
        control_count: Integer,
    ) -> PyResult<(f64, u64, u64)> {
        let build = || -> Result<SampleSize> {
            let target_count: u64 = within("target_count", target_count, "at least 0")?;
            let control_count: u64 = within("control_count", control_count, "at least 0")?;
            let (target, control) = (target_count as f64, control_count as f64);
            Ok(SampleSize { target, control, target_count, control_count, total_count: 0, power: f64::NAN })
        };
        let duration = self.0.duration(&build().or_raise(py)?);
        Ok((duration.days, duration.whole_days, duration.whole_weeks))
    }
}
