//! Group-sequential tests.

use crm_core::Result;
use crm_core::experiment::{
    Alternative, Futility, GroupSequential as Test, GroupSequentialOptions, StoppingBoundary,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_result::ends;
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// Looks with their critical values.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct GroupSequential(Test);

/// Boundary, parameter, beta and drift.
type GivenFutility = (String, Option<f64>, f64, Option<f64>);

impl GroupSequential {
    /// The number of a look.
    fn place(&self, look: &Integer) -> Result<usize> {
        within("look", look, &format!("from 0 to below the number of looks, {}", self.0.information().len()))
    }
}

#[pymethods]
impl GroupSequential {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "all have a name in Python")]
    fn new(
        py: Python<'_>,
        information: Vec<f64>,
        boundary: &str,
        parameter: Option<f64>,
        alpha: f64,
        alternative: &str,
        ended: bool,
        futility: Option<GivenFutility>,
    ) -> PyResult<Self> {
        let build = || -> Result<Test> {
            let futility = futility
                .map(|(boundary, parameter, beta, drift)| -> Result<Futility> {
                    Ok(Futility { boundary: StoppingBoundary::from_name(&boundary)?, parameter, beta, drift })
                })
                .transpose()?;
            let options = GroupSequentialOptions {
                boundary: StoppingBoundary::from_name(boundary)?,
                parameter,
                alpha,
                alternative: Alternative::from_name(alternative)?,
                ended,
                futility,
            };
            Test::new(&information, &options)
        };
        py.detach(build).or_raise(py).map(Self)
    }

    fn information(&self) -> Vec<f64> {
        self.0.information().to_vec()
    }

    fn critical_values(&self) -> Vec<f64> {
        self.0.critical_values().to_vec()
    }

    fn alpha_spent(&self) -> Vec<f64> {
        self.0.alpha_spent().to_vec()
    }

    fn nominal_alpha(&self) -> Vec<f64> {
        self.0.nominal_alpha()
    }

    fn futility_values(&self) -> Vec<f64> {
        self.0.futility_values().to_vec()
    }

    fn futility_drift(&self) -> f64 {
        self.0.futility_drift()
    }

    /// The fields of a `crm.GroupSequentialLook`.
    fn look<'py>(
        &self,
        py: Python<'py>,
        look: Integer,
        estimate: f64,
        standard_error: f64,
        null: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let look = self
            .place(&look)
            .and_then(|look| self.0.look(look, estimate, standard_error, null))
            .or_raise(py)?;
        let fields = PyDict::new(py);
        fields.set_item("look", look.look)?;
        fields.set_item("information", look.information)?;
        fields.set_item("decision", look.decision.name())?;
        fields.set_item("statistic", look.statistic)?;
        fields.set_item("critical_value", look.critical_value)?;
        fields.set_item("futility_value", look.futility_value)?;
        fields.set_item("alpha_spent", look.alpha_spent)?;
        fields.set_item("interval", ends(&look.interval))?;
        fields.set_item("p_value", look.p_value)?;
        fields.set_item("ln_p_value", look.ln_p_value)?;
        fields.set_item("status", look.status.name())?;
        Ok(fields)
    }

    /// The fields of a `crm.StagewiseInference`.
    fn inference<'py>(
        &self,
        py: Python<'py>,
        look: Integer,
        estimate: f64,
        standard_error: f64,
        null: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let compute = || self.0.inference(self.place(&look)?, estimate, standard_error, null);
        let inference = py.detach(compute).or_raise(py)?;
        let fields = PyDict::new(py);
        fields.set_item("p_value", inference.p_value)?;
        fields.set_item("median_unbiased", inference.median_unbiased)?;
        fields.set_item("interval", ends(&inference.interval))?;
        Ok(fields)
    }

    /// The fields of a `crm.SequentialPower`.
    fn power<'py>(&self, py: Python<'py>, drift: f64) -> PyResult<Bound<'py, PyDict>> {
        let power = py.detach(|| self.0.power(drift)).or_raise(py)?;
        let fields = PyDict::new(py);
        fields.set_item("drift", power.drift)?;
        fields.set_item("power", power.power)?;
        fields.set_item("reject", power.reject)?;
        fields.set_item("stop_below", power.stop_below)?;
        fields.set_item("expected_information", power.expected_information)?;
        Ok(fields)
    }

    fn drift_for_power(&self, py: Python<'_>, power: f64) -> PyResult<f64> {
        py.detach(|| self.0.drift_for_power(power)).or_raise(py)
    }

    fn inflation_factor(&self, py: Python<'_>, power: f64) -> PyResult<f64> {
        py.detach(|| self.0.inflation_factor(power)).or_raise(py)
    }
}
