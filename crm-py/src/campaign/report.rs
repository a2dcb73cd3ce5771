//! What a campaign did, as tables.

use crm_core::campaign::{CampaignReport as Core, SplitBalance as CoreBalance};
use crm_core::experiment::SampleRatio;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::OrRaise;
use crate::experiment::test_result::fields;
use crate::integer::Integer;
use crate::table::{Columns, Table};

/// Statistic, p-value, its logarithm, and whether the split is flagged.
type Ratio = (f64, f64, f64, bool);

fn ratio(of: &SampleRatio) -> Ratio {
    (of.statistic, of.p_value, of.ln_p_value, of.is_flagged())
}

/// Arms, the check of the split, effects and returns.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct CampaignReport(pub(super) Core);

#[pymethods]
impl CampaignReport {
    fn sample_ratio(&self) -> Ratio {
        ratio(&self.0.sample_ratio)
    }

    fn outside(&self) -> u64 {
        self.0.outside
    }

    fn arms(&self, py: Python<'_>) -> PyResult<Table> {
        let arms = || self.0.arms.iter();
        let columns = Columns::new()
            .texts("arm", arms().map(|arm| &arm.name))
            .truths("control", arms().map(|arm| arm.control))
            .integers("customers", arms().map(|arm| arm.customers))
            .floats("planned_share", arms().map(|arm| arm.planned_share));
        let metrics = self.0.metrics.iter().enumerate();
        metrics
            .fold(columns, |columns, (place, metric)| {
                columns.floats(metric.name(), arms().map(|arm| arm.means[place]))
            })
            .finish(py)
    }

    fn effects(&self, py: Python<'_>) -> PyResult<Table> {
        let effects = || self.0.effects.iter();
        Columns::new()
            .texts("grouping", effects().map(|effect| &effect.grouping))
            .texts("group", effects().map(|effect| &effect.group))
            .texts("arm", effects().map(|effect| &effect.arm))
            .texts("metric", effects().map(|effect| effect.metric.name()))
            .integers("customers", effects().map(|effect| effect.customers))
            .integers("control_customers", effects().map(|effect| effect.control_customers))
            .floats("target", effects().map(|effect| effect.result.target))
            .floats("control", effects().map(|effect| effect.result.control))
            .floats("difference", effects().map(|effect| effect.result.difference))
            .floats("lower", effects().map(|effect| effect.result.interval.lower))
            .floats("upper", effects().map(|effect| effect.result.interval.upper))
            .floats("lift", effects().map(|effect| effect.result.lift))
            .floats("lift_lower", effects().map(|effect| effect.lift_interval.lower))
            .floats("lift_upper", effects().map(|effect| effect.lift_interval.upper))
            .texts("lift_kind", effects().map(|effect| effect.lift_interval.kind.name()))
            .floats("p_value", effects().map(|effect| effect.result.p_value))
            .floats("adjusted_p_value", effects().map(|effect| effect.adjusted_p_value))
            .floats("simultaneous_lower", effects().map(|effect| effect.simultaneous_interval.lower))
            .floats("simultaneous_upper", effects().map(|effect| effect.simultaneous_interval.upper))
            .floats("incremental", effects().map(|effect| effect.incremental.estimate))
            .floats("incremental_lower", effects().map(|effect| effect.incremental.interval.lower))
            .floats("incremental_upper", effects().map(|effect| effect.incremental.interval.upper))
            .texts("method", effects().map(|effect| effect.result.method))
            .texts("status", effects().map(|effect| effect.result.status.name()))
            .floats("split_p_value", effects().map(|effect| effect.result.split.p_value))
            .texts("split_finding", effects().map(|effect| effect.result.split.finding.name()))
            .finish(py)
    }

    /// The fields of the test behind an effect.
    fn result<'py>(&self, py: Python<'py>, effect: Integer) -> PyResult<Option<Bound<'py, PyDict>>> {
        usize::try_from(effect.get("effect").or_raise(py)?)
            .ok()
            .and_then(|effect| self.0.effects.get(effect))
            .map(|effect| fields(py, &effect.result))
            .transpose()
    }

    fn returns(&self, py: Python<'_>) -> PyResult<Table> {
        let returns = || self.0.returns.iter();
        let each = || returns().map(|back| back.conversions.map(|found| found.cost_per_conversion));
        let all = || returns().map(|back| back.conversions.map(|found| found.conversions));
        Columns::new()
            .texts("grouping", returns().map(|back| &back.grouping))
            .texts("group", returns().map(|back| &back.group))
            .texts("arm", returns().map(|back| &back.arm))
            .integers("contacts", returns().map(|back| back.returned.contacts))
            .floats("cost", returns().map(|back| back.returned.cost))
            .floats("revenue", returns().map(|back| back.returned.revenue.estimate))
            .floats("revenue_lower", returns().map(|back| back.returned.revenue.interval.lower))
            .floats("revenue_upper", returns().map(|back| back.returned.revenue.interval.upper))
            .floats("profit", returns().map(|back| back.returned.profit.estimate))
            .floats("profit_lower", returns().map(|back| back.returned.profit.interval.lower))
            .floats("profit_upper", returns().map(|back| back.returned.profit.interval.upper))
            .floats("roi", returns().map(|back| back.returned.roi.estimate))
            .floats("roi_lower", returns().map(|back| back.returned.roi.interval.lower))
            .floats("roi_upper", returns().map(|back| back.returned.roi.interval.upper))
            .texts("roi_kind", returns().map(|back| back.returned.roi.interval.kind.name()))
            .floats("probability_of_profit", returns().map(|back| back.returned.probability_of_profit))
            .floats("break_even_mean", returns().map(|back| back.returned.break_even_mean))
            .floats("break_even_rate", returns().map(|back| back.break_even_rate.estimate))
            .floats("break_even_rate_lower", returns().map(|back| back.break_even_rate.interval.lower))
            .floats("break_even_rate_upper", returns().map(|back| back.break_even_rate.interval.upper))
            .optional_floats("conversions", all().map(|found| found.map(|found| found.estimate)))
            .optional_floats("cost_per_conversion", each().map(|found| found.map(|found| found.estimate)))
            .optional_floats(
                "cost_per_conversion_lower",
                each().map(|found| found.map(|found| found.interval.lower)),
            )
            .optional_floats(
                "cost_per_conversion_upper",
                each().map(|found| found.map(|found| found.interval.upper)),
            )
            .texts(
                "cost_per_conversion_kind",
                each().map(|found| found.map_or("unbounded", |found| found.interval.kind.name())),
            )
            .finish(py)
    }

    fn empty(&self, py: Python<'_>) -> PyResult<Table> {
        let empty = || self.0.empty.iter();
        Columns::new()
            .texts("grouping", empty().map(|cell| &cell.grouping))
            .texts("group", empty().map(|cell| &cell.group))
            .texts("arm", empty().map(|cell| &cell.arm))
            .finish(py)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }
}

/// The arms compared in what was there before the campaign.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct SplitBalance(pub(super) CoreBalance);

#[pymethods]
impl SplitBalance {
    fn sample_ratio(&self) -> Ratio {
        ratio(&self.0.sample_ratio)
    }

    fn rows(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.0.rows.iter();
        Columns::new()
            .texts("column", rows().map(|row| &row.column))
            .texts("level", rows().map(|row| &row.level))
            .texts("arm", rows().map(|row| &row.arm))
            .floats("target", rows().map(|row| row.result.target))
            .floats("control", rows().map(|row| row.result.control))
            .floats("standardised_difference", rows().map(|row| row.standardised_difference))
            .floats("p_value", rows().map(|row| row.result.p_value))
            .floats("adjusted_p_value", rows().map(|row| row.adjusted_p_value))
            .floats("split_p_value", rows().map(|row| row.result.split.p_value))
            .texts("split_finding", rows().map(|row| row.result.split.finding.name()))
            .finish(py)
    }
}
