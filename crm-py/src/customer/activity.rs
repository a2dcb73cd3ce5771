//! Repeat purchases by period, opportunities to buy, and cohorts.

use crm_core::customer::{
    Cohort, CohortAge, CohortTable as Cohorts, Opportunities as Taken, PeriodActivity as Activity,
};
use pyo3::prelude::*;

use crate::table::{Columns, Table, id_array};

/// Repeat purchases of a cohort by period.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct PeriodActivity(pub(crate) Activity);

#[pymethods]
impl PeriodActivity {
    fn cohort_until(&self) -> String {
        self.0.cohort_until().to_string()
    }

    fn customers(&self) -> u64 {
        self.0.customers()
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.0.rows().iter();
        Columns::new()
            .days("first_day", rows().map(|row| row.first_day))
            .days("last_day", rows().map(|row| row.last_day))
            .truths("is_complete", rows().map(|row| row.is_complete))
            .integers("repeat_purchases", rows().map(|row| row.repeat_purchases))
            .integers("repeat_buyers", rows().map(|row| row.repeat_buyers))
            .floats("repeat_amount", rows().map(|row| row.repeat_amount.to_f64()))
            .integers("new_customers", rows().map(|row| row.new_customers))
            .floats("net_amount", rows().map(|row| row.net_amount.to_f64()))
            .finish(py)
    }

    fn first_purchases(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.0.first_purchases().iter();
        Columns::new()
            .days("day", rows().map(|(day, _)| *day))
            .integers("customers", rows().map(|(_, customers)| *customers))
            .finish(py)
    }
}

/// Opportunities to buy and how often each customer took one.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Opportunities(pub(crate) Taken);

#[pymethods]
impl Opportunities {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    fn time_unit(&self) -> &'static str {
        self.0.time_unit().name()
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Columns::of_customers(Some(&id_array(self.0.customer_ids())))
            .integers("taken", self.0.taken().iter().copied())
            .integers("last_taken", self.0.last_taken().iter().copied())
            .integers("available", self.0.available().iter().copied())
            .finish(py)
    }
}

/// Cohorts by the time of their first purchase, and what each did at each age since.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CohortTable(pub(crate) Cohorts);

#[pymethods]
impl CohortTable {
    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    fn cohort_by(&self) -> &'static str {
        self.0.cohort_by().name()
    }

    fn age_period(&self) -> super::Period {
        super::Period(self.0.age_period())
    }

    fn customers(&self) -> u64 {
        self.0.customers()
    }

    fn complete_ages(&self) -> usize {
        self.0.complete_ages()
    }

    /// One row a cohort and complete age.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows: Vec<_> = self
            .0
            .cohorts()
            .iter()
            .flat_map(|cohort| cohort.ages().iter().enumerate().map(move |(age, did)| (cohort, age, *did)))
            .collect();
        let table = Columns::new()
            .days("cohort", rows.iter().map(|(cohort, ..)| cohort.first_day()))
            .integers("customers", rows.iter().map(|(cohort, ..)| cohort.customers()))
            .integers("age", rows.iter().map(|(_, age, _)| *age as u64));
        did(table, rows.iter().map(|(.., did)| *did)).finish(py)
    }

    /// One row a cohort: what it did after its complete ages.
    fn incomplete(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.0.cohorts().iter();
        let table = Columns::new()
            .days("cohort", rows().map(Cohort::first_day))
            .integers("customers", rows().map(Cohort::customers))
            .integers("complete_ages", rows().map(|cohort| cohort.ages().len() as u64));
        did(table, rows().map(Cohort::incomplete)).finish(py)
    }
}

fn did(table: Columns, rows: impl Iterator<Item = CohortAge> + Clone) -> Columns {
    table
        .integers("active_customers", rows.clone().map(|did| did.active_customers))
        .integers("purchase_days", rows.clone().map(|did| did.purchase_days))
        .floats("net_amount", rows.map(|did| did.net_amount.to_f64()))
}
