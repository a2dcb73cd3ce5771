//! What the models need to know of customers.

use arrow_array::ArrayRef;
use crm_core::clv::{PurchaseData as Purchases, RetentionData as Retention, SpendData as Spend};
use crm_core::customer::{Policy, TimeUnit};
use crm_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::column::{Accept, Column, whole};
use crate::customer::{CustomerBase, Opportunities};
use crate::error::{OrRaise, exception};
use crate::integer::{Integer, within};
use crate::table::{id_array, writable};

/// A covariate's name and values.
type Covariate<'py> = (String, PyRef<'py, Column>);

/// Repeat purchases, age at the last one and age of each customer, and the ids where they are known.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct PurchaseData {
    pub(crate) data: Purchases,
    pub(crate) ids: Option<ArrayRef>,
}

impl PurchaseData {
    pub(crate) fn unnamed(data: Purchases) -> Self {
        Self { data, ids: None }
    }

    fn with(
        mut self,
        py: Python<'_>,
        weights: Option<&Column>,
        covariates: Vec<Covariate<'_>>,
    ) -> PyResult<Self> {
        if let Some(weights) = weights {
            let weights = weights.numbers(py, "weights", Accept::Numbers)?;
            self.data = self.data.with_weights(&weights).or_raise(py)?;
        }
        for (name, column) in covariates {
            let values = column.numbers(py, &name, Accept::Truths)?;
            self.data = self.data.with_covariate(&name, &values).or_raise(py)?;
        }
        Ok(self)
    }
}

#[pymethods]
impl PurchaseData {
    #[new]
    #[pyo3(signature = (repeat_purchases, last_purchase_age, age, time_unit, weights, covariates))]
    fn new(
        py: Python<'_>,
        repeat_purchases: &Column,
        last_purchase_age: &Column,
        age: &Column,
        time_unit: &str,
        weights: Option<&Column>,
        covariates: Vec<Covariate<'_>>,
    ) -> PyResult<Self> {
        let purchases = repeat_purchases.compact(py, "repeat_purchases")?;
        let last = last_purchase_age.compact(py, "last_purchase_age")?;
        let age = age.compact(py, "age")?;
        let unit = TimeUnit::from_name(time_unit).or_raise(py)?;
        let data = py.detach(|| Purchases::from_numbers(purchases, last, age, unit)).or_raise(py)?;
        Self::unnamed(data).with(py, weights, covariates)
    }

    #[staticmethod]
    #[pyo3(signature = (base, weights, covariates))]
    fn from_base(
        py: Python<'_>,
        base: &CustomerBase,
        weights: Option<&Column>,
        covariates: Vec<Covariate<'_>>,
    ) -> PyResult<Self> {
        let data = py.detach(|| Self {
            data: Purchases::from_base(&base.0),
            ids: Some(id_array(base.0.customer_ids())),
        });
        data.with(py, weights, covariates)
    }

    #[staticmethod]
    #[pyo3(signature = (opportunities, weights))]
    fn from_opportunities(
        py: Python<'_>,
        opportunities: &Opportunities,
        weights: Option<&Column>,
    ) -> PyResult<Self> {
        let data = py.detach(|| Self {
            data: Purchases::from_opportunities(&opportunities.0),
            ids: Some(id_array(opportunities.0.customer_ids())),
        });
        data.with(py, weights, Vec::new())
    }

    #[staticmethod]
    #[pyo3(signature = (customers, time_unit, covariates))]
    fn newcomers(
        py: Python<'_>,
        customers: Integer,
        time_unit: &str,
        covariates: Vec<Covariate<'_>>,
    ) -> PyResult<Self> {
        let data = TimeUnit::from_name(time_unit)
            .and_then(|unit| Purchases::newcomers(within("customers", customers, "at least 1")?, unit));
        Self::unnamed(data.or_raise(py)?).with(py, None, covariates)
    }

    fn __len__(&self) -> usize {
        self.data.len()
    }

    fn time_unit(&self) -> &'static str {
        self.data.unit().name()
    }

    /// The first day of the log and the day whose end is described, if the data come from a base.
    fn window(&self) -> Option<(String, String)> {
        self.data.window().map(|window| (window.start.to_string(), window.as_of.to_string()))
    }

    fn repeat_purchases<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.data.repeat_purchases())
    }

    fn last_purchase_age<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.data.last_purchase_age())
    }

    fn age<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.data.age())
    }

    fn weights<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyByteArray>> {
        self.data.weights().map(|weights| writable(py, weights))
    }

    fn covariate<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyByteArray>> {
        self.data.covariate(name).or_raise(py).map(|values| writable(py, values))
    }
}

/// Number of repeat purchases and their mean amount, of each customer.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct SpendData(pub(crate) Spend);

#[pymethods]
impl SpendData {
    #[new]
    #[pyo3(signature = (repeat_purchases, mean_spend, without_spend, weights, currency))]
    fn new(
        py: Python<'_>,
        repeat_purchases: &Column,
        mean_spend: &Column,
        without_spend: &str,
        weights: Option<&Column>,
        currency: Option<&str>,
    ) -> PyResult<Self> {
        let purchases = repeat_purchases.compact(py, "repeat_purchases")?;
        // Customers without a repeat purchase have no mean.
        let mean = mean_spend.numbers(py, "mean_spend", Accept::Missing)?;
        let policy = Policy::from_name("without_spend", without_spend).or_raise(py)?;
        let mut data = py.detach(|| Spend::from_numbers(purchases, mean.into(), policy)).or_raise(py)?;
        if let Some(weights) = weights {
            let weights = weights.numbers(py, "weights", Accept::Numbers)?;
            data = data.with_weights(&weights).or_raise(py)?;
        }
        Ok(Self(match currency {
            Some(currency) => data.in_currency(currency),
            None => data,
        }))
    }

    #[staticmethod]
    #[pyo3(signature = (base, without_spend, weights))]
    fn from_base(
        py: Python<'_>,
        base: &CustomerBase,
        without_spend: &str,
        weights: Option<&Column>,
    ) -> PyResult<Self> {
        let policy = Policy::from_name("without_spend", without_spend).or_raise(py)?;
        let data = py.detach(|| Spend::from_base(&base.0, policy)).or_raise(py)?;
        let Some(weights) = weights else { return Ok(Self(data)) };
        let weights = weights.numbers(py, "weights", Accept::Numbers)?;
        data.with_weights(&weights).or_raise(py).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn excluded(&self) -> u64 {
        self.0.excluded()
    }

    fn currency(&self) -> Option<String> {
        self.0.currency().map(str::to_owned)
    }

    fn repeat_purchases<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.repeat_purchases())
    }

    fn mean_spend<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.mean_spend())
    }

    fn weights<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyByteArray>> {
        self.0.weights().map(|weights| writable(py, weights))
    }
}

/// Customers of contracts: at each period, how many could leave and how many did.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RetentionData(pub(crate) Retention);

#[pymethods]
impl RetentionData {
    #[new]
    #[pyo3(signature = (periods, churned, counts, time_unit))]
    fn new(
        py: Python<'_>,
        periods: &Column,
        churned: &Column,
        counts: Option<&Column>,
        time_unit: &str,
    ) -> PyResult<Self> {
        let periods = whole(py, "periods", periods)?;
        let churned = churned.numbers(py, "churned", Accept::Truths)?;
        let churned: Vec<bool> = churned
            .iter()
            .enumerate()
            .map(|(row, &value)| match value {
                0.0 => Ok(false),
                1.0 => Ok(true),
                other => {
                    let message = format!("{other} is no truth value: must be true or false, 1 or 0");
                    let error = Error::new(ErrorKind::InvalidValue, message).on("churned").at_row(row as u64);
                    Err(exception(py, &error))
                }
            })
            .collect::<PyResult<_>>()?;
        let ones = vec![1.0; if counts.is_none() { periods.len() } else { 0 }];
        let counts = counts.map(|counts| counts.numbers(py, "counts", Accept::Numbers)).transpose()?;
        let counts = counts.as_deref().unwrap_or(&ones);
        let unit = TimeUnit::from_name(time_unit).or_raise(py)?;
        Retention::new(&periods, &churned, counts, unit).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_cohorts(py: Python<'_>, cohorts: Vec<PyRef<'_, Column>>, time_unit: &str) -> PyResult<Self> {
        let cohorts: Vec<_> = cohorts
            .iter()
            .map(|cohort| cohort.numbers(py, "survivors", Accept::Numbers))
            .collect::<PyResult<_>>()?;
        let cohorts: Vec<&[f64]> = cohorts.iter().map(|cohort| &cohort[..]).collect();
        let unit = TimeUnit::from_name(time_unit).or_raise(py)?;
        Retention::from_cohorts(&cohorts, unit).or_raise(py).map(Self)
    }

    fn time_unit(&self) -> &'static str {
        self.0.unit().name()
    }

    fn periods(&self) -> usize {
        self.0.periods()
    }

    fn customers(&self) -> f64 {
        self.0.customers()
    }

    fn at_risk<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.at_risk())
    }

    fn churned<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.churned())
    }
}
