//! Tests of means, and what campaigns returned.

use crm_core::Result;
use crm_core::experiment::{
    Amount, AnovaMethod, BinaryArm as Rate, CampaignCost as Cost, LiftMethod, MeanArm as Arm, MeanMethod,
    MeanTest, ProportionMethod, ThetaMethod, analysis_of_variance as anova, campaign_return as returned,
    compare_adjusted as adjusted, compare_means as means, compare_proportions as proportions,
    compare_ratios as ratios, compare_several_means as several, compare_stratified as stratified,
    incremental_conversions as incremental,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::binary_arm::BinaryArm;
use super::mean_arm::{JointArm, MeanArm};
use super::test_options::TestOptions;
use super::test_result::{checked, ends, fields};
use super::user_split;
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// How means are tested.
#[pyclass(frozen, name = "MeanTest", module = "crm._crm")]
pub(crate) struct NativeMeanTest(MeanTest);

#[pymethods]
impl NativeMeanTest {
    #[new]
    fn new(py: Python<'_>, method: &str, lift_method: &str) -> PyResult<Self> {
        let build = || -> Result<MeanTest> {
            Ok(MeanTest::from(MeanMethod::from_name(method)?).lift(LiftMethod::from_name(lift_method)?))
        };
        build().or_raise(py).map(Self)
    }
}

/// The fields of a `crm.TestResult`.
#[pyfunction]
pub(crate) fn compare_means<'py>(
    py: Python<'py>,
    target: &MeanArm,
    control: &MeanArm,
    test: &NativeMeanTest,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    fields(py, &means(&target.0, &control.0, test.0, &options.0).or_raise(py)?)
}

/// The fields of a `crm.TestResult`.
#[pyfunction]
pub(crate) fn compare_ratios<'py>(
    py: Python<'py>,
    target: &JointArm,
    control: &JointArm,
    test: &NativeMeanTest,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    fields(py, &ratios(&target.0, &control.0, test.0, &options.0).or_raise(py)?)
}

/// The fields of a `crm.Adjustment`.
#[pyfunction]
pub(crate) fn compare_adjusted<'py>(
    py: Python<'py>,
    target: &JointArm,
    control: &JointArm,
    theta: &str,
    test: &NativeMeanTest,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let theta = ThetaMethod::from_name(theta).or_raise(py)?;
    let adjustment = adjusted(&target.0, &control.0, theta, test.0, &options.0).or_raise(py)?;
    let all = PyDict::new(py);
    all.set_item("result", fields(py, &adjustment.result)?)?;
    all.set_item("unadjusted", fields(py, &adjustment.unadjusted)?)?;
    all.set_item("theta", adjustment.theta)?;
    all.set_item("variance_reduction", adjustment.variance_reduction)?;
    Ok(all)
}

fn arms(arms: &[PyRef<'_, MeanArm>]) -> Vec<Arm> {
    arms.iter().map(|arm| arm.0).collect()
}

/// The fields of a `crm.TestResult`.
#[pyfunction]
#[pyo3(signature = (targets, controls, weights, test, options))]
pub(crate) fn compare_stratified<'py>(
    py: Python<'py>,
    targets: Vec<PyRef<'_, MeanArm>>,
    controls: Vec<PyRef<'_, MeanArm>>,
    weights: Option<Vec<f64>>,
    test: &NativeMeanTest,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let (targets, controls) = (arms(&targets), arms(&controls));
    fields(py, &stratified(&targets, &controls, weights.as_deref(), test.0, &options.0).or_raise(py)?)
}

/// Comparisons, adjusted p-values and their logarithms, and the split.
type Several<'py> = (Vec<Bound<'py, PyDict>>, Vec<f64>, Vec<f64>, Bound<'py, PyDict>);

/// The fields of a `crm.SeveralMeans`.
#[pyfunction]
#[pyo3(signature = (given, control, weights, test, multiplicity, options))]
pub(crate) fn compare_several_means<'py>(
    py: Python<'py>,
    given: Vec<PyRef<'_, MeanArm>>,
    control: Integer,
    weights: Option<Vec<f64>>,
    test: &NativeMeanTest,
    multiplicity: &str,
    options: &TestOptions,
) -> PyResult<Several<'py>> {
    let control = within("control", control, "the place of an arm, from 0 on").or_raise(py)?;
    let multiplicity = super::multiplicity::multiplicity(multiplicity).or_raise(py)?;
    let all =
        several(&arms(&given), control, weights.as_deref(), test.0, multiplicity, &options.0).or_raise(py)?;
    let comparisons = all.comparisons.iter().map(|result| fields(py, result)).collect::<PyResult<_>>()?;
    let split = user_split::fields(py, &all.sample_ratio)?;
    Ok((comparisons, all.adjusted_p_values, all.ln_adjusted_p_values, split))
}

/// The fields of a `crm.Anova`.
#[pyfunction]
#[pyo3(signature = (given, weights, method))]
pub(crate) fn analysis_of_variance<'py>(
    py: Python<'py>,
    given: Vec<PyRef<'_, MeanArm>>,
    weights: Option<Vec<f64>>,
    method: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let method = AnovaMethod::from_name(method).or_raise(py)?;
    let result = anova(&arms(&given), weights.as_deref(), method).or_raise(py)?;
    let all = PyDict::new(py);
    all.set_item("method", result.method.name())?;
    all.set_item("statistic", result.statistic)?;
    all.set_item("degrees_between", result.degrees_between)?;
    all.set_item("degrees_within", result.degrees_within)?;
    all.set_item("p_value", result.p_value)?;
    all.set_item("ln_p_value", result.ln_p_value)?;
    all.set_item("eta_squared", result.eta_squared)?;
    all.set_item("status", result.status.name())?;
    all.set_item("split", checked(&result.split))?;
    Ok(all)
}

/// What a campaign costs.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CampaignCost(Cost);

#[pymethods]
impl CampaignCost {
    #[new]
    fn new(py: Python<'_>, fixed: f64, per_contact: f64, margin: f64) -> PyResult<Self> {
        Cost::new(fixed, per_contact).and_then(|cost| cost.margin(margin)).or_raise(py).map(Self)
    }

    fn total(&self, py: Python<'_>, contacts: Integer) -> PyResult<f64> {
        self::contacts(contacts).map(|contacts| self.0.total(contacts)).or_raise(py)
    }

    fn break_even_mean(&self, py: Python<'_>, contacts: Integer) -> PyResult<f64> {
        self::contacts(contacts).and_then(|contacts| self.0.break_even_mean(contacts)).or_raise(py)
    }

    fn break_even_rate(
        &self,
        py: Python<'_>,
        contacts: Integer,
        revenue_per_conversion: f64,
    ) -> PyResult<f64> {
        let rate = |contacts| self.0.break_even_rate(contacts, revenue_per_conversion);
        self::contacts(contacts).and_then(rate).or_raise(py)
    }
}

fn contacts(contacts: Integer) -> Result<u64> {
    within("contacts", contacts, "at least 0")
}

fn amount(amount: &Amount) -> (f64, (f64, f64, &'static str)) {
    (amount.estimate, ends(&amount.interval))
}

/// The fields of a `crm.CampaignReturn`.
#[pyfunction]
pub(crate) fn campaign_return<'py>(
    py: Python<'py>,
    target: &MeanArm,
    control: &MeanArm,
    cost: &CampaignCost,
    test: &NativeMeanTest,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let result = returned(&target.0, &control.0, &cost.0, test.0, &options.0).or_raise(py)?;
    let all = PyDict::new(py);
    all.set_item("contacts", result.contacts)?;
    all.set_item("cost", result.cost)?;
    all.set_item("revenue", amount(&result.revenue))?;
    all.set_item("profit", amount(&result.profit))?;
    all.set_item("roi", amount(&result.roi))?;
    all.set_item("revenue_per_cost", amount(&result.revenue_per_cost))?;
    all.set_item("break_even_mean", result.break_even_mean)?;
    all.set_item("probability_of_profit", result.probability_of_profit)?;
    all.set_item("difference", fields(py, &result.difference)?)?;
    all.set_item("break_even", fields(py, &result.break_even)?)?;
    Ok(all)
}

/// The fields of a `crm.IncrementalConversions`.
#[pyfunction]
pub(crate) fn incremental_conversions<'py>(
    py: Python<'py>,
    target: &BinaryArm,
    control: &BinaryArm,
    cost: &CampaignCost,
    method: &str,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let (target, control): (Rate, Rate) = (target.0, control.0);
    let method = ProportionMethod::from_name(method).or_raise(py)?;
    let rates = proportions(&target, &control, method, &options.0).or_raise(py)?;
    let result = incremental(&rates, target.trials(), &cost.0).or_raise(py)?;
    let all = PyDict::new(py);
    all.set_item("conversions", amount(&result.conversions))?;
    all.set_item("cost_per_conversion", amount(&result.cost_per_conversion))?;
    all.set_item("rates", fields(py, &rates)?)?;
    Ok(all)
}
