//! What became of the customers of a campaign.

use crm_core::Result;
use crm_core::campaign::{ArmCost, CampaignMetric, CampaignOutcomes as Core, MeasureOptions};
use crm_core::experiment::{Alternative, MeanMethod, ProportionMethod};
use crm_core::interop::levels;
use pyo3::prelude::*;

use super::report::{CampaignReport, SplitBalance};
use super::split::{Assignment, arms};
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::experiment::multiplicity::multiplicity;

/// Customers with their arms and outcomes.
#[pyclass(module = "crm._crm")]
pub(crate) struct CampaignOutcomes(Core);

/// The cost of an arm: its name or none for all, fixed, for each contact, for each response, margin.
type Cost = (Option<String>, f64, f64, f64, f64);

#[pymethods]
impl CampaignOutcomes {
    #[staticmethod]
    fn from_names(py: Python<'_>, arm: &Column, arms: Vec<(String, f64, bool)>) -> PyResult<Self> {
        let arrays = arm.arrays(py)?;
        let arms = self::arms(arms);
        py.detach(|| Core::from_levels(&levels("arm", &arrays)?, &arms)).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_assignment(py: Python<'_>, assignment: &Assignment) -> PyResult<Self> {
        Core::from_assignment(&assignment.0).or_raise(py).map(Self)
    }

    fn add_metric(&mut self, py: Python<'_>, metric: &str, values: &Column) -> PyResult<()> {
        let metric = CampaignMetric::from_name(metric).or_raise(py)?;
        let values = values.numbers(py, metric.name(), Accept::Flags)?;
        self.0.add_metric(metric, &values).or_raise(py)
    }

    fn add_covariate(&mut self, py: Python<'_>, values: &Column) -> PyResult<()> {
        let values = values.numbers(py, "covariate", Accept::Missing)?;
        self.0.add_covariate(&values).or_raise(py)
    }

    fn add_groups(&mut self, py: Python<'_>, name: &str, values: &Column) -> PyResult<()> {
        let levels = levels(name, &values.arrays(py)?).or_raise(py)?;
        self.0.add_groups(name, levels).or_raise(py)
    }

    fn add_before(&mut self, py: Python<'_>, name: &str, values: &Column) -> PyResult<()> {
        let values = values.numbers(py, name, Accept::Flags)?;
        self.0.add_before(name, &values).or_raise(py)
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn counts(&self) -> Vec<u64> {
        self.0.counts()
    }

    fn outside(&self) -> u64 {
        self.0.outside()
    }

    #[allow(clippy::too_many_arguments)] // One for each option.
    fn measure(
        &self,
        py: Python<'_>,
        alpha: f64,
        alternative: &str,
        proportion_method: &str,
        mean_method: &str,
        multiplicity: &str,
        costs: Vec<Cost>,
    ) -> PyResult<CampaignReport> {
        let options = || -> Result<MeasureOptions> {
            let mut options = MeasureOptions {
                alpha,
                alternative: Alternative::from_name(alternative)?,
                proportion_method: ProportionMethod::from_name(proportion_method)
                    .map_err(|error| error.on("proportion_method"))?,
                mean_method: MeanMethod::from_name(mean_method).map_err(|error| error.on("mean_method"))?,
                multiplicity: self::multiplicity(multiplicity)?,
                ..MeasureOptions::default()
            };
            for (arm, fixed, per_contact, per_response, margin) in costs {
                let cost = ArmCost { fixed, per_contact, per_response, margin };
                options = match arm {
                    Some(arm) => options.cost_of(&arm, cost),
                    None => options.cost(cost),
                };
            }
            Ok(options)
        };
        let options = options().or_raise(py)?;
        py.detach(|| self.0.measure(&options)).or_raise(py).map(CampaignReport)
    }

    fn balance(&self, py: Python<'_>, alpha: f64, multiplicity: &str) -> PyResult<SplitBalance> {
        let multiplicity = self::multiplicity(multiplicity).or_raise(py)?;
        py.detach(|| self.0.balance(alpha, multiplicity)).or_raise(py).map(SplitBalance)
    }
}
